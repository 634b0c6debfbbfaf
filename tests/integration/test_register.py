"""Registration (XEP-0077) with each XMPP server."""

import pytest

from clients import xml
from servers.prosody import ELSEWHERE

GET = "<query xmlns='jabber:iq:register'/>"
REMOVE = "<query xmlns='jabber:iq:register'><remove/></query>"
FIELDS = {"network", "nick", "username", "password", "server_password",
          "realname", "channels", "stay"}
SECRETS = ("password", "server_password")


def filled(values):
    form = xml.submit(values, form_type="jabber:iq:register")
    return f"<query xmlns='jabber:iq:register'>{form}</query>"


def elements(values):
    inner = "".join(f"<{k}>{xml.escape(v)}</{k}>" for k, v in values.items())
    return f"<query xmlns='jabber:iq:register'>{inner}</query>"


async def register(client, scene, to=None, **values):
    values = {"network": "irc.localhost", "nick": scene.nick("alice"),
              **values}
    answer = await client.iq("set", to or scene.gateway, filled(values))
    assert answer.get("type") == "result", xml.ET.tostring(answer)


async def refused(client, scene, to=None, **values):
    """The condition and the words of a registration that fails; nothing is
    left of it."""
    values = {"network": "irc.localhost", "nick": scene.nick("alice"),
              **values}
    answer = await client.iq("set", to or scene.gateway, filled(values))
    assert answer.get("type") == "error", xml.ET.tostring(answer)
    assert xml.error_text(answer)
    return xml.condition(answer), xml.error_text(answer)


async def stored(client, jid):
    """The form of somebody registered."""
    answer = await client.iq("get", jid, GET)
    assert answer.get("type") == "result"
    assert xml.one(answer, "reg:query/reg:registered") is not None
    return xml.form_values(xml.one(answer, "reg:query/x:x"))


async def is_registered(client, jid):
    answer = await client.iq("get", jid, GET)
    return xml.one(answer, "reg:query/reg:registered") is not None


async def test_the_form(scene, site):
    alice = await scene.xmpp(server=site.server)
    answer = await alice.iq("get", scene.gateway, GET)
    query = xml.one(answer, "reg:query")
    assert xml.one(query, "reg:registered") is None
    assert xml.text(query, "reg:instructions")
    fields = xml.form_fields(xml.one(query, "x:x"))
    assert FIELDS <= set(fields)
    assert fields["FORM_TYPE"].get("type") == "hidden"
    assert fields["stay"].get("type") == "boolean"
    assert fields["channels"].get("type") == "text-multi"
    for name in SECRETS:
        assert fields[name].get("type") == "text-private"
    assert xml.one(fields["network"], "x:required") is not None


async def test_old_elements_are_offered(scene, causeway):
    alice = await scene.xmpp()
    query = xml.one(await alice.iq("get", scene.network(), GET), "reg:query")
    assert xml.one(query, "reg:nick") is not None
    assert xml.one(query, "reg:username") is not None
    assert xml.one(query, "reg:password") is not None


async def test_register_by_form(scene, site):
    alice = await scene.xmpp(server=site.server)
    await register(alice, scene, realname="Alice A.",
                   channels=["#one", "#two"], stay="true",
                   password="s1cret", server_password="s2cret")
    values = await stored(alice, scene.network())
    assert values["network"] == "irc.localhost"
    assert values["nick"] == scene.nick("alice")
    assert values["realname"] == "Alice A."
    assert values["channels"] == ["#one", "#two"]
    assert values["stay"] in ("1", "true")
    assert await is_registered(alice, scene.gateway)


async def test_secrets_never_come_back(scene, site):
    alice = await scene.xmpp(server=site.server)
    await register(alice, scene, password="s1cret", server_password="s2cret")
    for jid in (scene.network(), scene.gateway):
        values = await stored(alice, jid)
        assert [values.get(name, "") for name in SECRETS] == ["", ""]
    # Nor in an error that echoes the request.
    await alice.iq("set", scene.gateway, filled(
        {"network": "not a host", "nick": "x", "password": "s1cret"}))
    received = [line for line in alice.inbox.transcript if " < " in line]
    assert not [line for line in received
                if "s1cret" in line or "s2cret" in line]


async def test_register_by_old_elements(scene, site):
    alice = await scene.xmpp(server=site.server)
    answer = await alice.iq("set", scene.network(),
                            elements({"nick": scene.nick("alice")}))
    assert answer.get("type") == "result", xml.ET.tostring(answer)
    values = await stored(alice, scene.network())
    assert values["nick"] == scene.nick("alice")


async def test_change_keeps_what_is_left_out(scene, site):
    alice = await scene.xmpp(server=site.server)
    await register(alice, scene, realname="Before", password="s1cret")
    await register(alice, scene, nick=scene.nick("other"), password="")
    values = await stored(alice, scene.network())
    assert values["nick"] == scene.nick("other")
    assert values["realname"] == "Before"


