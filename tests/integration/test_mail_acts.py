"""What the user does about mails that came: invitations, spam, people whom
he does not want to hear, files."""

import re

from clients import xml
from clients.mail import compose, new_id

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
