"""Rooms (XEP-0045) over IRC channels."""

import re

import pytest

from clients import xml
from test_disco import features, info
from test_register import register

ON_BOTH = pytest.mark.usefixtures("each_ircd")
SELF_PING = "<ping xmlns='urn:xmpp:ping'/>"


class Place:
    """A channel with Bob, its operator, and Alice, who entered by XMPP."""


async def enrol(scene, client):
    """ngIRCd asks for a password, and so for a registration."""
    if scene.ircd.password:
        await register(client, scene, network=scene.ircd.host,
                       server_password=scene.ircd.password)


async def place(scene, modes="", topic=None):
    p = Place()
    p.channel = scene.channel()
    p.room = scene.room(p.channel)
    p.bob = await scene.irc("bob", join=p.channel)
    if modes:
        p.bob.send(f"MODE {p.channel} {modes}")
        await p.bob.expect("MODE", p.channel)
    if topic:
        p.bob.send(f"TOPIC {p.channel} :{topic}")
        await p.bob.expect("TOPIC", p.channel)
    p.alice = await scene.xmpp("alice")
    p.nick = scene.nick("alice")
    await enrol(scene, p.alice)
    p.entered = await p.alice.join(p.room, p.nick)
    p.me = f"{p.room}/{p.nick}"
    p.him = f"{p.room}/{p.bob.nick}"
    return p


async def make_operator(p, mode="+o"):
    p.bob.send(f"MODE {p.channel} {mode} {p.nick}")
    return await p.alice.get_presence(
        p.me, where=lambda s: role(s) == "moderator")


def role(presence):
    return xml.attr(presence, "user:x/user:item", "role")


def affiliation(presence):
    return xml.attr(presence, "user:x/user:item", "affiliation")


async def admin_set(p, **item):
    """Changes a role or affiliation; the answer."""
    reason = item.pop("reason", None)
    inner = f"<reason>{reason}</reason>" if reason else ""
    attributes = " ".join(f"{name}={xml.quoteattr(value)}"
                          for name, value in item.items())
    return await p.alice.iq(
        "set", p.room, "<query xmlns='http://jabber.org/protocol/muc#admin'>"
        f"<item {attributes}>{inner}</item></query>")


async def admin_get(p, **item):
    """The items with a role or affiliation."""
    attributes = " ".join(f"{name}='{value}'" for name, value in item.items())
    answer = await p.alice.iq(
        "get", p.room, "<query xmlns='http://jabber.org/protocol/muc#admin'>"
        f"<item {attributes}/></query>")
    assert answer.get("type") == "result", xml.ET.tostring(answer)
    return xml.all_of(answer, "admin:query/admin:item")


# --- Entering and leaving -----------------------------------------------------

async def test_entering(scene, causeway):
    p = await place(scene, topic="the topic")
    # XEP-0045 section 7.1: the others, oneself, history, subject.
    assert p.entered.nicks == [p.bob.nick]
    assert p.entered.nick == p.nick
    assert {100, 110} <= xml.codes(p.entered.own)
    assert 210 not in xml.codes(p.entered.own)
    assert xml.text(p.entered.subject, "c:subject") == "the topic"
    await p.bob.expect("JOIN", p.channel, nick=p.nick)


async def test_occupants_show_who_they_are(scene, causeway):
    p = await place(scene)
    [his] = p.entered.others
    assert xml.attr(his, "user:x/user:item", "jid").partition("/")[0] == \
        scene.person(p.bob.nick)
    assert role(his) == "moderator"
    assert xml.one(his, "occ:occupant-id").get("id")
    assert role(p.entered.own) == "participant"


async def test_the_subject_tells_its_setter(scene, causeway):
    p = await place(scene, topic="set by bob")
    assert p.entered.subject.get("from") in (p.him, p.room)
    assert xml.one(p.entered.subject, "delay:delay") is not None


async def test_no_subject(scene, causeway):
    p = await place(scene)
    assert xml.text(p.entered.subject, "c:subject") == ""
    assert xml.body(p.entered.subject) is None


async def test_leaving(scene, causeway):
    p = await place(scene)
    gone = await p.alice.leave(p.room, p.nick, "so long")
    assert role(gone) == "none"
    line = await p.bob.expect("PART", nick=p.nick)
    assert "so long" in line.text


async def test_leaving_twice_is_silent(scene, causeway):
    p = await place(scene)
    await p.alice.leave(p.room, p.nick)
    p.alice.send_presence(p.me, "unavailable")
    await p.alice.settle(scene.gateway)
    assert not p.alice.unseen(lambda s: s.get("type") == "error")


