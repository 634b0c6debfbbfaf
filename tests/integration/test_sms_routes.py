"""Two ways to the phones: which of them a text takes, and that it takes one."""

import pytest

from clients import xml
from clients.receipts import RECEIPT, is_received
from conftest import wait
from servers.smsc import Smsc


def started(run, name):
    server = Smsc(run, name)
    wait(server.start())
    yield server
    wait(server.end())
    run.processes.remove(server)


@pytest.fixture(scope="module")
def main_centre(run):
    yield from started(run, "smsc-main")


@pytest.fixture(scope="module")
def spare_centre(run):
    yield from started(run, "smsc-spare")


class Ways:
    """A daemon with the backends "main" and "spare", alice and bob here,
    carol with a phone."""

    def __init__(self, phones, daemon, main, spare):
        self.phones, self.daemon = phones, daemon
        self.main, self.spare = main, spare
        self.carol = phones.stranger()
        self.alice = None

    async def start(self, up=2):
        await self.daemon.start()
        for name in ("main", "spare")[:up]:
            await self.daemon.logged(f"link backend={name} state=up")
        self.alice = await self.phones.registered(gateway=self.daemon.jid)
        return self

    def write(self, text, to=None, client=None):
        return (client or self.alice).send_message(
            self.phones.person(to or self.carol), text, payload=RECEIPT)

    async def taken(self, to=None):
        """What each got for this number."""
        return [[event["text"] for event in await centre.events("submit")
                 if event["destination_addr"] == (to or self.carol)[1:]]
                for centre in (self.main, self.spare)]

    async def goes(self, centre, text, to=None, client=None):
        await is_received(client or self.alice, self.write(text, to, client))
        assert (await self.taken(to))[centre is self.spare][-1] == text

    async def is_in_doubt(self, id):
        error = await self.alice.get_error(id)
        assert xml.condition(error) == "remote-server-timeout"
        assert "may have been sent" in xml.error_text(error)

    async def hears(self, centre, text):
        await centre.phone_says(text, sender=self.carol[1:],
                                to=self.alice.number[1:])
        await self.alice.get_message(self.phones.person(self.carol), text)


@pytest.fixture
def ways(phones, own_exchange, main_centre, spare_centre):
    """Makes them with these keys of the backends, which have all numbers
    otherwise."""
    for centre in (main_centre, spare_centre):
        wait(centre.ask("reset"))
        centre.mark()

    def make(main=(), spare=()):
        daemon = own_exchange(main_centre)
        first, = daemon.gateways[0]["backends"]
        daemon.gateways[0]["backends"] = [
            {**first, **dict(main)},
            {**first, **spare_centre.settings(), "name": "spare",
             **dict(spare)}]
        daemon.write_config()
        return Ways(phones, daemon, main_centre, spare_centre)
    return make


# --- What one does not take ---------------------------------------------------

@pytest.mark.parametrize("status, keys, tries", [
    (0x0A, {}, 1),  # not this sender
    (0x0D, {}, 1),  # not us
    (0x04, {}, 1),  # not bound, it thinks
    (0x401, {"statuses": [{"code": 0x401, "class": "no_credit"}]}, 1),
    (0x08, {}, 4),  # not now: three times more
], ids=["0x0A", "0x0D", "0x04", "0x401", "0x08"])
async def test_a_refused_text(ways, status, keys, tries):
    """It goes by the other, once."""
    all = await ways(main=keys).start()
    await all.main.mode(status=status)
    id = all.write("Hello!")
    await is_received(all.alice, id)
    assert await all.taken() == [["Hello!"] * tries, ["Hello!"]]


async def test_a_text_that_nobody_takes(ways):
    """The last word is told."""
    all = await ways().start()
    await all.main.mode(status=0x0A)
    await all.spare.mode(status=0x0B)
    error = await all.alice.get_error(all.write("Hello!"))
    assert "no such number" in xml.error_text(error)
    assert await all.taken() == [["Hello!"], ["Hello!"]]


async def test_a_refused_number(ways):
    """What is wrong with the text itself is not tried elsewhere."""
    all = await ways().start()
    await all.main.mode(status=0x0B)
    error = await all.alice.get_error(all.write("Hello!"))
    assert "no such number" in xml.error_text(error)
    assert await all.taken() == [["Hello!"], []]


