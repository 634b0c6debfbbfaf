"""The mail worker alone: what it says and does for frames, with Dovecot,
Exim, and servers that mean harm."""

import email
import email.policy
import os
import struct
import time

import pytest

from clients import mail as mails
from clients.worker import (ANSWERED, FETCH_SUMMARY, FETCH_TEXT, FLAGGED,
                            FLAGS, IMAP, IMPORT, JUNK, OAUTH, SEEN, SMTP,
                            Frame, Link, Worker, fields)
from conftest import wait
from mail_fixtures import HOST
from servers import faulty_smtp, hostile_imap
from servers.dovecot import PASSWORD
from servers.faulty_smtp import FaultySmtp
from servers.hostile_imap import HostileImap
from servers.mail import MailSystem
from servers.oauth import Oauth
from servers.web import autoconfig


@pytest.fixture
def worker(authority):
    worker = wait(Worker(authority.certificate).start())
    yield worker
    if worker.process.poll() is None:
        assert wait(worker.stop()) == 0


@pytest.fixture
def address(mail, request):
    """A new user."""
    name = f"{request.node.name.replace('[', '.').rstrip(']')}@home.test"
    mail.add_user(name)
    return name


async def imap(worker, mail, address, **options):
    """A link that was opened, not more."""
    tls = options.setdefault("tls", "tls")
    dovecot = mail.dovecot
    port = dovecot.imaps if tls == "tls" else dovecot.imap
    options = {"host": HOST, "user": address, "secret": PASSWORD, **options}
    return await worker.open(dovecot.run.address, port, **options)


async def ready(worker, mail, address, **options):
    link = await imap(worker, mail, address, **options)
    link.ready = await link.state("READY")
    return link


@pytest.mark.parametrize("tls", ["tls", "starttls"])
def test_login(worker, mail, address, tls):
    async def scenario():
        link = await ready(worker, mail, address, tls=tls)
        assert b" IDLE " in link.ready.texts[1]
        assert b" MOVE " in link.ready.texts[1]
        box = await link.watch()
        assert box.numbers[0] == await mail.dovecot.uidvalidity(address)
        assert box.numbers[1] == 1 and box.numbers[3] == 0
        assert b"inbox\tINBOX\n" in box.texts[1]
        assert b"sent\tSent\n" in box.texts[1]
        await link.state("IDLING")
        raw = mails.compose("bob@else.test", address, "News")
        await mail.dovecot.deliver(raw, address)
        new = await link.mail()
        assert new.numbers[0] == 1
        assert b"News" in new.texts[0]
    wait(scenario())


def test_no_password_in_the_clear(worker, mail, address):
    async def scenario():
        link = await imap(worker, mail, address, tls="none")
        state = await link.state("FAILED")
        assert state.error == "NO_WAY", state
    wait(scenario())


READ_AUTOCONFIG = 1
DOCUMENT = autoconfig("home.test", (HOST, 993, "SSL"),
                      (HOST, 587, "STARTTLS")).body


@pytest.mark.parametrize("document, servers", [
    (DOCUMENT, 2),
    (DOCUMENT.replace(b'"1.0"', b'"1.0" encoding="windows-1251"', 1), 2),
    (DOCUMENT.replace(b'"1.0"', b'"1.0" encoding="EUC-TW"', 1), 2),
    (b"<clientConfig/>", 0),
    (b"<!DOCTYPE x SYSTEM 'file:///etc/passwd'>" + DOCUMENT, None),
    (b"<clientConfig>" * 15000, None),
    (b"hello", None)],
    ids=["usual", "charset", "unknown", "empty", "doctype", "deep", "none"])
def test_autoconfig_documents(worker, document, servers):
    async def scenario():
        request = await worker.ask("READ", [READ_AUTOCONFIG], [document])
        done = await worker.wait(lambda f: f.request == request, "DONE")
        assert done.error == ("BAD" if servers is None else "OK")
        found = [field for field in fields(done.texts[1]) if field[0] == 2]
        assert len(found) == (servers or 0)
        if servers:
            assert dict(fields(found[0][1]))[2] == HOST.encode()
    wait(scenario())


