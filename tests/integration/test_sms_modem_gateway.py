"""Texts between XMPP users and a modem, through the whole daemon:
servers/modem.py says what becomes of a text by the end of its number."""

import pytest

from conftest import forget, need_binary, wait
from servers import gsm
from servers.causeway import Causeway
from servers.modem import Modem
from servers.process import wait_for

BOB = "+15557771111"
LONG = "Grüße! " + "The quick brown fox jumps over the lazy dog. " * 5
RECEIPT = "<request xmlns='urn:xmpp:receipts'/>"
CONDITIONS = ".//{urn:ietf:params:xml:ns:xmpp-stanzas}"


@pytest.fixture
def modem(run):
    modem = Modem(run.make_folder("modem") / "tty")
    yield modem
    modem.unplug()


@pytest.fixture
def phone(run, prosody, spare, phones, modem):
    """A daemon with a modem, whose number is alice's."""
    need_binary()
    number = phones.number("alice")
    daemon = Causeway(run, prosody, [{
        "type": "sms", "jid": spare, "country": "US",
        "assign": [{"number": number, "users": [phones.jid("alice")]}],
        "backends": [{"name": "sim", "kind": "modem", "numbers": [number],
                      "modems": [{"device": modem.path, "name": "sim1"}]}],
    }], name=f"modems-{spare}")
    daemon.jid = spare
    wait(daemon.start())
    yield daemon
    forget(run, [daemon])


@pytest.fixture
def alice(phones, phone):
    """Somebody whose number it is."""
    return wait(phones.registered("alice", phone.jid))


async def sent(modem):
    return await modem.inbox.get(lambda item: isinstance(item, gsm.Submit),
                                 "a text")


def contact(number, phone):
    return f"{number}@{phone.jid}"


async def receipt(client, sender, id):
    await client.expect(
        lambda s: s.get("from", "").startswith(sender) and
        s.find("{urn:xmpp:receipts}received") is not None and
        s.find("{urn:xmpp:receipts}received").get("id") == id,
        f"a receipt for {id}")


async def test_there_and_back(alice, modem, phone):
    bob = contact(BOB, phone)
    id = alice.send_message(bob, "Hello [€] é", payload=RECEIPT)
    text = await sent(modem)
    assert (text.receiver, text.text) == (BOB, "Hello [€] é")
    await receipt(alice, bob, id)
    modem.text(BOB, "Привет 😀")
    message = await alice.get_message(bob, "Привет 😀")
    assert message is not None
    await wait_for(lambda: not modem.memories["SM"], "an empty memory")


async def test_long_texts(alice, modem, phone):
    bob = contact(BOB, phone)
    id = alice.send_message(bob, LONG, payload=RECEIPT)
    parts = [await sent(modem), await sent(modem)]
    assert "".join(part.text for part in parts) == LONG
    assert [part.header[-1] for part in parts] == [1, 2]
    await receipt(alice, bob, id)
    for number in (2, 1):
        modem.text(BOB, f"part {number} of two ",
                   header=bytes([0, 3, 7, 2, number]))
    await alice.get_message(bob, "part 1 of two part 2 of two ")


async def test_failures(alice, modem, phone):
    for number, condition in (
            ("+15557779001", "item-not-found"),
            ("+15557779021", "policy-violation"),
            ("+15557778066", "policy-violation"),        # 0x42
            ("+15557778070", "recipient-unavailable")):  # 0x46
        id = alice.send_message(contact(number, phone), "hello")
        error = await alice.get_error(id)
        assert error.find(CONDITIONS + condition) is not None, number


async def test_kill_while_a_report_is_under_way(alice, modem, phone):
    number = "+15557777002"  # no report by itself
    id = alice.send_message(contact(number, phone), "hello", payload=RECEIPT)
    text = await sent(modem)
    await wait_for(lambda: f"+CMGS: {text.reference}" in "".join(
        modem.inbox.transcript), "the answer")
    modem.text(BOB, "it is stored")
    await alice.get_message(contact(BOB, phone), "it is stored")
    await phone.kill()
    modem.arrive(gsm.report(text.reference, number, 0), 2, "CDS")
    modem.text(BOB, "while nobody was there")
    await phone.start()
    await receipt(alice, contact(number, phone), id)
    await alice.get_message(contact(BOB, phone), "while nobody was there")


async def test_unplugged(alice, modem, phone):
    """What waits is sent when the modem is there again; what was given to it
    is not, and its sender knows."""
    lost = alice.send_message(contact("+15557777000", phone), "lost")
    await sent(modem)
    modem.unplug()
    error = await alice.get_error(lost)
    assert error.find(CONDITIONS + "remote-server-timeout") is not None
    later = alice.send_message(contact(BOB, phone), "later", payload=RECEIPT)
    modem.plug()
    assert (await sent(modem)).text == "later"
    await receipt(alice, contact(BOB, phone), later)


async def test_kill_while_a_text_is_under_way(alice, modem, phone):
    """It may have been taken: its sender is told, and it is not sent again;
    what waited behind it is sent."""
    lost = alice.send_message(contact("+15557777000", phone), "lost")
    await sent(modem)
    later = alice.send_message(contact(BOB, phone), "later", payload=RECEIPT)
    await alice.settle(phone.jid)
    await phone.kill()
    await phone.start()
    error = await alice.get_error(lost)
    assert error.find(CONDITIONS + "remote-server-timeout") is not None
    assert (await sent(modem)).text == "later"
    await receipt(alice, contact(BOB, phone), later)


async def test_other_keys(alice, modem, phone):
    """After a reload the same device is opened anew."""
    bob = contact(BOB, phone)
    phone.gateways[0]["backends"][0]["modems"][0]["name"] = "sim2"
    phone.write_config()
    phone.signal(1)
    await phone.logged("closed backend=sim")
    alice.send_message(bob, "Hello again.")
    assert (await sent(modem)).text == "Hello again."
