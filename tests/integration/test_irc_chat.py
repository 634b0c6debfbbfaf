"""Private messages, notices, CTCP, WHOIS, AWAY, raw lines."""

import asyncio
import re

import pytest

from clients import xml
from test_register import register

VERSION = "<query xmlns='jabber:iq:version'/>"
VCARD = "<vCard xmlns='vcard-temp'/>"
VCARD4 = "<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'/>"
V4 = "{urn:ietf:params:xml:ns:vcard-4.0}"


async def pair(scene):
    """Alice with XMPP, in contact with Bob on IRC: both and his JID."""
    alice = await scene.xmpp("alice")
    bob = await scene.irc("bob")
    await register(alice, scene)
    alice.send_presence(scene.gateway)
    person = scene.person(bob.nick)
    alice.send_message(person, "hello")
    await bob.expect("PRIVMSG", "hello", nick=scene.nick("alice"))
    return alice, bob, person


async def test_both_ways(scene, causeway):
    alice, bob, person = await pair(scene)
    bob.say(scene.nick("alice"), "hello yourself")
    message = await alice.get_message(person, "hello yourself")
    assert message.get("type") == "chat"
    assert message.get("from") == person


async def test_as_a_guest(scene, causeway):
    """Without registration: the nick is made from the user's name."""
    alice = await scene.xmpp("alice")
    bob = await scene.irc("bob")
    alice.send_message(scene.person(bob.nick), "hello")
    line = await bob.expect("PRIVMSG", "hello")
    bob.say(line.nick, "who are you?")
    await alice.get_message(scene.person(bob.nick), "who are you?")


@pytest.mark.parametrize("text", [
    "grüße, 世界 🎉", "a < b && c > d", "  leading and trailing  ",
    ":starts with a colon", "x" * 300])
async def test_text_arrives_as_it_is(scene, causeway, text):
    alice, bob, person = await pair(scene)
    alice.send_message(person, text)
    line = await bob.expect("PRIVMSG", nick=scene.nick("alice"))
    assert line.text.strip() == text.strip()
    bob.say(scene.nick("alice"), text)
    message = await alice.get_message(person)
    assert xml.body(message).strip() == text.strip()


async def test_order_is_kept(scene, causeway):
    alice, bob, person = await pair(scene)
    for number in range(50):
        alice.send_message(person, f"there {number}")
        bob.say(scene.nick("alice"), f"back {number}")
    for number in range(50):
        line = await bob.expect("PRIVMSG", nick=scene.nick("alice"))
        assert line.text == f"there {number}"
        message = await alice.get_message(person)
        assert xml.body(message) == f"back {number}"


async def test_lines_become_messages(scene, causeway):
    alice, bob, person = await pair(scene)
    alice.send_message(person, "first\nsecond\n\nthird")
    got = [(await bob.expect("PRIVMSG")).text.strip() for _ in range(3)]
    assert got == ["first", "second", "third"]


async def test_long_text_is_split(scene, causeway):
    alice, bob, person = await pair(scene)
    text = "".join("äöü€🎉 %d " % n for n in range(120))
    alice.send_message(person, text)
    got = ""
    while len(got.replace(" ", "")) < len(text.replace(" ", "")):
        line = await bob.expect("PRIVMSG", nick=scene.nick("alice"))
        # As the receiver sees it: 512 bytes with CR and LF (RFC 1459).
        assert len(line.raw.encode()) <= 510
        assert "�" not in line.text
        got += line.text
    assert got.replace(" ", "") == text.replace(" ", "")


async def test_to_nobody(scene, causeway):
    alice, bob, person = await pair(scene)
    id = alice.send_message(scene.person(scene.nick("nobody")), "hello?")
    error = await alice.get_error(id)
    assert xml.condition(error) == "item-not-found"
    assert "no such" in xml.error_text(error).lower()


# --- Kinds of messages --------------------------------------------------------

async def test_action_to_xmpp(scene, causeway):
    alice, bob, person = await pair(scene)
    bob.say(scene.nick("alice"), "\x01ACTION waves\x01")
    await alice.get_message(person, "/me waves")


async def test_action_to_irc(scene, causeway):
    alice, bob, person = await pair(scene)
    alice.send_message(person, "/me waves")
    await bob.expect("PRIVMSG", "\x01ACTION waves\x01")


async def test_notice(scene, causeway):
    alice, bob, person = await pair(scene)
    bob.send(f"NOTICE {scene.nick('alice')} :listen")
    await alice.get_message(person, re.compile("listen"))


@pytest.mark.parametrize("raw, shown", [
    ("\x02bold\x02 plain", "*bold* plain"),
    ("\x1ditalic\x1d", "_italic_"),
    ("\x1estrike\x1e", "~strike~"),
    ("\x0304red\x03 and \x0f\x16plain", "red and plain"),
    ("\x11code\x11", "`code`"),
])
async def test_formatting(scene, causeway, raw, shown):
    alice, bob, person = await pair(scene)
    bob.say(scene.nick("alice"), raw)
    message = await alice.get_message(person)
    assert xml.body(message) == shown


