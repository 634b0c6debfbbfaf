"""Gateway interaction (XEP-0100): registration, login, contacts, messages."""

import pytest

from clients import xml
from test_register import (
    REMOVE, filled, is_registered, refused, register)


async def befriend(client, jid):
    """Answers the gateway's subscription request and subscribes."""
    await client.get_presence(jid, "subscribe")
    client.send_presence(jid, "subscribed")
    client.send_presence(jid, "subscribe")
    await client.get_presence(jid, "subscribed")


async def registered(scene, site, name="alice", **values):
    """Somebody registered and logged in, by the primary flow."""
    client = await scene.xmpp(name, server=site.server)
    await register(client, scene, nick=scene.nick(name), **values)
    await befriend(client, scene.gateway)
    await client.get_presence(scene.gateway)
    return client


async def online_at_irc(bob, nick):
    """Waits until a nick is there."""
    while True:
        bob.send(f"ISON {nick}")
        line = await bob.expect("303")
        if nick.lower() in line.text.lower().split():
            return


async def gone_from_irc(bob, nick):
    while True:
        bob.send(f"ISON {nick}")
        line = await bob.expect("303")
        if nick.lower() not in line.text.lower().split():
            return


# --- 4.1 to 4.3: register, edit, unregister -----------------------------------

async def test_registration_logs_in(scene, site):
    bob = await scene.irc("bob")
    await registered(scene, site)
    await online_at_irc(bob, scene.nick("alice"))


async def test_the_result_comes_before_the_request(scene, site):
    alice = await scene.xmpp(server=site.server)
    await register(alice, scene)
    await alice.get_presence(scene.gateway, "subscribe")
    order = [line for line in alice.inbox.transcript if " < " in line]
    result = next(n for n, line in enumerate(order)
                  if "type=\"result\"" in line and scene.gateway in line)
    asked = next(n for n, line in enumerate(order)
                 if "type=\"subscribe\"" in line)
    assert result < asked


async def test_registration_works_without_an_answer(scene, site):
    bob = await scene.irc("bob")
    alice = await scene.xmpp(server=site.server)
    await register(alice, scene)
    await alice.get_presence(scene.gateway, "subscribe")
    # No answer to the request: the first presence logs in.
    alice.send_presence(scene.gateway)
    await online_at_irc(bob, scene.nick("alice"))


async def test_no_subscription_that_nobody_asked_for(scene, causeway):
    alice = await scene.xmpp()
    await register(alice, scene)
    await alice.get_presence(scene.gateway, "subscribe")
    await alice.settle(scene.gateway)
    assert not alice.unseen(lambda s: s.get("type") == "subscribed")


async def test_editing_takes_effect(scene, site):
    bob = await scene.irc("bob")
    alice = await registered(scene, site)
    await online_at_irc(bob, scene.nick("alice"))
    await register(alice, scene, nick=scene.nick("alicia"))
    await online_at_irc(bob, scene.nick("alicia"))
    await gone_from_irc(bob, scene.nick("alice"))


async def test_a_wrong_edit_changes_nothing(scene, site):
    bob = await scene.irc("bob")
    alice = await registered(scene, site)
    await online_at_irc(bob, scene.nick("alice"))
    answer = await alice.iq("set", scene.gateway, filled(
        {"network": "irc.localhost", "nick": "not a nick"}))
    assert xml.condition(answer) == "not-acceptable"
    await alice.settle(scene.gateway)
    bob.send(f"ISON {scene.nick('alice')}")
    assert scene.nick("alice") in (await bob.expect("303")).text


async def test_unregistration(scene, site):
    bob = await scene.irc("bob")
    alice = await registered(scene, site)
    await online_at_irc(bob, scene.nick("alice"))
    answer = await alice.iq("set", scene.gateway, REMOVE)
    assert answer.get("type") == "result"
    for kind in ("unsubscribe", "unsubscribed"):
        await alice.get_presence(scene.gateway, kind)
    await gone_from_irc(bob, scene.nick("alice"))
    roster = await alice.iq("get", None,
                            "<query xmlns='jabber:iq:roster'/>")
    assert scene.gateway not in xml.ET.tostring(roster, "unicode") or \
        "subscription=\"none\"" in xml.ET.tostring(roster, "unicode")


# --- 4.4 and 4.5: log in and out ----------------------------------------------

async def test_presence_logs_in_and_out(scene, site):
    bob = await scene.irc("bob")
    alice = await registered(scene, site)
    nick = scene.nick("alice")
    await online_at_irc(bob, nick)
    await alice.close()
    await gone_from_irc(bob, nick)
    again = await scene.xmpp("alice", server=site.server)
    await again.get_presence(scene.gateway)
    await online_at_irc(bob, nick)


