"""kill -9 of the daemon between every two steps of a text on its way:
nothing is lost, nothing comes twice, and where nobody can know whether a
text was sent the user is told so.

Each row of the matrix is a daemon and a message centre of its own. The table
is printed at the end."""

import asyncio
import re

import pytest

from clients import xml
from servers.process import wait_for
from test_mail_kill import Lock, ScriptedUser, online
from test_mail_out import RECEIPT, is_received, receipt_for

pytestmark = pytest.mark.xdist_group("sms kill")

LONG = "The quick brown fox jumps over the lazy dog. " * 5

_table = []


@pytest.fixture(scope="module", autouse=True)
def table(request):
    yield
    show(request, _table)


def show(request, rows):
    """What became of texts: the way, when it was killed, and how many copies,
    receipts and errors there were."""
    printer = request.config.pluginmanager.getplugin("terminalreporter")
    if printer is None or not rows:
        return
    printer.write_line("")
    for row in [("way", "killed", "copies", "receipts", "errors"), *rows]:
        printer.write_line("".join(str(cell).ljust(width) for cell, width in
                                   zip(row, (5, 52, 8, 10, 8))))


class Line:
    """A daemon, a centre, alice here and bob with a phone."""

    def __init__(self, phones, daemon, smsc):
        self.phones, self.daemon, self.smsc = phones, daemon, smsc
        self.bob = phones.stranger()
        self.alice = self.id = self.text = None

    # Out.
    def write(self, text="Hello, phone!"):
        self.text = text.strip()
        self.id = self.alice.send_message(
            self.phones.person(self.bob), self.text, payload=RECEIPT)

    async def submits(self):
        """Those of the text."""
        return [event for event in await self.smsc.events("submit")
                if event["destination_addr"] == self.bob[1:] and
                event["text"] != "The last."]

    async def submitted(self, count=1):
        await self.smsc.happened("submit", count,
                                 destination_addr=self.bob[1:])

    async def is_kept(self):
        """What the centre answered so far is on disk: what the daemon sends
        after that is kept after that, before it is sent."""
        await self.smsc.ask("enquire")
        carol = self.phones.stranger()
        self.alice.send_message(self.phones.person(carol), "A witness.")
        await self.smsc.happened("submit", destination_addr=carol[1:])

    async def receipt(self):
        """The phone has got it."""
        await self.smsc.phone_has(self.bob[1:], self.alice.number[1:])

    # In.
    async def hear(self, text="Hello, client!", **more):
        await self.smsc.phone_says(text, sender=self.bob[1:],
                                   to=self.phones.number()[1:], **more)

    async def answers(self, count):
        """So often the daemon answered what it was given."""
        await self.smsc.happened("deliver_resp", count)

    # Life.
    async def restarted(self):
        await self.daemon.kill()
        await self.daemon.start()

    async def linked(self, count=2):
        """... has bound to the centre so often."""
        await self.smsc.happened("bind", count)

    async def last(self):
        """A text out and one in, after all others."""
        await self.smsc.mode(silent=0, silent_from=0, deaf=0,
                             receipts="later")
        last = self.alice.send_message(
            self.phones.person(self.bob), "The last.", payload=RECEIPT)
        await is_received(self.alice, last)
        await self.hear("The last.")
        await self.alice.get_message(self.phones.person(self.bob),
                                     "The last.")
        await self.alice.settle(self.phones.gateway)

    async def judge_sent(self, step, submits, receipts=0, errors=0):
        """What became of it, besides what was looked at."""
        await self.last()
        receipts += len(self.alice.unseen(receipt_for(self.id)))
        errors += len(self.alice.unseen(
            lambda s: s.get("id") == self.id and s.get("type") == "error"))
        found = await self.submits()
        _table.append(("out", step, len(found), receipts, errors))
        assert len(found) == submits
        return receipts, errors

    async def received(self, step, text="Hello, client!"):
        """It is shown once: should it come again, as the server was perhaps
        not heard to have it, it is the same message."""
        shown = await self.alice.get_message(self.phones.person(self.bob),
                                             text)
        await self.last()
        more = self.alice.unseen(
            lambda s: xml.kind(s) == "message" and xml.body(s) and
            s.get("id") != shown.get("id"))
        _table.append(("in", step, 1 + len(more), "", ""))
        assert [xml.body(message) for message in more] == []


