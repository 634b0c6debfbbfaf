"""The stream between the daemon and its XMPP server is cut and comes back:
whoever is still there keeps his place in rooms, and nobody else does."""

import pytest

from clients import xml
from servers.relay import Relay


@pytest.fixture(params=[
    "prosody",
    pytest.param("ejabberd", marks=pytest.mark.xdist_group("ejabberd"))])
def behind(request):
    """An XMPP server; the daemon reaches it through a relay."""
    return request.getfixturevalue(request.param)


def is_own(stanza):
    return 110 in xml.codes(stanza)


@pytest.mark.parametrize("condition", [
    "service-unavailable", "feature-not-implemented"])
async def test_clients_without_ping(scene, run, behind, own_causeway,
                                    condition):
    """A server answers for a client that has gone as RFC 6120 has a client
    answer that knows no ping."""
    relay = await Relay(run, behind).start()
    daemon = own_causeway(relay)
    await daemon.start()
    scene.gateway = daemon.jid
    bob = await scene.irc("bob", join=scene.channel())
    room = scene.room(scene.channel())
    people = {}
    for name, resource in (("alice", "desk"), ("alice", "phone"),
                           ("carol", "desk")):
        client = await scene.xmpp(name, resource, server=behind)
        client.know_no_ping(condition)
        await client.join(room, scene.nick(name))
        people[name, resource] = client
    alice = people["alice", "desk"]
    alice.unseen(lambda s: True)
    relay.cut()
    people["alice", "phone"].drop()
    people["carol", "desk"].drop()
    await alice.get_presence(people["alice", "phone"].jid, "unavailable")
    relay.mend()
    # She who is there is told anew who is there, and hears what is said.
    await alice.get_presence(f"{room}/{scene.nick('alice')}", where=is_own)
    await bob.expect("PART", nick=scene.nick("carol"))
    bob.say(scene.channel(), "welcome back")
    await alice.get_message(room, "welcome back")
    # Her phone does not hold her there.
    alice.send_presence(f"{room}/{scene.nick('alice')}", "unavailable")
    await bob.expect("PART", nick=scene.nick("alice"))
    await relay.close()
