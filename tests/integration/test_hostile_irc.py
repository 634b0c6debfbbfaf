"""IRC servers and users that mean harm."""

import pytest

from clients import xml
from servers.process import wait_for
from servers.scripted_irc import HOST
from test_irc_protocol import door
from test_irc_reconnect import in_a_room


async def still_works(scene, alice, peer, room, channel):
    """The attacked session goes on, or ends; others notice nothing."""
    carol = await scene.xmpp("carol")
    other = scene.channel("other")
    bob = await scene.irc("bob", join=other)
    await carol.join(scene.room(other), scene.nick("carol"))
    bob.say(other, "all is well")
    await carol.get_message(None, "all is well")
    if not peer.closed.is_set():
        peer.send(f":bob!u@h PRIVMSG {channel} :end of attack")
        await alice.expect(
            lambda s: xml.body(s) == "end of attack" or
            s.get("type") in ("unavailable", "error"), "the end")


@pytest.mark.parametrize("attack", [
    b"x" * (1 << 20),
    b":" * 100000 + b"\r\n",
    b"@" + b"a=b;" * 20000 + b" PRIVMSG x :y\r\n",
    b"\r\n" * 50000,
    b"\0" * 1000 + b"\r\n",
    b":bob!u@h NICK\r\n:bob!u@h NICK :\r\n:bob!u@h NICK : \r\n",
    b"PRIVMSG\r\nNOTICE\r\nJOIN\r\n:\r\n: \r\n@\r\n@ \r\n@a\r\n:a\r\n",
    b":bob!u@h \xff\xfe \xc3\x28\r\n" * 100,
    b"WHATEVER a b c :d\r\n" * 5000,
    b":evil.server 005 me PREFIX=( CHANTYPES= NICKLEN=-1 CHANMODES= "
    b"CASEMAPPING=? MODES=99999999999999999999 LINELEN=0 :x\r\n",
    b":evil.server 005 me PREFIX=(ov@+ PREFIX=()\r\n" * 100,
    b"BATCH +1 x\r\n" * 5000,
    b"CAP * LS * :x\r\n" * 5000 + b"CAP * NEW :sasl\r\nCAP * DEL :x\r\n",
    b"AUTHENTICATE +\r\n" * 100,
    b"PING :" + b"x" * 600 + b"\r\n",
    b"\x01ACTION \x01\r\n",
], ids=["no-newline", "colons", "tags", "empty", "nul", "nick", "bare",
        "not-utf8", "unknown", "isupport", "prefixes", "batches", "caps",
        "authenticate", "ping", "ctcp"])
async def test_attack(scene, causeway, networks, attack):
    ircd, peer, alice, channel, room = await in_a_room(scene, networks)
    try:
        await peer.send_bytes(attack)
        if not attack.endswith(b"\n"):
            await peer.send_bytes(b"\r\n")
    except ConnectionError:
        pass
    await still_works(scene, alice, peer, room, channel)


async def test_hundred_thousand_names(scene, causeway, networks):
    ircd, peer, alice, channel, room = await in_a_room(scene, networks)
    second = scene.channel("huge")
    peer.send(f":{peer.nick}!u@h JOIN {second}")
    for start in range(0, 100000, 40):
        names = " ".join(f"n{n}" for n in range(start, start + 40))
        peer.send(f":{HOST} 353 {peer.nick} = {second} :{names}")
    peer.numeric("366", second, "End of /NAMES list")
    peer.send("PING :done")
    await peer.expect("PONG", "done")
    await still_works(scene, alice, peer, room, channel)


async def test_names_in_a_joined_room(scene, causeway, networks):
    p = await door(scene)
    peer, channel = p.peer, p.channel
    await peer.expect("JOIN")
    peer.send(f":{peer.nick}!u@h JOIN {channel}")
    peer.numeric("353", "=", channel, peer.nick)
    for start in range(0, 3000, 40):
        names = " ".join(f"n{n}" for n in range(start, start + 40))
        peer.numeric("353", "=", channel, names)
    peer.numeric("366", channel, "End")
    entered = await p.entering
    assert len(entered.nicks) == 3000


async def test_flood_of_messages(scene, causeway, networks):
    ircd, peer, alice, channel, room = await in_a_room(scene, networks)
    for number in range(5000):
        peer.send(f":bob!u@h PRIVMSG {channel} :{number}")
    carol = await scene.xmpp("carol")
    await carol.settle(scene.gateway)
    for number in range(5000):
        message = await alice.get_message(f"{room}/bob")
        assert xml.body(message) == str(number)


async def test_comings_and_goings(scene, causeway, networks):
    ircd, peer, alice, channel, room = await in_a_room(scene, networks)
    for number in range(2000):
        peer.send(f":n{number}!u@h JOIN {channel}",
                  f":n{number}!u@h NICK m{number}",
                  f":m{number}!u@h PART {channel}",
                  f":nobody{number}!u@h PART {channel}",
                  f":nobody{number}!u@h QUIT :x",
                  f":nobody{number}!u@h KICK {channel} nobody{number + 1}")
    await still_works(scene, alice, peer, room, channel)
    presences = [s for s in alice.unseen(lambda s: True)
                 if s.get("from", "").startswith(f"{room}/nobody")]
    assert not presences


