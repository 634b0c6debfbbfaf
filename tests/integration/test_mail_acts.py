"""What the user does about mails that came: invitations, spam, people whom
he does not want to hear, files."""

import re

from clients import xml
from clients.mail import compose, new_id
from mail_fixtures import HOME
from test_mail_out import reply

INVITATION = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//else.test//EN
METHOD:{method}
BEGIN:VEVENT
UID:{uid}
DTSTAMP:20261103T090000Z
DTSTART;TZID=Europe/Berlin:20261105T150000
DURATION:PT30M
SEQUENCE:{sequence}
SUMMARY:Sync\\, weekly
ORGANIZER;CN=Bob:mailto:{organizer}
ATTENDEE;RSVP=TRUE:mailto:{attendee}
END:VEVENT
END:VCALENDAR
"""


def invite(sender, attendee, uid, *, method="REQUEST", sequence=1,
           organizer=None):
    """Bytes of an invitation, as calendar programs send it."""
    event = INVITATION.format(method=method, uid=uid, sequence=sequence,
                              organizer=organizer or sender,
                              attendee=attendee)
    return "\r\n".join([
        f"From: {sender}", f"To: {attendee}", "Subject: Invitation",
        "Date: Tue, 03 Nov 2026 10:00:00 +0100", f"Message-ID: {new_id()}",
        "MIME-Version: 1.0",
        'Content-Type: multipart/alternative; boundary="b"', "", "--b",
        "Content-Type: text/plain", "", "You are invited.", "--b",
        f"Content-Type: text/calendar; charset=utf-8; method={method}", "",
        *event.splitlines(), "--b--", ""]).encode()


def calendar_of(mail):
    """The lines of the event that a program for calendars reads."""
    (part,) = [p for p in mail.walk()
               if p.get_content_type() == "text/calendar"]
    text = part.get_content()
    return part, text.replace("\r\n ", "").replace("\n ", "").splitlines()


async def types(client, chat, line, answer):
    client.send_message(chat, line)
    return await client.get_message(chat, re.compile(answer))


async def test_an_invitation_is_answered(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    raw = invite(bob.address, alice.address, "one@else.test")
    await bob.send(raw, alice.address)
    chat = post.person(bob)
    message = await alice.get_message(chat, re.compile("Sync, weekly"))
    assert "Thu 2026-11-05 15:00–15:30 Europe/Berlin (14:00 UTC)" in \
        xml.body(message)
    assert "/accept" in xml.body(message)
    await types(alice, chat, "/accept See you", "You have accepted")
    mail = await bob.receive(lambda mail: "Accepted" in mail["Subject"])
    assert mail["Subject"] == "Accepted: Sync, weekly"
    assert "See you" in mail.body
    part, lines = calendar_of(mail.message)
    assert part.get_param("method") == "REPLY"
    for line in ("METHOD:REPLY", "UID:one@else.test", "SEQUENCE:1",
                 f"ORGANIZER:mailto:{bob.address}", "COMMENT:See you",
                 f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{alice.address}"):
        assert line in lines
    raw = invite(bob.address, alice.address, "one@else.test",
                 method="CANCEL", sequence=2)
    await bob.send(raw, alice.address)
    await alice.get_message(chat, re.compile("It is cancelled."))
    error = await alice.get_error(alice.send_message(chat, "/decline"))
    assert "It was cancelled." in xml.error_text(error)


async def test_a_forged_organizer_is_shown(post, postman):
    alice = await post.registered()
    bob, carol = post.correspondent(), post.correspondent("carol")
    raw = invite(bob.address, alice.address, "two@else.test",
                 organizer=carol.address)
    await bob.send(raw, alice.address)
    message = await alice.get_message(post.person(bob),
                                      re.compile("Sync, weekly"))
    assert f"an answer goes to {carol.address}" in xml.body(message)
    # Only to the organizer, and nobody else can cancel it.
    eve = post.correspondent("eve")
    raw = invite(eve.address, alice.address, "two@else.test",
                 method="CANCEL", sequence=2)
    await eve.send(raw, alice.address)
    await alice.get_message(post.person(eve), re.compile("changes nothing"))
    await types(alice, post.person(bob), "/decline", "You have declined")
    mail = await carol.receive()
    assert mail["Subject"] == "Declined: Sync, weekly"
    assert await bob.mails() == []


async def test_spam_is_shown_and_comes_back(post, postman):
    alice = await post.registered()
    bob = post.correspondent(display="Bob Builder")
    mails = post.mail.dovecot
    raw = compose(bob.mailbox, alice.address, "Lunch", "Are you hungry?")
    await mails.append(alice.address, raw, "Junk")
    carol = post.correspondent("carol")
    await carol.write(alice.address, "Hello", "Hello.")
    chat = post.person(carol)
    await alice.get_message(chat, re.compile("Hello."))
    listed = await types(alice, chat, "/spam", "Lunch")
    assert re.search(rf"^1\. [-\d]+ Bob Builder: Lunch <{bob.address}>$",
                     xml.body(listed), re.M)
    await types(alice, chat, "/notspam 1", "in your inbox again")
    message = await alice.get_message(post.person(bob),
                                      re.compile("Are you hungry?"))
    (found,) = [mail for mail in await mails.messages(alice.address)
                if mail["Subject"] == "Lunch"]
    assert "$NotJunk" in found.flags
    # Spam after all; what is known is not told again when it comes back.
    await types(alice, post.person(bob), "/junk", "Moved to Junk")
    (found,) = await mails.messages(alice.address, "Junk")
    assert "$Junk" in found.flags and "$NotJunk" not in found.flags
    await types(alice, chat, "/spam", "Lunch")
    await types(alice, chat, "/notspam 1", "in your inbox again")
    await carol.write(alice.address, "Bye", "Good bye.")
    await alice.get_message(chat, re.compile("Good bye."))
    assert alice.unseen(lambda s: xml.kind(s) == "message" and
                        "hungry" in (xml.body(s) or "")) == []
    assert message.get("id")


async def test_who_is_blocked_is_not_heard(post, postman):
    alice = await post.registered()
    bob, carol = post.correspondent(), post.correspondent("carol")
    await bob.write(alice.address, "One", "Number one.")
    chat = post.person(bob)
    await alice.get_message(chat, re.compile("Number one."))
    await types(alice, chat, "/block", "not shown any more")
    await bob.write(alice.address, "Two", "Number two.")
    await bob.write([alice.address, carol], "Three", "Number three.")
    await carol.write(alice.address, "Four", "Number four.")
    await alice.get_message(post.person(carol), re.compile("Number four."))
    assert alice.unseen(lambda s: re.search(
        "Number (two|three)", xml.body(s) or "")) == []
    # Nobody is told, and nothing is lost.
    assert await bob.mails() == []
    assert len(await post.mail.dovecot.messages(alice.address)) == 4
    error = await alice.get_error(alice.send_message(chat, "Still there?"))
    assert xml.condition(error) == "not-acceptable"
    await types(alice, chat, "/unblock", "shown again")
    await bob.write(alice.address, "Five", "Number five.")
    await alice.get_message(chat, re.compile("Number five."))


async def test_the_own_server_blocks(post, postman):
    alice = await post.registered()
    bob, carol = post.correspondent(), post.correspondent("carol")
    chat = post.person(bob)
    await alice.iq("set", alice.bare, "<block xmlns='urn:xmpp:blocking'>"
                   f"<item jid={xml.quoteattr(chat)}/></block>")
    await bob.write(alice.address, "One", "Number one.")
    await carol.write(alice.address, "Two", "Number two.")
    await alice.get_message(post.person(carol), re.compile("Number two."))
    # It is over: a client that comes, or a restart, brings nothing back.
    await alice.iq("set", alice.bare, "<unblock xmlns='urn:xmpp:blocking'>"
                   f"<item jid={xml.quoteattr(chat)}/></unblock>")
    again = await post.xmpp("alice", resource="again")
    await carol.write(alice.address, "Three", "Number three.")
    await again.get_message(post.person(carol), re.compile("Number three."))
    for client in (alice, again):
        assert client.unseen(lambda s: "Number one." in
                             (xml.body(s) or "")) == []
    assert await bob.mails() == []


def with_headers(raw, *headers):
    return "".join(f"{line}\r\n" for line in headers).encode() + raw


async def test_only_the_own_server_is_believed(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    domain = alice.address.partition("@")[2]
    failed = f"Authentication-Results: mx.{domain}; dmarc=fail"
    border = f"Received: from else.test by mx.{domain} with ESMTP; x"
    foreign = "Received: from pc by mail.else.test with ESMTP; x"
    for number, (headers, warned) in enumerate([
            ((failed, border, foreign), True),
            ((border, failed, foreign), True),
            ((border, foreign, failed), False),
            (("Authentication-Results: mx.else.test; dmarc=fail",), False)]):
        raw = compose(bob.address, alice.address, "Trust", f"No. {number}.")
        await post.mail.dovecot.append(alice.address,
                                       with_headers(raw, *headers))
        message = await alice.get_message(post.person(bob),
                                          re.compile(f"No. {number}."))
        assert ("Your mail server doubts" in xml.body(message)) == warned


async def test_a_mail_in_a_loop_is_not_shown(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    raw = compose(bob.address, alice.address, "Loop", "Round and round.")
    hops = ["Received: from a.test by b.test with ESMTP; x"] * 51
    await post.mail.dovecot.append(alice.address, with_headers(raw, *hops))
    await bob.write(alice.address, "End", "The end.")
    await alice.get_message(post.person(bob), re.compile("The end."))
    assert alice.unseen(lambda s: "Round" in (xml.body(s) or "")) == []
    chained = f"alice\\40{post.gateway}@{post.gateway}"
    error = await alice.get_error(alice.send_message(chained, "Hello"))
    assert "the gateways here" in xml.error_text(error)


async def test_a_file_that_is_too_big_is_offered(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    big = b"x" * (1_000_001)
    raw = compose(bob.address, alice.address, "Big", "Here it is.",
                  files=[("big.bin", "application/octet-stream", big)])
    await post.mail.dovecot.append(alice.address, raw)
    chat = post.person(bob)
    message = await alice.get_message(chat, re.compile("big.bin"))
    # The first to ask hears the service's own words.
    assert re.search("too big for your server|takes at most",
                     xml.body(message))
    assert "/fetch 1" in xml.body(message)
    # Nothing has changed: that is said, and the mail shows the same text.
    await types(alice, chat, "/fetch", "big.bin.*too big for your server")
    await types(alice, chat, "/full", "Here it is.")


async def test_a_mail_that_was_moved_is_followed(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    chat = post.person(bob)
    await bob.write(alice.address, "Long", "The news.\n\n-- \nBob, Berlin")
    await alice.get_message(chat, re.compile("The news"))
    await types(alice, chat, "/move Archive", "Moved to Archive: Long")
    await types(alice, chat, "/full", "Bob, Berlin")
    await types(alice, chat, "/junk", "Moved to Junk: Long")
    await types(alice, chat, "/full", "Bob, Berlin")
    mail, = await post.mail.dovecot.messages(alice.address, "Junk")
    await post.mail.dovecot.expunge(alice.address, mail.uid, "Junk")
    error = await alice.get_error(alice.send_message(chat, "/full"))
    assert "You moved that mail to Junk" in xml.error_text(error)
    # The next one is where it came.
    await bob.write(alice.address, "Short", "More.\n\n-- \nBob, Bonn")
    await alice.get_message(chat, re.compile("More"))
    await types(alice, chat, "/full", "Bob, Bonn")


async def test_answers_go_where_they_are_wanted(post, postman):
    """Within the sender's domain; elsewhere only if the user says so."""
    alice = await post.registered()
    bob, desk = post.correspondent("bob"), post.correspondent("desk")
    other = post.correspondent("other", domain=HOME)
    chat = post.person(bob)
    await bob.write(alice.address, "Ticket", "Write to the desk.",
                    headers={"Reply-To": desk.address})
    message = await alice.get_message(chat, re.compile("the desk"))
    first = message.get("id")
    alice.send_message(chat, "To the desk.")
    mail = await desk.receive(lambda mail: "To the desk." in mail.body)
    assert mail["To"] == desk.address
    await bob.write(alice.address, "Ticket", "Write elsewhere.",
                    headers={"Reply-To": other.address})
    message = await alice.get_message(chat, re.compile("Write elsewhere."))
    assert "/replyto" in xml.body(message)
    alice.send_message(chat, "To bob.")
    await bob.receive(lambda mail: "To bob." in mail.body)
    await types(alice, chat, "/replyto To the other.",
                re.escape(f"This goes to {other.address}."))
    mail = await other.receive(lambda mail: "To the other." in mail.body)
    assert mail["Subject"] == "Re: Ticket"
    # An older one is answered to its sender, and so is one that wants no
    # other place.
    alice.send_message(chat, "To bob, too.", payload=reply(chat, first))
    await bob.receive(lambda mail: "To bob, too." in mail.body)
    await bob.write(alice.address, "Ticket", "Just me.")
    await alice.get_message(chat, re.compile("Just me."))
    alice.send_message(chat, "To bob again.")
    await bob.receive(lambda mail: "To bob again." in mail.body)
    error = await alice.get_error(
        alice.send_message(chat, "/replyto Nobody."))
    assert "no other address" in xml.error_text(error)
    assert len(await desk.mails()) == len(await other.mails()) == 1
