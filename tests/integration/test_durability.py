"""What happens to messages while the database does not work, or the process
has no file descriptors left."""

import asyncio
import sqlite3

import pytest

from clients import xml
from servers import postgres
from test_history import bodies, query
from test_ops import fetch
from test_register import filled, stored
from test_stream import PING

TROUBLE = "the database can't be written"


class Locked:
    """A SQLite database that another process writes, and does not stop."""

    def __init__(self, daemon):
        self._path = daemon.folder / "causeway.db"

    async def begin(self):
        self._other = sqlite3.connect(self._path, isolation_level=None)
        self._other.execute("BEGIN IMMEDIATE")

    async def end(self):
        self._other.execute("ROLLBACK")
        self._other.close()


class Killed:
    """A PostgreSQL server that crashes and is started again."""

    def __init__(self, server):
        self._server = server

    async def begin(self):
        await self._server.kill()

    async def end(self):
        await self._server.start()


@pytest.fixture(params=["locked", pytest.param("killed", marks=pytest.mark
                        .skipif(postgres.binaries() is None,
                                reason="PostgreSQL is not installed"))])
def troubled(request, scene, own_causeway, run, spare):
    """Starts a daemon; the daemon, and what can happen to its database."""
    async def start():
        if request.param == "locked":
            daemon = own_causeway(scene.prosody)
            trouble = Locked(daemon)
        else:
            server = postgres.Postgres(run, f"postgres-{spare}")
            await server.start()
            daemon = own_causeway(scene.prosody, storage=server.storage)
            trouble = Killed(server)
        await daemon.start()
        scene.gateway = daemon.jid
        return daemon, trouble
    return start


async def health(daemon, wanted):
    while (await fetch(daemon, "/healthz"))[0] != wanted:
        await asyncio.sleep(0.1)


async def test_the_database_goes_away_in_a_conversation(scene, troubled):
    daemon, trouble = await troubled()
    channel = scene.channel()
    room, nick = scene.room(channel), scene.nick("alice")
    network = scene.network("old.localhost")
    bob = await scene.irc("bob", join=channel)
    alice = await scene.xmpp()
    await alice.join(room, nick)
    said = []

    async def talk(word):
        """Both ways, live."""
        alice.say(room, f"{word} from alice")
        await bob.expect("PRIVMSG", channel, f"{word} from alice", nick=nick)
        await alice.get_message(f"{room}/{nick}", f"{word} from alice")
        bob.say(channel, f"{word} from bob")
        await alice.get_message(f"{room}/{bob.nick}", f"{word} from bob")
        said.extend([f"{word} from alice", f"{word} from bob"])

    await talk("before")
    await trouble.begin()
    await talk("at once")
    # What must be stored waits, and says nothing before it is.
    id = alice.new_id()
    alice.send(f"<iq type='set' id='{id}' to='{scene.gateway}'>" + filled(
        {"network": "old.localhost", "nick": scene.nick("al"),
         "server_password": "letmein"}) + "</iq>")
    await daemon.logged(TROUBLE)
    assert not alice.unseen(lambda s: s.get("id") == id)
    assert (await fetch(daemon, "/healthz"))[0] == 503
    for number in range(20):
        await talk(f"meanwhile {number}")
        answer = await alice.iq("get", scene.gateway, PING)
        assert answer.get("type") == "result"
    await trouble.end()
    await health(daemon, 200)
    answer = await alice.expect(lambda s: s.get("id") == id, "a result")
    assert answer.get("type") == "result", xml.ET.tostring(answer)
    await talk("after")

    # Nothing is missing, nothing is there twice; also after a restart.
    results, _ = await query(alice, room, rsm="<max>100</max>")
    assert bodies(results) == said
    assert await daemon.stop() == 0
    await daemon.start()
    again = await scene.xmpp("alice", "phone")
    assert (await stored(again, network))["nick"] == scene.nick("al")
    results, _ = await query(again, room, rsm="<max>100</max>")
    assert bodies(results) == said


async def test_no_file_descriptors(scene, own_causeway):
    """Who is there goes on; others are told, and can come later."""
    daemon = own_causeway(scene.prosody)
    command = daemon.command()
    daemon.command = lambda: ["prlimit", "--nofile=30:30", *command]
    await daemon.start()
    scene.gateway = daemon.jid
    channel = scene.channel()
    room = scene.room(channel)
    bob = await scene.irc("bob", join=channel)
    inside, refused = [], None
    while refused is None:
        assert len(inside) < 30
        name = f"guest{len(inside)}x"
        guest = await scene.xmpp(name)
        entered = await guest.enter(room, scene.nick(name))
        if entered.error is None:
            inside.append((guest, scene.nick(name)))
        else:
            refused = guest
    assert len(inside) > 5
    assert xml.condition(entered.error) == "resource-constraint"
    assert "Try again later" in xml.text(entered.error, "c:error/err:text")
    first, nick = inside[0]
    first.say(room, "still here")
    await bob.expect("PRIVMSG", channel, "still here", nick=nick)
    bob.say(channel, "good")
    await first.get_message(f"{room}/{bob.nick}", "good")

    # What everybody needs has descriptors of its own.
    assert (await fetch(daemon, "/healthz"))[0] == 200
    for guest, nick in inside[:5]:
        await guest.leave(room, nick)
        await bob.expect("PART", nick=nick)
    while (await refused.enter(room, scene.nick("late"))).error is not None:
        await asyncio.sleep(0.2)
