"""Service discovery and the small questions (XEP-0030, 0115, 0128, 0157,
0092, 0012, 0202, 0054, 0199)."""

import base64
import hashlib

import pytest

from clients import xml
from test_register import register

INFO = "<query xmlns='http://jabber.org/protocol/disco#info'{}/>"
ITEMS = "<query xmlns='http://jabber.org/protocol/disco#items'{}/>"


async def info(client, jid, node=None):
    extra = f" node={xml.quoteattr(node)}" if node else ""
    return await client.iq("get", jid, INFO.format(extra))


async def items(client, jid, node=None):
    extra = f" node={xml.quoteattr(node)}" if node else ""
    answer = await client.iq("get", jid, ITEMS.format(extra))
    assert answer.get("type") == "result", xml.ET.tostring(answer)
    return [item.get("jid") if node is None else item.get("node")
            for item in xml.all_of(answer, "items:query/items:item")]


def identities(answer):
    return {(i.get("category"), i.get("type"))
            for i in xml.all_of(answer, "info:query/info:identity")}


def features(answer):
    found = [f.get("var")
             for f in xml.all_of(answer, "info:query/info:feature")]
    assert len(found) == len(set(found)), "a feature twice"
    return set(found)


def verification(answer):
    """The verification string of XEP-0115 section 5.1."""
    query = xml.one(answer, "info:query")
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    parts = sorted("/".join([i.get("category"), i.get("type"),
                             i.get(lang, ""), i.get("name", "")])
                   for i in xml.all_of(query, "info:identity"))
    parts += sorted(f.get("var") for f in xml.all_of(query, "info:feature"))
    forms = sorted(xml.all_of(query, "x:x"),
                   key=lambda f: xml.form_values(f)["FORM_TYPE"])
    for form in forms:
        fields = xml.form_fields(form)
        parts.append(xml.form_values(form)["FORM_TYPE"])
        for name in sorted(set(fields) - {"FORM_TYPE"}):
            parts.append(name)
            parts += sorted(v.text or ""
                            for v in xml.all_of(fields[name], "x:value"))
    text = "".join(part + "<" for part in parts)
    return base64.b64encode(hashlib.sha1(text.encode()).digest()).decode()


async def test_the_gateway(scene, site):
    alice = await scene.xmpp(server=site.server)
    answer = await info(alice, scene.gateway)
    assert ("gateway", "irc") in identities(answer)
    assert {"http://jabber.org/protocol/disco#info",
            "http://jabber.org/protocol/disco#items",
            "http://jabber.org/protocol/commands",
            "http://jabber.org/protocol/muc",
            "http://jabber.org/protocol/caps",
            "http://jabber.org/protocol/rosterx",
            "jabber:iq:register", "jabber:iq:gateway", "jabber:iq:version",
            "jabber:iq:last", "urn:xmpp:ping", "urn:xmpp:time",
            "vcard-temp", "jid\\20escaping"} <= features(answer)


async def test_the_networks_are_items(scene, causeway):
    alice = await scene.xmpp()
    found = await items(alice, scene.gateway)
    assert scene.network() in found
    assert scene.network("tls.localhost") in found


async def test_a_network(scene, causeway):
    alice = await scene.xmpp()
    answer = await info(alice, scene.network())
    assert answer.get("type") == "result"
    assert ("conference", "irc") in identities(answer) or \
        ("gateway", "irc") in identities(answer)
    assert "jabber:iq:register" in features(answer)


async def test_unknown_node(scene, causeway):
    alice = await scene.xmpp()
    answer = await info(alice, scene.gateway, "urn:example:nowhere")
    assert xml.condition(answer) == "item-not-found"
    assert answer.get("from") == scene.gateway


async def test_addresses_for_contact(scene, own_causeway):
    daemon = own_causeway(scene.prosody, contact={
        "abuse": ["mailto:abuse@example.test"],
        "admin": ["xmpp:admin@example.test", "mailto:admin@example.test"]})
    await daemon.start()
    alice = await scene.xmpp()
    answer = await info(alice, daemon.jid)
    forms = {xml.form_values(f)["FORM_TYPE"]: xml.form_values(f)
             for f in xml.all_of(answer, "info:query/x:x")}
    published = forms["http://jabber.org/network/serverinfo"]
    assert published["abuse-addresses"] == "mailto:abuse@example.test"
    assert published["admin-addresses"] == ["xmpp:admin@example.test",
                                            "mailto:admin@example.test"]


async def test_capabilities(scene, causeway):
    alice = await scene.xmpp()
    await register(alice, scene)
    alice.send_presence(scene.gateway, "subscribe")
    presence = await alice.get_presence(
        scene.gateway, where=lambda s: xml.one(s, "cap:c") is not None)
    caps = xml.one(presence, "cap:c")
    assert caps.get("hash") == "sha-1"
    node = f"{caps.get('node')}#{caps.get('ver')}"
    answer = await info(alice, scene.gateway, node)
    assert xml.attr(answer, "info:query", "node") == node
    assert verification(answer) == caps.get("ver")


@pytest.mark.parametrize("local", ["", "irc.localhost@"])
async def test_ping(scene, causeway, local):
    alice = await scene.xmpp()
    answer = await alice.iq("get", local + scene.gateway,
                            "<ping xmlns='urn:xmpp:ping'/>")
    assert answer.get("type") == "result"


