"""The component stream (XEP-0114): logging in, being refused, coming back."""

import asyncio

import pytest

from clients import xml
from servers.causeway import irc_gateway
from servers.prosody import DOMAIN, SECRET, Prosody
from servers.process import wait_for
from servers.scripted_xmpp import as_client

USER = f"somebody@{DOMAIN}/desk"
PING = "<ping xmlns='urn:xmpp:ping'/>"


async def attached(scene, own_causeway, variables=None, **settings):
    """A daemon attached to a scripted server: the server, its stream, the
    daemon. `variables` are of its environment."""
    server = await scene.scripted_xmpp()
    daemon = own_causeway(server, **settings)
    daemon.variables.update(variables or {})
    daemon.spawn()
    stream = await server.accept()
    assert await stream.handshake(SECRET)
    await daemon.until_ready()
    return server, stream, daemon


async def ping(stream, daemon):
    answer = await stream.iq("get", USER, daemon.jid, PING)
    assert answer.get("type") == "result"
    assert answer.get("to") == USER
    assert answer.get("from") == daemon.jid


async def test_logs_in(scene, own_causeway):
    server = await scene.scripted_xmpp()
    daemon = own_causeway(server)
    daemon.spawn()
    stream = await server.accept()
    # XEP-0114 section 3: to is the component's name; the digest is over the
    # id as it is, entities resolved.
    assert await stream.handshake(SECRET, id="a&b<c'\"")
    assert stream.to == daemon.jid
    await daemon.until_ready()
    await ping(stream, daemon)


async def test_nothing_before_authentication(scene, own_causeway):
    server = await scene.scripted_xmpp()
    daemon = own_causeway(server)
    daemon.spawn()
    stream = await server.accept()
    await stream.header()
    await stream.expect(lambda e: xml.kind(e) == "handshake", "a handshake")
    stream.send(f"<iq type='get' id='early' from='{USER}' "
                f"to='{daemon.jid}'>{PING}</iq>")
    stream.send("<handshake/>")
    await daemon.until_ready()
    await ping(stream, daemon)
    assert not stream.inbox.take_all(lambda e: e.get("id") == "early")


async def test_wrong_secret(scene, own_causeway):
    daemon = own_causeway(scene.prosody, gateway={"secret": "wrong"})
    daemon.spawn()
    await daemon.logged("not-authorized")
    assert daemon.alive()


async def test_unknown_host(scene, own_causeway):
    daemon = own_causeway(scene.prosody,
                          gateway={"jid": "nobody.example.test"})
    daemon.spawn()
    await daemon.logged("host-unknown")
    assert daemon.alive()


@pytest.mark.xdist_group("ejabberd")
async def test_wrong_secret_at_ejabberd(own_causeway, ejabberd):
    daemon = own_causeway(ejabberd, gateway={"secret": "wrong"})
    daemon.spawn()
    await daemon.logged("not-authorized")


async def test_conflict(scene, own_causeway):
    first = own_causeway(scene.prosody)
    await first.start()
    second = own_causeway(scene.prosody)
    second.spawn()
    await second.logged("conflict")
    # The one that was there first is not disturbed.
    alice = await scene.xmpp()
    answer = await alice.iq("get", first.jid, PING)
    assert answer.get("type") == "result"


async def test_server_comes_later(scene, own_causeway):
    server = await scene.scripted_xmpp()
    await server.close()
    daemon = own_causeway(server)
    daemon.spawn()
    await daemon.logged(r"(?i)refused|unreachable|connect")
    await server.start()
    stream = await server.accept()
    assert await stream.handshake(SECRET)
    await daemon.until_ready()


@pytest.mark.parametrize("condition", ["system-shutdown",
                                       "policy-violation"])
async def test_stream_error_is_named_and_survived(scene, own_causeway,
                                                  condition):
    server, stream, daemon = await attached(scene, own_causeway)
    stream.error(condition, "words of the server")
    await daemon.logged(condition)
    await daemon.logged("words of the server")
    stream = await server.accept()
    assert await stream.handshake(SECRET)
    await ping(stream, daemon)


