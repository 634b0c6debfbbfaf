"""Behind Cheogram, as one of its SMS gateways (SGX): a component plays it
before a provider that looks like Bandwidth."""

import pytest

from clients import files, xml
from clients.component import XmppComponent
from clients.receipts import RECEIPT, is_received
from conftest import CHEOGRAM, wait
from servers.prosody import DOMAIN, SECRET
from servers.twilio import image
from servers.web import Web
from test_register import REMOVE
from test_sms_files import oob
from test_sms_groups import ADDRESS, Provider, addresses

MEDIA = "media.bandwidth.test"
INFO = "<query xmlns='http://jabber.org/protocol/disco#info'/>"
ITEMS = "<query xmlns='http://jabber.org/protocol/disco#items' " \
    "node='http://jabber.org/protocol/commands'/>"
ASK_FORM = "<query xmlns='jabber:iq:register'/>"
# Whose answer decides what Cheogram does when somebody adds a number.
QUERY = "CHEOGRAM%query-then-send-presence"


class Person:
    """A user of Cheogram's as the gateway sees him."""

    def __init__(self, cheogram, gateway, number, name):
        self.cheogram = cheogram
        self.gateway = gateway
        self.number = number
        self.bare = f"{name}\\40{DOMAIN}@{CHEOGRAM}"
        self.jid = f"{self.bare}/phone"

    def person(self, number):
        return f"{number}@{self.gateway}"

    async def iq(self, kind, to, payload, resource="phone"):
        return await self.cheogram.iq(kind, f"{self.bare}/{resource}", to,
                                      payload)

    async def register(self):
        form = xml.submit({"phone": self.number},
                          form_type="jabber:iq:register")
        return await self.iq("set", self.gateway, "<query xmlns="
                             f"'jabber:iq:register'>{form}</query>")

    def says(self, to, body, payload=""):
        return self.cheogram.send_message(self.jid, to, body, payload)

    async def hears(self, number, body, to=None):
        return await self.cheogram.get_message(
            self.person(number), to or self.bare, body)


@pytest.fixture
def cheogram(run, prosody):
    made = XmppComponent(CHEOGRAM)
    wait(made.connect(run.address, prosody.component, SECRET))
    yield made
    wait(made.close())


@pytest.fixture
def bandwidth(run):
    server = wait(Provider(run.address, run.port()).start())
    yield server
    wait(server.close())


@pytest.fixture
def pictures(run, authority, upload_names):
    """Where Bandwidth has files."""
    upload_names.host(MEDIA, run.address)
    server = wait(Web(run.address, run.port(), authority.issue(MEDIA),
                      host=MEDIA).start())
    yield server
    wait(server.close())


@pytest.fixture
def sgx(phones, prosody, bandwidth, http_exchange):
    """What the administrator's guide says about Cheogram is all that is
    configured."""
    backend = {**bandwidth.backend(), "numbers": [phones.number()]}
    daemon = http_exchange(backend, {
        "relays": [CHEOGRAM],
        "assign": [{"number": phones.number(),
                    "users": [f"alice\\40{DOMAIN}@{CHEOGRAM}"]}]})
    daemon.settings["access"] = {"register": [CHEOGRAM]}
    daemon.settings["upload"] = {"service": prosody.upload}
    daemon.write_config()
    wait(daemon.start())
    phones.gateway = daemon.jid
    return daemon


@pytest.fixture
def alice(phones, cheogram, sgx):
    """Somebody who has chosen this gateway as his route."""
    person = Person(cheogram, sgx.jid, phones.number(), "alice")
    answer = wait(person.register())
    assert answer.get("type") == "result", xml.error_text(answer)
    return person


def features(answer):
    return {one.get("var") for one in xml.all_of(answer,
                                                 "info:query/info:feature")}


def identity(answer):
    found = xml.one(answer, "info:query/info:identity")
    return found.get("category"), found.get("type")


def named(message):
    """The attributes of each address, those with JIDs first."""
    return sorted((dict(one.attrib) for one in
                   message.iter(f"{{{ADDRESS}}}address")),
                  key=lambda one: one.get("uri", ""))


