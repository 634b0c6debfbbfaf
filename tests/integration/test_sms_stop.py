"""SIGTERM while texts are under way: their answers are awaited, and kept."""

import pytest

from clients import xml
from conftest import wait
from test_mail_out import RECEIPT, is_received

pytestmark = pytest.mark.xdist_group("sms stop")

TERM = 15


class Line:
    """A daemon, a centre, alice here and bob with a phone."""

    def __init__(self, phones, daemon, smsc, alice):
        self.phones, self.daemon, self.smsc = phones, daemon, smsc
        self.alice, self.bob = alice, phones.stranger()

    def write(self, text):
        return self.alice.send_message(self.phones.person(self.bob), text,
                                       payload=RECEIPT)

    async def submits(self, count):
        return [event["text"] for event in await self.smsc.happened(
            "submit", count, destination_addr=self.bob[1:])]

    async def stopping(self):
        self.daemon.signal(TERM)
        await self.daemon.logged("info main stopping")


@pytest.fixture
def line(phones, own_exchange, own_smsc):
    async def make():
        smsc = await own_smsc().start()
        daemon = own_exchange(smsc)
        await daemon.start()
        alice = await phones.registered(gateway=daemon.jid)
        return Line(phones, daemon, smsc, alice)
    return wait(make())


async def test_answers_are_awaited(line):
    await line.smsc.mode(answer_ms=3000, receipts="none")
    first = line.write("The first.")
    await line.submits(1)
    await line.stopping()
    # Nothing more leaves, and nothing is lost.
    second = line.write("The second.")
    assert await line.daemon.exited() == 0
    assert await line.submits(1) == ["The first."]
    await line.smsc.happened("unbind")
    # The phone has got it while nobody was there.
    await line.smsc.mode(answer_ms=0, receipts="later")
    await line.smsc.ask(
        "receipt", **{"from": line.bob[1:], "to": line.alice.number[1:],
                      "wait": 0, "text": "id:65536 sub:001 dlvrd:001 "
                      "submit date:2601010000 done date:2601010001 "
                      "stat:DELIVRD err:000 text:The first."})
    await line.daemon.start()
    await is_received(line.alice, first)
    await is_received(line.alice, second)
    assert await line.submits(2) == ["The first.", "The second."]
    await line.alice.settle(line.daemon.jid)
    assert not line.alice.unseen(lambda s: s.get("type") == "error")


async def test_a_second_signal_ends_it(line):
    await line.smsc.mode(silent=1)
    first = line.write("The first.")
    await line.submits(1)
    await line.stopping()
    assert line.daemon.alive()
    line.daemon.signal(TERM)
    await line.daemon.logged("not waiting for the network any longer")
    assert await line.daemon.exited() == 0
    assert not await line.smsc.events("unbind")
    await line.smsc.mode(silent=0)
    await line.daemon.start()
    error = await line.alice.get_error(first)
    assert "may have been sent" in xml.error_text(error)
    assert await line.submits(1) == ["The first."]


async def test_an_idle_gateway_stops_at_once(line):
    line.daemon.signal(TERM)
    assert await line.daemon.exited() == 0
    await line.smsc.happened("unbind")
    assert "any longer" not in line.daemon.log()
