"""Logging in to a network: TLS, SASL, NickServ, server password."""

import asyncio
import base64
import re

import pytest

from clients import xml
from servers.scripted_irc import HOST
from test_gateway_protocol import online_at_irc
from test_register import filled, refused, register, stored


async def nickserv_account(scene, name="alice", password="s1cret"):
    """A nick registered with the services."""
    owner = await scene.irc(name)
    owner.say("NickServ", f"REGISTER {password} {owner.nick}@example.test")
    while True:
        line = await owner.expect("NOTICE", nick="NickServ")
        if "registered" in line.text.lower():
            break
    await owner.close()
    # The nick is free again when the server has seen the end.
    watcher = await scene.irc("watcher")
    while True:
        watcher.send(f"ISON {owner.nick}")
        if owner.nick not in (await watcher.expect("303")).text:
            break
    await watcher.close()
    return owner.nick


async def account_of(bob, nick):
    """The account that a nick is logged in to, or None."""
    bob.send(f"WHOIS {nick}")
    await bob.expect("318")
    found = bob.unseen("330")
    bob.inbox.clear()
    return found[-1].params[2] if found else None


async def logged_in(bob, nick):
    while await account_of(bob, nick) is None:
        await asyncio.sleep(0.05)


# --- TLS ----------------------------------------------------------------------

async def test_tls_verified(scene, causeway):
    channel = scene.channel()
    bob = await scene.irc("bob", join=channel)
    alice = await scene.xmpp()
    nick = scene.nick("alice")
    room = scene.room(channel, "tls.localhost")
    entered = await alice.join(room, nick)
    assert entered.nicks == [bob.nick]
    bob.send(f"WHOIS {nick}")
    await bob.expect("671", nick)  # is using a secure connection
    alice.say(room, "in private")
    await bob.expect("PRIVMSG", "in private")


@pytest.mark.parametrize("host", ["unknownca.localhost",
                                  "wrongname.localhost"])
async def test_tls_not_verified(scene, causeway, host):
    alice = await scene.xmpp()
    entered = await alice.enter(scene.room(scene.channel(), host),
                                scene.nick("alice"))
    assert entered.error is not None
    assert "certificate" in xml.error_text(entered.error).lower()


async def test_tls_without_verification(scene, causeway):
    """For an operator who means it."""
    alice = await scene.xmpp()
    await alice.join(scene.room(scene.channel(), "unverified.localhost"),
                     scene.nick("alice"))


async def test_no_fall_back_to_clear_text(scene, own_causeway, networks,
                                          run):
    """A server that speaks clear text where TLS is required."""
    port = run.port()
    daemon = own_causeway(scene.prosody, gateway={"networks": [
        {"host": "plain.localhost", "address": run.address, "port": port}]})
    await daemon.start()
    scene.gateway = daemon.jid
    ircd = await scene.scripted_ircd(port)
    alice = await scene.xmpp()
    task = asyncio.create_task(alice.enter(
        scene.room(scene.channel(), "plain.localhost"), "alice"))
    peer = await ircd.accept()
    peer.send(f":{HOST} NOTICE * :looking up your hostname")
    entered = await task
    assert entered.error is not None
    assert not [line for line in ircd.transcripts() if "USER" in line]


# --- Passwords ----------------------------------------------------------------

async def test_sasl(scene, causeway, atheme):
    nick = await nickserv_account(scene)
    bob = await scene.irc("bob")
    alice = await scene.xmpp()
    await register(alice, scene, username=nick, password="s1cret")
    alice.send_presence(scene.gateway)
    await online_at_irc(bob, nick)
    assert (await account_of(bob, nick)).lower() == nick.lower()


async def test_sasl_with_a_wrong_password(scene, causeway, atheme):
    nick = await nickserv_account(scene)
    alice = await scene.xmpp()
    condition, words = await refused(alice, scene, username=nick,
                                     password="wrong")
    assert condition == "not-acceptable"
    assert "Nothing was changed" in words
    # Mended, it works.
    await register(alice, scene, username=nick, password="s1cret")
    room = scene.room(scene.channel())
    bob = await scene.irc("bob", join=scene.channel())
    await alice.join(room, nick)
    # A slip in a change costs neither the account nor the room.
    condition, _ = await refused(alice, scene, username=nick,
                                 password="wrong")
    assert condition == "not-acceptable"
    await bob.expect("QUIT", nick=nick)
    await bob.expect("JOIN", nick=nick)
    await logged_in(bob, nick)
    alice.send_message(room, "still here", kind="groupchat")
    await bob.expect("PRIVMSG", scene.channel(), "still here")


async def test_a_secret_left_empty_is_kept(scene, causeway, atheme):
    nick = await nickserv_account(scene)
    bob = await scene.irc("bob")
    alice = await scene.xmpp()
    await register(alice, scene, username=nick, password="s1cret")
    await register(alice, scene, username=nick, password="",
                   realname="Changed")
    assert (await stored(alice, scene.network()))["realname"] == "Changed"
    alice.send_presence(scene.gateway)
    await online_at_irc(bob, nick)
    await logged_in(bob, nick)


async def test_nickserv(scene, causeway, atheme):
    nick = await nickserv_account(scene)
    bob = await scene.irc("bob")
    alice = await scene.xmpp()
    await register(alice, scene, nick=nick, password="s1cret")
    alice.send_presence(scene.gateway)
    await online_at_irc(bob, nick)
    await logged_in(bob, nick)


