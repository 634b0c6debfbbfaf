"""From the mailbox to the user: each mail is one message, whatever happens on
the way."""

import re

import pytest

from clients import files, xml
from clients.mail import compose
from servers.causeway import TOP
from servers.mail import MailSystem
from test_mail_register import outcome

OOB = "{jabber:x:oob}x/{jabber:x:oob}url"
FIXTURES = sorted((TOP / "tests/unit/data/eml").glob("*.eml"))


def subject(stanza):
    return xml.text(stanza, "c:subject")


def thread(stanza):
    return xml.text(stanza, "c:thread")


def said(client, text):
    """The messages so far with this in their body; they count as seen."""
    return client.unseen(lambda s: xml.kind(s) == "message" and
                         text in (xml.body(s) or ""))


async def marker(post, client, bob):
    """After this every earlier mail has come, or will not."""
    await bob.write(client.address, "The end", "This is the end.")
    await client.get_message(post.person(bob),
                             re.compile("This is the end."))


async def test_a_mail_is_pushed(post, postman):
    alice = await post.registered()
    bob = post.correspondent(display="Bob Builder")
    sent = await bob.write(alice.address, "Lunch", "Are you hungry?")
    message = await alice.get_message(post.person(bob))
    assert xml.body(message) == "*Lunch*\nAre you hungry?"
    assert subject(message) == "Lunch"
    assert thread(message)
    assert message.get("type") == "chat"
    assert message.get("id")
    assert xml.text(message, "nick:nick") == "Bob Builder"
    assert sent["Message-ID"].strip("<>") not in message.get("id")
    # Only what was shown to the user is read: nothing so far.
    (found,) = await post.mail.dovecot.messages(alice.address)
    assert r"\Seen" not in found.flags


