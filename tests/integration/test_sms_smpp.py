"""The SMPP carrier, without the gateway, and an SMSC of other people's
making: tests/smsc."""

import asyncio

import pytest

import dissect
from conftest import wait
from servers import carrier as carriers
from servers.carrier import Carrier
from servers.smsc import Smsc, node_modules

PEER = "+15557770000"


@pytest.fixture(scope="session")
def smsc_here(run, authority):
    if not carriers.program().exists():
        pytest.skip(f"{carriers.program()} is not built")
    if node_modules() is None:
        pytest.skip("there is no node or no npm")
    certificate, key = authority.issue("smsc.localhost", "localhost")
    return wait(Smsc(run, certificate=certificate, key=key).start())


@pytest.fixture
def smsc(smsc_here):
    """As it was at first, with nobody bound."""
    wait(smsc_here.ask("reset"))
    return smsc_here


@pytest.fixture
def carrier(run, smsc):
    """Makes one: carrier(window=2, ...), started and bound unless up=False.
    """
    made = []

    async def make(up=True, **settings):
        one = Carrier(run, "smpp", smsc.settings(**settings))
        made.append(one)
        await one.start()
        while up and (await one.hear("link"))[1] != "up":
            pass  # of several sessions one may be up before
        return one
    yield make
    for one in made:
        if one.alive():
            wait(one.finish())
        run.processes.remove(one)


def number(suffix):
    return f"+1555000{suffix}"


# --- Out ----------------------------------------------------------------------

async def test_text_and_receipt(smsc, carrier):
    since = await smsc.now()
    one = await carrier()
    one.submit(7, PEER, b"hello")
    accepted = await one.hear("accepted", 7)
    report = await one.hear("report")
    assert report[2:] == (accepted[2], PEER[1:], "delivered", "ok", "")
    await asyncio.sleep(0.1)
    assert not await smsc.events("deliver_resp", since)
    one.say("settle", report[1], "ok")
    await smsc.happened("deliver_resp", since=since, status=0)
    submit, = await smsc.events("submit", since)
    assert submit["text"] == "hello"
    assert (submit["source_addr"], submit["source_addr_ton"]) == \
        ("15551234567", 1)


@pytest.mark.parametrize("suffix, kind, code", [
    ("0001", "throttle", "0x58"),
    ("0003", "bad_dest", "0x0B"),
    ("0004", "throttle", "0x14"),
    ("0015", "retry", "0x45"),
    ("0016", "retry", "0x08"),
    ("0018", "perm", "0x401"),
    ("0019", "fault", "0x03"),
])
async def test_refusals(carrier, suffix, kind, code):
    one = await carrier()
    one.submit(1, number(suffix))
    _, _, was, text, _ = await one.hear("rejected", 1)
    assert was == kind
    assert code in text


@pytest.mark.parametrize("suffix, states", [
    ("0002", ["undeliverable"]),
    ("0006", ["expired"]),
    ("0007", ["rejected"]),
    ("0009", ["delivered", "delivered"]),
    ("0020", ["accepted", "delivered"]),
    ("0021", ["enroute", "delivered"]),
    ("0022", ["deleted"]),
    ("0023", ["unknown"]),
])
async def test_receipts(carrier, suffix, states):
    one = await carrier()
    one.submit(1, number(suffix))
    accepted = await one.hear("accepted", 1)
    for state in states:
        report = await one.hear("report")
        assert report[2] == accepted[2]
        assert report[4] == state
        one.say("settle", report[1], "ok")


async def test_early_receipt(smsc, carrier):
    """The SMSC waits for the answer to it before it answers the submit."""
    one = await carrier()
    one.submit(1, number("0008"))
    report = await one.hear("report")
    assert not one.heard("accepted")
    one.say("settle", report[1], "ok")
    accepted = await one.hear("accepted", 1)
    assert accepted[2] == report[2]


