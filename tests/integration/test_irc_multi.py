"""Several users and several resources in one channel."""

from clients import xml
from test_irc_rooms import role


async def test_two_users_three_resources(scene, causeway):
    channel = scene.channel()
    room = scene.room(channel)
    bob = await scene.irc("bob", join=channel)
    desk = await scene.xmpp("alice", "desk")
    phone = await scene.xmpp("alice", "phone")
    carol = await scene.xmpp("carol")
    alice_nick, carol_nick = scene.nick("alice"), scene.nick("carol")
    await desk.join(room, alice_nick)
    second = await phone.join(room, alice_nick)
    # Resources of one user share his nick: he is no other of himself.
    assert second.nick == alice_nick
    assert second.nicks == [bob.nick]
    third = await carol.join(room, carol_nick)
    assert sorted(third.nicks) == sorted([alice_nick, bob.nick])
    await desk.get_presence(f"{room}/{carol_nick}")
    await phone.get_presence(f"{room}/{carol_nick}")

    everybody = (desk, phone, carol)
    desk.say(room, "from alice")
    carol.say(room, "from carol")
    await bob.expect("PRIVMSG", "from alice", nick=alice_nick)
    await bob.expect("PRIVMSG", "from carol", nick=carol_nick)
    bob.say(channel, "from bob")
    for client in everybody:
        await client.get_message(f"{room}/{alice_nick}", "from alice")
        await client.get_message(f"{room}/{carol_nick}", "from carol")
        await client.get_message(f"{room}/{bob.nick}", "from bob")
    # Each once.
    bob.say(channel, "end")
    for client in everybody:
        await client.get_message(f"{room}/{bob.nick}", "end")
        assert not client.unseen(lambda s: xml.kind(s) == "message" and
                                 xml.body(s) is not None)
    bob.send(f"NAMES {channel}")
    names = []
    while len(names) != 3:  # an answer to his own JOIN came before
        names = (await bob.expect("353", channel)).text.split()


async def test_a_later_resource_gets_the_nick_there_is(scene, causeway):
    room = scene.room(scene.channel())
    desk = await scene.xmpp("alice", "desk")
    phone = await scene.xmpp("alice", "phone")
    await desk.join(room, scene.nick("alice"))
    entered = await phone.join(room, scene.nick("other"))
    assert entered.nick == scene.nick("alice")
    assert {110, 210} <= xml.codes(entered.own)


async def test_the_channel_is_left_with_the_last_resource(scene, causeway):
    channel = scene.channel()
    room = scene.room(channel)
    bob = await scene.irc("bob", join=channel)
    nick = scene.nick("alice")
    desk = await scene.xmpp("alice", "desk")
    phone = await scene.xmpp("alice", "phone")
    await desk.join(room, nick)
    await phone.join(room, nick)
    await desk.leave(room, nick)
    bob.say(channel, "still there?")
    await phone.get_message(f"{room}/{bob.nick}", "still there?")
    assert not bob.unseen("PART")
    await phone.leave(room, nick)
    await bob.expect("PART", nick=nick)


async def test_one_connection_for_all_rooms(scene, causeway):
    channels = [scene.channel("one"), scene.channel("two")]
    bob = await scene.irc("bob")
    alice = await scene.xmpp()
    nick = scene.nick("alice")
    for channel in channels:
        await bob.join(channel)
        await alice.join(scene.room(channel), nick)
    bob.send(f"WHOIS {nick}")
    line = await bob.expect("319")
    assert set(line.text.lstrip().split()) == set(channels)
    # A nick change shows in both rooms.
    other = scene.nick("alicia")
    alice.send_presence(f"{scene.room(channels[0])}/{other}")
    for channel in channels:
        await alice.get_presence(f"{scene.room(channel)}/{other}")


async def test_private_messages_reach_all_resources(scene, causeway):
    bob = await scene.irc("bob")
    desk = await scene.xmpp("alice", "desk")
    phone = await scene.xmpp("alice", "phone")
    desk.send_message(scene.person(bob.nick), "hello")
    line = await bob.expect("PRIVMSG", "hello")
    bob.say(line.nick, "to all of you")
    for client in (desk, phone):
        await client.get_message(scene.person(bob.nick), "to all of you")


async def test_users_do_not_see_each_others_jid(scene, causeway):
    channel = scene.channel()
    room = scene.room(channel)
    alice = await scene.xmpp("alice")
    carol = await scene.xmpp("carol")
    await alice.join(room, scene.nick("alice"))
    await carol.join(room, scene.nick("carol"))
    for line in carol.inbox.transcript:
        assert " < " not in line or alice.bare not in line


async def test_kicking_one_user_kicks_all_his_resources(scene, causeway):
    channel = scene.channel()
    room = scene.room(channel)
    bob = await scene.irc("bob", join=channel)
    nick = scene.nick("alice")
    clients = [await scene.xmpp("alice", resource)
               for resource in ("desk", "phone")]
    for client in clients:
        await client.join(room, nick)
    bob.send(f"KICK {channel} {nick} :out")
    for client in clients:
        gone = await client.get_presence(f"{room}/{nick}", "unavailable")
        assert {110, 307} <= xml.codes(gone)
        assert role(gone) == "none"
