"""Texts between XMPP users and phones, by HTTP: through a provider that looks
like Twilio, whose callbacks Twilio's own library signs, and through Kannel."""

import asyncio
import re
import time

import pytest

from clients import xml
from conftest import wait
from servers import kannel as kannels
from servers.kannel import Kannel
from servers.process import wait_for
from servers.twilio import SEND
from servers.web import Response
from test_mail_out import RECEIPT, is_received, receipt_for
from test_ops import fetch

SID = "SM00000000000000000000000000000aa0"


@pytest.fixture
def line(phones, twilio, http_exchange):
    daemon = http_exchange(twilio.backend())
    wait(daemon.start())
    phones.gateway = daemon.jid
    return daemon


async def counted(daemon, name):
    _, text = await fetch(daemon, "/metrics")
    found = re.search(rf"causeway_sms_{name}{{.*}} (\d+)\n", text)
    assert found, text
    return int(found.group(1))


async def test_both_ways(phones, twilio, line):
    alice = await phones.registered(gateway=line.jid)
    bob = phones.stranger()
    id = alice.send_message(phones.person(bob), "Hello, \u20ac & phone!",
                            payload=RECEIPT)
    text = await twilio.text_to(bob)
    assert text["From"] == [alice.number]
    assert text["Body"] == ["Hello, \u20ac & phone!"]
    assert text["StatusCallback"] == [line.callback]
    for status in ("sent", "delivered"):
        answered, _ = await twilio.report(line.callback, text["sid"], status,
                                          To=bob)
        assert answered == 200
    await is_received(alice, id)
    answered, body = await twilio.phone_says(
        line.callback, SID, bob, alice.number, "Hello, client!")
    assert (answered, body[-21:]) == (200, "<Response></Response>")
    message = await alice.get_message(phones.person(bob), "Hello, client!")
    assert message.get("type") == "chat"


async def test_a_failure(phones, twilio, line):
    """First it is accepted, then it fails."""
    alice = await phones.registered(gateway=line.jid)
    bob = phones.stranger()
    id = alice.send_message(phones.person(bob), "Anybody?", payload=RECEIPT)
    text = await twilio.text_to(bob)
    await twilio.report(line.callback, text["sid"], "undelivered", To=bob,
                        ErrorCode="30005")
    error = await alice.get_error(id)
    assert xml.condition(error) == "item-not-found"
    assert "30005" in xml.error_text(error)


async def test_a_refusal(phones, twilio, line):
    alice = await phones.registered(gateway=line.jid)
    bob = phones.stranger()
    twilio.refuse(21610, "Attempt to send to unsubscribed recipient")
    id = alice.send_message(phones.person(bob), "Anybody?")
    error = await alice.get_error(id)
    assert xml.condition(error) == "policy-violation"
    assert "unsubscribed" in xml.error_text(error)


async def test_no_answer_is_unknown(phones, twilio, line):
    """The request left and nothing came back: it is not sent again."""
    alice = await phones.registered(gateway=line.jid)
    bob = phones.stranger()
    twilio.takes = False
    id = alice.send_message(phones.person(bob), "Anybody?")
    error = await alice.get_error(id)
    assert "may have been sent" in xml.error_text(error)
    twilio.takes = True
    # What follows is taken when the link is tried again.
    alice.send_message(phones.person(bob), "Once more.")
    text = await twilio.text_to(bob, count=2)
    assert text["Body"] == ["Once more."]


async def test_silence_is_unknown(phones, twilio, http_exchange):
    """The request left, and the provider says nothing until it is late."""
    daemon = http_exchange(twilio.backend(timeout=1))
    await daemon.start()
    alice = await phones.registered(gateway=daemon.jid)
    over = asyncio.Event()

    async def silent(request):
        await over.wait()
    twilio.pages[SEND] = silent
    id = alice.send_message(phones.person(phones.stranger()), "Anybody?")
    error = await alice.get_error(id)
    assert "may have been sent" in xml.error_text(error)
    over.set()