@pytest.mark.parametrize("modes", [
    {"form": "text"}, {"form": "tlv"}, {"receipt_coding": 8, "form": "text"},
    {"receipt_by": "data_sm"}, {"receipt_by": "payload", "form": "text"},
    {"ids": "uuid"},
])
async def test_forms_of_receipts(smsc, carrier, modes):
    await smsc.mode(**modes)
    one = await carrier()
    one.submit(1, PEER)
    accepted = await one.hear("accepted", 1)
    report = await one.hear("report")
    assert (report[2], report[4]) == (accepted[2], "delivered")


async def test_ids_as_they_come(smsc, carrier):
    """Which belong together is the gateway's to learn."""
    one = await carrier()
    one.submit(1, number("0012"))
    accepted, report = await one.hear("accepted", 1), await one.hear("report")
    assert int(accepted[2], 16) == int(report[2])
    one.submit(2, number("0017"))
    assert (await one.hear("accepted", 2))[2] == ""


async def test_window_and_order(smsc, carrier):
    since = await smsc.now()
    await smsc.mode(answer_ms=200)
    one = await carrier(window=5, binds=2)
    for token in range(8):
        one.submit(token, PEER, b"%d" % token)
    for token in range(8):
        await one.hear("accepted", token)
    texts = [event["text"] for event in await smsc.events("submit", since)]
    assert texts == [str(token) for token in range(8)]


async def test_unanswered_text_is_lost(carrier):
    one = await carrier(response_timeout=1)
    one.submit(1, number("0005"))
    await one.hear("lost", 1)
    one.submit(2, PEER)
    await one.hear("accepted", 2)


async def test_broken_connection(smsc, carrier):
    """What was under way is lost, and it comes back by itself."""
    one = await carrier()
    one.submit(1, number("0014"))
    await one.hear("lost", 1)
    await one.hear("link", "down")
    await one.hear("link", "up")
    one.submit(2, PEER)
    await one.hear("accepted", 2)


async def test_throttled(smsc, carrier):
    """It goes on after a while, without being asked."""
    one = await carrier()
    await one.hear("ready")
    one.submit(1, number("0001"))
    _, _, _, _, wait_ms = await one.hear("rejected", 1, "throttle")
    assert 0 < wait_ms <= 2000
    one.say("room")
    await one.hear("room", 0)
    await one.hear("ready")
    one.say("room")
    assert (await one.hear("room"))[1] > 0


async def test_sar(smsc, carrier):
    since = await smsc.now()
    one = await carrier(long_texts="sar")
    for token in (1, 2):
        one.submit(token, PEER, b"part", header=bytes([0, 3, 7, 2, token]))
        await one.hear("accepted", token)
    submits = await smsc.events("submit", since)
    assert [(submit["text"], submit["sar_msg_ref_num"],
             submit["sar_total_segments"], submit["sar_segment_seqnum"])
            for submit in submits] == [("part", 7, 2, 1), ("part", 7, 2, 2)]


# --- In -----------------------------------------------------------------------

async def take(one, smsc, **query):
    """The event of a text from a phone, which is stored."""
    asked = asyncio.create_task(smsc.phone_says(**query))
    event = await one.hear("incoming")
    one.say("settle", event[1], "ok")
    assert await asked == [0]
    return event


async def test_texts_from_phones(smsc, carrier):
    one = await carrier()
    event = await take(one, smsc, text="hi there")
    assert event[2:] == ("15557770000", 1, "15551234567", carriers.GSM, b"",
                         b"hi there", "-")
    event = await take(one, smsc, text="Привет 😀")
    assert event[5] == carriers.UCS2
    assert event[7].decode("utf-16-be") == "Привет 😀"
    event = await take(one, smsc, text="hello", payload=1)
    assert event[7] == b"hello"
    event = await take(one, smsc, text="hello", data_sm=1)
    assert event[7] == b"hello"
    event = await take(one, smsc, text="x", sar="258,3,2")
    assert event[8] == "2/3/258/s"
    event = await take(one, smsc, text="x", sender="ACME", ton=5, npi=0)
    assert event[2:4] == ("ACME", 4)
    event = await take(one, smsc, text="", dc=4, hex="00ff",
                       udh="06050423f40000")
    assert event[5:8] == (carriers.BINARY, bytes.fromhex("050423f40000"),
                          b"\x00\xff")