@ON_BOTH
async def test_others_come_and_go(scene, causeway):
    p = await place(scene)
    carol = await scene.irc("carol", join=p.channel)
    hers = f"{p.room}/{carol.nick}"
    assert role(await p.alice.get_presence(hers)) == "participant"
    carol.send(f"PART {p.channel} :bye now")
    gone = await p.alice.get_presence(hers, "unavailable")
    assert "bye now" in (xml.text(gone, "c:status") or "")
    await carol.join(p.channel)
    await p.alice.get_presence(hers)
    carol.send("QUIT :good night")
    gone = await p.alice.get_presence(hers, "unavailable")
    assert "good night" in (xml.text(gone, "c:status") or "")


async def test_entering_again_resends_everything(scene, causeway):
    p = await place(scene)
    again = await p.alice.join(p.room, p.nick)
    assert again.nicks == [p.bob.nick]
    assert 110 in xml.codes(again.own)


async def test_without_a_nick(scene, causeway):
    alice = await scene.xmpp()
    room = scene.room(scene.channel())
    alice.send_presence(
        room, payload="<x xmlns='http://jabber.org/protocol/muc'/>")
    answer = await alice.expect(
        lambda s: s.get("from", "").startswith(room), "an error")
    assert xml.condition(answer) == "jid-malformed"


async def test_a_taken_nick(scene, causeway):
    bob = await scene.irc("bob", join=scene.channel())
    alice = await scene.xmpp()
    entered = await alice.enter(scene.room(scene.channel()), bob.nick)
    # Refused, or let in under another name that is told.
    if entered.error is not None:
        assert xml.condition(entered.error) == "conflict"
    else:
        assert {110, 210} <= xml.codes(entered.own)
        assert entered.nick != bob.nick


@pytest.mark.parametrize("nick", ["two words", "1digit", "with@at",
                                  "x" * 200, "ünïcödé"])
async def test_an_unusable_nick(scene, causeway, nick):
    alice = await scene.xmpp()
    entered = await alice.enter(scene.room(scene.channel()), nick)
    if entered.error is not None:
        assert xml.condition(entered.error) in ("not-acceptable",
                                                "jid-malformed", "conflict")
    else:
        assert {110, 210} <= xml.codes(entered.own)


async def test_names_in_another_case(scene, causeway):
    """IRC compares without case: the same channel."""
    channel = scene.channel("MiXeD")
    bob = await scene.irc("bob", join=channel)
    alice = await scene.xmpp()
    room = scene.room(channel)
    entered = await alice.join(room.lower(), scene.nick("alice"))
    assert entered.nicks == [bob.nick]


# --- Talking ------------------------------------------------------------------

async def test_talking(scene, causeway):
    p = await place(scene)
    id = p.alice.say(p.room, "hello from XMPP")
    await p.bob.expect("PRIVMSG", p.channel, "hello from XMPP", nick=p.nick)
    echo = await p.alice.get_message(p.me, "hello from XMPP", "groupchat")
    assert echo.get("id") == id
    p.bob.say(p.channel, "hello from IRC")
    message = await p.alice.get_message(p.him, "hello from IRC", "groupchat")
    for stanza in (echo, message):
        assert xml.attr(stanza, "sid:stanza-id", "by") == p.room
        assert xml.attr(stanza, "sid:stanza-id", "id")
        assert xml.one(stanza, "occ:occupant-id") is not None


async def test_every_message_once_and_in_order(scene, causeway):
    p = await place(scene)
    for number in range(40):
        p.alice.say(p.room, f"there {number}")
        p.bob.say(p.channel, f"back {number}")
    await p.bob.expect("PRIVMSG", "there 39")
    await p.alice.get_message(p.him, "back 39")
    p.bob.say(p.channel, "end")
    await p.alice.get_message(p.him, "end")
    seen = p.alice.unseen(lambda s: xml.kind(s) == "message")
    for sender, word, last in ((p.me, "there", 40), (p.him, "back", 39)):
        got = [xml.body(s) for s in seen if s.get("from") == sender]
        assert got == [f"{word} {n}" for n in range(last)]


async def test_the_echo_shows_what_was_sent(scene, causeway):
    p = await place(scene)
    id = p.alice.say(p.room, "one\ntwo")
    await p.bob.expect("PRIVMSG", "one")
    await p.bob.expect("PRIVMSG", "two")
    echo = await p.alice.get_message(p.me, kind="groupchat")
    assert echo.get("id") == id
    assert xml.body(echo) == "one\ntwo"


async def test_actions(scene, causeway):
    p = await place(scene)
    p.alice.say(p.room, "/me dances")
    await p.bob.expect("PRIVMSG", "\x01ACTION dances\x01")
    await p.alice.get_message(p.me, "/me dances")
    p.bob.say(p.channel, "\x01ACTION sings\x01")
    await p.alice.get_message(p.him, "/me sings")


async def test_notice_to_the_room(scene, causeway):
    p = await place(scene)
    p.bob.send(f"NOTICE {p.channel} :attention")
    await p.alice.get_message(p.him, re.compile("attention"), "groupchat")


