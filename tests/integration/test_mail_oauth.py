"""Logging in with the browser, and keeping the grant alive."""

import asyncio
import re

import pytest

from clients import xml
from conftest import wait
from mail_fixtures import DOMAINS
from servers.mail import MailSystem
from servers.oauth import CLIENT, SECRET, Oauth
from servers.process import wait_for
from test_mail_register import outcome

DOMAIN = "oauth.test"
HOST = f"mail.{DOMAIN}"


@pytest.fixture(scope="module")
def provider(run, authority, names):
    server = Oauth(run.address, run.port(), authority.issue("login.test"),
                   "login.test", run.port())
    names.host(server.host, run.address)
    wait(server.start())
    yield server
    wait(server.close())


@pytest.fixture(scope="module")
def system(run, authority, names, provider):
    mail = MailSystem(run, authority, name="-browser", host=HOST,
                      domains=[DOMAIN, *DOMAINS],
                      oauth=provider.plain_url("/introspect"))
    names.host(HOST, run.address)
    names.srv(f"_imaps._tcp.{DOMAIN}", HOST, mail.dovecot.imaps)
    names.srv(f"_submissions._tcp.{DOMAIN}", HOST, mail.exim.submissions)
    return wait(mail.start())


@pytest.fixture
def start(own_postman, post, provider, authority, system):
    async def make(*ways):
        urls = {way: provider.url(path) for way, path in
                [("authorize_url", "/authorize"), ("device_url", "/device")]
                if way in ways}
        postman = own_postman({"oauth": [{
            "provider": "test", "client_id": CLIENT, "client_secret": SECRET,
            "token_url": provider.url("/token"), "scopes": "mail",
            "hosts": [HOST], "ca_file": str(authority.certificate), **urls}]})
        await postman.start()
        post.gateway = postman.jid
        post.mail = system
        return postman
    return make


async def registered_by_device(post, provider):
    alice = await post.xmpp()
    alice.address = post.mailbox(domain=DOMAIN)
    asking = asyncio.create_task(post.register(alice, alice.address, ""))
    message = await alice.get_message(post.gateway,
                                      re.compile("WORD-"))
    text = xml.body(message)
    assert provider.url("/type-it-here") in text
    provider.consent(re.search(r"WORD-\d+", text).group(), alice.address)
    assert outcome(await asking) is None
    await post.befriend(alice)
    return alice


async def deliver(post, alice, text):
    bob = post.correspondent()
    await bob.write(alice.address, text, f"{text}.")
    await alice.get_message(post.person(bob), re.compile(f"{text}\\."),
                            timeout=100)
    return bob


async def test_a_code_for_another_device(post, start, provider):
    await start("device_url")
    provider.slow_down = 1
    alice = await registered_by_device(post, provider)
    bob = await deliver(post, alice, "Pushed")
    alice.send_message(post.person(bob), "And back.")
    await bob.receive(lambda mail: "And back." in mail.body)


async def test_a_token_is_renewed(post, start, provider, system):
    await start("device_url")
    alice = await registered_by_device(post, provider)
    before = provider.refreshes
    provider.expire_now()
    await system.dovecot.kick(alice.address)
    await deliver(post, alice, "Renewed")
    assert provider.refreshes > before


async def test_a_grant_outlives_a_crash(post, start, provider):
    postman = await start("device_url")
    alice = await registered_by_device(post, provider)
    await deliver(post, alice, "Before")
    await postman.kill()
    await postman.start()
    await deliver(post, alice, "Again")


def links(alice, gateway):
    """The links to log in with that came and were not looked at."""
    return [xml.body(s) for s in alice.unseen(
        lambda s: xml.kind(s) == "message" and s.get("from") == gateway)
        if "https://" in (xml.body(s) or "")]


async def xa(alice, gateway):
    presence = await alice.get_presence(
        gateway, where=lambda s: xml.text(s, "c:show") == "xa", timeout=60)
    assert "login failed" in xml.text(presence, "c:status")


async def back(alice, gateway):
    await alice.get_presence(
        gateway, where=lambda s: xml.text(s, "c:show") is None, timeout=60)


def code_in(text):
    return re.search(r"WORD-\d+", text).group()


async def test_a_grant_that_is_revoked(post, start, provider, system):
    """One message, with a link that leads back."""
    await start("device_url")
    alice = await registered_by_device(post, provider)
    await deliver(post, alice, "Before")
    alice.unseen(lambda s: True)
    provider.revoke(alice.address)
    await system.dovecot.kick(alice.address)
    await xa(alice, post.gateway)
    message = await alice.get_message(post.gateway)
    assert "Log in again" in xml.body(message)
    bob = post.correspondent()
    await bob.write(alice.address, "Meanwhile", "Meanwhile.")
    await system.dovecot.received(
        alice.address, lambda mail: mail["Subject"] == "Meanwhile")
    await alice.settle(post.gateway)
    assert not alice.unseen(lambda s: xml.kind(s) == "message")
    provider.consent(code_in(xml.body(message)), alice.address)
    await back(alice, post.gateway)
    await alice.get_message(post.person(bob), re.compile(r"Meanwhile\."))
    assert not links(alice, post.gateway)


