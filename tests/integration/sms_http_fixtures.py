"""Fixtures of SMS by HTTP: a provider, and a daemon of the test's own."""

import pytest

from conftest import forget, need_binary, wait
from servers import twilio as twilios
from servers.causeway import Causeway
from servers.dns import Dns
from servers.twilio import Twilio
from sms_fixtures import SHARED, assignments


@pytest.fixture
def upload_names(run, prosody):
    """A name server that knows the upload service."""
    server = Dns(run.address, run.port())
    server.host(prosody.upload, run.address)
    wait(server.start())
    yield server
    wait(server.close())


@pytest.fixture
def twilio(run):
    if not twilios.is_there():
        pytest.skip("Node is not installed")
    server = wait(Twilio(run.address, run.port()).start())
    yield server
    wait(server.close())


class Exchange(Causeway):
    """A daemon with one backend by HTTP; `callback` is its URL."""

    def __init__(self, run, server, jid, backend, **settings):
        assign = assignments()
        numbers = [item["number"] for item in assign] + [SHARED]
        super().__init__(
            run, server, [{"type": "sms", "jid": jid, "country": "US",
                           "assign": assign}],
            name=f"exchange-{jid}", **settings)
        base = f"http://{run.address}:{self.http}"
        backend = {"numbers": numbers, "callback_url": base, **backend}
        token = f"/{backend['token']}" if "token" in backend else ""
        self.callback = f"{base}/sms/{jid}/{backend['name']}{token}"
        self.gateways[0]["backends"] = [backend]
        self.jid = jid
        self.write_config()


@pytest.fixture
def http_exchange(run, prosody, upload_names, authority, spare):
    """Makes the daemon: http_exchange(backend, gateway's settings). It is
    attached to Prosody, or to another server."""
    need_binary()
    made = []

    def make(backend, gateway=None, server=None, **network):
        daemon = Exchange(
            run, server or prosody, spare, backend,
            network={"allow": [f"{run.address}/32"],
                     "nameserver": upload_names.nameserver,
                     "ca_file": str(authority.certificate), **network})
        daemon.gateways[0].update(gateway or {})
        daemon.write_config()
        made.append(daemon)
        return daemon
    yield make
    forget(run, made)
