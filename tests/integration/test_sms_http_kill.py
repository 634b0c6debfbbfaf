"""kill -9 of the daemon between every two steps of a text by HTTP, as
test_sms_kill.py does it by SMPP. A provider that gets no answer to a callback
calls again."""

import asyncio
import re

import pytest

from clients import xml
from conftest import wait
from servers.presets import Provider
from servers.process import wait_for
from sms_fixtures import SHARED
from test_mail_kill import Lock, online
from test_mail_out import RECEIPT, is_received, receipt_for
from test_sms_groups import addresses
from test_sms_kill import show
from test_sms_register import by_form

pytestmark = pytest.mark.xdist_group("sms http kill")

MAYBE = "may have been sent"

_table = []


@pytest.fixture(scope="module", autouse=True)
def table(request):
    yield
    show(request, _table)


class Line:
    """A daemon, a provider, alice here and bob with a phone."""

    def __init__(self, phones, provider, daemon):
        self.phones, self.provider, self.daemon = phones, provider, daemon
        self.bob = phones.stranger()
        self.alice = self.id = None
        self.number = phones.number()

    @property
    def person(self):
        return self.phones.person(self.bob)

    async def registered(self):
        self.alice = await self.phones.registered(gateway=self.daemon.jid)
        return self

    # Out.
    def write(self, text="Hello, phone!"):
        self.id = self.alice.send_message(self.person, text, payload=RECEIPT)

    def hold(self, *numbers):
        """What goes there is taken, and not answered until this is set."""
        gate = asyncio.Event()
        self.provider.gates.update((number, gate) for number in numbers)
        return gate

    def copies(self, number=None):
        return [text for text in self.provider.texts
                if text["to"] == (number or self.bob) and
                text["text"] != "The last."]

    async def is_kept(self):
        """What the provider answered so far is on disk: what the daemon sends
        after that is kept after that, before it is sent."""
        carol = self.phones.stranger()
        self.alice.send_message(self.phones.person(carol), "A witness.")
        await self.provider.text_to(carol)

    def delivered(self, number=None):
        """The callback that the text there has arrived."""
        text, = self.copies(number)[-1:]
        return self.provider.report(self.daemon.callback, text["id"],
                                    number or self.bob, "delivered")

    # In.
    def says(self, text="Hello, client!", id="IN1"):
        return self.provider.phone_says(self.daemon.callback, id, self.bob,
                                        self.number, text)

    async def taken(self, call):
        """The daemon says that it has it, or to come again later: right after
        its start it does not know yet what it has."""
        async def answer():
            answer = await call.send()
            return answer if answer[0] != 503 else None
        assert await wait_for(answer, "an answer") == \
            self.provider.preset.acknowledges

    async def not_kept(self, call):
        """It is not answered while the disk takes nothing; then the daemon is
        killed, and nobody was told that it has it."""
        with Lock(self.daemon):
            answer = asyncio.create_task(call.send())
            await asyncio.sleep(1)  # it would be kept now
            assert not answer.done()
            await self.daemon.kill()
        status, _ = await answer
        assert status == 0
        await self.daemon.start()

    # Life.
    async def restarted(self):
        await self.daemon.kill()
        await self.daemon.start()

    async def last(self):
        """A text out and one in, after all others."""
        self.provider.open_gates()
        count = len([text for text in self.provider.texts
                     if text["to"] == self.bob])
        last = self.alice.send_message(self.person, "The last.",
                                       payload=RECEIPT)
        text = await self.provider.text_to(self.bob, count + 1)
        assert text["text"] == "The last."
        await self.taken(self.provider.report(
            self.daemon.callback, text["id"], self.bob, "delivered"))
        await is_received(self.alice, last)
        await self.taken(self.says("The last.", "LAST"))
        await self.alice.get_message(self.person, "The last.")
        await self.alice.settle(self.phones.gateway)

    async def judge_sent(self, step, copies, receipts=0, errors=0):
        """What became of it, besides what was looked at."""
        await self.last()
        receipts += len(self.alice.unseen(receipt_for(self.id)))
        errors += len(self.alice.unseen(
            lambda s: s.get("id") == self.id and s.get("type") == "error"))
        found = self.copies()
        _table.append(("out", step, len(found), receipts, errors))
        assert len(found) == copies
        return receipts, errors

    async def judge_receipt(self, step):
        await is_received(self.alice, self.id)
        assert await self.judge_sent(step, 1, 1) == (1, 0)

    async def judge_heard(self, step, text="Hello, client!"):
        """It is shown once: should it come again, as the server was perhaps
        not heard to have it, it is the same message."""
        shown = await self.alice.get_message(self.person, text)
        await self.last()
        more = self.alice.unseen(
            lambda s: xml.kind(s) == "message" and xml.body(s) and
            s.get("id") != shown.get("id"))
        _table.append(("in", step, 1 + len(more), "", ""))
        assert [xml.body(message) for message in more] == []


@pytest.fixture
def provider(run):
    server = wait(Provider(run.address, run.port(), "signalwire").start())
    yield server
    assert server.faults == []
    wait(server.close())