async def test_long_text_from_a_phone(smsc, carrier):
    one = await carrier()
    text = "0123456789" * 20
    asked = asyncio.create_task(smsc.phone_says(text))
    parts = [await one.hear("incoming") for _ in range(2)]
    assert b"".join(part[7] for part in parts).decode() == text
    assert [part[8].split("/")[:2] for part in parts] == \
        [["1", "2"], ["2", "2"]]
    for part in parts:
        one.say("settle", part[1], "ok")
    assert await asked == [0, 0]


async def test_not_stored_comes_again(smsc, carrier):
    await smsc.mode(retry_ms=50)
    since = await smsc.now()
    one = await carrier()
    asked = asyncio.create_task(smsc.phone_says("again"))
    event = await one.hear("incoming")
    one.say("settle", event[1], "again")
    await smsc.happened("deliver_resp", since=since, status=0x64)
    event = await one.hear("incoming")
    one.say("settle", event[1], "ok")
    assert await asked == [0]


async def test_unsettled_comes_again(smsc, carrier):
    """To whoever is bound next."""
    one = await carrier()
    asked = asyncio.create_task(smsc.phone_says("again"))
    await one.hear("incoming")
    await one.kill()
    two = await carrier()
    event = await two.hear("incoming")
    two.say("settle", event[1], "ok")
    assert await asked == [0]


# --- Sessions -----------------------------------------------------------------

async def test_tls(smsc, carrier, authority):
    one = await carrier(tls="required", port=smsc.tls_port,
                        host="localhost" if smsc.run.address == "127.0.0.1"
                        else smsc.run.address, verify=False)
    one.submit(1, PEER)
    await one.hear("accepted", 1)


async def test_tls_is_verified(smsc, carrier, authority):
    """Its certificate is for another name than the address."""
    since = await smsc.now()
    one = await carrier(up=False, tls="required", port=smsc.tls_port,
                        ca_file=str(authority.certificate))
    await one.logged("not bound why=")
    assert not await smsc.events("bind", since)
    assert not one.heard("link")


async def test_pair(smsc, carrier):
    since = await smsc.now()
    one = await carrier(bind="pair", up=False)
    while (await one.hear("link"))[1] != "up":
        pass
    binds = await smsc.events("bind", since)
    assert sorted(bind["as"] for bind in binds) == \
        ["bind_receiver", "bind_transmitter"]
    one.submit(1, PEER)
    accepted, report = await one.hear("accepted", 1), await one.hear("report")
    assert report[2] == accepted[2]


async def test_refused_login(smsc, carrier):
    one = await carrier(up=False, password="wrong")
    match = await one.logged(r'not bound why="([^"]*)" retry_s=(\d+)')
    assert "password is wrong" in match[1]
    assert int(match[2]) >= 60


async def test_asked_for_signs_of_life(smsc, carrier):
    await carrier(enquire_link=1)
    since = await smsc.now()
    await smsc.happened("enquire_link", 2, since)
    assert set((await smsc.ask("enquire"))["statuses"]) == {0}


async def test_unbound_by_the_smsc(smsc, carrier):
    one = await carrier()
    assert (await smsc.ask("unbind"))["statuses"] == [0]
    await one.hear("link", "down")
    await one.hear("link", "up")


async def test_drain(smsc, carrier):
    """What is under way ends before it says goodbye."""
    await smsc.mode(answer_ms=500)
    since = await smsc.now()
    one = await carrier()
    one.submit(1, PEER)
    one.say("drain")
    await one.hear("accepted", 1)
    await smsc.happened("unbind", since=since)
    await smsc.happened("close", since=since)


async def test_outbind(run, smsc, carrier):
    """The SMSC connects to us when it has something."""
    port = run.port()
    one = await carrier(bind="transmitter", outbind={
        "listen": run.address, "port": port, "peers": ["127.0.0.1"],
        "password": "secret"})
    asked = asyncio.create_task(smsc.phone_says("hi"))
    await smsc.ask("outbind", host=run.address, port=port, password="wrong")
    await one.logged('outbind refused why="the password is wrong"')
    await smsc.ask("outbind", host=run.address, port=port)
    event = await one.hear("incoming")
    one.say("settle", event[1], "ok")
    assert await asked == [0]


