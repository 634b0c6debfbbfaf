"""What IRC servers announce and how they say it: ISUPPORT, capabilities,
message tags, netsplits. On scripted servers."""

import asyncio

import pytest

from clients import xml
from servers.scripted_irc import HOST
from test_irc_rooms import affiliation, role

CAPS = ("multi-prefix", "userhost-in-names", "server-time", "message-tags",
        "away-notify", "chghost", "setname", "cap-notify")


class Place:
    """A channel of a scripted server with Alice in it."""


async def door(scene, *welcome, server=None):
    """... who has not been let in yet."""
    p = Place()
    p.ircd = await scene.scripted_ircd()
    p.alice = await scene.xmpp(server=server)
    p.channel = scene.channel()
    p.room = scene.room(p.channel, scene.fake)
    p.nick = scene.nick("alice")
    p.entering = asyncio.create_task(p.alice.join(p.room, p.nick))
    p.peer = await (await p.ircd.accept()).welcome(*welcome)
    return p


async def place(scene, isupport="CHANTYPES=# PREFIX=(ov)@+", names=("bob",),
                caps=(), server=None):
    p = await door(scene, caps, isupport, server=server)
    await p.peer.let_in(p.channel, names)
    p.entered = await p.entering
    return p


def by_nick(entered):
    return {presence.get("from").partition("/")[2]: presence
            for presence in entered.others}


# --- ISUPPORT -----------------------------------------------------------------

@pytest.mark.parametrize("mapping, same", [
    ("ascii", False), ("rfc1459", True), ("rfc1459-strict", True)])
async def test_case_mapping(scene, causeway, mapping, same):
    p = await place(scene, f"CASEMAPPING={mapping} CHANTYPES=# "
                    "PREFIX=(ov)@+", ["bob[]", "carol"])
    p.peer.send(f":BOB{{}}!u@h PART {p.channel.upper()}",
                f":carol!u@h PART {p.channel}")
    await p.alice.get_presence(f"{p.room}/carol", "unavailable")
    gone = p.alice.unseen(lambda s: s.get("from") == f"{p.room}/bob[]" and
                          s.get("type") == "unavailable")
    assert bool(gone) == same


async def test_prefixes_by_rank(scene, causeway):
    p = await place(scene, "CHANTYPES=# PREFIX=(Yqaohv)!~&@%+",
                    ["!oper", "~founder", "&admin", "@op", "%half", "+voice",
                     "nobody", "@+both"], ["multi-prefix"])
    found = {nick: (affiliation(presence), role(presence))
             for nick, presence in by_nick(p.entered).items()}
    assert found["founder"] == ("owner", "moderator")
    assert found["admin"] == ("admin", "moderator")
    assert found["op"] == ("admin", "moderator")
    assert found["half"][1] == "moderator"
    assert found["voice"] == ("member", "participant")
    assert found["nobody"] == ("none", "participant")
    assert found["both"] == found["op"]
    # Losing the higher rank leaves the lower one.
    p.peer.send(f":op!u@h MODE {p.channel} -o both")
    presence = await p.alice.get_presence(f"{p.room}/both")
    assert (affiliation(presence), role(presence)) == ("member",
                                                       "participant")


async def test_no_prefixes(scene, causeway):
    p = await place(scene, "CHANTYPES=# PREFIX=", ["bob", "@odd"])
    assert "bob" in p.entered.nicks


async def test_other_channel_types(scene, causeway):
    ircd = await scene.scripted_ircd()
    alice = await scene.xmpp()
    channel = scene.channel()
    task = asyncio.create_task(alice.join(scene.room(channel, scene.fake),
                                          scene.nick("alice")))
    peer = await (await ircd.accept()).welcome((), "CHANTYPES=#&")
    await peer.let_in(channel)
    await task
    local = scene.channel("local").replace("#", "&")
    task = asyncio.create_task(alice.join(
        scene.room(local.replace("&", "\\26"), scene.fake),
        scene.nick("alice")))
    line = await peer.expect("JOIN")
    assert line.params[0] == local
    peer.send(f":{peer.nick}!u@h JOIN {local}")
    peer.list_names(local)
    await task


async def test_message_to_operators_of_the_channel(scene, causeway):
    p = await place(scene, "CHANTYPES=# PREFIX=(ov)@+ STATUSMSG=@+")
    p.peer.send(f":bob!u@h PRIVMSG @{p.channel} :among us")
    message = await p.alice.expect(
        lambda s: "among us" in (xml.body(s) or ""), "the message")
    assert message.get("from") == f"{p.room}/bob"


