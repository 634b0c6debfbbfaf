"""STOP, quotas and whose an answer is, through a server and a centre, with the
daemon killed in between."""

import re

import pytest

from clients import xml
from conftest import wait
from servers.process import wait_for
from sms_fixtures import SHARED, assignments
from test_sms_register import code_for, register

pytestmark = pytest.mark.xdist_group("sms rules")

HELP = "Ask the operator of example.org."
SERVICE = {"assign": [{**item, "mode": "a2p"} for item in assignments()],
           "optout": {"help": HELP}}


class Line:
    """A daemon, a centre, and somebody with a phone."""

    def __init__(self, phones, daemon, smsc):
        self.phones, self.daemon, self.smsc = phones, daemon, smsc
        self.peer = phones.stranger()
        self._binds = 1
        self.person = phones.person(self.peer, daemon.jid)

    async def hear(self, text, to):
        """The centre is told that it is taken."""
        assert await self.smsc.phone_says(
            text, sender=self.peer[1:], to=to[1:]) == [0]

    async def got(self, text):
        """What the phone has got with these words."""
        async def found():
            return [event["text"] for event in await self.smsc.events("submit")
                    if event["destination_addr"] == self.peer[1:] and
                    re.search(text, event["text"])] or None
        return await wait_for(found, f"{text!r} on the phone")

    async def restarted(self):
        self._binds += 1
        await self.daemon.kill()
        await self.daemon.start()
        await self.smsc.happened("bind", self._binds)


@pytest.fixture
def line(phones, own_exchange, own_smsc):
    async def make(settings):
        smsc = await own_smsc().start()
        daemon = own_exchange(smsc, settings)
        await daemon.start()
        phones.gateway = daemon.jid
        return Line(phones, daemon, smsc)
    return make


@pytest.fixture
def service(line):
    return wait(line(SERVICE))


async def refused(line, client, condition):
    """The words with which the next text comes back."""
    id = client.send_message(line.person, "One more.")
    error = await client.get_error(id)
    assert xml.condition(error) == condition
    return xml.error_text(error)


# --- STOP ---------------------------------------------------------------------

async def test_stop_and_start(service, phones):
    line, alice = service, await phones.registered()
    alice.send_message(line.person, "Hello!")
    await line.got("^Hello!$")
    await line.hear("Stop.", alice.number)
    await alice.get_message(line.person, re.compile("no more texts"))
    await line.got("START")
    assert "STOP" in await refused(line, alice, "policy-violation")
    await line.hear("HELP", alice.number)
    assert await line.got(HELP) == [HELP]
    assert "STOP" in await refused(line, alice, "policy-violation")
    await line.hear("start", alice.number)
    await alice.get_message(line.person, re.compile("again"))
    alice.send_message(line.person, "Welcome back.")
    await line.got("^Welcome back.$")
    assert "One more." not in [
        event["text"] for event in await line.smsc.events("submit")]


async def test_stop_outlives_the_process(service, phones):
    line, alice = service, await phones.registered()
    await line.hear("STOP", alice.number)
    await line.restarted()
    assert "STOP" in await refused(line, alice, "policy-violation")
    await line.hear("START", alice.number)
    await line.restarted()
    alice.send_message(line.person, "Welcome back.")
    await line.got("^Welcome back.$")


async def test_words_are_words_on_the_number_of_a_person(line, phones):
    line = await line({})
    alice = await phones.registered()
    await line.hear("STOP", alice.number)
    await alice.get_message(line.person, "STOP")
    alice.send_message(line.person, "Stop what?")
    await line.got("^Stop what")


# --- Quotas -------------------------------------------------------------------

async def test_a_quota_outlives_the_process(line, phones):
    line = await line({"user_limits": {"per_day": 2}})
    alice = await phones.registered()
    for text in ("One.", "Two."):
        alice.send_message(line.person, text)
        await line.got(f"^{text}$")
    await line.restarted()
    for _ in range(2):
        words = await refused(line, alice, "resource-constraint")
        assert "2 segments a day. Try again in" in words
    assert "One more." not in [
        event["text"] for event in await line.smsc.events("submit")]


async def test_money_of_a_minute(line, phones):
    line = await line({"destinations": {"price": 0.5},
                 "user_limits": {"money_per_minute": 0.7}})
    alice = await phones.registered()
    words = await long_refused(line, alice)
    assert "0.70 to be spent a minute, and this text alone is more" in words
    alice.send_message(line.person, "One.")
    await line.got("^One.$")


async def long_refused(line, client):
    id = client.send_message(line.person, "A long text. " * 20)
    error = await client.get_error(id)
    assert xml.condition(error) == "resource-constraint"
    return xml.error_text(error)


# --- Numbers that several share -----------------------------------------------

async def proven(line, name):
    """Somebody whose phone is his, and who shares a number."""
    phones, phone = line.phones, line.phones.stranger()
    client = await phones.xmpp(name)
    await register(phones, client, phone)
    code = await code_for(line.smsc, phone)
    answer = await register(phones, client, phone, code=code)
    assert answer.get("type") == "result", xml.error_text(answer)
    await phones.befriend(client)
    return client


def more_of(client, *shown):
    """What the gateway's people wrote to him besides; should that come again,
    as the server was perhaps not heard to have it, it is the same message."""
    ids = [stanza.get("id") for stanza in shown]
    return [xml.body(stanza) for stanza in
            client.unseen(lambda s: xml.kind(s) == "message" and xml.body(s))
            if "@" in stanza.get("from").partition("/")[0] and
            stanza.get("id") not in ids]


async def test_who_answers_a_shared_number_is_asked(line, phones):
    line = await line({})
    carol, dave = [await proven(line, name) for name in ("carol", "dave")]
    for client, text in ((carol, "It is carol."), (dave, "It is dave.")):
        client.send_message(line.person, text)
        await line.got(f"^{text}$")
    await line.hear("See you at nine.", SHARED)
    [question] = await line.got("Who is your text for")
    numbers = {name[:4]: number for number, name in
               re.findall(r"(\d) for (\w+)", question)}
    await line.restarted()
    # Neither this is an answer.
    await line.hear("7", SHARED)
    await line.restarted()
    for client in (carol, dave):
        await client.settle(line.daemon.jid)
        assert more_of(client) == []
    await line.hear(numbers["dave"], SHARED)
    await line.restarted()
    shown = [await dave.get_message(line.person, text)
             for text in ("See you at nine.", "7")]
    # He has said whom he means.
    await line.hear("Or at ten?", SHARED)
    shown.append(await dave.get_message(line.person, "Or at ten?"))
    await carol.settle(line.daemon.jid)
    assert more_of(carol) == [] and more_of(dave, *shown) == []
    assert len(await line.got("Who is your text for")) == 1
