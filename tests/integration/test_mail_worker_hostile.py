"""The mail worker among servers that mean harm: each costs its own link at
most, and the others notice nothing."""

import asyncio

import pytest

from clients.mail import compose
from clients.worker import SMTP, Frame, Worker
from conftest import wait
from mail_fixtures import HOST, SCRIPTED
from servers import faulty_smtp, hostile_imap
from servers.causeway import TOP
from servers.dovecot import PASSWORD
from servers.faulty_smtp import FaultySmtp
from servers.hostile_imap import HostileImap
from servers.process import wait_for

FIXTURES = sorted((TOP / "tests/unit/data/eml").glob("*.eml"))

# Resident, under a sanitizer. A mail may have 30 MB, and what libraries make
# of it is a multiple.
MEMORY = 700 << 20

MAIL = compose("a@x.test", "b@x.test", "Hello", ".\n.dots\n")

# Servers that are given up at once, whatever their point.
FATAL = ("drop", "reset", "bye", "news and gone", "endless line",
         "endless list", "endless literal")

# What becomes of a mail; who reads nothing more can't know whether a server
# that is silent after the last dot has it.
SUBMITTED = {
    "drop": {"MAIL": "LOST", "RCPT": "LOST", "DATA": "LOST",
             "DOT": "UNKNOWN", "TAKEN": "UNKNOWN"},
    "reset": {"MAIL": "LOST", "RCPT": "LOST", "DATA": "LOST",
              "TAKEN": "UNKNOWN"},
    "endless reply": {"TAKEN": "UNKNOWN"},
}
BY_CODE = {"4": "LATER", "5": "NO"}


@pytest.fixture
def worker(authority):
    worker = wait(Worker(authority.certificate).start())
    yield worker
    assert worker.process.poll() is None, "the worker died"
    assert wait(worker.stop()) == 0


@pytest.fixture
def serve(run, scripted_certificate):
    """Starts a server with this fault."""
    servers = []

    async def make(kind, fault=None):
        mode = "starttls" if fault and fault.point == "STARTTLS" else "tls"
        server = kind(run.address, run.port(), scripted_certificate, mode,
                      [fault] if fault else [])
        servers.append(server)
        return await server.start()
    yield make
    for server in servers:
        wait(server.close())


def memory(worker):
    for line in open(f"/proc/{worker.process.pid}/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) << 10
    raise AssertionError("no VmRSS")


class Bystander:
    """Somebody at an honest server."""

    def __init__(self, worker, mail, name):
        self.worker = worker
        self.mail = mail
        self.address = f"{name.replace(' ', '').lower()}@home.test"
        mail.add_user(self.address)

    async def start(self):
        dovecot = self.mail.dovecot
        self.link = await self.worker.open(
            dovecot.run.address, dovecot.imaps, host=HOST, user=self.address,
            secret=PASSWORD)
        await self.link.state("READY")
        await self.link.watch()
        return self

    async def gets_mail(self):
        await self.mail.dovecot.deliver(
            compose("bob@else.test", self.address, "Hi"), self.address)
        await self.link.mail()


class Victim:
    """Somebody at a server that means harm."""

    def __init__(self, worker, server, fault):
        self.worker = worker
        self.server = server
        self.fault = fault

    async def suffer(self, protocol=None):
        more = {"protocol": protocol} if protocol else {}
        server = self.server
        self.link = await self.worker.open(
            server.address, server.port, host=SCRIPTED, user="victim",
            secret="secret", tls=server.mode, **more)
        if protocol == SMTP:
            self.asking = asyncio.create_task(self.link.ask(
                "SUBMIT", [len(MAIL)], ["a@x.test", "b@x.test"], MAIL))
        else:
            await self.worker.send(Frame("WATCH", self.link.number, 0,
                                         [1000, 0, 0, 0], ["INBOX"]))
        await wait_for(server.struck, f"{self.fault} to strike")

    def heard(self, name):
        return [frame for frame in self.worker.frames
                if frame.link == self.link.number and frame.name == name]

    def failed(self):
        return any(frame.state == "FAILED" for frame in self.heard("STATE"))


@pytest.mark.parametrize("point", [*hostile_imap.PLACES, "STARTTLS"])
def test_imap(worker, serve, mail, point):
    """All at once in one worker."""
    async def scenario():
        honest = await Bystander(worker, mail, f"by{point}").start()
        victims = []
        for fault in hostile_imap.FAULTS:
            if fault.point != point:
                continue
            server = await serve(HostileImap, fault)
            server.push(compose("x@y.test", "victim@z.test", "Hello"))
            victims.append(Victim(worker, server, fault))
        await asyncio.gather(*(victim.suffer() for victim in victims))
        for _ in range(3):
            await honest.gets_mail()
        await judge(victims)
        assert memory(worker) < MEMORY, memory(worker)
        await honest.gets_mail()
    wait(scenario())


async def judge(victims):
    for victim in victims:
        if victim.fault.harmless:
            await wait_for(lambda: victim.heard("MAIL"), repr(victim.fault))
        elif victim.fault.name in FATAL:
            await wait_for(victim.failed, f"the end of {victim.fault}")


@pytest.mark.parametrize("point", [*faulty_smtp.PLACES, "STARTTLS"])
def test_smtp(worker, serve, mail, point):
    async def scenario():
        honest = await Bystander(worker, mail, f"by{point}").start()
        faults = [f for f in faulty_smtp.FAULTS if f.point == point]
        victims = [Victim(worker, await serve(FaultySmtp, fault), fault)
                   for fault in faults]
        await asyncio.gather(*(victim.suffer(SMTP) for victim in victims))
        for _ in range(3):
            await honest.gets_mail()
        for victim in victims:
            await judge_mail(victim)
        assert memory(worker) < MEMORY, memory(worker)
        await honest.gets_mail()
    wait(scenario())


async def judge_mail(victim):
    name, point = victim.fault.name, victim.fault.point
    wanted = SUBMITTED.get(name, {}).get(point)
    if name[:3].isdigit() and name != "421" and \
            point in ("MAIL", "DATA", "DOT"):
        wanted = BY_CODE[name[0]]
    if wanted:
        done = await victim.asking
        assert done.error == wanted, (victim.fault, done)
    victim.asking.cancel()


def test_every_fixture_served(worker, serve):
    """Each is read, in its turn."""
    async def scenario():
        server = await serve(HostileImap)
        for path in FIXTURES:
            server.push(path.read_bytes())
        link = await worker.open(server.address, server.port, host=SCRIPTED,
                                 user="victim", secret="secret")
        await link.watch(validity=1000)
        for number, path in enumerate(FIXTURES, 1):
            found = await link.mail()
            assert found.numbers[0] == number, path.name
    assert len(FIXTURES) > 50
    wait(scenario())