async def test_version(scene, causeway):
    alice = await scene.xmpp()
    answer = await alice.iq("get", scene.gateway,
                            "<query xmlns='jabber:iq:version'/>")
    assert "causeway" in xml.text(answer,
                                  "version:query/version:name").lower()
    assert xml.text(answer, "version:query/version:version")


async def test_uptime(scene, causeway):
    alice = await scene.xmpp()
    answer = await alice.iq("get", scene.gateway,
                            "<query xmlns='jabber:iq:last'/>")
    assert int(xml.attr(answer, "last:query", "seconds")) >= 0


async def test_time(scene, causeway):
    alice = await scene.xmpp()
    answer = await alice.iq("get", scene.gateway,
                            "<time xmlns='urn:xmpp:time'/>")
    assert xml.text(answer, "time:time/time:utc").endswith("Z")
    assert xml.text(answer, "time:time/time:tzo")


async def test_vcard(scene, causeway):
    alice = await scene.xmpp()
    answer = await alice.iq("get", scene.gateway,
                            "<vCard xmlns='vcard-temp'/>")
    assert answer.get("type") == "result"
    assert xml.text(answer, "vcard:vCard/vcard:FN")


async def test_a_person(scene, causeway):
    alice = await scene.xmpp()
    bob = await scene.irc("bob")
    answer = await info(alice, scene.person(bob.nick))
    assert answer.get("type") == "result"
    assert identities(answer)


# --- Rooms --------------------------------------------------------------------

async def test_a_room(scene, causeway):
    channel = scene.channel()
    bob = await scene.irc("bob", join=channel)
    bob.send(f"MODE {channel} +mi")
    await bob.expect("MODE", channel)
    bob.send(f"MODE {channel} -i")
    await bob.expect("MODE", "-i")
    alice = await scene.xmpp()
    room = scene.room(channel)
    await alice.join(room, scene.nick("alice"))
    answer = await info(alice, room)
    assert ("conference", "text") in identities(answer) or \
        ("conference", "irc") in identities(answer)
    found = features(answer)
    assert {"http://jabber.org/protocol/muc", "muc_moderated", "muc_open",
            "muc_unsecured", "urn:xmpp:sid:0", "urn:xmpp:mam:2",
            "urn:xmpp:occupant-id:0",
            "http://jabber.org/protocol/muc#stable_id",
            "http://jabber.org/protocol/muc#self-ping-optimization"} <= found
    assert "muc_unmoderated" not in found
    assert "muc_membersonly" not in found
    assert "jabber:iq:gateway" not in found


async def test_information_about_a_room(scene, causeway):
    channel = scene.channel()
    bob = await scene.irc("bob", join=channel)
    bob.send(f"TOPIC {channel} :what it is about")
    await bob.expect("TOPIC", channel)
    alice = await scene.xmpp()
    room = scene.room(channel)
    await alice.join(room, scene.nick("alice"))
    answer = await info(alice, room)
    forms = {xml.form_values(f)["FORM_TYPE"]: xml.form_values(f)
             for f in xml.all_of(answer, "info:query/x:x")}
    about = forms["http://jabber.org/protocol/muc#roominfo"]
    assert "what it is about" in (about.get("muc#roominfo_subject"),
                                  about.get("muc#roominfo_description"))
    assert about.get("muc#roominfo_occupants") == "2"


async def test_the_occupants_of_a_room(scene, causeway):
    channel = scene.channel()
    bob = await scene.irc("bob", join=channel)
    alice = await scene.xmpp()
    room = scene.room(channel)
    nick = scene.nick("alice")
    await alice.join(room, nick)
    assert set(await items(alice, room)) == {f"{room}/{nick}",
                                             f"{room}/{bob.nick}"}


async def test_an_outsider_learns_no_occupants(scene, causeway):
    channel = scene.channel()
    bob = await scene.irc("bob", join=channel)
    alice = await scene.xmpp()
    room = scene.room(channel)
    assert await items(alice, room) == []
    answer = await info(alice, f"{room}/{bob.nick}")
    assert xml.condition(answer) == "bad-request"


async def test_channels_are_listed_in_pages(scene, causeway):
    channels = [scene.channel(f"list{n}") for n in range(4)]
    bob = await scene.irc("bob")
    for channel in channels:
        await bob.join(channel)
    alice = await scene.xmpp()
    await alice.join(scene.room(channels[0]), scene.nick("alice"))
    found, after = [], ""
    while True:
        answer = await alice.iq("get", scene.network(), ITEMS.replace(
            "{}/>", "><set xmlns='http://jabber.org/protocol/rsm'>"
            f"<max>2</max>{after}</set></query>"))
        assert answer.get("type") == "result"
        page = [i.get("jid") for i in
                xml.all_of(answer, "items:query/items:item")]
        found += page
        last = xml.text(answer, "items:query/rsm:set/rsm:last")
        if len(page) < 2 or last is None:
            break
        after = f"<after>{xml.escape(last)}</after>"
    assert len(found) == len(set(found))
    assert {scene.room(channel) for channel in channels} <= set(found)
