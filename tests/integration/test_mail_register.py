"""Registering mailboxes: an address and a password, the rest is found."""

import asyncio
import re

import pytest

from clients import xml
from mail_fixtures import (DOMAINS, FAR, HOME, HOST, HOSTED, LISTED, LOST,
                           WORK)
from servers.dovecot import PASSWORD
from servers.hostile_imap import BY_NAME as IMAP_FAULTS
from servers.tls import Authority
from test_register import GET, REMOVE, elements, is_registered, stored

FIELDS = {"address", "password", "name", "username", "imap_host",
          "imap_port", "imap_tls", "smtp_host", "smtp_port", "smtp_tls"}


def outcome(answer):
    """None, or condition and words."""
    if answer.get("type") == "result":
        return None
    text = xml.error_text(answer)
    assert text and text[0].isupper() and text[-1] in ".!?", text
    return xml.condition(answer), text


async def test_the_form(post, postman):
    alice = await post.xmpp()
    query = xml.one(await alice.iq("get", post.gateway, GET), "reg:query")
    assert xml.one(query, "reg:registered") is None
    assert xml.text(query, "reg:instructions")
    assert xml.one(query, "reg:email") is not None
    assert xml.one(query, "reg:password") is not None
    fields = xml.form_fields(xml.one(query, "x:x"))
    assert FIELDS <= set(fields)
    assert fields["password"].get("type") == "text-private"
    assert xml.one(fields["address"], "x:required") is not None
    assert xml.one(fields["imap_host"], "x:required") is None


async def test_it_is_a_gateway_and_no_conference(post, postman):
    """Clients would look for rooms there, and take it for nothing else."""
    alice = await post.xmpp()
    info = await alice.iq("get", post.gateway, "<query xmlns="
                          "'http://jabber.org/protocol/disco#info'/>")
    assert [i.get("category") for i in
            xml.all_of(info, "info:query/info:identity")] == ["gateway"]


@pytest.mark.parametrize("domain", [HOME, WORK, LISTED, HOSTED])
async def test_servers_are_found_by_the_address(post, postman, domain):
    alice = await post.registered(domain=domain)
    bob = post.correspondent()
    await bob.write(alice.address, "Found", "It is you.")
    await alice.get_message(post.person(bob), re.compile("It is you."))


async def test_a_mail_of_the_moment_arrives(post, postman):
    """Sent as soon as the user knows that he is registered; what was there
    before does not come."""
    bob = post.correspondent()

    async def registers(name):
        client = await post.xmpp(name)
        address = post.mailbox(name)
        await bob.write(address, "Old", "Before the time.")
        await post.mail.dovecot.received(address)
        answer = await post.register(client, address)
        await bob.write(address, "New", "At this moment.")
        assert answer.get("type") == "result", xml.error_text(answer)
        await client.get_message(post.person(bob),
                                 re.compile("At this moment."))
        assert not client.unseen(
            lambda s: "Before the time." in (xml.body(s) or ""))
    await asyncio.gather(*(registers(f"user{number}x")
                           for number in range(5)))


async def test_servers_that_the_operator_names(post, own_postman):
    """Of a domain of which nothing can be found."""
    postman = own_postman({"providers": [{
        "name": "Lost", "domains": LOST,
        "imap_host": "mail.%EMAILDOMAIN%",
        "imap_port": post.mail.dovecot.imaps,
        "smtp_host": "mail.%EMAILDOMAIN%",
        "smtp_port": post.mail.exim.submission,
        "smtp_tls": "starttls"}]})
    await postman.start()
    post.gateway = postman.jid
    alice = await post.registered(domain=LOST)
    bob = post.correspondent()
    await bob.write(alice.address, "Found", "It is you.")
    await alice.get_message(post.person(bob), re.compile("It is you."))


