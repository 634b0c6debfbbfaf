"""From the user to the people: what becomes of a message, and how he hears of
it."""

import asyncio
import email
import re

import pytest

from clients import files, xml
from clients.mail import SMTP
from clients.receipts import RECEIPT, is_received, receipt_for
from mail_fixtures import LOST, SCRIPTED
from servers.faulty_smtp import BY_NAME as SMTP_FAULTS
from servers.hostile import Fault
from servers.process import wait_for
from test_mail_in import subject, thread

def reply(to, id):
    return (f"<reply xmlns='urn:xmpp:reply:0' to={xml.quoteattr(to)} "
            f"id={xml.quoteattr(id)}/>")


def replace(id):
    return f"<replace xmlns='urn:xmpp:message-correct:0' id='{id}'/>"


def retract(id):
    return (f"<retract xmlns='urn:xmpp:message-retract:1' id='{id}'/>"
            "<fallback xmlns='urn:xmpp:fallback:0' "
            "for='urn:xmpp:message-retract:1'/>")


async def only_mail(correspondent):
    await correspondent.receive()
    (mail,) = await correspondent.mails()
    return mail


async def test_a_message_is_a_mail(post, postman):
    alice = await post.registered(name="Alice Ä.")
    bob = post.correspondent()
    id = alice.send_message(post.person(bob), "Hello Bob, 日本!",
                            payload=RECEIPT)
    await is_received(alice, id)
    mail = await bob.receive()
    assert mail["From"] == f'"Alice Ä." <{alice.address}>'
    assert mail["To"] == bob.address
    assert mail["Subject"]
    assert mail.body.rstrip() == "Hello Bob, 日本!"
    assert mail["Date"] and mail["Message-ID"]
    # Nothing of the user's other life is told.
    assert alice.bare not in mail.raw.decode("latin-1")
    assert post.gateway not in mail["Message-ID"]


