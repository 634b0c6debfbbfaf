"""Servers and mails that mean harm cost nobody else anything."""

import asyncio
import re

import pytest

from clients import xml
from clients.mail import compose
from servers import faulty_smtp, hostile_imap
from servers.process import wait_for
from test_mail_out import is_received, RECEIPT


# Resident, under a sanitizer; see test_mail_worker_hostile.
WORKER_MAX = 700 << 20
DAEMON_MAX = 500 << 20

# What ends the link at once; others may only be slow. From LIST on the login
# has worked, and the mailbox is registered.
LOGIN = ("GREETING", "CAPABILITY", "AUTHENTICATE")
FATAL = ("drop", "reset", "bye", "news and gone", "endless line",
         "endless list", "endless literal")


def memory(pid):
    """Resident bytes; 0 of a process that ended."""
    try:
        for line in open(f"/proc/{pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1]) << 10
    except OSError:
        pass
    return 0


class Bystander:
    """Somebody at a good server, who must notice nothing."""

    def __init__(self, post):
        self.post = post
        self.count = 0

    async def start(self):
        self.client = await self.post.registered("bystander")
        self.friend = self.post.correspondent("friend")
        return self

    async def talks(self):
        """A mail in, a mail out."""
        self.count += 1
        await self.friend.write(self.client.address, "In", f"In {self.count}")
        await self.client.get_message(self.post.person(self.friend),
                                      re.compile(f"In {self.count}"))
        id = self.client.send_message(self.post.person(self.friend),
                                      f"Out {self.count}", payload=RECEIPT)
        await is_received(self.client, id)


def judge_answer(name, answer):
    """Words that name the server and what it did; a server that is only slow
    may let the registration through."""
    if answer.get("type") == "result":
        kind, point = name.split("@")
        assert kind not in FATAL or point not in LOGIN, name
        return
    words = xml.error_text(answer)
    assert "scripted.test" in words, (name, words)
    assert "internal" not in words, (name, words)


def are_small(postman):
    for pid in postman.workers():
        assert memory(pid) < WORKER_MAX, memory(pid)
    assert memory(postman.pid) < DAEMON_MAX, memory(postman.pid)


@pytest.fixture
def bystander(post, postman):
    return Bystander(post)


@pytest.mark.parametrize("point", hostile_imap.PLACES)
async def test_hostile_imap_servers(post, postman, bystander, point):
    """All of them at once, each with an account of its own."""
    await bystander.start()
    names = [name for name, fault in hostile_imap.BY_NAME.items()
             if fault.point == point]
    smtp = await post.scripted_smtp()

    async def suffer(number, name):
        imap = await post.scripted_imap(hostile_imap.BY_NAME[name])
        imap.push(compose("x@y.test", "victim@elsewhere.test", "Hi"))
        client = await post.xmpp(f"victim{number}x")
        asking = asyncio.create_task(post.register(
            client, "victim@elsewhere.test", **post.servers(imap, smtp)))
        await wait_for(imap.struck, f"{name} to strike")
        return asking
    asked = await asyncio.gather(*(suffer(number, name) for number, name
                                   in enumerate(names)))
    await bystander.talks()
    for name, answer in zip(names, await asyncio.gather(*asked)):
        judge_answer(name, answer)
    await bystander.talks()
    are_small(postman)


HARMLESS = [name for name, fault in hostile_imap.BY_NAME.items()
            if fault.harmless and fault.point != "STARTTLS"]


@pytest.mark.parametrize("name", HARMLESS)
async def test_what_is_odd_but_harmless(post, postman, name):
    """Mails come in all the same."""
    imap = await post.scripted_imap(hostile_imap.BY_NAME[name])
    smtp = await post.scripted_smtp()
    client = await post.registered(address="victim@elsewhere.test",
                                   **post.servers(imap, smtp))
    await wait_for(imap.idling, "IDLE") if "lies" not in name else None
    imap.push(compose("bob@x.test", "victim@elsewhere.test", "Hi", "There."))
    await client.get_message(post.person("bob@x.test"),
                             re.compile("There."), timeout=100)
    assert imap.struck()


@pytest.mark.parametrize("point", faulty_smtp.PLACES)
async def test_hostile_smtp_servers(post, postman, bystander, point):
    await bystander.start()
    faults = [fault for fault in faulty_smtp.FAULTS if fault.point == point]

    async def suffer(number, fault):
        imap = await post.scripted_imap()
        smtp = await post.scripted_smtp()
        client = await post.registered(
            f"victim{number}x", address=f"victim{number}@elsewhere.test",
            **post.servers(imap, smtp))
        smtp.faults.append(fault.copy())
        client.send_message(post.person("bob@x.test"), "Hello?")
        await wait_for(smtp.struck, f"{fault} to strike")
    await asyncio.gather(*(suffer(number, fault)
                           for number, fault in enumerate(faults)))
    await bystander.talks()
    are_small(postman)


async def test_a_bomb_in_the_mailbox(post, postman, bystander):
    """The mails behind it arrive, too."""
    await bystander.start()
    alice = await post.registered()
    bob = post.correspondent()
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" %
        (level, level) for level in range(20000))
    head = b"From: eve@x.test\r\nSubject: bomb\r\nMIME-Version: 1.0\r\n"
    bombs = [head + nested + b"\r\n\r\nboom\r\n",
             head + b"To: " + b"(" * 200000 + b"\r\n\r\nboom\r\n",
             head + b"Content-Type: text/html\r\n\r\n" +
             b"<div " + b"a='b' " * 200000 + b">boom</div>\r\n",
             head + b"Content-Type: text/html\r\n\r\n" +
             b"<b><i>" * 300000 + b"boom\r\n",
             head + b"".join(b"X-%d: y\r\n" % n for n in range(100000)) +
             b"\r\nboom\r\n"]
    for raw in bombs:
        await post.mail.dovecot.append(alice.address, raw)
    await bob.write(alice.address, "After", "After the bombs.")
    await alice.get_message(post.person(bob), re.compile("After the bombs."),
                            timeout=150)
    await bystander.talks()
    are_small(postman)


async def test_a_flood_of_mails(post, postman, bystander):
    """Of one account; another one is served meanwhile."""
    await bystander.start()
    imap = await post.scripted_imap()
    smtp = await post.scripted_smtp()
    client = await post.registered("flooded", address="f@elsewhere.test",
                                   **post.servers(imap, smtp))
    for number in range(1000):
        imap.push(compose("bob@x.test", "f@elsewhere.test", "Flood",
                          f"Drop {number}."))
    await bystander.talks()
    await client.get_message(post.person("bob@x.test"),
                             re.compile(r"Drop 999\."), timeout=150)
    numbers = [int(found.group(1)) for found in (
        re.search(r"Drop (\d+)\.", xml.body(s) or "")
        for s in client.unseen(lambda s: xml.kind(s) == "message")) if found]
    assert numbers == list(range(999))