async def test_servers_elsewhere_are_asked_about(post, postman):
    """Whoever answers for a name server could lead to his own."""
    alice = await post.xmpp()
    for answer in ("no", "yes"):
        address = post.mailbox(domain=FAR)
        asking = asyncio.create_task(post.register(alice, address))
        await alice.get_message(post.gateway, re.compile(
            re.escape(HOST) + r"(.|\n)*yes or no"))
        assert not asking.done()
        alice.send_message(post.gateway, answer)
        found = outcome(await asking)
        assert (found is None) == (answer == "yes"), found
        logged_in = f"user=<{address}>" in post.mail.dovecot.log()
        assert logged_in == (answer == "yes")
    await post.befriend(alice)


async def test_the_same_by_old_elements(post, postman):
    alice = await post.xmpp()
    address = post.mailbox()
    answer = await alice.iq("set", post.gateway, elements(
        {"email": address, "password": PASSWORD}))
    assert outcome(answer) is None
    await post.befriend(alice)


async def test_what_is_stored_is_shown_but_no_secret(post, postman):
    alice = await post.registered(name="Alice A.")
    values = await stored(alice, post.gateway)
    assert values["address"] == alice.address
    assert values["name"] == "Alice A."
    assert values["password"] == ""
    # Left empty, it is kept.
    answer = await post.register(alice, alice.address, password="",
                                 name="Alice B.")
    assert outcome(answer) is None
    assert (await stored(alice, post.gateway))["name"] == "Alice B."


async def test_the_form_shows_what_was_found(post, postman):
    """Beside the field, which stays empty; what is given counts instead."""
    alice = await post.registered()

    async def fields():
        query = xml.one(await alice.iq("get", post.gateway, GET),
                        "reg:query")
        return xml.form_fields(xml.one(query, "x:x"))

    found = await fields()
    for name, port in (("imap_host", post.mail.dovecot.imaps),
                       ("smtp_host", post.mail.exim.submissions)):
        assert xml.text(found[name], "x:value") in (None, "")
        assert re.search(rf"Now: mail\.[a-z.]+, port {port}\b",
                         xml.text(found[name], "x:desc")), name
    assert alice.address in xml.text(found["username"], "x:desc")
    answer = await post.register(alice, alice.address,
                                 **post.real_servers())
    assert outcome(answer) is None
    given = await fields()
    assert xml.text(given["imap_host"], "x:value") == HOST
    assert "Now:" not in xml.text(given["imap_host"], "x:desc")


async def test_a_chat_never_asks_for_the_password(post, postman):
    """Only the address; what is missing is said with where to give it."""
    alice = await post.xmpp()
    address = post.mailbox("alice")
    alice.send_message(post.gateway, "register")
    words = xml.body(await alice.get_message(
        post.gateway, re.compile("^Password: I do not ask")))
    assert post.gateway in words and '"register"' in words
    await alice.get_message(post.gateway, re.compile("^Mail address"))
    alice.send_message(post.gateway, address)
    await alice.get_message(post.gateway,
                            re.compile("password of the mailbox is missing"))
    # By form, it is.
    assert outcome(await post.register(alice, address)) is None


async def refused(post, client, address, password=PASSWORD, **values):
    answer = await post.register(client, address, password, **values)
    found = outcome(answer)
    assert found is not None
    assert not await is_registered(client, post.gateway)
    return found


async def test_a_wrong_password(post, postman):
    alice = await post.xmpp()
    condition, text = await refused(post, alice, post.mailbox(),
                                    password="Qz7secret-no")
    assert condition == "not-acceptable"
    assert "IMAP" in text and HOST in text
    assert "secret" not in text


async def test_a_password_that_only_smtp_refuses(post, postman):
    alice = await post.xmpp()
    imap = await post.scripted_imap()
    smtp = await post.scripted_smtp(password="Rk8secret")
    condition, text = await refused(post, alice, "alice@elsewhere.test",
                                    **post.servers(imap, smtp))
    assert condition == "not-acceptable"
    assert "SMTP" in text and "IMAP" not in text
    assert imap.logins and smtp.logins