async def test_server_password(scene, causeway, ngircd):
    alice = await scene.xmpp()
    room = scene.room(scene.channel(), "old.localhost")
    nick = scene.nick("al")
    without = await alice.enter(room, nick)
    assert without.error is not None
    condition, _ = await refused(alice, scene, network="old.localhost",
                                 nick=nick, server_password="wrong")
    assert condition == "not-acceptable"
    await register(alice, scene, network="old.localhost", nick=nick,
                   server_password="letmein")
    await alice.join(room, nick)


async def test_passwords_are_not_logged(scene, causeway, atheme):
    nick = await nickserv_account(scene, password="Qz7secret")
    alice = await scene.xmpp()
    await register(alice, scene, username=nick, password="Qz7secret",
                   server_password="Rk8secret")
    alice.send_presence(scene.gateway)
    bob = await scene.irc("bob")
    await online_at_irc(bob, nick)
    encoded = base64.b64encode(f"{nick}\0{nick}\0Qz7secret".encode())
    log = causeway.log()
    for secret in ("Qz7secret", "Rk8secret", encoded.decode()):
        assert secret not in log
    for path in causeway.folder.iterdir():
        if path.is_file() and not path.name.endswith(".log"):
            assert b"Qz7secret" not in path.read_bytes(), path


# --- The order of registration, on a scripted server --------------------------

async def scripted_login(scene, networks, caps, **values):
    ircd = await scene.scripted_ircd()
    alice = await scene.xmpp()
    request = asyncio.create_task(
        alice.iq("set", scene.gateway, filled({
            "network": scene.fake, "nick": scene.nick("alice"), **values})))
    return alice, await ircd.accept(), request


async def test_capabilities_come_first(scene, causeway, networks):
    alice, peer, _ = await scripted_login(scene, networks, ())
    first = await peer.inbox.get(lambda line: True, "the first line")
    assert (first.command, first.params) == ("CAP", ["LS", "302"])
    peer.send(f":{HOST} CAP * LS * :multi-prefix server-time sasl=PLAIN",
              f":{HOST} CAP * LS :away-notify nonsense/cap")
    request = await peer.expect("CAP", "REQ")
    asked = set(request.text.split())
    assert {"multi-prefix", "server-time", "away-notify"} <= asked
    assert "nonsense/cap" not in asked
    peer.send(f":{HOST} CAP * ACK :{request.text}")
    await peer.expect("CAP", "END")


async def test_sasl_mechanism(scene, causeway, networks):
    alice, peer, _ = await scripted_login(scene, networks, (),
                                          username="al", password="s1cret")
    await peer.expect("CAP", "LS")
    peer.send(f":{HOST} CAP * LS :sasl=PLAIN,EXTERNAL")
    request = await peer.expect("CAP", "REQ")
    assert "sasl" in request.text.split()
    peer.send(f":{HOST} CAP * ACK :{request.text}")
    line = await peer.expect("AUTHENTICATE")
    assert line.params == ["PLAIN"]
    peer.send("AUTHENTICATE +")
    line = await peer.expect("AUTHENTICATE")
    assert base64.b64decode(line.params[0]).split(b"\0")[1:] == \
        [b"al", b"s1cret"]
    peer.send(f":{HOST} 900 * *!*@* al :You are now logged in as al",
              f":{HOST} 903 * :SASL authentication successful")
    await peer.expect("CAP", "END")


async def test_no_password_where_sasl_is_missing(scene, causeway, networks):
    """With a username the password belongs to SASL: not given elsewhere."""
    alice, peer, registering = await scripted_login(
        scene, networks, (), username="al", password="s1cret")
    await peer.expect("CAP", "LS")
    peer.send(f":{HOST} CAP * LS :multi-prefix")
    request = await peer.expect("CAP", "REQ")
    peer.send(f":{HOST} CAP * ACK :{request.text}")
    answer = await registering
    assert xml.condition(answer) == "feature-not-implemented"
    assert re.search("(?i)sasl", xml.error_text(answer))
    assert not [line for line in peer.inbox.transcript if "s1cret" in line]


async def test_refused_capabilities(scene, causeway, networks):
    alice, peer, _ = await scripted_login(scene, networks, ())
    await peer.expect("CAP", "LS")
    peer.send(f":{HOST} CAP * LS :multi-prefix away-notify")
    # Refused together, they are asked for one by one.
    while (line := await peer.expect("CAP")).params[0] == "REQ":
        peer.send(f":{HOST} CAP * NAK :{line.text}")
    assert line.params[0] == "END"


async def test_a_server_without_capabilities(scene, causeway, networks):
    alice, peer, request = await scripted_login(scene, networks, ())
    await peer.expect("USER")
    peer.send(f":{HOST} 421 * CAP :Unknown command")
    peer.nick = scene.nick("alice")
    peer.numeric("001", "Welcome")
    peer.numeric("422", "no motd")
    assert (await request).get("type") == "result"
    alice.send_message(scene.person("bob", scene.fake), "hello")
    await peer.expect("PRIVMSG", "bob", "hello")


async def test_channels_are_joined_at_login(scene, causeway):
    channel = scene.channel()
    bob = await scene.irc("bob", join=channel)
    alice = await scene.xmpp()
    await register(alice, scene, channels=[channel])
    alice.send_presence(scene.gateway)
    await bob.expect("JOIN", channel, nick=scene.nick("alice"))
