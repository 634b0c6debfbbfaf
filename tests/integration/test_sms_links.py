"""Links to a message centre, as users see them: TLS, pairs, outbind, a busy
centre, and whose receipt it is, whatever the centre writes and whenever it
says so."""

import asyncio

import pytest

from clients import xml
from clients.receipts import RECEIPT, is_received, receipt_for
from conftest import wait
from servers.dns import Dns
from servers.process import wait_for
from servers.smsc import Smsc
from test_ops import fetch

CENTRE, OTHER_NAME = "smsc.test", "other.test"


@pytest.fixture(scope="module")
def centre_names(run):
    server = Dns(run.address, run.port())
    for name in (CENTRE, OTHER_NAME):
        server.host(name, run.address)
    wait(server.start())
    yield server
    wait(server.close())


@pytest.fixture(scope="module")
def tls_centre(run, authority):
    certificate, key = authority.issue(CENTRE)
    server = Smsc(run, "smsc-links", certificate, key)
    wait(server.start())
    yield server
    wait(server.end())
    run.processes.remove(server)


@pytest.fixture
def centre(tls_centre):
    """As at first, with nobody bound."""
    wait(tls_centre.ask("reset"))
    tls_centre.mark()
    return tls_centre


class Link:
    """A daemon that is bound to a centre, alice here, bob with a phone."""

    def __init__(self, phones, daemon, centre):
        self.phones, self.daemon, self.centre = phones, daemon, centre
        self.bob = phones.stranger()
        self.alice = None
        self.since = 0

    async def start(self):
        self.since = await self.centre.now()
        await self.daemon.start()
        self.alice = await self.phones.registered(gateway=self.daemon.jid)
        return self

    async def bound(self):
        await self.daemon.logged("link backend=main state=up")
        return self

    def write(self, text, to=None):
        return self.alice.send_message(
            self.phones.person(to or self.bob), text, payload=RECEIPT)

    async def submits(self, to=None):
        return [event["text"]
                for event in await self.centre.events("submit", self.since)
                if event["destination_addr"] == (to or self.bob)[1:]]

    async def submitted(self, count=1, to=None):
        return await self.centre.happened(
            "submit", count, self.since,
            destination_addr=(to or self.bob)[1:])

    async def receipt(self, id, stat="DELIVRD", of=None):
        """One that the centre says without being asked."""
        assert (await self.centre.ask("receipt", **{
            "from": (of or self.bob)[1:], "to": self.alice.number[1:],
            "text": f"id:{id} sub:001 dlvrd:001 submit date:2601010000 "
            f"done date:2601010001 stat:{stat} err:000 text:x"
        }))["statuses"] == [0]

    async def is_in_doubt(self, id):
        error = await self.alice.get_error(id)
        assert xml.condition(error) == "remote-server-timeout"
        assert "may have been sent" in xml.error_text(error)

    async def turns_out(self, words):
        """The gateway says so, of bob."""
        told = xml.body(await self.alice.get_message(
            self.phones.gateway, where=lambda s: self.bob in xml.body(s)))
        assert "which may have been sent or not" in told
        assert words in told

    async def nothing_more(self, *ids):
        """Neither words nor receipts."""
        await self.alice.settle(self.phones.gateway)
        assert self.alice.unseen(lambda s: xml.kind(s) == "message" and
                                 xml.body(s) and self.bob in xml.body(s)) == []
        for id in ids:
            assert self.alice.unseen(receipt_for(id)) == []

    async def both_ways(self):
        await is_received(self.alice, self.write("Hello, phone!"))
        assert await self.centre.phone_says(
            "Hello, client!", sender=self.bob[1:],
            to=self.alice.number[1:]) == [0]
        await self.alice.get_message(self.phones.person(self.bob),
                                     "Hello, client!")


@pytest.fixture
def linked(phones, own_exchange, centre, centre_names):
    """Makes a link with these keys."""
    async def make(**keys):
        daemon = own_exchange(centre, **keys)
        daemon.settings["network"]["nameserver"] = centre_names.nameserver
        daemon.write_config()
        return await Link(phones, daemon, centre).start()
    return make


# --- Sessions -----------------------------------------------------------------

async def test_tls(linked, centre, authority):
    link = await linked(tls="required", host=CENTRE, port=centre.tls_port,
                        ca_file=str(authority.certificate))
    await (await link.bound()).both_ways()


@pytest.mark.parametrize("host, is_known", [
    (CENTRE, False), (OTHER_NAME, True)])
