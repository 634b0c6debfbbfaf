"""An IMAP server with one mailbox, and a library of harm: FAULTS."""

import base64
import email.utils
import re
import time

from servers.hostile import GENERIC, Fault, Server, Session, everywhere

CAPABILITIES = ("IMAP4rev1 LITERAL+ SASL-IR ID ENABLE IDLE NAMESPACE "
                "UIDPLUS MOVE SPECIAL-USE CONDSTORE AUTH=PLAIN")
FLAGS = r"\Answered \Flagged \Deleted \Seen \Draft"


class Stored:
    def __init__(self, uid, raw, flags=(), when=None):
        self.uid = uid
        self.raw = raw
        self.flags = set(flags)
        self.when = when or time.time()
        self.modseq = uid


def date_of(when):
    parts = email.utils.formatdate(when).split()
    return f"{parts[1]}-{parts[2]}-{parts[3]} {parts[4]} +0000"


def uids_of(text, highest):
    """A set of numbers as IMAP writes it."""
    found = set()
    for piece in text.split(","):
        ends = [highest if end == "*" else int(end)
                for end in piece.split(":")]
        low, high = min(ends), max(ends)
        found.update(range(low, min(high, highest) + 1) if low != high
                     else {low})
    return found


class ImapSession(Session):
    def __init__(self, server, reader, writer):
        super().__init__(server, reader, writer)
        self.known = 0          # mails that the client knows of
        self.folder = None
        self.idling = False
        self.literals = []

    async def serve(self):
        if not await self.fault("GREETING"):
            self.send(f"* OK {self.unasked()}ready")
        while True:
            tag, verb, rest = await self.command()
            self.commands.append((verb, rest))
            point = "AUTHENTICATE" if verb == "LOGIN" else verb
            if await self.fault(point, tag, rest):
                continue
            act = getattr(self, "do_" + verb.replace(" ", "_").lower(), None)
            if act is None:
                self.send(f"{tag} BAD unknown command")
                continue
            if await act(tag, rest) == "over":
                return

    def capabilities(self):
        offered = self.server.capabilities
        if self.server.mode == "starttls" and not self.secure:
            return "IMAP4rev1 STARTTLS LOGINDISABLED"
        return offered

    def unasked(self):
        """Capabilities, unless something happens when they are asked for."""
        if any(fault.point == "CAPABILITY" for fault in self.server.faults):
            return ""
        return f"[CAPABILITY {self.capabilities()}] "

    async def command(self):
        """A command with its literals in place."""
        data = await self.line()
        self.literals = []
        while match := re.search(rb"\{(\d+)(\+?)\}$", data):
            if not match.group(2):
                self.send("+ go on")
            size = int(match.group(1))
            self.literals.append(await self.reader.readexactly(size))
            data = b'%s"%s"%s' % (data[:match.start()], self.literals[-1],
                                  await self.line())
        text = data.decode("utf-8", "surrogateescape")
        tag, _, rest = text.partition(" ")
        verb, _, rest = rest.partition(" ")
        verb = verb.upper()
        if verb == "UID":
            second, _, rest = rest.partition(" ")
            verb = "UID " + second.upper()
        return tag, verb, rest

    def ok(self, tag, words="done"):
        self.send(f"{tag} OK {words}")

    # Before login.
    async def do_capability(self, tag, rest):
        self.send(f"* CAPABILITY {self.capabilities()}")
        self.ok(tag)

    async def do_starttls(self, tag, rest):
        if self.server.mode == "none":
            self.send(f"{tag} BAD unknown command")
            return
        self.ok(tag, "begin")
        await self.secure_now()

    async def do_login(self, tag, rest):
        user, password = re.fullmatch(
            r'"?([^" ]*)"? "?([^"]*)"?', rest).groups()
        self._let_in(tag, user, password)

    async def do_authenticate(self, tag, rest):
        mechanism, _, initial = rest.partition(" ")
        if not initial:
            self.send("+ ")
            initial = (await self.line()).decode()
        answer = base64.b64decode(initial).decode()
        if mechanism.upper() == "PLAIN":
            _, user, password = answer.split("\0")
        else:
            user, password = "", answer
        self._let_in(tag, user, password)

    def _let_in(self, tag, user, password):
        self.server.logins.append((user, password))
        if self.server.password not in (None, password):
            self.send(f"{tag} NO [AUTHENTICATIONFAILED] wrong password")
        else:
            self.ok(tag, self.unasked() + "welcome")

    # The session.
    async def do_id(self, tag, rest):
        self.send('* ID ("name" "Scripted")')
        self.ok(tag)

    async def do_enable(self, tag, rest):
        self.send(f"* ENABLED {rest}")
        self.ok(tag)

    async def do_namespace(self, tag, rest):
        self.send('* NAMESPACE (("" "/")) NIL NIL')
        self.ok(tag)

    async def do_list(self, tag, rest):
        for folder, use in self.server.folders.items():
            self.send(rf'* LIST (\HasNoChildren {use}) "/" "{folder}"')
        self.ok(tag)

    do_xlist = do_lsub = do_list

    async def do_status(self, tag, rest):
        server = self.server
        self.send(f"* STATUS INBOX (MESSAGES {len(server.mails)} "
                  f"UIDNEXT {server.uidnext} "
                  f"UIDVALIDITY {server.uidvalidity})")
        self.ok(tag)

    async def do_select(self, tag, rest):
        server = self.server
        self.folder = rest.split(" (")[0].strip('"')
        self.known = len(self.mails())
        self.send(f"* FLAGS ({FLAGS})",
                  rf"* OK [PERMANENTFLAGS ({FLAGS} \*)] all",
                  f"* {self.known} EXISTS", "* 0 RECENT",
                  f"* OK [UIDVALIDITY {server.uidvalidity}] valid")
        if server.tells_uidnext:
            self.send(f"* OK [UIDNEXT {server.uidnext}] next")
        if "CONDSTORE" in server.capabilities:
            self.send(f"* OK [HIGHESTMODSEQ {server.uidnext}] highest")
        self.ok(tag, "[READ-WRITE] selected")

    do_examine = do_select

    def mails(self):
        """Of the folder that is open."""
        return self.server.mails if self.folder == "INBOX" else []

    def tell_news(self):
        if self.folder == "INBOX" and self.known != len(self.mails()):
            self.known = len(self.mails())
            self.send(f"* {self.known} EXISTS")

    async def do_noop(self, tag, rest):
        self.tell_news()
        self.ok(tag)

    do_check = do_noop

    async def do_idle(self, tag, rest):
        self.send("+ idling")
        self.tell_news()
        await self.until_done(tag)

    async def until_done(self, tag):
        self.idling = True
        try:
            while (await self.line()).upper() != b"DONE":
                pass
        finally:
            self.idling = False
        self.ok(tag, "idle is over")

    async def do_logout(self, tag, rest):
        self.send("* BYE see you")
        self.ok(tag)
        await self.writer.drain()
        return "over"

    async def do_close(self, tag, rest):
        self.folder = None
        self.ok(tag)

    do_unselect = do_close

    # Mails.
    async def do_uid_fetch(self, tag, rest):
        numbers, _, wanted = rest.partition(" ")
        since = re.search(r"\(CHANGEDSINCE (\d+)", wanted)
        asked = uids_of(numbers, max(self.server.uidnext - 1, 1))
        for place, mail in enumerate(self.mails(), 1):
            if mail.uid in asked and (
                    not since or mail.modseq > int(since.group(1))):
                self.send_fetch(place, mail, wanted)
                await self.writer.drain()
        self.ok(tag)

    def send_fetch(self, place, mail, wanted):
        pieces = [f"UID {mail.uid}".encode()]
        if "FLAGS" in wanted:
            pieces.append(f"FLAGS ({' '.join(sorted(mail.flags))})".encode())
        if "RFC822.SIZE" in wanted:
            pieces.append(f"RFC822.SIZE {len(mail.raw)}".encode())
        if "INTERNALDATE" in wanted:
            pieces.append(f'INTERNALDATE "{date_of(mail.when)}"'.encode())
        if "MODSEQ" in wanted or "CHANGEDSINCE" in wanted:
            pieces.append(f"MODSEQ ({mail.modseq})".encode())
        for part, start, size in re.findall(
                r"BODY(?:\.PEEK)?\[([^\]]*)\](?:<(\d+)\.(\d+)>)?", wanted):
            data = self.part_of(mail.raw, part)
            origin = ""
            if size:
                data = data[int(start):int(start) + int(size)]
                origin = f"<{start}>"
            pieces.append(b"BODY[%s]%s {%d}\r\n%s" % (
                part.encode(), origin.encode(), len(data), data))
        self.send(b"* %d FETCH (%s)" % (place, b" ".join(pieces)))

    @staticmethod
    def part_of(raw, part):
        head, gap, body = raw.partition(b"\r\n\r\n")
        if part == "TEXT":
            return body
        return head + gap if part.startswith("HEADER") else raw

    async def do_uid_search(self, tag, rest):
        mails = self.mails()
        if match := re.search(r"\bUID ([\d:*,]+)", rest):
            asked = uids_of(match.group(1), self.server.uidnext - 1)
            mails = [mail for mail in mails if mail.uid in asked]
        if match := re.search(r'HEADER "?Message-ID"? "?<?([^">]*)', rest,
                              re.I):
            id = match.group(1).encode()
            mails = [mail for mail in mails if id in mail.raw]
        self.send(" ".join(["* SEARCH", *(str(mail.uid) for mail in mails)]))
        self.ok(tag)

    async def do_uid_store(self, tag, rest):
        numbers, how, flags = re.fullmatch(
            r"(\S+) ([+-]?FLAGS)\S* \(?([^)]*)\)?", rest).groups()
        asked = uids_of(numbers, self.server.uidnext - 1)
        for mail in self.mails():
            if mail.uid in asked:
                if how[0] == "-":
                    mail.flags -= set(flags.split())
                else:
                    mail.flags |= set(flags.split())
        self.ok(tag)

    async def do_uid_move(self, tag, rest):
        asked = uids_of(rest.split(" ")[0], self.server.uidnext - 1)
        for place, mail in reversed(list(enumerate(self.mails(), 1))):
            if mail.uid in asked:
                self.server.mails.remove(mail)
                self.known -= 1
                self.send(f"* {place} EXPUNGE")
        self.ok(tag)

    async def do_append(self, tag, rest):
        folder = rest.split(" ")[0].strip('"')
        self.server.appended.append((folder, self.literals[-1]))
        self.ok(tag, f"[APPENDUID 1 {len(self.server.appended)}] kept")


