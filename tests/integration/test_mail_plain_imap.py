"""The worker with a server that has nothing but IMAP4rev1: no IDLE, CONDSTORE,
MOVE, UIDPLUS, UNSELECT, SPECIAL-USE, NOTIFY or LITERAL+."""

import pytest

from clients import mail as mails
from clients.worker import FLAGS, JUNK, SEEN
from conftest import wait
from servers.mail import MailSystem
from test_mail_worker import ready, worker  # noqa: F401

PLAIN = "imap_capability = IMAP4rev1 AUTH=PLAIN\n"


@pytest.fixture(scope="module")
def plain(run, authority):
    """Dovecot, which keeps its abilities to itself."""
    system = MailSystem(run, authority, name="-plain", domains=["home.test"],
                        extra=PLAIN)
    wait(system.start())
    yield system
    wait(system.stop())


@pytest.fixture
def address(plain, request):
    name = f"{request.node.name}@home.test"
    plain.add_user(name)
    return name


async def flagged(link):
    return list((await link.next("FLAGGED")).numbers[:2])


def test_everything_works(worker, plain, address):  # noqa: F811
    async def scenario():
        dovecot = plain.dovecot
        for number in range(3):
            await dovecot.append(address, mails.compose(
                "bob@else.test", address, f"Old {number}"))
        link = await ready(worker, plain, address)
        for word in (b"IDLE", b"MOVE", b"UIDPLUS", b"CONDSTORE", b"NOTIFY"):
            assert b" %b " % word not in link.ready.texts[1]
        box = await link.watch(flags=FLAGS)
        # By its name.
        assert b"sent\tSent\n" in box.texts[1]
        assert box.numbers[2] == 0
        await link.mirror()
        assert list((await link.next("MIRRORED")).numbers)[1] == 0
        await link.state("POLLING")
        # Any command brings the news; what was sent first comes first.
        await dovecot.append(address, mails.compose(
            address, "bob@else.test", "Sent"), folder="Sent")
        await dovecot.append(address, mails.compose(
            "bob@else.test", address, "News"))
        done = await link.ask("STORE", [1, SEEN], ["1"])
        assert done.error == "OK"
        sent = await link.mail("SENT")
        new = await link.mail()
        assert sent.numbers[0] == 1 and b"Sent" in sent.texts[0]
        assert new.numbers[0] == 4 and b"News" in new.texts[0]
        assert await flagged(link) == [1, SEEN]
        # Read by another client.
        await dovecot.flag(address, 2, r"\Seen")
        done = await link.ask("STORE", [0, JUNK], ["3"])
        assert await flagged(link) == [2, SEEN]
        # A copy; a mail of another folder.
        raw = mails.compose(address, "x@else.test", "Copy")
        done = await link.ask("APPEND", [len(raw), SEEN, 0], ["Sent"],
                              body=raw)
        assert done.error == "OK"
        done = await link.ask("STORE", [1, SEEN], ["1", "Sent"])
        assert done.error == "OK"
        found = await dovecot.messages(address, "Sent")
        assert all(r"\Seen" in mail.flags for mail in found)
        done = await link.ask("SEARCH", [10, 0], ["Sent",
                                                  "SUBJECT\nCopy\n"])
        assert done.texts[1] == b"2"
        # Moved as far as the server can.
        done = await link.ask("MOVE", [0, 0], ["3", "Trash"])
        assert done.error == "OK"
        assert [mail["Subject"] for mail in
                await dovecot.messages(address, "Trash")] == ["Old 2"]
        left = {mail.uid: mail.flags
                for mail in await dovecot.messages(address)}
        assert 3 not in left or r"\Deleted" in left[3]
        done = await link.ask("MOVE", [0, 0], ["2", "INBOX", "Sent"])
        assert done.error == "OK"
        assert b"Copy" in (await link.mail()).texts[0]
    wait(scenario())