async def test_nick_cut_by_the_server(scene, causeway):
    ircd = await scene.scripted_ircd()
    alice = await scene.xmpp()
    channel = scene.channel()
    task = asyncio.create_task(alice.join(scene.room(channel, scene.fake),
                                          "averylongnickname"))
    peer = await ircd.accept()
    await peer.negotiate()
    peer.nick = "averylong"
    peer.numeric("001", "Welcome")
    peer.send(f":{HOST} 005 averylong NICKLEN=9 CHANTYPES=# :are supported")
    peer.numeric("422", "no motd")
    await peer.let_in(channel)
    entered = await task
    assert entered.nick == "averylong"
    assert {110, 210} <= xml.codes(entered.own)


async def test_line_length(scene, causeway):
    """The limit counts the prefix that others see."""
    p = await place(scene, "CHANTYPES=# NICKLEN=30 USERLEN=12 HOSTLEN=100")
    p.alice.say(p.room, "x" * 1500)
    total = 0
    while total < 1500:
        line = await p.peer.expect("PRIVMSG", p.channel)
        total += len(line.text)
        prefix = f":{p.nick}!u@h "
        assert len(prefix) + len(line.raw) <= 510


# --- Capabilities -------------------------------------------------------------

async def test_away_notify(scene, causeway):
    p = await place(scene, caps=CAPS)
    p.peer.send(":bob!u@h AWAY :lunch")
    presence = await p.alice.get_presence(
        f"{p.room}/bob", where=lambda s: xml.text(s, "c:show") == "away")
    assert xml.text(presence, "c:status") == "lunch"
    p.peer.send(":bob!u@h AWAY")
    await p.alice.get_presence(f"{p.room}/bob",
                               where=lambda s: xml.one(s, "c:show") is None)


async def test_full_names(scene, causeway):
    p = await place(scene, names=["@bob!user@host.example", "carol!c@h"],
                    caps=CAPS)
    found = by_nick(p.entered)
    assert set(found) == {"bob", "carol"}
    assert role(found["bob"]) == "moderator"
    assert xml.attr(found["bob"], "user:x/user:item", "jid").startswith(
        f"bob%{scene.fake}@")


async def test_changed_host_is_no_coming_and_going(scene, causeway):
    p = await place(scene, names=["bob!u@h"], caps=CAPS)
    p.peer.send(":bob!u@h CHGHOST u new.example",
                ":bob!u@new.example SETNAME :Another name",
                f":bob!u@new.example PRIVMSG {p.channel} :still me")
    await p.alice.get_message(f"{p.room}/bob", "still me")
    assert not p.alice.unseen(lambda s: s.get("type") == "unavailable")


# What not every XMPP server takes as an address, and how it is written.
ODD_NICKS = [
    ("cat\U0001f63a", "cat\\u1f63a;", "cat\\u1f63a;"),
    ("\u05e9\u05dc\u05d5\u05dd", "\u05e9\u05dc\u05d5\u05dd",
     "\\u5e9;\\u5dc;\\u5d5;\\u5dd;"),
    ("\ufb01sh", "\\ufb01;sh", "\\ufb01;sh"),
    ("\xc4tna", "\xc4tna", "\\uc4;tna"),
    ("j\xfcrgen", "j\xfcrgen", "j\xfcrgen"),
]


async def test_odd_nicks(scene, site):
    """Whoever he is, he is seen, heard and can be answered."""
    p = await place(scene, names=[row[0] for row in ODD_NICKS],
                    server=site.server)
    shown = by_nick(p.entered)
    for nick, resource, local in ODD_NICKS:
        assert resource in shown, list(shown)
        person = f"{local}%{scene.fake}@{scene.gateway}"
        item = xml.one(shown[resource], "user:x/user:item")
        assert item.get("jid") == person
        if resource != nick:
            assert xml.text(shown[resource], "nick:nick") == nick
        p.peer.send(f":{nick}!u@h PRIVMSG {p.channel} :to all")
        await p.alice.get_message(f"{p.room}/{resource}", "to all")
        p.peer.send(f":{nick}!u@h PRIVMSG {p.nick} :to you")
        await p.alice.get_message(person, "to you")
        for to in (person, f"{p.room}/{resource}"):
            p.alice.send_message(to, "to him")
            line = await p.peer.expect("PRIVMSG")
            assert line.params == [nick, "to him"]


