"""Workers that die for real, by each of the guards that end one. The daemon
is the one under test; its worker is the installed one but for words that make
it die (tests/gateways/frail)."""

import re

import pytest

from clients import xml
from clients.mail import compose
from conftest import wait
from servers.causeway import binary
from servers.hostile import Fault
from servers.process import wait_for
from test_mail_out import is_received, RECEIPT, receipt_for
from test_register import is_registered

pytestmark = pytest.mark.xdist_group("mail crash")

# A fiber has five seconds of processor time, and the machine more to do.
PATIENCE = 150

# How it dies, and what the daemon says about it.
DEATHS = {"fault": r"signal 11", "stack": r"signal 11", "call": r"signal 31",
          "memory": r"status 1", "cpu": r"signal 27",
          "failure": r"status 1"}
_DIED = re.compile(r"the mail worker \d+ (.*); links=(\d+) link=(\d+) "
                   r"request=(\d+) uid=(\d+)")


@pytest.fixture
def frail(post, own_postman):
    """A daemon with one worker for everybody, and that one is frail."""
    worker = binary().parent / "causeway-mail-frail"
    if not worker.exists():
        pytest.skip(f"{worker} is not built")
    daemon = own_postman({"workers": 1})
    daemon.worker = worker
    wait(daemon.start())
    post.gateway = daemon.jid
    return daemon


def deaths(daemon):
    """(how, links, link, request, uid) of each."""
    return [(how, *map(int, numbers)) for how, *numbers in
            _DIED.findall(daemon.log())]


class Bystander:
    """Shares the worker, and loses nothing."""

    def __init__(self, post, client):
        self.post = post
        self.client = client
        self.friend = post.correspondent("friend")
        self.count = 0

    async def write(self):
        """While the worker dies, perhaps."""
        self.count += 1
        await self.friend.write(self.client.address, f"In {self.count}",
                                f"In {self.count}")
        return self.client.send_message(
            self.post.person(self.friend), f"Out {self.count}",
            payload=RECEIPT)

    async def has_all(self, sent):
        for number in range(1, self.count + 1):
            await self.client.get_message(
                self.post.person(self.friend),
                re.compile(rf"In {number}\b"), timeout=PATIENCE)
        for id in sent:
            await self.client.expect(receipt_for(id), f"a receipt for {id}",
                                     timeout=PATIENCE)
        # Of what was with the server when the worker died nobody knows
        # whether it was taken: it goes again as the same mail.
        mails = {mail["Message-ID"]: mail.body.strip()
                 for mail in await self.friend.mails()}
        bodies = sorted(mails.values())
        assert bodies == sorted(set(bodies)), bodies
        assert not self.client.unseen(
            lambda s: xml.kind(s) == "message" and xml.body(s))


@pytest.fixture
def bystander(post, frail):
    return Bystander(post, wait(post.registered("bystander")))


def notices(client):
    return client.unseen(lambda s: "could not read" in (xml.body(s) or ""))


@pytest.mark.parametrize("how", DEATHS)
async def test_of_a_mail(post, frail, bystander, how):
    """It is set aside after the second death, with a message; those before
    and behind it arrive once, and so does everything of others."""
    alice = await post.registered()
    bob = post.correspondent()
    await bob.write(alice.address, "Before", "Before it.")
    await bob.write(alice.address, "Bomb", f"worker dies: {how}")
    await bob.write(alice.address, "After", "After it.")
    sent = [await bystander.write() for _ in range(3)]
    await alice.get_message(post.person(bob), re.compile("Before it."),
                            timeout=PATIENCE)
    await alice.get_message(post.person(bob), re.compile("After it."),
                            timeout=PATIENCE)
    sent.append(await bystander.write())
    await bystander.has_all(sent)
    notice, = notices(alice)
    assert "mail program" in xml.body(notice)
    died = deaths(frail)
    assert len(died) == 2, died
    for words, links, link, request, uid in died:
        assert re.search(DEATHS[how], words), words
        assert links >= 2 and link > 0 and request == 0 and uid == 2
    # It is settled: a restart does not try a third time.
    assert await frail.stop() == 0
    await frail.start()
    await bob.write(alice.address, "Again", "Again.")
    await alice.get_message(post.person(bob), re.compile("Again."),
                            timeout=PATIENCE)
    assert len(deaths(frail)) == len(died)