async def test_another_link(post, start, provider, system):
    await start("device_url")
    alice = await registered_by_device(post, provider)
    alice.unseen(lambda s: True)
    provider.revoke(alice.address)
    await system.dovecot.kick(alice.address)
    first = await alice.get_message(post.gateway, re.compile("WORD-"))
    alice.send_message(post.gateway, "login")
    await alice.get_message(post.gateway, re.compile("A new link"))
    second = await alice.get_message(post.gateway, re.compile("WORD-"))
    assert code_in(xml.body(first)) != code_in(xml.body(second))
    provider.consent(code_in(xml.body(second)), alice.address)
    await deliver(post, alice, "Again")


async def test_a_question_outlives_a_crash(post, start, provider, system):
    """It is put once more, as the old link leads nowhere."""
    postman = await start("authorize_url")
    alice = await registered_by_url(post, provider)
    provider.revoke(alice.address)
    await system.dovecot.kick(alice.address)
    await alice.get_message(post.gateway, re.compile("https://"))
    await postman.kill()
    await postman.start()
    again = await alice.get_message(post.gateway, re.compile("https://"))
    url = re.search(r"https://\S+", xml.body(again)).group()
    alice.send_message(post.gateway, provider.login(url, alice.address))
    await deliver(post, alice, "Asked again")


async def registered_by_url(post, provider):
    alice = await post.xmpp()
    alice.address = post.mailbox(domain=DOMAIN)
    asking = asyncio.create_task(post.register(alice, alice.address, ""))
    message = await alice.get_message(post.gateway, re.compile("https://"))
    url = re.search(r"https://\S+", xml.body(message)).group()
    alice.send_message(post.gateway, provider.login(url, alice.address))
    assert outcome(await asking) is None
    await post.befriend(alice)
    return alice


async def test_an_address_is_pasted(post, start, provider):
    await start("authorize_url")
    alice = await registered_by_url(post, provider)
    await deliver(post, alice, "Pasted")


async def test_an_address_of_another_login(post, start, provider):
    """Whoever gets somebody to paste something gets nowhere."""
    await start("authorize_url")
    alice = await post.xmpp()
    alice.address = post.mailbox(domain=DOMAIN)
    asking = asyncio.create_task(post.register(alice, alice.address, ""))
    message = await alice.get_message(post.gateway, re.compile("https://"))
    url = re.search(r"https://\S+", xml.body(message)).group()
    ended = provider.login(url, alice.address)
    alice.send_message(post.gateway, re.sub("state=[^&]*", "state=x", ended))
    await alice.get_message(post.gateway, re.compile("did not work"))
    assert not asking.done()
    asking.cancel()


async def test_a_user_who_says_no(post, start, provider):
    await start("device_url")
    alice = await post.xmpp()
    address = post.mailbox(domain=DOMAIN)
    asking = asyncio.create_task(post.register(alice, address, ""))
    message = await alice.get_message(post.gateway, re.compile("WORD-"))
    provider.deny(code_in(xml.body(message)))
    condition, _ = outcome(await asking)
    assert condition == "not-acceptable"


async def test_a_token_ends_while_mails_are_awaited(post, start, provider,
                                                    system):
    """The server ends the session then; nobody is told."""
    await start("device_url")
    alice = await registered_by_device(post, provider)
    alice.unseen(lambda s: True)
    for text in ("First", "Second"):
        provider.expire_now()
        await system.dovecot.kick(alice.address)
        await deliver(post, alice, text)
    assert not links(alice, post.gateway)


async def test_tokens_are_renewed_ahead(post, start, provider, system):
    """A refresh token is good for one use; none is used twice."""
    provider.expires = 6
    try:
        await start("device_url")
        alice = await registered_by_device(post, provider)
        before = provider.refreshes
        await wait_for(lambda: provider.refreshes >= before + 2,
                       "two renewals", 60)
        await system.dovecot.kick(alice.address)
        await deliver(post, alice, "Renewed")
    finally:
        provider.expires = 3600


async def test_a_password_that_is_changed(post, postman):
    """One message, and a new one in the settings leads back."""
    alice = await post.registered()
    alice.unseen(lambda s: True)
    dovecot = post.mail.dovecot
    await dovecot.change_password(alice.address, "Qz7secret-other")
    await dovecot.kick(alice.address)
    await xa(alice, post.gateway)
    message = await alice.get_message(post.gateway)
    assert "did not accept the login" in xml.body(message)
    assert "settings" in xml.body(message)
    await alice.settle(post.gateway)
    assert not alice.unseen(lambda s: xml.kind(s) == "message")
    answer = await post.register(alice, alice.address, "Qz7secret-other")
    assert outcome(answer) is None
    await deliver(post, alice, "Back")