# --- Logins -------------------------------------------------------------------

def test_wrong_password(worker, mail, address):
    async def scenario():
        link = await imap(worker, mail, address, secret="wrong")
        state = await link.state("FAILED")
        assert state.error == "REFUSED", state
        assert "Authentication failed" in state.words
    wait(scenario())


@pytest.mark.parametrize("tls", ["tls", "starttls"])
def test_wrong_name(worker, mail, address, tls):
    async def scenario():
        link = await imap(worker, mail, address, tls=tls, host="other.test")
        state = await link.state("FAILED")
        assert state.error == "TLS", state
        assert state.words == \
            "the certificate of other.test is not for that name"
    wait(scenario())


def test_unknown_authority(mail, address):
    async def scenario():
        worker = await Worker().start()
        link = await imap(worker, mail, address)
        state = await link.state("FAILED")
        assert state.error == "TLS", state
        assert "unknown authority" in state.words
        assert await worker.stop() == 0
        worker = await Worker(verify=False).start()
        await ready(worker, mail, address)
        assert await worker.stop() == 0
    wait(scenario())


@pytest.fixture(scope="module")
def tokens(run, authority):
    """Dovecot and Exim that look access tokens up, and who gives them."""
    provider = wait(Oauth(run.address, run.port()).start())
    system = MailSystem(run, authority, name="-tokens",
                        oauth=provider.url("/introspect"))
    yield wait(system.start()), provider
    wait(system.stop())
    wait(provider.close())


def token_for(provider, address):
    token = f"token-{address}"
    provider._access[token] = address
    return token


def test_access_tokens(worker, tokens):
    async def scenario():
        system, provider = tokens
        address = "token@home.test"
        system.add_user(address)
        good = token_for(provider, address)
        await ready(worker, system, address, login=OAUTH, secret=good)
        link = await smtp(worker, system, address, login=OAUTH, secret=good)
        await link.state("READY")
        for attempt in (imap, smtp):
            link = await attempt(worker, system, address, login=OAUTH,
                                 secret="stale")
            state = await link.state("FAILED")
            assert state.error == "REFUSED", state
    wait(scenario())


# --- What is new --------------------------------------------------------------

async def fill(mail, address, count, **more):
    for number in range(count):
        await mail.dovecot.append(
            address, mails.compose("bob@else.test", address,
                                   f"number {number}"), **more)


def test_only_what_is_new(worker, mail, address):
    async def scenario():
        await fill(mail, address, 3)
        link = await ready(worker, mail, address)
        box = await link.watch()
        assert box.numbers[1] == 4 and box.numbers[3] == 3
        await link.state("IDLING")
        await mail.dovecot.append(
            address, mails.compose("bob@else.test", address, "newest"),
            flags=[r"\Flagged", "$Junk"], when=1700000000)
        new = await link.mail()
        assert new.numbers[0] == 4
        assert new.numbers[2] == FLAGGED | JUNK
        assert new.numbers[3] == 1700000000000
        assert b"newest" in new.texts[0]
    wait(scenario())


def test_the_newest_are_imported(worker, mail, address):
    async def scenario():
        await fill(mail, address, 5)
        link = await ready(worker, mail, address)
        await link.watch(uid=2, flags=IMPORT)
        assert [(await link.mail()).numbers[0] for _ in range(2)] == [4, 5]
        await link.state("IDLING")
    wait(scenario())