async def test_a_server_that_says_nothing(scene, causeway, networks):
    ircd = await scene.scripted_ircd()
    alice = await scene.xmpp()
    alice.send_presence(
        f"{scene.room(scene.channel(), scene.fake)}/{scene.nick('alice')}",
        payload="<x xmlns='http://jabber.org/protocol/muc'/>")
    peer = await ircd.accept()
    await peer.expect("USER")
    carol = await scene.xmpp("carol")
    await carol.join(scene.room(scene.channel("other")), scene.nick("carol"))


async def test_a_server_that_does_not_read(scene, causeway, networks):
    ircd, peer, alice, channel, room = await in_a_room(scene, networks)
    peer.pause()
    for _ in range(400):
        alice.say(room, "x" * 5000)
    carol = await scene.xmpp("carol")
    await carol.join(scene.room(scene.channel("other")), scene.nick("carol"))
    await alice.settle(scene.gateway)


async def test_takeover_of_other_rooms(scene, causeway, networks):
    """A server speaks for channels and people that are not there."""
    ircd, peer, alice, channel, room = await in_a_room(scene, networks)
    alice.unseen(lambda s: True)
    peer.send(f":x!u@h PRIVMSG {scene.channel('else')} :not here",
              f":x!u@h TOPIC {scene.channel('else')} :not here",
              f":x!u@h KICK {scene.channel('else')} {peer.nick}",
              f":x!u@h MODE {scene.channel('else')} +o {peer.nick}",
              f":{HOST} 353 {peer.nick} = {scene.channel('else')} :x y z",
              ":bob!u@h PRIVMSG #a%irc.localhost :strange",
              ":a%b@c!u@h PRIVMSG " + peer.nick + " :odd sender",
              f":bob!u@h PRIVMSG {channel} :end")
    await alice.get_message(f"{room}/bob", "end")
    known = (scene.gateway, scene.network(scene.fake), alice.bare)
    for stanza in alice.unseen(lambda s: True):
        source = stanza.get("from", "")
        assert source.startswith(room) or \
            source.endswith(f"%{scene.fake}@{scene.gateway}") or \
            source.partition("/")[0] in known, source


# --- XMPP users that mean harm ------------------------------------------------

INJECTION = "x&#13;&#10;QUIT :injected&#10;JOIN #injected&#13;PART"


@pytest.mark.parametrize("make", [
    "<message to='{room}' type='groupchat' id='e'><body>{x}</body></message>",
    "<message to='{room}' type='groupchat' id='e'><subject>{x}</subject>"
    "</message>",
    "<message to='{person}' type='chat' id='e'><body>{x}</body></message>",
    "<message to='{person}' type='chat' id='e'><body>/me {x}</body>"
    "</message>",
    "<message to='{network}' type='chat' id='e'><body>PING {x}</body>"
    "</message>",
    "<presence to='{me}' type='unavailable'><status>{x}</status></presence>",
    "<presence><show>away</show><status>{x}</status></presence>",
    "<iq to='{room}' type='set' id='e'><query xmlns='http://jabber.org/"
    "protocol/muc#admin'><item nick='bob' role='none'><reason>{x}</reason>"
    "</item></query></iq>",
    "<iq to='{gateway}' type='set' id='e'><query xmlns='jabber:iq:register'>"
    "<x xmlns='jabber:x:data' type='submit'><field var='network'><value>"
    "{host}</value></field><field var='nick'><value>{x}</value></field>"
    "<field var='realname'><value>{x}</value></field></x></query></iq>",
], ids=["groupchat", "subject", "chat", "action", "raw", "part", "away",
        "kick", "register"])
async def test_injection(scene, causeway, networks, make):
    ircd, peer, alice, channel, room = await in_a_room(scene, networks)
    me = f"{room}/{scene.nick('alice')}"
    alice.send(make.format(room=room, me=me, x=INJECTION,
                           person=scene.person("bob", scene.fake),
                           network=scene.network(scene.fake),
                           host=scene.fake,
                           gateway=scene.gateway))
    await alice.settle(scene.gateway)
    peer.send("PING :sync")
    await wait_for(lambda: peer.unseen("PONG") or peer.closed.is_set(),
                   "the end of the lines")
    for line in ircd.transcripts():
        verb = line.partition(" < ")[2].partition(" ")[0]
        if verb in ("QUIT", "JOIN", "PART"):
            assert not line.endswith("injected"), line


async def test_hostile_resources(scene, causeway, networks):
    ircd, peer, alice, channel, room = await in_a_room(scene, networks)
    for nick in ("a b", ":x", "#x", "a,b", "a!b@c", "a%b", "1"):
        alice.send(f"<presence to='{room}/{nick}'/>")
    await alice.settle(scene.gateway)
    peer.send("PING :sync")
    await peer.expect("PONG", "sync")
    for line in peer.unseen("NICK"):
        assert len(line.params) == 1
        assert not set(line.params[0]) & set(" ,!@:#\n\r")
