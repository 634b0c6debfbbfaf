"""Numbers of users: assigned by the operator, or proven by a code."""

import re

import pytest

from clients import xml
from sms_fixtures import SHARED
from test_commands import command, session, status, words
from test_mail_out import RECEIPT, is_received


async def register(phones, client, phone, **more):
    form = xml.submit({"phone": phone, **more},
                      form_type="jabber:iq:register")
    return await client.iq("set", phones.gateway, "<query xmlns="
                           f"'jabber:iq:register'>{form}</query>")


async def code_for(smsc, phone, count=1):
    texts = await smsc.happened("submit", count=count,
                                destination_addr=phone[1:])
    assert texts[-1]["source_addr"] == SHARED[1:]
    return re.search(r"\b(\d{6,8})\b", texts[-1]["text"]).group(1)


async def test_a_number_is_proven_by_a_code(phones, exchange, smsc):
    alice = await phones.xmpp("carol")
    phone = phones.stranger()
    answer = await register(phones, alice, phone)
    assert xml.condition(answer) == "not-acceptable"
    assert "code" in xml.error_text(answer)
    code = await code_for(smsc, phone)
    wrong = "0" * len(code) if code[0] != "0" else "1" * len(code)
    answer = await register(phones, alice, phone, code=wrong)
    assert xml.condition(answer) == "not-acceptable"
    answer = await register(phones, alice, phone, code=code)
    assert answer.get("type") == "result", xml.error_text(answer)
    await phones.befriend(alice)
    bob = phones.stranger()
    id = alice.send_message(phones.person(bob), "From all of us.",
                            payload=RECEIPT)
    [text] = await smsc.happened("submit", destination_addr=bob[1:])
    assert text["source_addr"] == SHARED[1:]
    await is_received(alice, id)
    await smsc.phone_says("To one of you.", sender=bob[1:], to=SHARED[1:])
    await alice.get_message(phones.person(bob), "To one of you.")


async def test_by_chat(phones, exchange, smsc):
    """Who has to prove a number is asked for the code; nobody else is."""
    carol, phone = await phones.xmpp("carol"), phones.stranger()

    async def types(line, *answers):
        carol.send_message(phones.gateway, line)
        for answer in answers:
            await carol.get_message(phones.gateway, re.compile(answer))
    await types("register", "^Fill in", "^Phone number")
    await types(phone, "^One moment", "code is on its way", "^Code\n")
    code = await code_for(smsc, phone)
    wrong = "0" * len(code) if code[0] != "0" else "1" * len(code)
    await types(wrong, "^One moment", "^This is not the code", "^Code\n")
    await types(code, "^One moment", "^Your settings")
    alice = await phones.xmpp("alice")
    alice.send_message(phones.gateway, "register")
    await alice.get_message(phones.gateway, re.compile("^Phone number"))
    alice.send_message(phones.gateway, phones.number("alice"))
    await alice.get_message(phones.gateway, re.compile("^Your settings"))
    assert not alice.unseen(lambda s: "Code" in (xml.body(s) or ""))


async def test_nobody_gets_the_number_of_another(phones, exchange, smsc):
    mallory = await phones.xmpp("mallory")
    number, since = phones.number("alice"), await smsc.now()
    answer = await register(phones, mallory, number)
    assert xml.condition(answer) == "not-acceptable"
    answer = await register(phones, mallory, number, code="123456")
    assert xml.condition(answer) == "not-acceptable"
    assert number[1:] not in [text["destination_addr"] for text in
                              await smsc.events("submit", since)]


async def test_numbers_of_other_countries_are_closed(phones, exchange):
    carol = await phones.xmpp("carol")
    answer = await register(phones, carol, "+4915123456789")
    assert xml.condition(answer) == "not-acceptable"
    assert "code" not in xml.error_text(answer)


async def test_what_is_no_number(phones, exchange):
    carol = await phones.xmpp("carol")
    answer = await register(phones, carol, "carol")
    assert answer.get("type") == "error"
    assert "number" in xml.error_text(answer)


# --- Every way ----------------------------------------------------------------

async def by_form(phones, client, phone, code=""):
    answer = await register(phones, client, phone, code=code)
    return answer.get("type") == "result", xml.error_text(answer)


async def by_fields(phones, client, phone, code=""):
    """As clients without forms do."""
    answer = await client.iq(
        "set", phones.gateway, "<query xmlns='jabber:iq:register'>"
        f"<phone>{phone}</phone><misc>{code}</misc></query>")
    return answer.get("type") == "result", xml.error_text(answer)


async def by_command(phones, client, phone, code=""):
    form = await command(client, phones.gateway, "register")
    answer = await command(client, phones.gateway, "register", "complete",
                           session(form),
                           xml.submit({"phone": phone, "code": code}))
    is_done = answer.get("type") == "result" and \
        status(answer) == "completed" and "are stored" in words(answer)
    return is_done, words(answer)


WAYS = [by_form, by_fields, by_command]  # by chat: above


