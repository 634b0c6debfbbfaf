"""A client that knows nothing but messages and presence: no forms, no
commands, no service discovery. Everything that docs/user-guide.md promises to
its user, who never read it: each answer has to say what to do next."""

import asyncio
import re

import pytest

from clients import xml
from servers.causeway import TOP
from test_register import register

NETWORKS = ["irc.localhost", "old.localhost"]

GUIDE = (TOP / "docs/user-guide.md").read_text()


def promised(section):
    """The first column of the table in a section of the user guide."""
    text = GUIDE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(.*?)` *\|", text, re.MULTILINE) + \
        re.findall(r"^\| `[^|]*`, `(.*?)` *\|", text, re.MULTILINE)
    assert rows, section
    return sorted({word for row in rows for word in row.split("`, `")})


def is_sentence(text):
    return text[0].isupper() and text[-1] in ".!?"


class Person:
    """Types, and reads what her client can show."""

    def __init__(self, scene, client):
        self.scene = scene
        self.client = client
        self.gateway = scene.gateway

    async def ask(self, text, to=None):
        """Types to the gateway, and reads the next answer."""
        self.client.send_message(to or self.gateway, text)
        return await self.hear(to)

    async def hear(self, sender=None):
        return xml.body(await self.client.get_message(sender or self.gateway,
                                                      kind="chat"))

    async def fails(self, to, text, kind="chat"):
        """What the error says that a message comes back with."""
        id = self.client.send_message(to, text, kind=kind)
        words = xml.error_text(await self.client.get_error(id))
        assert is_sentence(words), words
        return words

    async def say(self, room, text):
        """Says something in a room, and reads the answer of the network."""
        self.client.say(room, text)
        network = room.partition("%")[2].partition("@")[0]
        return xml.body(await self.client.get_message(
            f"{room}/{network}", kind="groupchat"))

    async def register(self, nick):
        answers = ["irc.localhost", nick, "-", "-"]
        await self.ask("register")
        await self.hear()
        for number, answer in enumerate(answers):
            text = await self.ask(answer)
            if number < len(answers) - 1:
                assert "\n" in text, text  # the next question
        await self.stored(text)
        await self.client.get_presence(self.gateway, "subscribe")
        self.client.send_presence(self.gateway, "subscribed")
        await self.until("irc.localhost: connected")

    async def stored(self, text):
        """What she is told in the end; `text` came first."""
        assert text == "One moment: I am logging in."
        words = await self.hear()
        assert words.startswith("Your settings for irc.localhost are "
                                "stored."), words
        return words

    async def until(self, words):
        """Asks for the status until it tells this."""
        text = await self.ask("status")
        while words not in text:
            await asyncio.sleep(0.1)
            text = await self.ask("status")
        return text

    def done(self):
        """She did it all without what her client does not know."""
        for line in self.client.inbox.transcript:
            assert not ("<iq" in line and self.gateway in line and
                        "jabber:iq:roster" not in line), line


async def plain(scene, name="alice"):
    return Person(scene, await scene.xmpp(name))


# --- Before she is registered -------------------------------------------------

async def test_help_names_all_there_is(scene, causeway):
    alice = await plain(scene)
    assert '"help"' in await alice.ask("hi there")
    text = await alice.ask("HELP")
    for word in promised("Commands"):
        assert word == "help" or f"\n{word} - " in text, word
    # How to reach rooms and people, and how to get out of a question.
    assert f"\n#channel%irc.libera.chat@{scene.gateway}" in text
    assert f"\nnick%irc.libera.chat@{scene.gateway}" in text
    assert '"cancel"' in text
    alice.done()


async def test_every_command_answers_a_stranger(scene, causeway):
    alice = await plain(scene)
    for word in promised("Commands"):
        text = await alice.ask(word)
        if word in ("register", "export"):  # they ask
            assert is_sentence(text), text
            await alice.hear()
            assert await alice.ask("cancel") == "Cancelled."
        elif word != "help":
            assert is_sentence(text), text
    for word in ("status", "accounts", "settings"):
        assert '"register"' in await alice.ask(word), word
    assert await alice.ask("cancel") == "There is nothing to cancel."
    alice.done()


async def test_errors_are_sentences(scene, causeway):
    alice = await plain(scene)
    channel = scene.channel()
    room = scene.room(channel)
    words = await alice.fails(room, "hello")
    assert "Join" in words
    assert "Join" in await alice.fails(room, "hello", kind="groupchat")
    # She forgot the network, or wrote it as no host is called.
    assert "irc.libera.chat" in await alice.fails(
        f"bob@{scene.gateway}", "hello")
    assert "irc.libera.chat" in await alice.fails(
        f"bob%not_a_host@{scene.gateway}", "hello")
    assert "name" in await alice.fails(
        scene.person("bob", "nowhere.invalid"), "hello")
    assert "cannot be reached" in await alice.fails(
        scene.person("bob", "down.localhost"), "hello")
    alice.done()


# --- Registration -------------------------------------------------------------

async def test_registration_with_slips(scene, causeway):
    alice = await plain(scene)
    nick = scene.nick("alice")
    assert is_sentence(await alice.ask("register"))
    assert (await alice.hear()).startswith("Network\n")
    for slip in ("not a host", "libera", "-"):
        words = await alice.ask(slip)
        assert is_sentence(words) and '"cancel"' in words, words
        assert (await alice.hear()).startswith("Network\n")
    assert (await alice.ask("irc.localhost")).startswith("Nick\n")
    words = await alice.ask("two words")
    assert is_sentence(words) and "spaces" in words, words
    assert (await alice.hear()).startswith("Nick\n")
    assert (await alice.ask(nick)).startswith("Account name\n")
    assert (await alice.ask("-")).startswith("Account password\n")
    words = await alice.stored(await alice.ask("-"))
    assert is_sentence(words) and "contact request" in words, words
    # Whose request it is, is written on it.
    request = await alice.client.get_presence(scene.gateway, "subscribe")
    assert "IRC" in "".join(request.itertext())
    alice.client.send_presence(scene.gateway, "subscribed")
    text = await alice.until(f"irc.localhost: connected as {nick}")
    assert text.startswith("You are registered.")
    assert await alice.ask("accounts") == \
        f"irc.localhost: connected as {nick}"
    # What her client does not add, she can add herself.
    text = await alice.ask("contacts")
    assert text.endswith(f"\n{scene.network()}"), text
    alice.done()


async def test_settings_while_a_room_is_open(scene, causeway):
    alice = await plain(scene)
    nick, other = scene.nick("alice"), scene.nick("alix")
    channel, tea = scene.channel(), scene.channel("tea")
    bob = await scene.irc("bob", join=channel)
    await alice.register(nick)
    room = scene.room(channel)
    await alice.client.join(room, nick)
    assert is_sentence(await alice.ask("settings"))
    text = await alice.hear()
    assert f'"-" to keep: {nick}' in text, text
    for answer in (other, "-", "-", "-", "-", f"{channel}, {tea}"):
        text = await alice.ask(answer)
    assert text.startswith("Stay connected (yes or no)"), text
    assert "yes or no" in await alice.ask("maybe")
    await alice.hear()
    # She has accepted the contact request before.
    text = await alice.stored(await alice.ask("no"))
    assert "contact request" not in text, text
    # The room says why it pauses, and she is there with her new nick.
    notice = await alice.client.get_message(
        f"{room}/irc.localhost", kind="groupchat")
    assert xml.body(notice) == "Changing settings. Reconnecting."
    await alice.client.get_presence(
        f"{room}/{other}", where=lambda s: 110 in xml.codes(s))
    await bob.expect("JOIN", channel, nick=other)
    alice.client.say(room, "It is me.")
    await bob.expect("PRIVMSG", channel, "It is me.", nick=other)
    text = await alice.until(f"in {tea} as {other}")
    assert f"in {channel} as {other}" in text
    alice.done()


async def test_unregister(scene, causeway):
    alice = await plain(scene)
    await alice.register(scene.nick("alice"))
    text = await alice.ask("unregister irc.elsewhere.example")
    assert is_sentence(text) and '"accounts"' in text, text
    text = await alice.ask("unregister")
    assert text.startswith("Really remove all that you have here?"), text
    assert "yes or no" in await alice.ask("what?")
    await alice.hear()
    assert await alice.ask("no") == "Nothing was removed."
    text = await alice.ask("unregister irc.localhost")
    assert text.startswith("Really remove it?"), text
    assert (await alice.ask("yes")).startswith("Removed: ")
    await alice.client.get_presence(scene.gateway, "unsubscribe")
    assert (await alice.ask("status")).startswith("You are not registered.")
    alice.done()


# --- People and rooms ---------------------------------------------------------

async def test_talk_with_a_person(scene, causeway):
    alice = await plain(scene)
    nick = scene.nick("alice")
    bob = await scene.irc("bob")
    await alice.register(nick)
    person = scene.person(bob.nick)
    alice.client.send_message(person, "Hello Bob")
    await bob.expect("PRIVMSG", bob.nick, "Hello Bob", nick=nick)
    bob.say(nick, "Hello Alice")
    assert await alice.hear(person) == "Hello Alice"
    alice.client.send_message(person, "/me waves")
    await bob.expect("PRIVMSG", bob.nick, "\x01ACTION waves\x01")
    # As a contact he is called by his nick.
    alice.client.send_presence(person, "subscribe")
    await alice.client.get_presence(person, "subscribed")
    request = await alice.client.get_presence(person, "subscribe")
    assert "".join(request.itertext()).lower() == bob.nick.lower()
    await alice.client.get_presence(person)
    words = xml.error_text(await alice.client.get_error(
        alice.client.send_message(scene.person(scene.nick("zoe")), "Hi")))
    assert words == "No such nick"
    # A line of IRC, to the network.
    alice.client.send_message(scene.network(), f"WHOIS {bob.nick}")
    await alice.client.get_message(scene.network(), re.compile(bob.nick))
    alice.done()


async def enter(scene, network, ngircd):
    """She in a new channel of hers, and bob."""
    alice = await plain(scene)
    nick, channel = scene.nick("alice"), scene.channel()
    room = scene.room(channel, network)
    server = None
    if network == ngircd.host:
        server = ngircd
        # Only a form asks for that password.
        elsewhere = await scene.xmpp(resource="forms")
        await register(elsewhere, scene, network=network, nick=nick,
                       server_password=ngircd.password)
        await elsewhere.close()
    await alice.client.join(room, nick)
    bob = await scene.irc("bob", server=server, join=channel)
    return alice, bob, nick, channel, room


@pytest.mark.parametrize("network", NETWORKS)
async def test_commands_in_a_room(scene, causeway, ngircd, network):
    """All that the user guide lists."""
    alice, bob, nick, channel, room = await enter(scene, network, ngircd)
    text = await alice.say(room, "/help")
    for usage in promised("In a room"):
        assert f"\n{usage.split()[0]} " in f"\n{text}", usage
    assert "/help" in await alice.say(room, "/frobnicate")
    assert await alice.say(room, "/topic") == "There is no topic."
    alice.client.say(room, "/topic Tea at five")
    await bob.expect("TOPIC", channel, "Tea at five")
    names = (await alice.say(room, "/names")).split()
    assert sorted(names) == sorted([f"@{nick}", bob.nick])
    assert f"nick: {bob.nick}\n" in await alice.say(
        room, f"/whois {bob.nick}")
    for typed, command in (
            (f"/msg {bob.nick} one", "PRIVMSG"),
            (f"/query {bob.nick} two", "PRIVMSG"),
            (f"/notice {bob.nick} three", "NOTICE"),
            (f"/raw PRIVMSG {bob.nick} four", "PRIVMSG"),
            (f"/quote PRIVMSG {bob.nick} five", "PRIVMSG")):
        alice.client.say(room, typed)
        await bob.expect(command, bob.nick, typed.split()[-1])
    # Nobody is missed in silence.
    nobody = scene.nick("zoe")
    for typed in (f"/whois {nobody}", f"/msg {nobody} x", f"/kick {nobody}"):
        words = xml.error_text(await alice.client.get_error(
            alice.client.say(room, typed)))
        assert "nick" in words, words
    alice.client.say(room, "/me waves")
    await bob.expect("PRIVMSG", channel, "\x01ACTION waves\x01")
    alice.client.say(room, "//shrug")
    await bob.expect("PRIVMSG", channel, "/shrug")
    assert await alice.say(room, "/away lunch") == "You are away."
    assert await alice.say(room, "/away") == "You are back."
    alice.client.say(room, "/mode +m")
    await bob.expect("MODE", channel, "+m")
    assert "m" in (await alice.say(room, "/mode")).partition("+")[2]
    alice.client.say(room, "/mode -m")
    await bob.expect("MODE", channel, "-m")
    assert (await alice.say(room, "/mode +@")).startswith("@ is ")
    for verb, mode in (("op", "+o"), ("deop", "-o"),
                       ("voice", "+v"), ("devoice", "-v")):
        alice.client.say(room, f"/{verb} {bob.nick}")
        await bob.expect("MODE", channel, mode, bob.nick)
    assert await alice.say(room, "/ban") == "Nobody is banned."
    alice.client.say(room, "/ban *!*@192.0.2.1")
    await bob.expect("MODE", channel, "+b", "*!*@192.0.2.1")
    assert "*!*@192.0.2.1" in await alice.say(room, "/ban")
    alice.client.say(room, "/unban *!*@192.0.2.1")
    await bob.expect("MODE", channel, "-b", "*!*@192.0.2.1")
    words = xml.error_text(await alice.client.get_error(
        alice.client.say(room, f"/invite {bob.nick}")))
    assert words.startswith(f"{bob.nick} is "), words
    alice.client.say(room, f"/kick {bob.nick} enough")
    await bob.expect("KICK", channel, bob.nick, "enough")
    alice.client.say(room, f"/invite {bob.nick}")
    await bob.expect("INVITE", bob.nick, channel)
    assert (await alice.say(room, "/nick two words")).startswith("The network")
    alice.client.say(room, f"/nick {scene.nick('ally')}")
    await alice.client.get_presence(
        f"{room}/{scene.nick('ally')}", where=lambda s: 110 in xml.codes(s))
    alice.done()


@pytest.mark.parametrize("network", NETWORKS)
async def test_lines_to_the_network(scene, causeway, ngircd, network):
    alice, bob, nick, channel, room = await enter(scene, network, ngircd)
    jid = scene.network(network)
    for line, words in (
            (f"WHOIS {bob.nick}", f"{bob.nick} .* A native client"),
            ("LIST", re.escape(channel)),
            ("MOTD", "."),
            ("FROBNICATE", "(?i)unknown command"),
            (f"WHO {channel}", f"{channel} .* A native client")):
        alice.client.send_message(jid, line)
        await alice.client.get_message(jid, re.compile(words), kind="chat")
    await alice.fails(jid, f"/whois {bob.nick}")
    # In a chat with a person commands for channels have to name one.
    person = scene.person(bob.nick, network)
    assert "/topic #channel" in await alice.fails(person, "/topic")
    alice.client.send_message(person, f"/topic {channel} From far away")
    await bob.expect("TOPIC", channel, "From far away")
    nobody = scene.nick("zoe")
    words = xml.error_text(await alice.client.get_error(
        alice.client.send_message(person, f"/msg {nobody} hello")))
    assert words.startswith("No such nick"), words