async def test_lost_connection_is_survived(scene, own_causeway):
    server, stream, daemon = await attached(scene, own_causeway)
    for _ in range(2):
        await stream.close()
        stream = await server.accept()
        assert await stream.handshake(SECRET)
        await ping(stream, daemon)


async def test_stops_in_order(scene, own_causeway):
    server, stream, daemon = await attached(scene, own_causeway)
    daemon.signal(15)
    await wait_for(lambda: stream.ended, "the end of the stream")
    stream.send("</stream:stream>")
    assert await daemon.exited() == 0


# --- Bad input from the server ------------------------------------------------

async def test_big_stanza_costs_only_itself(scene, own_causeway):
    server, stream, daemon = await attached(scene, own_causeway)
    stream.send(f"<message id='big' type='chat' from='{USER}' "
                f"to='{daemon.jid}'><body>{'x' * (300 << 10)}</body>"
                "</message>")
    await stream.drain()
    answer = as_client(await stream.expect(
        lambda e: e.get("id") == "big", "the error for a big stanza"))
    assert answer.get("type") == "error"
    assert answer.get("to") == USER
    assert xml.condition(answer) in ("not-acceptable", "policy-violation")
    await ping(stream, daemon)


@pytest.mark.parametrize("payload", [
    "<x>" * 100 + "</x>" * 100,
    "<x/>" * 30000,
    "<x " + " ".join(f"a{n}='1'" for n in range(200)) + "/>",
], ids=["depth", "elements", "attributes"])
async def test_odd_stanza_costs_only_itself(scene, own_causeway, payload):
    server, stream, daemon = await attached(scene, own_causeway)
    stream.send(f"<iq id='odd' type='get' from='{USER}' to='{daemon.jid}'>"
                f"<q xmlns='urn:example:q'>{payload}</q></iq>")
    await stream.drain()
    answer = await stream.expect(lambda e: e.get("id") == "odd",
                                 "the error for an odd stanza")
    assert answer.get("type") == "error"
    await ping(stream, daemon)


@pytest.mark.parametrize("evil", [
    "<!-- comment -->",
    "<?instruction?>",
    "<!DOCTYPE x [<!ENTITY a 'b'>]>",
    "<message><unclosed></message>",
    "&undefined;",
    "<message>\x01</message>",
], ids=["comment", "instruction", "doctype", "mismatch", "entity", "control"])
async def test_evil_xml_ends_the_stream(scene, own_causeway, evil):
    server, stream, daemon = await attached(scene, own_causeway)
    stream.send(evil)
    await wait_for(lambda: stream.ended or stream.closed.is_set(),
                   "the end of the stream")
    stream = await server.accept()
    assert await stream.handshake(SECRET)
    await ping(stream, daemon)


async def test_one_byte_at_a_time(scene, own_causeway):
    server, stream, daemon = await attached(scene, own_causeway)
    stanza = (f"<iq id='slow' type='get' from='{USER}' to='{daemon.jid}'>"
              f"{PING}</iq>").encode()
    for index in range(len(stanza)):
        stream.send_bytes(stanza[index:index + 1])
        await stream.drain()
    answer = await stream.expect(lambda e: e.get("id") == "slow", "a pong")
    assert answer.get("type") == "result"


# --- Stanza rules (RFC 6120 section 8) ----------------------------------------

@pytest.mark.parametrize("payload, condition", [
    ("<q xmlns='urn:example:unknown'/>", "service-unavailable"),
    ("", "bad-request"),
    (PING + PING, "bad-request"),
], ids=["unknown", "empty", "two"])
@pytest.mark.parametrize("kind", ["get", "set"])
@pytest.mark.parametrize("local", ["", "irc.localhost@",
                                   "bob%irc.localhost@"])
async def test_every_request_is_answered(scene, causeway, kind, local,
                                         payload, condition):
    alice = await scene.xmpp()
    to = f"{local}{scene.gateway}"
    answer = await alice.iq(kind, to, payload)
    assert answer.get("type") == "error"
    assert answer.get("from") == to
    if payload.count("<") != 1 or "unknown" in payload:
        assert xml.condition(answer) == condition


