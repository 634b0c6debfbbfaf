"""The scripted mail servers of the tests themselves, without the daemon."""

import asyncio
import contextlib
import imaplib
import re
import smtplib
import ssl

import pytest

from servers import faulty_smtp, hostile_imap
from servers.faulty_smtp import FaultySmtp
from servers.hostile import Pause
from servers.hostile_imap import HostileImap
from servers.process import wait_for

RAW = b"Subject: one\r\nMessage-ID: <one@x>\r\n\r\n.dot\r\n..two\r\n\xff\r\n"
HOST = "scripted.test"


@pytest.fixture(scope="module")
def certificate(authority):
    return authority.issue(HOST)


@pytest.fixture
def serve(run, certificate):
    """Starts a server: await serve(HostileImap, ...)."""
    servers = []

    async def make(kind, **settings):
        server = kind(run.address, run.port(), certificate, **settings)
        servers.append(server)
        return await server.start()
    yield make
    loop = asyncio.get_event_loop_policy().get_event_loop()
    for server in servers:
        loop.run_until_complete(server.close())


def trusting(authority):
    context = ssl.create_default_context(cafile=authority.certificate)
    context.check_hostname = False
    return context


def imap_login(server, authority, timeout=20):
    context = trusting(authority)
    if server.mode == "tls":
        client = imaplib.IMAP4_SSL(server.address, server.port,
                                   ssl_context=context, timeout=timeout)
    else:
        client = imaplib.IMAP4(server.address, server.port, timeout)
        if server.mode == "starttls":
            client.starttls(context)
    client.authenticate("PLAIN", lambda challenge: b"\0alice\0secret")
    return client


@pytest.mark.parametrize("mode", ["tls", "starttls", "none"])
async def test_imap_is_honest_without_faults(serve, authority, mode):
    server = await serve(HostileImap, mode=mode)
    server.push(RAW)

    def work():
        client = imap_login(server, authority)
        assert client.select()[1] == [b"1"]
        assert client.response("UIDVALIDITY")[1] == [b"1000"]
        data = client.uid("FETCH", "1:*", "(UID FLAGS RFC822.SIZE "
                          "INTERNALDATE BODY.PEEK[])")[1]
        assert data[0][1] == RAW
        data = client.uid("FETCH", "1", "(BODY.PEEK[]<3.6>)")[1]
        assert data[0][1] == RAW[3:9]
        data = client.uid("FETCH", "1", "(BODY.PEEK[HEADER])")[1]
        assert data[0][1].endswith(b"<one@x>\r\n\r\n")
        assert client.uid("SEARCH", 'HEADER Message-ID "<one@x>"')[1] == \
            [b"1"]
        client.uid("STORE", "1", "+FLAGS", r"(\Seen)")
        assert client.append("Sent", r"\Seen", None, RAW)[0] == "OK"
        assert client.uid("MOVE", "1", "Junk")[0] == "OK"
        client.logout()
    await asyncio.to_thread(work)
    assert server.appended == [("Sent", RAW)]
    assert server.logins == [("alice", "secret")]
    assert server.mails == []


async def test_imap_tells_who_idles(serve):
    server = await serve(HostileImap, mode="none")
    reader, writer = await asyncio.open_connection(server.address,
                                                   server.port)
    writer.write(b"a SELECT INBOX\r\nb IDLE\r\n")
    await reader.readuntil(b"+ idling\r\n")
    assert len(server.idling()) == 1
    server.push(RAW)
    await reader.readuntil(b"* 1 EXISTS\r\n")
    writer.write(b"DONE\r\nc LOGOUT\r\n")
    assert (await reader.read()).count(b"OK") == 2
    writer.close()


async def provoke(server, *lines):
    """Says all this at once, and listens until harm was done."""
    reader, writer = await asyncio.open_connection(server.address,
                                                   server.port)
    writer.write(b"".join(line.encode() + b"\r\n" for line in lines))
    heard = 0

    async def listen():
        nonlocal heard
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                heard += len(data)
    listening = asyncio.create_task(listen())
    await wait_for(server.struck, "harm")
    if "endless" in server.faults[0].name:
        await wait_for(lambda: heard > 10000000, "much")
    listening.cancel()
    writer.close()


