"""The audit log of the SMS gateway: a line for each text."""

import re

from servers.process import wait_for


async def test_audit(phones, own_exchange, own_smsc):
    smsc = await own_smsc().start()
    daemon = own_exchange(smsc)
    log = daemon.folder / "audit.log"
    daemon.gateways[0]["audit"] = {"to": "file", "file": str(log)}
    daemon.gateways[0]["destinations"] = {"price": 0.01}
    daemon.write_config()
    await daemon.start()
    alice = await phones.registered(gateway=daemon.jid)
    bob = phones.stranger()

    async def written(pattern):
        await wait_for(lambda: log.exists() and
                       re.search(pattern, log.read_text(), re.M), pattern)

    ours = rf"user=alice\d+@\S+ from=\{alice.number} to=\{bob} "
    alice.send_message(phones.person(bob), "Nobody else reads this.")
    await written(r"Z out id=\w+ " + ours + "segments=1 cost=0.010000 "
                  r"backend=main outcome=accepted network=\d+$")
    await written(r"Z out id=\w+ " + ours + "segments=1 cost=0.010000 "
                  r"backend=main outcome=delivered network=\d+$")
    # Moved away, and opened anew.
    old = log.rename(daemon.folder / "audit.log.1")
    before = daemon.sizes()
    daemon.signal(1)
    await daemon.logged("configuration reloaded", since=before)
    await smsc.phone_says("Nor this.", sender=bob[1:], to=alice.number[1:])
    await written(rf"Z in id=[\w-]+ user=alice\d+@\S+ from=\{bob} "
                  rf"to=\{alice.number} segments=1 backend=main "
                  "outcome=stored$")
    everything = old.read_text() + log.read_text() + daemon.log()
    assert "Nobody else" not in everything
    assert "Nor this" not in everything
    assert len(everything.split(" out id=")) == 3
    assert await daemon.stop() == 0
