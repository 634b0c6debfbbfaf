"""Whom users block at their own servers (XEP-0191): what those answer, and what
becomes of the mails."""

import re

import pytest

from clients import xml


@pytest.fixture(params=["prosody", "privileged", "ejabberd"])
def blocking(request):
    """With each server, and with a list that can be read."""
    if request.param == "prosody":
        request.getfixturevalue("postman")
        return request.getfixturevalue("post")
    return request.getfixturevalue({"privileged": "favoured",
                                    "ejabberd": "half_favoured"}[
                                        request.param])


async def blocks(client, jid, kind="block"):
    answer = await client.iq(
        "set", None, f"<{kind} xmlns='urn:xmpp:blocking'>"
        f"<item jid={xml.quoteattr(jid)}/></{kind}>")
    assert answer.get("type") == "result"


async def test_moved_to_junk(blocking):
    post = blocking
    alice = await post.registered(blocked="junk")
    bob, carol = post.correspondent(), post.correspondent("carol")
    await blocks(alice, post.person(bob))
    await bob.write(alice.address, "One", "Number one.")
    dovecot = post.mail.dovecot
    moved = await dovecot.received(alice.address, folder="Junk")
    assert "Number one." in moved.body
    await carol.write(alice.address, "Two", "Number two.")
    await alice.get_message(post.person(carol), re.compile("Number two."))
    await blocks(alice, post.person(bob), "unblock")
    await bob.write(alice.address, "Three", "Number three.")
    await alice.get_message(post.person(bob), re.compile("Number three."))
    assert len(await dovecot.messages(alice.address)) == 2
    assert len(await dovecot.messages(alice.address, "Junk")) == 1
    # Nobody is told.
    assert await bob.mails() == []


async def test_left_where_it_is(blocking):
    post = blocking
    alice = await post.registered()
    bob, carol = post.correspondent(), post.correspondent("carol")
    await blocks(alice, post.person(bob))
    await bob.write(alice.address, "One", "Number one.")
    await carol.write(alice.address, "Two", "Number two.")
    await alice.get_message(post.person(carol), re.compile("Number two."))
    # Of a client that comes nobody hears it either.
    again = await post.xmpp("alice", resource="again")
    await carol.write(alice.address, "Three", "Number three.")
    await again.get_message(post.person(carol), re.compile("Number three."))
    for client in (alice, again):
        assert client.unseen(lambda s: "Number one." in
                             (xml.body(s) or "") and
                             s.get("type") != "error") == []
    mails = await post.mail.dovecot.messages(alice.address)
    assert [r"\Seen" in mail.flags for mail in mails] == [False] * 3