@pytest.fixture
def line(phones, own_exchange, own_smsc):
    async def make(is_up=True, is_registered=True, **backend):
        smsc = own_smsc()
        if is_up:
            await smsc.start()
        daemon = own_exchange(smsc, **backend)
        await daemon.start()
        phones.gateway = daemon.jid
        made = Line(phones, daemon, smsc)
        if is_registered:
            made.alice = await phones.registered(gateway=daemon.jid)
        if is_up:
            await made.linked(1)
        return made
    return make


# --- Out ----------------------------------------------------------------------

async def test_before_the_submit(line):
    row = await line(is_up=False)
    row.write()
    # What came later is kept.
    await row.phones.registered("bob")
    await row.restarted()
    await row.smsc.start()
    await is_received(row.alice, row.id)
    assert await row.judge_sent("before the submit, link down", 1, 1) == \
        (1, 0)


async def is_told(row):
    error = await row.alice.get_error(row.id)
    assert "may have been sent" in xml.error_text(error)
    return 1


async def ends(row, step, resend, sent):
    """After the restart: of `sent` segments the last leaves again, or there
    is an error."""
    if resend:
        await is_received(row.alice, row.id)
        assert await row.judge_sent(f"{step}, resend_unacked", sent + 1,
                                    1) == (1, 0)
        *_, last, again = await row.submits()
        assert again["octets"] == last["octets"]
    else:
        errors = await is_told(row)
        assert await row.judge_sent(step, sent, 0, errors) == (0, 1)


@pytest.mark.parametrize("resend", [False, True])
async def test_submitted_and_not_answered(line, resend):
    row = await line(resend_unacked=resend)
    await row.smsc.mode(silent=1)
    row.write()
    await row.submitted()
    await row.daemon.kill()
    await row.smsc.mode(silent=0)
    await row.daemon.start()
    await ends(row, "submitted, no answer", resend, 1)


@pytest.mark.parametrize("resend", [False, True])
async def test_before_the_answer_is_kept(line, resend):
    row = await line(resend_unacked=resend)
    await row.smsc.mode(answer_ms=1000, receipts="none")
    row.write()
    await row.submitted()
    with Lock(row.daemon):
        await asyncio.sleep(2)  # it is answered, and would be kept now
        await row.daemon.kill()
    await row.smsc.mode(answer_ms=0, receipts="later")
    await row.daemon.start()
    await ends(row, "answer not kept", resend, 1)


@pytest.mark.parametrize("resend", [False, True])
async def test_between_two_segments_answers(line, resend):
    row = await line(resend_unacked=resend)
    await row.smsc.mode(silent_from=2)
    row.write(LONG)
    await row.submitted(2)
    await row.is_kept()
    assert not row.alice.unseen(receipt_for(row.id))
    await row.daemon.kill()
    await row.smsc.mode(silent_from=0)
    await row.daemon.start()
    await ends(row, "first of two segments answered", resend, 2)


async def test_a_receipt_before_the_answer(line):
    """Nobody knows what it is about."""
    row = await line()
    await row.smsc.mode(silent=1)
    row.write()
    await row.submitted()
    await row.receipt()
    await row.smsc.ask("enquire")
    await row.daemon.kill()
    await row.smsc.mode(silent=0)
    await row.daemon.start()
    await ends(row, "receipt, and no answer before", False, 1)


async def accepted(line):
    row = await line()
    await row.smsc.mode(receipts="none")
    row.write()
    await row.submitted()
    await row.is_kept()
    return row


async def judge_receipt(row, step):
    await is_received(row.alice, row.id)
    assert await row.judge_sent(step, 1, 1) == (1, 0)


@pytest.mark.parametrize("count", [1, 2])
async def test_before_the_receipt(line, count):
    row = await accepted(line)
    await row.restarted()
    await row.linked()
    for _ in range(count):
        await row.receipt()
    await judge_receipt(row, f"accepted; then {count} receipt(s)")


@pytest.mark.parametrize("count", [1, 2])
async def test_a_receipt_while_it_is_down(line, count):
    row = await accepted(line)
    await row.daemon.kill()
    for _ in range(count):
        await row.receipt()
    await row.daemon.start()
    await judge_receipt(row, f"accepted; {count} receipt(s) while down")


