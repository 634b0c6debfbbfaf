"""The servers of scripts/demo, the proof that they work together, and what a
person needs to know to try them."""

import asyncio
import fcntl
import html
import shutil
import signal
import subprocess
import sys

from clients import xml
from clients.irc import IrcClient
from clients.xmpp import XmppClient
from servers.causeway import TOP, Causeway
from servers.inspircd import Inspircd
from servers.process import Run
from servers.prosody import Prosody
from servers.tls import Authority

DOMAIN = "localhost"
GATEWAY = "irc.localhost"
NETWORK = "irc.demo"
CHANNEL = "#lounge"
ROOM = f"{CHANNEL}%{NETWORK}@{GATEWAY}"
PASSWORD = "demo"
PEOPLE = ("alice", "carol")
GUIDE = "guide"

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'self' ws:
	data: blob: 'unsafe-inline' 'unsafe-eval'">
<title>Causeway demo</title>
<link rel="stylesheet" href="dist/converse.min.css">
<script type="module" src="dist/converse.min.js"></script>
</head>
<body class="converse-fullscreen">
<script type="module">
converse.initialize({{
	websocket_url: "ws://" + location.host + "/xmpp-websocket",
	discover_connection_methods: false,
	assets_path: "/dist/",
	view_mode: "fullscreen",
	authentication: "login",
	auto_login: true,
	jid: "{jid}",
	password: "{password}",
	auto_join_rooms: [{{ jid: "{room}", nick: "{nick}" }}],
	allow_non_roster_messaging: true,
	i18n: "en",
}});
</script>
</body>
</html>
"""

PROSODY = """\
ssl = {{ certificate = "{certificate}", key = "{key}" }}
http_files_dir = "{pages}"
http_paths = {{ files = "/" }}
http_default_host = "{domain}"
allow_registration = false
"""


def say(text=""):
    print(text, flush=True)


def own_run():
    """At 127.0.0.1, or elsewhere on loopback when another demo is there."""
    try:
        return Run("127.0.0.1", exclusive=True)
    except OSError:
        return Run()


def node_modules():
    """What tests/browser names, from npm: installed once into the build
    folder. None without npm."""
    if not shutil.which("npm"):
        return None
    source = TOP / "tests/browser"
    folder = TOP / "build/web"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "guard", "w", encoding="ascii") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not _is_installed(source, folder):
            _install(source, folder)
    return folder / "node_modules"


LOCK = "package-lock.json"


def _is_installed(source, folder):
    done = folder / "node_modules" / LOCK
    return done.exists() and \
        done.read_bytes() == (source / LOCK).read_bytes()


def _install(source, folder):
    say("demo: fetching the web client")
    for name in ("package.json", LOCK):
        shutil.copy(source / name, folder)
    done = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError("npm failed: " + done.stderr.strip()[-300:])
    shutil.copy(source / LOCK, folder / "node_modules")


class Demo:
    def __init__(self, with_web, run=None):
        self.run = run or own_run()
        self.authority = Authority(self.run.make_folder("tls"))
        self.pages = self.run.make_folder("pages")
        self.web = with_web and self._prepare_web_client()
        self.prosody = self._make_prosody()
        self.ircd = Inspircd(self.run, *self.authority.issue(NETWORK),
                             port=16667)
        self.causeway = self._make_causeway()
        self.guide = IrcClient(GUIDE)

    def _make_prosody(self):
        certificate, key = self.authority.issue(DOMAIN)
        return Prosody(
            self.run, components=[GATEWAY], domain=DOMAIN,
            modules=["tls", "bosh", "websocket", "http_files"],
            ports=(15222, 15280), extra=PROSODY.format(
                certificate=certificate, key=key, pages=self.pages,
                domain=DOMAIN))

    def _make_causeway(self):
        network = {"host": NETWORK, "name": "Demo network",
                   "address": self.run.address, "port": self.ircd.tls_port,
                   "ca_file": str(self.authority.certificate)}
        return Causeway(
            self.run, self.prosody, log={"level": "info"},
            gateways=[{"type": "irc", "jid": GATEWAY, "any_network": True,
                       "networks": [network]}])

    def _prepare_web_client(self):
        try:
            modules = node_modules()
        except OSError as error:
            say(f"demo: no web client: {error}")
            return False
        if modules is None:
            return False
        (self.pages / "dist").symlink_to(modules / "converse.js/dist")
        for name in PEOPLE:
            self.add_page(name)
        return True

    def add_page(self, name):
        page = PAGE.format(jid=f"{name}@{DOMAIN}", password=PASSWORD,
                           room=html.escape(ROOM), nick=name)
        (self.pages / f"{name}.html").write_text(page)

    def address(self, name):
        """Of somebody's web client."""
        host = DOMAIN if self.run.address == "127.0.0.1" else \
            self.run.address
        return f"http://{host}:{self.prosody.http}/{name}.html"

    async def start(self):
        await asyncio.gather(self.prosody.start(), self.ircd.start())
        for name in PEOPLE:
            self.prosody.add_user(name, PASSWORD)
        await self.causeway.start()
        await self.guide.connect(self.run.address, self.ircd.port)
        await self.guide.join(CHANNEL)

    async def login(self, name):
        client = XmppClient(f"{name}@{DOMAIN}", PASSWORD, "proof")
        await client.connect(self.run.address, self.prosody.c2s)
        await client.iq("get", None, "<query xmlns='jabber:iq:roster'/>")
        client.send_presence()
        return client

    async def prove(self):
        """Registration, a channel and messages, in both directions."""
        alice = await self.login("alice")
        try:
            await self._prove_with(alice)
        finally:
            await alice.close()

    async def _prove_with(self, alice):
        answer = await alice.iq(
            "set", GATEWAY, "<query xmlns='jabber:iq:register'>" + xml.submit(
                {"network": NETWORK, "nick": "alice"},
                form_type="jabber:iq:register") + "</query>")
        assert answer.get("type") == "result", xml.error_text(answer)
        await alice.get_presence(GATEWAY, "subscribe")
        alice.send_presence(GATEWAY, "subscribed")
        alice.send_presence(GATEWAY, "subscribe")
        await alice.get_presence(GATEWAY)
        say(f"demo: alice@{DOMAIN} registered at {GATEWAY}")

        room = await alice.join(ROOM, "alice")
        assert GUIDE in room.nicks, room.nicks
        await self.guide.expect("JOIN", nick="alice")
        say(f"demo: alice is in {CHANNEL}, with {', '.join(room.nicks)}")

        alice.say(ROOM, "hello from XMPP")
        await self.guide.expect("PRIVMSG", CHANNEL, "hello from XMPP",
                                nick="alice")
        say(f"demo: alice to {CHANNEL}: hello from XMPP")
        self.guide.say(CHANNEL, "hello from IRC")
        await alice.get_message(f"{ROOM}/{GUIDE}", "hello from IRC")
        say(f"demo: {GUIDE} to {CHANNEL}: hello from IRC")

        person = f"{GUIDE}%{NETWORK}@{GATEWAY}"
        alice.send_message(person, "in private")
        await self.guide.expect("PRIVMSG", GUIDE, "in private",
                                nick="alice")
        self.guide.say("alice", "heard in private")
        await alice.get_message(person, "heard in private")
        say(f"demo: alice and {GUIDE} talked in private")
        await alice.leave(ROOM, "alice")

    async def answer_people(self):
        """The guide greets and answers whoever speaks."""
        while True:
            line = await self.guide.inbox.get(
                lambda l: l.command in ("JOIN", "PRIVMSG") and
                l.nick != GUIDE, "somebody", timeout=1e9)
            if line.command == "JOIN":
                self.guide.say(CHANNEL, f"Welcome, {line.nick}.")
                continue
            where = CHANNEL if line.params[0] == CHANNEL else line.nick
            text = line.text
            if text.startswith("\1ACTION "):
                text = f"* {line.nick} {text[8:].rstrip(chr(1))}"
            if not text.startswith("\1"):
                self.guide.say(where, f"{line.nick}: I read: {text}")

    def explain(self):
        host = self.run.address
        say()
        say("Log in with any XMPP client:")
        for name in PEOPLE:
            say(f"    {name}@{DOMAIN}  password {PASSWORD}  "
                f"server {host} port {self.prosody.c2s}")
        say(f"and join the room {ROOM}")
        if self.web:
            say("or open a web client that is already configured:")
            for name in PEOPLE:
                say(f"    {self.address(name)}")
        say("Native IRC clients meet you there:")
        say(f"    server {host} port {self.ircd.port}, channel {CHANNEL}")
        say(f"Logs: {self.run.folder}/*/output.log")
        say("Ctrl-C ends the demo and removes everything.")

    async def close(self):
        await self.guide.close()
        await self.run.close()


async def main(once):
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    demo = Demo(with_web=not once)
    work = asyncio.create_task(show(demo, once))
    stop = asyncio.create_task(ended.wait())
    await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
    status = 0
    if work.done():
        if work.exception() is not None:
            say(f"demo: FAILED: {work.exception()!r}")
            say(demo.causeway.tail())
            status = 1
    work.cancel()
    stop.cancel()
    await demo.close()
    return status


async def show(demo, once):
    await demo.start()
    await demo.prove()
    if once:
        say("demo: everything works")
        return
    demo.explain()
    await demo.answer_people()


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["--once"]):
        sys.exit("usage: scripts/demo [--once]")
    sys.exit(asyncio.run(main("--once" in sys.argv)))
