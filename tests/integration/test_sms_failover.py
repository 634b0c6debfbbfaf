"""Two backends for the same numbers, one by HTTP and one by SMPP: a text that
the first does not want goes by the second, once; one that it may have sent does
not."""

import asyncio

import pytest

from clients import xml
from conftest import wait
from servers.presets import Provider
from servers.web import Response, as_json
from test_mail_out import RECEIPT, is_received, receipt_for


class Line:
    """A provider, a centre and the daemon between them; alice here and bob
    with a phone."""

    def __init__(self, phones, provider, smsc, daemon):
        self.phones, self.provider = phones, provider
        self.smsc, self.daemon = smsc, daemon
        self.bob = phones.stranger()
        self.alice = None

    async def meet(self):
        self.alice = await self.phones.registered(gateway=self.daemon.jid)

    def write(self, text, number=None):
        person = self.phones.person(number or self.bob)
        return self.alice.send_message(person, text, payload=RECEIPT)

    async def submits(self, number=None):
        return [event["text"] for event in await self.smsc.events("submit")
                if event["destination_addr"] == (number or self.bob)[1:]]

    async def is_sent_once(self, id, text):
        """By the second: received, and nothing more is said of it."""
        await is_received(self.alice, id)
        assert await self.submits() == [text]
        await self.alice.settle(self.daemon.jid)
        assert not self.alice.unseen(lambda s: s.get("id") == id)
        assert not self.alice.unseen(receipt_for(id))

    async def is_not_sent_again(self, id):
        """Nor by the second, which carries what comes after."""
        error = await self.alice.get_error(id)
        assert "may have been sent" in xml.error_text(error)
        carol = self.phones.stranger()
        await is_received(self.alice, self.write("By the other.", carol))
        assert await self.submits(carol) == ["By the other."]
        assert await self.submits() == []
        assert not self.alice.unseen(receipt_for(id))


@pytest.fixture
def line(run, phones, smsc, http_exchange):
    provider = wait(Provider(run.address, run.port(), "signalwire").start())
    daemon = http_exchange(provider.backend(timeout=2))
    main, = daemon.gateways[0]["backends"]
    daemon.gateways[0]["backends"].append(
        {"kind": "smpp", "name": "spare", "numbers": main["numbers"],
         **smsc.settings(enquire_link=5, window=100)})
    daemon.write_config()
    phones.gateway = daemon.jid
    made = Line(phones, provider, smsc, daemon)
    wait(daemon.start())
    wait(daemon.logged("link backend=spare state=up"))
    wait(made.meet())
    yield made
    assert provider.faults == []
    wait(provider.close())


async def test_the_first_has_it(line):
    id = line.write("Hello?")
    text = await line.provider.text_to(line.bob)
    call = line.provider.report(line.daemon.callback, text["id"], line.bob,
                                "delivered")
    assert await call.send() == line.provider.preset.acknowledges
    await is_received(line.alice, id)
    assert await line.submits() == []


async def test_the_first_has_no_time(line):
    """It is asked four times."""
    line.provider.answers = [Response("", 503)] * 10
    id = line.write("Hello?")
    await line.is_sent_once(id, "Hello?")
    assert line.provider.asked_for == 4
    assert line.provider.texts == []


@pytest.mark.parametrize("answer", [
    pytest.param(as_json({}, 402), id="no credit"),
    pytest.param(as_json({"code": "21606"}, 400), id="not this sender"),
    pytest.param(as_json({}, 401), id="not us"),
])
async def test_the_first_does_not_want_it(line, answer):
    line.provider.answers = [answer]
    id = line.write("Hello?")
    await line.is_sent_once(id, "Hello?")
    assert line.provider.asked_for == 1
    assert line.provider.texts == []


async def test_the_first_is_away(line):
    await line.provider.close()
    id = line.write("Hello?")
    await line.is_sent_once(id, "Hello?")


async def test_it_is_nobodys_number(line):
    """That the second would say, too."""
    line.provider.answers = [as_json({"code": "21211"}, 400)]
    error = await line.alice.get_error(line.write("Hello?"))
    assert xml.condition(error) == "item-not-found"
    assert await line.submits() == []


async def test_the_first_says_nothing(line):
    line.provider.gates[line.bob] = asyncio.Event()
    id = line.write("Hello?")
    await line.provider.text_to(line.bob)
    await line.is_not_sent_again(id)
    assert len(line.provider.texts) == 1


@pytest.mark.parametrize("answer", [
    pytest.param(Response("", 500), id="500"),
    pytest.param(Response("", 504), id="504"),
    pytest.param(Response("<html>"), id="not understood"),
])
async def test_the_first_fails(line, answer):
    line.provider.answers = [answer]
    id = line.write("Hello?")
    await line.is_not_sent_again(id)
    assert line.provider.asked_for == 1


async def test_killed_when_the_first_said_nothing(line):
    line.provider.gates[line.bob] = asyncio.Event()
    id = line.write("Hello?")
    await line.provider.text_to(line.bob)
    await line.daemon.kill()
    await line.provider.close()
    await line.daemon.start()
    await line.is_not_sent_again(id)
    assert len(line.provider.texts) == 1
