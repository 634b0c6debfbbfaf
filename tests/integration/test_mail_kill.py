"""kill -9 of the daemon, and of its mail workers, between every two steps of
a mail on its way: nothing is lost, nothing comes twice but where nobody can
know better.

Each row of the matrix is a user with servers of his own, which stop at one
step. When all are there the victim is killed. The table is printed at the
end."""

import asyncio
import os
import re
import sqlite3

import pytest

from clients import xml
from clients.mail import compose
from servers.dovecot import PASSWORD
from servers.hostile import Pause
from servers.process import wait_for
from servers.prosody import SECRET
from servers.web import Response
from test_mail_acts import invite
from test_mail_in import marker
from test_mail_out import RECEIPT, receipt_for
from test_register import filled

pytestmark = pytest.mark.xdist_group("mail kill")

# Until a mail is tried again, on a loaded machine.
PATIENCE = 150

# Its subject is the subject of the next one, too.
TEXT = b"\r\n\r\nThe mail."

_table = []


@pytest.fixture(scope="module", autouse=True)
def table(request):
    yield
    printer = request.config.pluginmanager.getplugin("terminalreporter")
    if printer is None or not _table:
        return
    printer.write_line("")
    for row in [("way", "killed", "at", "copies", "same bytes or id",
                 "receipts", "in Sent"), *_table]:
        printer.write_line("".join(str(cell).ljust(width) for cell, width in
                                   zip(row, (5, 9, 22, 8, 18, 10, 8))))


async def killed(postman, victim):
    """The daemon is up again afterwards; its workers come when needed."""
    if victim == "daemon":
        await postman.kill()
        await postman.start()
        return
    for pid in postman.workers():
        os.kill(pid, 9)


@pytest.fixture
def own(post, own_postman):
    """A daemon of this test's own, and users in it."""
    async def start():
        postman = own_postman()
        await postman.start()
        post.gateway = postman.jid
        return postman
    return start


class Row:
    """A user with servers of his own; the step is a point of one of them."""

    def __init__(self, post, way, step, number):
        self.post = post
        self.way = way
        self.step = step
        self.address = f"row{number}@elsewhere.test"
        self.friend = f"friend{number}@x.test"
        self.number = number
        self.pause = Pause(step)

    async def register(self):
        self.imap = await self.post.scripted_imap()
        self.smtp = await self.post.scripted_smtp()
        self.client = await self.post.registered(
            f"row{self.number}x", address=self.address,
            **self.post.servers(self.imap, self.smtp))
        await wait_for(self.imap.idling, "IDLE")

    # Out.
    async def send_until_step(self):
        server = self.imap if self.step == "APPEND" else self.smtp
        server.faults.append(self.pause)
        self.id = self.client.send_message(
            self.post.person(self.friend), "The mail.", payload=RECEIPT)
        await self.pause.reached()

    async def sent(self):
        """A second mail leaves after the first."""
        last = self.client.send_message(
            self.post.person(self.friend), "The last.", payload=RECEIPT)
        await self.client.expect(receipt_for(last), "the last receipt",
                                 timeout=PATIENCE)
        await wait_for(lambda: any(b"The last." in raw for _, raw in
                                   self.imap.appended), "the copy", PATIENCE)

    def judge_sent(self, victim):
        mails = [mail.raw for mail in self.smtp.mails
                 if TEXT in mail.raw]
        receipts = len(self.client.unseen(receipt_for(self.id)))
        copies = [raw for _, raw in self.imap.appended if TEXT in raw]
        _table.append((self.way, victim, self.step, len(mails),
                       len(set(mails)) == 1, receipts, len(copies)))
        # The last dot is on its way, or there, and the answer is not.
        most = 2 if self.step in ("LINE", "DOT", "TAKEN") else 1
        assert 1 <= len(mails) <= most, self.step
        assert len(set(mails)) == 1, self.step
        assert receipts == 1, self.step
        assert 1 <= len(copies) <= (2 if self.step == "APPEND" else 1)
        assert set(copies) == set(mails), self.step

    # In.
    async def receive_until_step(self):
        self.imap.faults.append(self.pause)
        again = self.step not in ("UID FETCH", "IDLE", "NOOP")
        if again:
            for session in self.imap.idling():
                session.writer.close()
        if self.step == "IDLE":
            return
        self.push("The mail.")
        await self.pause.reached()

    def push(self, text):
        self.imap.push(compose(self.friend, self.address, "Mail", text))

    async def received(self):
        self.push("The last.")
        await self.client.get_message(self.post.person(self.friend),
                                      re.compile("The last."),
                                      timeout=PATIENCE)

    def judge_received(self, victim):
        found = self.client.unseen(
            lambda s: "The mail." in (xml.body(s) or ""))
        ids = {stanza.get("id") for stanza in found}
        _table.append((self.way, victim, self.step, len(found),
                       len(ids) == 1, "", ""))
        assert len(found) == 1, self.step


