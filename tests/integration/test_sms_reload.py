"""SIGHUP: the keys of an SMS gateway change while it runs."""

from clients import xml
from clients.receipts import RECEIPT, is_received
from servers.twilio import TOKEN
from sms_fixtures import SHARED

LONG = "The quick brown fox jumps over the lazy dog. " * 5


async def reload(daemon):
    before = daemon.sizes()
    daemon.write_config()
    daemon.signal(1)
    await daemon.logged("configuration reloaded", since=before)


async def test_reload(phones, own_exchange, own_smsc):
    smsc, other = await own_smsc().start(), await own_smsc().start()
    daemon = own_exchange(smsc)
    await daemon.start()
    alice = await phones.registered(gateway=daemon.jid)
    bob = phones.stranger()

    async def refused(text, words):
        error = await alice.get_error(
            alice.send_message(phones.person(bob), text))
        assert words in xml.error_text(error)

    async def arrives(text, centre):
        alice.send_message(phones.person(bob), text)
        await centre.happened("submit", destination_addr=bob[1:], text=text)

    await arrives("The first.", smsc)
    group = daemon.gateways[0]
    group["max_segments"] = 1
    await reload(daemon)
    await refused(LONG, "as long as 2 texts")
    group["destinations"] = {"deny": ["+1"]}
    await reload(daemon)
    await refused("Hello?", "closed here")
    group["destinations"] = {}
    # One more way, before the old one.
    main = group["backends"][0]
    group["backends"] = [
        {**main, "name": "other", **other.settings(enquire_link=5)}, main]
    await reload(daemon)
    await daemon.logged("link backend=other state=up")
    await arrives("The second.", other)
    assert len(await smsc.events("bind")) == 1
    # The old one is no longer there: it ends in order.
    group["backends"] = group["backends"][:1]
    await reload(daemon)
    await daemon.logged("closed backend=main")
    await smsc.happened("unbind")
    await other.phone_says("Hello, client!", sender=bob[1:],
                           to=alice.number[1:])
    await alice.get_message(phones.person(bob), "Hello, client!")
    # Somebody else's number.
    group["assign"] = [item for item in group["assign"]
                       if item["number"] != alice.number]
    group["backends"][0]["numbers"] = [SHARED]
    await reload(daemon)
    await daemon.logged("not yours here any more")
    assert await daemon.stop() == 0


async def test_another_password(phones, own_exchange, own_smsc):
    """What was accepted before is still known, what waits leaves after."""
    smsc = await own_smsc().start()
    daemon = own_exchange(smsc)
    await daemon.start()
    alice = await phones.registered(gateway=daemon.jid)
    bob = phones.stranger()
    await smsc.mode(receipts="none")
    first = alice.send_message(phones.person(bob), "first", payload=RECEIPT)
    await smsc.happened("submit", text="first")
    backend = daemon.gateways[0]["backends"][0]
    right = backend["password"]
    backend["password"] = "wrong"
    await reload(daemon)
    await smsc.happened("unbind")
    await daemon.logged("not bound why=")
    second = alice.send_message(phones.person(bob), "second",
                                payload=RECEIPT)
    # Nobody has to wait until the wrong one would have been tried again.
    backend["password"] = right
    await smsc.mode(receipts="later")
    await reload(daemon)
    await smsc.happened("submit", text="second")
    await is_received(alice, second)
    await smsc.phone_has(bob[1:], alice.number[1:])
    await is_received(alice, first)


async def test_another_signature(phones, twilio, http_exchange):
    """Callbacks of a provider are looked at with the new keys, at the same
    place."""
    daemon = http_exchange(twilio.backend(signature="wrong"))
    await daemon.start()
    alice = await phones.registered(gateway=daemon.jid)
    bob = phones.stranger()

    async def says(text):
        status, _ = await twilio.phone_says(
            daemon.callback, f"SM{len(text):032x}", bob, alice.number, text)
        return status

    assert await says("forged") == 403
    backend = daemon.gateways[0]["backends"][0]
    backend["signature"] = TOKEN
    await reload(daemon)
    await daemon.logged("closed backend=main")
    assert await says("Hello, client!") == 200
    await alice.get_message(phones.person(bob), "Hello, client!")
    alice.send_message(phones.person(bob), "Hello, phone!")
    await twilio.text_to(bob)


async def test_a_number_is_taken_back(phones, own_exchange, own_smsc):
    """What waits does not leave from a number that is somebody else's now,
    and its sender knows; what comes is the other's."""
    smsc = await own_smsc().start()
    daemon = own_exchange(smsc, password="wrong")
    await daemon.start()
    alice = await phones.registered(gateway=daemon.jid)
    bob = await phones.xmpp("bob")
    carol = phones.stranger()
    await daemon.logged("not bound why=")
    waiting = alice.send_message(phones.person(carol), "It waits.")
    await alice.settle(daemon.jid)
    group = daemon.gateways[0]
    group["backends"][0].update(smsc.settings())
    for item in group["assign"]:
        if item["number"] == alice.number:
            item["users"] = [bob.bare]
    await reload(daemon)
    error = await alice.get_error(waiting)
    assert "not yours" in xml.error_text(error)
    await daemon.logged("link backend=main state=up")
    answer = await phones.register(bob, alice.number)
    assert answer.get("type") == "result", xml.error_text(answer)
    await phones.befriend(bob)
    await smsc.phone_says("Who is it?", sender=carol[1:], to=alice.number[1:])
    await bob.get_message(phones.person(carol), "Who is it?")
    bob.send_message(phones.person(carol), "Bob.")
    await smsc.happened("submit", destination_addr=carol[1:], text="Bob.")
    assert [event["text"] for event in await smsc.events("submit")] == ["Bob."]
    assert not alice.unseen(lambda s: xml.body(s) == "Who is it?")
