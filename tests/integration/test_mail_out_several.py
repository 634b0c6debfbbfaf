"""One mail to several people, of whom the server takes some and refuses
others: who has it never gets it again, the others are tried alone, and the
user hears at the end who will not get it."""

import asyncio
import os
import re

import pytest

from clients import xml
from clients.mail import compose
from servers.faulty_smtp import BY_NAME as FAULTS
from servers.process import wait_for
from test_mail_flat import addresses, errors_of
from test_mail_groups import invited
from test_mail_out import RECEIPT, receipt_for, scripted

BOB, CAROL, DAVE = (f"{name}@x.test" for name in ("bob", "carol", "dave"))
LATER = "451 4.7.1 come back later"
NEVER = "550 5.1.1 unknown to us"
FINE = "250 2.1.5 fine"

# Until a mail is tried again, on a loaded machine.
PATIENCE = 150


def sends_to_all(post, client, text="All of you."):
    return client.send_message(post.gateway, text, payload=addresses(
        *(("to", post.person(one)) for one in (BOB, CAROL, DAVE))) + RECEIPT)


def went_to(smtp):
    """For each mail that the server has: who gets it."""
    return [mail.recipients for mail in smtp.mails]


async def sent(smtp, count):
    await wait_for(lambda: len(smtp.mails) >= count, "the mail", PATIENCE)


async def judge(post, client, imap, smtp, *recipients):
    """These mails have left, with the same bytes, and there is one copy.
    What comes after them comes last."""
    last = client.send_message(post.person("erin@x.test"), "Then.",
                               payload=RECEIPT)
    await client.expect(receipt_for(last), "the last receipt", PATIENCE)
    await wait_for(lambda: any(b"Then." in raw for _, raw in imap.appended),
                   "the last copy")
    assert went_to(smtp) == [*map(list, recipients), ["erin@x.test"]]
    bytes_sent = {mail.raw for mail in smtp.mails[:-1]}
    assert len(bytes_sent) <= 1
    assert [raw for _, raw in imap.appended[:-1]] == list(bytes_sent)


async def test_who_is_refused_for_now_gets_it_later(post, postman):
    alice, imap, smtp = await scripted(post)
    smtp.answer(BOB, LATER, FINE)
    id = sends_to_all(post, alice)
    await sent(smtp, 1)
    # The others have it: the copy does not wait, but the receipt does.
    await wait_for(lambda: imap.appended, "the copy")
    await alice.settle(post.gateway)
    assert len(smtp.mails) == 1
    assert not alice.unseen(receipt_for(id)) and not errors_of(alice, id)
    await alice.expect(receipt_for(id), "a receipt", timeout=PATIENCE)
    await judge(post, alice, imap, smtp, [CAROL, DAVE], [BOB])
    assert not alice.unseen(receipt_for(id)) and not errors_of(alice, id)


async def test_three_fates(post, postman):
    alice, imap, smtp = await scripted(post)
    smtp.answer(BOB, NEVER)
    smtp.answer(CAROL, LATER, FINE)
    id = sends_to_all(post, alice)
    await sent(smtp, 1)
    assert not errors_of(alice, id)
    error = await alice.get_error(id, timeout=PATIENCE)
    assert xml.condition(error) == "item-not-found"
    words = xml.error_text(error)
    assert re.search(f"{BOB}: .*unknown to us", words), words
    assert CAROL not in words and DAVE not in words
    await judge(post, alice, imap, smtp, [DAVE], [CAROL])
    assert not alice.unseen(receipt_for(id)) and not errors_of(alice, id)


async def only_bob_fails(post, alice, imap, smtp):
    """The others have the mail in the end; one error names him alone."""
    id = sends_to_all(post, alice)
    error = await alice.get_error(id, timeout=PATIENCE)
    words = xml.error_text(error)
    assert re.search(f"{BOB}: .*unknown to us", words), words
    assert CAROL not in words and DAVE not in words
    await judge(post, alice, imap, smtp, [CAROL, DAVE])


async def test_later_and_then_never(post, postman):
    alice, imap, smtp = await scripted(post)
    smtp.answer(BOB, LATER, NEVER)
    await only_bob_fails(post, alice, imap, smtp)


async def test_some_and_then_all_are_refused(post, postman):
    """One recipient, and then what is said."""
    alice, imap, smtp = await scripted(post)
    smtp.answer(BOB, NEVER)
    smtp.faults.append(FAULTS["554@DOT"].copy(times=1))
    id = sends_to_all(post, alice)
    error = await alice.get_error(id)
    assert xml.condition(error) == "policy-violation"
    words = xml.error_text(error)
    assert re.search(f"{BOB}: .*unknown to us", words), words
    assert re.search(f"{CAROL}, {DAVE}: .*this is spam", words), words
    await judge(post, alice, imap, smtp)


async def test_some_and_then_all_for_now(post, postman):
    """All are tried again who may still get it."""
    alice, imap, smtp = await scripted(post)
    smtp.answer(BOB, NEVER)
    smtp.answer(CAROL, LATER, FINE)
    smtp.faults.append(FAULTS["451@DOT"].copy(times=1))
    await only_bob_fails(post, alice, imap, smtp)


async def test_in_a_room(post, postman):
    """What is said next there does not wait for who is refused."""
    alice, imap, smtp = await scripted(post)
    imap.push(compose(BOB, [alice.address, CAROL], "Picnic", "Who comes?",
                      cc=DAVE))
    room = await invited(post, alice)
    await alice.join(room, "alice")
    smtp.answer(DAVE, LATER)
    first = alice.say(room, "One.")
    await sent(smtp, 1)
    second = alice.say(room, "Two.")
    await sent(smtp, 2)
    smtp.answer(DAVE, FINE)
    await sent(smtp, 4)
    texts = [(text in mail.raw, sorted(mail.recipients))
             for text, mail in zip((b"One.", b"Two.") * 2, smtp.mails)]
    assert texts == [(True, [BOB, CAROL])] * 2 + [(True, [DAVE])] * 2
    for id in (first, second):
        assert not errors_of(alice, id)


@pytest.mark.parametrize("victim", ["daemon", "worker"])
async def test_killed_between_two_attempts(post, own_postman, victim):
    postman = own_postman()
    await postman.start()
    post.gateway = postman.jid
    alice, imap, smtp = await scripted(post)
    smtp.answer(BOB, NEVER)
    smtp.answer(CAROL, LATER, FINE)
    id = sends_to_all(post, alice)
    await wait_for(lambda: imap.appended, "the copy")
    await alice.settle(post.gateway)
    await asyncio.sleep(1)  # that it was made is written
    if victim == "daemon":
        await postman.kill()
        await postman.start()
    else:
        for pid in postman.workers():
            os.kill(pid, 9)
    error = await alice.get_error(id, timeout=PATIENCE)
    words = xml.error_text(error)
    assert re.search(f"{BOB}: .*unknown to us", words), words
    assert CAROL not in words and DAVE not in words
    await judge(post, alice, imap, smtp, [DAVE], [CAROL])