def test_catching_up(worker, mail, address):
    async def scenario():
        await fill(mail, address, 30)
        validity = await mail.dovecot.uidvalidity(address)
        link = await ready(worker, mail, address)
        await link.watch(validity=validity, uid=3)
        # No more than so many at a time, and requests in between.
        for uid in range(4, 12):
            assert (await link.next("MAIL")).numbers[0] == uid
        done = await link.ask("STORE", [1, FLAGGED], ["3"])
        assert done.error == "OK", done
        assert not [f for f in worker.frames if f.name == "MAIL"]
        for uid in range(4, 12):
            await worker.send(Frame("TAKEN", link.number, 0, [uid]))
        for uid in range(12, 31):
            assert (await link.mail()).numbers[0] == uid
        await link.state("IDLING")
        # The last one is not told again, though "31:*" is that.
        await link.watch(validity=validity, uid=30)
        await fill(mail, address, 1)
        assert (await link.mail()).numbers[0] == 31
    wait(scenario())


def test_another_uidvalidity(worker, mail, address):
    async def scenario():
        await fill(mail, address, 2)
        validity = await mail.dovecot.uidvalidity(address)
        link = await ready(worker, mail, address)
        box = await link.watch(validity=validity - 1, uid=1)
        assert box.numbers[0] == validity
        done = await link.ask("SEARCH", [10], ["INBOX", ""])
        assert done.texts[1] == b"2 1"
        assert not [f for f in worker.frames if f.name == "MAIL"]
        await link.watch(validity=validity, uid=1)
        assert (await link.mail()).numbers[0] == 2
    wait(scenario())


def test_flags(worker, mail, address):
    async def scenario():
        await fill(mail, address, 3)
        link = await ready(worker, mail, address)
        await link.watch(flags=FLAGS)
        await link.state("IDLING")
        assert (await link.next("UNREAD")).numbers == [3]
        await mail.dovecot.flag(address, 2, r"\Seen")
        seen = await link.next("FLAGGED")
        assert seen.numbers[:2] == [2, SEEN]
        assert seen.numbers[2] > 0
        assert (await link.next("UNREAD")).numbers == [2]
        await link.ask("STORE", [1, SEEN], ["1,3"])
        assert (await link.next("UNREAD")).numbers == [0]
        await link.ask("STORE", [0, SEEN], ["1,3"])
        # What happened meanwhile, told by its number.
        await link.close()
        await mail.dovecot.flag(address, 1, r"\Answered")
        await mail.dovecot.flag(address, 2, r"\Seen", remove=True)
        link = await ready(worker, mail, address)
        validity = await mail.dovecot.uidvalidity(address)
        await link.watch(validity=validity, uid=3, mod_seq=seen.numbers[2],
                         flags=FLAGS)
        told = [(await link.next("FLAGGED")).numbers[:2] for _ in range(2)]
        assert sorted(told) == [[1, ANSWERED], [2, 0]]
    wait(scenario())


def test_a_folder_that_is_not_there(worker, mail, address):
    async def scenario():
        link = await ready(worker, mail, address)
        await worker.send(Frame("WATCH", link.number, 0, [0], ["Nowhere"]))
        state = await link.state("FAILED")
        assert state.error == "NO_SUCH", state
    wait(scenario())


def test_large_mails(worker, mail, address):
    async def scenario():
        link = await ready(worker, mail, address)
        await link.watch()
        data = os.urandom(5000000)
        raw = mails.compose("bob@else.test", address, "big",
                            files=[("big.bin", "application/octet-stream",
                                    data)])
        await mail.dovecot.append(address, raw)
        new = await link.mail()
        assert b"big.bin" in new.texts[0]
        assert (await link.ask("FETCH", [1, 0], ["INBOX"])).data == raw
        part = [number for number, value in fields(new.texts[0])
                if b"big.bin" in value]
        assert part
        numbers = [n for n in range(1, 6)]
        for number in numbers:
            done = await link.ask("FETCH", [1, number], ["INBOX"])
            if done.data == data:
                break
        else:
            raise AssertionError("the file is no part of the mail")
    wait(scenario())


# --- Requests -----------------------------------------------------------------

