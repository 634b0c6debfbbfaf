"""An SMTP server that takes mails to keep them, and a library of harm and
refusals: FAULTS, and answers for single recipients."""

import base64
import re

from servers.hostile import GENERIC, Fault, Server, Session, everywhere

EXTENSIONS = ("PIPELINING", "8BITMIME", "SMTPUTF8", "DSN", "SIZE 10000000",
              "ENHANCEDSTATUSCODES", "AUTH PLAIN LOGIN XOAUTH2 OAUTHBEARER")


class Taken:
    """A mail that the server has, whether or not it said so."""

    def __init__(self, sender, recipients, options, raw, user):
        self.sender = sender
        self.recipients = recipients
        self.options = options  # of MAIL
        self.raw = raw
        self.user = user


class SmtpSession(Session):
    def __init__(self, server, reader, writer):
        super().__init__(server, reader, writer)
        self.user = None
        self.forget()

    def forget(self):
        self.sender = None
        self.options = ""
        self.recipients = []

    async def serve(self):
        if not await self.fault("GREETING"):
            self.send("220 scripted.test ESMTP")
        while True:
            text = (await self.line()).decode("utf-8", "surrogateescape")
            verb, _, rest = text.partition(" ")
            verb = verb.upper()
            self.commands.append((verb, rest))
            if await self.fault(verb, verb, rest):
                continue
            act = getattr(self, "do_" + verb.lower(), None)
            if act is None:
                self.send("500 5.5.1 unknown command")
            elif await act(rest) == "over":
                return

    def extensions(self):
        offered = [one for one in self.server.extensions
                   if self.secure or self.server.mode == "none" or
                   not one.startswith("AUTH")]
        if self.server.mode == "starttls" and not self.secure:
            offered.append("STARTTLS")
        return offered

    async def do_ehlo(self, rest):
        lines = ["scripted.test greets you", *self.extensions()]
        self.send(*(f"250{' ' if line is lines[-1] else '-'}{line}"
                    for line in lines))

    async def do_helo(self, rest):
        self.send("250 scripted.test")

    async def do_starttls(self, rest):
        self.send("220 2.0.0 begin")
        await self.secure_now()

    async def do_auth(self, rest):
        mechanism, _, initial = rest.partition(" ")
        if mechanism.upper() == "LOGIN":
            self.send("334 VXNlcm5hbWU6")
            user = self.decoded(await self.line())
            self.send("334 UGFzc3dvcmQ6")
            password = self.decoded(await self.line())
        else:
            if not initial:
                self.send("334 ")
                initial = await self.line()
            answer = self.decoded(initial)
            user, password = "", answer
            if mechanism.upper() == "PLAIN":
                _, user, password = answer.split("\0")
        self.server.logins.append((user, password))
        if self.server.password not in (None, password):
            self.send("535 5.7.8 wrong password")
        else:
            self.user = user
            self.send("235 2.7.0 welcome")

    @staticmethod
    def decoded(text):
        return base64.b64decode(text).decode()

    async def do_mail(self, rest):
        if self.server.needs_login and self.user is None:
            self.send("530 5.7.0 log in first")
            return
        self.sender, self.options = re.fullmatch(
            r"FROM: ?<([^>]*)>(.*)", rest, re.I).groups()
        self.recipients = []
        self.send("250 2.1.0 go on")

    async def do_rcpt(self, rest):
        recipient = re.match(r"TO: ?<([^>]*)>", rest, re.I).group(1)
        words = self.server.next_answer(recipient)
        if words.startswith("2"):
            self.recipients.append(recipient)
        self.send(words)

    async def do_data(self, rest):
        if not self.recipients:
            self.send("554 5.5.1 no recipients")
            return
        self.send("354 end it with a dot")
        raw = await self.body()
        if raw is None or await self.fault("DOT"):
            return
        self.take(raw)
        # The mail is here; that it is may never be heard of.
        if not await self.fault("TAKEN"):
            self.send(f"250 2.0.0 kept as {len(self.server.mails)}")
        self.forget()

    async def body(self):
        """The bytes as they were before dots were stuffed; None when a
        fault ended them."""
        lines = []
        while True:
            line = await self.reader.readuntil(b"\n")
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line[1:] if line.startswith(b".") else line)
            if await self.fault("LINE"):
                return None

    def take(self, raw):
        self.server.inbox.note("<", f"a mail of {len(raw)} bytes")
        self.server.mails.append(Taken(self.sender, list(self.recipients),
                                       self.options, raw, self.user))

    async def do_rset(self, rest):
        self.forget()
        self.send("250 2.0.0 forgotten")

    async def do_noop(self, rest):
        self.send("250 2.0.0 fine")

    async def do_quit(self, rest):
        self.send("221 2.0.0 bye")
        await self.writer.drain()
        return "over"


