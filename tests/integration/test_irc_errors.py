"""A user's mistakes, answered in plain words on the request that made them."""

import asyncio
import re

import pytest

from clients import xml
from servers.scripted_irc import HOST


async def refused(scene, room, nick=None):
    alice = await scene.xmpp()
    entered = await alice.enter(room, nick or scene.nick("alice"))
    assert entered.error is not None
    assert xml.error_text(entered.error)
    return xml.condition(entered.error), xml.error_text(entered.error)


async def test_unreachable_server(scene, causeway):
    condition, text = await refused(
        scene, scene.room(scene.channel(), "down.localhost"))
    assert condition in ("remote-server-timeout", "remote-server-not-found")
    assert re.search("(?i)refused|reach", text)


async def test_unknown_host(scene, causeway):
    condition, _ = await refused(
        scene, scene.room(scene.channel(), "nowhere.invalid"))
    assert condition in ("remote-server-not-found", "remote-server-timeout")


async def test_forbidden_address(scene, own_causeway):
    """A private address that a user named, without network.allow."""
    daemon = own_causeway(scene.prosody, network={"allow": []})
    await daemon.start()
    scene.gateway = daemon.jid
    for host in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "localhost"):
        condition, text = await refused(scene,
                                        scene.room(scene.channel(), host))
        assert condition in ("policy-violation", "not-allowed", "forbidden",
                             "item-not-found", "jid-malformed"), host
    # The operator's own networks are not restricted.
    alice = await scene.xmpp("carol")
    await alice.join(scene.room(scene.channel()), scene.nick("carol"))


async def test_foreign_network(scene, own_causeway):
    daemon = own_causeway(scene.prosody, gateway={"any_network": False})
    await daemon.start()
    scene.gateway = daemon.jid
    condition, _ = await refused(
        scene, scene.room(scene.channel(), "irc.example.org"))
    assert condition in ("policy-violation", "not-allowed", "forbidden",
                         "item-not-found", "jid-malformed")


@pytest.mark.parametrize("local", ["#with\\20space", "#with,comma",
                                   "nochannel", "#" + "x" * 400])
async def test_unusable_channel(scene, causeway, local):
    await refused(scene, scene.room(local))


# --- Every refusal of an IRC server -------------------------------------------

async def connected(scene, networks):
    """Alice on a scripted server: the peer and the room she may enter."""
    ircd = await scene.scripted_ircd()
    alice = await scene.xmpp()
    return ircd, alice


@pytest.mark.parametrize("numeric, condition", [
    ("403", ("item-not-found",)),
    ("405", ("resource-constraint",)),
    ("437", ("resource-constraint", "conflict", "service-unavailable")),
    ("471", ("service-unavailable",)),
    ("473", ("registration-required",)),
    ("474", ("forbidden",)),
    ("475", ("not-authorized",)),
    ("476", ("item-not-found", "jid-malformed")),
    ("477", ("registration-required",)),
    ("479", ("item-not-found", "jid-malformed")),
    ("489", ("not-allowed", "forbidden", "not-acceptable")),
    ("520", ("not-allowed", "forbidden", "not-acceptable")),
])
async def test_numeric_on_joining(scene, causeway, networks, numeric,
                                  condition):
    ircd, alice = await connected(scene, networks)
    channel = scene.channel()
    room = scene.room(channel, scene.fake)
    task = asyncio.create_task(alice.enter(room, scene.nick("alice")))
    peer = await (await ircd.accept()).welcome()
    await peer.expect("JOIN")
    peer.numeric(numeric, channel, "words of the server")
    entered = await task
    assert xml.condition(entered.error) in condition
    assert "words of the server" in xml.error_text(entered.error)


