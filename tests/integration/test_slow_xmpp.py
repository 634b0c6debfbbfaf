"""An XMPP server that stops reading while a channel floods."""

from clients import xml
from servers.scripted_xmpp import ACCEPT
from test_stream import PING, USER, attached

# Together some six times what may wait for the XMPP server.
CLIENTS = 8
LINES = 8000
WORDS = 'x&' * 190

# Measured: 29 to 55 MiB (a buffer doubles), and 107 where nothing waits.
MEMORY = 80 << 20

BODY = f"{{{ACCEPT}}}body"


def peak_memory(daemon):
    for line in open(f"/proc/{daemon.pid}/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) << 10
    raise AssertionError("no VmHWM")


def texts_for(stream, client):
    """The groupchat messages this client was sent."""
    found = stream.inbox.take_all(
        lambda e: xml.kind(e) == "message" and e.get("to") == client)
    bodies = [e.findtext(BODY) for e in found]
    return [body for body in bodies if body]


async def test_a_flood_waits(scene, own_causeway):
    ircd = await scene.scripted_ircd()
    server, stream, daemon = await attached(
        scene, own_causeway,
        # Freed memory is used again, as without the sanitizer.
        variables={"ASAN_OPTIONS": "quarantine_size_mb=1"})
    scene.gateway = daemon.jid
    channel = scene.channel()
    room = scene.room(channel, scene.fake)
    clients = [f"{scene.jid('alice')}/{n}" for n in range(CLIENTS)]
    peer = None
    for client in clients:
        stream.send(f"<presence from='{client}' to='{room}/alice'>"
                    "<x xmlns='http://jabber.org/protocol/muc'/>"
                    "</presence>")
        if peer is None:
            peer = await ircd.accept()
            await peer.welcome()
            await peer.let_in(channel, ["bob"])
        await stream.expect(
            lambda e: e.get("to") == client and
            e.get("from") == f"{room}/alice", "the own presence")
    before = peak_memory(daemon)

    stream.pause()
    for number in range(LINES):
        peer.send(f":bob!u@h PRIVMSG {channel} :{number} {WORDS}")
    await daemon.logged("does not keep up")
    stream.resume()
    await stream.expect(
        lambda e: e.get("to") == clients[-1] and
        (e.findtext(BODY) or "").startswith(f"{LINES - 1} "),
        "the last message")
    wanted = [f"{number} {WORDS}" for number in range(LINES)]
    for client in clients[:-1]:
        assert texts_for(stream, client) == wanted
    assert texts_for(stream, clients[-1]) == wanted[:-1]
    assert peak_memory(daemon) - before < MEMORY
    assert ircd.connections == 1 and not peer.closed.is_set()
    answer = await stream.iq("get", USER, daemon.jid, PING)
    assert answer.get("type") == "result"