async def test_of_a_message(post, frail, bystander):
    """What cannot be written as a mail is an error on the message."""
    alice = await post.registered()
    bob = post.correspondent()
    sent = [await bystander.write()]
    id = alice.send_message(post.person(bob), "worker dies: fault",
                            payload=RECEIPT)
    error = await alice.get_error(id, timeout=PATIENCE)
    assert xml.condition(error) == "not-acceptable"
    assert "failed twice" in xml.error_text(error)
    id = alice.send_message(post.person(bob), "A good one.",
                            payload=RECEIPT)
    await is_received(alice, id)
    sent.append(await bystander.write())
    await bystander.has_all(sent)
    died = deaths(frail)
    assert len(died) == 2, died
    assert all(link == 0 and request > 0
               for _, _, link, request, _ in died)


async def test_of_a_file(post, frail, bystander):
    """It stays in the mailbox; the text arrives, and what follows it."""
    alice = await post.registered()
    bob = post.correspondent()
    await bob.write(alice.address, "File", "With a file.", files=[
        ("a.bin", "application/octet-stream", b"x" * 1000),
    ], headers={"X-Trap": "part worker dies: here"})
    sent = [await bystander.write()]
    await alice.get_message(post.person(bob), re.compile("With a file."),
                            timeout=PATIENCE)
    told = await alice.get_message(post.person(bob), re.compile("a.bin"),
                                   timeout=PATIENCE)
    assert "could not be read" in xml.body(told)
    await bob.write(alice.address, "After", "After it.")
    await alice.get_message(post.person(bob), re.compile("After it."),
                            timeout=PATIENCE)
    await bystander.has_all(sent)
    died = deaths(frail)
    assert len(died) == 2, died
    assert all(request > 0 and uid == 1 for *_, request, uid in died)


def turning(word):
    """A server that becomes deadly when `server.is_evil`."""
    def act(session, tag, rest):
        if getattr(session.server, "is_evil", False):
            session.send(f"* OK [ALERT] worker dies: {word}")
        return False
    return act


async def test_of_a_server(post, frail, bystander):
    """The mailbox is set aside, and the user told."""
    imap = await post.scripted_imap(Fault("SELECT", "SELECT",
                                          turning("fault")))
    smtp = await post.scripted_smtp()
    alice = await post.registered(address="a@elsewhere.test",
                                  **post.servers(imap, smtp))
    await wait_for(imap.idling, "IDLE")
    imap.is_evil = True
    for session in imap.idling():
        session.writer.close()
    sent = [await bystander.write()]
    told = await alice.get_message(post.gateway, re.compile("twice"),
                                   timeout=PATIENCE)
    assert "scripted.test" in xml.body(told)
    sent.append(await bystander.write())
    await bystander.has_all(sent)
    died = deaths(frail)
    assert len(died) == 2, died
    assert all(link > 0 and uid == 0 for _, _, link, _, uid in died)


async def test_while_registering(post, frail, bystander):
    """An honest answer, and no mailbox: the server is not asked again."""
    imap = await post.scripted_imap(Fault("SELECT", "SELECT",
                                          turning("call")))
    imap.is_evil = True
    smtp = await post.scripted_smtp()
    alice = await post.xmpp()
    await is_received(bystander.client, await bystander.write())
    answer = await post.register(alice, "a@elsewhere.test",
                                 **post.servers(imap, smtp))
    assert answer.get("type") == "error"
    words = xml.error_text(answer)
    assert "scripted.test sent something that could not be read" in words
    assert words.endswith("Nothing was changed.")
    logins = len(imap.logins)
    await bystander.has_all([await bystander.write()])
    assert len(deaths(frail)) == 1
    # It is no mailbox, and the same user may register it when it is healed.
    imap.push(compose("x@y.test", "a@elsewhere.test", "Hi", "Too early."))
    assert not await is_registered(alice, post.gateway)
    assert len(imap.logins) == logins
    imap.is_evil = False
    answer = await post.register(alice, "a@elsewhere.test",
                                 **post.servers(imap, smtp))
    assert answer.get("type") == "result", xml.error_text(answer)
    imap.push(compose("x@y.test", "a@elsewhere.test", "Hi", "Just right."))
    await alice.get_message(post.person("x@y.test"),
                            re.compile("Just right."), timeout=PATIENCE)
    assert not alice.unseen(lambda s: "Too early" in (xml.body(s) or ""))
    assert len(deaths(frail)) == 1
