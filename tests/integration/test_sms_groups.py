"""Group texts through a provider that looks like Bandwidth: as rooms, and with
the addresses of all (XEP-0033), as Cheogram speaks it."""

import asyncio
import base64
import itertools
import json

import pytest

from clients import xml
from conftest import wait
from servers.web import Web, as_json
from test_mail_flat import named
from test_mail_groups import heard, invited, people_of
from test_sms_providers import post

SEND = "/api/v2/users/acct/messages"
PASSWORD = "callbacks"
ADDRESS = "http://jabber.org/protocol/address"


class Provider(Web):
    """Takes what it is given; `sent` is that, oldest first."""

    def __init__(self, address, port):
        super().__init__(address, port)
        self._ids = itertools.count(1)
        self.sent = asyncio.Queue()
        self.pages[SEND] = self._take

    def _take(self, request):
        message = json.loads(request.body)
        message["id"] = f"m{next(self._ids)}"
        self.sent.put_nowait(message)
        return as_json({"id": message["id"], "segmentCount": 1}, 202)

    def backend(self):
        return {"kind": "http", "name": "us", "provider": "bandwidth",
                "url": self.url(""), "account": "acct", "key": "user",
                "secret": "secret", "application": "app",
                "signature": PASSWORD, "rate": 100.0}

    async def next(self):
        return await asyncio.wait_for(self.sent.get(), 20)

    async def call(self, url, kind, message, **more):
        login = base64.b64encode(f"causeway:{PASSWORD}".encode()).decode()
        event = {"type": kind, "message": message, **more}
        status, _ = await post(url, json.dumps([event]), {
            "Content-Type": "application/json",
            "Authorization": f"Basic {login}"})
        return status

    async def brings(self, url, id, sender, to, text, owner):
        return await self.call(url, "message-received", {
            "id": id, "from": sender, "to": to, "text": text, "owner": owner,
            "direction": "in", "time": "2026-01-01T00:00:00.000Z"})


@pytest.fixture
def provider(run):
    server = wait(Provider(run.address, run.port()).start())
    yield server
    wait(server.close())


@pytest.fixture
def line(phones, provider, http_exchange):
    daemon = http_exchange(provider.backend())
    wait(daemon.start())
    phones.gateway = daemon.jid
    return daemon


def addresses(*rows):
    """The element of (type, name of the attribute, its value)."""
    inner = "".join(f"<address type='{kind}' {name}={xml.quoteattr(value)}/>"
                    for kind, name, value in rows)
    return f"<addresses xmlns='{ADDRESS}'>{inner}</addresses>"


async def test_a_group_is_a_room(phones, provider, line):
    alice = await phones.registered(gateway=line.jid)
    bob, carol = phones.stranger(), phones.stranger()
    to = [alice.number, carol]
    # Twice, as it was not heard the first time.
    for _ in range(2):
        assert await provider.brings(line.callback, "in1", bob, to,
                                     "Who comes?", alice.number) == 204
    room = await invited(phones, alice)
    entered = await alice.join(room, "alice")
    assert people_of(entered) == {phones.person(bob), phones.person(carol)}
    message = await heard(alice, entered, room, "Who comes?")
    assert message.get("from") == f"{room}/{bob}"
    # From another of them it is the same room.
    await provider.brings(line.callback, "in2", carol, [bob, alice.number],
                          "I do.", alice.number)
    message = await alice.get_message(f"{room}/{carol}", "I do.",
                                      kind="groupchat")
    id = alice.say(room, "Fine.")
    sent = await provider.next()
    assert (sent["from"], sent["text"]) == (alice.number, "Fine.")
    assert sorted(sent["to"]) == sorted([bob, carol])
    echo = await alice.get_message(f"{room}/alice", "Fine.",
                                   kind="groupchat")
    assert echo.get("id") == id
    await provider.call(line.callback, "message-failed",
                        {"id": sent["id"], "to": [bob, carol]}, to=carol,
                        errorCode=4720, description="no such number")
    error = await alice.get_error(id)
    assert carol in xml.error_text(error)
    assert not alice.unseen(lambda s: xml.body(s) == "Who comes?")


async def test_a_group_of_ones_own(phones, provider, line):
    alice = await phones.registered(gateway=line.jid)
    bob, carol = phones.stranger(), phones.stranger()
    alice.send_message(line.jid, "group")
    await alice.get_message(line.jid)
    alice.send_message(line.jid, f"{bob}\ntel:{carol}")
    room = await invited(phones, alice)
    await alice.join(room, "alice")
    alice.say(room, "Picnic?")
    assert sorted((await provider.next())["to"]) == sorted([bob, carol])


async def test_it_outlives_a_kill(phones, provider, line):
    alice = await phones.registered(gateway=line.jid)
    bob, carol = phones.stranger(), phones.stranger()
    await provider.brings(line.callback, "in1", bob, [alice.number, carol],
                          "Before.", alice.number)
    room = await invited(phones, alice)
    await line.kill()
    await line.start()
    entered = await alice.join(room, "alice")
    await heard(alice, entered, room, "Before.")
    alice.say(room, "After.")
    assert sorted((await provider.next())["to"]) == sorted([bob, carol])


async def test_addresses_out(phones, provider, line):
    alice = await phones.registered(gateway=line.jid)
    bob, carol, dan = (phones.stranger() for _ in range(3))
    info = await alice.iq("get", line.jid, "<query xmlns="
                          "'http://jabber.org/protocol/disco#info'/>")
    assert xml.one(info, f"info:query/info:feature[@var='{ADDRESS}']") \
        is not None
    alice.send_message(line.jid, "To all.", payload=addresses(
        ("to", "uri", f"sms:{bob}"), ("cc", "jid", phones.person(carol)),
        ("bcc", "uri", f"sms:{dan}")))
    first, second = await provider.next(), await provider.next()
    assert sorted(map(sorted, (first["to"], second["to"]))) == \
        sorted([sorted([bob, carol]), [dan]])


async def test_bad_addresses(phones, provider, line):
    alice = await phones.registered(gateway=line.jid)
    bob = phones.stranger()
    for bad in ("sms:hello", "mailto:x@example.org", "sms:"):
        id = alice.send_message(line.jid, "No.", payload=addresses(
            ("to", "uri", f"sms:{bob}"), ("to", "uri", bad)))
        error = await alice.get_error(id)
        assert xml.condition(error) == "jid-malformed"
        assert bad in xml.error_text(error)
    assert provider.sent.empty()


async def test_addresses_in(phones, provider, line):
    """As Cheogram reads them: one JID, the user's, and the others' URIs."""
    alice = await phones.registered(gateway=line.jid)
    form = xml.submit({"phone": alice.number, "groups": "addresses"},
                      form_type="jabber:iq:register")
    answer = await alice.iq("set", line.jid, "<query xmlns="
                            f"'jabber:iq:register'>{form}</query>")
    assert answer.get("type") == "result", xml.error_text(answer)
    bob, carol = phones.stranger(), phones.stranger()
    await provider.brings(line.callback, "in1", bob, [alice.number, carol],
                          "Who comes?", alice.number)
    message = await alice.get_message(phones.person(bob), "Who comes?")
    own, = [jid for _, jid in named(message) if jid]
    assert own == alice.bare
    other, = message.findall(f".//{{{ADDRESS}}}address[@uri]")
    assert other.attrib == {"type": "to", "uri": f"sms:{carol}",
                            "delivered": "true"}