OUT = ("GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "LINE", "DOT",
       "TAKEN", "QUIT", "APPEND")
IN = ("GREETING", "CAPABILITY", "AUTHENTICATE", "LIST", "SELECT",
      "UID FETCH")


async def killed_at_their_steps(rows, until_step, postman, victim):
    await asyncio.gather(*(row.register() for row in rows))
    await asyncio.gather(*(until_step(row) for row in rows))
    await killed(postman, victim)
    for row in rows:
        row.pause.release()


@pytest.mark.parametrize("victim", ["daemon", "worker"])
async def test_on_the_way_out(post, own, victim):
    postman = await own()
    rows = [Row(post, "out", step, number) for number, step
            in enumerate(OUT)]
    await killed_at_their_steps(rows, Row.send_until_step, postman, victim)
    await asyncio.gather(*(row.sent() for row in rows))
    for row in rows:
        row.judge_sent(victim)


@pytest.mark.parametrize("victim", ["daemon", "worker"])
async def test_on_the_way_in(post, own, victim):
    postman = await own()
    rows = [Row(post, "in", step, number) for number, step in enumerate(IN)]
    await killed_at_their_steps(rows, Row.receive_until_step, postman,
                                victim)
    await asyncio.gather(*(row.received() for row in rows))
    for row in rows:
        row.judge_received(victim)


@pytest.mark.parametrize("victim", ["daemon", "worker"])
async def test_registered_with_the_first_look(post, own, victim):
    """What comes from the moment on at which the user is told that he is
    registered is new, though his inbox was never watched before."""
    postman = await own()
    row = Row(post, "in", "registered", 0)
    row.imap, row.smtp = await post.scripted_imap(), await post.scripted_smtp()
    row.imap.push(compose(row.friend, row.address, "Mail", "An old one."))
    row.client = await post.xmpp()
    answer = await post.register(row.client, row.address,
                                 **post.servers(row.imap, row.smtp))
    row.push("The mail.")
    await killed(postman, victim)
    assert answer.get("type") == "result", xml.error_text(answer)
    await post.befriend(row.client)
    await row.received()
    row.judge_received(victim)
    assert not row.client.unseen(
        lambda s: "old one" in (xml.body(s) or ""))


class Lock:
    """The database can't be written meanwhile."""

    def __init__(self, daemon):
        self._link = sqlite3.connect(daemon.folder / "causeway.db",
                                     isolation_level=None)

    def __enter__(self):
        self._link.execute("BEGIN IMMEDIATE")

    def __exit__(self, *_):
        self._link.execute("ROLLBACK")
        self._link.close()


def beginning(post, row):
    """Registers, in the background."""
    return asyncio.create_task(post.register(
        row.client, row.address, **post.servers(row.imap, row.smtp)))


async def first_look(post, point):
    """A new mailbox whose inbox is not opened before the pause is over."""
    row = Row(post, "in", point, 0)
    row.imap, row.smtp = await post.scripted_imap(), await post.scripted_smtp()
    row.imap.faults.append(pause := Pause("SELECT"))
    row.client = await post.xmpp()
    asking = beginning(post, row)
    await pause.reached()
    return row, asking, pause


async def registers_again(post, row, victim):
    """... and has what comes then."""
    answer = await beginning(post, row)
    assert answer.get("type") == "result", xml.error_text(answer)
    row.push("The mail.")
    await post.befriend(row.client)
    await row.received()
    row.judge_received(victim)


async def test_before_the_first_look_is_kept(post, own):
    """Nobody was told that he is registered, and he does it again."""
    postman = await own()
    row, asking, pause = await first_look(post, "before first cursor")
    with Lock(postman):
        pause.release()
        await wait_for(row.imap.idling, "IDLE")
        await row.client.settle(post.gateway)
        assert not asking.done()
        await postman.kill()
    asking.cancel()
    await postman.start()
    await registers_again(post, row, "daemon")


@pytest.mark.parametrize("victim", ["daemon", "worker"])
async def test_during_the_first_look(post, own, victim):
    """Likewise; where the daemon lives on, it says so."""
    postman = await own()
    row, asking, pause = await first_look(post, "first SELECT")
    await row.client.settle(post.gateway)
    assert not asking.done()
    await killed(postman, victim)
    pause.release()
    if victim == "worker":
        assert "Nothing was changed" in xml.error_text(await asking)
    asking.cancel()
    await registers_again(post, row, victim)


