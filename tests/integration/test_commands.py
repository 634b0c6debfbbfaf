"""Commands: ad-hoc (XEP-0050) and by chat with the gateway."""

import re

import pytest

from clients import xml
from servers.prosody import DOMAIN
from test_disco import items, info, identities, features
from test_register import is_registered, register, stored

COMMANDS = "http://jabber.org/protocol/commands"
USER_COMMANDS = {"register", "accounts", "settings", "unregister", "status",
                 "contacts", "export"}


async def command(client, jid, node, action="execute", session=None,
                  form=""):
    extra = f" sessionid={xml.quoteattr(session)}" if session else ""
    answer = await client.iq(
        "set", jid, f"<command xmlns='{COMMANDS}' node='{node}' "
        f"action='{action}'{extra}>{form}</command>")
    return answer


def status(answer):
    return xml.attr(answer, "cmd:command", "status")


def session(answer):
    return xml.attr(answer, "cmd:command", "sessionid")


def words(answer):
    """All text of a command's answer."""
    return "\n".join(answer.itertext())


async def ask(client, scene, text):
    """Says something to the gateway and returns what it answers."""
    client.send_message(scene.gateway, text)
    answers = [await client.get_message(scene.gateway)]
    await client.settle(scene.gateway)
    answers += client.unseen(lambda s: s.get("from") == scene.gateway and
                             xml.body(s) is not None)
    return "\n".join(map(xml.body, answers))


# --- Discovery ----------------------------------------------------------------

async def test_commands_are_listed(scene, site):
    alice = await scene.xmpp(server=site.server)
    assert USER_COMMANDS <= set(await items(alice, scene.gateway, COMMANDS))
    answer = await info(alice, scene.gateway, COMMANDS)
    assert ("automation", "command-list") in identities(answer)
    answer = await info(alice, scene.gateway, "status")
    assert ("automation", "command-node") in identities(answer)
    assert COMMANDS in features(answer)


async def test_only_administrators_see_theirs(scene, causeway):
    alice = await scene.xmpp()
    admin = await scene.xmpp("admin", scene.nick("desk"), exactly=True)
    everybody = set(await items(alice, scene.gateway, COMMANDS))
    more = set(await items(admin, scene.gateway, COMMANDS)) - everybody
    assert [node for node in more
            if node.startswith("http://jabber.org/protocol/admin#")]
    for node in more:
        answer = await command(alice, scene.gateway, node)
        assert xml.condition(answer) in ("forbidden", "item-not-found"), node


# --- Ad-hoc -------------------------------------------------------------------

async def test_status(scene, site):
    alice = await scene.xmpp(server=site.server)
    await register(alice, scene)
    answer = await command(alice, scene.gateway, "status")
    assert status(answer) == "completed"
    assert "irc.localhost" in words(answer)


async def test_register_by_command(scene, site):
    alice = await scene.xmpp(server=site.server)
    first = await command(alice, scene.gateway, "register")
    assert status(first) == "executing"
    fields = xml.form_fields(xml.one(first, "cmd:command/x:x"))
    assert {"network", "nick", "password"} <= set(fields)
    last = await command(
        alice, scene.gateway, "register", "complete", session(first),
        xml.submit({"network": "irc.localhost",
                    "nick": scene.nick("alice")}))
    assert status(last) == "completed"
    assert (await stored(alice, scene.network()))["nick"] == \
        scene.nick("alice")


async def test_a_form_filled_in_wrongly(scene, causeway):
    alice = await scene.xmpp()
    first = await command(alice, scene.gateway, "register")
    answer = await command(
        alice, scene.gateway, "register", "complete", session(first),
        xml.submit({"network": "irc.localhost", "nick": "no good"}))
    assert answer.get("type") == "error" or status(answer) == "executing" \
        or xml.attr(answer, "cmd:command/cmd:note", "type") == "error"
    assert not await is_registered(alice, scene.gateway)


async def test_unregister_by_command(scene, causeway):
    alice = await scene.xmpp()
    await register(alice, scene)
    first = await command(alice, scene.gateway, "unregister")
    if status(first) == "executing":
        form = xml.one(first, "cmd:command/x:x")
        values = {name: "irc.localhost" if name in ("network", "account")
                  else "true" for name in xml.form_fields(form)
                  if name != "FORM_TYPE"}
        last = await command(alice, scene.gateway, "unregister", "complete",
                             session(first), xml.submit(values))
        assert status(last) == "completed"
    assert not await is_registered(alice, scene.gateway)


async def test_cancel(scene, causeway):
    alice = await scene.xmpp()
    first = await command(alice, scene.gateway, "register")
    answer = await command(alice, scene.gateway, "register", "cancel",
                           session(first))
    assert status(answer) == "canceled"
    answer = await command(alice, scene.gateway, "register", "complete",
                           session(first), xml.submit({"nick": "x"}))
    assert answer.get("type") == "error"


async def test_somebody_elses_session(scene, causeway):
    alice = await scene.xmpp("alice")
    mallory = await scene.xmpp("mallory")
    first = await command(alice, scene.gateway, "register")
    answer = await command(mallory, scene.gateway, "register", "cancel",
                           session(first))
    assert xml.condition(answer) in ("bad-request", "not-allowed",
                                     "item-not-found")
    answer = await command(alice, scene.gateway, "register", "cancel",
                           session(first))
    assert status(answer) == "canceled"


