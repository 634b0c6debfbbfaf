"""Who a contact is: the card and the picture, as clients ask for them."""

import asyncio
import base64
import hashlib

import pytest

from clients import xml
from servers.process import PATIENCE

METADATA = "urn:xmpp:avatar:metadata"
DATA = "urn:xmpp:avatar:data"
PUBSUB = "http://jabber.org/protocol/pubsub"


def picture(number):
    """The beginning of a PNG of 48 by 64: nobody looks further."""
    return (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x30\0\0\0\x40"
            b"\x08\x06\0\0\0" + bytes([number]) * 300)


def sha1(data):
    return hashlib.sha1(data).hexdigest()


def face(data):
    return {"Face": base64.b64encode(data).decode()}


def items(node, *ids):
    inside = "".join(f"<item id='{id}'/>" for id in ids)
    return (f"<pubsub xmlns='{PUBSUB}'><items node='{node}'>{inside}"
            "</items></pubsub>")


class Watcher:
    """The pictures that slixmpp's plugin for XEP-0084 hears of."""

    def __init__(self, client):
        self.client = client
        self.heard = asyncio.Queue()
        client.on_event("avatar_metadata_publish", self.heard.put_nowait)

    async def next(self, sender):
        event = await asyncio.wait_for(self.heard.get(), PATIENCE)
        assert event["type"] == "headline"
        assert event["from"].full == sender
        return event["pubsub_event"]["items"]["item"]["avatar_metadata"]

    async def picture(self, sender, id):
        """As the plugin fetches it."""
        plugin = self.client.plugin("xep_0084")
        answer = await plugin.retrieve_avatar(sender, id)
        item = answer["pubsub"]["items"]["item"]
        assert item["id"] == id
        return item["avatar_data"]["value"]


async def watching(post, person):
    """Alice, whose client wants to know of pictures, and her contact."""
    alice = await post.xmpp("alice", plugins=("xep_0084",))
    watcher = Watcher(alice)
    alice.address = post.mailbox("alice")
    answer = await post.register(alice, alice.address)
    assert answer.get("type") == "result", xml.error_text(answer)
    await post.befriend(alice)
    await alice.announce(None)
    alice.send_presence(person, "subscribe")
    await alice.get_presence(person, "subscribed")
    return alice, watcher


async def test_clients_are_told_of_pictures(post, postman):
    bob = post.correspondent("bob", "Bob Builder")
    person = post.person(bob)
    alice, watcher = await watching(post, person)
    other = await post.xmpp("alice", "phone")
    for number in 1, 2:
        data = picture(number)
        await bob.write(alice.address, "Me", "Look.", headers=face(data))
        info = (await watcher.next(person)).xml.find(f"{{{METADATA}}}info")
        assert info.attrib == {
            "id": sha1(data), "bytes": str(len(data)), "type": "image/png",
            "width": "48", "height": "64"}
        assert await watcher.picture(person, sha1(data)) == data
    # Nobody else is told, and nobody twice.
    await bob.write(alice.address, "Me", "Again.", headers=face(data))
    await other.get_message(person, "Again.")
    await alice.get_message(person, "Again.")
    assert watcher.heard.empty()
    assert not other.unseen(
        lambda s: xml.one(s, f"{{{PUBSUB}#event}}event") is not None)
    # Who comes later is told of what there is.
    await alice.close()
    late = await post.xmpp("alice", "desk2", plugins=("xep_0084",))
    watcher = Watcher(late)
    await late.announce(None)
    metadata = await watcher.next(person)
    assert metadata.xml.find(f"{{{METADATA}}}info").get("id") == sha1(data)


