"""Presence of the gateway and its contacts through a whole day: each one
that a client gets tells it something new."""

import asyncio

from clients import xml
from test_gateway_protocol import befriend, gone_from_irc, online_at_irc
from test_register import register

SUBSCRIPTIONS = ("subscribe", "subscribed", "unsubscribe", "unsubscribed")
CONNECTING = ["available", "xa", "{}: connecting"]
THERE = ["available", None, None]


def shown(client, gateway):
    """What the client was shown of each JID, in order."""
    found = {}
    for line in client.inbox.transcript:
        direction, _, text = line[len(client.inbox.name) + 1:].partition(" ")
        if direction != "<" or not text.startswith("<presence"):
            continue
        stanza = xml.ET.fromstring(text.replace(
            "<presence", "<presence xmlns='jabber:client'", 1))
        sender = stanza.get("from", "")
        kind = stanza.get("type") or "available"
        if sender.endswith(gateway) and kind not in SUBSCRIPTIONS:
            found.setdefault(sender, []).append(
                [kind, xml.text(stanza, "c:show"),
                 xml.text(stanza, "c:status")])
    return found


def nothing_twice(client, gateway):
    found = shown(client, gateway)
    for sender, presences in found.items():
        for before, after in zip(presences, presences[1:]):
            assert before != after, (client.jid, sender, presences)
    return found


async def add(client, contact):
    client.send_presence(contact, "subscribe")
    await client.get_presence(contact, "subscribed")
    await client.get_presence(contact, "subscribe")
    client.send_presence(contact, "subscribed")
    await client.get_presence(contact)


async def let_in(ircd):
    peer = await ircd.accept()
    return await peer.welcome(
        isupport="CHANTYPES=# PREFIX=(ov)@+ MONITOR=100")


async def log_in(scene, site, ircd, person, resource="desk"):
    client = await scene.xmpp(resource=resource, server=site.server)
    peer = await let_in(ircd)
    await client.get_presence(person)
    await client.settle(scene.gateway)
    return client, peer


async def test_a_day(scene, site):
    ircd = await scene.scripted_ircd()
    person = scene.person("bob", scene.fake)
    network = scene.network(scene.fake)
    connecting = [word and word.format(scene.fake) for word in CONNECTING]

    # Registration.
    desk = await scene.xmpp(server=site.server)
    request = asyncio.create_task(register(
        desk, scene, network=scene.fake, nick=scene.nick("alice")))
    await let_in(ircd)
    await request
    await befriend(desk, scene.gateway)
    await desk.get_presence(
        scene.gateway, where=lambda s: xml.one(s, "c:show") is None)
    for contact in (person, network):
        await add(desk, contact)
    await desk.settle(scene.gateway)
    assert nothing_twice(desk, scene.gateway)[scene.gateway] in (
        [connecting, THERE], [THERE])
    await desk.close()

    # The first client logs in, the second one finds everything there.
    desk, peer = await log_in(scene, site, ircd, person)
    phone = await scene.xmpp(resource="phone", server=site.server)
    for contact in (scene.gateway, network, person):
        await phone.get_presence(contact)
    await phone.settle(scene.gateway)
    seen = nothing_twice(desk, scene.gateway)
    assert seen[scene.gateway] == [connecting, THERE]
    assert seen[person][-1] == THERE
    seen = nothing_twice(phone, scene.gateway)
    assert seen[scene.gateway] == [THERE]
    assert seen[person] == [THERE]

    # Away and back: the network hears of it, nobody else.
    before = shown(desk, scene.gateway)
    desk.send_presence(payload="<show>away</show><status>lunch</status>")
    phone.send_presence(payload="<show>xa</show>")
    await peer.expect("AWAY", "lunch")
    peer.numeric("306", "You have been marked as being away")
    desk.send_presence()
    await peer.expect("AWAY")
    peer.numeric("305", "You are no longer marked as being away")
    await desk.settle(scene.gateway)
    assert shown(desk, scene.gateway) == before

    # The link breaks and comes back.
    await peer.close()
    await desk.get_presence(person, "unavailable")
    peer = await let_in(ircd)
    await desk.get_presence(person)
    for client in (desk, phone):
        await client.settle(scene.gateway)
        seen = nothing_twice(client, scene.gateway)
        assert len(seen[scene.gateway]) <= 4
        assert seen[scene.gateway][-1] == THERE

    # One client goes, then the other one.
    before = shown(phone, scene.gateway)
    await desk.close()
    await phone.settle(scene.gateway)
    assert shown(phone, scene.gateway) == before
    phone.send_presence(scene.gateway, "unavailable")
    await phone.get_presence(scene.gateway, "unavailable")
    await phone.get_presence(person, "unavailable")
    await phone.settle(scene.gateway)
    nothing_twice(phone, scene.gateway)
    await phone.close()


async def test_a_login_that_fails(scene, site):
    """XEP-0100 section 4.4.2: why, and then what is."""
    ircd = await scene.scripted_ircd()
    alice = await scene.xmpp(server=site.server)
    request = asyncio.create_task(register(
        alice, scene, network=scene.fake, nick=scene.nick("alice")))
    await let_in(ircd)
    await request
    await befriend(alice, scene.gateway)
    await alice.get_presence(scene.gateway)
    await ircd.close()
    error = await alice.get_presence(scene.gateway, "error")
    assert xml.condition(error) == "remote-server-timeout"
    assert xml.error_text(error)
    after = await alice.get_presence(
        scene.gateway, where=lambda s: "not connected" in
        (xml.text(s, "c:status") or ""))
    assert xml.text(after, "c:show") == "xa"
    await alice.settle(scene.gateway)
    nothing_twice(alice, scene.gateway)


async def test_contacts_after_a_crash(scene, own_causeway):
    """Nobody but the next process can say that people are gone."""
    daemon = own_causeway(scene.prosody)
    await daemon.start()
    scene.gateway = daemon.jid
    bob = await scene.irc("bob")
    alice = await scene.xmpp()
    nick = scene.nick("alice")
    await register(alice, scene, nick=nick)
    await befriend(alice, scene.gateway)
    await online_at_irc(bob, nick)
    person = scene.person(bob.nick)
    await add(alice, person)
    # When this is answered, what came before is on disk.
    carol = await scene.xmpp("carol")
    await register(carol, scene, nick=scene.nick("carol"))
    await daemon.kill()
    await gone_from_irc(bob, nick)
    await daemon.start()
    await alice.get_presence(person, "unavailable")
    await alice.get_presence(person)