class HostileImap(Server):
    """`password` None: everybody comes in. `mails` lie in INBOX."""

    session_type = ImapSession

    def __init__(self, address, port, certificate=None, mode="tls",
                 faults=(), capabilities=CAPABILITIES, password=None):
        super().__init__(address, port, certificate, mode, faults)
        self.capabilities = capabilities
        self.password = password
        self.logins = []
        self.folders = {"INBOX": "", "Sent": r"\Sent", "Junk": r"\Junk"}
        self.mails = []
        self.appended = []
        self.uidvalidity = 1000
        self.uidnext = 1
        self.tells_uidnext = True

    def push(self, raw, flags=()):
        """A new mail; who is idling hears of it. Its UID."""
        mail = Stored(self.uidnext, raw, flags)
        self.uidnext += 1
        self.mails.append(mail)
        for session in self.sessions:
            if session.idling and not session.over.is_set():
                session.tell_news()
        return mail.uid

    def idling(self):
        return [session for session in self.sessions
                if session.idling and not session.over.is_set()]


# --- Harm ---------------------------------------------------------------------

def says(*lines, answered=False):
    """Lines before (or instead of) the answer."""
    def act(session, tag, rest):
        session.send(*(line.replace("TAG", tag) for line in lines))
        return answered
    return act


