"""Administrators' commands of the SMS gateway, by chat and as forms."""

import re

import pytest

from clients import xml
from servers.causeway import TOP
from servers.prosody import DOMAIN
from test_commands import command, session, status, words
from test_ops import fetch

pytestmark = pytest.mark.xdist_group("sms admin")


async def ask(admin, gateway, pattern, *lines):
    """Says these, field by field; waits for this answer."""
    for line in lines:
        admin.send_message(gateway, line)
    return xml.body(await admin.get_message(gateway, re.compile(pattern)))


@pytest.fixture
def office(phones, own_exchange, own_smsc):
    """A daemon, its centre, an administrator, alice, and bob's number."""
    async def make():
        smsc = await own_smsc().start()
        daemon = own_exchange(smsc)
        daemon.settings["admins"] = [f"admin@{DOMAIN}"]
        daemon.write_config()
        await daemon.start()
        alice = await phones.registered(gateway=daemon.jid)
        admin = await phones.xmpp("admin", f"desk-{daemon.jid}",
                                  exactly=True)
        return daemon, smsc, admin, alice, phones.stranger()
    return make


async def test_links(office):
    daemon, smsc, admin, _, _ = await office()
    await ask(admin, daemon.jid, r"main \(smpp\): up\n  1 of 1 sessions",
              "backends")
    before = len(await smsc.events("bind"))
    await ask(admin, daemon.jid, "connects anew", "reconnect", "main")
    await smsc.happened("unbind")
    await smsc.happened("bind", before + 1)


async def test_queues(office, phones):
    daemon, smsc, admin, alice, bob = await office()
    await smsc.mode(status=0x14)  # its queue is full
    first = alice.send_message(phones.person(bob), "The first.")
    await smsc.happened("submit", destination_addr=bob[1:])
    second = alice.send_message(phones.person(bob), "The second.")
    both = f"{alice.number} to {bob}: 2, the oldest"
    while both not in await ask(admin, daemon.jid, "main: ", "queues"):
        pass  # it is stored first
    # As a form.
    form = await command(admin, daemon.jid, "drop")
    assert status(form) == "executing"
    done = await command(admin, daemon.jid, "drop", "complete",
                         session(form), xml.submit({"number": bob}))
    assert status(done) == "completed"
    assert "2 texts were given up" in words(done)
    for message in (first, second):
        error = await alice.get_error(message)
        assert "given up" in xml.error_text(error)
    await smsc.mode(status=0)
    alice.send_message(phones.person(bob), "The third.")
    await smsc.happened("submit", destination_addr=bob[1:],
                        text="The third.")
    while "main: 0 texts" not in await ask(admin, daemon.jid, "main: ",
                                           "queues"):
        pass  # until it is answered


async def test_optouts(office):
    daemon, _, admin, alice, bob = await office()
    pair = (alice.number, bob)
    await ask(admin, daemon.jid, "Nothing is sent", "optout", *pair, "yes")
    await ask(admin, daemon.jid, re.escape(
        f"{bob}: nothing from {alice.number}, since "), "optouts")
    await ask(admin, daemon.jid, "are sent again", "optout", *pair, "no")
    await ask(admin, daemon.jid, "Nobody", "optouts")


async def test_for_administrators_alone(office):
    daemon, _, _, alice, _ = await office()
    answer = await command(alice, daemon.jid, "queues")
    assert answer.get("type") == "error"
    assert "Only administrators" in xml.error_text(answer)
    await ask(alice, daemon.jid, r"\A(?!.*\nqueues)(?s:.)*usage", "help")


async def test_metrics_are_in_the_manual(office):
    daemon, _, _, _, _ = await office()
    _, text = await fetch(daemon, "/metrics")
    names = set(re.findall(r"^causeway_(?:sms_)?(\w+)\{.*backend=", text,
                           re.M))
    assert {"link_state", "sessions_bound", "submitted_total"} <= names
    manual = (TOP / "docs/admin-guide.md").read_text()
    told = set(re.findall(r"`(\w+)`", manual[manual.index("`link_state`"):]))
    assert names <= told