def test_texts_and_summaries(worker, mail, address):
    async def scenario():
        text = "Yes.\n\nOn Monday Bob wrote:\n> Shall we?\n"
        uid = await mail.dovecot.append(address, mails.compose(
            "bob@else.test", address, "An answer", text))
        link = await ready(worker, mail, address)
        whole = await link.ask("FETCH", [uid, FETCH_TEXT], ["INBOX"])
        assert whole.error == "OK"
        assert "Shall we?" in whole.data.decode()
        short = await link.ask("FETCH", [uid, FETCH_SUMMARY], ["INBOX"])
        assert b"An answer" in short.data
        assert b"Yes." not in short.data
        for uid, part, folder, error in [
                (99, 0, "INBOX", "NO_SUCH"), (99, 1, "INBOX", "NO_SUCH"),
                (1, 17, "INBOX", "NO_SUCH"), (1, 0, "Nowhere", "NO_SUCH"),
                (0, 0, "INBOX", "BAD"), (1 << 40, 0, "INBOX", "BAD")]:
            done = await link.ask("FETCH", [uid, part], [folder])
            assert done.error == error, (uid, part, folder, done)
    wait(scenario())


def test_store_and_move(worker, mail, address):
    async def scenario():
        await fill(mail, address, 3)
        link = await ready(worker, mail, address)
        await link.watch()
        done = await link.ask("STORE", [1, SEEN | FLAGGED], ["1,3"])
        assert done.error == "OK", done
        done = await link.ask("STORE", [0, SEEN], ["3"])
        assert done.error == "OK", done
        flags = {mail.uid: mail.flags
                 for mail in await mail.dovecot.messages(address)}
        assert {r"\Seen", r"\Flagged"} <= flags[1]
        assert r"\Seen" not in flags[3] and r"\Flagged" in flags[3]
        done = await link.ask("MOVE", texts=["1:2", "Junk"])
        assert done.error == "OK", done
        assert [m.uid for m in await mail.dovecot.messages(address)] == [3]
        assert len(await mail.dovecot.messages(address, "Junk")) == 2
        # What is gone was not moved, whatever the server says.
        done = await link.ask("MOVE", texts=["1:2", "Junk"])
        assert done.error == "NO_SUCH", done
        assert len(await mail.dovecot.messages(address, "Junk")) == 2
        done = await link.ask("MOVE", texts=["3", "Nowhere"])
        assert done.error == "NO_SUCH", done
        for uids in ("", "1 2", "1\r\nx LOGOUT", "abc"):
            assert (await link.ask("MOVE", texts=[uids, "Junk"])).error == \
                "BAD"
        done = await link.ask("MOVE", texts=["3", 'Ju"nk\\'])
        assert done.error == "NO_SUCH", done
    wait(scenario())


def test_append(worker, mail, address):
    async def scenario():
        link = await ready(worker, mail, address)
        await link.watch()
        await link.state("IDLING")
        raw = mails.compose(address, "bob@else.test", "kept", files=[
            ("x", "application/octet-stream", os.urandom(1000000))])
        done = await link.ask("APPEND", [len(raw), SEEN, 1700000000000],
                              ["Sent"], body=raw)
        assert done.error == "OK" and done.numbers[1] == 1, done
        kept = (await mail.dovecot.messages(address, "Sent"))[0]
        assert kept.raw == raw and r"\Seen" in kept.flags
        done = await link.ask("APPEND", [len(raw), 0, 0], ["Nowhere"],
                              body=raw)
        assert done.error == "NO_SUCH", done
        # The link is as it was.
        await fill(mail, address, 1)
        assert (await link.mail()).numbers[0] == 1
        done = await link.ask("APPEND", [len(raw), SEEN, 0], ["Sent"],
                              body=raw[:1000], given_up=True)
        assert done.error == "LOST", done
        await link.state("FAILED")
        assert len(await mail.dovecot.messages(address, "Sent")) == 1
    wait(scenario())