def instead(*lines):
    return says(*lines, answered=True)


def begins(text, piece):
    """Something that has no end."""
    return lambda session, tag, rest: session.endlessly(
        piece, text.replace("TAG", tag).encode())


def then_silence(text):
    async def act(session, tag, rest):
        await session.send_bytes(text.replace("TAG", tag).encode())
        await session.silence()
    return act


def tarpit(session, tag, rest):
    return session.slowly(b"* OK [ALERT] " + b"x" * 100000)


def bye(session, tag, rest):
    session.send("* BYE [UNAVAILABLE] not now")
    session.drop()


def news_and_gone(session, tag, rest):
    session.send("* 500 EXISTS")
    session.drop()


ANYWHERE = {
    **GENERIC,
    "bye": (bye,),
    "news and gone": (news_and_gone,),
    "tarpit": (tarpit,),
    "endless list": (begins("* FLAGS (", b"a "),),
    "endless answers": (begins("", b"* OK still here\r\n"),),
    "endless literal": (begins("* OK {99999999}\r\n", b"x"),),
    "huge literal": (then_silence("* OK {4294967290}\r\n"),),
    "literal without number": (then_silence(
        "* OK {99999999999999999999}\r\n"),),
    "negative literal": (then_silence("* OK {-1}\r\n"),),
    "broken literal": (then_silence("* LIST () \"/\" {100}\r\nINB"),),
    "deep list": (says("* LIST " + "(" * 300000),),
    "pairs": (says("* LIST (" + "()" * 50000 + ') "/" x'),),
    "xyzzy": (says("* XYZZY nothing happens", "* 17 XYZZY (a b)"), True),
    "other tag": (then_silence("OTHER OK\r\n"),),
    "bad": (instead("TAG BAD no"),),
    "NUL": (says("* OK \0\0"),),
    "long words": (says("* OK [ALERT] " + "x" * 500000),),
    "question": (then_silence("+ and what now?\r\n"),),
}

