"""What the user does with other mail clients: mails that he sends, and reads,
elsewhere."""

import re

import pytest

from clients import mail as mails
from clients import xml
from conftest import wait
from test_mail_groups import group, heard, invited
from test_mail_in import marker, said, thread
from test_mail_out import RECEIPT, is_received
from test_mail_worker import address, ready, worker  # noqa: F401

PUBSUB = "http://jabber.org/protocol/pubsub"
MDS = "urn:xmpp:mds:displayed:0"
CARBON = ("{urn:xmpp:carbons:2}sent/{urn:xmpp:forward:0}forwarded/"
          "{jabber:client}message")


async def hears_carbons(client):
    answer = await client.iq("set", None,
                             "<enable xmlns='urn:xmpp:carbons:2'/>")
    assert answer.get("type") == "result"


def own(text):
    """A carbon of what the user himself said."""
    def match(s):
        inner = s.find(CARBON)
        return inner is not None and text in (xml.body(inner) or "")
    return match


async def followed(post, **values):
    """A user, and bob whose mail came: what is sent from now on is new."""
    alice = await post.registered(**values)
    bob = post.correspondent()
    await marker(post, alice, bob)
    return alice, bob


async def sends_elsewhere(post, client, to, subject="Elsewhere",
                          text="From my phone.", **more):
    """The user writes with another mail client, which saves the mail."""
    several = [to] if not isinstance(to, list) else to
    raw = mails.compose(client.address, [str(one) for one in several],
                        subject, text, **more)
    await post.mail.dovecot.append(client.address, raw, folder="Sent")
    return mails.email.message_from_bytes(
        raw, policy=mails.email.policy.default)


def sent_mail(sender, to, subject="Sent", **options):
    return mails.compose(sender, to, subject, "From elsewhere.", **options)


# --- The worker ---------------------------------------------------------------

def test_worker_sent_mails(worker, mail, address):  # noqa: F811
    async def scenario():
        dovecot = mail.dovecot
        await dovecot.append(address, sent_mail(address, "a@x.test", "Old"),
                             folder="Sent")
        link = await ready(worker, mail, address)
        await link.watch()
        await link.mirror()
        begun = await link.next("MIRRORED")
        validity, done = begun.numbers
        assert validity == await dovecot.uidvalidity(address, "Sent")
        assert (done, begun.texts[0]) == (1, b"Sent")
        await link.state("IDLING")
        # By NOTIFY.
        for number in range(3):
            raw = sent_mail(address, "b@x.test", f"New {number}")
            await dovecot.append(address, raw, folder="Sent")
            frame = await link.mail("SENT")
            assert list(frame.numbers[:2]) == [2 + number, validity]
            assert f"New {number}".encode() in frame.texts[0]
        # The inbox is still watched.
        raw = mails.compose("bob@else.test", address, "News")
        await dovecot.append(address, raw)
        assert b"News" in (await link.mail()).texts[0]
        await link.close()
        # What came meanwhile, and nothing else.
        await dovecot.append(address, sent_mail(address, "c@x.test", "Later"),
                             folder="Sent")
        link = await ready(worker, mail, address)
        await link.watch()
        await link.mirror(validity=validity, uid=4)
        frame = await link.mail("SENT")
        assert frame.numbers[0] == 5 and b"Later" in frame.texts[0]
        assert not [f for f in worker.frames if f.name == "MIRRORED"]
    wait(scenario())


# --- Mails read elsewhere -----------------------------------------------------

def displayed(id):
    """A carbon of the user's own marker."""
    def match(s):
        marker = s.find(f"{CARBON}/{{urn:xmpp:chat-markers:0}}displayed")
        return marker is not None and marker.get("id") == id
    return match


