"""Texts between XMPP users and phones, through an SMSC."""

import re

from clients import xml
from test_ops import fetch
from test_mail_out import RECEIPT, is_received, replace, reply

async def test_both_ways(phones, exchange, smsc):
    alice = await phones.registered()
    bob = phones.stranger()
    id = alice.send_message(phones.person(bob), "Hello, phone!",
                            payload=RECEIPT)
    [text] = await smsc.happened("submit", destination_addr=bob[1:])
    assert text["text"] == "Hello, phone!"
    assert text["source_addr"] == alice.number[1:]
    await is_received(alice, id)
    assert await smsc.phone_says("Hello, client!", sender=bob[1:],
                                 to=alice.number[1:]) == [0]
    message = await alice.get_message(phones.person(bob), "Hello, client!")
    assert message.get("type") == "chat"


async def test_a_long_text(phones, exchange, smsc):
    alice = await phones.registered()
    bob = phones.stranger()
    words = "The quick brown fox jumps over the lazy dog. " * 8
    id = alice.send_message(phones.person(bob), words.strip(),
                            payload=RECEIPT)
    await smsc.happened("submit", count=3, destination_addr=bob[1:])
    await is_received(alice, id)
    await smsc.phone_says(words.strip(), sender=bob[1:],
                          to=alice.number[1:])
    await alice.get_message(phones.person(bob), re.compile("^The quick"))


async def test_an_undeliverable_text(phones, exchange, smsc):
    alice = await phones.registered()
    bob = phones.stranger("0002")
    id = alice.send_message(phones.person(bob), "Anybody there?",
                            payload=RECEIPT)
    error = await alice.get_error(id)
    assert xml.condition(error) == "item-not-found"
    assert "Check it" in xml.error_text(error)


async def test_no_such_number(phones, exchange, smsc):
    alice = await phones.registered()
    bob = phones.stranger("0003")
    id = alice.send_message(phones.person(bob), "Anybody there?")
    error = await alice.get_error(id)
    assert xml.condition(error) == "item-not-found"
    assert "no such number" in xml.error_text(error)


async def texts_to(smsc, number, count):
    texts = await smsc.happened("submit", count=count,
                                destination_addr=number[1:])
    return [text["text"] for text in texts]


async def test_more_than_text(phones, exchange, smsc):
    """Answers, reactions and corrections, in words."""
    alice = await phones.registered()
    bob = phones.stranger()
    person = phones.person(bob)
    await smsc.phone_says("Lunch?", sender=bob[1:], to=alice.number[1:])
    lunch = await alice.get_message(person, "Lunch?")
    await smsc.phone_says("Or tea?", sender=bob[1:], to=alice.number[1:])
    await alice.get_message(person, "Or tea?")
    alice.send_message(
        person, payload="<reactions xmlns='urn:xmpp:reactions:0' "
        f"id='{lunch.get('id')}'><reaction>👍</reaction></reactions>")
    assert await texts_to(smsc, bob, 1) == ['Liked "Lunch?"']
    alice.send_message(
        person, "> Lunch?\nGladly.",
        payload=reply(person, lunch.get("id")) +
        "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'>"
        "<body start='0' end='9'/></fallback>")
    assert (await texts_to(smsc, bob, 2))[1] == '"Lunch?": Gladly.'
    id = alice.send_message(person, "At one")
    assert (await texts_to(smsc, bob, 3))[2] == "At one"
    alice.send_message(person, "At two", payload=replace(id))
    assert (await texts_to(smsc, bob, 4))[3] == "* At two"


async def test_nothing_encrypted_leaves(phones, exchange, smsc):
    alice = await phones.registered()
    bob = phones.stranger()
    id = alice.send_message(
        phones.person(bob), "This message is encrypted.",
        payload="<encrypted xmlns='eu.siacs.conversations.axolotl'/>"
        "<encryption xmlns='urn:xmpp:eme:0' "
        "namespace='eu.siacs.conversations.axolotl'/>")
    error = await alice.get_error(id)
    assert "ncrypt" in xml.error_text(error)
    assert not [text for text in await smsc.events("submit")
                if text["destination_addr"] == bob[1:]]


async def test_usage(phones, exchange, smsc):
    alice = await phones.registered()
    alice.send_message(phones.person(phones.stranger()), "One text.")
    await alice.settle(phones.gateway)
    alice.send_message(phones.gateway, "usage")
    answer = await alice.get_message(phones.gateway)
    assert alice.number in xml.body(answer)


async def test_metrics(phones, exchange, smsc):
    _, text = await fetch(exchange, "/metrics")
    assert re.search(r'causeway_sms_link_state\{gateway="[^"]+",'
                     r'backend="main"\} 2\n', text)
    for line in text.splitlines():
        assert re.fullmatch(r'\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? '
                            r'[-+.\deE]+', line), line


REACTIONS = "urn:xmpp:reactions:0"


async def reaction_to(client, person, id):
    stanza = await client.expect(lambda s: xml.one(
        s, f"{{{REACTIONS}}}reactions") is not None, "a reaction")
    element = xml.one(stanza, f"{{{REACTIONS}}}reactions")
    assert stanza.get("from").split("/")[0] == person
    assert element.get("id") == id
    return [one.text for one in element]


async def test_reactions_of_phones(phones, exchange, smsc):
    """To what the user wrote, and to what came."""
    alice = await phones.registered()
    bob = phones.stranger()
    person = phones.person(bob)
    id = alice.send_message(person, "Lunch at noon?", payload=RECEIPT)
    await is_received(alice, id)
    await smsc.phone_says("Liked “Lunch at noon?”", sender=bob[1:],
                          to=alice.number[1:])
    assert await reaction_to(alice, person, id) == ["👍"]
    await smsc.phone_says("Removed a like from “Lunch at noon?”",
                          sender=bob[1:], to=alice.number[1:])
    assert await reaction_to(alice, person, id) == []
    await smsc.phone_says("I am there", sender=bob[1:], to=alice.number[1:])
    there = await alice.get_message(person, "I am there")
    await smsc.phone_says("Reacted 🎉 to “I am there”", sender=bob[1:],
                          to=alice.number[1:])
    assert await reaction_to(alice, person, there.get("id")) == ["🎉"]
    await smsc.phone_says("Loved “Lunch”", sender=bob[1:],
                          to=alice.number[1:])
    await alice.get_message(person, "Loved “Lunch”")


INFO = "http://jabber.org/protocol/disco#info"


async def test_people_who_cannot_be_answered(phones, exchange, smsc):
    """Words and hidden senders say so; profiles say what is known."""
    alice = await phones.registered()
    words = f"acme;phone-context=alpha.{phones.gateway}@{phones.gateway}"
    number = phones.person(phones.stranger())
    for person, takes in ((words, False), (number, True)):
        info = await alice.iq("get", person, f"<query xmlns='{INFO}'/>")
        features = [one.get("var") for one in
                    xml.all_of(info, "info:query/info:feature")]
        assert ("urn:xmpp:noreply:0" not in features) == takes
    error = await alice.get_error(alice.send_message(words, "Hello?"))
    assert xml.condition(error) == "not-allowed"
    card = await alice.iq("get", number, "<vCard xmlns='vcard-temp'/>")
    assert "United States" in "".join(card.itertext())