@ON_BOTH
async def test_private_messages(scene, causeway):
    p = await place(scene)
    p.alice.send_message(p.him, "psst",
                         payload="<x xmlns='http://jabber.org/protocol/"
                         "muc#user'/>")
    await p.bob.expect("PRIVMSG", p.bob.nick, "psst", nick=p.nick)
    p.bob.say(p.nick, "yes?")
    await p.alice.get_message(scene.person(p.bob.nick), "yes?", "chat")


async def test_private_message_to_nobody(scene, causeway):
    p = await place(scene)
    id = p.alice.send_message(f"{p.room}/{scene.nick('nobody')}", "psst")
    assert xml.condition(await p.alice.get_error(id)) == "item-not-found"


async def test_groupchat_to_an_occupant(scene, causeway):
    p = await place(scene)
    id = p.alice.send_message(p.him, "wrong", kind="groupchat")
    assert xml.condition(await p.alice.get_error(id)) == "bad-request"


async def test_talking_from_outside(scene, causeway):
    p = await place(scene)
    carol = await scene.xmpp("carol")
    for to, kind in ((p.room, "groupchat"), (p.him, "chat")):
        id = carol.send_message(to, "let me in", kind=kind)
        assert xml.condition(await carol.get_error(id)) == "not-acceptable"


async def test_no_voice(scene, causeway):
    p = await place(scene, "+m")
    assert role(p.entered.own) == "visitor"
    id = p.alice.say(p.room, "may I?")
    error = await p.alice.get_error(id)
    assert xml.condition(error) == "forbidden"
    assert xml.error_text(error)
    p.bob.send(f"MODE {p.channel} +v {p.nick}")
    await p.alice.get_presence(p.me,
                               where=lambda s: role(s) == "participant")
    p.alice.say(p.room, "thanks")
    await p.bob.expect("PRIVMSG", "thanks")


# --- Nicks --------------------------------------------------------------------

@ON_BOTH
async def test_changing_ones_nick(scene, causeway):
    p = await place(scene)
    other = scene.nick("alicia")
    p.alice.send_presence(f"{p.room}/{other}")
    old = await p.alice.get_presence(p.me, "unavailable")
    assert {110, 303} <= xml.codes(old)
    assert xml.attr(old, "user:x/user:item", "nick") == other
    new = await p.alice.get_presence(f"{p.room}/{other}")
    assert 110 in xml.codes(new)
    await p.bob.expect("NICK", other, nick=p.nick)


async def test_changing_to_a_taken_nick(scene, causeway):
    p = await place(scene)
    p.alice.send_presence(p.him)
    error = await p.alice.get_presence(p.him, "error")
    assert xml.condition(error) == "conflict"
    p.alice.say(p.room, "still me")
    await p.alice.get_message(p.me, "still me")


async def test_somebody_changes_his_nick(scene, causeway):
    p = await place(scene)
    other = scene.nick("robert")
    p.bob.send(f"NICK {other}")
    old = await p.alice.get_presence(p.him, "unavailable")
    assert 303 in xml.codes(old) and 110 not in xml.codes(old)
    assert xml.attr(old, "user:x/user:item", "nick") == other
    new = await p.alice.get_presence(f"{p.room}/{other}")
    assert role(new) == "moderator"


async def test_occupant_ids_survive_a_change(scene, causeway):
    p = await place(scene)
    before = xml.attr(p.entered.others[0], "occ:occupant-id", "id")
    other = scene.nick("robert")
    p.bob.send(f"NICK {other}")
    new = await p.alice.get_presence(f"{p.room}/{other}")
    assert xml.attr(new, "occ:occupant-id", "id") == before


async def occupant_id(p, nick):
    """The id in the next presence of somebody."""
    presence = await p.alice.get_presence(f"{p.room}/{nick}")
    return xml.attr(presence, "occ:occupant-id", "id")


async def test_occupant_ids_are_accounts(scene, causeway, atheme):
    """Who logs in with another connection is the same one, but never while
    he is there already; and logging in while being there changes nothing."""
    p = await place(scene)
    carol = await scene.irc("carol")
    carol.say("NickServ", f"REGISTER pass {carol.nick}@example.test")
    await carol.expect("NOTICE", re.compile("(?i)registered"),
                       nick="NickServ")
    carol.send(f"JOIN {p.channel}")
    by_account = await occupant_id(p, carol.nick)
    other = await scene.irc("other")
    other.say("NickServ", f"IDENTIFY {carol.nick} pass")
    await other.expect("900")
    other.send(f"JOIN {p.channel}")
    second = await occupant_id(p, other.nick)
    assert second != by_account
    carol.send(f"PART {p.channel}")
    await p.alice.get_presence(f"{p.room}/{carol.nick}", "unavailable")
    other.send("AWAY :busy")
    assert await occupant_id(p, other.nick) == second
    other.send("AWAY")
    await occupant_id(p, other.nick)
    other.send(f"PART {p.channel}")
    await p.alice.get_presence(f"{p.room}/{other.nick}", "unavailable")
    other.send(f"JOIN {p.channel}")
    assert await occupant_id(p, other.nick) == by_account
    # Logging out and in again.
    other.say("NickServ", "LOGOUT")
    await other.expect("901")
    other.send("AWAY :out")
    assert await occupant_id(p, other.nick) == by_account
    other.say("NickServ", f"IDENTIFY {carol.nick} pass")
    await other.expect("900")
    other.send("AWAY")
    assert await occupant_id(p, other.nick) == by_account