async def test_choosing_it(phones, cheogram, sgx):
    """Cheogram's command: has the gateway a command for it? If not, the form
    is shown, and sent back as it was filled in."""
    alice = Person(cheogram, sgx.jid, phones.number(), "alice")
    items = await alice.iq("get", sgx.jid, ITEMS)
    assert items.get("type") == "result"
    answer = await alice.iq("get", sgx.jid, ASK_FORM)
    form = answer.find(".//{jabber:x:data}x")
    assert xml.one(answer, "reg:query/reg:registered") is None
    assert "phone" in xml.form_fields(form)
    answer = await alice.register()
    assert answer.get("type") == "result", xml.error_text(answer)
    answer = await alice.iq("get", sgx.jid, ASK_FORM)
    assert xml.one(answer, "reg:query/reg:registered") is not None


async def test_who_may_not(phones, cheogram, sgx):
    bob = Person(cheogram, sgx.jid, phones.number(), "bob")
    answer = await bob.register()
    assert answer.get("type") == "error"
    assert "operator" in xml.error_text(answer)
    stranger = await phones.xmpp("carol")
    answer = await stranger.iq("get", sgx.jid, ASK_FORM)
    assert xml.condition(answer) == "forbidden"


async def test_what_it_is(phones, alice):
    answer = await alice.iq("get", alice.gateway, INFO)
    assert identity(answer) == ("gateway", "sms")
    assert {ADDRESS, "jabber:iq:register", "jabber:iq:gateway", "vcard-temp",
            "urn:xmpp:ping"} <= features(answer)
    bob = alice.person(phones.stranger())
    answer = await alice.iq("get", bob, INFO, QUERY)
    assert identity(answer) == ("client", "sms")
    # Without them Cheogram makes receipts of its own.
    assert {"urn:xmpp:receipts", "jabber:x:oob"} <= features(answer)
    answer = await alice.iq("get", bob, "<vCard xmlns='vcard-temp'/>")
    assert answer.get("type") == "result"
    # Cheogram waits for the answer before it answers its own users.
    answer = await alice.iq("get", alice.gateway, "<services xmlns="
                            "'urn:xmpp:extdisco:2' type='sip'/>", "IQMANAGER")
    assert answer.get("type") == "error"


async def test_out(phones, alice, bandwidth, sgx):
    bob = phones.stranger()
    id = alice.says(alice.person(bob), "Hello.", RECEIPT)
    sent = await bandwidth.next()
    assert (sent["from"], sent["to"], sent["text"]) == \
        (alice.number, [bob], "Hello.")
    await bandwidth.call(sgx.callback, "message-delivered",
                         {"id": sent["id"], "to": [bob]}, to=bob)
    await is_received(alice.cheogram, id)
    id = alice.says(alice.person(bob), "And now?", RECEIPT)
    sent = await bandwidth.next()
    await bandwidth.call(sgx.callback, "message-failed",
                         {"id": sent["id"], "to": [bob]}, to=bob,
                         errorCode=4720, description="no such number")
    error = await alice.cheogram.get_error(id)
    assert error.get("to") == alice.jid
    assert error.get("from") == alice.person(bob)


async def test_a_long_text_is_not_asked_about(phones, alice, bandwidth):
    """What Cheogram's users write to a gateway stays with Cheogram."""
    text = "All of it. " * 80
    alice.says(alice.person(phones.stranger()), text.strip())
    assert (await bandwidth.next())["text"] == text.strip()


async def test_in(phones, alice, bandwidth, sgx):
    bob = phones.stranger()
    for _ in range(2):
        assert await bandwidth.brings(sgx.callback, "in1", bob,
                                      [alice.number], "Hi!",
                                      alice.number) == 204
    message = await alice.hears(bob, "Hi!")
    assert message.get("type") == "chat"
    assert not named(message)
    await bandwidth.brings(sgx.callback, "in2", bob, [alice.number], "Twice?",
                           alice.number)
    await alice.hears(bob, "Twice?")
    assert not alice.cheogram.inbox.take_all(lambda s: xml.body(s) == "Hi!")