async def test_an_odd_nick_of_ones_own(scene, causeway):
    p = await place(scene)
    p.peer.send(f":{p.nick}!u@h NICK cat\U0001f63a")
    own = f"{p.room}/cat\\u1f63a;"
    presence = await p.alice.get_presence(own)
    assert xml.text(presence, "nick:nick") == "cat\U0001f63a"
    answer = await p.alice.iq("get", own, "<ping xmlns='urn:xmpp:ping'/>")
    assert answer.get("type") == "result"
    p.alice.send_presence(own)
    p.alice.send_presence(f"{p.room}/cat\U0001f63a")
    p.alice.say(p.room, "still me")
    line = await p.peer.inbox.get(
        lambda l: l.command in ("NICK", "PRIVMSG"), "the message")
    assert line.command == "PRIVMSG"
    await p.alice.get_message(own, "still me")


async def test_a_channel_that_no_address_holds(scene, site):
    """Its name is capital and has an emoji; it is the one that is joined."""
    ircd = await scene.scripted_ircd()
    alice = await scene.xmpp(server=site.server)
    room = f"#\\udc;ber\\u1f63a;%{scene.fake}@{scene.gateway}"
    nick = scene.nick("alice")
    task = asyncio.create_task(alice.join(room, nick))
    peer = await (await ircd.accept()).welcome()
    await peer.let_in("#\xdcber\U0001f63a", ["bob"])
    await task
    peer.send(":bob!u@h PRIVMSG #\xdcber\U0001f63a :here")
    await alice.get_message(f"{room}/bob", "here")


async def test_time_of_the_server(scene, causeway):
    p = await place(scene, caps=CAPS)
    p.peer.send("@time=2020-01-02T03:04:05.678Z :bob!u@h PRIVMSG "
                f"{p.channel} :from the past",
                f"@time=nonsense;+x=\\:\\s\\\\\\ :bob!u@h PRIVMSG "
                f"{p.channel} :odd tags")
    message = await p.alice.get_message(f"{p.room}/bob", "from the past")
    assert xml.attr(message, "delay:delay", "stamp").startswith(
        "2020-01-02T03:04:05")
    await p.alice.get_message(f"{p.room}/bob", "odd tags")


async def test_tag_messages_are_not_shown(scene, causeway):
    p = await place(scene, caps=CAPS)
    p.peer.send(f"@+typing=active :bob!u@h TAGMSG {p.channel}",
                f":bob!u@h PRIVMSG {p.channel} :end")
    await p.alice.get_message(f"{p.room}/bob", "end")
    assert not p.alice.unseen(
        lambda s: xml.kind(s) == "message" and xml.body(s) is not None)


async def test_capabilities_come_and_go(scene, causeway):
    p = await place(scene, caps=("multi-prefix",))
    p.peer.send(f":{HOST} CAP {p.nick} NEW :away-notify")
    request = await p.peer.expect("CAP", "REQ")
    assert "away-notify" in request.text.split()
    p.peer.send(f":{HOST} CAP {p.nick} ACK :{request.text}",
                f":{HOST} CAP {p.nick} DEL :multi-prefix",
                ":bob!u@h AWAY :lunch")
    await p.alice.get_presence(
        f"{p.room}/bob", where=lambda s: xml.text(s, "c:show") == "away")


# --- Events -------------------------------------------------------------------

async def test_netsplit(scene, causeway):
    p = await place(scene, names=["bob", "carol", "dave"])
    p.peer.send(":bob!u@h QUIT :hub.example leaf.example",
                ":carol!u@h QUIT :hub.example leaf.example",
                f":dave!u@h PRIVMSG {p.channel} :where are they?")
    for nick in ("bob", "carol"):
        gone = await p.alice.get_presence(f"{p.room}/{nick}", "unavailable")
        assert 333 in xml.codes(gone)
    p.peer.send(f":bob!u@h JOIN {p.channel}")
    await p.alice.get_presence(f"{p.room}/bob")


