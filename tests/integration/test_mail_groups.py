"""Mails to several people, and mailing lists, as rooms."""

import re

from clients import xml
from clients.mail import compose, new_id
from test_mail_in import marker, said


async def invited(post, client, kind="g"):
    """Waits for an invitation: the room's JID."""
    def match(s):
        return xml.kind(s) == "message" and re.match(
            rf"{kind}\.[^@]+@{re.escape(post.gateway)}$", s.get("from")) \
            and (xml.one(s, "user:x/user:invite") is not None or
                 xml.one(s, "conf:x") is not None)
    return (await client.expect(match, "an invitation")).get("from")


def people_of(entered):
    """The JIDs of the others in a room."""
    return {xml.attr(presence, "user:x/user:item", "jid").split("/")[0]
            for presence in entered.others}


async def heard(client, entered, room, text):
    """A message that may have come before the user did."""
    for message in entered.history:
        if text in (xml.body(message) or ""):
            return message
    return await client.get_message(room, re.compile(re.escape(text)),
                                    kind="groupchat")


async def has_no_mail(correspondent, text):
    return not any(text in mail.body for mail in await correspondent.mails())


async def group(post, display=None):
    """alice, whom bob wrote a mail that carol and dave got as well."""
    alice = await post.registered()
    bob = post.correspondent("bob", display)
    carol, dave = post.correspondent("carol"), post.correspondent("dave")
    first = await bob.write([alice.address, carol], "Picnic", "Who comes?",
                            cc=dave)
    room = await invited(post, alice)
    return alice, bob, carol, dave, room, first


async def test_a_mail_to_several_is_a_room(post, postman):
    alice, bob, carol, dave, room, _ = await group(post, "Bob Builder")
    entered = await alice.join(room, "alice")
    assert people_of(entered) == {post.person(one)
                                  for one in (bob, carol, dave)}
    message = await heard(alice, entered, room, "Who comes?")
    assert message.get("from") == f"{room}/Bob Builder"
    assert xml.text(entered.subject, "c:subject") == "Picnic"


async def title_of(client, room):
    info = await client.iq("get", room, "<query xmlns="
                           "'http://jabber.org/protocol/disco#info'/>")
    return xml.attr(info, "info:query/info:identity", "name")


async def test_it_is_called_by_its_people(post, postman):
    """Its JID is not for people to read."""
    alice, bob, carol, dave, room, first = await group(post, "Bob Builder")
    names = (await title_of(alice, room)).split(", ")
    assert sorted(names) == sorted(
        ["Bob Builder", *(one.address.partition("@")[0]
                          for one in (carol, dave))])
    await alice.join(room, "alice")
    alice.say(room, f"/drop {carol.address}")
    await alice.expect(lambda s: xml.one(
        s, "user:x/user:status[@code='104']") is not None, "a new title")
    assert sorted((await title_of(alice, room)).split(", ")) == sorted(
        ["Bob Builder", dave.address.partition("@")[0]])


async def test_the_gateway_invites(post, postman):
    """Gajim takes no invitation by a room itself."""
    alice = await post.registered()
    bob, carol = post.correspondent("bob"), post.correspondent("carol")
    await bob.write([alice.address, carol], "Picnic", "Who comes?")
    message = await alice.expect(
        lambda s: xml.one(s, "user:x/user:invite") is not None,
        "an invitation")
    assert xml.attr(message, "user:x/user:invite", "from") == post.gateway
    assert xml.body(message).startswith("Email invites you to ")


async def test_what_is_read_there_is_read_in_the_mailbox(post, postman):
    """By a marker that names the message as the archive does."""
    alice, _, _, _, room, _ = await group(post)
    message = await heard(alice, await alice.join(room, "alice"), room,
                          "Who comes?")
    assert xml.one(message, "markers:markable") is not None
    id = xml.attr(message, "sid:stanza-id", "id")
    alice.send_message(room, kind="groupchat", payload=(
        "<displayed xmlns='urn:xmpp:chat-markers:0' id="
        f"{xml.quoteattr(id)}/>"))
    await post.mail.dovecot.received(
        alice.address, lambda found: r"\Seen" in found.flags)


async def test_what_is_said_there_goes_to_all(post, postman):
    alice, bob, carol, dave, room, first = await group(post)
    entered = await alice.join(room, "alice")
    alice.say(room, "I do.")
    mails = [await one.receive(lambda mail: "I do." in mail.body)
             for one in (bob, carol, dave)]
    for mail in mails:
        assert mail["In-Reply-To"] == first["Message-ID"]
        assert mail["Subject"] == "Re: Picnic"
        reached = f"{mail['To']} {mail['Cc'] or ''}"
        for one in (bob, carol, dave):
            assert one.address in reached
        assert mail["Bcc"] is None
    # The reflection is what shows it to the user himself.
    await alice.get_message(f"{room}/{entered.nick}", "I do.",
                            kind="groupchat")
    assert len({mail["Message-ID"] for mail in mails}) == 1