async def test_another_network_is_added(scene, causeway):
    alice = await scene.xmpp()
    await register(alice, scene)
    await register(alice, scene, network="tls.localhost")
    assert await is_registered(alice, scene.network())
    assert await is_registered(alice, scene.network("tls.localhost"))


async def test_remove_one_network(scene, site):
    alice = await scene.xmpp(server=site.server)
    await register(alice, scene)
    await register(alice, scene, network="tls.localhost")
    answer = await alice.iq("set", scene.network(), REMOVE)
    assert answer.get("type") == "result"
    assert not await is_registered(alice, scene.network())
    assert await is_registered(alice, scene.network("tls.localhost"))


async def test_remove_everything(scene, site):
    alice = await scene.xmpp(server=site.server)
    await register(alice, scene)
    await register(alice, scene, network="tls.localhost")
    answer = await alice.iq("set", scene.gateway, REMOVE)
    assert answer.get("type") == "result"
    assert not await is_registered(alice, scene.gateway)
    assert not await is_registered(alice, scene.network())


async def test_users_are_separate(scene, causeway):
    alice = await scene.xmpp("alice")
    carol = await scene.xmpp("carol")
    await register(alice, scene, realname="Alice")
    assert not await is_registered(carol, scene.network())
    await register(carol, scene, realname="Carol", nick=scene.nick("carol"))
    assert (await stored(alice, scene.network()))["realname"] == "Alice"


# --- Refusals -----------------------------------------------------------------

@pytest.mark.parametrize("values", [
    {"network": ""},
    {"network": "not a host"},
    {"network": "irc.localhost", "nick": "no spaces allowed"},
    {"network": "irc.localhost", "nick": "a\nQUIT"},
    {"network": "irc.localhost", "nick": "x" * 3000},
    {"network": "irc.localhost", "nick": "ok", "stay": "perhaps"},
], ids=["none", "no-host", "spaces", "newline", "long", "not-boolean"])
async def test_bad_values(scene, site, values):
    alice = await scene.xmpp(server=site.server)
    answer = await alice.iq("set", scene.gateway, filled(values))
    assert xml.condition(answer) in ("not-acceptable", "bad-request")
    assert xml.error_text(answer)
    # XEP-0077 section 9: the old code too.
    assert xml.attr(answer, "c:error", "code") in ("406", "400")
    assert not await is_registered(alice, scene.gateway)


async def test_remove_without_registration(scene, site):
    alice = await scene.xmpp(server=site.server)
    answer = await alice.iq("set", scene.gateway, REMOVE)
    assert xml.condition(answer) == "registration-required"
    assert xml.attr(answer, "c:error", "code") == "407"


async def test_remove_with_something_else(scene, causeway):
    alice = await scene.xmpp()
    await register(alice, scene)
    answer = await alice.iq("set", scene.gateway, REMOVE.replace(
        "<remove/>", "<remove/><nick>x</nick>"))
    assert xml.condition(answer) == "bad-request"
    assert await is_registered(alice, scene.gateway)


async def test_empty_request(scene, causeway):
    alice = await scene.xmpp()
    answer = await alice.iq("set", scene.gateway, GET)
    assert xml.condition(answer) in ("bad-request", "not-acceptable")


async def test_cancelled_form(scene, causeway):
    alice = await scene.xmpp()
    form = xml.submit({}, action="cancel")
    await alice.iq("set", scene.gateway,
                   f"<query xmlns='jabber:iq:register'>{form}</query>")
    assert not await is_registered(alice, scene.gateway)


async def test_strangers_may_not(scene, causeway):
    mallory = await scene.xmpp("mallory", domain=ELSEWHERE)
    answer = await mallory.iq("set", scene.gateway, filled(
        {"network": "irc.localhost", "nick": "mallory"}))
    assert xml.condition(answer) in ("forbidden", "not-allowed")


async def test_access_rules(scene, own_causeway):
    good, bad = scene.jid("good"), scene.jid("bad")
    daemon = own_causeway(scene.prosody, access={
        "register": [good, ELSEWHERE, bad], "deny": [bad]})
    await daemon.start()
    scene.gateway = daemon.jid
    for name, domain, permitted in [("good", "example.test", True),
                                    ("other", "example.test", False),
                                    ("bad", "example.test", False),
                                    ("any", ELSEWHERE, True)]:
        client = await scene.xmpp(name, domain=domain)
        answer = await client.iq("set", scene.gateway, filled(
            {"network": "irc.localhost", "nick": scene.nick(name)}))
        assert (answer.get("type") == "result") == permitted, name


async def test_a_forbidden_network(scene, own_causeway):
    daemon = own_causeway(scene.prosody, gateway={"any_network": False})
    await daemon.start()
    scene.gateway = daemon.jid
    alice = await scene.xmpp()
    answer = await alice.iq("set", scene.gateway, filled(
        {"network": "irc.example.org", "nick": "alice"}))
    assert answer.get("type") == "error"
    assert xml.error_text(answer)
    await register(alice, scene)