async def test_a_picture_that_is_attached(post, postman):
    bob = post.correspondent("bob", "Bob")
    person = post.person(bob)
    alice, watcher = await watching(post, person)
    data = picture(3)
    chat = {"Chat-Version": "1.0"}
    await bob.write(alice.address, "Chat", "Me.",
                    headers={**chat, "Chat-User-Avatar": "me.png"},
                    files=[("me.png", "image/png", data)])
    await watcher.next(person)
    assert await watcher.picture(person, sha1(data)) == data
    # That was no file for her; and then he has none any more.
    await bob.write(alice.address, "Chat", "Not me.",
                    headers={**chat, "Chat-User-Avatar": "0"})
    said = [await alice.get_message(person) for _ in range(2)]
    assert [xml.body(s) for s in said] == ["Me.", "Not me."]
    metadata = await watcher.next(person)
    assert metadata.xml.find(f"{{{METADATA}}}info") is None
    answer = await alice.iq("get", person, items(METADATA))
    assert xml.condition(answer) == "item-not-found"


async def test_what_a_person_publishes(post, postman):
    alice = await post.registered()
    bob = post.correspondent("bob", "Bob Builder")
    person, data = post.person(bob), picture(4)
    await bob.write(alice.address, "Me", "Look.", headers=face(data))
    await alice.get_message(person)
    info = await alice.iq("get", person, "<query xmlns="
                          "'http://jabber.org/protocol/disco#info'/>")
    identities = [(i.get("category"), i.get("type")) for i in
                  xml.all_of(info, "info:query/info:identity")]
    assert ("pubsub", "pep") in identities
    listed = await alice.iq("get", person, "<query xmlns="
                            "'http://jabber.org/protocol/disco#items'/>")
    nodes = [i.get("node") for i in
             xml.all_of(listed, "items:query/items:item")]
    assert nodes == [DATA, METADATA, "urn:xmpp:vcard4"]
    answer = await alice.iq("get", person, items(DATA, sha1(data)))
    text = "".join(answer.itertext())
    assert base64.b64decode(text) == data
    # Another one is none.
    answer = await alice.iq("get", person, items(DATA, "0" * 40))
    assert answer.get("type") == "result"
    assert not xml.all_of(answer, ".//{%s}item" % PUBSUB)


@pytest.mark.parametrize("ask", [
    "<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'/>",
    items("urn:xmpp:vcard4")], ids=["iq", "pep"])
async def test_the_card(post, postman, ask):
    alice = await post.registered()
    bob = post.correspondent("bob", "Bob Builder")
    person, data = post.person(bob), picture(5)
    await bob.write(alice.address, "Me", "Look.", headers=face(data))
    await alice.get_message(person)
    answer = await alice.iq("get", person, ask)

    def fact(name):
        return xml.text(answer, ".//{urn:ietf:params:xml:ns:vcard-4.0}%s/*"
                        % name)
    assert fact("fn") == "Bob Builder"
    assert fact("email") == bob.address
    head, _, bytes = fact("photo").partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(bytes) == data


# --- The user himself ---------------------------------------------------------

async def test_his_mails_bear_the_name_that_he_published(post, postman):
    client = await post.xmpp("alice")
    answer = await client.iq("set", None, "<vCard xmlns='vcard-temp'>"
                             "<FN>Alice Liddell</FN></vCard>")
    assert answer.get("type") == "result", xml.error_text(answer)
    await client.close()
    alice = await post.registered("alice")
    bob = post.correspondent()
    alice.send_message(post.person(bob), "Who am I?")
    mail = await bob.receive()
    assert mail["From"] == f"Alice Liddell <{alice.address}>"


async def test_the_name_that_he_chose_comes_first(post, postman):
    alice = await post.registered("alice", name="Al")
    answer = await alice.iq("set", None, "<vCard xmlns='vcard-temp'>"
                            "<FN>Alice Liddell</FN></vCard>")
    assert answer.get("type") == "result", xml.error_text(answer)
    bob = post.correspondent()
    alice.send_message(post.person(bob), "Who am I?")
    mail = await bob.receive()
    assert mail["From"] == f"Al <{alice.address}>"
