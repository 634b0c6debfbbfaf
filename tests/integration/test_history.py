"""History on entering, and the archive of rooms (XEP-0313)."""

import datetime

import pytest

from clients import xml
from servers.process import wait_for

MAM = "urn:xmpp:mam:2"


async def conversation(scene, count=10, name="alice"):
    """A room in which Bob said some things: channel, room, Bob, Alice."""
    channel = scene.channel()
    room = scene.room(channel)
    bob = await scene.irc("bob", join=channel)
    alice = await scene.xmpp(name)
    await alice.join(room, scene.nick(name))
    for number in range(count):
        bob.say(channel, f"line {number}")
    if count > 0:
        await alice.get_message(f"{room}/{bob.nick}", f"line {count - 1}")
    return channel, room, bob, alice


async def query(client, room, fields=None, rsm="", node=MAM):
    """One archive query: its messages and its <fin/>."""
    form = xml.submit(fields or {}, form_type=MAM)
    answer = await client.iq(
        "set", room, f"<query xmlns='{MAM}' queryid='q'>{form}"
        f"<set xmlns='http://jabber.org/protocol/rsm'>{rsm}</set></query>")
    results = client.unseen(
        lambda s: xml.kind(s) == "message" and
        xml.one(s, "mam:result") is not None)
    return results, answer


def forwarded(result):
    return xml.one(result, "mam:result/fwd:forwarded/c:message")


def bodies(results):
    return [xml.body(forwarded(result)) for result in results]


def result_id(result):
    return xml.attr(result, "mam:result", "id")


# --- On entering --------------------------------------------------------------

async def rejoin(scene, alice, room, **limits):
    """Comes back with another client, so that the room is not left."""
    again = await scene.xmpp("alice", "phone")
    entered = await again.join(room, scene.nick("alice"), history=limits)
    return [xml.body(message) for message in entered.history], entered


async def test_history_before_the_subject(scene, causeway):
    channel, room, bob, alice = await conversation(scene)
    found, entered = await rejoin(scene, alice, room, maxstanzas=100)
    assert found == [f"line {n}" for n in range(10)]
    for message in entered.history:
        assert message.get("from") == f"{room}/{bob.nick}"
        assert message.get("type") == "groupchat"
        assert xml.attr(message, "delay:delay", "from") == room
        assert xml.attr(message, "delay:delay", "stamp").endswith("Z")


async def test_history_has_the_ids_of_the_live_messages(scene, causeway):
    channel, room, bob, alice = await conversation(scene, 0)
    bob.say(channel, "remember")
    live = await alice.get_message(f"{room}/{bob.nick}", "remember")
    _, entered = await rejoin(scene, alice, room, maxstanzas=1)
    assert xml.attr(entered.history[0], "sid:stanza-id", "id") == \
        xml.attr(live, "sid:stanza-id", "id")


@pytest.mark.parametrize("limits, wanted", [
    ({"maxstanzas": 3}, [7, 8, 9]),
    ({"maxstanzas": 0}, []),
    ({"maxchars": 0}, []),
    ({"seconds": 3600, "maxstanzas": 2}, [8, 9]),
    ({"since": "1990-01-01T00:00:00Z", "maxstanzas": 1}, [9]),
    ({"since": "2100-01-01T00:00:00Z"}, []),
])
async def test_limits(scene, causeway, limits, wanted):
    channel, room, bob, alice = await conversation(scene)
    found, _ = await rejoin(scene, alice, room, **limits)
    assert found == [f"line {n}" for n in wanted]


async def test_limit_of_characters(scene, causeway):
    channel, room, bob, alice = await conversation(scene)
    found, entered = await rejoin(scene, alice, room, maxchars=2500)
    size = sum(len(xml.ET.tostring(m)) for m in entered.history)
    assert len(found) < 10
    assert size <= 3 * 2500
    assert found == [f"line {n}" for n in range(10 - len(found), 10)]


async def test_what_was_missed_is_not_shown(scene, causeway):
    """The archive of a user is what his own connection saw."""
    channel, room, bob, alice = await conversation(scene, 2)
    nick = scene.nick("alice")
    await alice.leave(room, nick)
    await bob.expect("PART", nick=nick)
    bob.say(channel, "behind her back")
    await bob.settle()
    entered = await alice.join(room, nick, history={"maxstanzas": 50})
    assert [xml.body(m) for m in entered.history] == ["line 0", "line 1"]


async def test_a_newcomer_sees_nothing_old(scene, causeway):
    channel, room, bob, alice = await conversation(scene)
    carol = await scene.xmpp("carol")
    entered = await carol.join(room, scene.nick("carol"))
    assert entered.history == []


async def test_history_survives_a_restart(scene, own_causeway):
    daemon = own_causeway(scene.prosody)
    await daemon.start()
    scene.gateway = daemon.jid
    channel, room, bob, alice = await conversation(scene, 3)
    assert await daemon.stop() == 0
    await daemon.start()
    again = await scene.xmpp("alice", "phone")
    entered = await again.join(room, scene.nick("alice"))
    assert [xml.body(m) for m in entered.history] == \
        [f"line {n}" for n in range(3)]


