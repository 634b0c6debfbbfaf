"""People who write with Delta Chat, in its dialect."""

import base64
import email.message
import email.policy
import hashlib
import re

from clients import xml
from clients.mail import SMTP, compose, new_id
from test_mail_groups import has_no_mail, heard, invited, people_of
from test_mail_out import RECEIPT, is_received, replace, retract

PENCIL = "✏️"
CHAT = {"Chat-Version": "1.0"}


def chat_mail(sender, to, text, subject="Message", hidden=(), **headers):
    """A mail of Delta Chat's; `hidden` headers stand in its first part."""
    raw = compose(sender.mailbox, [str(one) for one in to], subject, text,
                  headers={**CHAT, **{name.replace("_", "-"): value for
                                      name, value in headers.items()}})
    if not hidden:
        return raw
    mail = email.message_from_bytes(raw, policy=SMTP)
    part = email.message.MIMEPart(policy=SMTP)
    for name, value in hidden:
        part[name] = value
    part.set_content(text)
    for name in ("Content-Type", "Content-Transfer-Encoding"):
        del mail[name]
    mail.set_payload([part])
    mail["Content-Type"] = "multipart/mixed; boundary=x1x"
    return mail.as_bytes()


async def write(sender, to, text, *args, **more):
    to = [to] if isinstance(to, str) else to
    raw = chat_mail(sender, to, text, *args, **more)
    await sender.send(raw, *to)
    return email.message_from_bytes(raw, policy=email.policy.default)


def hidden_header(mail, name):
    """It stands where Delta Chat believes it, and nowhere else."""
    assert mail[name] is None
    parsed = email.message_from_bytes(mail.raw, policy=email.policy.default)
    assert parsed.get_content_type() == "multipart/mixed"
    return parsed.get_payload(0)[name]


async def friends(post):
    alice = await post.registered()
    bob = post.correspondent("bob", "Bob")
    first = await write(bob, alice.address, "Hi Alice.")
    message = await alice.get_message(post.person(bob))
    return alice, bob, first, message


async def test_what_is_corrected_there(post, postman):
    alice, bob, first, message = await friends(post)
    await write(bob, alice.address, f"{PENCIL}Hello Alice.",
                hidden=[("Chat-Edit", first["Message-ID"])])
    edit = await alice.get_message(post.person(bob))
    assert xml.body(edit) == "Hello Alice."
    assert xml.attr(edit, "{urn:xmpp:message-correct:0}replace",
                    "id") == message.get("id")
    await write(bob, alice.address, "🚮",
                hidden=[("Chat-Delete", first["Message-ID"])])
    gone = await alice.expect(lambda s: xml.one(
        s, "{urn:xmpp:message-retract:1}retract") is not None, "a retraction")
    assert xml.attr(gone, "{urn:xmpp:message-retract:1}retract",
                    "id") == message.get("id")
    assert gone.get("from") == post.person(bob)
    # Nothing is left to read of these in the mailbox.
    for text in (PENCIL, "🚮"):
        await post.mail.dovecot.received(
            alice.address, lambda mail, text=text: text in mail.body and
            r"\Seen" in mail.flags)


async def test_what_is_corrected_here(post, postman):
    alice, bob, first, _ = await friends(post)
    id = alice.send_message(post.person(bob), "Helo.", payload=RECEIPT)
    await is_received(alice, id)
    mail = await bob.receive(lambda mail: "Helo." in mail.body)
    assert mail["Chat-Version"] == "1.0"
    assert mail["Autocrypt"] is None
    later = alice.send_message(post.person(bob), "Hello.",
                               payload=RECEIPT + replace(id))
    await is_received(alice, later)
    edit = await bob.receive(lambda mail: "Hello." in mail.body)
    assert hidden_header(edit, "Chat-Edit") == mail["Message-ID"]
    assert edit.body.strip() == f"{PENCIL}Hello."
    alice.send_message(post.person(bob), payload=retract(id))
    gone = await bob.receive(lambda mail: "withdrawn" in mail.body)
    assert hidden_header(gone, "Chat-Delete") == mail["Message-ID"]
    assert hidden_header(gone, "Chat-Edit") == mail["Message-ID"]


