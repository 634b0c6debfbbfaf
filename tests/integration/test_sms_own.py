"""Accounts at providers that users bring: with a provider that looks like
Twilio, and calls back as it does."""

import asyncio
import base64
import hashlib
import hmac
import itertools
import re
import urllib.parse

import pytest

from clients import xml
from conftest import wait
from servers.causeway import TOP
from servers.process import wait_for
from servers.web import Web, as_json
from test_commands import ask, command
from test_mail_groups import invited, people_of
from test_mail_out import RECEIPT, is_received
from test_register import REMOVE
from test_sms_groups import PASSWORD as CALLBACKS
from test_sms_groups import Provider as GroupProvider
from test_sms_groups import addresses
from test_sms_providers import post

SECRET = "Qz7secret"
ACCOUNT = "AC77"
SEND = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
FORM = "application/x-www-form-urlencoded"
PEER = "+12025550123"


class Provider:
    """What the pages of Twilio do, and who signs as it does."""

    def __init__(self, web):
        self.web = web
        self.secret = SECRET
        self._ids = itertools.count(1)
        web.pages[SEND] = self._send

    def _send(self, request):
        login = base64.b64decode(
            request.headers["authorization"].split()[1]).decode()
        if login != f"{ACCOUNT}:{self.secret}":
            return as_json({"code": 20003, "message": "Authenticate"}, 401)
        return as_json({"sid": f"SM{next(self._ids)}", "status": "queued"},
                       201)

    def sent(self):
        return [request.form for request in self.web.asked(SEND)]

    def file(self, folder):
        text = (TOP / "etc/sms-providers/twilio.conf").read_text()
        path = folder / "twilio.conf"
        path.write_text(text.replace("https://api.twilio.com",
                                     self.web.url("")))
        return str(path)

    async def calls(self, url, secret=None, **fields):
        signed = url + "".join(map("".join, sorted(fields.items())))
        key = (secret or self.secret).encode()
        signature = base64.b64encode(
            hmac.new(key, signed.encode(), hashlib.sha1).digest())
        status, _ = await post(url, urllib.parse.urlencode(fields), {
            "Content-Type": FORM, "X-Twilio-Signature": signature.decode()})
        return status


@pytest.fixture
def provider(run):
    web = wait(Web(run.address, run.port()).start())
    yield Provider(web)
    wait(web.close())


@pytest.fixture
def bandwidth(run):
    """One that has groups; `file` describes it."""
    server = wait(GroupProvider(run.address, run.port()).start())
    text = (TOP / "etc/sms-providers/bandwidth.conf").read_text()
    path = run.make_folder("bandwidth") / "bandwidth.conf"
    path.write_text(text.replace("https://messaging.bandwidth.com",
                                 server.url("")))
    server.file = str(path)
    yield server
    wait(server.close())


@pytest.fixture
def daemon(run, provider, own_smsc, own_exchange):
    """Whoever needs another limit says so: daemon(most=1)."""
    async def start(**settings):
        centre = await own_smsc().start()
        made = own_exchange(centre)
        made.gateways[0]["own_accounts"] = {
            "providers": [provider.file(made.folder)],
            "callback_url": f"http://{run.address}:{made.http}", **settings}
        made.write_config()
        await made.start()
        return made
    return start


async def brings(phones, client, number, secret=SECRET, **more):
    form = xml.submit({"phone": number, "provider": "twilio",
                       "account": ACCOUNT, "secret": secret, **more},
                      form_type="jabber:iq:register")
    return await client.iq("set", phones.gateway, "<query xmlns="
                           f"'jabber:iq:register'>{form}</query>")


async def callback(phones, client):
    """The address that the user is told."""
    told = await client.get_message(phones.gateway, re.compile("(?s)http"))
    return re.search(r"http://\S+", xml.body(told)).group(0)


async def at_home(phones, client):
    await client.get_presence(phones.gateway, "subscribe")
    client.send_presence(phones.gateway, "subscribed")
    client.send_presence(phones.gateway, "subscribe")
    await client.get_presence(phones.gateway)


