"""Files with texts: what a provider has is fetched and uploaded for the user,
what he sends goes by its URL."""

import re

import pytest

from clients import files, xml
from conftest import wait
from servers.process import wait_for
from servers.twilio import image
from servers.web import Response, Web

MEDIA = "media.provider.test"
SID = "SM00000000000000000000000000000bb0"
OOB = "{jabber:x:oob}x"


@pytest.fixture
def media(run, authority):
    """Where the provider has files, by https."""
    server = wait(Web(run.address, run.port(),
                      authority.issue(MEDIA),
                      host=MEDIA).start())
    yield server
    wait(server.close())


@pytest.fixture
def line(run, phones, twilio, upload_names, http_exchange):
    upload_names.host(MEDIA, run.address)
    daemon = http_exchange(twilio.backend())
    wait(daemon.start())
    phones.gateway = daemon.jid
    return daemon


async def get_file(client, person):
    """The next message from there that is a file: its URL."""
    message = await client.get_message(
        person, where=lambda s: s.find(OOB) is not None)
    url = message.find(OOB).findtext("{jabber:x:oob}url")
    assert xml.body(message) == url
    return url, message


async def test_a_picture_comes(run, authority, phones, twilio, line, media):
    alice = await phones.registered(gateway=line.jid)
    bob = phones.stranger()
    media.pages["/ME1"] = image("one")
    media.pages["/ME2"] = Response(b"#!AMR\nsound", type="audio/amr")
    status, _ = await twilio.phone_says(
        line.callback, SID, bob, alice.number, "Look and listen!",
        [(media.url("/ME1"), "image/png"), (media.url("/ME2"), "audio/amr")])
    assert status == 200
    await alice.get_message(phones.person(bob), "Look and listen!")
    for name, data in [("file.png", b"\x89PNG\r\n\x1a\none"),
                       ("file.amr", b"#!AMR\nsound")]:
        url, message = await get_file(alice, phones.person(bob))
        assert url.endswith(name)
        assert await files.download(run.address, authority, url) == data
        shared = message.find("{urn:xmpp:sfs:0}file-sharing")
        assert shared is not None
    # Nothing of ours goes to a host that is not the provider's.
    for request in media.requests:
        assert "authorization" not in request.headers


async def test_a_picture_alone(phones, twilio, line, media):
    alice = await phones.registered(gateway=line.jid)
    bob = phones.stranger()
    media.pages["/ME1"] = image()
    for _ in range(2):
        await twilio.phone_says(line.callback, SID, bob, alice.number, "",
                                [(media.url("/ME1"), "image/png"),
                                 (media.url("/0.smil"), "")])
    await get_file(alice, phones.person(bob))
    await twilio.phone_says(line.callback, SID[:-1] + "1", bob, alice.number,
                            "The last.")
    await alice.get_message(phones.person(bob), "The last.")
    await alice.settle(line.jid)
    assert not alice.unseen(lambda s: s.find(OOB) is not None)


@pytest.mark.parametrize("page, words", [
    (Response("no", 403), "says 403"),
    (Response(b"x" * 1000001), "1000000"),
])
async def test_what_cannot_be_fetched_is_said(phones, twilio, line, media,
                                              page, words):
    alice = await phones.registered(gateway=line.jid)
    bob = phones.stranger()
    media.pages["/ME1"] = page
    await twilio.phone_says(line.callback, SID, bob, alice.number, "Look!",
                            [(media.url("/ME1"), "image/png")])
    await alice.get_message(phones.person(bob), "Look!")
    message = await alice.get_message(phones.person(bob),
                                      re.compile("could not be"))
    assert media.url("/ME1") in xml.body(message)
    assert words in xml.body(message)


async def test_the_policy_holds(phones, twilio, line):
    """Whoever could write callbacks does not reach what is behind us."""
    alice = await phones.registered(gateway=line.jid)
    bob = phones.stranger()
    await twilio.phone_says(line.callback, SID, bob, alice.number, "",
                            [("https://10.1.2.3/x", "image/png")])
    await alice.get_message(phones.person(bob), re.compile("policy"))


async def test_a_file_survives_a_restart(run, authority, phones, twilio,
                                         line, media):
    """The daemon is killed while it fetches."""
    alice = await phones.registered(gateway=line.jid)
    bob = phones.stranger()
    asked = []

    async def stuck(request):
        asked.append(request)
        await wait_for(lambda: len(asked) > 1, "the second request")
        return image()
    media.pages["/ME1"] = stuck
    status, _ = await twilio.phone_says(
        line.callback, SID, bob, alice.number, "Look!",
        [(media.url("/ME1"), "image/png")])
    assert status == 200
    await alice.get_message(phones.person(bob), "Look!")
    await wait_for(lambda: asked, "a request")
    await line.kill()
    await line.start()
    url, _ = await get_file(alice, phones.person(bob))
    data = await files.download(run.address, authority, url)
    assert data.startswith(b"\x89PNG")


async def test_what_is_away_is_tried_again(phones, twilio, line, media):
    alice = await phones.registered(gateway=line.jid)
    bob = phones.stranger()

    def second(request):
        return image() if len(media.requests) > 1 else Response("", 503)
    media.pages["/ME1"] = second
    await twilio.phone_says(line.callback, SID, bob, alice.number, "",
                            [(media.url("/ME1"), "image/png")])
    await get_file(alice, phones.person(bob))


async def test_a_picture_goes(phones, twilio, line):
    """By its URL, which is not part of the words."""
    alice = await phones.registered(gateway=line.jid)
    bob, url = phones.stranger(), f"https://{MEDIA}/a%20b.jpg"
    alice.send_message(phones.person(bob), url, payload=oob(url))
    text = await twilio.text_to(bob)
    assert text["MediaUrl"] == [url]
    assert "Body" not in text
    # What is said about it goes along.
    alice.send_message(
        phones.person(bob), "My cat",
        payload="<file-sharing xmlns='urn:xmpp:sfs:0' disposition='inline'>"
        "<file xmlns='urn:xmpp:file:metadata:0'><size>7</size></file>"
        "<sources><url-data xmlns='http://jabber.org/protocol/url-data' "
        f"target='{url}'/></sources></file-sharing>")
    text = await twilio.text_to(bob, 2)
    assert (text["MediaUrl"], text["Body"]) == ([url], ["My cat"])
    # A link is none.
    alice.send_message(phones.person(bob), url)
    text = await twilio.text_to(bob, 3)
    assert text["Body"] == [url] and "MediaUrl" not in text


async def test_where_there_is_no_mms(phones, exchange, smsc):
    """Its URL is the text."""
    alice = await phones.registered()
    bob, url = phones.stranger(), f"https://{MEDIA}/a.jpg"
    alice.send_message(phones.person(bob), url, payload=oob(url))
    [text] = await smsc.happened("submit", destination_addr=bob[1:])
    assert text["text"] == url


def oob(url):
    return f"<x xmlns='jabber:x:oob'><url>{url}</url></x>"
