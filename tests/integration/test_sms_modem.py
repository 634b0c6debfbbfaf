"""Modems, at a pseudo-terminal that behaves as one does (test_sms_modem_peers
shows that), by the carrier alone: servers/modem.py says what becomes of a text
by the end of its number."""

import asyncio
import itertools

import pytest

from clients.inbox import Inbox
from servers import gsm
from servers.causeway import binary
from servers.modem import Modem
from servers.process import wait_for

BOB = "+15557771111"

DELIVERED, EXPIRED, LOST_LINK = 2, 3, 9


@pytest.fixture
def modem(run):
    modem = Modem(run.make_folder("modem") / "tty")
    yield modem
    modem.unplug()


class Driver:
    """The carrier in a process of its own; `settles`: everything that comes is
    on disk at once."""

    def __init__(self, settles=True):
        self.inbox = Inbox("carrier")
        self.settles = settles
        self._tokens = itertools.count(1)

    async def start(self, *modems, **keys):
        lists = ", ".join(
            "{ " + " ".join(f'{key} = "{value}";' for key, value in
                            {"device": m.path, **keys}.items()) +
            f' name = "sim{n}"; }}' for n, m in enumerate(modems, 1))
        self._child = await asyncio.create_subprocess_exec(
            str(binary().parent / "modem-driver"), f"modems = ( {lists} );",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        self._task = asyncio.create_task(self._read())
        return self

    async def _read(self):
        while line := await self._child.stdout.readline():
            line = line.decode().rstrip("\n")
            self.inbox.note("<", line)
            event = line.split(" ")
            self.inbox.add(event)
            if self.settles and event[0] in ("incoming", "report"):
                self.settle(event[1])

    def say(self, text):
        self.inbox.note(">", text)
        self._child.stdin.write(text.encode() + b"\n")

    def settle(self, ticket, taken=True):
        self.say(f"settle {ticket} {int(taken)}")

    def send(self, to, text="hello"):
        """Its token."""
        token = str(next(self._tokens))
        self.say(f"send {token} {to} {text}")
        return token

    async def expect(self, *words):
        """The next event that begins so; the words behind."""
        event = await self.inbox.get(
            lambda event: event[:len(words)] == list(words), " ".join(words))
        return event[len(words):]

    async def end(self):
        self._child.stdin.close()
        status = await self._child.wait()
        await self._task
        assert status == 0


@pytest.fixture
def driver():
    if not (binary().parent / "modem-driver").exists():
        pytest.skip("modem-driver is not built")
    return Driver()


async def sent(modem):
    return await modem.inbox.get(lambda item: isinstance(item, gsm.Submit),
                                 "a text")


async def emptied(modem):
    await wait_for(lambda: not any(modem.memories.values()),
                   "an empty memory")


# --- Both ways ----------------------------------------------------------------

@pytest.mark.parametrize("bytewise", [False, True])
async def test_there_and_back(modem, driver, bytewise):
    modem.bytewise = bytewise
    await driver.start(modem)
    await driver.expect("link", "up")
    token = driver.send("+15557770000", "hello there")
    text = await sent(modem)
    assert (text.receiver, text.text) == ("+15557770000", "hello there")
    (id,) = await driver.expect("accepted", token)
    report = await driver.expect("report")
    assert report[1:3] == [id, str(DELIVERED)]
    modem.text(BOB, "Hello [€] Привет 😀")
    _, _, part, sender, *words = await driver.expect("incoming")
    assert (part, sender) == ("0/0", BOB)
    assert " ".join(words) == "Hello [€] Привет 😀"
    await emptied(modem)
    await driver.end()


async def test_what_was_stored_before(modem, driver):
    for number in range(1, 11):
        modem.text(BOB, f"number {number}")
    modem.store(gsm.deliver(BOB, "a draft"), status=2)
    await driver.start(modem)
    for number in range(1, 11):
        *_, last = await driver.expect("incoming")
        assert last == str(number)
    await wait_for(lambda: list(modem.memories["SM"]) == [11],
                   "the draft alone")
    await driver.end()


async def test_direct(modem, driver):
    """A modem that does not keep texts as it was told to."""
    modem.refused = {"+CNMI=2,1,0,2,0", "+CNMI=1,1,0,2,0"}
    await driver.start(modem)
    await driver.expect("link", "up")
    token = driver.send("+15557770000")
    await driver.expect("accepted", token)
    await driver.expect("report")
    assert await modem.inbox.get(lambda item: item == ("ack", "0"), "an ack")
    modem.modes[1] = 2
    modem.text("ACME", "direct")
    assert (await driver.expect("incoming"))[3:] == ["ACME", "direct"]
    assert await modem.inbox.get(lambda item: item == ("ack", "0"), "an ack")
    await driver.end()


async def test_not_taken_stays(modem, driver):
    driver.settles = False
    await driver.start(modem)
    await driver.expect("link", "up")
    modem.text(BOB, "keep me")
    ticket, id, *_ = await driver.expect("incoming")
    driver.settle(ticket, taken=False)
    await driver.end()
    assert len(modem.memories["SM"]) == 1
    again = await Driver().start(modem)
    assert (await again.expect("incoming"))[1] == id
    await emptied(modem)
    await again.end()


async def test_report_after_a_new_start(modem, driver):
    await driver.start(modem)
    await driver.expect("link", "up")
    token = driver.send("+15557777002")
    (id,) = await driver.expect("accepted", token)
    await driver.end()
    text = await sent(modem)
    modem.arrive(gsm.report(text.reference, text.receiver, 0), 2, "CDS")
    again = await Driver().start(modem)
    assert (await again.expect("report"))[1] == id
    await emptied(modem)
    await again.end()


# --- Failures -----------------------------------------------------------------

async def test_refusals(modem, driver):
    await driver.start(modem)
    await driver.expect("link", "up")
    token = driver.send("+15557779001")
    assert (await driver.expect("rejected", token))[0] == "3"
    token = driver.send("+15557779332")
    await driver.expect("lost", token)
    token = driver.send("+15557778070")  # 0x46
    await driver.expect("accepted", token)
    assert (await driver.expect("report"))[2] == str(EXPIRED)
    await driver.end()


async def test_full_memory(run, driver):
    modem = Modem(run.make_folder("modem") / "tty", size=3)
    for number in range(3):
        modem.store(gsm.deliver(BOB, f"draft {number}"), status=2)
    await driver.start(modem)
    await driver.expect("link", "degraded", "sim1:", "its", "memory", "is",
                        "full:")
    assert not modem.text(BOB, "no room")
    await driver.end()
    modem.unplug()


async def test_pin(run, driver):
    modem = Modem(run.make_folder("modem") / "tty", pin="1234")
    await driver.start(modem, pin="1234")
    await driver.expect("link", "up")
    assert modem.pin_tries == 1
    await driver.end()
    modem.unplug()


async def test_wrong_pin(run, driver):
    modem = Modem(run.make_folder("modem") / "tty", pin="1234")
    await driver.start(modem, pin="4321")
    await driver.expect("link", "down", "sim1:", "the", "SIM", "refused",
                        "its", "PIN")
    modem.unplug()
    modem.plug()
    await driver.end()
    assert modem.pin_tries == 1
    modem.unplug()


async def test_network_comes_and_goes(modem, driver):
    await driver.start(modem)
    await driver.expect("link", "up")
    modem.register(2)
    await driver.expect("link", "down", "sim1:", "it", "looks")
    modem.register(5)
    await driver.expect("link", "up")
    await driver.end()


# --- The line -----------------------------------------------------------------

async def test_unplugged_amid(modem, driver):
    await driver.start(modem)
    await driver.expect("link", "up")
    under_way = driver.send("+15557777000")
    waiting = driver.send("+15557770000")
    await sent(modem)
    modem.unplug()
    await driver.expect("lost", under_way)
    assert (await driver.expect("rejected", waiting))[0] == str(LOST_LINK)
    await driver.expect("link", "down")
    modem.plug()
    await driver.expect("link", "up")
    token = driver.send("+15557770000")
    await driver.expect("accepted", token)
    await driver.end()


async def test_killed_amid_a_text(modem, driver):
    """The modem waits for the rest of a PDU when the next daemon comes."""
    await driver.start(modem)
    await driver.expect("link", "up")
    await driver.end()
    modem._octets = 20  # as after a prompt
    again = await Driver().start(modem)
    await again.expect("link", "up")
    await again.end()


async def test_two_modems(run, modem, driver):
    other = Modem(run.make_folder("modem") / "tty")
    await driver.start(modem, other)
    await driver.expect("link", "up")
    for number in range(10):
        await driver.expect(
            "accepted", driver.send(f"+1555777100{number}"))
    modem.unplug()
    await driver.expect("link", "degraded")
    await driver.expect("accepted", driver.send("+15557770000"))
    assert (await sent(other)).text == "hello"
    await driver.end()
    other.unplug()