async def texts(provider, count):
    """What it was asked to send, when that is so many."""
    await wait_for(lambda: len(provider.sent()) >= count, "texts")
    return provider.sent()


def incoming(id, number, text):
    return {"MessageSid": id, "SmsStatus": "received", "From": PEER,
            "To": number, "Body": text, "NumMedia": "0"}


async def test_both_ways(phones, provider, daemon):
    made = await daemon()
    phones.gateway = made.jid
    carol = await phones.xmpp("carol")
    number = phones.stranger()
    answer = await brings(phones, carol, number)
    assert answer.get("type") == "result", xml.error_text(answer)
    url = await callback(phones, carol)
    await at_home(phones, carol)
    id = carol.send_message(phones.person(PEER), "By mine.",
                            payload=RECEIPT)
    [sent] = await texts(provider, 1)
    assert sent["From"] == number and sent["To"] == PEER
    assert sent["Body"] == "By mine." and sent["StatusCallback"] == url
    report = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": PEER}
    assert await provider.calls(url, **report) == 200
    await is_received(carol, id)
    text = incoming("SM90", number, "To you.")
    assert await provider.calls(url, **text) == 200
    await carol.get_message(phones.person(PEER), "To you.")
    # Who does not know the secret, or the address, gets nothing in.
    assert await provider.calls(url, secret="x", **text) == 403
    assert await provider.calls(url[:-3], **text) == 404
    words = await ask(carol, phones, "usage")
    assert number in words and url in words and "Twilio" in words
    assert SECRET not in words


async def test_a_wrong_secret_is_told(phones, provider, daemon):
    made = await daemon()
    phones.gateway = made.jid
    carol = await phones.xmpp("carol")
    number = phones.stranger()
    answer = await brings(phones, carol, number, secret="Rk8secret")
    assert answer.get("type") == "result", xml.error_text(answer)
    url = await callback(phones, carol)
    await at_home(phones, carol)
    id = carol.send_message(phones.person(PEER), "One.")
    error = await carol.get_error(id)
    assert "register" in xml.error_text(error)
    await carol.get_message(phones.gateway, re.compile("does not accept"))
    answer = await brings(phones, carol, number)
    assert answer.get("type") == "result", xml.error_text(answer)
    carol.send_message(phones.person(PEER), "Two.")
    # The address is the same.
    assert (await texts(provider, 2))[1]["StatusCallback"] == url


async def test_after_a_restart(phones, provider, daemon):
    made = await daemon()
    phones.gateway = made.jid
    carol = await phones.xmpp("carol")
    number = phones.stranger()
    await brings(phones, carol, number)
    url = await callback(phones, carol)
    await at_home(phones, carol)
    id = carol.send_message(phones.person(PEER), "Before.",
                            payload=RECEIPT)
    # When the next one leaves, all about this one is on disk.
    carol.send_message(phones.person(PEER), "Next.")
    await texts(provider, 2)
    await made.kill()
    await made.start()
    while await provider.calls(
            url, **incoming("SM91", number, "After.")) != 200:
        await asyncio.sleep(0.05)
    await carol.get_message(phones.person(PEER), "After.")
    report = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": PEER}
    assert await provider.calls(url, **report) == 200
    await is_received(carol, id)


async def test_unregistering_ends_it(phones, provider, daemon):
    made = await daemon(most=1)
    phones.gateway = made.jid
    carol = await phones.xmpp("carol")
    dave = await phones.xmpp("dave")
    number = phones.stranger()
    await brings(phones, carol, number)
    url = await callback(phones, carol)
    answer = await brings(phones, dave, phones.stranger())
    assert "operator" in xml.error_text(answer)
    answer = await carol.iq("set", phones.gateway, REMOVE)
    assert answer.get("type") == "result"
    text = incoming("SM92", number, "Too late.")
    assert await provider.calls(url, **text) == 404
    answer = await brings(phones, dave, phones.stranger())
    assert answer.get("type") == "result", xml.error_text(answer)
    assert await callback(phones, dave) != url