async def test_before_a_mail_in_is_stored(post, own):
    postman = await own()
    row = Row(post, "in", "before it is stored", 0)
    await row.register()
    with Lock(postman):
        row.push("The mail.")
        await wait_for(lambda: any(
            verb == "UID FETCH" and "BODY" in rest
            for verb, rest in row.imap.commands()), "FETCH")
        await asyncio.sleep(1)  # it would come now
        await postman.kill()
    await postman.start()
    await row.received()
    row.judge_received("daemon")


async def test_before_a_mail_out_is_stored(post, own):
    """Nothing was promised: the user has no receipt, and sends it again."""
    postman = await own()
    row = Row(post, "out", "before it is stored", 0)
    await row.register()
    with Lock(postman):
        row.id = row.client.send_message(
            post.person(row.friend), "The mail.", payload=RECEIPT)
        await row.client.settle(post.gateway)
        await postman.kill()
    await postman.start()
    await row.client.get_presence(post.gateway)
    assert not row.client.unseen(receipt_for(row.id))
    row.client.send_message(post.person(row.friend), "The mail.",
                            payload=RECEIPT, id=row.id)
    await row.sent()
    row.judge_sent("daemon")


@pytest.mark.parametrize("victim", ["daemon", "worker"])
async def test_while_a_mail_is_held(post, own_postman, victim):
    postman = own_postman({"hold": 3})
    await postman.start()
    post.gateway = postman.jid
    row = Row(post, "out", "held", 0)
    await row.register()
    row.id = row.client.send_message(post.person(row.friend), "The mail.",
                                     payload=RECEIPT)
    await row.client.settle(post.gateway)
    await asyncio.sleep(0.5)
    assert row.smtp.mails == []
    await killed(postman, victim)
    await row.client.expect(receipt_for(row.id), "a receipt",
                            timeout=PATIENCE)
    row.client.inbox.add(xml.ET.fromstring(
        "<message xmlns='jabber:client'><received xmlns="
        f"'urn:xmpp:receipts' id='{row.id}'/></message>"))
    await row.sent()
    row.judge_sent(victim)


def with_a_way_out(bob, alice):
    """A mail of a list that is left by mail."""
    headers = {"List-Unsubscribe": f"<mailto:{bob.address}?subject=off>",
               "List-Id": "<kept.else.test>"}
    return compose(bob.address, alice.address, "News", "Sync, weekly",
                   headers=headers)


def with_an_invitation(bob, alice):
    return invite(bob.address, alice.address, "kept@else.test")


@pytest.mark.parametrize("word, make, answer, subject", [
    ("/accept", with_an_invitation, "You have accepted", "Accepted: "),
    ("/unsubscribe", with_a_way_out, "A mail that unsubscribes", "off"),
])
async def test_after_the_answer_to_a_word(post, own, word, make, answer,
                                          subject):
    """What it asks for is kept before it is answered."""
    postman = await own()
    alice = await post.registered()
    bob = post.correspondent("bob")
    await bob.send(make(bob, alice), alice.address)
    message = await alice.expect(
        lambda s: "Sync, weekly" in (xml.body(s) or ""), "his mail")
    chat = message.get("from").partition("/")[0]
    with Lock(postman):
        alice.send_message(chat, word)
        await asyncio.sleep(1)  # it would come now
        assert not alice.unseen(lambda s: answer in (xml.body(s) or ""))
    await alice.get_message(chat, re.compile(answer))
    await postman.kill()
    await postman.start()
    mail = await bob.receive(lambda mail: mail["Subject"].startswith(subject))
    assert alice.address in mail["From"]


async def test_after_the_answer_to_block(post, own):
    postman = await own()
    alice = await post.registered()
    bob, carol = post.correspondent("bob"), post.correspondent("carol")
    with Lock(postman):
        alice.send_message(post.person(bob), "/block")
        await asyncio.sleep(1)  # it would come now
        assert not alice.unseen(lambda s: "not shown" in (xml.body(s) or ""))
    await alice.get_message(post.person(bob), re.compile("not shown"))
    await postman.kill()
    await postman.start()
    await bob.write(alice.address, "Hello", "Do you hear me?")
    await marker(post, alice, carol)
    assert not alice.unseen(
        lambda s: "hear me" in (xml.body(s) or ""))


# --- Between the daemon and the user's server ---------------------------------