def test_search(worker, mail, address):
    async def scenario():
        await fill(mail, address, 4)
        uid = await mail.dovecot.append(address, mails.compose(
            "jürgen <j@else.test>", address, "Grüße", id="<x.1@else.test>"))
        link = await ready(worker, mail, address)
        for words, found in [
                ("TEXT\nnumber 2\n", "3"), ("FROM\nbob\n", "4 3 2 1"),
                ("SUBJECT\nGrüße\n", f"{uid}"), ("", "5 4 3 2 1"),
                ("MESSAGE-ID\n<x.1@else.test>\nFROM\nj@else.test", f"{uid}"),
                ('SUBJECT\n"a\\b"\n', ""), ("OTHER\nx\n", "5 4 3 2 1")]:
            done = await link.ask("SEARCH", [100, 0], ["INBOX", words])
            assert done.error == "OK", done
            assert done.texts[1].decode() == found, (words, done)
        done = await link.ask("SEARCH", [2, 0], ["INBOX", ""])
        assert done.texts[1] == b"5 4"
        tomorrow = int((time.time() + 86400 * 2) * 1000)
        done = await link.ask("SEARCH", [2, tomorrow], ["INBOX", ""])
        assert done.texts[1] == b""
    wait(scenario())


def test_folders_of_all_names(worker, mail, address):
    async def scenario():
        name = "Größe & \N{PILE OF POO} \"x\""
        with mail.dovecot.login(address) as client:
            client.create('"Gr&APYA3w-e &- &2D3cqQ- \\"x\\""')
        link = await ready(worker, mail, address)
        box = await link.watch()
        assert f"-\t{name}\n" in box.texts[1].decode()
        raw = mails.compose(address, "bob@else.test", "kept")
        done = await link.ask("APPEND", [len(raw), 0, 0], [name], body=raw)
        assert done.error == "OK", done
        done = await link.ask("SEARCH", [10, 0], [name, ""])
        assert done.texts[1] == b"1"
    wait(scenario())


# --- Mails to send ------------------------------------------------------------

async def smtp(worker, mail, address, **options):
    tls = options.setdefault("tls", "tls")
    exim = mail.exim
    port = exim.submissions if tls == "tls" else exim.submission
    options = {"host": HOST, "user": address, "secret": PASSWORD,
               "protocol": SMTP, **options}
    return await worker.open(exim.run.address, port, **options)


async def submit(link, sender, recipients, raw, flags=0):
    return await link.ask("SUBMIT", [len(raw), flags],
                          [sender, "\n".join(recipients)], body=raw)


@pytest.mark.parametrize("tls", ["tls", "starttls"])
def test_submit(worker, mail, address, tls):
    async def scenario():
        link = await smtp(worker, mail, address, tls=tls)
        state = await link.state("READY")
        assert b" SIZE " in state.texts[1]
        text = ".\n..\n.x\nlast\n"
        raw = mails.compose(address, address, "to myself", text)
        done = await submit(link, address, [address], raw)
        assert done.error == "OK" and done.numbers[1] == 250, done
        got = await mail.dovecot.received(address)
        assert got.body.replace("\r\n", "\n") == text
        # With refusals of each kind.
        others = ["nobody@home.test", "greylist@home.test", "full@home.test"]
        raw = mails.compose(address, address, "to some")
        done = await submit(link, address, [*others, address], raw)
        assert done.error == "OK", done
        told = {frame.words: frame for frame in done.refused}
        assert sorted(told) == sorted(others)
        assert told["nobody@home.test"].numbers == [550]
        assert told["greylist@home.test"].numbers == [451]
        assert told["full@home.test"].texts[1] == b"5.2.2"
        assert told["full@home.test"].texts[2]
        await mail.dovecot.received(address, count=2)
        # To nobody, and then again to somebody.
        done = await submit(link, address, others[:1], raw)
        assert done.error == "NO" and len(done.refused) == 1, done
        done = await submit(link, address, [address], raw)
        assert done.error == "OK", done
        await link.close()
    wait(scenario())


