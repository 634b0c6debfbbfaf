"""The mail servers of the tests themselves, without the daemon."""

import asyncio
import imaplib
import smtplib
import ssl
import time

import pytest

from servers.dovecot import PASSWORD
from servers.mail import MailSystem


def text(subject, body="Hello.\r\n", sender="someone@else.test", to=""):
    return (f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\n"
            f"Message-ID: <{subject}@else.test>\r\n\r\n{body}").encode()


@pytest.fixture
def user(mail, request):
    """Addresses of this test's own: user("alice") exists from then on."""
    def make(name, domain="home.test", **settings):
        address = f"{name}{time.time_ns()}@{domain}"
        mail.add_user(address, **settings)
        return address
    return make


async def test_login_with_and_without_tls(mail, authority, user):
    address = user("alice")
    dovecot, run = mail.dovecot, mail.run
    tls = ssl.create_default_context(cafile=authority.certificate)
    plain = imaplib.IMAP4(run.address, dovecot.imap)
    plain.host = mail.host
    plain.starttls(tls)
    assert plain.login(address, PASSWORD)[0] == "OK"
    plain.logout()
    with pytest.raises(ssl.SSLCertVerificationError):
        imaplib.IMAP4_SSL(run.address, dovecot.imaps,
                          ssl_context=ssl.create_default_context())
    tls.check_hostname = False
    secure = imaplib.IMAP4_SSL(run.address, dovecot.imaps, ssl_context=tls)
    assert b"IDLE" in secure.welcome
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        secure.login(address, "wrong")
    secure.logout()


async def test_a_mail_from_elsewhere(mail, user):
    address = user("alice", domain="work.test")
    refused = await mail.exim.deliver(text("first"), address)
    assert refused == {}
    found = await mail.dovecot.received(address)
    assert found["subject"] == "first"
    assert found.body == "Hello.\r\n"
    assert r"\Seen" not in found.flags


async def test_a_mail_between_users(mail, authority, user):
    alice, bob = user("alice"), user("bob")
    for number, implicit in enumerate((True, False)):
        await mail.exim.submit(text(f"mail{number}"), bob, sender=alice,
                               authority=authority, implicit=implicit)
        await mail.dovecot.received(
            bob, lambda found, n=number: found["subject"] == f"mail{n}")
    with pytest.raises(smtplib.SMTPAuthenticationError):
        await mail.exim.submit(text("x"), bob, sender=alice,
                               authority=authority, password="wrong")


async def test_nobody_relays(mail, user):
    refused = await mail.exim.deliver(text("x"), "somebody@else.test")
    assert refused["somebody@else.test"][0] == 550
    with smtplib.SMTP(mail.run.address, mail.exim.submission) as smtp:
        smtp.ehlo()
        assert not smtp.has_extn("auth")
        assert smtp.mail(user("alice"))[0] == 530


@pytest.mark.parametrize("name, code, words", [
    ("greylist", 451, b"4.7.1"), ("full", 550, b"5.2.2"),
    ("unheardof", 550, b"5.1.1")])
async def test_recipients_with_a_fate(mail, user, name, code, words):
    good, bad = user("alice"), f"{name}@home.test"
    refused = await mail.exim.deliver(text(name), bad, good)
    assert list(refused) == [bad]
    assert refused[bad][0] == code
    assert refused[bad][1].startswith(words)
    await mail.dovecot.received(good)


async def test_answers_are_changed(mail, user):
    alice = user("alice")
    for words, wanted in [("451 4.7.1 Later", 451), ("552 5.2.2 No", 552),
                          (None, None)]:
        mail.exim.answer(alice, words)
        refused = await mail.exim.deliver(text("x"), alice)
        assert refused.get(alice, (None,))[0] == wanted


async def test_content_that_is_refused(mail, user):
    alice = user("alice")
    for subject, code in [("REJECT-SPAM", 554), ("REJECT-LATER", 451)]:
        with pytest.raises(smtplib.SMTPDataError) as caught:
            await mail.exim.deliver(text(subject), alice)
        assert caught.value.smtp_code == code
    with pytest.raises(smtplib.SMTPResponseException) as caught:
        await mail.exim.deliver(text("big", "x\r\n" * 1500000), alice)
    assert caught.value.smtp_code == 552