async def test_occupant_ids_without_accounts(scene, causeway, ngircd):
    """A server that tells of no accounts, and of hosts only sometimes."""
    channel = scene.channel()
    one = await scene.irc("one", join=channel, server=ngircd)
    alice = await scene.xmpp()
    room = scene.room(channel, "old.localhost")
    await register(alice, scene, network="old.localhost",
                   server_password="letmein")
    entered = await alice.join(room, scene.nick("alice"))
    ids = [xml.attr(entered.others[0], "occ:occupant-id", "id"),
           xml.attr(entered.own, "occ:occupant-id", "id")]

    async def get_id(nick):
        presence = await alice.get_presence(f"{room}/{nick}")
        return xml.attr(presence, "occ:occupant-id", "id")
    renamed = scene.nick("uno")
    one.send(f"NICK {renamed}")
    assert await get_id(renamed) == ids[0]
    two = await scene.irc("one", join=channel, server=ngircd)
    ids.append(await get_id(two.nick))
    assert len(set(ids)) == 3
    two.send(f"PART {channel}")
    await alice.get_presence(f"{room}/{two.nick}", "unavailable")
    two.send(f"JOIN {channel}")
    assert await get_id(two.nick) == ids[2]


# --- Subject ------------------------------------------------------------------

async def test_subject_to_irc(scene, causeway):
    p = await place(scene, "-t")
    p.alice.send(f"<message to='{p.room}' type='groupchat' id='s'>"
                 "<subject>new topic</subject></message>")
    await p.bob.expect("TOPIC", "new topic", nick=p.nick)
    await p.alice.expect(
        lambda s: xml.text(s, "c:subject") == "new topic" and
        s.get("from") == p.me, "the subject")


@ON_BOTH
async def test_subject_to_xmpp(scene, causeway):
    p = await place(scene)
    p.bob.send(f"TOPIC {p.channel} :from irc")
    message = await p.alice.expect(
        lambda s: xml.text(s, "c:subject") == "from irc", "the subject")
    assert message.get("from") == p.him
    assert xml.body(message) is None
    # InspIRCd takes one change a second and refuses others with 437.
    while True:
        p.bob.send(f"TOPIC {p.channel} :")
        await p.bob.settle()
        if not p.bob.unseen("437"):
            break
    await p.alice.expect(
        lambda s: xml.text(s, "c:subject") == "", "no subject")


async def test_subject_that_is_forbidden(scene, causeway):
    p = await place(scene)  # +t is usual
    id = "forbidden"
    p.alice.send(f"<message to='{p.room}' type='groupchat' id='{id}'>"
                 "<subject>mine</subject></message>")
    assert xml.condition(await p.alice.get_error(id)) == "forbidden"


async def test_subject_with_a_body_is_a_message(scene, causeway):
    p = await place(scene)
    p.alice.say(p.room, "text", payload="<subject>not a topic</subject>")
    await p.bob.expect("PRIVMSG", "text")
    assert not p.bob.unseen("TOPIC")


# --- Moderation ---------------------------------------------------------------

@ON_BOTH
async def test_being_kicked(scene, causeway):
    p = await place(scene)
    p.bob.send(f"KICK {p.channel} {p.nick} :enough")
    gone = await p.alice.get_presence(p.me, "unavailable")
    assert {110, 307} <= xml.codes(gone)
    assert role(gone) == "none"
    assert "enough" in (xml.text(gone, "user:x/user:item/user:reason") or "")
    assert xml.attr(gone, "user:x/user:item/user:actor",
                    "nick") == p.bob.nick
    id = p.alice.say(p.room, "hey")
    assert xml.condition(await p.alice.get_error(id)) == "not-acceptable"


@ON_BOTH
async def test_kicking(scene, causeway):
    p = await place(scene)
    carol = await scene.irc("carol", join=p.channel)
    hers = f"{p.room}/{carol.nick}"
    await p.alice.get_presence(hers)
    answer = await admin_set(p, nick=carol.nick, role="none")
    assert xml.condition(answer) == "forbidden"
    await make_operator(p)
    answer = await admin_set(p, nick=carol.nick, role="none",
                             reason="bad words")
    assert answer.get("type") == "result"
    line = await carol.expect("KICK", p.channel)
    assert "bad words" in line.text
    gone = await p.alice.get_presence(hers, "unavailable")
    assert 307 in xml.codes(gone)


