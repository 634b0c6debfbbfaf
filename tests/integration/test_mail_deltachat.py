"""Real people with Delta Chat: its core, in one program for all tests.

What is tested is what it does with mails in clear. It keeps for encrypted
ones: pictures of people and groups, and deletions; test_mail_chat.py has how
they would come."""

import base64
import re

import pytest

from clients import xml
from clients.files import download, upload
from conftest import wait
from mail_fixtures import WORK
from servers.deltachat import READ, SELF, DeltaChat, Refused
from servers.process import wait_for
from test_mail_chat import (can_react, displayed, has_reaction, reactions,
                            title)
from test_mail_groups import heard, invited, people_of
from test_mail_out import replace, retract

# They share a program and its people.
pytestmark = pytest.mark.xdist_group("deltachat")

CORRECT = "{urn:xmpp:message-correct:0}replace"
REPLY = "{urn:xmpp:reply:0}reply"
MARKABLE = "<markable xmlns='urn:xmpp:chat-markers:0'/>"


@pytest.fixture(scope="module")
def core(run):
    core = wait(DeltaChat(run).start())
    yield core
    wait(core.end())
    run.processes.remove(core)


def user(core, mail, name):
    address = f"{name}.delta@{WORK}"
    mail.add_user(address)
    return wait(core.account(mail, address, name.title()))


@pytest.fixture(scope="module")
def bob(core, mail):
    return user(core, mail, "bob")


@pytest.fixture(scope="module")
def carol(core, mail):
    return user(core, mail, "carol")


async def friends(post, bob, **settings):
    """alice, to whom bob has written."""
    alice = await post.registered(**settings)
    chat = await bob.chat(alice.address)
    id = await bob.send(chat, "Hi Alice.")
    message = await alice.get_message(post.person(bob), "Hi Alice.")
    return alice, chat, id, message


def answer(message, text):
    """What a client sends that quotes a message, for those who do not know
    answers as well."""
    quote = "".join(f"> {line}\n" for line in xml.body(message).split("\n"))
    return quote + text, (
        f"<reply xmlns='urn:xmpp:reply:0' id='{message.get('id')}'/>"
        "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'>"
        f"<body start='0' end='{len(quote)}'/></fallback>")


async def test_a_request_is_accepted(post, postman, bob):
    alice = await post.registered()
    alice.send_message(post.person(bob), "It is me, Alice.")
    # As to everybody else it has a subject.
    message = await bob.receive("It is me, Alice. – It is me")
    chat = await bob.info(message["chatId"])
    assert chat["isContactRequest"]
    assert not chat["isEncrypted"]
    await bob.ask("accept_chat", chat["id"])
    await bob.send(chat["id"], "Welcome.")
    await alice.get_message(post.person(bob), "Welcome.")
    alice.send_message(post.person(bob), "Thanks.")
    message = await bob.receive("Thanks.")
    assert message["text"] == "Thanks."
    assert message["chatId"] == chat["id"]


async def test_texts_and_answers(post, postman, bob):
    alice, chat, id, first = await friends(post, bob)
    assert xml.one(first, REPLY) is None
    alice.send_message(post.person(bob), "--\nHello Bob.\n> So?\n---\nYes.",
                       id="hello")
    hello = await bob.receive("")
    assert hello["text"] == "--\nHello Bob.\n> So?\n---\nYes."
    # One that only comes next, one to what was said last, one to an older.
    await bob.configure(selfstatus="Sent by a real duck")
    await bob.send(chat, "> Not a quote.\n-- \nNext.")
    message = await alice.get_message(post.person(bob))
    assert xml.body(message) == "> Not a quote.\n-- \nNext."
    assert xml.one(message, REPLY) is None
    await bob.configure(selfstatus=None)
    await bob.send(chat, "I mean it.", quotedMessageId=hello["id"])
    message = await alice.get_message(post.person(bob), "I mean it.")
    assert xml.attr(message, REPLY, "id") == "hello"
    await bob.send(chat, "I said.", quotedMessageId=id)
    message = await alice.get_message(post.person(bob), "I said.")
    assert xml.attr(message, REPLY, "id") == first.get("id")
    # And the other way.
    text, payload = answer(first, "Indeed.")
    alice.send_message(post.person(bob), text, payload=payload)
    message = await bob.receive("Indeed.")
    assert message["text"] == "Indeed."
    assert message["quote"]["messageId"] == id
    assert message["quote"]["text"] == "Hi Alice."