@pytest.mark.parametrize("numeric, condition", [
    ("401", ("item-not-found",)),
    ("404", ("forbidden",)),
    ("531", ("not-allowed", "forbidden")),
    ("716", ("not-allowed", "forbidden")),
])
async def test_numeric_on_a_message(scene, causeway, networks, numeric,
                                    condition):
    ircd, alice = await connected(scene, networks)
    id = alice.send_message(scene.person("bob", scene.fake), "hello")
    peer = await (await ircd.accept()).welcome()
    await peer.expect("PRIVMSG", "bob")
    peer.numeric(numeric, "bob", "words of the server")
    error = await alice.get_error(id)
    assert xml.condition(error) in condition
    assert "words of the server" in xml.error_text(error)


@pytest.mark.parametrize("numeric", ["432", "433", "436"])
async def test_nick_refused_at_login(scene, causeway, networks, numeric):
    """Another nick is tried, or the user is told."""
    ircd, alice = await connected(scene, networks)
    room = scene.room(scene.channel(), scene.fake)
    nick = scene.nick("alice")
    task = asyncio.create_task(alice.enter(room, nick))
    peer = await ircd.accept()
    await peer.expect("USER")
    peer.send(f":{HOST} {numeric} * {nick} :words of the server")
    line = await peer.inbox.get(
        lambda l: l.command in ("NICK", "QUIT") and l.text != nick,
        "another nick or the end")
    if line.command == "NICK":
        peer.nick = line.text
        peer.numeric("001", "Welcome")
        peer.send(f":{HOST} 005 {peer.nick} CHANTYPES=# :are supported")
        peer.numeric("422", "no motd")
        await peer.let_in(scene.channel())
        entered = await task
        if entered.error is None:
            assert 210 in xml.codes(entered.own)
    else:
        await peer.close()
        entered = await task
        assert xml.condition(entered.error) in ("conflict", "not-acceptable")


@pytest.mark.parametrize("numeric, condition", [
    ("464", ("not-authorized", "registration-required")),
    ("465", ("forbidden",)),
])
async def test_login_refused(scene, causeway, networks, numeric, condition):
    ircd, alice = await connected(scene, networks)
    task = asyncio.create_task(alice.enter(
        scene.room(scene.channel(), scene.fake), scene.nick("alice")))
    peer = await ircd.accept()
    await peer.expect("USER")
    peer.send(f":{HOST} {numeric} * :words of the server",
              "ERROR :Closing link")
    await peer.close()
    entered = await task
    assert xml.condition(entered.error) in condition
    assert "words of the server" in xml.error_text(entered.error)


async def test_an_error_that_nothing_caused(scene, causeway, networks):
    ircd, alice = await connected(scene, networks)
    channel = scene.channel()
    task = asyncio.create_task(alice.join(scene.room(channel, scene.fake),
                                          scene.nick("alice")))
    peer = await (await ircd.accept()).welcome()
    await peer.let_in(channel)
    await task
    peer.numeric("972", "nobody", "something is odd")
    await alice.get_message(scene.network(scene.fake),
                            re.compile("something is odd"))


async def test_too_few_and_too_many_parameters(scene, causeway, networks):
    ircd, alice = await connected(scene, networks)
    channel = scene.channel()
    room = scene.room(channel, scene.fake)
    task = asyncio.create_task(alice.join(room, scene.nick("alice")))
    peer = await (await ircd.accept()).welcome()
    await peer.let_in(channel, ["bob"])
    await task
    for number in range(1000):
        peer.send(f":{HOST} {number:03}", f":{HOST} {number:03} x",
                  f":{HOST} {number:03} {peer.nick} " + "p " * 60)
    for verb in ("PRIVMSG NOTICE JOIN PART KICK MODE TOPIC NICK QUIT INVITE "
                 "AWAY ACCOUNT CHGHOST SETNAME CAP BATCH TAGMSG FAIL PONG "
                 "AUTHENTICATE").split():
        if verb != "QUIT":
            peer.send(verb, f":bob!u@h {verb}", f":bob!u@h {verb} :",
                      f":bob {verb} {channel}")
    peer.send(f":bob!u@h JOIN {channel}", f":bob!u@h PRIVMSG {channel} :end")
    await alice.get_message(None, "end")