async def test_command_session_of_another_gateway(scene, own_causeway,
                                                  networks):
    server = await scene.scripted_xmpp()
    daemon = own_causeway(server)
    daemon.gateways.append({**irc_gateway("other.example.test", networks),
                            "secret": SECRET})
    daemon.write_config()
    daemon.spawn()
    streams = {}
    for _ in daemon.gateways:
        stream = await server.accept()
        assert await stream.handshake(SECRET)
        streams[stream.to] = stream
    await daemon.until_ready()
    command = "<command xmlns='http://jabber.org/protocol/commands' "
    started = await streams[daemon.jid].iq(
        "set", USER, daemon.jid, command + "node='register'/>")
    session = xml.one(as_client(started), "cmd:command").get("sessionid")
    there = streams["other.example.test"]
    for action in ("", "action='cancel'", "action='prev'"):
        answer = await there.iq(
            "set", USER, there.to,
            f"{command} node='register' sessionid='{session}' {action}/>")
        assert xml.condition(as_client(answer)) == "bad-request"
        assert xml.one(as_client(answer), "c:error/cmd:bad-sessionid") \
            is not None
    await ping(streams[daemon.jid], daemon)


async def test_answers_are_never_answered(scene, own_causeway):
    server, stream, daemon = await attached(scene, own_causeway)
    for number, stanza in enumerate([
            "<iq type='result' {}/>", "<iq type='error' {}/>",
            "<message type='error' {}><body>x</body></message>",
            "<presence type='error' {}/>"]):
        for local in ("", "x@", "%23c%irc.localhost@", "#c%irc.localhost@",
                      "b%irc.localhost@"):
            stream.send(stanza.format(
                f"id='a{number}' from='{USER}' to='{local}{daemon.jid}'"))
    await ping(stream, daemon)
    assert not stream.inbox.take_all(
        lambda e: (e.get("id") or "").startswith("a"))


async def test_unusable_address(scene, causeway):
    alice = await scene.xmpp()
    answer = await alice.iq("get", f"bob%bad_host@{scene.gateway}", PING)
    assert answer.get("type") == "error"
    assert xml.condition(answer) in ("item-not-found", "jid-malformed",
                                     "service-unavailable")


# --- A real server goes away and comes back -----------------------------------

async def test_prosody_restarts_in_a_conversation(scene, own_causeway, run,
                                                  spare, inspircd):
    prosody = Prosody(run, f"prosody-{spare}", components=[spare])
    await prosody.start()
    daemon = own_causeway(prosody)
    await daemon.start()
    room = f"{scene.channel()}%irc.localhost@{spare}"
    bob = await scene.irc("bob", join=scene.channel())
    alice = await scene.xmpp("alice", server=prosody)
    nick = scene.nick("alice")
    await alice.join(room, nick)
    alice.say(room, "before")
    await bob.expect("PRIVMSG", "before", nick=nick)

    assert await prosody.stop() == 0
    await prosody.start()

    again = await scene.xmpp("alice", server=prosody)
    await wait_for_gateway(again, spare)
    await again.join(room, nick)
    again.say(room, "after")
    await bob.expect("PRIVMSG", "after", nick=nick)
    bob.say(scene.channel(), "welcome back")
    await again.get_message(f"{room}/{bob.nick}", "welcome back")
    await again.close()
    await daemon.stop()
    await prosody.stop()


async def wait_for_gateway(client, jid):
    """Pings until the gateway is attached again."""
    while True:
        answer = await client.iq("get", jid, PING)
        if answer.get("type") == "result":
            return
        await asyncio.sleep(0.05)


async def test_two_gateways_do_not_disturb_each_other(scene, own_causeway,
                                                      networks):
    daemon = own_causeway(scene.prosody)
    daemon.gateways.append({**irc_gateway("nobody.example.test", networks),
                            "secret": SECRET})
    daemon.write_config()
    daemon.spawn()
    await daemon.logged("host-unknown")
    alice = await scene.xmpp()
    await wait_for_gateway(alice, daemon.jid)
