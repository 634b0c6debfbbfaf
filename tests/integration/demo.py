"""The servers of scripts/demo, the proof that they work together, and what a
person needs to know to try them."""

import asyncio
import email.utils
import html
import re
import signal
import sys

import demo_sms
from clients import xml
from clients.irc import IrcClient
from clients.mail import Correspondent
from clients.xmpp import XmppClient
from servers import npm
from servers.causeway import Causeway
from servers.dns import Dns, system_nameserver
from servers.inspircd import Inspircd
from servers.mail import MailSystem
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
MAIL_GATEWAY = "mail.localhost"
MAIL_DOMAIN = "home.demo"
MAIL_HOST = f"mail.{MAIL_DOMAIN}"
# Seconds in which a mail can still be changed.
HOLD = 3

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


def mail_jid(address):
    """What stands for a mail address in XMPP."""
    escaped = address.replace("@", "\\40")
    return f"{escaped}@{MAIL_GATEWAY}"


def say(text=""):
    print(text, flush=True)


def own_run():
    """At 127.0.0.1, or elsewhere on loopback when another demo is there."""
    try:
        return Run("127.0.0.1", exclusive=True)
    except OSError:
        return Run()


def node_modules():
    """What tests/browser names; None without npm."""
    return npm.installed("tests/browser", "web",
                         lambda: say("demo: fetching the web client"))