async def test_a_wrong_certificate(linked, centre, authority, host, is_known):
    """Nothing is said to it, not even the password; what is written waits."""
    keys = {"ca_file": str(authority.certificate)} if is_known else {}
    link = await linked(tls="required", host=host, port=centre.tls_port,
                        **keys)
    why = (await link.daemon.logged(
        r'\[main/1\] not bound why="([^"]*)" retry_s'))[1]
    assert "certificate" in why
    link.write("Hello?")
    await link.alice.settle(link.phones.gateway)
    assert await centre.events("bind", link.since) == []
    assert await link.submits() == []


async def test_a_pair(linked, centre):
    link = await (await linked(bind="pair")).bound()
    binds = {bind["as"]: bind["session"]
             for bind in await centre.events("bind", link.since)}
    assert sorted(binds) == ["bind_receiver", "bind_transmitter"]
    await link.both_ways()
    assert {event["session"] for event in
            await centre.events("submit", link.since)} == \
        {binds["bind_transmitter"]}
    assert {event["session"] for event in
            await centre.events("deliver_resp", link.since)} == \
        {binds["bind_receiver"]}


async def test_half_a_pair_is_lost(linked, centre):
    """Who cannot be heard is not written to; who can be is."""
    link = await (await linked(bind="pair", binds=2)).bound()
    assert len(await centre.events("bind", link.since)) == 4
    await link.both_ways()
    since = await centre.now()
    await centre.ask("drop")
    await centre.happened("bind", 4, since)
    await link.both_ways()


async def test_outbind(run, linked, centre):
    """The centre connects to us when it has something."""
    port = run.port()
    link = await (await linked(bind="transmitter", outbind={
        "listen": run.address, "port": port, "peers": ["127.0.0.1"],
        "password": "secret"})).bound()
    await centre.phone_says("Hello, client!", sender=link.bob[1:],
                            to=link.alice.number[1:], wait=0)
    await centre.ask("outbind", host=run.address, port=port)
    await link.alice.get_message(link.phones.person(link.bob),
                                 "Hello, client!")
    await is_received(link.alice, link.write("Hello, phone!"))


async def test_a_busy_centre(linked, centre):
    """Texts wait and keep their order; others wait as well."""
    link = await (await linked()).bound()
    carol = link.phones.stranger()
    await centre.mode(status=0x58)
    ids = [link.write(text) for text in ("1", "2", "3")]
    await link.submitted()
    ids += [link.write(text, carol) for text in ("4", "5")]

    async def is_slowed():
        _, metrics = await fetch(link.daemon, "/metrics")
        return 'causeway_sms_slowed{gateway="%s",backend="main"} 1\n' % \
            link.daemon.jid in metrics
    await wait_for(is_slowed, "a pause")
    await centre.mode(status=0)
    for id in ids:
        await is_received(link.alice, id)
    submits = await centre.events("submit", link.since)
    taken = [event["text"] for event in submits[-5:]]
    assert sorted(taken) == ["1", "2", "3", "4", "5"]
    assert [text for text in taken if text in "123"] == ["1", "2", "3"]
    assert [text for text in taken if text in "45"] == ["4", "5"]
    assert {event["text"] for event in submits[:-5]} <= {"1", "4"}
    # It was a second at least.
    first = next(event for event in submits if event["text"] == "1")
    again = [event for event in submits if event["text"] == "1"][1]
    assert again["at"] - first["at"] >= 900


async def test_a_centre_without_an_alphabet(linked, centre):
    """What it refuses for its alphabet goes once more, in UCS-2."""
    await centre.mode(only_coding=8)
    link = await (await linked()).bound()
    await is_received(link.alice, link.write("x" * 100))
    submits = await link.submitted(3)
    assert [event["data_coding"] for event in submits] == [0, 8, 8]
    assert "".join(event["text"] for event in submits[1:]) == "x" * 100
    await centre.mode(only_coding=4)
    error = await link.alice.get_error(link.write("y"))
    assert xml.condition(error) == "not-acceptable"
    assert (await link.submits())[3:] == ["y", "y"]


@pytest.mark.parametrize("segments", ["payload", "sar"])
async def test_a_centre_without_parameters(linked, centre, segments):
    """What it refuses for them goes again without, and so does all that
    follows."""
    await centre.mode(no_tlvs=1)
    link = await (await linked(long_texts=segments)).bound()
    await is_received(link.alice, link.write("x" * 200))
    await link.daemon.logged("optional parameters are refused")
    await is_received(link.alice, link.write("y" * 200))
    submits = await link.submitted()
    good = [event for event in submits
            if event["octets"].startswith("050003")]
    assert [event["octets"][8:12] for event in good] == \
        ["0201", "0202"] * 2
    # Those before were refused.
    assert submits[-4:] == good


# --- Receipts -----------------------------------------------------------------

@pytest.mark.parametrize("ids", ["decimal", "hex", "hexreceipt", "uuid",
                                 "upper", "zeros"])