# --- Queries ------------------------------------------------------------------

async def test_a_whole_archive(scene, causeway):
    channel, room, bob, alice = await conversation(scene)
    results, fin = await query(alice, room)
    assert bodies(results) == [f"line {n}" for n in range(10)]
    assert xml.attr(fin, "mam:fin", "complete") == "true"
    for result in results:
        assert xml.attr(result, "mam:result", "queryid") == "q"
        message = forwarded(result)
        assert message.get("from") == f"{room}/{bob.nick}"
        assert message.get("to") is None
        assert xml.attr(result, "mam:result/fwd:forwarded/delay:delay",
                        "stamp")


async def test_ids_are_those_of_the_stanzas(scene, causeway):
    channel, room, bob, alice = await conversation(scene, 0)
    bob.say(channel, "remember")
    live = await alice.get_message(f"{room}/{bob.nick}", "remember")
    results, _ = await query(alice, room)
    assert result_id(results[-1]) == xml.attr(live, "sid:stanza-id", "id")


async def test_pages_forward(scene, causeway):
    channel, room, bob, alice = await conversation(scene)
    found, rsm = [], "<max>4</max>"
    while True:
        results, fin = await query(alice, room, rsm=rsm)
        found += bodies(results)
        if xml.attr(fin, "mam:fin", "complete") == "true":
            break
        assert len(results) == 4
        last = xml.text(fin, "mam:fin/rsm:set/rsm:last")
        assert last == result_id(results[-1])
        rsm = f"<max>4</max><after>{last}</after>"
    assert found == [f"line {n}" for n in range(10)]


async def test_the_last_page(scene, causeway):
    channel, room, bob, alice = await conversation(scene)
    results, fin = await query(alice, room, rsm="<max>3</max><before/>")
    assert bodies(results) == ["line 7", "line 8", "line 9"]
    first = xml.text(fin, "mam:fin/rsm:set/rsm:first")
    results, fin = await query(
        alice, room, rsm=f"<max>3</max><before>{first}</before>")
    assert bodies(results) == ["line 4", "line 5", "line 6"]


async def test_by_time(scene, causeway):
    channel, room, bob, alice = await conversation(scene)
    results, _ = await query(alice, room, {"end": "2000-01-01T00:00:00Z"})
    assert results == []
    results, _ = await query(alice, room, {"start": "2000-01-01T00:00:00Z"})
    assert len(results) == 10
    now = datetime.datetime.now(datetime.timezone.utc)
    ahead = (now + datetime.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    results, _ = await query(alice, room, {"start": ahead})
    assert results == []


async def test_unknown_id(scene, causeway):
    channel, room, bob, alice = await conversation(scene, 1)
    _, answer = await query(alice, room,
                            rsm="<max>5</max><after>no-such-id</after>")
    assert xml.condition(answer) == "item-not-found"


async def test_unknown_field(scene, causeway):
    channel, room, bob, alice = await conversation(scene, 1)
    _, answer = await query(alice, room, {"{urn:example}colour": "blue"})
    assert xml.condition(answer) in ("feature-not-implemented",
                                     "bad-request")


async def test_the_form(scene, causeway):
    channel, room, bob, alice = await conversation(scene, 1)
    answer = await alice.iq("get", room, f"<query xmlns='{MAM}'/>")
    fields = xml.form_fields(xml.one(answer, "mam:query/x:x"))
    assert {"FORM_TYPE", "start", "end"} <= set(fields)


async def test_metadata(scene, causeway):
    channel, room, bob, alice = await conversation(scene)
    results, _ = await query(alice, room)
    answer = await alice.iq("get", room, f"<metadata xmlns='{MAM}'/>")
    assert xml.attr(answer, "mam:metadata/mam:start", "id") == \
        result_id(results[0])
    assert xml.attr(answer, "mam:metadata/mam:end", "id") == \
        result_id(results[-1])


async def test_outsiders_get_nothing(scene, causeway):
    channel, room, bob, alice = await conversation(scene)
    carol = await scene.xmpp("carol")
    results, answer = await query(carol, room)
    assert results == []
    assert answer.get("type") == "error" or \
        xml.attr(answer, "mam:fin", "complete") == "true"


async def test_own_messages_once(scene, causeway):
    """Two users of the gateway saw each line; each finds it once."""
    channel, room, bob, alice = await conversation(scene, 1)
    carol = await scene.xmpp("carol")
    await carol.join(room, scene.nick("carol"))
    alice.say(room, "twice?")
    await carol.get_message(f"{room}/{scene.nick('alice')}", "twice?")
    bob.say(channel, "end")
    for client in (alice, carol):
        await client.get_message(f"{room}/{bob.nick}", "end")
        results, _ = await query(client, room)
        assert bodies(results)[-2:] == ["twice?", "end"]
        assert bodies(results).count("twice?") == 1


async def test_switched_off(scene, own_causeway):
    daemon = own_causeway(scene.prosody, archive={"enabled": False})
    await daemon.start()
    scene.gateway = daemon.jid
    channel, room, bob, alice = await conversation(scene, 2)
    found, _ = await rejoin(scene, alice, room)
    assert found == []
    await wait_for(daemon.alive, "the daemon")