async def test_by_plain_fields(phones, provider, daemon):
    made = await daemon()
    phones.gateway = made.jid
    carol = await phones.xmpp("carol")
    answer = await carol.iq(
        "set", phones.gateway, "<query xmlns='jabber:iq:register'>"
        f"<phone>{phones.stranger()}</phone><name>twilio</name>"
        f"<username>{ACCOUNT}</username><password>{SECRET}</password>"
        "</query>")
    assert answer.get("type") == "result", xml.error_text(answer)
    await callback(phones, carol)


async def test_a_group_by_it(run, phones, daemon, bandwidth):
    """By a provider that has groups, as a room; two accounts for the same
    number have nothing of each other's."""
    made = await daemon(providers=[bandwidth.file])
    phones.gateway = made.jid
    carol, dave = await phones.xmpp("carol"), await phones.xmpp("dave")
    number, one, two = (phones.stranger() for _ in range(3))
    rooms, urls = [], []
    for client in (carol, dave):
        form = xml.submit({"phone": number, "provider": "bandwidth",
                           "account": "acct", "key": "user",
                           "secret": SECRET, "application": "app",
                           "signature": CALLBACKS},
                          form_type="jabber:iq:register")
        answer = await client.iq("set", made.jid, "<query xmlns="
                                 f"'jabber:iq:register'>{form}</query>")
        assert answer.get("type") == "result", xml.error_text(answer)
        urls.append(await callback(phones, client))
        await at_home(phones, client)
    for client, url in zip((carol, dave), urls):
        assert await bandwidth.brings(url, "in1", one, [number, two],
                                      "Who comes?", number) == 204
        rooms.append(await invited(phones, client))
        entered = await client.join(rooms[-1], "me")
        assert people_of(entered) == {phones.person(one), phones.person(two)}
    assert rooms[0] != rooms[1]
    carol.say(rooms[0], "I do.")
    sent = await bandwidth.next()
    assert (sent["from"], sent["text"]) == (number, "I do.")
    assert sorted(sent["to"]) == sorted([one, two])
    carol.send_message(made.jid, "To all.", payload=addresses(
        ("to", "uri", f"sms:{one}"), ("cc", "uri", f"sms:{two}")))
    assert sorted((await bandwidth.next())["to"]) == sorted([one, two])
    assert not dave.unseen(lambda s: xml.body(s) in ("I do.", "To all."))


async def test_by_command(phones, provider, daemon):
    made = await daemon()
    phones.gateway = made.jid
    carol = await phones.xmpp("carol")
    form = xml.submit({"phone": phones.stranger(), "provider": "twilio",
                       "account": ACCOUNT, "secret": SECRET})
    answer = await command(carol, phones.gateway, "register")
    fields = xml.form_fields(answer.find(".//{jabber:x:data}x"))
    assert {"provider", "secret", "signature"} <= set(fields)
    session = xml.attr(answer, "cmd:command", "sessionid")
    answer = await command(carol, phones.gateway, "register", "complete",
                           session, form)
    assert xml.attr(answer, "cmd:command", "status") == "completed"
    await callback(phones, carol)


async def test_a_chat_asks_for_no_secret(phones, provider, daemon):
    made = await daemon()
    phones.gateway = made.jid
    carol = await phones.xmpp("carol")
    words = await ask(carol, phones, "register")
    assert "use a form" in words and "Secret" in words


async def test_it_is_hidden_where_it_is_off(phones, exchange, smsc):
    carol = await phones.xmpp("carol")
    answer = await carol.iq("get", phones.gateway,
                            "<query xmlns='jabber:iq:register'/>")
    fields = xml.form_fields(answer.find(".//{jabber:x:data}x"))
    assert not {"provider", "account", "secret"} & set(fields)
    assert answer.find(".//{jabber:iq:register}password") is None
    answer = await brings(phones, carol, phones.stranger())
    assert answer.get("type") == "error"
    assert "empty" in xml.error_text(answer)
    words = await ask(carol, phones, "register")
    assert "form" not in words