async def test_read_elsewhere_is_displayed(favoured):
    alice = await favoured.registered()
    await hears_carbons(alice)
    bob = favoured.correspondent()
    dovecot = favoured.mail.dovecot
    shown = []
    for text in ("One.", "Two."):
        await bob.write(alice.address, "News", text)
        shown.append(await alice.get_message(favoured.person(bob),
                                             re.compile(text)))
    first, second = await dovecot.received(alice.address, count=2)
    await dovecot.flag(alice.address, first.uid, r"\Seen")
    await dovecot.flag(alice.address, second.uid, r"\Seen")
    told = (await alice.expect(displayed(shown[1].get("id")), "it")).find(
        CARBON)
    assert told.get("from") == alice.bare
    assert told.get("to") == favoured.person(bob)
    assert xml.body(told) is None
    # One that was removed is not waited for.
    for text in ("Three.", "Four."):
        await bob.write(alice.address, "News", text)
        shown.append(await alice.get_message(favoured.person(bob),
                                             re.compile(text)))
    third, fourth = (await dovecot.received(alice.address, count=4))[2:]
    await dovecot.expunge(alice.address, third.uid)
    await dovecot.flag(alice.address, fourth.uid, r"\Seen")
    await alice.expect(displayed(shown[3].get("id")), "the last")
    await marker(favoured, alice, bob)
    for mail in shown:
        assert not alice.unseen(displayed(mail.get("id")))
    assert await bob.mails() == []


# --- Rooms read elsewhere: XEP-0490 -------------------------------------------

async def follows_markers(client):
    """The client wants to know what is displayed; it is certain that the
    server knows."""
    await client.announce(None, f"{MDS}+notify")
    await client.expect(
        lambda s: s.get("type") == "get" and s.find(
            "{http://jabber.org/protocol/disco#info}query") is not None,
        "a question for its features")
    await client.iq("get", None, "<ping xmlns='urn:xmpp:ping'/>")


def marked(room, id):
    """The event that says that this message of the room is displayed."""
    path = (f"{{{PUBSUB}#event}}event/{{{PUBSUB}#event}}items"
            f"[@node='{MDS}']/{{{PUBSUB}#event}}item[@id='{room}']/"
            f"{{{MDS}}}displayed/{{urn:xmpp:sid:0}}stanza-id")

    def match(s):
        found = s.find(path)
        return found is not None and (
            found.get("by"), found.get("id")) == (room, id)
    return match


async def kept_marker(client, room):
    answer = await client.iq(
        "get", None, f"<pubsub xmlns='{PUBSUB}'><items node='{MDS}'>"
        f"<item id='{room}'/></items></pubsub>")
    found = answer.find(f".//{{{MDS}}}displayed/{{urn:xmpp:sid:0}}stanza-id")
    return found.get("id") if found is not None else None


def archive_id(message, room):
    found = [one.get("id") for one in message.iter(
        "{urn:xmpp:sid:0}stanza-id") if one.get("by") == room]
    assert len(found) == 1
    return found[0]


async def test_a_room_read_elsewhere_is_displayed(favoured):
    alice, bob, carol, dave, room, first = await group(favoured)
    await follows_markers(alice)
    entered = await alice.join(room, "alice")
    shown = [await heard(alice, entered, room, "Who comes?")]
    dovecot = favoured.mail.dovecot

    async def reads(number):
        newest = await dovecot.received(alice.address, count=number)
        newest = newest[-1] if number > 1 else newest
        await dovecot.flag(alice.address, newest.uid, r"\Seen")

    async def comes(text):
        await bob.write([alice.address, carol], "Re: Picnic", text, cc=dave,
                        reply_to=first)
        shown.append(await alice.get_message(room, re.compile(text),
                                             kind="groupchat"))
    await reads(1)
    one = archive_id(shown[0], room)
    await alice.expect(marked(room, one), "the first")
    await comes("I do.")
    await reads(2)
    two = archive_id(shown[1], room)
    await alice.expect(marked(room, two), "the second")
    # A client of his is further than the mailbox: nothing goes back.
    await comes("Me too.")
    await comes("And me.")
    last = archive_id(shown[3], room)
    answer = await alice.iq(
        "set", None, f"<pubsub xmlns='{PUBSUB}'><publish node='{MDS}'>"
        f"<item id='{room}'><displayed xmlns='{MDS}'><stanza-id "
        f"xmlns='urn:xmpp:sid:0' by='{room}' id='{last}'/></displayed>"
        f"</item></publish></pubsub>")
    assert answer.get("type") == "result"
    await alice.expect(marked(room, last), "his own")
    await comes("The last.")
    for mail in (await dovecot.received(alice.address, count=5))[2:]:
        await dovecot.flag(alice.address, mail.uid, r"\Seen")
    end = archive_id(shown[4], room)
    await alice.expect(marked(room, end), "the last")
    assert await kept_marker(alice, room) == end
    for id in (one, two, last, archive_id(shown[2], room)):
        assert not alice.unseen(marked(room, id))


