"""Texts that come while the link breaks: the centre gives them again, as it did
not hear that they are kept."""

import asyncio

import pytest

from clients import xml
from test_mail_kill import Lock


@pytest.mark.parametrize("is_kept_first", [False, True])
async def test_a_link_that_breaks(phones, own_exchange, own_smsc,
                                  is_kept_first):
    """Before the daemon could answer: shown once. Who says the same once more
    is heard once more."""
    smsc = await own_smsc().start()
    daemon = own_exchange(smsc)
    await daemon.start()
    alice = await phones.registered(gateway=daemon.jid)
    bob = phones.stranger()
    says = {"sender": bob[1:], "to": alice.number[1:]}
    await smsc.happened("bind")
    with Lock(daemon):
        await smsc.phone_says("ok", wait=0, **says)
        await asyncio.sleep(1)  # it is with the daemon, not on disk
        assert await smsc.events("deliver_resp") == []
        await smsc.ask("drop")
        if not is_kept_first:
            await smsc.happened("bind", 2)
            await asyncio.sleep(1)  # it is given again
    # It was given again, and answered.
    await smsc.happened("deliver_resp")
    await alice.get_message(phones.person(bob), "ok")
    await smsc.phone_says("ok", **says)
    await alice.get_message(phones.person(bob), "ok")
    await smsc.phone_says("The last.", **says)
    await alice.get_message(phones.person(bob), "The last.")
    assert alice.unseen(
        lambda s: xml.kind(s) == "message" and xml.body(s)) == []