def test_large_submission(worker, mail, address):
    async def scenario():
        link = await smtp(worker, mail, address)
        await link.state("READY")
        data = os.urandom(1000000)
        raw = mails.compose(address, address, "big", files=[
            ("x", "application/octet-stream", data)])
        done = await submit(link, address, [address], raw)
        assert done.error == "OK", done
        got = await mail.dovecot.received(address)
        assert got.files[0].get_content() == data
        done = await submit(link, address, [address], raw * 3)
        assert done.error == "TOO_MUCH" and done.numbers[1] == 552, done
        done = await submit(link, address, [address], raw[:1000])
        assert done.error == "OK", done
    wait(scenario())


def test_bad_addresses(worker, mail, address):
    async def scenario():
        link = await smtp(worker, mail, address)
        await link.state("READY")
        raw = mails.compose(address, address, "x")
        for bad in ("a@b>\r\nRCPT TO:<evil@else.test", "a b@c\x01",
                    "x" * 300 + "@home.test", "ü@home.test", "<a@b>"):
            done = await submit(link, address, [bad.replace("\n", "\r")],
                                raw)
            assert done.error == "NO", (bad, done)
            assert done.refused[0].numbers == [501]
            done = await submit(link, bad, [address], raw)
            assert done.error == "BAD", (bad, done)
        done = await submit(link, address, [address], raw)
        assert done.error == "OK", done
    wait(scenario())


def test_given_up_in_the_middle(worker, mail, address):
    async def scenario():
        link = await smtp(worker, mail, address)
        await link.state("READY")
        raw = mails.compose(address, address, "half")
        done = await link.ask("SUBMIT", [len(raw), 0], [address, address],
                              body=raw[:50], given_up=True)
        assert done.error == "LOST", done
        await link.state("FAILED")
        assert await mail.dovecot.messages(address) == []
    wait(scenario())


@pytest.fixture
def faulty(run, authority):
    """Makes a scripted server; `faults` are names."""
    made = []

    def make(kind, *faults, **settings):
        library = {HostileImap: hostile_imap, FaultySmtp: faulty_smtp}[kind]
        server = kind(run.address, run.port(),
                      certificate=authority.issue("scripted.test"),
                      faults=[library.BY_NAME[fault] for fault in faults],
                      **settings)
        made.append(server)
        return wait(server.start())
    yield make
    for server in made:
        wait(server.close())


async def connect(worker, server, **options):
    protocol = SMTP if isinstance(server, FaultySmtp) else IMAP
    options = {"host": "scripted.test", "user": "user@scripted.test",
               "secret": "secret", "protocol": protocol,
               "tls": server.mode, **options}
    return await worker.open(server.address, server.port, **options)


@pytest.mark.parametrize("fault, error", [
    ("drop@TAKEN", "UNKNOWN"), ("reset@TAKEN", "UNKNOWN"),
    ("421@TAKEN", "BUSY"), ("drop@DATA", "LOST"), ("drop@MAIL", "LOST"),
    ("drop@RCPT", "LOST"), ("451@DOT", "LATER"), ("554@DOT", "NO"),
    ("552@MAIL", "NO"), ("451@MAIL", "LATER"), ("long reply@DOT", "NO"),
])
def test_what_became_of_a_mail(worker, faulty, fault, error):
    server = faulty(FaultySmtp, fault)

    async def scenario():
        link = await connect(worker, server)
        await link.state("READY")
        raw = mails.compose("a@home.test", "b@home.test", "x")
        done = await submit(link, "a@home.test", ["b@home.test"], raw)
        assert done.error == error, done
        assert done.words
    wait(scenario())


