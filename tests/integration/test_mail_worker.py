"""The mail worker alone: what it says and does for frames, with Dovecot,
Exim, and servers that mean harm."""

import asyncio

import pytest

from clients import mail as mails
from clients.worker import (FLAGS, FLAGGED, IMPORT, OAUTH, SEEN, SMTP, Worker,
                            fields)
from conftest import wait
from mail_fixtures import HOST
from servers.dovecot import PASSWORD
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