async def test_kicking_nobody(scene, causeway):
    p = await place(scene)
    await make_operator(p)
    answer = await admin_set(p, nick=scene.nick("nobody"), role="none")
    assert xml.condition(answer) == "item-not-found"


@ON_BOTH
async def test_banning(scene, causeway):
    p = await place(scene)
    carol = await scene.irc("carol", join=p.channel)
    hers = f"{p.room}/{carol.nick}"
    await p.alice.get_presence(hers)
    await make_operator(p)
    answer = await admin_set(p, jid=scene.person(carol.nick),
                             affiliation="outcast", reason="spam")
    assert answer.get("type") == "result", xml.ET.tostring(answer)
    line = await p.bob.expect("MODE", "+b")
    mask = line.text
    await carol.expect("KICK", p.channel)
    gone = await p.alice.get_presence(hers, "unavailable")
    assert 301 in xml.codes(gone) or 307 in xml.codes(gone)
    [item] = await admin_get(p, affiliation="outcast")
    assert mask.lower() in unescaped(item.get("jid"))
    answer = await admin_set(p, jid=item.get("jid"), affiliation="none")
    assert answer.get("type") == "result", xml.ET.tostring(answer)
    await p.bob.expect("MODE", "-b")
    assert await admin_get(p, affiliation="outcast") == []


def unescaped(jid):
    return re.sub(r"\\([0-9a-f]{2})", lambda m: chr(int(m[1], 16)),
                  jid).lower()


@ON_BOTH
async def test_roles(scene, causeway):
    p = await place(scene, "+m")
    carol = await scene.irc("carol", join=p.channel)
    hers = f"{p.room}/{carol.nick}"
    await p.alice.get_presence(hers)
    await make_operator(p)
    for wanted, mode in (("participant", "+v"), ("visitor", "-v"),
                         ("moderator", "+o"), ("visitor", "-o")):
        answer = await admin_set(p, nick=carol.nick, role=wanted)
        assert answer.get("type") == "result", xml.ET.tostring(answer)
        await carol.expect("MODE", carol.nick)
        await p.alice.get_presence(hers, where=lambda s: role(s) == wanted)


@pytest.mark.parametrize("mode, wanted", [
    ("+q", ("owner", "moderator")), ("+a", ("admin", "moderator")),
    ("+o", ("admin", "moderator")), ("+h", (None, "moderator")),
    ("+v", ("member", "participant"))])
async def test_modes_become_roles(scene, causeway, mode, wanted):
    p = await place(scene)
    p.bob.send("OPER root root")
    await p.bob.expect("381")
    p.bob.send(f"SAMODE {p.channel} {mode} {p.nick}")
    presence = await p.alice.get_presence(p.me)
    assert role(presence) == wanted[1]
    assert wanted[0] is None or affiliation(presence) == wanted[0]
    p.bob.send(f"SAMODE {p.channel} {mode.replace('+', '-')} {p.nick}")
    presence = await p.alice.get_presence(p.me)
    assert (affiliation(presence), role(presence)) == ("none", "participant")


async def test_role_lists(scene, causeway):
    p = await place(scene)
    await make_operator(p)
    nicks = {item.get("nick") for item in await admin_get(p, role="moderator")}
    assert nicks == {p.nick, p.bob.nick}
    admins = {item.get("nick") or item.get("jid")
              for item in await admin_get(p, affiliation="admin")}
    assert len(admins) == 2


@pytest.mark.parametrize("item", [
    {"role": "none"}, {"nick": "x", "role": "king"},
    {"nick": "x", "role": "none", "affiliation": "none"}, {}])
async def test_bad_moderation(scene, causeway, item):
    p = await place(scene)
    answer = await admin_set(p, **item)
    assert answer.get("type") == "error"


# --- Refused entrance ---------------------------------------------------------

@pytest.mark.parametrize("modes, condition", [
    ("+k secret", "not-authorized"),
    ("+i", "registration-required"),
    ("+b *!*@*", "forbidden"),
    ("+l 1", "service-unavailable"),
], ids=["key", "invite", "ban", "full"])
async def test_refused(scene, causeway, modes, condition):
    channel = scene.channel()
    bob = await scene.irc("bob", join=channel)
    bob.send(f"MODE {channel} {modes}")
    await bob.expect("MODE", channel)
    alice = await scene.xmpp()
    nick = scene.nick("alice")
    entered = await alice.enter(scene.room(channel), nick)
    assert xml.condition(entered.error) == condition
    assert entered.error.get("from") == f"{scene.room(channel)}/{nick}"
    assert xml.error_text(entered.error)
    # The same user can still enter when the door is opened.
    bob.send(f"MODE {channel} -{modes[1:]}")
    await bob.expect("MODE", channel)
    await alice.join(scene.room(channel), nick)


