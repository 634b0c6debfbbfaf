"""Mails of before the registration, when the user asks for them."""

import re

from clients import xml
from mail_fixtures import HOME


async def filled(post, count):
    """A mailbox with so many mails, and who wrote them."""
    address, bob = post.mailbox(domain=HOME), post.correspondent()
    for number in range(1, count + 1):
        text = (f"From: {bob}\r\nTo: {address}\r\nSubject: Old {number}\r\n"
                f"Date: Mon, 1 Jan 2024 10:{number:02}:00 +0000\r\n"
                f"Message-ID: <{number}.{address}>\r\n\r\n"
                f"Old text {number}.\r\n")
        await post.mail.dovecot.append(address, text.encode(),
                                       when=1704103200 + 60 * number)
    return address, bob


def numbers(stanzas):
    found = [re.search(r"Old text (\d+)\.", xml.body(s) or "")
             for s in stanzas]
    return [int(match.group(1)) for match in found if match]


async def texts(post, alice, bob, *wanted):
    """The old mails that come, until the last of these."""
    return [await alice.get_message(post.person(bob),
                                    re.compile(rf"Old text {number}\."))
            for number in wanted]


async def test_nothing_comes_unasked(post, postman):
    address, bob = await filled(post, 2)
    alice = await post.registered(address=address)
    await bob.write(address, "New", "A new text.")
    await alice.get_message(post.person(bob), re.compile("A new text"))
    assert not numbers(alice.unseen(lambda s: True))


async def test_the_last_ones(post, postman):
    address, bob = await filled(post, 4)
    alice = await post.registered(address=address)
    alice.send_message(post.gateway, "import")
    await alice.get_message(post.gateway, re.compile("How many"))
    alice.send_message(post.gateway, "3")
    await alice.get_message(post.gateway, re.compile("3 mails"))
    # In their order, each once, as old as they are.
    came = [await alice.get_message(post.person(bob),
                                    re.compile("Old text"))
            for _ in range(3)]
    assert numbers(came) == [2, 3, 4]
    assert [xml.one(stanza, "delay:delay").get("stamp")[:16]
            for stanza in came] == [f"2024-01-01T10:{number:02}"
                                    for number in (2, 3, 4)]
    # Once more brings nothing new, but what was left out.
    alice.send_message(post.gateway, "import")
    await alice.get_message(post.gateway, re.compile("How many"))
    alice.send_message(post.gateway, "500")
    await alice.get_message(post.gateway, re.compile("4 mails"))
    await texts(post, alice, bob, 1)
    await bob.write(address, "New", "A new text.")
    await alice.get_message(post.person(bob), re.compile("A new text"))
    assert not numbers(alice.unseen(lambda s: True))


async def test_more_than_permitted(post, postman):
    alice = await post.registered()
    alice.send_message(post.gateway, "import")
    await alice.get_message(post.gateway, re.compile("How many"))
    alice.send_message(post.gateway, "501")
    await alice.get_message(post.gateway, re.compile("from 1 to 500"))


async def test_it_survives_a_crash(post, own_postman):
    postman = own_postman()
    await postman.start()
    post.gateway = postman.jid
    address, bob = await filled(post, 12)
    alice = await post.registered(address=address)
    alice.send_message(post.gateway, "import")
    await alice.get_message(post.gateway, re.compile("How many"))
    alice.send_message(post.gateway, "12")
    first = await alice.get_message(post.person(bob), re.compile("Old text"))
    await postman.kill()
    await postman.start()
    await bob.write(address, "New", "A new text.")
    await alice.get_message(post.person(bob), re.compile("A new text"))
    rest = alice.unseen(lambda s: xml.kind(s) == "message")
    ids = {}
    for stanza in [first, *rest]:
        for number in numbers([stanza]):
            ids.setdefault(number, set()).add(stanza.get("id"))
    # What the XMPP server may have lost comes again, with the same id.
    assert sorted(ids) == list(range(1, 13))
    assert all(len(found) == 1 for found in ids.values())
