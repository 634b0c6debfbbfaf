"""Numbers as a user dials them, who lives in another country than the
operator's."""

import pytest

from clients import xml
from conftest import wait
from test_mail_out import RECEIPT, is_received
from test_sms_groups import addresses

pytestmark = pytest.mark.xdist_group("sms country")

BERLIN, DIALLED = "+4915123456789", "0151 23456789"
MUNICH, HAMBURG = "+4915123456780", "+4915123456781"
GERMAN = {"destinations": {"countries": ["US", "DE"]}}


@pytest.fixture
def line(phones, own_exchange, own_smsc):
    """A daemon that reads numbers as in the US, and its centre."""
    async def make():
        smsc = await own_smsc().start()
        daemon = own_exchange(smsc, GERMAN)
        await daemon.start()
        phones.gateway = daemon.jid
        return daemon, smsc
    return wait(make())


async def register(phones, client, number, country):
    form = xml.submit({"phone": number, "country": country},
                      form_type="jabber:iq:register")
    return await client.iq("set", phones.gateway, "<query xmlns="
                           f"'jabber:iq:register'>{form}</query>")


async def somebody(phones, name, country):
    client, number = await phones.xmpp(name), phones.number(name)
    answer = await register(phones, client, number, country)
    assert answer.get("type") == "result", xml.error_text(answer)
    await phones.befriend(client)
    return client


async def typed(phones, client, text):
    """What iq:gateway makes of it."""
    answer = await client.iq(
        "set", phones.gateway, "<query xmlns='jabber:iq:gateway'>"
        f"<prompt>{xml.escape(text)}</prompt></query>")
    if answer.get("type") == "error":
        return xml.error_text(answer)
    return xml.text(answer, "gw:query/gw:jid")


async def test_numbers_are_read_in_the_users_country(phones, line):
    daemon, smsc = line
    alice = await somebody(phones, "alice", "de")
    assert await typed(phones, alice, DIALLED) == phones.person(BERLIN)
    assert await typed(phones, alice, f"tel:{DIALLED}") == \
        phones.person(BERLIN)
    assert await typed(phones, alice, "+1 (212) 555-0123") == \
        phones.person("+12125550123")
    assert await typed(phones, alice, "12345") == phones.person(
        f"12345;phone-context=de.{daemon.jid}")
    # A JID with what he dials; the answer comes from the number.
    id = alice.send_message(phones.person(DIALLED.replace(" ", "")), "Moin",
                            payload=RECEIPT)
    [text] = await smsc.happened("submit", destination_addr=BERLIN[1:])
    assert text["text"] == "Moin"
    await is_received(alice, id)
    # A network does not mean Germany: this is a number of the US.
    await smsc.phone_says("Hi", sender="2125550123",
                          to=phones.number("alice")[1:], source_addr_ton=2)
    await alice.get_message(phones.person("+12125550123"), "Hi")


async def test_several_people(phones, line):
    _, smsc = line
    alice = await somebody(phones, "alice", "DE")
    alice.send_message(phones.gateway, "An alle", payload=addresses(
        ("to", "uri", "sms:" + MUNICH.replace("+49", "0")),
        ("to", "jid", phones.person(HAMBURG.replace("+49", "0")))))
    for number in (MUNICH, HAMBURG):
        [text] = await smsc.happened("submit", destination_addr=number[1:])
        assert text["text"] == "An alle"


async def test_a_contact_has_the_one_jid(phones, line):
    alice = await somebody(phones, "alice", "DE")
    dialled = phones.person(DIALLED.replace(" ", ""))
    alice.send_presence(dialled, "subscribe")
    await alice.get_presence(phones.person(BERLIN), "subscribe")
    await alice.get_presence(dialled, "unsubscribed")


async def test_each_user_has_his_own(phones, line):
    alice = await somebody(phones, "alice", "DE")
    bob = await somebody(phones, "bob", "")
    number = "(212) 555-0123"
    assert await typed(phones, bob, number) == phones.person("+12125550123")
    assert await typed(phones, alice, number) != \
        phones.person("+12125550123")
    # He moves.
    answer = await register(phones, alice, phones.number("alice"), "US")
    assert answer.get("type") == "result"
    assert await typed(phones, alice, number) == phones.person("+12125550123")


async def test_what_is_no_country(phones, line):
    alice = await phones.xmpp("alice")
    answer = await register(phones, alice, phones.number("alice"), "QQ")
    assert xml.condition(answer) == "not-acceptable"
    assert xml.error_text(answer) == (
        "Country: There is no such country. Enter its two letters, like US "
        "or DE, or nothing.")