async def test_a_copy_is_in_sent(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    alice.send_message(post.person(bob), "Keep this.")
    received = await bob.receive()
    copy = await post.mail.dovecot.received(alice.address, folder="Sent")
    assert r"\Seen" in copy.flags
    assert copy["Message-ID"] == received["Message-ID"]
    assert copy.body == received.body


async def test_the_subject_is_what_the_user_says(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    alice.send_message(post.person(bob), "Text.", payload=(
        "<subject>Füße &amp; more</subject>"))
    assert (await bob.receive())["Subject"] == "Füße & more"


async def test_a_conversation_stays_a_thread(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    first = await bob.write(alice.address, "Plans", "What next?")
    heard = await alice.get_message(post.person(bob))
    alice.send_message(post.person(bob), "Nothing.")
    answer = await bob.receive()
    assert answer["Subject"] == "Re: Plans"
    assert answer["In-Reply-To"] == first["Message-ID"]
    assert answer["References"].split() == [first["Message-ID"]]
    await bob.write(alice.address, "Re: Plans", "Good.", reply_to=answer)
    again = await alice.get_message(post.person(bob))
    assert xml.body(again) == "Good."
    assert thread(again) == thread(heard)
    assert subject(again) is None
    alice.send_message(post.person(bob), "Fine.")
    last = await bob.receive(lambda mail: "Fine." in mail.body)
    assert len(last["References"].split()) == 3


async def test_an_answer_to_an_older_mail(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    older = await bob.write(alice.address, "Older", "Older.")
    heard = await alice.get_message(post.person(bob))
    await bob.write(alice.address, "Newer", "Newer.")
    await alice.get_message(post.person(bob))
    alice.send_message(post.person(bob), "To the older one.", payload=reply(
        post.person(bob), heard.get("id")))
    answer = await bob.receive()
    assert answer["In-Reply-To"] == older["Message-ID"]
    assert answer["Subject"] == "Re: Older"


@pytest.fixture
def holding(own_postman, post):
    """A daemon that holds mails for some seconds."""
    async def start(seconds):
        postman = own_postman({"hold": seconds})
        await postman.start()
        post.gateway = postman.jid
        return postman
    return start


async def test_lines_become_one_mail(post, holding):
    await holding(2)
    alice = await post.registered()
    bob = post.correspondent()
    ids = [alice.send_message(post.person(bob), line, payload=RECEIPT)
           for line in ("One.", "Two.", "Three.")]
    for id in ids:
        await is_received(alice, id)
    mail = await only_mail(bob)
    assert mail.body.split() == ["One.", "Two.", "Three."]


async def test_a_correction_in_time(post, holding):
    await holding(3)
    alice = await post.registered()
    bob = post.correspondent()
    id = alice.send_message(post.person(bob), "Helo.")
    alice.send_message(post.person(bob), "Hello.", payload=replace(id))
    mail = await only_mail(bob)
    assert mail.body.rstrip() == "Hello."


async def test_a_correction_that_is_late(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    id = alice.send_message(post.person(bob), "Helo.", payload=RECEIPT)
    await is_received(alice, id)
    # It would be a mail of its own: the user is asked.
    late = alice.send_message(post.person(bob), "Hello.", payload=replace(id))
    await alice.get_message(post.gateway, re.compile("has left"))
    alice.send_message(post.gateway, "no")
    assert xml.condition(await alice.get_error(late)) == "not-allowed"
    alice.send_message(post.person(bob), "Hello!", payload=replace(id))
    await alice.get_message(post.gateway, re.compile("has left"))
    alice.send_message(post.gateway, "yes")
    mail = await bob.receive(lambda mail: "Hello!" in mail.body)
    assert "Correction" in mail.body
    assert len(await bob.mails()) == 2


async def test_a_retraction_in_time(post, holding):
    await holding(3)
    alice = await post.registered()
    bob = post.correspondent()
    id = alice.send_message(post.person(bob), "I never said this.")
    alice.send_message(post.person(bob), payload=retract(id))
    alice.send_message(post.person(bob), "But this.")
    mail = await only_mail(bob)
    assert mail.body.rstrip() == "But this."


async def test_a_retraction_that_is_late(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    id = alice.send_message(post.person(bob), "Said.", payload=RECEIPT)
    await is_received(alice, id)
    late = alice.send_message(post.person(bob), payload=retract(id))
    error = await alice.get_error(late)
    assert xml.condition(error) == "not-allowed"


@pytest.mark.parametrize("words, condition", [
    ("550 5.1.1 No such user", "item-not-found"),
    ("550 No such user", "item-not-found"),
    ("553 5.1.3 Bad name", "item-not-found"),
    ("550 5.1.2 No such domain", "remote-server-not-found"),
    ("552 5.2.2 Mailbox full", "resource-constraint"),
    ("552 5.3.4 Too big", "not-acceptable"),
    ("554 5.7.1 Not from you", "policy-violation"),
])
async def test_a_refusal_is_the_error_of_its_message(post, postman, words,
                                                     condition):
    alice = await post.registered()
    bob = post.correspondent()
    post.mail.exim.answer(bob.address, words)
    id = alice.send_message(post.person(bob), "Hello?", payload=RECEIPT)
    error = await alice.get_error(id)
    assert error.get("from").startswith(post.person(bob))
    assert xml.condition(error) == condition
    assert words.split(" ", 2)[-1] in xml.error_text(error)
    assert not alice.unseen(receipt_for(id))
    # The next one is a new chance.
    post.mail.exim.answer(bob.address, None)
    id = alice.send_message(post.person(bob), "Now?", payload=RECEIPT)
    await is_received(alice, id)
    mail = await only_mail(bob)
    assert mail.body.rstrip() == "Now?"


async def test_nobody_is_there(post, postman):
    alice = await post.registered()
    id = alice.send_message(post.person("nobody@work.test"), "Hello?")
    assert xml.condition(await alice.get_error(id)) == "item-not-found"


async def test_a_refusal_of_what_is_said(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    id = alice.send_message(post.person(bob), "Buy!", payload=(
        "<subject>REJECT-SPAM</subject>"))
    error = await alice.get_error(id)
    assert xml.condition(error) == "policy-violation"
    assert "spam" in xml.error_text(error)


async def test_greylisting_is_tried_again(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    post.mail.exim.answer(bob.address, "451 4.7.1 Greylisted")
    id = alice.send_message(post.person(bob), "Patience.", payload=RECEIPT)
    await post.mail.exim.logged(
        f"temporarily rejected RCPT <{bob.address}>")
    post.mail.exim.answer(bob.address, None)
    await alice.expect(receipt_for(id), "a receipt", timeout=120)
    mail = await only_mail(bob)
    assert mail.body.rstrip() == "Patience."


async def test_a_bounce_is_the_error_of_its_message(post, postman):
    alice = await post.registered()
    id = alice.send_message(post.person("latebounce@work.test"), "Gone?",
                            payload=RECEIPT)
    error = await alice.get_error(id)
    assert xml.condition(error) == "item-not-found"
    assert "latebounce@work.test" in xml.error_text(error)


async def test_a_full_mailbox_bounces(post, postman):
    """Exim's report says "5.0.0", and why only to people."""
    alice = await post.registered()
    bob = post.correspondent()
    post.mail.add_user(bob.address, quota=1)
    id = alice.send_message(post.person(bob), "x" * 4000)
    assert bob.address in xml.error_text(await alice.get_error(id))


async def test_a_file_is_attached(post, postman, authority, prosody):
    alice = await post.registered()
    bob = post.correspondent()
    data = bytes(range(256)) * 50
    url = await files.upload(alice, prosody.upload, post.run.address,
                             authority, "plan ü.bin", data)
    alice.send_message(post.person(bob), url, payload=(
        f"<x xmlns='jabber:x:oob'><url>{url}</url></x>"))
    mail = await bob.receive()
    (attached,) = mail.files
    assert attached.get_filename() == "plan ü.bin"
    assert attached.get_content() == data


async def scripted(post, *faults, **settings):
    """A user whose mails go to a scripted SMTP server."""
    imap = await post.scripted_imap()
    smtp = await post.scripted_smtp(*faults, **settings)
    alice = await post.registered(address="alice@elsewhere.test",
                                  **post.servers(imap, smtp))
    return alice, imap, smtp


async def test_an_acknowledgement_that_is_lost(post, postman):
    """The mail is there: another copy has the same bytes."""
    alice, imap, smtp = await scripted(post)
    fault = SMTP_FAULTS["drop@TAKEN"].copy(times=1)
    smtp.faults.append(fault)
    id = alice.send_message(post.person("bob@x.test"), "Once.",
                            payload=RECEIPT)
    await alice.expect(receipt_for(id), "a receipt", timeout=150)
    assert fault.struck == 1
    assert len({mail.raw for mail in smtp.mails}) == 1
    assert smtp.mails[0].recipients == ["bob@x.test"]
    assert len(smtp.mails) == 2


def renamed(raw):
    """As a provider keeps it that gives mails another Message-ID."""
    mail = email.message_from_bytes(raw, policy=SMTP)
    mail["X-Microsoft-Original-Message-ID"] = mail["Message-ID"]
    mail.replace_header("Message-ID", "<another@provider.test>")
    return mail.as_bytes()


async def test_a_doubtful_mail_is_looked_for(post, own_postman):
    """The provider keeps what it sends, and loses the acknowledgement: what
    is among the sent mails does not go again, and the rest does."""
    smtp = await post.scripted_smtp()
    postman = own_postman({"providers": [{
        "name": "Lost", "domains": LOST, "saves_sent": True,
        "imap_host": f"mail.{LOST}", "imap_port": post.mail.dovecot.imaps,
        "smtp_host": SCRIPTED, "smtp_port": smtp.port}]})
    await postman.start()
    post.gateway = postman.jid
    keeps = {}  # by sender: what the provider keeps of a mail

    async def lose(session, tag, rest):
        taken, = (mail for mail in smtp.mails
                  if mail.sender == session.sender)
        if kept := keeps[session.sender](taken.raw):
            await post.mail.dovecot.append(session.sender, kept, "Sent")
        session.drop()
    smtp.faults.append(Fault("lost", "TAKEN", lose, times=3))

    async def sends(name, keep, copies):
        alice = await post.registered(name, LOST)
        keeps[alice.address] = keep
        id = alice.send_message(post.person("bob@x.test"), "Once.",
                                payload=RECEIPT)
        await alice.expect(receipt_for(id), "a receipt", timeout=150)
        mails = [mail.raw for mail in smtp.mails
                 if mail.sender == alice.address]
        assert len(mails) == copies and len(set(mails)) == 1, name
        assert not alice.unseen(
            lambda s: xml.kind(s) == "message" and xml.body(s)), name
    await asyncio.gather(
        sends("kept", lambda raw: raw, 1),
        sends("renamed", renamed, 1),
        sends("lost", lambda raw: None, 2))


async def test_nothing_is_injected(post, postman):
    alice, imap, smtp = await scripted(post)
    bad = "bob@x.test\nRCPT TO:<eve@x.test>"
    alice.send_message(post.person("bob@x.test"), "Text.\r\n.\r\nMAIL FROM:"
                       "<eve@x.test>\r\n.", payload=(
                           f"<subject>Hi&#10;Bcc: {xml.escape(bad)}"
                           "</subject>"))
    await wait_for(lambda: smtp.mails, "the mail")
    (mail,) = smtp.mails
    assert mail.recipients == ["bob@x.test"]
    assert b"\nBcc:" not in mail.raw
    assert b"\r\n.\r\nMAIL FROM" in mail.raw
    assert re.search(rb"Subject: Hi", mail.raw)
