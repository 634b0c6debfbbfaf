"""How texts are written that leave: alphabets of languages, transliteration,
wide references; and what the user is told before."""

import re

import pytest

import dissect
from clients import xml

# Of the Turkish tables (3GPP TS 23.038 annex A): alone, after an escape.
LOCKING = {"ğ": 0x0c, "Ğ": 0x0b, "ı": 0x07, "ş": 0x1d, "Ş": 0x1c, "ç": 0x60,
           "İ": 0x40}
SINGLE = {"ğ": 0x67, "Ğ": 0x47, "ı": 0x69, "ş": 0x73, "Ş": 0x53, "ç": 0x63,
          "İ": 0x49}

# With few letters of its own, and with many.
FEW = "Merhaba, nasılsın? " + "Bugün hava çok güzel, gel de parka gidelim. " * 2
MANY = "Şu ağaç ışığı çığ gibi aşağıya yağıyor, çoğu kişi şaşırıyor. " * 2


def octets(text, alone, escaped):
    """The septets of a text, one an octet."""
    out = bytearray()
    for c in text:
        if c in escaped:
            out += bytes([0x1b, escaped[c]])
        elif c in alone:
            out.append(alone[c])
        else:
            # What these texts have besides is where ASCII has it.
            out += {"ü": b"\x7e", "ö": b"\x7c"}.get(c) or c.encode("ascii")
    return out.hex()


@pytest.fixture
def writes(phones, own_exchange, smsc):
    """Makes a daemon whose link has these keys; alice, and a phone."""
    async def make(**keys):
        daemon = own_exchange(smsc, **keys)
        await daemon.start()
        alice = await phones.registered(gateway=daemon.jid)
        return alice, phones.stranger()
    return make


async def sent(smsc, number, count=1):
    return await smsc.happened("submit", count=count,
                               destination_addr=number[1:])


async def test_turkish(phones, smsc, writes, run):
    alice, bob = await writes(languages=["tr"])
    alice.send_message(phones.person(bob), FEW.strip())
    alice.send_message(phones.person(bob), MANY.strip())
    few, many = await sent(smsc, bob, 2)
    assert few["octets"] == "03240101" + octets(FEW.strip(), {}, SINGLE)
    assert many["octets"] == "03250101" + octets(MANY.strip(), LOCKING, {})
    for text in (few, many):
        assert text["data_coding"] == 0
        assert text["esm_class"] & 0x40
    if dissect.available():
        rows = dissect.smpp(run.make_folder("pcap") / "smpp.pcap",
                            [bytes.fromhex(text["raw"])
                             for text in (few, many)],
                            [f"gsm_sms.dis_iei_lang.{kind}_shift"
                             for kind in ("single", "locking")])
        assert [row[1:] for row in rows] == [("", "1", ""), ("", "", "1")]


async def test_a_long_text_in_turkish(phones, smsc, writes):
    alice, bob = await writes(languages=["tr"], wide_ref=True)
    alice.send_message(phones.person(bob), (MANY * 2).strip())
    first, second = await sent(smsc, bob, 2)
    for number, part in enumerate((first, second), 1):
        assert part["octets"].startswith("09")  # seven, and three
        assert part["octets"][2:6] == "0804"
        assert part["octets"][10:14] == f"02{number:02x}"
        assert part["octets"][14:20] == "250101"
    assert first["octets"][6:10] == second["octets"][6:10]


async def test_plain_characters_keep_it_in_one(phones, smsc, writes):
    alice, bob = await writes(transliterate=True)
    words = "“Łódź” — café… " + "x" * 100
    alice.send_message(phones.person(bob), words)
    [text] = await sent(smsc, bob)
    assert text["text"] == '"Lodz" - café... ' + "x" * 100
    assert text["data_coding"] == 0


async def test_the_question_counts_what_will_be_sent(phones, smsc, writes):
    """Five in UCS-2, two as they are sent."""
    alice, bob = await writes(transliterate=True, settings={
        "destinations": {"prices": [{"prefix": "+1", "price": 0.01}]}})
    words = "“" + "x" * 290
    alice.send_message(phones.person(bob), words)
    texts = await sent(smsc, bob, 2)
    assert len(texts) == 2
    words = "“" + "x" * 800
    alice.send_message(phones.person(bob), words)
    question = xml.body(await alice.get_message(
        phones.gateway, re.compile("6 texts")))
    assert "0.060 together" in question
    assert "plainer" in question


@pytest.mark.parametrize("alphabet, plain, octets_of, other", [
    ("latin1", "café [1]", "latin-1", "5 € to Δ"),
    ("ascii", "coffee [1]", "ascii", "café"),
])
async def test_what_the_centre_does_not_have(phones, smsc, writes, alphabet,
                                             plain, octets_of, other):
    """It goes in UCS-2; and 71 of them are asked about as two."""
    alice, bob = await writes(default_alphabet=alphabet)
    for words in (plain, other):
        alice.send_message(phones.person(bob), words)
    first, second = await sent(smsc, bob, 2)
    assert (first["data_coding"], bytes.fromhex(first["octets"])) == \
        (0, plain.encode(octets_of))
    assert (second["data_coding"], bytes.fromhex(second["octets"])) == \
        (8, other.encode("utf-16-be"))
    odd = other[-1]
    alice.send_message(phones.person(bob), odd * 71)
    halves = (await sent(smsc, bob, 4))[2:]
    assert [half["data_coding"] for half in halves] == [8, 8]
    assert [half["octets"][:6] for half in halves] == ["050003", "050003"]
    alice.send_message(phones.person(bob), odd * 300)
    await alice.get_message(phones.gateway, re.compile("5 texts"))