PLACES = ("GREETING", "CAPABILITY", "AUTHENTICATE", "LIST", "SELECT",
          "UID FETCH", "IDLE")


def fetch_line(text):
    """The answer to a FETCH; MAIL is the newest mail as a literal."""
    def act(session, tag, rest):
        mail = session.server.mails[-1]
        first, gap, last = text.partition("MAIL")
        data = first.encode()
        if gap:
            data += b"BODY[] {%d}\r\n%s" % (len(mail.raw), mail.raw)
        session.send(data + last.encode())
        session.ok(tag)
        return True
    return act


def storm(session, tag, rest):
    session.send("+ idling")
    session.send(*(f"* {number} EXISTS" for number in range(10000)))
    session.send(f"* {len(session.mails())} EXISTS")
    session.idling = True
    return _until_done(session, tag)


def flags_flood(session, tag, rest):
    session.send("+ idling")
    session.send(*(rf"* 1 FETCH (UID 1 FLAGS (\Seen $X{number}))"
                   for number in range(20000)))
    session.idling = True
    return _until_done(session, tag)


async def _until_done(session, tag):
    await session.until_done(tag)
    return True


async def injected_starttls(session, tag, rest):
    """What comes with the answer, before TLS, counts for nothing."""
    session.writer.write(
        f"{tag} OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN INJECTED\r\n"
        "* BYE injected\r\n".encode())
    await session.secure_now()
    return True


async def questions(session, tag, rest):
    while True:
        session.send("+ " + base64.b64encode(b"more").decode())
        await session.line()


def idle_ends(session, tag, rest):
    session.send("+ idling")
    session.ok(tag)
    return True


def other_uidvalidity(session, tag, rest):
    session.server.uidvalidity += 1


def no_uidnext(session, tag, rest):
    session.server.tells_uidnext = False


def no_idle_after_all(session, tag, rest):
    session.send(f"{tag} BAD IDLE is not for you")
    return True


def many_folders(session, tag, rest):
    session.send(*(rf'* LIST () "/" "folder{number}"'
                   for number in range(50000)))


def bad_folders(session, tag, rest):
    session.send(r'* LIST () "/" "../../etc/passwd"',
                 '* LIST () "/" {3}', "a\"b", r'* LIST (\Sent) NIL "&&&-"',
                 '* LIST () "/" {6}\r\nx\r\ny\0z', '* LIST () "\\\\" ""',
                 '* LIST (\\' + "X" * 5000 + ') "/" y')


def select_code(*codes):
    """Response codes of a SELECT, before the real ones."""
    return says(*(f"* OK {code} x" for code in codes))