async def title(client, room):
    info = await client.iq("get", room, "<query xmlns="
                           "'http://jabber.org/protocol/disco#info'/>")
    return xml.attr(info, "info:query/info:identity", "name")


async def test_a_group_of_theirs(post, postman):
    alice = await post.registered()
    bob, carol = (post.correspondent(name, name.title())
                  for name in ("bob", "carol"))
    group = {"Chat_Group_ID": f"Grp{new_id()[1:9].replace('.', '-')}x"}
    first = await write(bob, [alice.address, carol.address], "All here?",
                        "Team", Chat_Group_Name="Team", **group)
    room = await invited(post, alice)
    entered = await alice.join(room, "alice")
    message = await heard(alice, entered, room, "All here?")
    assert await title(alice, room) == "Team"
    # The same group, called otherwise, without carol.
    await write(bob, [alice.address], "We two.", "Team", Chat_Group_Name="Duo",
                Chat_Group_Member_Removed=carol.address, **group)
    await alice.get_message(room, re.compile("We two."), kind="groupchat")
    assert await title(alice, room) == "Duo"
    await write(bob, [alice.address], f"{PENCIL}All there?", "Duo",
                hidden=[("Chat-Edit", first["Message-ID"])],
                Chat_Group_Name="Duo", **group)
    edit = await alice.get_message(room, "All there?", kind="groupchat")
    assert xml.attr(edit, "{urn:xmpp:message-correct:0}replace",
                    "id") == message.get("id")
    alice.say(room, "I am.")
    mail = await bob.receive(lambda mail: "I am." in mail.body)
    assert mail["Chat-Group-ID"] == group["Chat_Group_ID"]
    assert mail["Chat-Group-Name"] == "Duo"
    assert mail["To"] == bob.mailbox
    assert await has_no_mail(carol, "I am.")
    assert people_of(entered) == {post.person(one) for one in (bob, carol)}


REACTIONS = "urn:xmpp:reactions:0"


def reactions(id, *which):
    inner = "".join(f"<reaction>{one}</reaction>" for one in which)
    return (f"<reactions xmlns='{REACTIONS}' id={xml.quoteattr(id)}>{inner}"
            "</reactions><store xmlns='urn:xmpp:hints'/>")


async def has_reaction(client, id):
    """Waits for the reactions to a message."""
    stanza = await client.expect(lambda s: xml.one(
        s, f"{{{REACTIONS}}}reactions") is not None, "a reaction")
    element = xml.one(stanza, f"{{{REACTIONS}}}reactions")
    assert element.get("id") == id
    return [one.text for one in element]


async def can_react(client, jid):
    info = await client.iq("get", jid, "<query xmlns="
                           "'http://jabber.org/protocol/disco#info'/>")
    return any(one.get("var") == REACTIONS for one in
               xml.all_of(info, "info:query/info:feature"))


async def test_reactions(post, postman):
    alice = await post.registered()
    bob = post.correspondent("bob", "Bob")
    first = await bob.write(alice.address, "Lunch", "Pizza?")
    message = await alice.get_message(post.person(bob))
    assert not await can_react(alice, post.person(bob))
    refused = alice.send_message(post.person(bob), payload=reactions(
        message.get("id"), "👍"))
    error = await alice.get_error(refused)
    assert xml.condition(error) == "feature-not-implemented"
    id = alice.send_message(post.person(bob), "Yes.", payload=RECEIPT)
    await is_received(alice, id)
    answer = await bob.receive(lambda mail: "Yes." in mail.body)
    # Bob's program shows them: he uses one.
    raw = email.message_from_bytes(compose(
        bob.mailbox, alice.address, "Re: Lunch", "🎉", reply_to=answer),
        policy=SMTP)
    raw["Content-Disposition"] = "reaction"
    await bob.send(raw.as_bytes(), alice.address)
    assert await has_reaction(alice, id) == ["🎉"]
    assert await can_react(alice, post.person(bob))
    alice.send_message(post.person(bob), payload=reactions(
        message.get("id"), "👍"))
    mail = await bob.receive(lambda mail: "Reacted" in mail.body)
    assert mail["In-Reply-To"] == first["Message-ID"]
    parsed = email.message_from_bytes(mail.raw, policy=email.policy.default)
    texts, reaction, gmail = parsed.iter_parts()
    assert reaction.get_content_disposition() == "reaction"
    assert reaction.get_content().strip() == "👍"
    assert gmail.get_content_type() == "text/vnd.google.email-reaction+json"
    # It is nothing to go on with.
    alice.send_message(post.person(bob), "At noon.")
    mail = await bob.receive(lambda mail: "At noon." in mail.body)
    assert mail["In-Reply-To"] == answer["Message-ID"]