@pytest.mark.parametrize("way", WAYS)
async def test_a_code_by(way, phones, exchange, smsc):
    carol = await phones.xmpp("carol")
    phone = phones.stranger()
    done, told = await way(phones, carol, phone)
    assert not done and "a code is on its way" in told
    code = await code_for(smsc, phone)
    wrong = "0" * len(code) if code[0] != "0" else "1" * len(code)
    done, told = await way(phones, carol, phone, wrong)
    assert not done and "not the code" in told
    # As people write it.
    done, told = await way(phones, carol, phone, f"{code[:3]} {code[3:]}")
    assert done, told
    # It is used up; he is registered.
    done, told = await way(phones, carol, phone, code)
    assert done, told


async def test_a_form_asks_for_the_code(phones, exchange):
    carol = await phones.xmpp("carol")
    answer = await carol.iq("get", phones.gateway,
                            "<query xmlns='jabber:iq:register'/>")
    fields = xml.form_fields(answer.find(".//{jabber:x:data}x"))
    assert {"phone", "code"} <= set(fields)
    for name in ("phone", "misc"):
        assert answer.find(f".//{{jabber:iq:register}}{name}") is not None


async def test_five_tries(phones, exchange, smsc):
    carol = await phones.xmpp("carol")
    phone = phones.stranger()
    await by_form(phones, carol, phone)
    code = await code_for(smsc, phone)
    wrong = "0" * len(code) if code[0] != "0" else "1" * len(code)
    for _ in range(4):
        done, told = await by_form(phones, carol, phone, wrong)
        assert not done and "try once more" in told
    done, told = await by_form(phones, carol, phone, wrong)
    assert not done and "not valid any more" in told
    done, told = await by_form(phones, carol, phone, code)
    assert not done and "not valid any more" in told
    # Another is as good as the first was.
    await by_form(phones, carol, phone)
    code = await code_for(smsc, phone, count=2)
    assert (await by_form(phones, carol, phone, code))[0]


async def test_the_code_of_another(phones, exchange, smsc):
    carol, dave = await phones.xmpp("carol"), await phones.xmpp("dave")
    phone = phones.stranger()
    await by_form(phones, carol, phone)
    code = await code_for(smsc, phone)
    done, told = await by_form(phones, dave, phone, code)
    assert not done
    assert (await by_form(phones, carol, phone, code))[0]


# --- Limits, and what answers tell --------------------------------------------

async def test_the_answer_is_the_same(phones, exchange, smsc):
    """Whether the number is known here, can be reached, or was asked for
    too often."""
    carol, dave = await phones.xmpp("carol"), await phones.xmpp("dave")
    known, unknown = phones.stranger(), phones.stranger()
    await by_form(phones, carol, known)
    code = await code_for(smsc, known)
    assert (await by_form(phones, carol, known, code))[0]
    told = [await by_form(phones, dave, number) for number in
            (known, unknown, phones.number("bob"))]
    assert told[0] == told[1] == told[2]
    assert "If texts can reach" in told[0][1]
    # Nor does a code that nobody has tell anything.
    tries = [await by_form(phones, dave, number, "123456") for number in
             (phones.number("alice"), phones.stranger())]
    assert tries[0] == tries[1]


async def test_limits(phones, own_smsc, own_exchange):
    centre = await own_smsc().start()
    daemon = own_exchange(centre, {"claim": {
        "per_user": 2, "per_number": 1, "per_area": 2}})
    await daemon.start()
    phones.gateway = daemon.jid
    first, second, third = [f"+1212200991{n}" for n in range(3)]

    async def asks(name, number):
        client = await phones.xmpp(name)
        return (await by_form(phones, client, number))[1]

    async def sent():
        return [text["destination_addr"] for text in
                await centre.events("submit")]
    same = await asks("carol", first)
    # Of the number: nothing is sent, and nobody can tell.
    assert await asks("dave", first) == same
    assert await asks("erin", second) == same
    # Of the area.
    assert await asks("frank", third) == same
    assert await asks("grace", "+12122009810") == same
    await centre.happened("submit", destination_addr="12122009810")
    assert await sent() == [first[1:], second[1:], "12122009810"]
    # Of the user: told, as it says nothing about a number.
    heidi = await phones.xmpp("heidi")
    for number in ("+12132009810", "+12142009810"):
        assert (await by_form(phones, heidi, number))[1] == same
    told = (await by_form(phones, heidi, "+12152009810"))[1]
    assert told != same and "tomorrow" in told


async def test_whoever_unregisters_proves_it_anew(phones, exchange, smsc):
    carol = await phones.xmpp("carol")
    phone = phones.stranger()
    await by_form(phones, carol, phone)
    code = await code_for(smsc, phone)
    assert (await by_form(phones, carol, phone, code))[0]
    await carol.iq("set", phones.gateway, "<query xmlns="
                   "'jabber:iq:register'><remove/></query>")
    told = "under way"
    while "under way" in told:
        done, told = await by_form(phones, carol, phone)
    assert not done and "code is on its way" in told