async def test_a_report_before_the_answer(phones, twilio, line):
    """Of a text whose id is not known yet."""
    alice = await phones.registered(gateway=line.jid)
    bob, reports, taken = phones.stranger(), [], twilio.pages[SEND]

    async def is_reported():
        return await counted(line, "reports_total") == 1

    async def hasty(request):
        answer = taken(request)
        reports.append(asyncio.create_task(twilio.report(
            line.callback, twilio.texts[-1]["sid"], "delivered", To=bob)))
        await wait_for(is_reported, "the report")
        return answer
    twilio.pages[SEND] = hasty
    id = alice.send_message(phones.person(bob), "Quick!", payload=RECEIPT)
    await is_received(alice, id)
    status, _ = await reports[0]
    assert status == 200


async def test_what_is_forged_is_refused(phones, twilio, line):
    alice = await phones.registered(gateway=line.jid)
    bob = phones.stranger()
    id = alice.send_message(phones.person(bob), "Hello?", payload=RECEIPT)
    text = await twilio.text_to(bob)
    before = await counted(line, "callbacks_unverified_total")
    for params in [
            {"MessageSid": text["sid"], "MessageStatus": "delivered"},
            {"MessageSid": SID, "SmsStatus": "received", "From": bob,
             "To": alice.number, "Body": "I am not bob."}]:
        status, _ = await twilio.call(line.callback, params, "AAAA")
        assert status == 403
    assert await counted(line, "callbacks_unverified_total") == before + 2
    await twilio.phone_says(line.callback, SID, bob, alice.number, "I am.")
    await alice.get_message(phones.person(bob), "I am.")
    await alice.settle(line.jid)
    assert not alice.unseen(receipt_for(id))
    assert not alice.unseen(lambda s: xml.body(s) == "I am not bob.")


async def test_twice_is_one_text(phones, twilio, line):
    alice = await phones.registered(gateway=line.jid)
    bob = phones.stranger()
    for _ in range(2):
        status, _ = await twilio.phone_says(line.callback, SID, bob,
                                            alice.number, "Only once.")
        assert status == 200
    await alice.get_message(phones.person(bob), "Only once.")
    # When the server has it and it is forgotten here, too.
    status, _ = await twilio.phone_says(line.callback, SID, bob,
                                        alice.number, "Only once.")
    assert status == 200
    await twilio.phone_says(line.callback, SID[:-1] + "1", bob, alice.number,
                            "The last.")
    await alice.get_message(phones.person(bob), "The last.")
    assert not alice.unseen(lambda s: xml.body(s) == "Only once.")


async def test_a_callback_is_stored_before_it_is_answered(
        phones, twilio, line):
    """Whatever was answered is there after a crash."""
    bob = phones.stranger()
    status, _ = await twilio.phone_says(line.callback, SID, bob,
                                        phones.number(), "Stored.")
    await line.kill()
    assert status == 200
    await line.start()
    # The provider did not hear that, and calls again.
    status, _ = await twilio.phone_says(line.callback, SID, bob,
                                        phones.number(), "Stored.")
    assert status == 200
    alice = await phones.registered(gateway=line.jid)
    await alice.get_message(phones.person(bob), "Stored.")
    await twilio.phone_says(line.callback, SID[:-1] + "1", bob,
                            alice.number, "The last.")
    await alice.get_message(phones.person(bob), "The last.")
    assert not alice.unseen(lambda s: xml.body(s) == "Stored.")


async def test_a_receipt_after_a_restart(phones, twilio, line):
    alice = await phones.registered(gateway=line.jid)
    bob = phones.stranger()
    id = alice.send_message(phones.person(bob), "Are you there?",
                            payload=RECEIPT)
    text = await twilio.text_to(bob)
    await twilio.report(line.callback, text["sid"], "sent", To=bob)
    await line.stop()
    await line.start()
    status, _ = await twilio.report(line.callback, text["sid"], "delivered",
                                    To=bob)
    assert status == 200
    await is_received(alice, id)
    assert len(twilio.texts) == 1


