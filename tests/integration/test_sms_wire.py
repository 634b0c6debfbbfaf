"""What TCP does to a link: the daemon goes on, no text leaves twice, and its
user knows what nobody knows."""

import asyncio
import socket
import struct

import pytest

from clients import xml
from clients.receipts import RECEIPT, is_received
from conftest import wait
from servers.process import PATIENCE
from servers.smsc import Smsc

SUBMIT_RESP = 0x80000004
RST = struct.pack("ii", 1, 0)


class Wire:
    """Between the daemon and its centre: passes PDUs on, in its own way."""

    def __init__(self, run, behind):
        self.address, self.port = run.address, run.port()
        self.behind = behind
        self.way = "whole"  # bytes, coalesced, hole
        self.cuts = 0       # so many answers to submits are cut by RST
        self._tasks, self._writers = set(), []
        self._held = {}  # by writer: octets

    async def start(self):
        self._server = await asyncio.start_server(
            self._accept, self.address, self.port)
        return self

    def heal(self):
        """What was under way in the hole is gone, as its connections are."""
        self.way = "whole"
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def close(self):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.wait_for(asyncio.gather(
            *self._tasks, return_exceptions=True), PATIENCE)

    async def _accept(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        inner, outer = await asyncio.open_connection(self.address,
                                                     self.behind)
        self._writers += [writer, outer]
        for one in (writer, outer):
            one.get_extra_info("socket").setsockopt(
                socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.gather(self._pump(reader, outer, False),
                             self._pump(inner, writer, True),
                             return_exceptions=True)
        writer.close()
        outer.close()

    async def _pump(self, reader, writer, is_answer):
        """PDU by PDU."""
        while True:
            head = await reader.readexactly(16)
            length, command = struct.unpack(">II", head[:8])
            pdu = head + await reader.readexactly(length - 16)
            if self.way == "hole":
                continue
            if is_answer and command == SUBMIT_RESP and self.cuts > 0:
                self.cuts -= 1
                await self._cut(writer, pdu)
                return
            await self._pass(writer, pdu)

    async def _cut(self, writer, pdu):
        """The first half, then a reset."""
        writer.write(pdu[:10])
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, RST)
        writer.transport.abort()

    async def _pass(self, writer, pdu):
        if self.way == "bytes":
            for at in range(len(pdu)):
                writer.write(pdu[at:at + 1])
                await asyncio.sleep(0)
        elif self.way == "coalesced":
            if writer not in self._held:
                asyncio.get_running_loop().call_later(
                    0.15, self._flush, writer)
            self._held.setdefault(writer, bytearray()).extend(pdu)
        else:
            writer.write(pdu)
        await writer.drain()

    def _flush(self, writer):
        writer.write(self._held.pop(writer))


@pytest.fixture(scope="module")
def wired_centre(run):
    server = Smsc(run, "smsc-wired")
    wait(server.start())
    yield server
    wait(server.end())
    run.processes.remove(server)


@pytest.fixture
def wire(run, wired_centre):
    wait(wired_centre.ask("reset"))
    wired_centre.mark()
    one = Wire(run, wired_centre.port)
    wait(one.start())
    yield one
    wait(one.close())


@pytest.fixture
def wired(phones, own_exchange, wired_centre, wire):
    """A daemon at the wire, with these keys of its backend; alice, and the
    number of a phone."""
    async def make(**keys):
        daemon = own_exchange(wired_centre, port=wire.port, **keys)
        await daemon.start()
        await daemon.logged("link backend=main state=up")
        return (daemon, await phones.registered(gateway=daemon.jid),
                phones.stranger())
    return make


async def submits(centre, number):
    return [event["text"] for event in await centre.events("submit")
            if event["destination_addr"] == number[1:]]


async def is_in_doubt(client, id):
    error = await client.get_error(id)
    assert xml.condition(error) == "remote-server-timeout"
    assert "may have been sent" in xml.error_text(error)


@pytest.mark.parametrize("way", ["bytes", "coalesced"])
async def test_pieces(phones, wired, wired_centre, wire, way):
    """PDUs in octets, and many at once."""
    wire.way = way
    _, alice, bob = await wired()
    person = phones.person(bob)
    texts = [f"{number}: " + "x" * 150 for number in range(5)]
    ids = [alice.send_message(person, text, payload=RECEIPT)
           for text in texts]
    asked = [asyncio.create_task(wired_centre.phone_says(
        f"From a phone, {number}.", sender=bob[1:], to=alice.number[1:]))
        for number in range(5)]
    for id in ids:
        await is_received(alice, id)
    for number in range(5):
        await alice.get_message(person, f"From a phone, {number}.")
    assert await asyncio.gather(*asked) == [[0]] * 5
    assert await submits(wired_centre, bob) == texts


async def test_a_reset_in_an_answer(phones, wired, wired_centre, wire):
    """The centre has it; nobody here knows until the receipt comes."""
    daemon, alice, bob = await wired()
    await wired_centre.mode(receipt_ms=2000)
    wire.cuts = 1
    id = alice.send_message(phones.person(bob), "Hello?", payload=RECEIPT)
    await is_in_doubt(alice, id)
    told = await alice.get_message(phones.gateway)
    assert "was delivered: do not send it again" in xml.body(told)
    await is_received(alice, alice.send_message(
        phones.person(bob), "The next.", payload=RECEIPT))
    assert await submits(wired_centre, bob) == ["Hello?", "The next."]


async def test_a_reset_of_several(phones, wired, wired_centre, wire):
    """Those that were not answered are lost, each to its own receiver."""
    _, alice, bob = await wired()
    people = [bob, phones.stranger(), phones.stranger()]
    await wired_centre.mode(receipts="none", answer_ms=300)
    wire.cuts = 1
    ids = [alice.send_message(phones.person(person), f"To {person}")
           for person in people]
    for id in ids:
        await is_in_doubt(alice, id)
    await wired_centre.mode(receipts="later", answer_ms=0)
    await is_received(alice, alice.send_message(
        phones.person(bob), "The next.", payload=RECEIPT))
    assert [await submits(wired_centre, person) for person in people] == \
        [[f"To {bob}", "The next."]] + \
        [[f"To {person}"] for person in people[1:]]


async def test_a_black_hole(phones, wired, wired_centre, wire):
    """What went into it may have come out."""
    daemon, alice, bob = await wired(enquire_link=1)
    wire.way = "hole"
    id = alice.send_message(phones.person(bob), "Hello?", payload=RECEIPT)
    await is_in_doubt(alice, id)
    # Written while nothing answers: it waits.
    waiting = alice.send_message(phones.person(bob), "It waits.",
                                 payload=RECEIPT)
    await daemon.logged("does not answer")
    wire.heal()
    await is_received(alice, waiting)
    assert await submits(wired_centre, bob) == ["It waits."]
    assert await wired_centre.phone_says(
        "From a phone.", sender=bob[1:], to=alice.number[1:]) == [0]
    await alice.get_message(phones.person(bob), "From a phone.")