async def test_an_address_that_is_none(post, postman):
    alice = await post.xmpp()
    for address in ("alice", "alice@", "@home.test", "a b@home.test",
                    "alice@home.test\nBcc: x@y.z", "alice@home..test"):
        condition, _ = await refused(post, alice, address)
        assert condition in ("not-acceptable", "jid-malformed",
                             "bad-request"), address


async def test_a_domain_that_does_not_exist(post, postman):
    alice = await post.xmpp()
    condition, text = await refused(post, alice, "alice@nowhere.test")
    assert condition == "remote-server-not-found"
    assert "nowhere.test" in text


async def test_servers_that_cannot_be_found_are_given(post, postman):
    alice = await post.xmpp()
    address = post.mailbox(domain=LOST)
    condition, text = await refused(post, alice, address)
    assert condition in ("item-not-found", "remote-server-timeout")
    assert "server" in text
    answer = await post.register(alice, address, **post.real_servers())
    assert outcome(answer) is None
    await post.befriend(alice)
    assert (await stored(alice, post.gateway))["imap_host"] == HOST


async def test_a_login_name_of_its_own(post, postman):
    alice = await post.xmpp()
    imap, smtp = await post.scripted_imap(), await post.scripted_smtp()
    answer = await post.register(alice, "alice@elsewhere.test",
                                 username="worker7",
                                 **post.servers(imap, smtp))
    assert outcome(answer) is None
    assert imap.logins[0] == ("worker7", PASSWORD)
    assert smtp.logins[0] == ("worker7", PASSWORD)


@pytest.mark.parametrize("fault", ["no starttls@STARTTLS",
                                   "starttls refused@STARTTLS"])
async def test_nothing_is_said_without_tls(post, postman, fault):
    alice = await post.xmpp()
    imap = await post.scripted_imap(IMAP_FAULTS[fault], mode="starttls")
    smtp = await post.scripted_smtp()
    _, text = await refused(post, alice, "alice@elsewhere.test",
                            **post.servers(imap, smtp))
    assert "IMAP" in text
    verbs = {verb for verb, _ in imap.commands()}
    assert not verbs & {"LOGIN", "AUTHENTICATE"}
    assert imap.logins == smtp.logins == []


async def test_a_server_that_hides_starttls(post, postman):
    alice = await post.xmpp()
    imap = await post.scripted_imap(mode="none")
    values = post.servers(None, await post.scripted_smtp())
    _, text = await refused(
        post, alice, "alice@elsewhere.test", imap_host="scripted.test",
        imap_port=imap.port, imap_tls="starttls", **values)
    assert "IMAP" in text
    assert imap.logins == []


async def test_what_is_injected_before_tls_counts_for_nothing(post, postman):
    alice = await post.xmpp()
    imap = await post.scripted_imap(
        IMAP_FAULTS["starttls injected@STARTTLS"], mode="starttls")
    smtp = await post.scripted_smtp()
    answer = await post.register(alice, "alice@elsewhere.test",
                                 **post.servers(imap, smtp))
    # To end there and to go on without it are both right.
    if outcome(answer) is not None:
        assert imap.logins == []


@pytest.mark.parametrize("why", ["authority", "name"])
async def test_a_certificate_that_is_not_to_be_trusted(post, postman, run,
                                                       authority, why):
    alice = await post.xmpp()
    if why == "authority":
        other = Authority(run.make_folder(f"other{run.port()}"))
        certificate = other.issue("scripted.test")
    else:
        certificate = authority.issue("somebody.else.test")
    imap = await post.scripted_imap(certificate=certificate)
    smtp = await post.scripted_smtp()
    _, text = await refused(post, alice, "alice@elsewhere.test",
                            **post.servers(imap, smtp))
    assert "IMAP" in text and "certificate" in text
    assert imap.logins == []


