"""Figures of the email gateway as a whole: the daemon and its mail workers.

    scripts/bench-mail --all [--accounts N,N...] [--seconds S] [--mails N]
        [--mode tls,starttls] [--only idle,speed] [--build FOLDER]

idle    mailboxes at scripted servers (in a process of their own): memory of
        each process, processor time while nothing happens, then a mail for
        each mailbox.
speed   one mailbox at a real Dovecot and Exim, first alone, then beside as
        many idle ones: from the 250 after DATA at Exim to the stanza, a burst
        of mails, and from a stanza to Exim's 250.

The gateway knows no clear text; for that see the figures of one worker.
Memory is what a process has for itself and its share of what it shares (PSS);
processor time is user and system together. The load of the machine stands
beside each row: latencies are worth nothing on a busy one."""

import argparse
import asyncio
import multiprocessing
import os
import pathlib
import resource
import statistics
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/integration"))

from clients import xml  # noqa: E402
from clients.mail import compose  # noqa: E402
from servers.causeway import Causeway  # noqa: E402
from servers.dns import Dns  # noqa: E402
from servers.dovecot import PASSWORD  # noqa: E402
from servers.faulty_smtp import FaultySmtp  # noqa: E402
from servers.hostile_imap import HostileImap  # noqa: E402
from servers.mail import MailSystem  # noqa: E402
from servers.process import Run, wait_for  # noqa: E402
from servers.prosody import SECRET  # noqa: E402
from servers.scripted_xmpp import ScriptedXmppServer  # noqa: E402
from servers.tls import Authority  # noqa: E402

GATEWAY = "mail.example.test"
HOST = "scripted.test"
PING = "{urn:xmpp:ping}ping"
BODY = "{jabber:component:accept}body"
RECEIPT = "{urn:xmpp:receipts}received"
AT_ONCE = 40
PATIENCE = 600


# --- The servers, in a process of their own -----------------------------------

def serve(pipe, address, ports, certificate, mode):
    """Answers "idling" with their number, and "push" when it is done."""
    async def work():
        imap = HostileImap(address, ports[0], certificate, mode)
        smtp = FaultySmtp(address, ports[1], certificate, mode)
        for server in (imap, smtp):
            server.inbox.note = lambda *_: None
            await server.start()
        loop = asyncio.get_running_loop()
        pipe.send("ready")
        while True:
            order = await loop.run_in_executor(None, pipe.recv)
            if order == "end":
                os._exit(0)
            elif order == "idling":
                pipe.send(len(imap.idling()))
            else:
                imap.push(order)
                pipe.send("pushed")
    asyncio.run(work())


class Servers:
    def __init__(self, run, certificate, mode):
        self.ports = run.port(), run.port()
        self._pipe, other = multiprocessing.Pipe()
        self._process = multiprocessing.Process(
            target=serve, args=(other, run.address, self.ports, certificate,
                                mode), daemon=True)
        self._process.start()
        assert self._pipe.recv() == "ready"

    def ask(self, order):
        self._pipe.send(order)
        return self._pipe.recv()

    def end(self):
        self._pipe.send("end")
        self._process.join()


# --- The users, behind a scripted XMPP server ---------------------------------

class Users:
    def __init__(self, stream):
        self.stream = stream
        self.got = {}  # text: when
        self.receipts = {}
        self._answers = {}
        self._task = asyncio.create_task(self._read())

    async def _read(self):
        while True:
            stanza = await self.stream.expect(lambda e: True, "anything",
                                              timeout=1e9)
            kind = xml.kind(stanza)
            if kind == "message":
                self._message(stanza)
            elif kind == "iq" and stanza.get("type") in ("result", "error"):
                waiting = self._answers.pop(stanza.get("id"), None)
                if waiting:
                    waiting.set_result(stanza)
            elif kind == "iq":
                self._answer(stanza)

    def _message(self, stanza):
        now = time.monotonic()
        receipt = stanza.find(RECEIPT)
        if receipt is not None:
            self.receipts[receipt.get("id")] = now
            return
        text = (stanza.findtext(BODY) or "").strip().split("\n")[-1]
        self.got.setdefault((stanza.get("to").split("/")[0], text), now)

    def _answer(self, iq):
        if any(child.tag == PING for child in iq):
            self.stream.answer(iq)
        else:
            self.stream.refuse(iq)

    async def register(self, name, address, fields):
        answer = asyncio.get_running_loop().create_future()
        self._answers[f"register {name}"] = answer
        form = xml.submit({"address": address, "password": PASSWORD,
                           **fields}, form_type="jabber:iq:register")
        self.stream.send(
            f"<iq type='set' id='register {name}' "
            f"from='{name}@example.test/x' to='{GATEWAY}'>"
            f"<query xmlns='jabber:iq:register'>{form}</query></iq>")
        stanza = await answer
        assert stanza.get("type") == "result", xml.ET.tostring(stanza)

    async def register_all(self, count, fields):
        numbers = iter(range(count))

        async def some():
            for number in numbers:
                await self.register(f"u{number}", f"u{number}@elsewhere.test",
                                    fields)
        await asyncio.gather(*(some() for _ in range(AT_ONCE)))

    def write(self, name, to, text, id):
        jid = to.replace("@", r"\40") + "@" + GATEWAY
        self.stream.send(
            f"<message type='chat' id='{id}' from='{name}@example.test/x' "
            f"to='{jid}'><body>{text}</body>"
            "<request xmlns='urn:xmpp:receipts'/></message>")