async def test_the_last_resource_logs_out(scene, site):
    bob = await scene.irc("bob")
    desk = await registered(scene, site)
    nick = scene.nick("alice")
    phone = await scene.xmpp("alice", "phone", server=site.server)
    await phone.get_presence(scene.gateway)
    await desk.close()
    await phone.settle(scene.gateway)
    await online_at_irc(bob, nick)
    await phone.close()
    await gone_from_irc(bob, nick)


async def test_directed_unavailable_logs_out(scene, causeway, site):
    bob = await scene.irc("bob")
    alice = await registered(scene, site)
    nick = scene.nick("alice")
    await online_at_irc(bob, nick)
    alice.send_presence(scene.gateway, "unavailable")
    await alice.get_presence(scene.gateway, "unavailable")
    await gone_from_irc(bob, nick)


async def test_stay_keeps_the_session(scene, site):
    bob = await scene.irc("bob")
    alice = await registered(scene, site, stay="true")
    nick = scene.nick("alice")
    await online_at_irc(bob, nick)
    await alice.close()
    other = await scene.xmpp("other", server=site.server)
    await other.settle(scene.gateway)
    await online_at_irc(bob, nick)
    again = await scene.xmpp("alice", server=site.server)
    answer = await again.iq("set", scene.gateway, REMOVE)
    assert answer.get("type") == "result"
    await gone_from_irc(bob, nick)


async def test_a_login_that_fails_says_why(scene, site):
    alice = await scene.xmpp(server=site.server)
    condition, words = await refused(alice, scene, network="down.localhost")
    assert condition == "remote-server-timeout"
    assert "cannot be reached" in words
    assert not await is_registered(alice, scene.network("down.localhost"))
    condition, _ = await refused(alice, scene, network="nowhere.invalid")
    assert condition == "remote-server-not-found"
    # Nobody asks for a subscription where nothing was registered.
    await alice.settle(scene.gateway)
    assert not alice.unseen(lambda s: xml.kind(s) == "presence" and
                            s.get("from", "").endswith(scene.gateway))


async def test_probe(scene, causeway, site):
    alice = await registered(scene, site)
    alice.unseen(lambda s: xml.kind(s) == "presence")
    alice.send_presence(scene.gateway, "probe")
    await alice.get_presence(scene.gateway)


async def test_gateway_probes_after_a_restart(scene, own_causeway):
    daemon = own_causeway(scene.prosody)
    await daemon.start()
    scene.gateway = daemon.jid
    bob = await scene.irc("bob")
    alice = await scene.xmpp()
    await register(alice, scene)
    await befriend(alice, scene.gateway)
    nick = scene.nick("alice")
    await online_at_irc(bob, nick)
    assert await daemon.stop() == 0
    await gone_from_irc(bob, nick)
    await daemon.start()
    # Alice does nothing: no server tells the gateway that she is there.
    await online_at_irc(bob, nick)


async def test_farewell_after_a_crash(scene, own_causeway):
    daemon = own_causeway(scene.prosody)
    await daemon.start()
    scene.gateway = daemon.jid
    alice = await scene.xmpp()
    await register(alice, scene)
    await befriend(alice, scene.gateway)
    await alice.get_presence(scene.gateway)
    room = scene.room(scene.channel())
    await alice.join(room, scene.nick("alice"))
    # When this is answered, what came before is on disk.
    carol = await scene.xmpp("carol")
    await register(carol, scene, nick=scene.nick("carol"))
    await daemon.kill()
    await daemon.start()
    await alice.get_presence(f"{room}/{scene.nick('alice')}", "unavailable")


# --- 4.6 to 4.8, 5: contacts and messages -------------------------------------

async def test_add_and_delete_a_contact(scene, site):
    """People are shown while they are on the network."""
    alice = await registered(scene, site)
    bob = await scene.irc("bob")
    person = scene.person(bob.nick)
    await befriend_person(alice, person)
    await alice.get_presence(person)
    alice.send_presence(person, "unsubscribe")
    alice.send_presence(person, "unsubscribed")
    await alice.settle(scene.gateway)
    alice.inbox.clear()
    alice.send_presence(scene.gateway, "unavailable")
    await gone_from_irc(bob, scene.nick("alice"))
    await alice.settle(scene.gateway)
    assert not alice.unseen(lambda s: s.get("from") == person)


async def befriend_person(client, person):
    client.send_presence(person, "subscribe")
    await client.get_presence(person, "subscribed")


async def test_a_contact_goes_with_the_session(scene, site):
    alice = await registered(scene, site)
    bob = await scene.irc("bob")
    person = scene.person(bob.nick)
    await befriend_person(alice, person)
    await alice.get_presence(person)
    alice.send_presence(scene.gateway, "unavailable")
    await alice.get_presence(person, "unavailable")
    alice.send_presence(scene.gateway)
    await alice.get_presence(person)