@pytest.fixture
def line(phones, provider, http_exchange):
    def make(**settings):
        daemon = http_exchange(provider.backend(**settings))
        wait(daemon.start())
        phones.gateway = daemon.jid
        return Line(phones, provider, daemon)
    return make


@pytest.fixture
def row(line):
    made = line()
    wait(made.registered())
    return made


@pytest.fixture(params=[False, True], ids=["told", "resend_unacked"])
def either(line, request):
    """Both kinds of backends; `resends` says which."""
    made = line(resend_unacked=request.param)
    made.resends = request.param
    wait(made.registered())
    return made


# --- Out ----------------------------------------------------------------------

async def test_before_the_request(row):
    await row.provider.close()
    row.write()
    # What came later is kept.
    await row.phones.registered("bob")
    await row.restarted()
    await row.provider.start()
    await row.provider.text_to(row.bob)
    await row.taken(row.delivered())
    await row.judge_receipt("before the request, provider away")


async def ends(row, step):
    """After the restart: it leaves again, or there is an error."""
    if row.resends:
        await row.provider.text_to(row.bob, 2)
        await row.taken(row.delivered())
        await is_received(row.alice, row.id)
        assert await row.judge_sent(f"{step}, resend_unacked", 2, 1) == (1, 0)
    else:
        error = await row.alice.get_error(row.id)
        assert MAYBE in xml.error_text(error)
        assert await row.judge_sent(step, 1, 0, 1) == (0, 1)


async def test_requested_and_not_answered(either):
    row = either
    row.hold(row.bob)
    row.write()
    await row.provider.text_to(row.bob)
    await row.daemon.kill()
    row.provider.open_gates()
    await row.daemon.start()
    await ends(row, "requested, no answer")


async def test_before_the_answer_is_kept(either):
    row = either
    gate = row.hold(row.bob)
    row.write()
    await row.provider.text_to(row.bob)
    with Lock(row.daemon):
        gate.set()
        await asyncio.sleep(1)  # it would be kept now
        await row.daemon.kill()
    row.provider.open_gates()
    await row.daemon.start()
    await ends(row, "answer not kept")


async def test_a_report_before_the_answer(row):
    """Nobody knows what it is about."""
    row.resends = False
    row.hold(row.bob)
    row.write()
    await row.provider.text_to(row.bob)
    await row.taken(row.delivered())
    await row.restarted()
    await ends(row, "report, and no answer before")


@pytest.fixture
def accepted(row):
    async def accept():
        row.write()
        await row.provider.text_to(row.bob)
        await row.is_kept()
        assert not row.alice.unseen(receipt_for(row.id))
    wait(accept())
    return row


@pytest.mark.parametrize("count", [1, 2])
async def test_before_the_report(accepted, count):
    await accepted.restarted()
    for _ in range(count):
        await accepted.taken(accepted.delivered())
    await accepted.judge_receipt(f"accepted; then {count} report(s)")


async def test_a_report_while_it_is_down(accepted):
    call = accepted.delivered()
    await accepted.daemon.kill()
    with pytest.raises(ConnectionError):
        await call.send()
    await accepted.daemon.start()
    await accepted.taken(call)
    await accepted.judge_receipt("accepted; report while down, and again")


async def test_between_two_reports(accepted):
    call = accepted.delivered()
    await accepted.taken(call)
    await is_received(accepted.alice, accepted.id)
    await accepted.is_kept()
    await accepted.restarted()
    await accepted.taken(call)
    assert await accepted.judge_sent("between two reports", 1, 1) == (1, 0)


async def test_before_the_report_is_kept(accepted):
    call = accepted.delivered()
    await accepted.not_kept(call)
    assert not accepted.alice.unseen(receipt_for(accepted.id))
    await accepted.taken(call)
    await accepted.judge_receipt("report not kept, and again")


async def test_the_answer_to_a_report_is_lost(accepted):
    call = accepted.delivered()
    _, writer = await call.begin()
    await is_received(accepted.alice, accepted.id)
    await accepted.daemon.kill()
    writer.close()
    await accepted.daemon.start()
    await accepted.taken(call)
    assert await accepted.judge_sent("report kept, answer lost", 1, 1) == \
        (1, 0)


# --- In -----------------------------------------------------------------------

async def test_before_a_text_is_kept(row):
    call = row.says()
    await row.not_kept(call)
    await row.taken(call)
    await row.judge_heard("text not kept, and again")


async def test_the_answer_to_a_text_is_lost(row):
    call = row.says()
    _, writer = await call.begin()
    shown = await row.alice.get_message(row.person, "Hello, client!")
    await row.daemon.kill()
    writer.close()
    await row.daemon.start()
    await row.taken(call)
    await row.last()
    more = row.alice.unseen(
        lambda s: xml.kind(s) == "message" and xml.body(s) and
        s.get("id") != shown.get("id"))
    _table.append(("in", "text kept, answer lost, and again",
                   1 + len(more), "", ""))
    assert more == []


@pytest.fixture
def unregistered(line):
    return line()