async def test_ids_of_receipts(linked, centre, ids):
    """In time, early, late and twice."""
    await centre.mode(ids=ids, late_ms=900)
    link = await (await linked()).bound()
    people = [link.phones.stranger(suffix)
              for suffix in ("9999", "0008", "0009", "0010")]
    sent = [link.write(f"To {person}", person) for person in people]
    for id in sent:
        await is_received(link.alice, id)
    await centre.happened("deliver_resp", 5, link.since, status=0)
    await link.alice.settle(link.phones.gateway)
    for id in sent:
        assert link.alice.unseen(receipt_for(id)) == []
    assert len(await centre.events("submit", link.since)) == 4


async def test_ids_are_learnt(linked, centre, own_smsc):
    """What one link does says nothing about another."""
    await centre.mode(ids="hex")
    other = await own_smsc().start()
    link = await linked(prefixes=["+1202"])
    daemon = link.daemon
    backend = daemon.gateways[0]["backends"][0]
    daemon.gateways[0]["backends"].append({
        **backend, **other.settings(), "name": "other", "prefixes": []})
    await daemon.stop()
    daemon.write_config()
    await daemon.start()
    await link.alice.get_presence(link.phones.gateway)
    for number in range(5):
        await is_received(link.alice, link.write("x", f"+1202555100{number}"))
    await daemon.logged("ids of reports backend=main form=hex-to-decimal")
    assert "ids of reports backend=other" not in daemon.log()
    # What is the same in hexadecimal is another text there.
    id = link.write("y", "+12125551000")
    await is_received(link.alice, id)
    await other.happened("submit", destination_addr="12125551000")


async def test_guesses_have_the_same_receiver(linked, centre):
    await centre.mode(receipts="none", ids="hex")
    link = await (await linked()).bound()
    carol = link.phones.stranger()
    id = link.write("Hello!")
    await link.submitted()
    await centre.ask("enquire")
    # The centre counts on from 65535, tests before this one included.
    number = await last_id(link)
    await link.receipt(number, of=carol)
    await link.nothing_more(id)
    await link.receipt(number)
    await is_received(link.alice, id)


async def last_id(link):
    """... that the centre gave."""
    return (await link.centre.ask("sessions"))["last_id"]


# --- Answers that come too late, or never -------------------------------------

async def test_a_late_answer(linked, centre):
    """Its id is known when the receipt comes."""
    await centre.mode(answer_ms=1500, receipts="none")
    link = await (await linked(response_timeout=1)).bound()
    id = link.write("Hello!")
    await link.is_in_doubt(id)
    await link.daemon.logged("a submit was answered too late")
    await link.nothing_more(id)
    await link.receipt(await last_id(link))
    await link.turns_out("was delivered: do not send it again")
    await link.nothing_more(id)
    assert await link.submits() == ["Hello!"]


async def test_a_late_refusal(linked, centre):
    await centre.mode(answer_ms=1500, status=0x0B)
    link = await (await linked(response_timeout=1)).bound()
    id = link.write("Hello!")
    await link.is_in_doubt(id)
    await link.turns_out("did not arrive. The telephone network knows no "
                         "such number")
    await link.nothing_more(id)


@pytest.mark.parametrize("stat, words", [
    ("DELIVRD", "was delivered"), ("EXPIRED", "did not arrive")])
async def test_a_receipt_without_an_answer(linked, centre, stat, words):
    """It is for the same receiver."""
    await centre.mode(silent=1)
    link = await (await linked(response_timeout=1)).bound()
    id = link.write("Hello!")
    await link.is_in_doubt(id)
    await link.receipt("abc", of=link.phones.stranger())
    await link.nothing_more(id)
    await link.receipt("4711", stat)
    await link.turns_out(words)
    await link.receipt("4711")
    await centre.mode(silent=0)
    await is_received(link.alice, link.write("The last."))
    await link.nothing_more(id)


async def test_two_without_an_answer(linked, centre):
    """Nobody can tell which of them it is about."""
    await centre.mode(silent=1)
    link = await (await linked(response_timeout=1)).bound()
    for text in ("One.", "Two."):
        await link.is_in_doubt(link.write(text))
    await link.receipt("4711")
    await link.nothing_more()


async def test_a_receipt_after_a_crash(linked, centre):
    """Killed before the answer came: the next process knows the text."""
    await centre.mode(silent=1)
    link = await (await linked()).bound()
    id = link.write("Hello!")
    await link.submitted()
    await link.daemon.kill()
    await centre.mode(silent=0)
    await link.daemon.start()
    await link.is_in_doubt(id)
    await link.receipt("4711")
    await link.turns_out("was delivered")
    assert await link.submits() == ["Hello!"]
