"""A link to an IRC server that is lost and comes back."""

import asyncio
import re

from clients import xml
from servers.inspircd import Inspircd
from servers.scripted_irc import HOST
from test_irc_protocol import door


async def in_a_room(scene, networks):
    """Alice in a room of a scripted server."""
    p = await door(scene)
    await p.peer.let_in(p.channel, ["@bob"])
    await p.entering
    return p.ircd, p.peer, p.alice, p.channel, p.room


async def test_a_short_break(scene, causeway, networks):
    ircd, peer, alice, channel, room = await in_a_room(scene, networks)
    await peer.close()
    peer = await (await ircd.accept()).welcome()
    line = await peer.expect("JOIN")
    assert line.params[0] == channel
    peer.send(f":{peer.nick}!u@h JOIN {channel}")
    peer.list_names(channel, ["@bob", "carol"])
    # The room was kept, and shows who came meanwhile.
    await alice.get_presence(f"{room}/carol")
    peer.send(f":bob!u@h PRIVMSG {channel} :welcome back")
    await alice.get_message(f"{room}/bob", "welcome back")
    alice.say(room, "thanks")
    await peer.expect("PRIVMSG", channel, "thanks")
    answer = await alice.iq("get", f"{room}/{scene.nick('alice')}",
                            "<ping xmlns='urn:xmpp:ping'/>")
    assert answer.get("type") == "result"


async def test_the_user_is_told(scene, causeway, networks):
    ircd, peer, alice, channel, room = await in_a_room(scene, networks)
    peer.send("ERROR :Closing link: maintenance")
    await peer.close()
    await alice.expect(
        lambda s: xml.kind(s) in ("message", "presence") and
        re.search("(?i)maintenance|lost|connection",
                  "".join(s.itertext())), "word of the break")
    await (await ircd.accept()).welcome()


async def test_a_message_during_the_break(scene, causeway, networks):
    """It is not lost silently: an error, or it arrives later."""
    ircd, peer, alice, channel, room = await in_a_room(scene, networks)
    await ircd.close()
    await alice.get_message(room)  # tells of the break
    id = alice.say(room, "anybody?")
    error = await alice.get_error(id)
    assert xml.condition(error) is not None


async def test_kicked_while_away(scene, causeway, networks):
    """The channel cannot be entered any more: the room is over."""
    ircd, peer, alice, channel, room = await in_a_room(scene, networks)
    await peer.close()
    peer = await (await ircd.accept()).welcome()
    await peer.expect("JOIN")
    peer.numeric("474", channel, "Cannot join channel (+b)")
    gone = await alice.expect(
        lambda s: xml.kind(s) == "presence" and
        s.get("from") == f"{room}/{scene.nick('alice')}" and
        s.get("type") in ("unavailable", "error"), "the end of the room")
    if gone.get("type") == "unavailable":
        assert 110 in xml.codes(gone)


async def test_lost_for_good(scene, causeway, networks):
    """The server does not let the user in again: status 333."""
    ircd, peer, alice, channel, room = await in_a_room(scene, networks)
    await peer.close()
    peer = await ircd.accept()
    await peer.expect("USER")
    peer.send(f":{HOST} 464 * :Password incorrect", "ERROR :bye")
    await peer.close()
    gone = await alice.get_presence(f"{room}/{scene.nick('alice')}",
                                    "unavailable")
    assert {110, 333} <= xml.codes(gone)
    assert 307 not in xml.codes(gone)


async def test_those_who_left_are_gone(scene, causeway, networks):
    ircd, peer, alice, channel, room = await in_a_room(scene, networks)
    await peer.close()
    peer = await (await ircd.accept()).welcome()
    await peer.expect("JOIN")
    peer.send(f":{peer.nick}!u@h JOIN {channel}")
    peer.list_names(channel, ["carol"])
    await alice.get_presence(f"{room}/bob", "unavailable")
    await alice.get_presence(f"{room}/carol")