async def test_a_busy_provider(phones, twilio, line):
    """Texts that wait behind the one that was too much were not tried; all
    leave in the end."""
    alice = await phones.registered(gateway=line.jid)
    people = [phones.stranger() for _ in range(5)]
    taken, busy = twilio.pages[SEND], []

    def answer(request):
        if len(busy) == 3:
            return taken(request)
        busy.append(request)
        return Response("{}", 429, "application/json", {"Retry-After": "1"})
    twilio.pages[SEND] = answer
    ids = [alice.send_message(phones.person(number), "Hello")
           for number in people]
    for number in people:
        await twilio.text_to(number)
    await alice.settle(line.jid)
    assert not alice.unseen(lambda s: s.get("id") in ids and
                            s.get("type") == "error")
    assert len(twilio.texts) == len(people)


async def test_what_waits_is_measured(phones, twilio, line):
    alice = await phones.registered(gateway=line.jid)
    bob, over = phones.stranger(), asyncio.Event()
    taken = twilio.pages[SEND]

    async def slow(request):
        await over.wait()
        return taken(request)
    twilio.pages[SEND] = slow
    ids = [alice.send_message(phones.person(bob), text)
           for text in ("One", "Two", "Three")]

    async def is_queued(count):
        return await counted(line, "queued") == count
    await wait_for(lambda: is_queued(3), "three texts")
    oldest = "queued_oldest_timestamp_seconds"
    assert abs(await counted(line, oldest) - time.time()) < 600
    over.set()
    await wait_for(lambda: is_queued(0), "an empty queue")
    assert await counted(line, oldest) == 0
    assert len(twilio.texts) == len(ids)


# --- Kannel -----------------------------------------------------------------

TEXT_URL = "?kind=mo&from=%p&to=%P&text=%b&charset=%C&coding=%c&id=%I&time=%T"


class Far:
    """A daemon, and the Kannel behind it."""

    def __init__(self, daemon, kannel):
        self.daemon, self.kannel = daemon, kannel

    async def end(self):
        for phone in self.kannel.phones:
            await phone.kill()
        await self.kannel.smsbox.kill()
        await self.kannel.bearerbox.kill()


@pytest.fixture
def far(run, phones, http_exchange):
    if not kannels.is_there():
        pytest.skip("Kannel is not installed")
    daemon = http_exchange({
        "kind": "http", "name": "main", "provider": "kannel", "url": "",
        "key": kannels.USER, "secret": kannels.PASSWORD,
        "token": "0123456789abcdefghijkl"})
    kannel = Kannel(run, daemon.callback + TEXT_URL)
    daemon.gateways[0]["backends"][0]["url"] = kannel.url
    daemon.write_config()
    wait(kannel.start())
    wait(daemon.start())
    pair = Far(daemon, kannel)
    yield pair
    wait(pair.end())


async def test_kannel(phones, far):
    """It has no ids: ours is in the URL of its reports."""
    alice = await phones.registered(gateway=far.daemon.jid)
    bob = phones.stranger()
    phone = await far.kannel.phone(f"{bob[1:]} {alice.number[1:]} text Hi!")
    await alice.get_message(phones.person(bob), "Hi!")
    id = alice.send_message(phones.person(bob), "Gr\u00fc\u00dfe \u20ac",
                            payload=RECEIPT)
    await phone.logged(r"Got message 1: <\%s \%s text Gr\u00fc\u00dfe "
                       "\u20ac>" % (alice.number, bob))
    await is_received(alice, id)


async def test_kannel_after_a_restart(phones, far):
    """No phone is connected: the text waits in Kannel, the daemon goes and
    comes, and the report is about the same text."""
    alice = await phones.registered(gateway=far.daemon.jid)
    bob = phones.stranger()
    id = alice.send_message(phones.person(bob), "Later", payload=RECEIPT)

    async def is_accepted():
        return await counted(far.daemon, "accepted_total") == 1
    await wait_for(is_accepted, "Kannel's answer")
    await alice.settle(far.daemon.jid)
    await far.daemon.stop()
    await far.daemon.start()
    await far.kannel.phone()
    await is_received(alice, id)