async def test_servers_that_users_may_not_reach(post, postman, run):
    alice = await post.xmpp()
    imap, smtp = await post.scripted_imap(), await post.scripted_smtp()
    values = {**post.servers(imap, smtp), "imap_host": "127.0.0.1"}
    condition, _ = await refused(post, alice, "alice@elsewhere.test",
                                 **values)
    assert condition == "policy-violation"


async def test_several_mailboxes_of_one_user(post, postman):
    alice = await post.registered()
    second = post.mailbox("second", WORK)
    assert outcome(await post.register(alice, second)) is None
    bob = post.correspondent()
    for address in (alice.address, second):
        await bob.write(address, f"To {address}", f"For {address}")
        await alice.get_message(post.person(bob),
                                re.compile(f"For {address}"))
    # An answer leaves from the one that was written to.
    alice.send_message(post.person(bob), "From the second.")
    mail = await bob.receive(lambda m: "From the second." in m.body)
    assert second in mail["From"]
    # One is removed, the other stays.
    alice.send_message(post.gateway, f"unregister {second}")
    await alice.get_message(post.gateway, re.compile("Really remove"))
    alice.send_message(post.gateway, "yes")
    await alice.get_message(post.gateway, re.compile("Removed"))
    await bob.write(second, "Late", "Nobody hears this.")
    await post.mail.dovecot.received(second, count=2)
    await bob.write(alice.address, "Still", "Still here.")
    await alice.get_message(post.person(bob), re.compile("Still here."))
    assert not alice.unseen(lambda s: "Nobody hears" in (xml.body(s) or ""))
    alice.send_message(post.person(bob), "From the first.")
    mail = await bob.receive(lambda m: "From the first." in m.body)
    assert alice.address in mail["From"]


async def test_servers_that_were_given_and_taken_back(post, postman):
    """Then they are found by the address again."""
    alice = await post.xmpp()
    address = post.mailbox()
    imap = await post.scripted_imap()
    smtp = await post.scripted_smtp()
    answer = await post.register(alice, address,
                                 **post.servers(imap, smtp))
    assert outcome(answer) is None
    assert imap.logins
    answer = await post.register(
        alice, address, imap_host="", imap_port="", imap_tls="required",
        smtp_host="", smtp_port="", smtp_tls="required")
    assert outcome(answer) is None
    await post.befriend(alice)
    bob = post.correspondent()
    await bob.write(address, "Found", "It is you.")
    await alice.get_message(post.person(bob), re.compile("It is you."))


async def test_two_users_of_one_mailbox(post, postman):
    """Each with the password; each sees the mails."""
    alice = await post.registered()
    carol = await post.registered("carol", address=alice.address)
    bob = post.correspondent()
    await bob.write(alice.address, "Both", "For both.")
    for client in (alice, carol):
        await client.get_message(post.person(bob), re.compile("For both."))


async def test_unregister(post, postman):
    alice = await post.registered()
    bob = post.correspondent()
    answer = await alice.iq("set", post.gateway, REMOVE)
    assert outcome(answer) is None
    assert not await is_registered(alice, post.gateway)
    await bob.write(alice.address, "Late", "Nobody hears this.")
    await post.mail.dovecot.received(alice.address)
    await alice.settle(post.gateway)
    id = alice.send_message(post.person(bob), "Nor this.")
    assert xml.condition(await alice.get_error(id)) == \
        "registration-required"
    assert not alice.unseen(lambda s: xml.body(s) and
                            "Nobody hears this." in xml.body(s))
    assert await bob.mails() == []


async def test_nobody_writes_without_registration(post, postman):
    alice = await post.xmpp()
    id = alice.send_message(post.person("bob@work.test"), "Hello.")
    assert xml.condition(await alice.get_error(id)) == \
        "registration-required"


def test_every_domain_is_tried():
    assert set(DOMAINS) == {HOME, WORK, LISTED, HOSTED, FAR, LOST}