async def test_between_two_receipts(line):
    row = await accepted(line)
    await row.receipt()
    await is_received(row.alice, row.id)
    await row.is_kept()
    await row.restarted()
    await row.receipt()
    await row.answers(2)
    assert await row.judge_sent("between two receipts", 1, 1) == (1, 0)


async def test_before_the_receipt_is_kept(line):
    row = await accepted(line)
    with Lock(row.daemon):
        await row.receipt()
        await asyncio.sleep(1)  # it would be kept now
        assert await row.smsc.events("deliver_resp") == []
        assert not row.alice.unseen(receipt_for(row.id))
        await row.daemon.kill()
    await row.daemon.start()
    await judge_receipt(row, "receipt not kept")


async def test_before_the_receipt_is_answered(line):
    row = await accepted(line)
    await row.smsc.mode(deaf=1)
    await row.receipt()
    await is_received(row.alice, row.id)
    await row.answers(1)
    await row.is_kept()
    await row.daemon.kill()
    await row.smsc.mode(deaf=0)
    await row.daemon.start()
    await row.answers(2)
    assert await row.judge_sent("receipt kept, not answered", 1, 1) == (1, 0)


# --- In -----------------------------------------------------------------------

async def test_before_a_text_is_kept(line):
    row = await line()
    with Lock(row.daemon):
        await row.hear(wait=0)
        await asyncio.sleep(1)  # it would be kept now
        assert await row.smsc.events("deliver_resp") == []
        await row.daemon.kill()
    await row.daemon.start()
    await row.received("text not kept")


async def test_for_one_who_registers_later(line):
    row = await line(is_registered=False)
    await row.hear()
    await row.restarted()
    await row.linked()
    row.alice = await row.phones.registered(gateway=row.daemon.jid)
    await row.received("answered, user not registered")


async def test_for_one_who_is_offline(line):
    row = await line()
    number = row.alice.number
    await row.alice.close()
    await row.hear()
    await row.restarted()
    await row.linked()
    row.alice = await row.phones.xmpp()
    row.alice.number = number
    await row.received("answered, user offline")


@pytest.mark.parametrize("deaf", [0, 1])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_between_two_parts(line, order, deaf):
    row = await line()
    parts = [("Hello, ", "050003aa0201"), ("client!", "050003aa0202")]
    first, second = (parts[number] for number in order)
    await row.smsc.mode(deaf=deaf)
    await row.hear(first[0], udh=first[1], dc=0, wait=0)
    await row.answers(1)
    await row.daemon.kill()
    await row.smsc.mode(deaf=0)
    await row.daemon.start()
    await row.linked()
    if deaf:
        await row.answers(2)
    await row.hear(second[0], udh=second[1], dc=0)
    await row.received(f"part {order[0] + 1} of 2 " +
                       ("kept, not answered" if deaf else "answered"))


@pytest.mark.parametrize("deaf", [0, 1])
async def test_before_the_xmpp_server_has_it(phones, own_exchange, own_smsc,
                                             deaf):
    """It comes again, as the same message; if the centre did not hear that
    it is kept, too."""
    server = await phones.scripted_xmpp()
    smsc = await own_smsc().start()
    daemon = own_exchange(smsc, server=server)
    phones.gateway = daemon.jid
    row = Line(phones, daemon, smsc)
    user = await online(server, daemon)
    form = xml.submit({"phone": phones.number()},
                      form_type="jabber:iq:register")
    answer = await user.stream.iq(
        "set", f"{phones.jid('alice')}/desk", daemon.jid,
        f"<query xmlns='jabber:iq:register'>{form}</query>")
    assert answer.get("type") == "result", xml.ET.tostring(answer)
    user.answers = False
    await smsc.mode(deaf=deaf)
    await row.hear(wait=0)
    await row.answers(1)
    await wait_for(lambda: user.texts("Hello") and user.pings, "a ping")
    copies = user.texts("Hello")
    await daemon.kill()
    await smsc.mode(deaf=0)
    user = await online(server, daemon)
    await row.linked()
    await row.answers(1 + deaf)
    await row.hear("The last.")
    await wait_for(lambda: user.texts("The last."), "the last")
    await wait_for(lambda: user.texts("Hello"), "it again")
    copies += user.texts("Hello")
    ids = {message.get("id") for message in copies}
    _table.append(("in", ("kept, not answered" if deaf else "answered") +
                   ", no proof of the server",
                   f"{len(copies)} (same id)", "", ""))
    assert len(ids) == 1
    assert len(copies) == 2