async def test_vanished_smsc(smsc, carrier):
    """It answers nothing, and does not even hang up."""
    one = await carrier(enquire_link=1)
    with smsc.frozen():
        await one.hear("link", "down")
    await one.hear("link", "up")


# --- Octets -------------------------------------------------------------------

async def everything_we_say(smsc, carrier, since):
    """Each kind of PDU at least once."""
    one = await carrier(enquire_link=1, system_type="VMA",
                        address_range="^1555", service_type="CMT")
    concat = bytes.fromhex("0003010201")
    one.submit(1, PEER, b"hello", flags=("report", "valid=86400000"))
    one.submit(2, PEER, "Привет".encode("utf-16-be"), carriers.UCS2, concat,
               flags=("report", "more"))
    one.submit(3, PEER, "мир".encode("utf-16-be"), carriers.UCS2,
               bytes.fromhex("0003010202"))
    one.submit(4, PEER, b"\x00\x01\xff", carriers.BINARY,
               bytes.fromhex("050423f40000"), flags=())
    one.submit(5, PEER, b"plain", flags=())
    one.submit(6, PEER, b"", flags=())
    one.submit(7, PEER, b"from a word", sender="acme;phone-context=alpha.x")
    one.submit(8, "12345;phone-context=us.x", b"to a short code")
    one.submit(9, PEER, b"\x1b\x65" * 80)
    for token in range(1, 10):
        await one.hear("accepted", token)
    await take(one, smsc, text="hi")
    await take(one, smsc, text="hi", data_sm=1)
    await smsc.ask("enquire")
    await smsc.ask("raw", hex="0000001000000003" "0000000000000063")
    for sequence in range(2):
        one.say("settle", (await one.hear("report"))[1], "ok")
    await smsc.happened("enquire_link", since=since)
    one.say("drain")
    await smsc.happened("unbind", since=since)
    two = await carrier(bind="pair", up=False, long_texts="sar", parameters=[
        {"tag": 0x1401, "text": "abc"}])
    while (await two.hear("link"))[1] != "up":
        pass
    two.submit(1, PEER, b"part", header=concat, flags=("more",))
    two.submit(2, PEER, b"part", header=bytes.fromhex("0003010202"))
    for token in (1, 2):
        await two.hear("accepted", token)
    await smsc.ask("unbind")


COMMANDS = {0x1: "bind_receiver", 0x2: "bind_transmitter", 0x4: "submit_sm",
            0x6: "unbind", 0x9: "bind_transceiver", 0x15: "enquire_link",
            0x80000000: "generic_nack", 0x80000005: "deliver_sm_resp",
            0x80000006: "unbind_resp", 0x80000015: "enquire_link_resp",
            0x80000103: "data_sm_resp"}


@pytest.mark.skipif(not dissect.available(), reason="there is no tshark")
async def test_wireshark_has_nothing_to_say(run, smsc, carrier):
    since = await smsc.now()
    await everything_we_say(smsc, carrier, since)
    octets = [bytes.fromhex(event["raw"])
              for event in await smsc.events(since=since) if "raw" in event]
    rows = dissect.smpp(run.make_folder("pcap") / "smpp.pcap", octets)
    assert [command for command, _ in rows] == \
        [int.from_bytes(pdu[4:8], "big") for pdu in octets]
    assert {COMMANDS[command] for command, _ in rows} == \
        set(COMMANDS.values())
    assert [wrong for _, wrong in rows if wrong] == []
    # It would say so: the message's length is one too many.
    submit = next(pdu for pdu in octets if pdu.endswith(b"\x05hello"))
    broken = submit[:-6] + b"\x06hello"
    (_, wrong), = dissect.smpp(run.make_folder("pcap") / "smpp.pcap",
                               [broken])
    assert wrong