def test_extensions(worker, faulty):
    server = faulty(FaultySmtp)

    async def scenario():
        link = await connect(worker, server)
        await link.state("READY")
        raw = mails.compose("a@home.test", "b@home.test", "x")
        done = await submit(link, "ä@home.test", ["b@home.test"], raw,
                            flags=7)
        assert done.error == "OK", done
        taken = server.mails[0]
        assert taken.raw == raw
        assert taken.options.split() == [
            f"SIZE={len(raw)}", "BODY=8BITMIME", "SMTPUTF8", "RET=HDRS"]
        assert dict(server.commands())["EHLO"] == "gw.home.test"
    wait(scenario())


def test_a_server_without_smtputf8(worker, faulty):
    server = faulty(FaultySmtp, extensions=("8BITMIME", "AUTH PLAIN"))

    async def scenario():
        link = await connect(worker, server)
        await link.state("READY")
        done = await submit(link, "ä@home.test", ["b@home.test"], b"x", 1)
        assert done.error == "BAD", done
    wait(scenario())


# --- Harm ---------------------------------------------------------------------

def test_commands_stay_one_command(worker, mail, address):
    """Names and passwords with line ends."""
    async def scenario():
        for user, secret in [("a\r\nx LOGOUT", "b"), ("a", "b\r\nx LOGOUT")]:
            link = await imap(worker, mail, user, secret=secret)
            state = await link.state("FAILED")
            assert state.error == "REFUSED", state
    wait(scenario())


# --- Crashes ------------------------------------------------------------------

def test_who_dies_says_of_what(authority, mail, address):
    async def scenario():
        worker = await Worker(authority.certificate).start()
        link = await ready(worker, mail, address)
        await link.watch()
        await link.state("IDLING")
        assert worker.blame == (0, 0, 0)
        worker.kill()
        assert await worker.ended() == -9
    wait(scenario())


def test_a_bad_frame_is_the_end(authority):
    async def scenario():
        for frame in (b"\0\0\0\x09\x7f" + bytes(8),
                      b"\xff\xff\xff\xff",
                      Frame("OPEN", 1).encode(),
                      Frame("OPEN", 0, 0, [9, 9, 9, 9]).encode()):
            worker = await Worker(authority.certificate).start()
            worker.socket.send(frame)
            assert await worker.ended() == 1
    wait(scenario())


def test_the_end_of_the_daemon_is_its_end(authority, mail, address):
    async def scenario():
        worker = await Worker(authority.certificate).start()
        link = await ready(worker, mail, address)
        await link.watch()
        assert await worker.stop() == 0
    wait(scenario())


# --- Without a server ---------------------------------------------------------

def text_field(number, value):
    return struct.pack(">BI", number, len(value)) + value


def test_compose(worker):
    """The fields of a draft stand in gateways/email/wire/draft.c."""
    async def scenario():
        data = os.urandom(1500000)
        person = text_field(2, b"a@home.test")
        draft = b"".join([
            text_field(1, b"one@home.test"), text_field(4, person),
            text_field(5, text_field(1, person)),
            text_field(8, "Grüße".encode()), text_field(9, b"Hello."),
            text_field(15, text_field(1, b"x.bin") + text_field(
                2, b"application/octet-stream") + text_field(
                3, struct.pack(">q", len(data))))])
        link = Link(worker, 0)
        done = await link.ask("COMPOSE", texts=[draft], body=data)
        assert done.error == "OK", done
        message = email.message_from_bytes(
            done.data, policy=email.policy.default)
        assert message["Subject"] == "Grüße"
        assert next(message.iter_attachments()).get_content() == data
        done = await link.ask("COMPOSE", texts=[draft], body=data[:1000],
                              given_up=True)
        assert done.error == "BAD", done
        done = await link.ask("COMPOSE", texts=[b"\1\xff\xff\xff\xff"])
        assert done.error == "BAD", done
    wait(scenario())
