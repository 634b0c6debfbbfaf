"""The mail worker alone: what it says and does for frames, with Dovecot,
Exim, and servers that mean harm."""

import asyncio

import pytest

from clients import mail as mails
from clients.worker import (FLAGS, FLAGGED, IMPORT, OAUTH, SEEN, SMTP, Worker)
from conftest import wait
from mail_fixtures import HOST
from servers.dovecot import PASSWORD


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