@pytest.mark.parametrize("node, action, session_id", [
    ("no-such-command", "execute", None),
    ("status", "dance", None),
    ("register", "complete", "made-up"),
])
async def test_bad_requests(scene, causeway, node, action, session_id):
    alice = await scene.xmpp()
    answer = await command(alice, scene.gateway, node, action, session_id)
    assert answer.get("type") == "error"


async def test_settings_show_what_is_stored(scene, causeway):
    alice = await scene.xmpp()
    await register(alice, scene, realname="Alice A.", password="s1cret")
    first = await command(alice, scene.network(), "settings")
    text = words(first)
    assert "s1cret" not in text
    assert first.get("type") == "result"


async def test_accounts(scene, causeway):
    alice = await scene.xmpp()
    await register(alice, scene)
    await register(alice, scene, network="tls.localhost")
    answer = await command(alice, scene.gateway, "accounts")
    assert "irc.localhost" in words(answer)
    assert "tls.localhost" in words(answer)


async def test_contacts_are_offered(scene, causeway):
    alice = await scene.xmpp()
    await register(alice, scene)
    bob = await scene.irc("bob")
    alice.send_presence(scene.person(bob.nick), "subscribe")
    await alice.get_presence(scene.person(bob.nick), "subscribed")
    await command(alice, scene.gateway, "contacts")
    offer = await alice.expect(
        lambda s: xml.one(s, "rosterx:x") is not None, "roster items")
    jids = {item.get("jid")
            for item in xml.all_of(offer, "rosterx:x/rosterx:item")}
    assert scene.person(bob.nick) in jids


async def test_export(scene, causeway):
    alice = await scene.xmpp()
    await register(alice, scene, realname="Alice A.", password="s1cret")
    form = await command(alice, scene.gateway, "export")
    text = words(await command(alice, scene.gateway, "export",
                               session=session(form), form=xml.submit({})))
    assert "irc.localhost" in text
    assert "Alice A." in text
    assert "s1cret" not in text


# --- By chat ------------------------------------------------------------------

async def test_help(scene, site):
    alice = await scene.xmpp(server=site.server)
    text = await ask(alice, scene, "help")
    for name in USER_COMMANDS:
        assert name in text


async def test_unknown_words_are_explained(scene, causeway):
    alice = await scene.xmpp()
    assert "help" in await ask(alice, scene, "hello there")


async def test_status_by_chat(scene, site):
    alice = await scene.xmpp(server=site.server)
    await register(alice, scene)
    assert "irc.localhost" in await ask(alice, scene, "status")


async def test_register_by_chat(scene, site):
    """Field by field: the questions begin with the labels of the form."""
    alice = await scene.xmpp(server=site.server)
    form = await alice.iq("get", scene.gateway,
                          "<query xmlns='jabber:iq:register'/>")
    labels = {field.get("label"): name for name, field in xml.form_fields(
        xml.one(form, "reg:query/x:x")).items()}
    answers = {"network": "irc.localhost", "nick": scene.nick("alice")}
    alice.send_message(scene.gateway, "register")
    asked = []
    while not await is_registered(alice, scene.gateway):
        text = xml.body(await alice.get_message(scene.gateway))
        label = next((l for l in labels if l and text.startswith(l)), None)
        if label is not None:
            asked.append(labels[label])
            alice.send_message(scene.gateway,
                               answers.get(labels[label], "-"))
    assert {"network", "nick"} <= set(asked)
    assert (await stored(alice, scene.network()))["nick"] == \
        scene.nick("alice")


async def test_a_wrong_answer_is_asked_again(scene, causeway):
    alice = await scene.xmpp()
    await ask(alice, scene, "register")
    text = await ask(alice, scene, "not a host")
    assert text
    text = await ask(alice, scene, "cancel")
    assert re.search(r"(?i)cancel", text)
    assert not await is_registered(alice, scene.gateway)


# --- Administrators -----------------------------------------------------------

async def admin_of(scene, daemon):
    return await scene.xmpp("admin", f"desk-{daemon.jid}", exactly=True)


async def test_administration(scene, own_causeway):
    daemon = own_causeway(scene.prosody, admins=[f"admin@{DOMAIN}"])
    await daemon.start()
    scene.gateway = daemon.jid
    admin = await admin_of(scene, daemon)
    alice = await scene.xmpp()
    await register(alice, scene)
    alice.send_presence(scene.gateway)
    text = await ask(admin, scene, "help")
    assert "announce" in text and "users" in text
    text = await ask(admin, scene, "users")
    assert alice.bare in text


async def test_announcement(scene, own_causeway):
    daemon = own_causeway(scene.prosody, admins=[f"admin@{DOMAIN}"])
    await daemon.start()
    scene.gateway = daemon.jid
    admin = await admin_of(scene, daemon)
    alice = await scene.xmpp()
    await register(alice, scene)
    alice.send_presence(scene.gateway)
    nodes = await items(admin, scene.gateway, COMMANDS)
    node = next(n for n in nodes if n.endswith("#announce"))
    first = await command(admin, scene.gateway, node)
    names = set(xml.form_fields(xml.one(first, "cmd:command/x:x")))
    last = await command(
        admin, scene.gateway, node, "complete", session(first),
        xml.submit({name: "Maintenance at noon" for name in names
                    if name != "FORM_TYPE"}))
    assert status(last) == "completed"
    await alice.get_message(scene.gateway, re.compile("Maintenance at noon"))
