"""Every provider of etc/sms-providers that has no test of its own, through
the daemon: what it is sent, what its answers become, and its callbacks. The
providers look like the real ones (servers/presets.py)."""

import pytest

from clients import xml
from conftest import wait
from servers.presets import PRESETS, Provider
from servers.process import wait_for
from servers.web import as_json
from test_mail_out import RECEIPT, is_received, receipt_for
from test_sms_http import counted

REFUSALS = [(name, case) for name, preset in PRESETS.items()
            for case in preset.refusals]
BUSY = [(name, case) for name, preset in PRESETS.items()
        for case in preset.busy]
REPORTING = [name for name, preset in PRESETS.items() if preset.has_reports]


class Line:
    """A provider, the daemon, alice here and bob with a phone."""

    def __init__(self, phones, provider, daemon):
        self.phones, self.provider, self.daemon = phones, provider, daemon
        self.bob = phones.stranger()
        self.alice = None
        self._ids = 0

    @property
    def person(self):
        return self.phones.person(self.bob)

    async def meet(self):
        self.alice = await self.phones.registered(gateway=self.daemon.jid)
        return self

    def write(self, text):
        return self.alice.send_message(self.person, text, payload=RECEIPT)

    async def call(self, call):
        """It is answered as the provider wants."""
        status, body = await call.send()
        assert (status, body) == self.provider.preset.acknowledges

    async def report(self, id, state):
        await self.call(self.provider.report(self.daemon.callback, id,
                                             self.bob, state))

    def says(self, text, id=None):
        """A callback; a text of its own without `id`."""
        self._ids += 1
        return self.provider.phone_says(
            self.daemon.callback, id or f"M{self._ids}", self.bob,
            self.alice.number, text)

    async def last(self):
        """A text in, after all others."""
        await self.call(self.says("The last."))
        await self.alice.get_message(self.person, "The last.")
        await self.alice.settle(self.daemon.jid)


@pytest.fixture
def line(run, phones, http_exchange):
    made = []

    def make(name, **settings):
        provider = Provider(run.address, run.port(), name)
        wait(provider.start())
        daemon = http_exchange(provider.backend(**settings))
        wait(daemon.start())
        phones.gateway = daemon.jid
        made.append(provider)
        return Line(phones, provider, daemon)
    yield make
    for provider in made:
        assert provider.faults == []
        wait(provider.close())


@pytest.fixture
def each(line, request):
    """The line of the provider that the test is about."""
    return line(request.param)


@pytest.fixture
def case(line, request):
    """... with one of its answers."""
    name, key = request.param
    made = line(name)
    preset = made.provider.preset
    return made, preset.refusals.get(key) or preset.busy[key]


def names(values):
    return ["-".join(value) if isinstance(value, tuple) else value
            for value in values]


@pytest.mark.parametrize("each", PRESETS, indirect=True)
@pytest.mark.parametrize("words", ["Hello, \u20ac & phone!",
                                   "\u041f\u0440\u0438\u0432\u0435\u0442 "
                                   "\U0001f600 & phone!"])
async def test_both_ways(each, words):
    await each.meet()
    id = each.write(words)
    text = await each.provider.text_to(each.bob)
    assert text["text"] == words
    if text["from"] is not None:
        assert text["from"] == each.provider.preset.number(each.alice.number)
    if text["dlr"] is not None:
        assert text["dlr"] == each.daemon.callback
    if each.provider.preset.has_reports:
        await each.report(text["id"], "sent")
        await each.report(text["id"], "delivered")
        await is_received(each.alice, id)
        # The provider did not hear that we have it.
        await each.report(text["id"], "delivered")
    await each.call(each.says(words))
    message = await each.alice.get_message(each.person, words)
    assert message.get("type") == "chat"
    await each.last()
    assert not each.alice.unseen(receipt_for(id))
    assert len(each.provider.texts) == 1


@pytest.mark.parametrize("each", REPORTING, indirect=True)
async def test_a_failure(each):
    await each.meet()
    id = each.write("Anybody?")
    text = await each.provider.text_to(each.bob)
    await each.report(text["id"], "failed")
    error = await each.alice.get_error(id)
    assert xml.condition(error) == each.provider.preset.failure
    await each.last()
    assert not each.alice.unseen(receipt_for(id))


@pytest.mark.parametrize("each", PRESETS, indirect=True)
async def test_what_is_forged_is_refused(each):
    preset = each.provider.preset
    await each.meet()
    id = each.write("Hello?")
    text = await each.provider.text_to(each.bob)
    before = await counted(each.daemon, "callbacks_unverified_total")
    calls = [each.says("I am not bob.")]
    if preset.has_reports:
        calls.append(each.provider.report(each.daemon.callback, text["id"],
                                          each.bob, "delivered"))
    for call in calls:
        status, _ = await preset.forge(call).send()
        assert status == preset.forged_status
    if preset.forged_status == 403:
        assert await counted(each.daemon, "callbacks_unverified_total") == \
            before + len(calls)
    await each.last()
    assert not each.alice.unseen(receipt_for(id))
    assert not each.alice.unseen(lambda s: xml.body(s) == "I am not bob.")


@pytest.mark.parametrize(
    "each", [name for name, preset in PRESETS.items() if preset.has_ids],
    indirect=True)
async def test_twice_is_one_text(each):
    await each.meet()
    for _ in range(2):
        await each.call(each.says("Only once.", id="D1"))
    await each.alice.get_message(each.person, "Only once.")
    # When the server has it and it is forgotten here, too.
    await each.call(each.says("Only once.", id="D1"))
    await each.last()
    assert not each.alice.unseen(lambda s: xml.body(s) == "Only once.")


@pytest.mark.parametrize("case", REFUSALS, indirect=True,
                         ids=names(REFUSALS))
async def test_a_refusal(case):
    line, refusal = case
    await line.meet()
    line.provider.answers = [refusal.answer]
    error = await line.alice.get_error(line.write("Anybody?"))
    assert xml.condition(error) == refusal.condition
    assert refusal.words in xml.error_text(error)
    # Only this text is concerned.
    carol = line.phones.stranger()
    line.alice.send_message(line.phones.person(carol), "Hello?")
    await line.provider.text_to(carol)
    assert line.provider.asked_for == 2


@pytest.mark.parametrize("case", BUSY, indirect=True, ids=names(BUSY))
async def test_what_is_busy_is_asked_again(case):
    line, busy = case
    await line.meet()
    line.provider.answers = [busy]
    id = line.write("Hello?")
    await line.provider.text_to(line.bob)
    assert line.provider.asked_for == 2
    await line.last()
    assert len(line.provider.texts) == 1
    assert not line.alice.unseen(
        lambda s: s.get("id") == id and s.get("type") == "error")


# --- Parts --------------------------------------------------------------------

@pytest.mark.parametrize("each", ["vonage"], indirect=True)
async def test_each_part_has_a_report(each):
    """A long text becomes several messages: it is received with the last."""
    await each.meet()
    each.provider.answers = [as_json({"message-count": "2", "messages": [
        {"status": "0", "message-id": id} for id in ("P1", "P2")]})]
    id = each.write("A long text. " * 20)
    await wait_for(lambda: each.provider.asked_for, "the text")
    await each.report("P2", "delivered")
    await each.last()
    assert not each.alice.unseen(receipt_for(id))
    await each.report("P1", "delivered")
    await is_received(each.alice, id)