@ON_BOTH
async def test_password(scene, causeway):
    channel = scene.channel()
    bob = await scene.irc("bob", join=channel)
    bob.send(f"MODE {channel} +k secret")
    await bob.expect("MODE", channel)
    alice = await scene.xmpp()
    await enrol(scene, alice)
    room = scene.room(channel)
    wrong = await alice.enter(room, scene.nick("alice"), password="guess")
    assert xml.condition(wrong.error) == "not-authorized"
    await alice.join(room, scene.nick("alice"), password="secret")
    assert "muc_passwordprotected" in features(await info(alice, room))


# --- Configuration ------------------------------------------------------------

OWNER = "http://jabber.org/protocol/muc#owner"
CONFIG = "http://jabber.org/protocol/muc#roomconfig"


@ON_BOTH
async def test_configuration(scene, causeway):
    p = await place(scene)
    await make_operator(p)
    answer = await p.alice.iq("get", p.room, f"<query xmlns='{OWNER}'/>")
    assert answer.get("type") == "result", xml.ET.tostring(answer)
    form = xml.one(answer, "owner:query/x:x")
    values = xml.form_values(form)
    assert values["FORM_TYPE"] == CONFIG
    assert values["muc#roomconfig_moderatedroom"] in ("0", "false")
    answer = await p.alice.iq(
        "set", p.room, f"<query xmlns='{OWNER}'>" + xml.submit(
            {"muc#roomconfig_moderatedroom": "1",
             "muc#roomconfig_membersonly": "1"}, form_type=CONFIG) +
        "</query>")
    assert answer.get("type") == "result", xml.ET.tostring(answer)
    changed = ""
    while not ("m" in changed and "i" in changed):
        changed += (await p.bob.expect("MODE", p.channel)).params[1]
    found = features(await info(p.alice, p.room))
    assert {"muc_moderated", "muc_membersonly"} <= found


async def test_configuration_is_announced(scene, causeway):
    p = await place(scene)
    p.bob.send(f"MODE {p.channel} +m")
    await p.alice.expect(lambda s: xml.kind(s) == "message" and
                         104 in xml.codes(s), "status 104")


async def test_configuration_by_others(scene, causeway):
    p = await place(scene)
    answer = await p.alice.iq(
        "set", p.room, f"<query xmlns='{OWNER}'>" + xml.submit(
            {"muc#roomconfig_moderatedroom": "1"}, form_type=CONFIG) +
        "</query>")
    assert xml.condition(answer) == "forbidden"


async def test_configuration_cancelled(scene, causeway):
    p = await place(scene)
    await make_operator(p)
    answer = await p.alice.iq(
        "set", p.room, f"<query xmlns='{OWNER}'>" +
        xml.submit({}, action="cancel") + "</query>")
    assert answer.get("type") == "result"


async def test_destroying(scene, causeway):
    p = await place(scene)
    answer = await p.alice.iq("set", p.room, f"<query xmlns='{OWNER}'>"
                              "<destroy/></query>")
    assert xml.condition(answer) in ("not-allowed", "forbidden",
                                     "feature-not-implemented")


# --- Invitations --------------------------------------------------------------

async def test_inviting_by_the_room(scene, causeway):
    p = await place(scene)
    await make_operator(p)
    carol = await scene.irc("carol")
    p.alice.send(f"<message to='{p.room}' id='i'><x xmlns='http://jabber.org/"
                 f"protocol/muc#user'><invite to='"
                 f"{scene.person(carol.nick)}'/></x></message>")
    await carol.expect("INVITE", p.channel, nick=p.nick)


async def test_inviting_directly(scene, causeway):
    p = await place(scene)
    await make_operator(p)
    carol = await scene.irc("carol")
    p.alice.send(f"<message to='{scene.person(carol.nick)}' id='i'>"
                 f"<x xmlns='jabber:x:conference' jid='{p.room}'/>"
                 "</message>")
    await carol.expect("INVITE", p.channel, nick=p.nick)


async def test_inviting_somebody_who_is_there(scene, causeway):
    p = await place(scene)
    p.alice.send(f"<message to='{p.room}' id='i'><x xmlns='http://jabber.org/"
                 f"protocol/muc#user'><invite to='"
                 f"{scene.person(p.bob.nick)}'/></x></message>")
    assert xml.condition(await p.alice.get_error("i")) is not None


@ON_BOTH
async def test_being_invited(scene, causeway):
    p = await place(scene)
    other = scene.channel("other")
    await p.bob.join(other)
    p.bob.send(f"INVITE {p.nick} {other}")
    invitation = await p.alice.expect(
        lambda s: xml.one(s, "user:x/user:invite") is not None,
        "an invitation")
    assert invitation.get("from") == scene.room(other)
    assert xml.attr(invitation, "user:x/user:invite", "from").startswith(
        scene.person(p.bob.nick))
    assert xml.attr(invitation, "conf:x", "jid") == scene.room(other)