class ScriptedUser:
    """A user behind an XMPP server that answers pings only when told to."""

    def __init__(self, stream, daemon):
        self.stream = stream
        self.daemon = daemon
        self.jid = "alice@example.test/desk"
        self.messages = []
        self.answers = True
        self.pings = 0
        self.held = []  # pings without an answer
        self.task = asyncio.create_task(self._serve())

    async def _serve(self):
        while True:
            stanza = await self.stream.expect(
                lambda e: e.get("type") in ("get", "set", "chat", None) and
                xml.kind(e) in ("iq", "message", "presence"), "anything",
                timeout=1e9)
            kind = xml.kind(stanza)
            if kind == "message":
                self.messages.append(stanza)
            elif kind == "iq":
                self._answer(stanza)

    def _answer(self, iq):
        if not any(child.tag.endswith("}ping") for child in iq):
            self.stream.refuse(iq)
            return
        self.pings += 1
        if self.answers:
            self.stream.answer(iq)
        else:
            self.held.append(iq)

    def answer_held(self):
        self.answers = True
        while self.held:
            self._answer(self.held.pop())

    def texts(self, text):
        body = "{jabber:component:accept}body"
        return [message for message in self.messages
                if text in (message.findtext(body) or "")]


async def online(server, daemon, kind=ScriptedUser):
    """The daemon is attached to the scripted server again."""
    daemon.spawn()
    stream = await server.accept()
    assert await stream.handshake(SECRET)
    await daemon.until_ready()
    return kind(stream, daemon)


async def behind(post, own_postman, kind=ScriptedUser):
    """A scripted server, the daemon at it, its user with a mailbox."""
    server = await post.scripted_xmpp()
    postman = own_postman(server=server)
    post.gateway = postman.jid
    user = await online(server, postman, kind)
    row = Row(post, "in", "", 0)
    row.imap, row.smtp = await post.scripted_imap(), await post.scripted_smtp()
    answer = await user.stream.iq("set", user.jid, postman.jid, filled(
        {"address": row.address, "password": PASSWORD,
         **post.servers(row.imap, row.smtp)}), timeout=PATIENCE)
    assert answer.get("type") == "result", xml.ET.tostring(answer)
    await wait_for(row.imap.idling, "IDLE")
    return server, postman, user, row


def judge_copies(row, victim, step, copies, most):
    """Repetitions are the same message."""
    ids = {message.get("id") for message in copies}
    _table.append(("in", victim, step, len(copies), len(ids) == 1, "", ""))
    assert len(ids) == 1, step
    assert 1 <= len(copies) <= most, step


async def test_between_handing_over_and_its_proof(post, own_postman):
    """What the server did not confirm comes again, as the same message."""
    server, postman, user, row = await behind(post, own_postman)
    row.step = "no proof of server"
    user.answers = False
    row.push("The mail.")
    await wait_for(lambda: user.texts("The mail.") and user.pings, "a ping")
    first, = user.texts("The mail.")
    await postman.kill()
    user = await online(server, postman)
    await wait_for(lambda: user.texts("The mail."), "it again", PATIENCE)
    row.push("The last.")
    await wait_for(lambda: user.texts("The last."), "the last", PATIENCE)
    ids = {message.get("id") for message in
           [first, *user.texts("The mail.")]}
    _table.append(("in", "daemon", row.step, 1 + len(user.texts("The mail.")),
                   len(ids) == 1, "", ""))
    assert ids == {first.get("id")}
    assert len(user.texts("The mail.")) == 1


async def test_between_the_proof_and_the_cursor(post, own_postman):
    """The server confirmed it, and the daemon could not write that down: it
    comes again, as the same message."""
    server, postman, user, row = await behind(post, own_postman)
    user.answers = False
    row.push("The mail.")
    await wait_for(lambda: user.texts("The mail.") and user.held, "a ping")
    copies = user.texts("The mail.")
    with Lock(postman):
        user.answer_held()
        await asyncio.sleep(1)  # it would be written now
        await postman.kill()
    user = await online(server, postman)
    row.push("The last.")
    await wait_for(lambda: user.texts("The last."), "the last", PATIENCE)
    copies += user.texts("The mail.")
    judge_copies(row, "daemon", "proof not kept", copies, 2)


async def test_between_the_cursor_and_the_end_of_the_grace(post,
                                                           own_postman):
    """A server that was killed may have lost what it confirmed."""
    server, postman, user, row = await behind(post, own_postman)
    row.push("The mail.")
    await wait_for(lambda: user.texts("The mail.") and user.pings, "a ping")
    copies = user.texts("The mail.")
    await user.stream.drain()
    await asyncio.sleep(1)
    await postman.kill()
    user = await online(server, postman)
    row.push("The last.")
    await wait_for(lambda: user.texts("The last."), "the last", PATIENCE)
    copies += user.texts("The mail.")
    judge_copies(row, "daemon", "within the grace", copies, 2)


