"""Files from a network to the user, and from him, through a real upload
service (Prosody's). The network is the courier of tests/gateways."""

import pytest

from clients import files, xml
from conftest import forget
from servers.causeway import Causeway, binary

PATTERN = bytes(range(ord("a"), ord("a") + 23))


class Courier(Causeway):
    program = binary().with_name("causeway-courier")

    def command(self):
        return [str(self.program), "-c", str(self.config)]


@pytest.fixture
def courier(run, prosody, upload_names, authority, spare):
    """Makes the daemon: courier(network={...}, ...)."""
    if not Courier.program.exists():
        pytest.skip(f"{Courier.program} is not built")
    made = []

    def make(network=None, **settings):
        network = {"allow": [f"{run.address}/32"],
                   "nameserver": upload_names.nameserver,
                   "ca_file": str(authority.certificate), **(network or {})}
        daemon = Courier(run, prosody, [{"type": "echo", "jid": spare}],
                         name=f"courier-{spare}", network=network, **settings)
        daemon.person = f"anna%canyon@{spare}"
        made.append(daemon)
        return daemon
    yield make
    forget(run, made)


async def ask(client, daemon, text):
    """What the courier says to it."""
    client.send_message(daemon.person, text)
    return xml.body(await client.get_message(daemon.person))


async def test_files_go_both_ways(scene, courier, authority):
    daemon = courier()
    await daemon.start()
    alice = await scene.xmpp("alice")
    for size in (0, 1, 300000, 1000000):
        url = await ask(alice, daemon, str(size))
        assert url.endswith("/a%20file.txt")
        data = await files.download(scene.run.address, authority, url)
        assert data == (PATTERN * (size // 23 + 1))[:size]
        assert await ask(alice, daemon, url) == f"200: {size} bytes"
    words = await ask(alice, daemon, "1000001")
    assert "takes at most 1000000" in words


async def test_the_service_may_be_named(scene, prosody, courier):
    daemon = courier(upload={"service": prosody.upload})
    await daemon.start()
    alice = await scene.xmpp("alice")
    assert (await ask(alice, daemon, "10")).startswith("https://")


async def test_the_policy_counts(scene, courier):
    daemon = courier(network={"allow": []})
    await daemon.start()
    alice = await scene.xmpp("alice")
    assert "outbound policy" in await ask(alice, daemon, "10")
    assert "outbound policy" in await ask(alice, daemon, "https://127.0.0.1/")


async def test_certificates_count(scene, courier):
    """The authority is not among the system's."""
    daemon = courier(network={"ca_file": ""})
    await daemon.start()
    alice = await scene.xmpp("alice")
    assert "certificate" in await ask(alice, daemon, "10")


async def test_servers_without_a_service(scene, courier, prosody):
    daemon = courier(upload={"service": f"nothing.{prosody.domain}"})
    await daemon.start()
    alice = await scene.xmpp("alice")
    assert "no service for files" in await ask(alice, daemon, "10")