def displayed(id):
    return f"<displayed xmlns='urn:xmpp:chat-markers:0' id='{id}'/>"


async def test_what_was_read(post, postman):
    alice = await post.registered(ask_read="1")
    carol = await post.registered("carol", tell_read="1")
    # Both ends are ours: what one asks and tells the other understands.
    id = alice.send_message(post.person(carol.address), "Read this.", payload=(
        "<markable xmlns='urn:xmpp:chat-markers:0'/>"))
    message = await carol.get_message(post.person(alice.address),
                                      re.compile("Read this"))
    raw = await post.mail.dovecot.received(carol.address)
    assert raw["Disposition-Notification-To"] == alice.address
    carol.send_message(post.person(alice.address),
                       payload=displayed(message.get("id")))
    marker = await alice.expect(
        lambda s: xml.one(s, "{urn:xmpp:chat-markers:0}displayed")
        is not None, "a marker")
    assert marker.get("from") == post.person(carol.address)
    assert xml.attr(marker, "{urn:xmpp:chat-markers:0}displayed",
                    "id") == id
    told = await post.mail.dovecot.received(
        alice.address, lambda mail: "disposition" in
        mail.raw.decode("latin-1"))
    parsed = email.message_from_bytes(told.raw, policy=email.policy.default)
    assert parsed.get_content_type() == "multipart/report"
    assert parsed.get_param("report-type") == "disposition-notification"
    assert told["Auto-Submitted"] == "auto-replied"


async def test_a_receipt_when_it_arrived(post, own_postman):
    postman = own_postman({"receipt": "dsn"})
    await postman.start()
    post.gateway = postman.jid
    alice = await post.registered()
    bob = post.correspondent()
    id = alice.send_message(post.person(bob), "Hello.", payload=RECEIPT)
    await is_received(alice, id)
    await post.mail.dovecot.received(
        alice.address, lambda mail: "multipart/report" in
        (mail["Content-Type"] or ""))


# The beginning of a PNG of 48 by 48: nobody looks further.
PICTURE = (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x30\0\0\0\x30"
           b"\x08\x06\0\0\0" + bytes(300))


async def test_the_picture_of_a_sender(post, postman):
    alice = await post.registered()
    bob = post.correspondent("bob", "Bob Builder")
    alice.send_presence(post.person(bob), "subscribe")
    await alice.get_presence(post.person(bob), "subscribed")
    face = base64.b64encode(PICTURE).decode()
    await bob.write(alice.address, "Me", "That is me.",
                    headers={"Face": face})
    hash = hashlib.sha1(PICTURE).hexdigest()
    await alice.expect(
        lambda s: xml.kind(s) == "presence" and
        s.get("from") == post.person(bob) and xml.text(
            s, "{vcard-temp:x:update}x/{vcard-temp:x:update}photo") == hash,
        "the hash of the picture")
    card = await alice.iq("get", post.person(bob),
                          "<vCard xmlns='vcard-temp'/>")
    assert xml.text(card, "vcard:vCard/vcard:FN") == "Bob Builder"
    photo = xml.one(card, "vcard:vCard/vcard:PHOTO")
    assert xml.text(photo, "vcard:TYPE") == "image/png"
    assert base64.b64decode(xml.text(photo, "vcard:BINVAL")) == PICTURE