async def test_formatting_for_clients_that_show_it(scene, causeway):
    alice, bob, person = await pair(scene)
    await alice.announce(scene.gateway, xml.NS["xhtml"])
    # Until the gateway has asked the client, it sends plain text.
    while True:
        bob.say(scene.nick("alice"), "\x02bold\x02 \x0304red")
        message = await alice.get_message(person)
        html = xml.one(message, "xhtml:html")
        if html is not None:
            break
        await alice.settle(scene.gateway)
    assert xml.body(message) == "*bold* red"
    text = xml.ET.tostring(html, encoding="unicode")
    assert "bold" in text and "style" in text or "strong" in text


async def test_bytes_that_are_not_utf8(scene, causeway):
    alice, bob, person = await pair(scene)
    bob.send_bytes(f"PRIVMSG {scene.nick('alice')} :".encode() +
                   b"caf\xe9 \x80uro\r\n")
    await alice.get_message(person, "café €uro")


async def test_characters_that_xml_cannot_carry(scene, causeway):
    alice, bob, person = await pair(scene)
    bob.send_bytes(f"PRIVMSG {scene.nick('alice')} :".encode() +
                   b"a\x04b\x1ac\xef\xbf\xbed\r\n")
    message = await alice.get_message(person)
    assert re.fullmatch("a.?b.?c.?d", xml.body(message))


# --- CTCP ---------------------------------------------------------------------

async def test_version_of_a_person(scene, causeway):
    alice, bob, person = await pair(scene)
    task = asyncio.create_task(alice.iq("get", person, VERSION))
    await bob.expect("PRIVMSG", "\x01VERSION\x01")
    bob.send(f"NOTICE {scene.nick('alice')} :\x01VERSION nativeirc 1.0\x01")
    answer = await task
    assert "nativeirc" in xml.text(answer, "version:query/version:name")


async def test_ping_of_a_person(scene, causeway):
    alice, bob, person = await pair(scene)
    task = asyncio.create_task(alice.iq(
        "get", person, "<ping xmlns='urn:xmpp:ping'/>"))
    line = await bob.expect("PRIVMSG", re.compile("^\x01PING"))
    bob.send(f"NOTICE {scene.nick('alice')} :{line.text}")
    assert (await task).get("type") == "result"


@pytest.mark.parametrize("word", ["VERSION", "PING 12345", "TIME",
                                  "CLIENTINFO"])
async def test_questions_of_irc_clients(scene, causeway, word):
    alice, bob, person = await pair(scene)
    bob.say(scene.nick("alice"), f"\x01{word}\x01")
    line = await bob.expect("NOTICE", nick=scene.nick("alice"))
    assert line.text.startswith("\x01" + word.split()[0])


async def test_dcc_is_not_followed(scene, causeway):
    alice, bob, person = await pair(scene)
    bob.say(scene.nick("alice"),
            "\x01DCC SEND file 2130706433 9 100\x01")
    bob.say(scene.nick("alice"), "still here")
    await alice.get_message(person, "still here")


# --- People -------------------------------------------------------------------

async def test_vcard(scene, causeway):
    alice, bob, person = await pair(scene)
    answer = await alice.iq("get", person, VCARD)
    assert answer.get("type") == "result"
    text = "\n".join(answer.itertext())
    assert bob.nick in text
    assert "A native client" in text


async def test_vcard4(scene, causeway):
    alice, bob, person = await pair(scene)
    answer = await alice.iq("get", person, VCARD4)
    assert xml.text(answer, f"{V4}vcard/{V4}nickname/{V4}text") == bob.nick
    assert xml.text(answer,
                    f"{V4}vcard/{V4}fn/{V4}text") == "A native client"
    answer = await alice.iq("get", scene.gateway, VCARD4)
    assert xml.text(answer,
                    f"{V4}vcard/{V4}kind/{V4}text") == "application"


async def test_vcard_of_nobody(scene, causeway):
    alice, bob, person = await pair(scene)
    answer = await alice.iq("get", scene.person(scene.nick("nobody")), VCARD)
    assert xml.condition(answer) in ("item-not-found", "service-unavailable")


async def test_idle_time(scene, causeway):
    alice, bob, person = await pair(scene)
    answer = await alice.iq("get", person,
                            "<query xmlns='jabber:iq:last'/>")
    assert int(xml.attr(answer, "last:query", "seconds")) >= 0


async def test_own_absence(scene, causeway):
    alice, bob, person = await pair(scene)
    alice.send_presence(scene.gateway, payload="<show>away</show>"
                        "<status>lunch</status>")
    while True:
        bob.send(f"WHOIS {scene.nick('alice')}")
        await bob.expect("311")
        await bob.expect("318")
        if found := bob.unseen("301"):
            assert found[0].text == "lunch"
            break
    alice.send_presence(scene.gateway)
    while True:
        bob.send(f"WHOIS {scene.nick('alice')}")
        await bob.expect("318")
        if not bob.unseen("301"):
            break


