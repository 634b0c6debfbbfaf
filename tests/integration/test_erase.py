"""Unregistering leaves nothing of the user, also after a crash on the way."""

import asyncio
import itertools
import random
import re
import subprocess

import pytest

from clients import xml
from servers import postgres
from servers.process import as_other_user, wait_for
from servers.prosody import DOMAIN
from test_commands import admin_of
from test_gateway_protocol import befriend
from test_history import bodies, query
from test_register import REMOVE, is_registered, register

NEEDS_POSTGRES = pytest.mark.skipif(postgres.binaries() is None,
                                    reason="PostgreSQL is not installed")


_numbers = itertools.count(1)


class Sqlite:
    """All bytes of the database's files."""

    def __init__(self, daemon):
        self.daemon = daemon

    def content(self):
        return b"".join(path.read_bytes() for path
                        in self.daemon.folder.glob("causeway.db*")
                        if not path.name.endswith("-shm"))

    async def stop(self):
        pass


class Postgres:
    """What a backup would hold."""

    def __init__(self, server):
        self.server = server

    def content(self):
        folder = self.server.folder
        return subprocess.run(
            [*as_other_user(folder), postgres.binaries() / "pg_dump",
             "--inserts", "-h", folder, "-U", "causeway", "postgres"],
            check=True, capture_output=True, cwd=folder).stdout

    async def stop(self):
        await self.server.stop()


@pytest.fixture(params=["sqlite",
                        pytest.param("postgresql", marks=NEEDS_POSTGRES)])
def kept(request, scene, own_causeway, run):
    """A daemon and its database, both to be started."""
    admins = [f"admin@{DOMAIN}"]

    async def start():
        if request.param == "sqlite":
            daemon = own_causeway(scene.prosody, admins=admins)
            store = Sqlite(daemon)
        else:
            server = postgres.Postgres(run, f"erase-{next(_numbers)}")
            await server.start()
            daemon = own_causeway(scene.prosody, admins=admins,
                                  storage=server.storage)
            store = Postgres(server)
        await daemon.start()
        scene.gateway = daemon.jid
        return daemon, store
    return start


def traces(scene, alice):
    """What must not be found: JID, nick, what was said."""
    nick = scene.nick("alice")
    return [alice.bare.encode(), nick.encode(), b"room-words",
            b"private-words", b"AnswerWords", b"hidden-secret"]


def found(store, wanted):
    content = store.content()
    return [text for text in wanted if text in content]


def hexed(texts):
    """Bytes as a dump of PostgreSQL shows them."""
    return [text.hex().encode() for text in texts]


async def live(scene, name="alice"):
    """Alice registers, befriends Bob, talks to him and in a room."""
    channel = scene.channel()
    room = scene.room(channel)
    bob = await scene.irc("bob")
    alice = await scene.xmpp(name)
    await register(alice, scene, nick=scene.nick(name),
                   password="hidden-secret", stay="true")
    await befriend(alice, scene.gateway)
    await alice.join(room, scene.nick(name))
    alice.say(room, "room-words")
    await alice.get_message(f"{room}/{scene.nick(name)}", "room-words")
    alice.send_message(scene.person(bob.nick), "private-words")
    await bob.expect("PRIVMSG", "private-words")
    bob.say(scene.nick(name), "AnswerWords")
    await alice.get_message(scene.person(bob.nick), "AnswerWords")
    return alice, bob, channel


def everything(scene, alice):
    wanted = traces(scene, alice)
    return wanted + hexed(wanted)


async def all_on_disk(store, texts):
    await wait_for(
        lambda: all(t in store.content() or t.hex().encode()
                    in store.content() for t in texts), "texts on disk")


async def test_nothing_is_left(scene, kept):
    daemon, store = await kept()
    alice, _, _ = await live(scene)
    await all_on_disk(store, [b"room-words", b"private-words",
                              b"AnswerWords"])
    answer = await alice.iq("set", scene.gateway, REMOVE)
    assert answer.get("type") == "result"
    await alice.get_presence(scene.gateway, "unsubscribed")
    wanted = everything(scene, alice)
    await wait_for(lambda: not found(store, wanted), "nothing left")
    await daemon.kill()
    assert not found(store, wanted)
    await daemon.start()
    assert not await is_registered(alice, scene.gateway)
    await daemon.stop()
    await store.stop()


async def test_others_keep_what_they_heard(scene, kept):
    daemon, store = await kept()
    alice, _, channel = await live(scene)
    room = scene.room(channel)
    carol = await scene.xmpp("carol")
    await carol.join(room, scene.nick("carol"))
    alice.say(room, "for both of us")
    await carol.get_message(f"{room}/{scene.nick('alice')}",
                            "for both of us")
    answer = await alice.iq("set", scene.network(), REMOVE)
    assert answer.get("type") == "result"
    wanted = [b"room-words", b"private-words", b"AnswerWords",
              alice.bare.encode(), b"hidden-secret"]
    await alice.get_presence(scene.gateway, "unsubscribed")
    wanted += hexed(wanted)
    await wait_for(lambda: not found(store, wanted), "nothing left")
    results, _ = await query(carol, room)
    assert "for both of us" in bodies(results)
    assert "room-words" not in bodies(results)
    await daemon.stop()
    await store.stop()


async def test_killed_on_the_way(scene, kept):
    """Wherever it stops: all is as before, or all is gone after the next
    start, and the contact list is told."""
    daemon, store = await kept()
    for attempt in range(3):
        alice, bob, _ = await live(scene)
        removal = asyncio.create_task(
            alice.iq("set", scene.gateway, REMOVE))
        await asyncio.sleep(random.uniform(0, 0.06) if attempt else 0)
        await daemon.kill()
        removal.cancel()
        await daemon.start()
        if not await is_registered(alice, scene.gateway):
            wanted = everything(scene, alice)
            await wait_for(lambda: not found(store, wanted),
                           "nothing left")
            await alice.get_presence(scene.gateway, "unsubscribed")
        else:
            assert found(store, [alice.bare.encode()])
            answer = await alice.iq("set", scene.gateway, REMOVE)
            assert answer.get("type") == "result"
        await alice.close()
        await bob.close()
    await daemon.stop()
    await store.stop()


async def test_by_an_administrator(scene, kept):
    daemon, store = await kept()
    alice, _, _ = await live(scene)
    admin = await admin_of(scene, daemon)
    admin.send_message(scene.gateway, "remove")
    await admin.get_message(scene.gateway)
    admin.send_message(scene.gateway, alice.bare)
    await admin.get_message(scene.gateway, re.compile("^Removed"))
    wanted = everything(scene, alice)
    await wait_for(lambda: not found(store, wanted), "nothing left")
    await daemon.stop()
    await store.stop()