async def test_subscription_to_nonsense(scene, site):
    alice = await registered(scene, site)
    jid = f"bob%bad_host@{scene.gateway}"
    alice.send_presence(jid, "subscribe")
    answer = await alice.expect(
        lambda s: s.get("from") == jid, "a refusal")
    assert answer.get("type") in ("unsubscribed", "error")


async def test_subscribing_again_is_harmless(scene, site):
    """The server keeps the answer to itself; the presence comes again."""
    alice = await registered(scene, site)
    for _ in range(2):
        await alice.settle(scene.gateway)
        alice.unseen(lambda s: s.get("from") == scene.gateway)
        alice.send_presence(scene.gateway, "subscribe")
        await alice.get_presence(scene.gateway)


async def test_registration_can_be_required(scene, own_causeway):
    daemon = own_causeway(scene.prosody,
                          gateway={"register_required": True})
    await daemon.start()
    scene.gateway = daemon.jid
    bob = await scene.irc("bob", join=scene.channel())
    alice = await scene.xmpp()
    entered = await alice.enter(scene.room(scene.channel()),
                                scene.nick("alice"))
    assert xml.condition(entered.error) == "registration-required"
    id = alice.send_message(scene.person(bob.nick), "hello")
    assert xml.condition(await alice.get_error(id)) == \
        "registration-required"
    alice.send_presence(scene.person(bob.nick), "subscribe")
    refused = await alice.expect(
        lambda s: s.get("from") == scene.person(bob.nick), "a refusal")
    assert refused.get("type") in ("error", "unsubscribed")
    await register(alice, scene)
    await alice.join(scene.room(scene.channel()), scene.nick("alice"))


async def test_strangers_may_not_use_it(scene, causeway):
    mallory = await scene.xmpp("mallory", domain="elsewhere.test")
    entered = await mallory.enter(scene.room(scene.channel()), "mallory")
    assert xml.condition(entered.error) in ("forbidden", "not-allowed")


# --- 6: addresses -------------------------------------------------------------

GATEWAY_GET = "<query xmlns='jabber:iq:gateway'/>"


async def test_prompt(scene, site):
    alice = await scene.xmpp(server=site.server)
    answer = await alice.iq("get", scene.gateway, GATEWAY_GET)
    assert xml.text(answer, "gw:query/gw:prompt")


@pytest.mark.parametrize("typed, local", [
    ("bob@irc.localhost", "bob%irc.localhost"),
    ("#room@irc.localhost", "#room%irc.localhost"),
    ("irc://irc.localhost/room", "#room%irc.localhost"),
    ("irc.localhost", "irc.localhost"),
])
async def test_typed_address(scene, causeway, typed, local):
    alice = await scene.xmpp()
    answer = await alice.iq(
        "set", scene.gateway,
        "<query xmlns='jabber:iq:gateway'><prompt>"
        f"{xml.escape(typed)}</prompt></query>")
    assert answer.get("type") == "result", xml.error_text(answer)
    assert xml.text(answer, "gw:query/gw:jid") == f"{local}@{scene.gateway}"


async def test_typed_nonsense(scene, causeway):
    alice = await scene.xmpp()
    answer = await alice.iq(
        "set", scene.gateway, "<query xmlns='jabber:iq:gateway'>"
        "<prompt>what ever?</prompt></query>")
    assert xml.condition(answer) in ("not-acceptable", "bad-request",
                                     "item-not-found", "jid-malformed")
    assert xml.error_text(answer)


async def test_escaped_addresses(scene, causeway):
    # XEP-0106: the slash of a channel name is written \2f.
    channel = scene.channel("a/b")
    bob = await scene.irc("bob", join=channel)
    alice = await scene.xmpp()
    room = scene.room(channel.replace("/", "\\2f"))
    entered = await alice.join(room, scene.nick("alice"))
    assert entered.nicks == [bob.nick]
    bob.say(channel, "hello")
    await alice.get_message(f"{room}/{bob.nick}", "hello")


async def test_percent_in_a_channel(scene, causeway):
    channel = scene.channel("50%")
    bob = await scene.irc("bob", join=channel)
    alice = await scene.xmpp()
    room = scene.room(channel.replace("%", "\\25"))
    entered = await alice.join(room, scene.nick("alice"))
    assert entered.nicks == [bob.nick]


async def test_people_without_xmpp_presence_get_none(scene, causeway):
    """Nothing is sent to somebody who never asked for anything."""
    carol = await scene.xmpp("carol")
    alice = await scene.xmpp("alice")
    await register(alice, scene)
    await carol.settle(scene.gateway)
    assert not carol.unseen(
        lambda s: s.get("from", "").endswith(scene.gateway))