async def test_a_part_that_was_taken(ways):
    """The others stay where it is, or fail."""
    all = await ways(main={"window": 1}).start()
    await all.main.mode(answer_ms=500)
    id = all.write("0123456789" * 40)
    await all.main.happened("submit", destination_addr=all.carol[1:])
    await all.main.mode(status=0x0A)
    error = await all.alice.get_error(id)
    assert "does not let your number send" in xml.error_text(error)
    assert [len(texts) for texts in await all.taken()] == [2, 0]


@pytest.mark.parametrize("how", [{"silent": 1}, {"drop_after": 1}],
                         ids=["silent", "drop"])
async def test_an_unanswered_text(ways, how):
    """Never by the other, as it may have been sent; later ones are."""
    all = await ways(main={"response_timeout": 1}).start()
    await all.main.mode(**how, bind_silent=1)
    await all.is_in_doubt(all.write("Hello?"))
    await all.main.ask("drop")
    await all.daemon.logged("link backend=main state=down")
    await all.goes(all.spare, "The next.")
    assert await all.taken() == [["Hello?"], ["The next."]]


# --- Links that are down ------------------------------------------------------

async def test_a_link_that_is_down(ways):
    """The first again when it is up; the contact is the same throughout."""
    all = ways()
    await all.main.mode(bind_silent=1)
    all.daemon.gateways[0]["backends"][0]["enquire_link"] = 1
    all.daemon.write_config()
    await all.daemon.start()
    await all.daemon.logged("link backend=spare state=up")
    all.alice = await all.phones.registered(gateway=all.daemon.jid)
    await all.goes(all.spare, "By the second.")
    await all.hears(all.spare, "I hear you.")
    await all.main.mode(bind_silent=0)
    await all.main.ask("drop")
    await all.daemon.logged("link backend=main state=up")
    await all.goes(all.main, "By the first.")
    await all.hears(all.main, "I hear you, too.")
    # The other still brings what comes there.
    await all.hears(all.spare, "The last.")
    assert await all.taken() == [["By the first."], ["By the second."]]


async def test_both_are_down(ways):
    """It waits for either."""
    all = await ways().start()
    for centre in (all.main, all.spare):
        await centre.mode(bind_silent=1)
        await centre.ask("drop")
    for name in ("main", "spare"):
        await all.daemon.logged(f"link backend={name} state=down")
    id = all.write("Hello!")
    await all.alice.settle(all.phones.gateway)
    assert await all.taken() == [[], []]
    await all.spare.mode(bind_silent=0)
    await all.spare.ask("drop")
    await is_received(all.alice, id)
    assert await all.taken() == [[], ["Hello!"]]


# --- Whose texts, and where to ------------------------------------------------

async def test_prefixes(ways):
    all = await ways(main={"prefixes": ["+1202", "+1212555"]}).start()
    for number, centre in (("+12025551000", all.main),
                           ("+12125551000", all.main),
                           ("+12125561000", all.spare),
                           ("+12035551000", all.spare)):
        await all.goes(centre, f"To {number}", number)


async def test_users(ways):
    """Whose account it is decides, or his domain."""
    all = ways()
    alice = f"alice{all.phones._suffix}@example.test"
    backends = all.daemon.gateways[0]["backends"]
    backends[0]["users"] = [alice, "elsewhere.test"]
    all.daemon.write_config()
    await all.start()
    bob = await all.phones.registered("bob")
    await all.goes(all.main, "Of alice.")
    await all.goes(all.spare, "Of bob.", client=bob)


async def test_numbers(ways):
    """The number that it leaves from has to be one of the backend."""
    all = ways()
    backends = all.daemon.gateways[0]["backends"]
    backends[0]["numbers"] = [number for number in backends[0]["numbers"]
                              if number != all.phones.number("bob")]
    all.daemon.write_config()
    await all.start()
    bob = await all.phones.registered("bob")
    await all.goes(all.main, "Of alice.")
    await all.goes(all.spare, "Of bob.", client=bob)
    # Nothing else carries it: it waits, whatever else is up.
    await all.spare.mode(bind_silent=1)
    await all.spare.ask("drop")
    await all.daemon.logged("link backend=spare state=down")
    all.write("Of bob, too.", client=bob)
    await bob.settle(all.phones.gateway)
    await all.goes(all.main, "Of alice, too.")
    assert await all.taken() == [["Of alice.", "Of alice, too."], ["Of bob."]]