class Demo:
    def __init__(self, with_web, run=None):
        self.run = run or own_run()
        self.smsc = demo_sms.centre(self.run, say)
        self.authority = Authority(self.run.make_folder("tls"))
        self.pages = self.run.make_folder("pages")
        self.web = with_web and self._prepare_web_client()
        self.prosody = self._make_prosody()
        self.ircd = Inspircd(self.run, *self.authority.issue(NETWORK),
                             port=16667)
        self.mail = MailSystem(self.run, self.authority, host=MAIL_HOST,
                               domains=[MAIL_DOMAIN])
        self.names = self._make_names()
        self.causeway = self._make_causeway()
        self.guide = IrcClient(GUIDE)
        self.writer = Correspondent(self.mail, f"{GUIDE}@{MAIL_DOMAIN}",
                                    "The guide")

    def _make_prosody(self):
        certificate, key = self.authority.issue(DOMAIN)
        return Prosody(
            self.run, components=[GATEWAY, MAIL_GATEWAY,
                                  demo_sms.GATEWAY], domain=DOMAIN,
            modules=["tls", "bosh", "websocket", "http_files"],
            ports=(15222, 15280), extra=PROSODY.format(
                certificate=certificate, key=key, pages=self.pages,
                domain=DOMAIN))

    def _make_names(self):
        """The demo's domain, and what the system knows."""
        names = Dns(self.run.address, self.run.port(), system_nameserver())
        mail = self.mail
        names.host(MAIL_HOST, self.run.address)
        names.srv(f"_imaps._tcp.{MAIL_DOMAIN}", MAIL_HOST,
                  mail.dovecot.imaps)
        names.srv(f"_submissions._tcp.{MAIL_DOMAIN}", MAIL_HOST,
                  mail.exim.submissions)
        return names

    def _make_causeway(self):
        network = {"host": NETWORK, "name": "Demo network",
                   "address": self.run.address, "port": self.ircd.tls_port,
                   "ca_file": str(self.authority.certificate)}
        gateways = [{"type": "irc", "jid": GATEWAY, "any_network": True,
                     "networks": [network]},
                    {"type": "email", "jid": MAIL_GATEWAY, "hold": HOLD,
                     "ca_file": str(self.authority.certificate)}]
        if self.smsc:
            gateways.append(demo_sms.gateway(self.smsc, DOMAIN))
        return Causeway(
            self.run, self.prosody, log={"level": "info"},
            network={"allow": ["127.0.0.0/8"],
                     "nameserver": self.names.nameserver},
            gateways=gateways)

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
        await asyncio.gather(self.prosody.start(), self.ircd.start(),
                             self.mail.start(), self.names.start(),
                             *([self.smsc.start()] if self.smsc else []))
        for name in PEOPLE:
            self.prosody.add_user(name, PASSWORD)
        for name in (*PEOPLE, GUIDE):
            self.mail.add_user(f"{name}@{MAIL_DOMAIN}", PASSWORD)
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
        """Registrations and messages, in both directions."""
        alice = await self.login("alice")
        try:
            await self._prove_irc(alice)
            await self._prove_mail(alice)
            if self.smsc:
                await self._prove_sms(alice)
        finally:
            await alice.close()

    async def _register(self, alice, gateway, **values):
        answer = await alice.iq(
            "set", gateway, "<query xmlns='jabber:iq:register'>" +
            xml.submit(values, form_type="jabber:iq:register") + "</query>")
        assert answer.get("type") == "result", xml.error_text(answer)
        await alice.get_presence(gateway, "subscribe")
        alice.send_presence(gateway, "subscribed")
        alice.send_presence(gateway, "subscribe")
        await alice.get_presence(gateway)
        say(f"demo: alice@{DOMAIN} registered at {gateway}")

    async def _prove_mail(self, alice):
        address = f"alice@{MAIL_DOMAIN}"
        person = mail_jid(self.writer.address)
        await self._register(alice, MAIL_GATEWAY, address=address,
                             password=PASSWORD)
        alice.send_message(person, "hello from XMPP")
        mail = await self.writer.receive()
        assert mail.body.strip() == "hello from XMPP", mail.body
        assert address in mail["From"], mail["From"]
        say(f"demo: {address} to {self.writer}: hello from XMPP")
        await self.writer.write(address, f"Re: {mail['Subject']}",
                                "hello from a mail program", reply_to=mail)
        await alice.get_message(person,
                                re.compile("hello from a mail program"))
        say(f"demo: {self.writer} to {address}: hello from a mail program")

    async def _prove_sms(self, alice):
        await self._register(alice, demo_sms.GATEWAY,
                             phone=demo_sms.NUMBERS["alice"])
        await demo_sms.prove(alice, say)

    async def _prove_irc(self, alice):
        await self._register(alice, GATEWAY, network=NETWORK, nick="alice")
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

    async def answer_mails(self):
        """The guide answers every mail."""
        answered = {mail.uid for mail in await self.writer.mails()}
        while True:
            for mail in await self.writer.mails():
                if mail.uid not in answered:
                    await self._answer_mail(mail)
                answered.add(mail.uid)
            await asyncio.sleep(1)

    async def _answer_mail(self, mail):
        sender = email.utils.parseaddr(mail["From"] or "")[1]
        if not sender.endswith("@" + MAIL_DOMAIN) or \
                sender == self.writer.address:
            return
        subject = mail["Subject"] or ""
        if not subject.lower().startswith("re:"):
            subject = f"Re: {subject}"
        await self.writer.write(sender, subject,
                                f"I read: {mail.body.strip()[:1000]}",
                                reply_to=mail)

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
        self._explain_mail(host)
        if self.smsc:
            demo_sms.explain(self.smsc, say)
        say(f"Logs: {self.run.folder}/*/output.log")
        say("Ctrl-C ends the demo and removes everything.")

    def _explain_mail(self, host):
        guide = mail_jid(self.writer.address)
        dovecot, exim = self.mail.dovecot, self.mail.exim
        say(f"Mail: register at {MAIL_GATEWAY} with the address "
            f"carol@{MAIL_DOMAIN}, password {PASSWORD}")
        say(f"    (alice@{MAIL_DOMAIN} is registered), and write to {guide},")
        say(f"    who answers. A mail leaves {HOLD} seconds after its last "
            "line.")
        say(f"Mail programs: IMAP {host} port {dovecot.imaps}, SMTP port "
            f"{exim.submissions}, both with TLS;")
        say(f"    certificates are of {self.authority.certificate}")

    async def close(self):
        await self.guide.close()
        await self.names.close()
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
    await asyncio.gather(demo.answer_people(), demo.answer_mails())


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["--once"]):
        sys.exit("usage: scripts/demo [--once]")
    sys.exit(asyncio.run(main("--once" in sys.argv)))