async def test_names_while_others_come_and_go(scene, causeway):
    p = await door(scene)
    peer, alice, channel = p.peer, p.alice, p.channel
    await peer.expect("JOIN")
    peer.send(f":{peer.nick}!u@h JOIN {channel}")
    peer.numeric("353", "=", channel, f"{peer.nick} bob carol")
    peer.send(f":dave!u@h JOIN {channel}", f":bob!u@h PART {channel}",
              ":carol!u@h NICK caroline")
    peer.numeric("353", "=", channel, "@erin")
    peer.numeric("366", channel, "End of /NAMES list")
    entered = await p.entering
    present = set(entered.nicks)
    peer.send(f":erin!u@h PRIVMSG {channel} :end")
    await alice.get_message(f"{p.room}/erin", "end")
    for stanza in alice.unseen(lambda s: xml.kind(s) == "presence"):
        nick = stanza.get("from").partition("/")[2]
        if stanza.get("type") == "unavailable":
            present.discard(nick)
        else:
            present.add(nick)
    assert present == {"caroline", "dave", "erin"}


async def test_forced_nick(scene, causeway):
    p = await place(scene)
    p.peer.send(f":{p.nick}!u@h NICK guest123")
    gone = await p.alice.get_presence(f"{p.room}/{p.nick}", "unavailable")
    assert {110, 303} <= xml.codes(gone)
    own = await p.alice.get_presence(f"{p.room}/guest123")
    assert 110 in xml.codes(own)
    p.alice.say(p.room, "renamed")
    await p.alice.get_message(f"{p.room}/guest123", "renamed")


async def test_sent_into_a_channel(scene, causeway):
    """The server lets the user join without being asked."""
    p = await place(scene)
    other = scene.channel("forced")
    p.peer.send(f":{p.nick}!u@h JOIN {other}")
    p.peer.list_names(other, ["bob"])
    invitation = await p.alice.expect(
        lambda s: xml.kind(s) == "message" and
        s.get("from") == scene.room(other, scene.fake), "an invitation")
    assert xml.one(invitation, "user:x/user:invite") is not None or \
        xml.one(invitation, "conf:x") is not None


async def test_moderated_changes_everybody(scene, causeway):
    p = await place(scene, names=["bob", "+carol", "@dave"])
    p.peer.send(f":dave!u@h MODE {p.channel} +m")
    presence = await p.alice.get_presence(f"{p.room}/bob")
    assert role(presence) == "visitor"
    own = await p.alice.get_presence(f"{p.room}/{p.nick}")
    assert role(own) == "visitor"
    p.peer.send(f":dave!u@h MODE {p.channel} -m")
    presence = await p.alice.get_presence(f"{p.room}/bob")
    assert role(presence) == "participant"
    assert not p.alice.unseen(
        lambda s: s.get("from") == f"{p.room}/carol")


# --- Settings of the operator -------------------------------------------------

async def test_flood_control_keeps_order(scene, own_causeway):
    daemon = own_causeway(scene.prosody, gateway={
        "flood": {"burst": 2.0, "rate": 20.0}})
    await daemon.start()
    scene.gateway = daemon.jid
    bob = await scene.irc("bob", join=scene.channel())
    alice = await scene.xmpp()
    await alice.join(scene.room(scene.channel()), scene.nick("alice"))
    for number in range(20):
        alice.say(scene.room(scene.channel()), f"line {number}")
    for number in range(20):
        line = await bob.expect("PRIVMSG", scene.channel())
        assert line.text == f"line {number}"


async def test_long_messages_can_be_refused(scene, own_causeway):
    daemon = own_causeway(scene.prosody, gateway={
        "long_message": "refuse", "long_lines": 3})
    await daemon.start()
    scene.gateway = daemon.jid
    bob = await scene.irc("bob", join=scene.channel())
    alice = await scene.xmpp()
    room = scene.room(scene.channel())
    await alice.join(room, scene.nick("alice"))
    id = alice.say(room, "1\n2\n3\n4")
    error = await alice.get_error(id)
    assert xml.condition(error) == "not-acceptable"
    alice.say(room, "1\n2\n3")
    for number in "123":
        line = await bob.expect("PRIVMSG", scene.channel())
        assert line.text == number


async def test_encoding(scene, own_causeway):
    daemon = own_causeway(scene.prosody, gateway={"encoding": "koi8-r"})
    await daemon.start()
    scene.gateway = daemon.jid
    channel = scene.channel()
    bob = await scene.irc("bob", join=channel)
    alice = await scene.xmpp()
    await alice.join(scene.room(channel), scene.nick("alice"))
    bob.send_bytes(f"PRIVMSG {channel} :".encode() +
                   "привет".encode("koi8-r") + b"\r\n")
    await alice.get_message(None, "привет")