# --- Measuring ----------------------------------------------------------------

def family(daemon):
    return [daemon.pid, *daemon.workers()]


def memory(pid):
    """PSS and RSS in KiB."""
    rows = dict(line.split(":", 1) for line in
                open(f"/proc/{pid}/smaps_rollup", encoding="ascii")
                if ":" in line and "-" not in line.split(":")[0])
    return tuple(int(rows[name].split()[0]) for name in ("Pss", "Rss"))


def cpu_ms(pid):
    rest = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    ticks = int(rest[11]) + int(rest[12])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def all_cpu(daemon):
    return sum(map(cpu_ms, family(daemon)))


def mib(kib):
    return f"{kib / 1024:.1f}"


def report(title, **figures):
    words = ", ".join(f"{key.replace('_', ' ')} {value}"
                      for key, value in figures.items())
    print(f"{title}: {words}; load {os.getloadavg()[0]:.1f}", flush=True)


def percentiles(seconds):
    ordered = sorted(value * 1000 for value in seconds)
    return (f"{statistics.median(ordered):.0f} ms (p95 "
            f"{ordered[int(len(ordered) * 0.95)]:.0f})")


class Site:
    """The daemon with its users, and scripted mail servers."""

    def __init__(self, run, mode):
        self.run = run
        self.mode = mode

    async def start(self):
        run = self.run
        self.authority = Authority(run.make_folder("tls"))
        self.servers = Servers(run, self.authority.issue(HOST), self.mode)
        self.names = await Dns(run.address, run.port()).start()
        self.names.host(HOST, run.address)
        self.xmpp = await ScriptedXmppServer(run).start()
        self.daemon = Causeway(
            run, self.xmpp, [{
                "type": "email", "jid": GATEWAY, "hold": 0,
                "sends_per_minute": 0, "mails_per_day": 100000,
                "new_recipients_per_day": 100000,
                "ca_file": str(self.authority.certificate)}],
            log={"level": "warning"},
            network={"allow": ["127.0.0.0/8"],
                     "nameserver": self.names.nameserver})
        self.daemon.spawn()
        stream = await self.xmpp.accept()
        stream.inbox.note = lambda *_: None
        assert await stream.handshake(SECRET)
        await self.daemon.until_ready()
        self.users = Users(stream)
        return self

    async def idle_accounts(self, count):
        tls = {"tls": "required", "starttls": "starttls"}[self.mode]
        ports = self.servers.ports
        await self.users.register_all(count, {
            "imap_host": HOST, "imap_port": ports[0], "imap_tls": tls,
            "smtp_host": HOST, "smtp_port": ports[1], "smtp_tls": tls})
        await wait_for(lambda: self.servers.ask("idling") == count,
                       "all to idle", PATIENCE)

    async def stop(self):
        await self.daemon.stop()
        self.servers.end()
        await self.xmpp.close()
        await self.names.close()


# --- Idle ---------------------------------------------------------------------

async def measure_idle(run, count, mode, options):
    site = await Site(run, mode).start()
    daemon = site.daemon
    began, used = time.monotonic(), all_cpu(daemon)
    await site.idle_accounts(count)
    took, each = time.monotonic() - began, all_cpu(daemon) - used
    await asyncio.sleep(5)
    sizes = [memory(pid) for pid in family(daemon)]
    used = all_cpu(daemon)
    await asyncio.sleep(options.seconds)
    idle = all_cpu(daemon) - used
    report(f"{count} accounts, {mode}",
           PSS_MiB=mib(sum(pss for pss, _ in sizes)),
           daemon=mib(sizes[0][0]),
           workers="+".join(mib(pss) for pss, _ in sizes[1:]),
           RSS_MiB="+".join(mib(rss) for _, rss in sizes),
           login=f"{each / count:.2f} ms CPU each in {took:.0f} s",
           idle=f"{idle:.0f} ms CPU in {options.seconds} s")
    used, began = all_cpu(daemon), time.monotonic()
    site.servers.ask(compose("bob@x.test", "all@elsewhere.test", "Hello",
                             "The mail."))
    await wait_for(lambda: len(site.users.got) == count, "all mails",
                   PATIENCE)
    report("  a mail for each",
           CPU=f"{(all_cpu(daemon) - used) / count:.2f} ms each",
           within=f"{time.monotonic() - began:.1f} s",
           PSS_MiB=mib(sum(memory(pid)[0] for pid in family(daemon))))
    await site.stop()