async def test_reactions(post, postman, bob):
    alice, chat, id, first = await friends(post, bob)
    assert await can_react(alice, post.person(bob))
    alice.send_message(post.person(bob), payload=reactions(
        first.get("id"), "👍"))
    await bob.event("IncomingReaction", msgId=id, reaction="👍")
    alice.send_message(post.person(bob), payload=reactions(first.get("id")))
    await bob.until(id, "no reaction", lambda m: m["reactions"] is None)
    alice.send_message(post.person(bob), "Hello.", id="hello")
    hello = await bob.receive("Hello.")
    await bob.ask("send_reaction", hello["id"], ["🎉"])
    assert await has_reaction(alice, "hello") == ["🎉"]
    await bob.ask("send_reaction", hello["id"], [])
    assert await has_reaction(alice, "hello") == []


async def test_what_is_corrected_there(post, postman, bob):
    alice, chat, id, first = await friends(post, bob)
    await bob.ask("send_edit_request", id, "Hello Alice,\nhow are you?")
    edit = await alice.get_message(post.person(bob))
    assert xml.body(edit) == "Hello Alice,\nhow are you?"
    assert xml.attr(edit, CORRECT, "id") == first.get("id")
    # Of a mail in clear it takes nothing back.
    with pytest.raises(Refused, match="unencrypted"):
        await bob.ask("delete_messages_for_all", [id])


async def test_what_is_corrected_here(post, postman, bob):
    alice, _, _, first = await friends(post, bob)
    text, payload = answer(first, "Helo.")
    alice.send_message(post.person(bob), text, payload=payload, id="hello")
    hello = await bob.receive("Helo.")
    alice.send_message(post.person(bob), "Hello.", payload=replace("hello"))
    await bob.until(hello["id"], "the correction",
                    lambda m: m["isEdited"] and m["text"] == "Hello.")
    alice.send_message(post.person(bob), payload=retract("hello"))
    await bob.until(hello["id"], "the withdrawal",
                    lambda m: m["text"] == "(withdrawn)")


async def test_files(post, postman, bob, authority, prosody):
    alice, chat, _, _ = await friends(post, bob)
    path = post.run.folder / "for-alice.txt"
    path.write_text("Dear Alice.")
    await bob.send(chat, "Look.", file=str(path), filename="letter.txt")
    await alice.get_message(post.person(bob), "Look.")
    file = await alice.get_message(post.person(bob), re.compile("letter.txt"))
    assert await download(post.run.address, authority, xml.body(file)) == \
        b"Dear Alice."
    url = await upload(alice, prosody.upload, post.run.address, authority,
                       "plan.txt", b"Dear Bob.", "text/plain")
    alice.send_message(post.person(bob), url, payload="<x xmlns="
                       f"'jabber:x:oob'><url>{url}</url></x>")
    message = await bob.until(
        (await bob.event("IncomingMsg"))["msgId"], "a file",
        lambda m: m["fileName"] is not None)
    assert message["fileName"] == "plan.txt"
    with open(message["file"], "rb") as got:
        assert got.read() == b"Dear Bob."


async def test_what_was_read(post, postman, bob):
    alice, chat, id, first = await friends(post, bob, ask_read="1",
                                           tell_read="1")
    alice.send_message(post.person(bob), "Read this.", payload=MARKABLE,
                       id="read")
    message = await bob.receive("Read this.")
    await bob.ask("markseen_msgs", [message["id"]])
    marker = await alice.expect(lambda s: xml.one(
        s, "{urn:xmpp:chat-markers:0}displayed") is not None, "a marker")
    assert marker.get("from") == post.person(bob)
    assert xml.attr(marker, "{urn:xmpp:chat-markers:0}displayed",
                    "id") == "read"
    alice.send_message(post.person(bob), payload=displayed(first.get("id")))
    await bob.event("MsgRead", msgId=id)
    assert (await bob.message(id))["state"] == READ


async def gone(client, room, person):
    return await client.get_presence(
        room, "unavailable", where=lambda s: xml.attr(
            s, "user:x/user:item", "jid") == person)


async def come(client, room, person):
    return await client.get_presence(room, where=lambda s: xml.attr(
        s, "user:x/user:item", "jid") == person)