async def test_between_the_outcome_and_its_record(post, own):
    """The mail server took it, and the daemon could not write that down: the
    same bytes go out again, and the user hears of it once."""
    postman = await own()
    row = Row(post, "out", "TAKEN", 0)
    await row.register()
    await row.send_until_step()
    with Lock(postman):
        row.pause.release()
        await asyncio.sleep(1)
        await postman.kill()
    await postman.start()
    await row.client.expect(receipt_for(row.id), "a receipt",
                            timeout=PATIENCE)
    row.client.inbox.add(xml.ET.fromstring(
        "<message xmlns='jabber:client'><received xmlns="
        f"'urn:xmpp:receipts' id='{row.id}'/></message>"))
    await row.sent()
    row.judge_sent("daemon")


# --- Files --------------------------------------------------------------------

UPLOAD = "{urn:xmpp:http:upload:0}"


class Uploader(ScriptedUser):
    """... and whose server has an upload service; `slots` waits."""

    slots = None  # an event, until slots are given
    web = None

    def __init__(self, stream, daemon):
        super().__init__(stream, daemon)
        self.asked = 0

    def _answer(self, iq):
        if any(child.tag.endswith("#info}query") for child in iq):
            self.stream.answer(
                iq, "<query xmlns='http://jabber.org/protocol/disco#info'>"
                "<feature var='urn:xmpp:http:upload:0'/></query>")
        elif any(child.tag == UPLOAD + "request" for child in iq):
            self.asked += 1
            self.given = asyncio.create_task(self._give(iq))
        else:
            super()._answer(iq)

    async def _give(self, iq):
        if self.slots:
            await self.slots.wait()
        url = xml.quoteattr(self.web.url("/kept/a.txt"))
        self.stream.answer(iq, "<slot xmlns='urn:xmpp:http:upload:0'>"
                           f"<put url={url}/><get url={url}/></slot>")


class Put:
    """What the upload service has, and where it stops."""

    def __init__(self, web, step):
        self.web = web
        self.step = step
        self.count = 0
        self.reached = asyncio.Event()
        self.released = asyncio.Event()
        web.pages["/kept/a.txt"] = self.page
        web.before_body = self.before

    async def before(self, method, path):
        if method == "PUT" and self.step == "PUT begun":
            self.reached.set()
            await self.released.wait()

    async def page(self, request):
        assert request.body == b"A file."
        if self.step == "PUT done":
            self.reached.set()
            await self.released.wait()
        self.count += 1
        return Response("", 201)


@pytest.mark.parametrize("victim", ["daemon", "worker"])
@pytest.mark.parametrize("step", ["slot asked", "PUT begun", "PUT done"])
async def test_while_a_file_is_uploaded(post, own_postman, web, step, victim):
    Uploader.web, Uploader.slots = web, asyncio.Event()
    server, postman, user, row = await behind(post, own_postman, Uploader)
    put = Put(web, step)
    if step != "slot asked":
        Uploader.slots.set()
    row.imap.push(compose(row.friend, row.address, "Mail", "The mail.",
                          files=[("a.txt", "text/plain", b"A file.")]))
    await wait_for(lambda: user.asked, "a slot is asked for")
    if step != "slot asked":
        await put.reached.wait()
    copies = user.texts("The mail.")
    if victim == "worker":
        for pid in postman.workers():
            os.kill(pid, 9)
        release(put)
    elif step == "PUT done":
        with Lock(postman):
            release(put)
            await asyncio.sleep(1)  # it would be remembered now
            await postman.kill()
    else:
        await postman.kill()
        release(put)
    files = user.texts("/kept/a.txt")
    if victim == "daemon":
        user = await online(server, postman, Uploader)
    row.push("The last.")
    await wait_for(lambda: user.texts("The last."), "the last", PATIENCE)
    web.before_body = None
    again = 2 if victim == "daemon" else 1
    if victim == "daemon":
        copies += user.texts("The mail.")
        files += user.texts("/kept/a.txt")
    else:
        copies, files = (user.texts("The mail."), user.texts("/kept/a.txt"))
    judge_copies(row, victim, step, copies, again)
    judge_copies(row, victim, f"{step}: file", files, again)
    assert put.count <= 2


def release(put):
    put.step = ""
    put.released.set()
    Uploader.slots.set()
