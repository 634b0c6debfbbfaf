"""Mails to several people without rooms (XEP-0033), and answers to all."""

import re

import pytest

from clients import xml
from clients.mail import compose
from test_mail_groups import group, has_no_mail, invited
from test_mail_in import marker
from test_mail_kill import Lock
from test_mail_out import RECEIPT, is_received, receipt_for

# What servers write on the way, in each copy of its own.
TRACES = ("Delivered-To", "Envelope-To", "Received", "X-Original-To")

ADDRESS = "http://jabber.org/protocol/address"


def addresses(*rows):
    """The element of (type, JID)."""
    inner = "".join(f"<address type='{kind}' jid={xml.quoteattr(jid)}/>"
                    for kind, jid in rows)
    return f"<addresses xmlns='{ADDRESS}'>{inner}</addresses>"


def named(message):
    """What a message says of its receivers: {(type, JID)}."""
    return {(one.get("type"), one.get("jid"))
            for one in message.iter(f"{{{ADDRESS}}}address")}


async def flat(post, local="alice"):
    """Somebody who wants no rooms."""
    client = await post.registered(local)
    client.send_message(post.gateway, "groups")
    await client.get_message(post.gateway, re.compile("rooms"))
    client.send_message(post.gateway, "flat")
    await client.get_message(post.gateway, re.compile("come from their"))
    return client


def is_invitation(stanza):
    return xml.one(stanza, "conf:x") is not None


async def test_a_mail_to_several_comes_from_its_sender(post, postman):
    alice = await flat(post)
    bob = post.correspondent("bob")
    carol, dave = post.correspondent("carol"), post.correspondent("dave")
    await bob.write([alice.address, carol], "Picnic", "Who comes?", cc=dave)
    message = await alice.get_message(post.person(bob),
                                      re.compile("Who comes"))
    assert named(message) == {("to", post.person(carol)),
                              ("cc", post.person(dave))}
    last = xml.body(message).splitlines()[-1]
    assert last == f"To: {alice.address}, {carol} Cc: {dave}"
    assert not alice.unseen(is_invitation)


async def test_an_answer_is_for_the_sender_alone(post, postman):
    alice = await flat(post)
    bob, carol = post.correspondent("bob"), post.correspondent("carol")
    await bob.write([alice.address, carol], "Picnic", "Who comes?")
    await alice.get_message(post.person(bob), re.compile("Who comes"))
    alice.send_message(post.person(bob), "Only to you.")
    mail = await bob.receive(lambda mail: "Only to you." in mail.body)
    assert mail["To"] == bob.address and mail["Cc"] is None
    assert await has_no_mail(carol, "Only to you.")


async def test_an_answer_to_all_by_a_word(post, postman):
    alice = await flat(post)
    bob, carol, dave = (post.correspondent(name)
                        for name in ("bob", "carol", "dave"))
    first = await bob.write([alice.address, carol], "Picnic", "Who comes?",
                            cc=dave)
    await alice.get_message(post.person(bob), re.compile("Who comes"))
    alice.send_message(post.person(bob), "/who")
    who = await alice.get_message(post.person(bob), re.compile("/all"))
    assert carol.address in xml.body(who)
    alice.send_message(post.person(bob), "/all Me and you.")
    await alice.get_message(post.person(bob), "This goes to 3 people.")
    for one in (bob, carol, dave):
        mail = await one.receive(lambda mail: "Me and you." in mail.body)
        assert mail["In-Reply-To"] == first["Message-ID"]
        assert mail["Subject"] == "Re: Picnic"
        assert dave.address in mail["Cc"]
        assert "/all" not in mail.body


async def test_nothing_to_answer_to_all(post, postman):
    alice = await flat(post)
    bob = post.correspondent("bob")
    await bob.write(alice.address, "Private", "Only you.")
    await alice.get_message(post.person(bob), re.compile("Only you"))
    id = alice.send_message(post.person(bob), "/all Hm.")
    error = await alice.get_error(id)
    assert "to you alone" in xml.error_text(error)


async def test_a_failure_of_what_went_to_all_is_said(post, postman):
    alice = await flat(post)
    bob = post.correspondent("bob")
    nobody = f"nobody@{bob.address.partition('@')[2]}"
    await bob.send(compose(bob.address, alice.address, "Picnic",
                           "Who comes?", cc=nobody), alice.address)
    await alice.get_message(post.person(bob), re.compile("Who comes"))
    alice.send_message(post.person(bob), "/all Me.")
    await bob.receive(lambda mail: "Me." in mail.body)
    notice = await alice.get_message(
        post.person(bob), re.compile("was not delivered"))
    assert nobody in xml.body(notice)