async def test_inviting_somebody_with_xmpp(scene, causeway):
    """By the room, with all that it needs; the refusal comes back."""
    p = await place(scene)
    dora = await scene.xmpp("dora")
    p.bob.send(f"MODE {p.channel} +k sesame")
    await p.alice.expect(lambda s: 104 in xml.codes(s), "status 104")
    p.alice.send(
        f"<message to='{p.room}' id='i'><x xmlns='http://jabber.org/protocol/"
        f"muc#user'><invite to='{scene.jid('dora')}'><reason>come</reason>"
        "<continue thread='t1'/></invite></x></message>")
    invitation = await dora.expect(
        lambda s: xml.one(s, "user:x/user:invite") is not None,
        "an invitation")
    assert invitation.get("from") == p.room
    invite = xml.one(invitation, "user:x/user:invite")
    assert invite.get("from") == scene.jid("alice")
    assert xml.text(invite, "user:reason") == "come"
    assert xml.attr(invite, "user:continue", "thread") == "t1"
    assert xml.text(invitation, "user:x/user:password") == "sesame"
    dora.send(
        f"<message to='{p.room}'><x xmlns='http://jabber.org/protocol/"
        f"muc#user'><decline to='{scene.jid('alice')}'><reason>busy</reason>"
        "</decline></x></message>")
    refusal = await p.alice.expect(
        lambda s: xml.one(s, "user:x/user:decline") is not None, "a refusal")
    decline = xml.one(refusal, "user:x/user:decline")
    assert decline.get("from") == scene.jid("dora")
    assert xml.text(decline, "user:reason") == "busy"


async def test_asking_for_voice(scene, causeway):
    p = await place(scene, "+m")
    p.alice.send(
        f"<message to='{p.room}' id='v'><x xmlns='jabber:x:data' "
        "type='submit'><field var='FORM_TYPE'><value>http://jabber.org/"
        "protocol/muc#request</value></field><field var='muc#role'><value>"
        "participant</value></field></x></message>")
    error = await p.alice.get_error("v")
    assert xml.condition(error) == "feature-not-implemented"
    assert xml.error_text(error)


# --- What a room tells of itself ----------------------------------------------

async def test_own_nick_in_a_room(scene, causeway):
    p = await place(scene)
    answer = await info(p.alice, p.room, "x-roomuser-item")
    assert xml.attr(answer, "info:query/info:identity", "name") == p.nick
    other = scene.room(scene.channel("other"))
    answer = await info(p.alice, other, "x-roomuser-item")
    assert xml.one(answer, "info:query/info:identity") is None


async def test_what_may_be_sent(scene, causeway):
    p = await place(scene)
    node = "http://jabber.org/protocol/muc#traffic"
    answer = await info(p.alice, p.room, node)
    assert "urn:xmpp:sid:0" in features(answer)


async def test_lists_of_affiliations(scene, causeway):
    p = await place(scene)
    jid = scene.person(p.bob.nick)
    owners = await admin_get(p, affiliation="owner")
    admins = await admin_get(p, affiliation="admin")
    found = [item for item in owners + admins
             if item.get("nick") == p.bob.nick]
    assert [item.get("jid").lower() for item in found] == [jid]
    assert found[0].get("role") is None
    assert await admin_get(p, affiliation="member") == []
    assert await admin_get(p, affiliation="outcast") == []


async def test_several_changes_at_once(scene, causeway):
    p = await place(scene)
    await make_operator(p)
    carol = await scene.irc("carol", join=p.channel)
    him, her = f"{p.room}/{p.bob.nick}", f"{p.room}/{carol.nick}"
    await p.alice.get_presence(her)

    async def change(*items):
        inner = "".join(f"<item nick='{nick}' role='{role}'/>"
                        for nick, role in items)
        return await p.alice.iq(
            "set", p.room, "<query xmlns='http://jabber.org/protocol/"
            f"muc#admin'>{inner}</query>")

    # One that cannot be: none is made.
    answer = await change((carol.nick, "none"), ("nobody", "none"))
    assert xml.condition(answer) == "item-not-found"
    answer = await change((carol.nick, "moderator"),
                          (p.bob.nick, "participant"))
    assert answer.get("type") == "result", xml.ET.tostring(answer)
    await p.alice.get_presence(her, where=lambda s: role(s) == "moderator")
    await p.alice.get_presence(him, where=lambda s: role(s) == "participant")


async def test_registering_with_a_room(scene, causeway):
    p = await place(scene)
    answer = await p.alice.iq("get", p.room,
                              "<query xmlns='jabber:iq:register'/>")
    assert xml.condition(answer) == "service-unavailable"