# --- Presence of contacts -----------------------------------------------------

async def befriend(alice, person):
    alice.send_presence(person, "subscribe")
    await alice.get_presence(person, "subscribed")


async def test_contacts_come_and_go(scene, causeway):
    """By MONITOR: no channel is shared."""
    alice, bob, person = await pair(scene)
    await befriend(alice, person)
    await alice.get_presence(person, None)
    await bob.close()
    await alice.get_presence(person, "unavailable")
    await scene.irc("bob")
    await alice.get_presence(person, None)


async def test_contact_who_is_not_there(scene, causeway):
    alice, bob, person = await pair(scene)
    nobody = scene.person(scene.nick("nobody"))
    await befriend(alice, nobody)
    await befriend(alice, person)
    await alice.get_presence(person, None)
    assert not alice.unseen(
        lambda s: xml.kind(s) == "presence" and s.get("from") == nobody
        and s.get("type") is None)


async def test_contact_who_is_away(scene, causeway):
    """By away-notify of a shared channel."""
    alice, bob, person = await pair(scene)
    channel = scene.channel()
    bob.send(f"JOIN {channel}")
    await bob.expect("366")
    await alice.join(scene.room(channel), scene.nick("alice"))
    await befriend(alice, person)
    await alice.get_presence(person, None)
    bob.send("AWAY :lunch")
    presence = await alice.get_presence(person, None)
    assert xml.text(presence, "c:show") == "away"
    assert xml.text(presence, "c:status") == "lunch"


async def test_contacts_on_ngircd(scene, causeway, ngircd):
    """No MONITOR: asked for by ISON, and seen in a shared channel."""
    channel = scene.channel()
    carol = await scene.irc("carol", server=ngircd, join=channel)
    alice = await scene.xmpp()
    nick = scene.nick("al")
    await register(alice, scene, network="old.localhost", nick=nick,
                   server_password="letmein")
    alice.send_presence(scene.gateway)
    person = scene.person(carol.nick, "old.localhost")
    alice.send_message(person, "hello")
    await carol.expect("PRIVMSG", "hello", nick=nick)
    await befriend(alice, person)
    await alice.get_presence(person, None)
    await alice.join(scene.room(channel, "old.localhost"), nick)
    await carol.close()
    await alice.get_presence(person, "unavailable")


# --- Raw lines and typed commands ---------------------------------------------

async def test_raw_line(scene, causeway):
    alice, bob, person = await pair(scene)
    alice.send_message(scene.network(), f"WHOIS {bob.nick}")
    await alice.get_message(scene.network(), re.compile("A native client"))


async def test_raw_line_that_fails(scene, causeway):
    alice, bob, person = await pair(scene)
    alice.send_message(scene.network(), "NONSENSE a b")
    await alice.get_message(scene.network(),
                            re.compile("(?i)unknown command"))


async def test_raw_line_with_newlines(scene, causeway):
    alice, bob, person = await pair(scene)
    alice.send_message(scene.network(), f"TIME\nPRIVMSG {bob.nick} :two\r"
                       f"PRIVMSG {bob.nick} :three")
    await alice.settle(scene.gateway)
    alice.send_message(person, "end")
    await bob.expect("PRIVMSG", "end")


async def test_typed_commands(scene, causeway):
    alice, bob, person = await pair(scene)
    carol = await scene.irc("carol")
    alice.send_message(person, f"/msg {carol.nick} psst")
    await carol.expect("PRIVMSG", "psst", nick=scene.nick("alice"))
    alice.send_message(person, f"/whois {bob.nick}")
    await alice.get_message(None, re.compile("A native client"))


async def test_unknown_typed_command(scene, causeway):
    alice, bob, person = await pair(scene)
    id = alice.send_message(person, "/frobnicate now")
    told = await alice.expect(
        lambda s: xml.kind(s) == "message" and
        (s.get("id") == id or xml.body(s) is not None), "an explanation")
    assert "frobnicate" in "".join(told.itertext())
    alice.send_message(person, "end")
    line = await bob.expect("PRIVMSG", nick=scene.nick("alice"))
    assert line.text == "end"


async def test_two_slashes_send_one(scene, causeway):
    alice, bob, person = await pair(scene)
    alice.send_message(person, "//path is text")
    await bob.expect("PRIVMSG", "/path is text")


async def test_end_to_end_encryption_is_refused(scene, causeway):
    alice, bob, person = await pair(scene)
    id = alice.send_message(
        person, "fallback", payload="<encryption xmlns='urn:xmpp:eme:0' "
        "namespace='eu.siacs.conversations.axolotl'/>"
        "<encrypted xmlns='eu.siacs.conversations.axolotl'/>")
    assert xml.condition(await alice.get_error(id)) is not None
    alice.send_message(person, "end")
    line = await bob.expect("PRIVMSG", nick=scene.nick("alice"))
    assert line.text == "end"