async def test_a_blind_copy(post, postman):
    """That he has it does not show, unless he says so."""
    alice = await post.registered()
    bob, carol, dave = (post.correspondent(name)
                        for name in ("bob", "carol", "dave"))
    await bob.write([carol, dave], "Secret", "See this.", bcc=[alice.address])
    message = await alice.get_message(post.person(bob),
                                      re.compile("See this"))
    assert "(blind copy" in xml.body(message)
    assert named(message) == set()
    alice.send_message(post.person(bob), "Thanks.")
    await bob.receive(lambda mail: "Thanks." in mail.body)
    assert await has_no_mail(carol, "Thanks.")
    alice.send_message(post.person(bob), "/all I know.")
    for one in (bob, carol, dave):
        await one.receive(lambda mail: "I know." in mail.body)


async def test_one_mail_to_several(post, postman):
    """The client names them; blind copies stay blind."""
    alice = await post.registered()
    info = await alice.iq("get", post.gateway, "<query xmlns="
                          "'http://jabber.org/protocol/disco#info'/>")
    assert ADDRESS in [one.get("var")
                       for one in xml.all_of(info, "info:query/info:feature")]
    bob, carol, dave, erin = (post.correspondent(name) for name in
                              ("bob", "carol", "dave", "erin"))
    alice.send_message(post.gateway, "To many.", payload=addresses(
        ("to", post.person(bob)), ("cc", post.person(carol)),
        ("bcc", post.person(dave)), ("replyto", post.person(erin))))
    mails = [await one.receive(lambda mail: "To many." in mail.body)
             for one in (bob, carol, dave)]
    for mail in mails:
        assert mail["To"] == bob.address and mail["Cc"] == carol.address
        assert mail["Reply-To"] == erin.address
        assert mail["Bcc"] is None
        assert not [name for name, value in mail.message.items()
                    if dave.address in value and name not in TRACES]
    assert len({mail["Message-ID"] for mail in mails}) == 1
    assert await has_no_mail(erin, "To many.")


async def test_more_receivers_of_a_contact(post, postman):
    alice = await post.registered()
    bob, carol = post.correspondent("bob"), post.correspondent("carol")
    alice.send_message(post.person(bob), "Both.", payload=addresses(
        ("cc", post.person(carol))))
    for one in (bob, carol):
        mail = await one.receive(lambda mail: "Both." in mail.body)
        assert mail["To"] == bob.address and mail["Cc"] == carol.address


async def test_who_refuses_is_named(post, postman):
    alice = await post.registered()
    bob = post.correspondent("bob")
    nobody = f"nobody@{bob.address.partition('@')[2]}"
    id = alice.send_message(post.gateway, "Hello both.", payload=addresses(
        ("to", post.person(nobody)), ("to", post.person(bob))))
    error = await alice.get_error(id)
    assert xml.condition(error) == "item-not-found"
    assert nobody in xml.error_text(error)
    await bob.receive(lambda mail: "Hello both." in mail.body)


def errors_of(client, id):
    return client.unseen(lambda s: s.get("type") == "error" and
                         s.get("id") == id)


@pytest.mark.parametrize("taken", [1, 0])
async def test_all_who_refuse_are_named_at_once(post, postman, taken):
    """In one error, each with the server's words."""
    imap, smtp = await post.scripted_imap(), await post.scripted_smtp()
    smtp.answer("full@x.test", "552 5.2.2 no room for him")
    smtp.answer("nobody@x.test", "550 5.1.1 unknown to us")
    alice = await post.registered(address="alice@elsewhere.test",
                                  **post.servers(imap, smtp))
    bob = [("cc", post.person("bob@x.test"))] * taken
    id = alice.send_message(post.gateway, "All.", payload=addresses(
        ("to", post.person("full@x.test")),
        ("to", post.person("nobody@x.test")), *bob) + RECEIPT)
    error = await alice.get_error(id)
    words = xml.error_text(error)
    assert re.search("full@x.test: .*no room for him", words), words
    assert re.search("nobody@x.test: .*unknown to us", words), words
    assert "bob@x.test" not in words
    assert len(smtp.mails) == taken
    assert all(mail.recipients == ["bob@x.test"] for mail in smtp.mails)
    last = alice.send_message(post.person("carol@x.test"), "Then.",
                              payload=RECEIPT)
    await is_received(alice, last)
    assert not errors_of(alice, id)
    assert not alice.unseen(receipt_for(id))