async def test_an_instant_room(scene, causeway):
    """XEP-0045 section 10.1.2: accepted, although nothing is locked."""
    alice = await scene.xmpp()
    room = scene.room(scene.channel("new"))
    entered = await alice.join(room, scene.nick("alice"))
    assert 201 not in xml.codes(entered.own)
    answer = await alice.iq(
        "set", room, "<query xmlns='http://jabber.org/protocol/muc#owner'>"
        "<x xmlns='jabber:x:data' type='submit'/></query>")
    assert answer.get("type") == "result"


# --- Health and manners -------------------------------------------------------

async def test_self_ping(scene, causeway):
    p = await place(scene)
    answer = await p.alice.iq("get", p.me, SELF_PING)
    assert answer.get("type") == "result"
    await p.alice.leave(p.room, p.nick)
    answer = await p.alice.iq("get", p.me, SELF_PING)
    assert xml.condition(answer) == "not-acceptable"


async def test_a_lost_client_leaves(scene, causeway):
    p = await place(scene)
    p.alice.drop()
    await p.bob.inbox.get(
        lambda line: line.command in ("PART", "QUIT") and
        line.nick == p.nick, "the leaving")


async def test_away_shows_in_the_room(scene, causeway):
    p = await place(scene)
    p.bob.send("AWAY :lunch")
    presence = await p.alice.get_presence(
        p.him, where=lambda s: xml.text(s, "c:show") == "away")
    assert xml.text(presence, "c:status") == "lunch"
    p.bob.send("AWAY")
    await p.alice.get_presence(p.him,
                               where=lambda s: xml.one(s, "c:show") is None)


async def test_own_presence_in_the_room(scene, causeway):
    p = await place(scene)
    p.alice.send_presence(p.me, payload="<show>away</show>"
                          "<status>lunch</status>")
    p.alice.say(p.room, "done")
    await p.bob.expect("PRIVMSG", "done")


# --- Typed commands -----------------------------------------------------------

async def test_typed_topic(scene, causeway):
    p = await place(scene, "-t")
    p.alice.say(p.room, "/topic by hand")
    await p.bob.expect("TOPIC", "by hand", nick=p.nick)


async def test_typed_nick(scene, causeway):
    p = await place(scene)
    other = scene.nick("alicia")
    p.alice.say(p.room, f"/nick {other}")
    await p.alice.get_presence(f"{p.room}/{other}")


async def test_typed_mode_and_kick(scene, causeway):
    p = await place(scene)
    carol = await scene.irc("carol", join=p.channel)
    await make_operator(p)
    p.alice.say(p.room, f"/mode +v {carol.nick}")
    await carol.expect("MODE", "+v")
    p.alice.say(p.room, f"/kick {carol.nick} get out")
    line = await carol.expect("KICK", p.channel)
    assert "get out" in line.text


async def test_typed_message_and_whois(scene, causeway):
    p = await place(scene)
    p.alice.say(p.room, f"/msg {p.bob.nick} psst")
    await p.bob.expect("PRIVMSG", p.bob.nick, "psst")
    p.alice.say(p.room, f"/whois {p.bob.nick}")
    await p.alice.get_message(None, re.compile("A native client"))


async def test_typed_command_that_fails(scene, causeway):
    p = await place(scene)
    id = p.alice.say(p.room, f"/kick {p.bob.nick}")
    told = await p.alice.expect(
        lambda s: s.get("id") == id and s.get("type") == "error",
        "the refusal")
    assert xml.condition(told) == "forbidden"


async def test_unknown_typed_command(scene, causeway):
    p = await place(scene)
    p.alice.say(p.room, "/frobnicate the channel")
    told = await p.alice.expect(
        lambda s: xml.kind(s) == "message" and
        "frobnicate" in "".join(s.itertext()), "an explanation")
    assert told is not None
    p.alice.say(p.room, "end")
    line = await p.bob.expect("PRIVMSG", p.channel)
    assert line.text == "end"


# --- An old server ------------------------------------------------------------

async def test_on_ngircd(scene, causeway, ngircd):
    """No capability but multi-prefix."""
    channel = scene.channel()
    carol = await scene.irc("carol", server=ngircd, join=channel)
    alice = await scene.xmpp()
    nick = scene.nick("al")
    await register(alice, scene, network="old.localhost", nick=nick,
                   server_password="letmein")
    room = scene.room(channel, "old.localhost")
    entered = await alice.join(room, nick)
    assert entered.nicks == [carol.nick]
    assert role(entered.others[0]) == "moderator"
    alice.say(room, "hello")
    await carol.expect("PRIVMSG", channel, "hello", nick=nick)
    await alice.get_message(f"{room}/{nick}", "hello")
    carol.say(channel, "hello back")
    await alice.get_message(f"{room}/{carol.nick}", "hello back")