# --- Mails sent elsewhere -----------------------------------------------------

async def test_shown_as_an_own_message(favoured):
    alice, bob = await followed(favoured)
    await hears_carbons(alice)
    first = await sends_elsewhere(favoured, alice, bob)
    shown = (await alice.expect(own("From my phone."), "it")).find(CARBON)
    assert shown.get("from") == alice.bare
    assert shown.get("to") == favoured.person(bob)
    assert xml.body(shown) == "*Elsewhere*\nFrom my phone."
    # It is answered in its thread.
    await bob.write(alice.address, "Re: Elsewhere", "Aha.", reply_to=first)
    answer = await alice.get_message(favoured.person(bob))
    assert (xml.body(answer), thread(answer)) == ("Aha.", thread(shown))
    # It is in the archive of the server, and nobody got a mail.
    await alice.iq("set", None, "<query xmlns='urn:xmpp:mam:2'/>")
    archived = alice.unseen(lambda s: "From my phone." in
                            xml.ET.tostring(s, encoding="unicode"))
    assert len(archived) == 1
    assert await bob.mails() == []


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_shown_once_over_a_restart(favoured, end):
    """What the server may not have taken over is sent again: as the same."""
    alice, bob = await followed(favoured)
    await hears_carbons(alice)
    texts = ["Before it.", "While it was down.", "The last."]
    ids = {text: set() for text in texts}

    async def shown(text):
        stanza = await alice.expect(own(text), text)
        ids[text].add(stanza.find(CARBON).get("id"))
    await sends_elsewhere(favoured, alice, bob, text=texts[0])
    await shown(texts[0])
    await getattr(favoured.postman, end)()
    await sends_elsewhere(favoured, alice, bob, text=texts[1])
    await favoured.postman.start()
    await shown(texts[1])
    await sends_elsewhere(favoured, alice, bob, text=texts[2])
    await shown(texts[2])
    for text in texts:
        ids[text] |= {stanza.find(CARBON).get("id")
                      for stanza in alice.unseen(own(text))}
        assert len(ids[text]) == 1


async def test_what_is_sent_from_here_is_no_news(favoured):
    alice, bob = await followed(favoured)
    await hears_carbons(alice)
    id = alice.send_message(favoured.person(bob), "From here.",
                            payload=RECEIPT)
    await is_received(alice, id)
    await favoured.mail.dovecot.received(alice.address, folder="Sent")
    await sends_elsewhere(favoured, alice, bob)
    await alice.expect(own("From my phone."), "the other")
    assert not alice.unseen(own("From here."))


async def test_a_thread_without_the_permission(post, postman):
    """It is not shown, but remembered."""
    alice, bob = await followed(post)
    first = await sends_elsewhere(post, alice, bob, "Plan", "The plan.")
    await bob.write(alice.address, "Re: Plan", "Which plan?", reply_to=first)
    answer = await alice.get_message(post.person(bob))
    assert xml.body(answer) == "Which plan?"
    alice.send_message(post.person(bob), "That one.")
    mail = await bob.receive(lambda mail: "That one." in mail.body)
    assert first["Message-ID"] in mail["References"]
    assert mail["Subject"] == "Re: Plan"
    assert said(alice, "The plan.") == []