SPECIAL = [
    Fault("noise before +", "IDLE", says(
        "* OK be patient", "* 1 RECENT", r"* FLAGS (\Seen)",
        "* CAPABILITY IMAP4rev1 IDLE"), True),
    Fault("storm", "IDLE", storm, True),
    Fault("flags flood", "IDLE", flags_flood, True),
    Fault("idle ends at once", "IDLE", idle_ends),
    Fault("lies about IDLE", "IDLE", no_idle_after_all, True),
    Fault("no +", "IDLE", instead("TAG OK what else?")),
    Fault("starttls injected", "STARTTLS", injected_starttls),
    Fault("starttls refused", "STARTTLS", instead("TAG NO not today")),
    Fault("no starttls", "STARTTLS", instead("TAG BAD what?")),
    Fault("preauth", "GREETING", instead(
        "* PREAUTH [CAPABILITY IMAP4rev1] come in")),
    Fault("questions", "AUTHENTICATE", questions),
    Fault("login limit", "AUTHENTICATE",
          instead("TAG NO [LIMIT] too many connections")),
    Fault("login later", "AUTHENTICATE",
          instead("TAG NO [UNAVAILABLE] the directory is asleep")),
    Fault("no uidnext", "SELECT", no_uidnext, True),
    Fault("other uidvalidity", "SELECT", other_uidvalidity),
    Fault("odd codes", "SELECT", select_code(
        "[UIDNEXT abc]", "[UNSEEN]", "[XYZZY (((]", "[BADCHARSET (x]",
        "[PERMANENTFLAGS", "[]", "[HIGHESTMODSEQ -1]", "[COPYUID 1 2]",
        "[APPENDUID 99999999999999999999 1]")),
    Fault("huge numbers", "SELECT", says("* 4294967295 EXISTS",
                                         "* 99999999999 RECENT")),
    Fault("read only", "SELECT", says("* OK [READ-ONLY] x"), True),
    Fault("many folders", "LIST", many_folders),
    Fault("bad folders", "LIST", bad_folders),
    Fault("badcharset", "UID SEARCH",
          instead("TAG NO [BADCHARSET (US-ASCII)] no")),
    Fault("searched too much", "UID SEARCH",
          says("* SEARCH " + "4294967295 " * 50000)),
    Fault("never asked", "UID FETCH", says(
        *(f"* {number} FETCH (UID {number + 4000} FLAGS () BODY[] "
          "{5}\r\nnever)" for number in range(1, 300))), True),
    Fault("flags of others", "UID FETCH", says(
        *(rf"* {number} FETCH (FLAGS (\Seen))"
          for number in range(1, 20000))), True),
    Fault("many flags", "UID FETCH", says(
        "* 1 FETCH (UID 1 FLAGS (" + "flag " * 50000 + "x))")),
    Fault("no answer in it", "UID FETCH", instead("TAG OK")),
    Fault("no uid", "UID FETCH", fetch_line("* 1 FETCH (MAIL)")),
    Fault("NIL", "UID FETCH", fetch_line("* 1 FETCH (UID 1 BODY[] NIL "
                                         "RFC822.SIZE 10)")),
    Fault("huge size", "UID FETCH", fetch_line(
        "* 1 FETCH (UID 1 RFC822.SIZE 18446744073709551615 FLAGS ())")),
    Fault("negative size", "UID FETCH", fetch_line(
        "* 1 FETCH (UID 1 RFC822.SIZE -5 FLAGS ())")),
    Fault("odd date", "UID FETCH", fetch_line(
        '* 1 FETCH (UID 1 INTERNALDATE "99-Foo-99999 99:99:99 +9999" '
        "FLAGS () RFC822.SIZE 10)")),
    Fault("uid zero", "UID FETCH", fetch_line(
        "* 0 FETCH (UID 0 FLAGS () MAIL)")),
    Fault("deep structure", "UID FETCH", fetch_line(
        "* 1 FETCH (UID 1 BODYSTRUCTURE " + "(" * 300000)),
    Fault("deep envelope", "UID FETCH", fetch_line(
        "* 1 FETCH (UID 1 ENVELOPE " + "((NIL NIL " * 60000)),
    Fault("long atom", "UID FETCH", fetch_line(
        "* 1 FETCH (UID 1 FLAGS (" + "x" * 3000000 + "))")),
    Fault("gone meanwhile", "UID FETCH", says("* 1 EXPUNGE",
                                              "* 0 EXISTS")),
]

FAULTS = everywhere(PLACES, ANYWHERE) + SPECIAL
BY_NAME = {repr(fault): fault for fault in FAULTS}
assert len(BY_NAME) == len(FAULTS)