async def test_who_refuses_is_named_in_a_room(post, postman):
    """A mail to three; two of them take it."""
    imap, smtp = await post.scripted_imap(), await post.scripted_smtp()
    alice = await post.registered(address="alice@elsewhere.test",
                                  **post.servers(imap, smtp))
    imap.push(compose("bob@x.test", [alice.address, "carol@x.test"],
                      "Picnic", "Who comes?", cc="nobody@x.test"))
    room = await invited(post, alice)
    await alice.join(room, "alice")
    smtp.answer("nobody@x.test", "550 5.1.1 unknown to us")
    id = alice.say(room, "All of us.")
    error = await alice.get_error(id)
    words = xml.error_text(error)
    assert re.search("nobody@x.test: .*unknown to us", words), words
    assert "carol" not in words and "bob" not in words
    mail, = smtp.mails
    assert sorted(mail.recipients) == ["bob@x.test", "carol@x.test"]
    await alice.settle(post.gateway)
    assert not errors_of(alice, id)


async def test_all_is_kept_before_it_is_answered(post, own_postman):
    postman = own_postman()
    await postman.start()
    post.gateway = postman.jid
    alice = await flat(post)
    bob, carol = post.correspondent("bob"), post.correspondent("carol")
    await bob.write([alice.address, carol], "Picnic", "Who comes?")
    await alice.get_message(post.person(bob), re.compile("Who comes"))
    with Lock(postman):
        alice.send_message(post.person(bob), "/all Me.")
        await alice.settle(post.gateway)
        assert not alice.unseen(lambda s: "2 people" in (xml.body(s) or ""))
    await alice.get_message(post.person(bob),
                            re.compile("This goes to 2 people"))
    await postman.kill()
    await postman.start()
    for one in (bob, carol):
        await one.receive(lambda mail: "Me." in mail.body)


@pytest.mark.parametrize("other", ["friend@example.org", "x"])
async def test_one_that_is_no_mail_address_stops_all(post, postman, other):
    alice = await post.registered()
    bob = post.correspondent("bob")
    id = alice.send_message(post.gateway, "Never.", payload=addresses(
        ("to", post.person(bob)), ("cc", other)))
    error = await alice.get_error(id)
    assert xml.condition(error) == "forbidden"
    await marker(post, alice, post.correspondent("carol"))
    assert await has_no_mail(bob, "Never.")


async def test_added_and_dropped_by_words(post, postman):
    alice, bob, carol, dave, room, first = await group(post)
    erin = post.correspondent("erin")
    await alice.join(room, "alice")
    alice.say(room, f"/add {erin}")
    await alice.get_message(room, "What you write here goes to 4 people now.",
                            kind="groupchat")
    alice.say(room, f"/drop {dave}")
    await alice.get_message(room, "What you write here goes to 3 people now.",
                            kind="groupchat")
    alice.say(room, "To those.")
    for one in (bob, carol, erin):
        await one.receive(lambda mail: "To those." in mail.body)
    assert await has_no_mail(dave, "To those.")


async def test_the_nick_is_the_one_asked_for(post, postman):
    alice, bob, carol, dave, room, first = await group(post, "Bob Builder")
    entered = await alice.join(room, "Ally")
    assert entered.nick == "Ally" and 210 not in xml.codes(entered.own)
    alice.say(room, "Here.")
    await alice.get_message(f"{room}/Ally", "Here.", kind="groupchat")
    alice.send_presence(f"{room}/Alison")
    gone = await alice.get_presence(f"{room}/Ally", "unavailable")
    assert 303 in xml.codes(gone)
    # Another's name: he keeps his own, and his client is told.
    await alice.leave(room, "Alison")
    entered = await alice.join(room, "Bob Builder")
    assert entered.nick == "Alison" and 210 in xml.codes(entered.own)


async def test_rooms_again(post, postman):
    alice = await flat(post)
    alice.send_message(post.gateway, "groups")
    alice.send_message(post.gateway, "rooms")
    await alice.get_message(post.gateway, re.compile("are rooms now"))
    bob, carol = post.correspondent("bob"), post.correspondent("carol")
    await bob.write([alice.address, carol], "Picnic", "Who comes?")
    await invited(post, alice)
