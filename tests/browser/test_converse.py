"""Converse.js, as a person uses it: what the gateway sends must be seen."""

from demo import CHANNEL, GATEWAY, NETWORK

COMMANDS = "converse-adhoc-commands"


async def open_commands(client, jid):
    await client.click(".fa-cog")
    await client.click("text=Commands")
    await client.fill(f"{COMMANDS} input[name=jid]", jid)
    await client.click(f"{COMMANDS} input[type=submit]")
    await client.see(f"{COMMANDS} a[data-command-node=register]")


async def test_register(site):
    dora = await site.person("dora")
    await dora.see_occupant("dora")
    await site.demo.guide.expect("JOIN", nick="dora")
    await open_commands(dora, GATEWAY)
    await dora.click(f"{COMMANDS} a[data-command-node=register]")

    # A mistake is explained, and costs nothing that was typed.
    await dora.fill("[name=network]", NETWORK)
    await dora.fill("[name=nick]", "not a nick")
    await dora.fill("[name=realname]", "Dora the Tester")
    await dora.click("input[data-action=complete]")
    await dora.see(".form-instructions:has-text('nick')")
    assert await dora.do("inputValue", "[name=realname]") == \
        "Dora the Tester"
    await dora.fill("[name=nick]", "doretta")
    await dora.click("input[data-action=complete]")
    await dora.see(f"text=Your settings for {NETWORK} are stored")
    await dora.click(".modal.show .btn-close, .modal.show .modal-footer "
                     "button")

    # The network and the open room know the new nick, and the gateway
    # becomes a contact.
    await site.demo.guide.expect("JOIN", nick="doretta")
    await dora.see_occupant("doretta")
    await dora.click(f"a.open-chat[data-jid='{GATEWAY}']")
    await dora.click("text=Approve")
    await dora.click(".modal.show [type=submit]")
    await dora.see("converse-roster-contact:has-text('IRC gateway')")
    await dora.click("a.open-room:has-text('#lounge')")
    await dora.say("registered")
    await site.demo.guide.expect("PRIVMSG", CHANNEL, "registered",
                                 nick="doretta")


async def test_room(site):
    bob = await site.irc("bob")
    emma = await site.person("emma")
    for nick in ("guide", "bob", "emma"):
        await emma.see_occupant(nick)
    await bob.expect("JOIN", CHANNEL, nick="emma")

    await emma.say("hello from a browser")
    await bob.expect("PRIVMSG", CHANNEL, "hello from a browser",
                     nick="emma")
    bob.say(CHANNEL, "hello from \2IRC\2")
    await emma.read("hello from *IRC*")
    await emma.say("/me waves")
    await bob.expect("PRIVMSG", CHANNEL, "\1ACTION waves\1", nick="emma")
    bob.say(CHANNEL, "\1ACTION waves back\1")
    await emma.read("waves back")

    # Commands of the gateway: the answer, and what went wrong.
    await emma.say("/whois bob")
    await emma.read("realname: A native client")
    await emma.say("/frob")
    await emma.read("There is no command /frob")
    await emma.say("/topic Mine")
    await emma.see(".chat-msg__error:has-text('to change the topic')")

    await site.demo.guide.command(f"TOPIC {CHANNEL} :News of today",
                                  "TOPIC", CHANNEL)
    await emma.see("text=News of today")
    await emma.say("/nick emmy")
    await bob.expect("NICK", "emmy", nick="emma")
    await emma.see_occupant("emmy")
    bob.send("NICK robert")
    await emma.see_occupant("robert")

    await site.demo.guide.command(f"KICK {CHANNEL} emmy :for a test",
                                  "KICK", CHANNEL)
    await emma.see(".disconnect-msg:has-text('kicked')")
    await emma.see("text=for a test")


async def test_private(site):
    carl = await site.irc("carl")
    fred = await site.person("fred")
    await fred.see_occupant("carl")
    carl.say("fred", "psst")
    await fred.click(f"a.open-chat[data-jid^='carl%{NETWORK}']")
    await fred.read("psst")
    await fred.say("what is it?")
    await carl.expect("PRIVMSG", "carl", "what is it?", nick="fred")


async def test_restart(site):
    """The daemon goes and comes back; the room does too, with what was
    said."""
    dave = await site.irc("dave")
    gina = await site.person("gina")
    await gina.see_occupant("dave")
    dave.say(CHANNEL, "before the restart")
    await gina.read("before the restart")

    assert await site.demo.causeway.stop() == 0
    await dave.expect("QUIT", nick="gina")
    await site.demo.causeway.start()
    await gina.do("reload")
    await gina.see_occupant("dave")
    await gina.read("before the restart")
    await gina.say("after the restart")
    await dave.expect("PRIVMSG", CHANNEL, "after the restart", nick="gina")
