"""SIGHUP: the keys of an SMS gateway change while it runs."""

from clients import xml
from sms_fixtures import SHARED

LONG = "The quick brown fox jumps over the lazy dog. " * 5


async def reload(daemon):
    before = daemon.sizes()
    daemon.write_config()
    daemon.signal(1)
    await daemon.logged("configuration reloaded", since=before)


async def test_reload(phones, own_exchange, own_smsc):
    smsc, other = await own_smsc().start(), await own_smsc().start()
    daemon = own_exchange(smsc)
    await daemon.start()
    alice = await phones.registered(gateway=daemon.jid)
    bob = phones.stranger()

    async def refused(text, words):
        error = await alice.get_error(
            alice.send_message(phones.person(bob), text))
        assert words in xml.error_text(error)

    async def arrives(text, centre):
        alice.send_message(phones.person(bob), text)
        await centre.happened("submit", destination_addr=bob[1:], text=text)

    await arrives("The first.", smsc)
    group = daemon.gateways[0]
    group["max_segments"] = 1
    await reload(daemon)
    await refused(LONG, "as long as 2 texts")
    group["destinations"] = {"deny": ["+1"]}
    await reload(daemon)
    await refused("Hello?", "closed here")
    group["destinations"] = {}
    # One more way, before the old one, which has another password, too: that
    # needs a restart.
    main = group["backends"][0]
    group["backends"] = [
        {**main, "name": "other", **other.settings(enquire_link=5)},
        {**main, "password": "changed"}]
    await reload(daemon)
    assert "needs a restart key=backends.main" in daemon.log()
    await other.happened("bind")
    await daemon.logged("link backend=other state=up")
    await arrives("The second.", other)
    assert len(await smsc.events("bind")) == 1
    # The old one goes on, also when it is no longer there.
    group["backends"] = group["backends"][:1]
    await reload(daemon)
    await smsc.phone_says("Hello, client!", sender=bob[1:],
                          to=alice.number[1:])
    await alice.get_message(phones.person(bob), "Hello, client!")
    # Somebody else's number.
    group["assign"] = [item for item in group["assign"]
                       if item["number"] != alice.number]
    group["backends"][0]["numbers"] = [SHARED]
    await reload(daemon)
    await daemon.logged("not yours here any more")
    assert await daemon.stop() == 0