# --- Speed --------------------------------------------------------------------

async def measure_speed(run, beside, options):
    site = await Site(run, "tls").start()
    mail = MailSystem(run, site.authority, domains=("home.test",))
    await mail.start()
    site.names.host(mail.host, run.address)
    mail.add_user("me@home.test")
    mail.add_user("bob@home.test")
    await site.idle_accounts(beside)
    await site.users.register("me", "me@home.test", {
        "imap_host": mail.host, "imap_port": mail.dovecot.imaps,
        "imap_tls": "required", "smtp_host": mail.host,
        "smtp_port": mail.exim.submissions, "smtp_tls": "required"})
    await asyncio.sleep(3)
    await speed_in(site, mail, beside, options.mails)
    await speed_burst(site, mail, beside, options.burst)
    await speed_out(site, mail, beside, options.mails // 4)
    await site.stop()
    await mail.stop()


def arrived(site, text):
    return site.users.got.get(("me@example.test", text))


async def speed_in(site, mail, beside, count):
    """One after the other."""
    times, used = [], all_cpu(site.daemon)
    for number in range(count):
        text = f"One {number}."
        await mail.exim.deliver(
            compose("bob@home.test", "me@home.test", "One", text),
            "me@home.test")
        taken = time.monotonic()
        await wait_for(lambda: arrived(site, text), text, PATIENCE)
        times.append(max(0, arrived(site, text) - taken))
    report(f"{count} mails in, {beside} idle beside",
           SMTP_to_stanza=percentiles(times),
           CPU=f"{(all_cpu(site.daemon) - used) / count:.2f} ms each")


async def put(mail, number):
    await mail.dovecot.append("me@home.test", compose(
        "bob@home.test", "me@home.test", "Burst", f"Burst {number}."))


async def speed_burst(site, mail, beside, count):
    """Laid into the mailbox while the daemon sleeps; then it wakes."""
    with site.daemon.frozen():
        numbers = iter(range(count - 1))

        async def some():
            for number in numbers:
                await put(mail, number)
        await asyncio.gather(*(some() for _ in range(8)))
        await put(mail, count - 1)
        began, used = time.monotonic(), all_cpu(site.daemon)
    await wait_for(lambda: arrived(site, f"Burst {count - 1}."),
                   "the burst", PATIENCE)
    took = time.monotonic() - began
    assert all(arrived(site, f"Burst {n}.") for n in range(count))
    report(f"{count} mails at once, {beside} idle beside",
           rate=f"{count / took:.0f} mails/s",
           CPU=f"{(all_cpu(site.daemon) - used) / count:.2f} ms each")


async def speed_out(site, mail, beside, count):
    """One after the other, until the server's 250 became a receipt."""
    times, used = [], all_cpu(site.daemon)
    for number in range(count):
        began = time.monotonic()
        site.users.write("me", "bob@home.test", f"Out {number}.",
                         f"out{number}")
        await wait_for(lambda: f"out{number}" in site.users.receipts,
                       "a receipt", PATIENCE)
        times.append(site.users.receipts[f"out{number}"] - began)
    report(f"{count} mails out, {beside} idle beside",
           stanza_to_receipt=percentiles(times),
           CPU=f"{(all_cpu(site.daemon) - used) / count:.2f} ms each")


# --- Everything ---------------------------------------------------------------

async def measured(what, *arguments):
    run = Run()
    try:
        await what(run, *arguments)
    finally:
        await run.close()


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", default="500,2000")
    parser.add_argument("--beside", default="0,500")
    parser.add_argument("--mails", type=int, default=200)
    parser.add_argument("--burst", type=int, default=1000)
    parser.add_argument("--mode", default="tls")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--only", default="idle,speed")
    parser.add_argument("--build", default=str(TOP / "build/release"))
    options = parser.parse_args(arguments)
    os.environ["CAUSEWAY_BIN"] = str(pathlib.Path(options.build) / "causeway")
    # Each mailbox is a descriptor here, and one in the daemon.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if "idle" in options.only:
        for mode in options.mode.split(","):
            for count in map(int, options.accounts.split(",")):
                asyncio.run(measured(measure_idle, count, mode, options))
    if "speed" in options.only:
        for beside in map(int, options.beside.split(",")):
            asyncio.run(measured(measure_speed, beside, options))


if __name__ == "__main__":
    main()
