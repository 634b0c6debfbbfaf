"""How a mailbox fares, as the contact list shows it."""

import re

from clients import xml
from mail_fixtures import WORK

from test_mail_register import outcome

def fares(gateway, show, words):
    """Presence of the gateway with this `show` and these words."""
    def match(s):
        return xml.text(s, "c:show") == show and \
            xml.text(s, "c:status") == words
    return {"sender": gateway, "where": match, "timeout": 60}


async def test_what_is_unread(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    for number in (1, 2):
        await bob.write(alice.address, f"Mail {number}", f"Text {number}.")
    await alice.get_presence(**fares(post.gateway, None, "2 unread"))
    # Another program of hers reads one, and removes the other.
    first, second = await post.mail.dovecot.received(alice.address, count=2)
    await post.mail.dovecot.flag(alice.address, first.uid, r"\Seen")
    await alice.get_presence(**fares(post.gateway, None, "1 unread"))
    await post.mail.dovecot.expunge(alice.address, second.uid)
    await alice.get_presence(**fares(post.gateway, None, "0 unread"))


async def test_what_was_read_here(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    await bob.write(alice.address, "News", "Look.")
    await alice.get_presence(**fares(post.gateway, None, "1 unread"))
    mail = await alice.get_message(post.person(bob), re.compile("Look."))
    alice.send_message(post.person(bob), None, payload=(
        "<displayed xmlns='urn:xmpp:chat-markers:0' "
        f"id='{mail.get('id')}'/>"))
    await alice.get_presence(**fares(post.gateway, None, "0 unread"))


async def test_who_comes_later_sees_it_too(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    await bob.write(alice.address, "News", "Look.")
    await alice.get_presence(**fares(post.gateway, None, "1 unread"))
    phone = await post.xmpp(resource="phone")
    await phone.get_presence(**fares(post.gateway, None, "1 unread"))


async def test_several_mailboxes_are_told_apart(post, postman):
    alice = await post.registered()
    second = post.mailbox("second", WORK)
    assert outcome(await post.register(alice, second)) is None
    bob = post.correspondent()
    await bob.write(second, "News", "Look.")
    await alice.get_presence(**fares(
        post.gateway, None, f"{alice.address}: 0 unread; {second}: 1 unread"))


async def test_a_server_that_has_to_be_asked(post, postman):
    alice = await post.xmpp()
    imap = await post.scripted_imap()
    imap.capabilities = imap.capabilities.replace("IDLE ", "")
    smtp = await post.scripted_smtp()
    answer = await post.register(alice, "alice@elsewhere.test",
                                 **post.servers(imap, smtp))
    assert outcome(answer) is None
    await post.befriend(alice)
    # What came first was for the answer to the subscription.
    phone = await post.xmpp(resource="phone")
    await phone.get_presence(**fares(post.gateway, "away", "polling"))


async def test_a_server_that_is_gone_for_a_while(post, postman):
    alice = await post.xmpp()
    imap, smtp = await post.scripted_imap(), await post.scripted_smtp()
    port = imap.port
    answer = await post.register(alice, "alice@elsewhere.test",
                                 **post.servers(imap, smtp))
    assert outcome(answer) is None
    await post.befriend(alice)
    await imap.close()
    await alice.get_presence(**fares(post.gateway, "away",
                                     "not connected, trying again"))
    await post.scripted_imap(port=port)
    await alice.get_presence(post.gateway, timeout=100, where=lambda s:
                             xml.text(s, "c:show") is None)


async def test_nothing_is_told_twice(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    for number in range(5):
        await bob.write(alice.address, f"Mail {number}", f"Text {number}.")
    await alice.get_presence(**fares(post.gateway, None, "5 unread"))
    told = [xml.text(s, "c:status") for s in alice.unseen(
        lambda s: xml.kind(s) == "presence" and
        s.get("from") == post.gateway and s.get("type") is None)]
    assert all(one != other for one, other in zip(told, told[1:])), told