@pytest.mark.parametrize("name", hostile_imap.BY_NAME)
async def test_imap_strikes(serve, name):
    fault = hostile_imap.BY_NAME[name]
    server = await serve(HostileImap, mode="none", faults=[fault])
    server.push(RAW)
    await provoke(
        server, "a CAPABILITY", "b AUTHENTICATE PLAIN AGEAYg==",
        "c LIST \"\" *", "d SELECT INBOX", "e UID SEARCH ALL",
        "f UID FETCH 1:* (FLAGS BODY.PEEK[])",
        "g IDLE" if fault.point != "STARTTLS" else "g STARTTLS")


async def test_a_fault_can_strike_once(serve, authority):
    fault = hostile_imap.BY_NAME["bye@SELECT"].copy(times=1)
    server = await serve(HostileImap, faults=[fault])

    def work():
        with pytest.raises(imaplib.IMAP4.error):
            imap_login(server, authority).select()
        assert imap_login(server, authority).select()[0] == "OK"
    await asyncio.to_thread(work)
    assert server.struck() == 1
    assert fault.struck == 0  # it was copied


def smtp_login(server, authority, timeout=20):
    context = trusting(authority)
    if server.mode == "tls":
        client = smtplib.SMTP_SSL(server.address, server.port,
                                  context=context, timeout=timeout)
    else:
        client = smtplib.SMTP(server.address, server.port, timeout=timeout)
        if server.mode == "starttls":
            client.starttls(context=context)
    client.login("alice", "secret")
    return client


@pytest.mark.parametrize("mode", ["tls", "starttls", "none"])
async def test_smtp_keeps_bytes(serve, authority, mode):
    server = await serve(FaultySmtp, mode=mode)
    server.answer("carol@x", "550 5.1.1 no carol")
    server.answer("dave@x", "451 4.7.1 later", "250 now")

    def work():
        with smtp_login(server, authority) as client:
            refused = client.sendmail("alice@x", ["bob@x", "carol@x",
                                                  "dave@x"], RAW)
            assert {name: code for name, (code, _) in refused.items()} == \
                {"carol@x": 550, "dave@x": 451}
            assert client.sendmail("alice@x", ["dave@x"], RAW) == {}
    await asyncio.to_thread(work)
    first, second = server.mails
    assert first.raw == second.raw == RAW
    assert first.recipients == ["bob@x"]
    assert second.recipients == ["dave@x"]
    assert first.user == "alice"
    assert re.search("SIZE=", first.options, re.I)


async def test_smtp_wants_a_login(serve):
    server = await serve(FaultySmtp, mode="none", password="other")

    def work():
        with smtplib.SMTP(server.address, server.port) as client:
            client.ehlo()
            assert client.mail("alice@x")[0] == 530
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login("alice", "secret")
    await asyncio.to_thread(work)


async def test_smtp_loses_an_acknowledgement(serve, authority):
    fault = faulty_smtp.BY_NAME["drop@TAKEN"].copy(times=1)
    server = await serve(FaultySmtp, faults=[fault])

    def work():
        with pytest.raises((OSError, smtplib.SMTPServerDisconnected)):
            smtp_login(server, authority).sendmail("alice@x", ["bob@x"], RAW)
        smtp_login(server, authority).sendmail("alice@x", ["bob@x"], RAW)
    await asyncio.to_thread(work)
    assert [mail.raw for mail in server.mails] == [RAW, RAW]


async def test_a_server_waits_for_the_test(serve, authority):
    pause = Pause("DOT")
    server = await serve(FaultySmtp, faults=[pause])
    sending = asyncio.create_task(asyncio.to_thread(
        lambda: smtp_login(server, authority).sendmail(
            "alice@x", ["bob@x"], RAW)))
    await pause.reached()
    assert server.mails == []
    pause.release()
    await sending
    assert len(server.mails) == 1


@pytest.mark.parametrize("name", faulty_smtp.BY_NAME)
async def test_smtp_strikes(serve, name):
    fault = faulty_smtp.BY_NAME[name]
    server = await serve(FaultySmtp, mode="none", faults=[fault])
    if fault.point == "STARTTLS":
        await provoke(server, "STARTTLS")
    else:
        await provoke(server, "EHLO x", "AUTH PLAIN AGEAYg==",
                      "MAIL FROM:<a@x>", "RCPT TO:<b@x>", "DATA", "text",
                      ".")
