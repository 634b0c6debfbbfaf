"""What phones send that is no text: files, or words."""

import re

import pytest

from clients import files, xml
from conftest import forget, need_binary, wait
from servers.causeway import Causeway
from sms_fixtures import sms_gateway

OOB = "{jabber:x:oob}x/{jabber:x:oob}url"
VCARD = b"BEGIN:VCARD\nVERSION:2.1\nFN:Bob Builder\nEND:VCARD\n"
PORT = {9204: "06050423f40000", 5000: "06050413880000"}


@pytest.fixture
def smsc(own_smsc):
    """Which delivers to this test's daemon alone."""
    return wait(own_smsc().start())


@pytest.fixture
def files_exchange(run, prosody, names, authority, smsc, spare):
    """A daemon whose users' server has a place for files, or not."""
    need_binary()
    made = []

    def make(service):
        daemon = Causeway(
            run, prosody, [sms_gateway(spare, smsc)],
            name=f"exchange-{spare}", upload={"service": service},
            network={"allow": [f"{run.address}/32"],
                     "nameserver": names.nameserver,
                     "ca_file": str(authority.certificate)})
        daemon.jid = spare
        made.append(daemon)
        return daemon
    yield make
    forget(run, made)


async def say_octets(smsc, alice, bob, port, octets):
    await smsc.ask("mo", **{"from": bob[1:], "to": alice.number[1:],
                            "hex": octets.hex(), "udh": PORT[port],
                            "dc": 4})


async def test_files(phones, files_exchange, smsc, run, prosody, authority):
    daemon = files_exchange(prosody.upload)
    await daemon.start()
    alice = await phones.registered(gateway=daemon.jid)
    bob = phones.stranger()
    await say_octets(smsc, alice, bob, 9204, VCARD)
    message = await alice.get_message(phones.person(bob))
    url = message.find(OOB).text
    assert await files.download(run.address, authority, url) == VCARD
    assert "A contact: Bob Builder" in "".join(message.itertext())
    await say_octets(smsc, alice, bob, 5000, bytes(range(100)))
    message = await alice.get_message(phones.person(bob))
    url = message.find(OOB).text
    assert await files.download(run.address, authority, url) == \
        bytes(range(100))


async def test_words(phones, files_exchange, smsc, prosody):
    daemon = files_exchange(f"nothing.{prosody.domain}")
    await daemon.start()
    alice = await phones.registered(gateway=daemon.jid)
    bob = phones.stranger()
    await say_octets(smsc, alice, bob, 9204, VCARD)
    await alice.get_message(phones.person(bob), re.compile("FN:Bob Builder"))
    await say_octets(smsc, alice, bob, 5000, bytes(range(100)))
    message = await alice.get_message(phones.person(bob))
    assert "100 octets for a program (port 5000)" in xml.body(message)