@pytest.mark.parametrize("count", [1, 2])
async def test_for_one_who_registers_later(unregistered, count):
    row = unregistered
    await row.taken(row.says())
    await row.restarted()
    for _ in range(1, count):
        await row.taken(row.says())
    await row.registered()
    await row.judge_heard("answered, user not registered" +
                          (", and again" if count > 1 else ""))


@pytest.mark.parametrize("count", [1, 2])
async def test_for_one_who_is_offline(row, count):
    await row.alice.close()
    await row.taken(row.says())
    await row.restarted()
    for _ in range(1, count):
        await row.taken(row.says())
    row.alice = await row.phones.xmpp()
    await row.judge_heard("answered, user offline" +
                          (", and again" if count > 1 else ""))


@pytest.mark.parametrize("is_heard", [True, False])
async def test_before_the_xmpp_server_has_it(phones, provider, http_exchange,
                                             is_heard):
    """It comes again, as the same message; if the provider did not hear that
    it is kept, too."""
    server = await phones.scripted_xmpp()
    daemon = http_exchange(provider.backend(), server=server)
    phones.gateway = daemon.jid
    row = Line(phones, provider, daemon)
    user = await online(server, daemon)
    form = xml.submit({"phone": row.number}, form_type="jabber:iq:register")
    answer = await user.stream.iq(
        "set", f"{phones.jid('alice')}/desk", daemon.jid,
        f"<query xmlns='jabber:iq:register'>{form}</query>")
    assert answer.get("type") == "result", xml.ET.tostring(answer)
    user.answers = False
    call = row.says()
    await row.taken(call)
    await wait_for(lambda: user.texts("Hello") and user.pings, "a ping")
    copies = user.texts("Hello")
    await daemon.kill()
    user = await online(server, daemon)
    if not is_heard:
        await row.taken(call)
    await row.taken(row.says("The last.", "LAST"))
    await wait_for(lambda: user.texts("The last."), "the last")
    await wait_for(lambda: user.texts("Hello"), "it again")
    copies += user.texts("Hello")
    _table.append(("in", "kept, no proof of the server" +
                   ("" if is_heard else ", and again"),
                   f"{len(copies)} (same id)", "", ""))
    assert len({message.get("id") for message in copies}) == 1
    assert len(copies) == 2


async def test_while_it_starts(row):
    """It is asked from the first moment on, and always says to come again:
    what it does not know would not come again."""
    call = row.says()
    await row.daemon.kill()
    row.daemon.spawn()
    seen = set()

    async def answer():
        try:
            status, _ = await call.send()
        except ConnectionError:
            return False
        seen.add(status)
        return status == 200
    await wait_for(answer, "an answer")
    await row.daemon.until_ready()
    assert seen <= {0, 200, 503}
    await row.judge_heard("called while it starts")


# --- Several at once ----------------------------------------------------------

@pytest.fixture
def one_by_one(line):
    made = line(parallel=1)
    wait(made.registered())
    return made


async def test_half_of_the_receivers(one_by_one):
    """One text has been answered, one was requested, one waits. Only the one
    that may have been sent is told, by its number."""
    row = one_by_one
    carol, dave = row.phones.stranger(), row.phones.stranger()
    row.hold(carol)
    row.id = row.alice.send_message(
        row.phones.gateway, "To all.", payload=RECEIPT + addresses(
            *(("bcc", "uri", f"sms:{number}")
              for number in (row.bob, carol, dave))))
    await row.provider.text_to(carol)
    assert len(row.copies()) == 1 and row.copies(dave) == []
    await row.daemon.kill()
    row.provider.open_gates()
    await row.daemon.start()
    await row.provider.text_to(dave)
    error = await row.alice.get_error(row.id)
    told = xml.error_text(error)
    assert MAYBE in told and carol in told
    assert row.bob not in told and dave not in told
    for number in (row.bob, dave):
        await row.taken(row.delivered(number))
    assert await row.judge_sent("one of three receivers unanswered",
                                1, 0, 1) == (0, 1)
    assert len(row.copies(carol)) == len(row.copies(dave)) == 1


# --- Codes --------------------------------------------------------------------

@pytest.mark.parametrize("is_answered", [True, False])
async def test_a_code_that_was_sent(unregistered, is_answered):
    """It is good after the restart, and no other is sent."""
    row = unregistered
    phone = row.phones.stranger()
    if not is_answered:
        row.hold(phone)
    carol = await row.phones.xmpp("carol")
    done, told = await by_form(row.phones, carol, phone)
    assert not done and "a code is on its way" in told
    text = await row.provider.text_to(phone)
    assert text["from"] == SHARED
    code = re.search(r"\b(\d{6,8})\b", text["text"]).group(1)
    await row.restarted()
    wrong = "0" * len(code) if code[0] != "0" else "1" * len(code)
    done, told = await by_form(row.phones, carol, phone, wrong)
    assert not done and "not the code" in told
    done, told = await by_form(row.phones, carol, phone, code)
    assert done, told
    assert len(row.copies(phone)) == 1