async def test_a_group_out(phones, alice, bandwidth):
    """As Cheogram makes it of a message to "+1a,+1b@its.domain"."""
    bob, carol = phones.stranger(), phones.stranger()
    alice.says(alice.gateway, "To both.", addresses(
        ("to", "uri", f"sms:{bob}"), ("to", "uri", f"sms:{carol}")))
    assert sorted((await bandwidth.next())["to"]) == sorted([bob, carol])
    id = alice.says(alice.gateway, "No.", addresses(
        ("to", "uri", f"sms:{bob}"), ("to", "uri", "sms:hello")))
    error = await alice.cheogram.get_error(id)
    assert xml.condition(error) == "jid-malformed"
    assert "sms:hello" in xml.error_text(error)
    # Who has it already gets it not again.
    alice.says(alice.gateway, "One.", f"<addresses xmlns='{ADDRESS}'>"
               f"<address type='to' uri='sms:{bob}'/>"
               f"<address type='to' uri='sms:{carol}' delivered='true'/>"
               "</addresses>")
    assert (await bandwidth.next())["to"] == [bob]
    assert bandwidth.sent.empty()


async def test_a_group_in(phones, alice, bandwidth, sgx):
    """To Cheogram itself, which gives it to the one who is named by JID and
    has it not yet. Nobody is invited into a room."""
    bob, carol = phones.stranger(), phones.stranger()
    await bandwidth.brings(sgx.callback, "in1", bob, [alice.number, carol],
                           "Who comes?", alice.number)
    message = await alice.hears(bob, "Who comes?", CHEOGRAM)
    assert named(message) == [
        {"type": "to", "jid": alice.bare},
        {"type": "to", "uri": f"sms:{carol}", "delivered": "true"}]
    await bandwidth.brings(sgx.callback, "in2", carol, [alice.number],
                           "Only you.", alice.number)
    await alice.hears(carol, "Only you.")
    assert not alice.cheogram.inbox.take_all(
        lambda s: xml.one(s, "conf:x") is not None)


async def test_it_comes_after_a_kill(phones, run, prosody, alice, bandwidth,
                                     sgx):
    """What came while Cheogram was away is there after a restart of the
    gateway."""
    bob, carol = phones.stranger(), phones.stranger()
    await alice.cheogram.close()
    await bandwidth.brings(sgx.callback, "in1", bob, [alice.number, carol],
                           "Who comes?", alice.number)
    await bandwidth.brings(sgx.callback, "in2", bob, [alice.number],
                           "Well?", alice.number)
    await sgx.kill()
    await alice.cheogram.connect(run.address, prosody.component, SECRET)
    await sgx.start()
    await alice.hears(bob, "Who comes?", CHEOGRAM)
    await alice.hears(bob, "Well?")


async def test_files(phones, run, authority, alice, bandwidth, sgx,
                     pictures):
    bob, url = phones.stranger(), f"https://{MEDIA}/cat.jpg"
    alice.says(alice.person(bob), url, oob(url))
    assert (await bandwidth.next())["media"] == [url]
    alice.says(alice.gateway, url, oob(url) + addresses(
        ("to", "uri", f"sms:{bob}"), ("to", "uri", "sms:+12125550188")))
    sent = await bandwidth.next()
    assert sent["media"] == [url] and len(sent["to"]) == 2
    pictures.pages["/one.png"] = image("one")
    await bandwidth.call(sgx.callback, "message-received", {
        "id": "in1", "from": bob, "to": [alice.number], "text": "",
        "media": [pictures.url("/one.png")], "owner": alice.number,
        "direction": "in", "time": "2026-01-01T00:00:00.000Z"})
    message = await alice.hears(bob, None)
    mine = message.findtext("{jabber:x:oob}x/{jabber:x:oob}url")
    assert mine == xml.body(message)
    data = await files.download(run.address, authority, mine)
    assert data.startswith(b"\x89PNG")


async def test_leaving(phones, alice, bandwidth, sgx):
    """As Cheogram does when its user takes another route."""
    answer = await alice.iq("set", alice.gateway, REMOVE, "CHEOGRAM%removed")
    assert answer.get("type") == "result"
    id = alice.says(alice.person(phones.stranger()), "Too late.")
    error = await alice.cheogram.get_error(id)
    assert xml.condition(error) == "registration-required"
    assert bandwidth.sent.empty()