@pytest.mark.parametrize("to", ["latebounce@home.test",
                                "anyone@elsewhere.test"])
async def test_a_bounce_comes_later(mail, authority, user, to):
    alice = user("alice")
    await mail.exim.submit(text("gone"), to, sender=alice,
                           authority=authority)
    bounce = await mail.dovecot.received(alice)
    assert bounce.message.get_content_type() == "multipart/report"
    assert b"gone@else.test" in bounce.raw


async def test_a_full_mailbox_bounces(mail, authority, user):
    alice, bob = user("alice"), user("bob", quota=10)
    await mail.exim.submit(text("big", "x" * 70 + "\r\n" + "y\r\n" * 10000),
                           bob, sender=alice, authority=authority)
    bounce = await mail.dovecot.received(alice)
    assert b"Quota exceeded" in bounce.raw
    assert await mail.dovecot.messages(bob) == []


async def test_addresses_beyond_ascii(mail, user):
    address = user("用户")
    assert await mail.exim.deliver(text("utf8"), address) == {}
    await mail.dovecot.received(address)


async def test_a_subaddress(mail, user):
    address = user("alice")
    name, domain = address.split("@")
    assert await mail.exim.deliver(text("x"), f"{name}+tag@{domain}") == {}
    await mail.dovecot.received(address)


async def test_mailboxes_from_behind(mail, user):
    address = user("alice")
    dovecot = mail.dovecot
    assert {"INBOX", "Sent", "Junk"} <= set(await dovecot.folders(address))
    raw = b"Subject: exact\r\n\r\n\xff\x00bytes\r\n".replace(b"\0", b"")
    uid = await dovecot.append(address, raw, "Sent", [r"\Seen"],
                               when=1000000000)
    (found,) = await dovecot.messages(address, "Sent")
    assert (found.uid, found.raw) == (uid, raw)
    assert r"\Seen" in found.flags
    await dovecot.deliver(text("by LMTP"), address)
    inbox = await dovecot.received(address)
    await dovecot.flag(address, inbox.uid, r"\Flagged")
    assert r"\Flagged" in (await dovecot.messages(address))[0].flags
    await dovecot.expunge(address, inbox.uid)
    assert await dovecot.messages(address) == []


async def test_uids_begin_anew(mail, user):
    address = user("alice")
    dovecot = mail.dovecot
    await dovecot.deliver(text("stays"), address)
    old = await dovecot.uidvalidity(address)
    new = await dovecot.renumber(address)
    assert await dovecot.uidvalidity(address) == new != old
    assert len(await dovecot.messages(address)) == 1
    await dovecot.append(address, text("goes"), "Sent")
    old = await dovecot.uidvalidity(address, "Sent")
    await dovecot.recreate(address, "Sent")
    assert await dovecot.uidvalidity(address, "Sent") != old
    assert await dovecot.messages(address, "Sent") == []


async def test_a_frozen_server(mail, user):
    address = user("alice")
    dovecot = mail.dovecot
    with dovecot.frozen():
        with pytest.raises(TimeoutError):
            await asyncio.to_thread(
                lambda: imaplib.IMAP4(mail.run.address, dovecot.imap,
                                      timeout=0.3))
    assert await dovecot.messages(address) == []


async def test_a_user_comes_and_changes(mail, user):
    address = user("alice")
    dovecot = mail.dovecot
    with dovecot.login(address):
        pass
    await dovecot.change_password(address, "Rk8secret")
    with dovecot.login(address):
        pass
    await dovecot.remove_user(address)
    refused = await mail.exim.deliver(text("x"), address)
    assert refused[address][0] == 550


async def test_it_starts_again(run, authority):
    other = MailSystem(run, authority, name="-again")
    await other.start()
    other.add_user("alice@home.test")
    await other.exim.deliver(text("kept"), "alice@home.test")
    await other.dovecot.received("alice@home.test")
    await other.stop()
    await other.start()
    assert len(await other.dovecot.messages("alice@home.test")) == 1
    await other.dovecot.kill()
    await other.dovecot.start()
    assert len(await other.dovecot.messages("alice@home.test")) == 1
    await other.stop()