async def test_the_same_people_are_the_same_room(post, postman):
    alice, bob, carol, dave, room, first = await group(post)
    await alice.join(room, "alice")
    await dave.write([bob, alice.address], "Re: Picnic", "Me too.",
                     cc=carol, reply_to=first)
    await alice.get_message(room, re.compile("Me too."), kind="groupchat")
    await carol.write(dave, "Quite different", "Other matter.",
                      cc=[alice.address, bob])
    await alice.get_message(room, re.compile("Other matter."),
                            kind="groupchat")
    assert not alice.unseen(
        lambda s: xml.one(s, "user:x/user:invite") is not None)


async def test_an_answer_to_one_is_private(post, postman):
    alice, bob, carol, dave, room, first = await group(post)
    await alice.join(room, "alice")
    await carol.write(alice.address, "Re: Picnic", "Only for you.",
                      reply_to=first)
    message = await alice.get_message(post.person(carol),
                                      re.compile("Only for you."))
    assert message.get("type") == "chat"
    alice.send_message(post.person(carol), "Nobody else.")
    await carol.receive(lambda mail: "Nobody else." in mail.body)
    for one in (bob, dave):
        assert await has_no_mail(one, "Nobody else.")


async def test_who_was_added_and_left_out_is_said(post, postman):
    alice, bob, carol, dave, room, first = await group(post)
    erin = post.correspondent("erin")
    await alice.join(room, "alice")
    await bob.write([alice.address, carol, erin], "Re: Picnic", "New.",
                    reply_to=first)
    news = await alice.get_message(room, re.compile("erin"),
                                   kind="groupchat")
    assert "dave" in xml.body(news)
    await alice.get_message(room, re.compile("New."), kind="groupchat")
    alice.say(room, "To those.")
    for one in (bob, carol, erin):
        await one.receive(lambda mail: "To those." in mail.body)
    assert await has_no_mail(dave, "To those.")


async def test_the_room_is_there_after_a_restart(post, own_postman):
    postman = own_postman()
    await postman.start()
    post.gateway = postman.jid
    alice, bob, carol, dave, room, first = await group(post)
    await alice.join(room, "alice")
    await postman.kill()
    await postman.start()
    await bob.write([alice.address, carol], "Re: Picnic", "Still there?",
                    cc=dave, reply_to=first)
    await alice.get_presence(post.gateway)
    entered = await alice.join(room, "alice")
    assert people_of(entered) == {post.person(one)
                                  for one in (bob, carol, dave)}
    await heard(alice, entered, room, "Still there?")


async def test_an_audience_is_no_room(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    others = [f"one{number}@else.test" for number in range(60)]
    raw = compose(bob.address, [alice.address, *others], "All", "To all.")
    await bob.send(raw, alice.address)
    message = await alice.get_message(post.person(bob),
                                      re.compile("To all."))
    assert "61" in xml.body(message) or "people" in xml.body(message)
    alice.send_message(post.person(bob), "To you alone.")
    mail = await bob.receive()
    assert mail["To"] == bob.address and mail["Cc"] is None


def list_mail(author, list_address, text, **more):
    return compose(author, list_address, "[users] Hello", text, headers={
        "List-Id": "Users of it <users.lists.test>",
        "List-Post": f"<mailto:{list_address}>",
        "List-Unsubscribe": f"<mailto:{list_address}?subject=unsubscribe>",
        "Precedence": "list"}, id=new_id(), **more)


async def test_a_mailing_list_is_a_room(post, postman):
    alice = await post.registered()
    bob, carol = post.correspondent(), post.correspondent("carol")
    everybody = post.correspondent("users")
    await bob.send(list_mail(f"Bob <{bob.address}>", everybody.address,
                             "First."), alice.address)
    room = await invited(post, alice, "list")
    assert room == f"list.users.lists.test@{post.gateway}"
    entered = await alice.join(room, "alice")
    await heard(alice, entered, room, "First.")
    await carol.send(list_mail(f"Carol <{carol.address}>",
                               everybody.address, "Second."), alice.address)
    await alice.get_message(f"{room}/Carol", re.compile("Second."),
                            kind="groupchat")
    alice.say(room, "Hello list.")
    mail = await everybody.receive()
    assert mail["To"] == everybody.address
    assert await bob.mails() == await carol.mails() == []


async def test_a_group_of_the_user_himself(post, postman):
    """Mails that he sent from elsewhere make no guests of himself."""
    alice, bob, carol, dave, room, first = await group(post)
    entered = await alice.join(room, "alice")
    assert post.person(alice.address) not in people_of(entered)
    raw = compose(alice.address, [bob.address, carol.address], "Re: Picnic",
                  "From my phone.", cc=dave.address, reply_to=first)
    await post.mail.dovecot.append(alice.address, raw)
    await alice.get_message(f"{room}/{entered.nick}",
                            re.compile("From my phone."), kind="groupchat")


async def test_lists_of_machines_make_no_rooms(post, postman):
    alice = await post.registered()
    shop = post.correspondent("no-reply")
    raw = compose(shop.address, alice.address, "Sale", "Buy now.", headers={
        "List-Unsubscribe": "<https://shop.test/u>", "Precedence": "bulk",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"})
    await shop.send(raw, alice.address)
    await alice.expect(lambda s: "Buy now." in (xml.body(s) or ""),
                       "the mail")
    await marker(post, alice, post.correspondent())
    assert said(alice, "Buy now.") == []
