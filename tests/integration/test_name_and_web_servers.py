"""The scripted name, web and OAuth servers of the tests, without the
daemon."""

import asyncio
import imaplib
import json
import socket
import struct
import urllib.error
import urllib.parse
import urllib.request

import pytest

from servers import dns
from servers.mail import MailSystem
from servers.oauth import CLIENT, DEVICE_GRANT, Oauth
from servers.web import Response, Web


def ask(server, name, kind):
    """(code, answers) by a real datagram."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(20)
        client.sendto(struct.pack("!HHHHHH", 7, 0x100, 1, 0, 0, 0) +
                      dns.name_bytes(name) + struct.pack("!HH", kind, 1),
                      (server.address, server.port))
        answer = client.recv(4096)
    _, flags, _, count = struct.unpack("!HHHH", answer[:8])
    return flags & 15, count, answer


async def test_names(run):
    server = await dns.Dns(run.address, run.port()).start()
    server.host("mail.home.test", "127.0.0.1")
    server.mx("home.test", "mail.home.test")
    server.srv("_imaps._tcp.home.test", "mail.home.test", 993)
    server.fails("broken.test")

    def work():
        code, count, answer = ask(server, "Mail.home.test", dns.A)
        assert (code, count, answer[-4:]) == (0, 1, b"\x7f\0\0\1")
        assert ask(server, "home.test", dns.MX)[:2] == (0, 1)
        assert ask(server, "home.test", dns.A)[:2] == (0, 0)
        answer = ask(server, "_imaps._tcp.home.test", dns.SRV)[2]
        assert struct.pack("!H", 993) in answer[-20:]
        assert ask(server, "nowhere.test", dns.A)[0] == dns.NXDOMAIN
        assert ask(server, "broken.test", dns.A)[0] == dns.SERVFAIL
    await asyncio.to_thread(work)
    await server.close()


async def test_names_of_another_server(run):
    other = await dns.Dns(run.address, run.port()).start()
    other.host("else.test", "127.0.0.9")
    server = await dns.Dns(run.address, run.port(),
                           (other.address, other.port)).start()
    server.host("home.test", "127.0.0.1")

    def work():
        assert ask(server, "home.test", dns.A)[2][-4:] == b"\x7f\0\0\1"
        assert ask(server, "x.home.test", dns.A)[0] == dns.NXDOMAIN
        assert ask(server, "else.test", dns.A)[2][-4:] == b"\x7f\0\0\x09"
    await asyncio.to_thread(work)
    await server.close()
    await other.close()


def fetch(url, form=None):
    data = urllib.parse.urlencode(form).encode() if form else None
    try:
        with urllib.request.urlopen(url, data, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


async def test_pages(run):
    server = await Web(run.address, run.port()).start()
    server.pages["/a b"] = Response("found")
    server.pages["/echo"] = lambda request: Response(request.form["x"])
    get = asyncio.to_thread
    assert await get(fetch, server.url("/a%20b")) == (200, b"found")
    assert (await get(fetch, server.url("/none")))[0] == 404
    assert await get(fetch, server.url("/echo"), {"x": "&"}) == (200, b"&")
    assert len(server.asked("/echo")) == 1
    await server.close()


@pytest.fixture
def provider(run):
    loop = asyncio.get_event_loop_policy().get_event_loop()
    server = Oauth(run.address, run.port())
    loop.run_until_complete(server.start())
    yield server
    loop.run_until_complete(server.close())


async def post(server, path, **form):
    status, body = await asyncio.to_thread(fetch, server.url(path), form)
    return status, json.loads(body)


async def test_a_device_logs_in(provider):
    _, device = await post(provider, "/device", client_id=CLIENT)
    provider.slow_down = 1
    form = {"grant_type": DEVICE_GRANT, "device_code": device["device_code"]}
    for error in ("slow_down", "authorization_pending"):
        assert await post(provider, "/token", **form) == \
            (400, {"error": error})
    provider.consent(device["user_code"], "alice@home.test")
    status, tokens = await post(provider, "/token", **form)
    assert status == 200
    _, found = await post(provider, "/introspect",
                          token=tokens["access_token"])
    assert found == {"active": True, "username": "alice@home.test"}
    form = {"grant_type": "refresh_token",
            "refresh_token": tokens["refresh_token"]}
    assert (await post(provider, "/token", **form))[0] == 200
    # It rotates: the old one is used up.
    assert await post(provider, "/token", **form) == \
        (400, {"error": "invalid_grant"})


async def test_dovecot_looks_into_tokens(run, authority, provider):
    mail = MailSystem(run, authority, name="-oauth",
                      oauth=provider.url("/introspect"))
    await mail.start()
    mail.add_user("alice@home.test")
    _, device = await post(provider, "/device", client_id=CLIENT)
    provider.consent(device["user_code"], "alice@home.test")
    _, tokens = await post(provider, "/token", grant_type=DEVICE_GRANT,
                           device_code=device["device_code"])
    await mail.dovecot.append("alice@home.test", b"Subject: x\r\n\r\n")

    def login(token):
        client = imaplib.IMAP4_SSL(run.address, mail.dovecot.imaps)
        answer = f"user=alice@home.test\1auth=Bearer {token}\1\1".encode()
        sent = []

        def respond(challenge):
            sent.append(challenge)
            return answer if len(sent) == 1 else b""
        client.authenticate("XOAUTH2", respond)
        found = client.select()[1]
        client.logout()
        return found
    assert await asyncio.to_thread(login, tokens["access_token"]) == [b"1"]
    provider.expire_now()
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        await asyncio.to_thread(login, tokens["access_token"])
    await mail.stop()