async def test_a_note_for_who_wants_it(post, postman):
    alice, bob = await followed(post, sent_notes="1")
    await sends_elsewhere(post, alice, bob)
    note = await alice.get_message(post.person(bob))
    assert "you wrote elsewhere" in xml.body(note)
    assert "From my phone." in xml.body(note)
    await marker(post, alice, bob)
    assert said(alice, "From my phone.") == []


async def test_what_ejabberd_does_not_show(half_favoured):
    """A note is there in spite of the permission; what is read elsewhere is
    in the mailbox alone."""
    post = half_favoured
    alice, bob = await followed(post, sent_notes="1")
    await hears_carbons(alice)
    await sends_elsewhere(post, alice, bob)
    note = await alice.get_message(post.person(bob))
    assert "you wrote elsewhere" in xml.body(note)
    await bob.write(alice.address, "News", "News.")
    await alice.get_message(post.person(bob), re.compile("News."))
    newest = (await post.mail.dovecot.received(
        alice.address, lambda mail: "News." in mail.body))
    await post.mail.dovecot.flag(alice.address, newest.uid, r"\Seen")
    await marker(post, alice, bob)
    assert alice.unseen(lambda s: s.find(CARBON) is not None) == []
    assert "need ejabberd 23.10" in post.postman.log()


async def test_to_several_people(post, postman):
    alice, bob = await followed(post)
    carol = post.correspondent("carol")
    first = await sends_elsewhere(post, alice, [bob, carol], "Trip",
                                  "Where to?")
    room = await invited(post, alice)
    entered = await alice.join(room, "alice")
    message = await heard(alice, entered, room, "Where to?")
    # By the name that he had before he chose one.
    assert message.get("from") in (f"{room}/{entered.nick}",
                                   f"{room}/{alice.address}")
    await bob.write([alice.address, carol], "Re: Trip", "To the sea.",
                    reply_to=first)
    await alice.get_message(room, re.compile("To the sea."),
                            kind="groupchat")


@pytest.mark.parametrize("name", ["Message-ID", "X-Causeway"])
async def test_a_provider_that_renames_mails(post, postman, name):
    """It says so itself, or leaves us our own header."""
    old = {"Message-ID": "X-Microsoft-Original-Message-ID"}.get(name, name)
    alice, bob = await followed(post)
    id = alice.send_message(post.person(bob), "Mine.", payload=RECEIPT)
    await is_received(alice, id)
    mine = await bob.receive()
    renamed = mails.new_id()
    await sends_elsewhere(
        post, alice, bob, mine["Subject"], "Mine.", id=renamed,
        headers={old: mine[name]})
    await bob.write(alice.address, f"Re: {mine['Subject']}", "Yours.",
                    headers={"In-Reply-To": renamed, "References": renamed})
    answer = await alice.get_message(post.person(bob))
    assert xml.body(answer) == "Yours."
    assert said(alice, "Mine.") == []


async def test_a_list_that_renames_mails(post, postman):
    """What the user sent comes back to him, and is not shown again; others
    cannot hide a mail with our header."""
    alice, bob = await followed(post)
    id = alice.send_message(post.person(bob), "Mine.", payload=RECEIPT)
    await is_received(alice, id)
    mark = (await bob.receive())["X-Causeway"]
    await bob.write(alice.address, "Mine", "Mine again.", headers={
        "X-Causeway": mark, "List-Id": "<renaming.test>",
        "List-Post": "<mailto:all@renaming.test>"})
    await bob.write(alice.address, "Other", "Yours.",
                    headers={"X-Causeway": mark})
    await alice.get_message(post.person(bob), re.compile("Yours."))
    assert alice.unseen(
        lambda s: "renaming" in (s.get("from") or "")) == []