class FaultySmtp(Server):
    """`password` None: everybody comes in. `mails`: all it has, also those
    whose acknowledgement it lost."""

    session_type = SmtpSession

    def __init__(self, address, port, certificate=None, mode="tls",
                 faults=(), extensions=EXTENSIONS, password=None,
                 needs_login=True):
        super().__init__(address, port, certificate, mode, faults)
        self.extensions = extensions
        self.password = password
        self.needs_login = needs_login
        self.logins = []
        self.mails = []
        self._answers = {}

    def answer(self, recipient, *words):
        """What it says to RCPT TO for him, one after the other; the last
        for ever. As an example "451 4.7.1 Later", "250 OK"."""
        self._answers[recipient] = list(words)

    def next_answer(self, recipient):
        words = self._answers.get(recipient, ["250 2.1.5 fine"])
        return words.pop(0) if len(words) > 1 else words[0]


# --- Harm ---------------------------------------------------------------------

def replies(*lines):
    def act(session, tag, rest):
        session.send(*lines)
        return True
    return act


def says_goodbye(line):
    """Says it and ends the connection."""
    async def act(session, tag, rest):
        session.send(line)
        await session.writer.drain()
        session.drop()
    return act


def tarpit(session, tag, rest):
    return session.slowly(b"250-" + b"x" * 100000)


def endless_reply(session, tag, rest):
    return session.endlessly(b"250-still more\r\n")


async def injected_starttls(session, tag, rest):
    """What comes with the answer, before TLS, counts for nothing."""
    session.writer.write(b"220 begin\r\n250-evil.test\r\n250 AUTH PLAIN\r\n")
    await session.secure_now()
    return True


async def questions(session, tag, rest):
    while True:
        session.send("334 " + base64.b64encode(b"more").decode())
        await session.line()


ANYWHERE = {
    **GENERIC,
    "421": (says_goodbye("421 4.3.2 shutting down"),),
    "tarpit": (tarpit,),
    "endless reply": (endless_reply,),
    "no number": (replies("what?"),),
    "other number": (replies("999 nine hundred"),),
    "NUL": (replies("250 \0\0"),),
}

PLACES = ("GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "LINE", "DOT",
          "TAKEN")


def refused(point, *lines):
    """Named by its code: "451@MAIL"."""
    return Fault(lines[0].split(" ")[0].rstrip("-")[:3], point,
                 replies(*lines))


SPECIAL = [
    refused("GREETING", "554 5.3.2 no service for you"),
    refused("EHLO", "550 5.7.1 go away"),
    refused("MAIL", "451 4.3.0 later"),
    refused("MAIL", "452 4.3.1 disk full"),
    refused("MAIL", "550 5.7.1 sender refused"),
    refused("MAIL", "552 5.3.4 too big"),
    refused("RCPT", "451 4.7.1 greylisted"),
    refused("RCPT", "452 4.5.3 too many recipients"),
    refused("RCPT", "550 5.1.1 no such user"),
    refused("RCPT", "552 5.2.2 mailbox full"),
    refused("RCPT", "553 5.1.3 no such syntax"),
    refused("DATA", "451 4.3.0 later"),
    refused("DATA", "554 5.5.1 no valid recipients"),
    refused("DOT", "451 4.3.0 later"),
    refused("DOT", "452 4.3.1 disk full"),
    refused("DOT", "552 5.3.4 too big"),
    refused("DOT", "554 5.7.1 this is spam"),
    refused("DOT", "550 5.6.0 malformed"),
    refused("AUTH", "454 4.7.0 later"),
    refused("AUTH", "535 5.7.8 wrong password"),
    Fault("long reply", "EHLO", replies(
        *(f"250-X-FOO{number} {'y' * 400}" for number in range(500)),
        *(f"250-{one}" for one in EXTENSIONS), "250 OK"), True),
    Fault("long reply", "DOT", replies(
        *(f"554-5.7.1 line {number} {'y' * 400}" for number in range(500)),
        "554 5.7.1 the end")),
    Fault("starttls injected", "STARTTLS", injected_starttls),
    Fault("starttls refused", "STARTTLS", replies("454 4.7.0 not now")),
    Fault("starttls unknown", "STARTTLS", replies("502 5.5.1 what?")),
    Fault("questions", "AUTH", questions),
]

FAULTS = everywhere(PLACES, ANYWHERE) + SPECIAL
BY_NAME = {repr(fault): fault for fault in FAULTS}
assert len(BY_NAME) == len(FAULTS)