async def test_the_subject_comes_once_in_a_thread(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    first = await bob.write(alice.address, "Lunch", "One.")
    one = await alice.get_message(post.person(bob))
    await bob.write(alice.address, "Re: Lunch", "Two.", reply_to=first)
    two = await alice.get_message(post.person(bob))
    await bob.write(alice.address, "Dinner", "Three.")
    three = await alice.get_message(post.person(bob))
    assert xml.body(one) == "*Lunch*\nOne."
    assert (xml.body(two), subject(two)) == ("Two.", None)
    assert thread(two) == thread(one)
    assert xml.body(three) == "*Dinner*\nThree."
    assert thread(three) != thread(one)


async def test_nothing_is_imported_at_first(post, postman):
    address = post.mailbox()
    bob = post.correspondent()
    for number in range(5):
        await bob.write(address, f"Old {number}", f"Old {number}")
    await post.mail.dovecot.received(address, count=5)
    alice = await post.registered(address=address)
    await marker(post, alice, bob)
    assert said(alice, "Old") == []


async def test_many_mails_come_in_order(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    for number in range(30):
        raw = compose(bob.address, alice.address, "Numbers", f"No. {number}.")
        await post.mail.dovecot.append(alice.address, raw)
    for number in range(30):
        message = await alice.get_message(post.person(bob))
        assert xml.body(message).endswith(f"No. {number}.")


async def test_mails_wait_for_a_user_who_is_away(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    await alice.close()
    await bob.write(alice.address, "Meanwhile", "You were away.")
    await postman.logged(re.escape(alice.bare) + ".*settled|" +
                         re.escape(alice.address), None)
    again = await post.xmpp("alice", resource="again")
    await again.get_message(post.person(bob), re.compile("You were away."))


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_what_came_while_the_daemon_was_down(post, own_postman, end):
    postman = own_postman()
    await postman.start()
    post.gateway = postman.jid
    alice = await post.registered()
    bob = post.correspondent()
    await bob.write(alice.address, "Before", "Before it.")
    await alice.get_message(post.person(bob), re.compile("Before it."))
    await getattr(postman, end)()
    await bob.write(alice.address, "Meanwhile", "While it was down.")
    await post.mail.dovecot.received(alice.address, count=2)
    await postman.start()
    await alice.get_message(post.person(bob),
                            re.compile("While it was down."))
    await marker(post, alice, bob)
    assert said(alice, "While it was down.") == []


async def test_what_came_while_the_server_was_down(post, postman, run,
                                                   authority, names):
    domain = f"down{post.nick('')}.test"
    system = MailSystem(run, authority, name=f"-{domain}",
                        host=f"mail.{domain}", domains=[domain])
    names.host(system.host, run.address)
    names.srv(f"_imaps._tcp.{domain}", system.host, system.dovecot.imaps)
    names.srv(f"_submissions._tcp.{domain}", system.host,
              system.exim.submissions)
    await system.start()
    address = f"alice@{domain}"
    system.add_user(address)
    alice = await post.registered(address=address)
    bob = "bob@else.test"
    await system.dovecot.append(address, compose(bob, address, "A", "One."))
    await alice.get_message(post.person(bob), re.compile("One."))
    await system.dovecot.stop()
    await system.exim.deliver(compose(bob, address, "A", "Two."), address)
    await system.dovecot.start()
    await system.dovecot.append(address, compose(bob, address, "A", "Three"))
    await alice.get_message(post.person(bob), re.compile("Three"),
                            timeout=150)
    assert said(alice, "One.") == []
    await system.stop()


async def test_the_uids_begin_anew(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    for number in range(3):
        await bob.write(alice.address, "Old", f"Old {number}")
        await alice.get_message(post.person(bob), re.compile("Old"))
    dovecot = post.mail.dovecot
    await dovecot.renumber(alice.address)
    await dovecot.kick(alice.address)
    await marker(post, alice, bob)
    assert said(alice, "Old") == []


async def test_a_mail_that_is_there_twice(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    raw = compose(bob.address, alice.address, "Twice", "Once only.")
    for _ in range(2):
        await post.mail.dovecot.append(alice.address, raw)
    await marker(post, alice, bob)
    assert len(said(alice, "Once only.")) == 1


async def test_attachments_are_uploaded(post, postman, authority):
    alice = await post.registered()
    bob = post.correspondent()
    data = bytes(range(256)) * 100
    await bob.write(alice.address, "Files", "See these.", files=[
        ("Übersicht 1.bin", "application/x-thing", data),
        ("note.txt", "text/plain", b"hello\n")])
    message = await alice.get_message(post.person(bob))
    assert xml.body(message) == "*Files*\nSee these."
    for name, content in [("Übersicht 1.bin", data), ("note.txt", b"hello")]:
        message = await alice.get_message(post.person(bob))
        url = message.find(OOB).text
        assert xml.body(message) == url
        sharing = message.find("{urn:xmpp:sfs:0}file-sharing")
        assert name in "".join(sharing.itertext())
        got = await files.download(post.run.address, authority, url)
        assert got.rstrip() == content.rstrip()


async def test_a_file_that_is_too_big_is_said(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    await bob.write(alice.address, "Big", "It is big.", files=[
        ("big.bin", "application/octet-stream", bytes(1100000))])
    await alice.get_message(post.person(bob), re.compile("It is big."))
    message = await alice.get_message(post.person(bob))
    assert "big.bin" in xml.body(message)
    assert message.find(OOB) is None


async def test_html_becomes_text(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    raw = (f"From: {bob.address}\r\nTo: {alice.address}\r\n"
           "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
           "Content-Type: text/html; charset=iso-8859-1\r\n\r\n"
           "<p>Sch\xf6n, <b>wirklich</b>!</p><script>alert(1)</script>"
           "<a href='https://example.test/x'>hier</a>\r\n")
    await bob.send(raw.encode("latin-1"), alice.address)
    message = await alice.get_message(post.person(bob))
    body = xml.body(message)
    assert body.startswith("*Grüße*\nSchön, ")
    assert "wirklich" in body and "https://example.test/x" in body
    assert "alert" not in body


async def test_quotes_are_left_out(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    await bob.write(alice.address, "Quote", "Yes.\n\nOn Mon, 1 Jan 2024 at "
                    "10:00, Alice <a@b.test> wrote:\n> Really?\n> Yes?\n")
    message = await alice.get_message(post.person(bob))
    assert xml.body(message).rstrip() == "*Quote*\nYes."


async def test_read_in_xmpp_is_read_in_the_mailbox(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    await bob.write(alice.address, "Read", "Read me.")
    message = await alice.get_message(post.person(bob))
    alice.send_message(post.person(bob), payload=(
        "<displayed xmlns='urn:xmpp:chat-markers:0' id="
        f"{xml.quoteattr(message.get('id'))}/>"))
    await post.mail.dovecot.received(
        alice.address, lambda found: r"\Seen" in found.flags)


async def test_whom_a_spoofer_pretends_to_be_is_visible(post, postman):
    alice = await post.registered()
    eve = post.correspondent("eve", display="boss@bank.test")
    await eve.write(alice.address, "Urgent", "Send money.")
    message = await alice.get_message(post.person(eve))
    assert "⚠" in xml.body(message)


async def test_characters_that_xml_does_not_know(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    raw = (b"From: %s\r\nTo: %s\r\nSubject: a\x01b\xff\r\nContent-Type: "
           b"text/plain; charset=utf-8\r\n\r\n\x00\x08\xef\xbf\xbe]]>&<x>"
           b"\xed\xa0\x80 end\r\n" % (bob.address.encode(),
                                      alice.address.encode()))
    await post.mail.dovecot.append(alice.address, raw.replace(b"\0", b""))
    await alice.get_message(post.person(bob), re.compile("end"))
    await marker(post, alice, bob)


async def test_every_fixture_arrives_and_does_no_harm(post, postman):
    """In one mailbox, one after the other; what they say is for the unit
    tests."""
    assert len(FIXTURES) > 50
    alice = await post.registered()
    bob = post.correspondent()
    for path in FIXTURES:
        await post.mail.dovecot.append(alice.address, path.read_bytes())
    await marker(post, alice, bob)
    assert postman.alive()
    assert outcome(await alice.iq(
        "get", post.gateway, "<ping xmlns='urn:xmpp:ping'/>")) is None