async def test_a_group_with_others(post, postman, bob):
    """carol and dave use something else."""
    alice = await post.registered()
    carol, dave = (post.correspondent(name, name.title())
                   for name in ("carol", "dave"))
    group = await bob.group("Team", alice.address, carol)
    first = await bob.send(group, "All here?")
    room = await invited(post, alice)
    entered = await alice.join(room, "alice")
    await heard(alice, entered, room, "All here?")
    assert await title(alice, room) == "Team"
    assert people_of(entered) == {post.person(one) for one in (bob, carol)}
    await bob.ask("set_chat_name", group, "Crew")
    await alice.get_message(room, "Chat name changed.")
    assert await title(alice, room) == "Crew"
    await bob.ask("add_contact_to_chat", group, await bob.contact(dave))
    await come(alice, room, post.person(dave))
    # In the same group there, and a mail like others to the others.
    alice.say(room, "Hello Dave.")
    message = await bob.receive("Hello Dave.")
    assert message["chatId"] == group
    for one in (carol, dave):
        mail = await one.receive(lambda mail: "Hello Dave." in mail.body)
        assert mail["Chat-Version"] is None
    await bob.ask("remove_contact_from_chat", group, await bob.contact(carol))
    await gone(alice, room, post.person(carol))
    # Another one of the same people.
    other = await bob.group("Picnic", alice.address, carol)
    await bob.send(other, "Who brings cake?")
    picnic = await invited(post, alice)
    assert picnic != room
    await alice.join(picnic, "alice")
    alice.say(picnic, "I do.")
    message = await bob.receive("I do.")
    assert message["chatId"] == other
    assert await title(alice, room) == "Crew"
    # Pictures are for encrypted ones.
    with pytest.raises(Refused, match="ad hoc"):
        await bob.ask("set_chat_profile_image", group, str(first))
    # The end of it for alice.
    await bob.ask("remove_contact_from_chat", group,
                  await bob.contact(alice.address))
    await alice.get_message(room, re.compile("removed"), kind="groupchat")
    await gone(alice, room, post.person(dave))


async def test_a_group_of_theirs(post, postman, bob, carol):
    alice = await post.registered()
    group = await bob.group(f"Band {alice.address}", alice.address, carol)
    first = await bob.send(group, "One, two")
    room = await invited(post, alice)
    entered = await alice.join(room, "alice")
    heard_first = await heard(alice, entered, room, "One, two")
    at_carol = await carol.receive("One, two")
    await carol.ask("accept_chat", at_carol["chatId"])
    await carol.send(at_carol["chatId"], "Three.")
    await alice.get_message(room, "Three.", kind="groupchat")
    text, payload = answer(heard_first, "Four?")
    id = alice.say(room, text, payload=payload)
    messages = [(one, await one.receive("Four?")) for one in (bob, carol)]
    for one, message in messages:
        assert message["chatId"] == (group if one is bob
                                     else at_carol["chatId"])
        assert message["quote"]["text"] == "One, two"
    assert messages[0][1]["quote"]["messageId"] == first
    alice.say(room, "Four!", payload=replace(id))
    for one, message in messages:
        await one.until(message["id"], "the correction",
                        lambda m: m["text"] == "Four!")
    assert await can_react(alice, room)
    alice.say(room, None, payload=reactions(
        xml.attr(heard_first, "sid:stanza-id", "id"), "🎸"))
    await bob.event("IncomingReaction", msgId=first, reaction="🎸")
    alice.say(room, None, payload="<subject>Orchestra</subject>")

    async def is_renamed():
        return (await bob.info(group))["name"] == "Orchestra"
    await wait_for(is_renamed, "the new name of the group")
    await bob.ask("leave_group", group)
    await gone(alice, room, post.person(bob))


async def test_an_encrypted_mail_is_named(post, postman, core, bob):
    """bob knows the key of another program of alice's."""
    alice, _, _, _ = await friends(post, bob)
    other = await core.account(post.mail, alice.address, watches=False)
    contact, = await bob.ask("import_vcard_contents",
                             await other.ask("make_vcard", [SELF]))
    chat = await bob.ask("create_chat_by_contact_id", contact)
    await bob.configure(selfavatar=str(picture(post.run.folder)))
    await bob.send(chat, "For you alone.")
    message = await alice.get_message(post.person(bob),
                                      re.compile("encrypted"))
    assert "For you alone" not in xml.body(message)
    # In clear he is heard again; his picture goes with encrypted mails only.
    await bob.send(await bob.chat(alice.address), "For all.")
    await alice.get_message(post.person(bob), "For all.")
    mail = await post.mail.dovecot.received(
        alice.address, lambda mail: "For all." in mail.body)
    assert mail["Autocrypt"].startswith(f"addr={bob.address}")
    assert b"Chat-User-Avatar" not in mail.raw


def picture(folder):
    path = folder / "bob.png"
    path.write_bytes(base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwAD"
        "hgGAWjR9awAAAABJRU5ErkJggg=="))
    return path