async def test_a_server_that_restarts(scene, own_causeway, run, authority):
    certificate, key = authority.issue(f"restart{scene.nick('')}.localhost")
    ircd = Inspircd(run, certificate, key, name=scene.nick("ircd"))
    await ircd.start()
    daemon = own_causeway(scene.prosody, gateway={"networks": [
        {"host": "irc.localhost", "address": run.address, "port": ircd.port,
         "tls": "none"}]})
    await daemon.start()
    scene.gateway = daemon.jid
    channel = scene.channel()
    room = scene.room(channel)
    alice = await scene.xmpp()
    await alice.join(room, scene.nick("alice"))
    await ircd.stop()
    await ircd.start()
    bob = await scene.irc("bob", server=ircd, join=channel)
    await alice.get_presence(f"{room}/{bob.nick}")
    bob.say(channel, "hello again")
    await alice.get_message(f"{room}/{bob.nick}", "hello again")
    await daemon.stop()
    await ircd.stop()


# The module throttles everybody, as the one address of a gateway would be.
THROTTLE = """<module name="connflood">
<connflood bootwait="0" period="4s" maxconns="24" timeout="30s"
	quitmsg="Throttled">"""


async def test_many_users_in_line(scene, own_causeway, run, authority):
    """They come at once, and once more after the network's restart: it
    does not have to throttle anybody, and all get in."""
    certificate, key = authority.issue(f"line{scene.nick('')}.localhost")
    ircd = Inspircd(run, certificate, key, name=scene.nick("ircd"),
                    extra=THROTTLE)
    await ircd.start()
    daemon = own_causeway(scene.prosody, gateway={
        "networks": [{"host": "irc.localhost", "address": run.address,
                      "port": ircd.port, "tls": "none"}],
        "connects": {"burst": 2, "rate": 4.0}})
    await daemon.start()
    scene.gateway = daemon.jid
    channel = scene.channel()
    room = scene.room(channel)
    bob = await scene.irc("bob", server=ircd, join=channel)
    names = [f"u{number}x" for number in range(40)]
    users = [await scene.xmpp(name) for name in names]
    late = await scene.xmpp("late")
    joins = [asyncio.create_task(user.join(room, scene.nick(name)))
             for name, user in zip(names, users)]
    # Prosody takes what comes at once in an order of its own.
    told = [asyncio.create_task(user.get_message(
        scene.network(), re.compile("Your turn"))) for user in users]
    done, _ = await asyncio.wait(
        told, return_when=asyncio.FIRST_COMPLETED)
    done.pop().result()
    for task in told:
        task.cancel()
    # Somebody does not want to wait.
    late.send_presence(f"{room}/{scene.nick('late')}", payload="<x xmlns="
                       "'http://jabber.org/protocol/muc'/>")
    await late.get_message(scene.network(), re.compile("Your turn"))
    late.send_presence(f"{room}/{scene.nick('late')}", "unavailable")
    await daemon.logged(f"opening -> idle user={late.bare}")
    await asyncio.gather(*joins)
    await ircd.stop()
    await ircd.start()
    again = await scene.irc("again", server=ircd, join=channel)
    for name, user in zip(names, users):
        await again.expect("JOIN", channel, nick=scene.nick(name))
    again.say(channel, "all of you")
    for user in users:
        await user.get_message(f"{room}/{again.nick}", "all of you")
    seen = [line.nick for line in bob.unseen("JOIN")]
    assert sorted(seen) == sorted(map(scene.nick, [*names, "bob"]))
    log = daemon.log()
    assert "waits in line" in log and "Throttled" not in log
    await daemon.stop()
    await ircd.stop()


async def test_refused_for_good(scene, causeway, networks):
    """A wrong password does not hammer the server."""
    ircd = await scene.scripted_ircd()
    alice = await scene.xmpp()
    room = scene.room(scene.channel(), scene.fake)
    task = asyncio.create_task(alice.enter(room, scene.nick("alice")))
    peer = await ircd.accept()
    await peer.expect("USER")
    peer.send(f":{HOST} 464 * :Password incorrect", "ERROR :bye")
    await peer.close()
    entered = await task
    assert entered.error is not None
    for _ in range(20):
        await alice.settle(scene.gateway)
    assert ircd.connections == 1


async def test_ping_of_the_server(scene, causeway, networks):
    ircd, peer, alice, channel, room = await in_a_room(scene, networks)
    peer.send("PING :are you there")
    await peer.expect("PONG", "are you there")
