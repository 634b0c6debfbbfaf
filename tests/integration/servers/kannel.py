"""Kannel: bearerbox, smsbox and its fake SMSC, private and on loopback."""

import pathlib
import shutil
import socket

from servers.process import Process

FAKESMSC = "/usr/lib/kannel/test/fakesmsc"
USER, PASSWORD = "gw", "gwpass"

CORE = """\
group = core
admin-port = {admin}
admin-interface = "{address}"
smsbox-port = {boxes}
smsbox-interface = "{address}"
admin-password = bar
box-allow-ip = "127.0.0.1"
dlr-storage = internal

group = smsc
smsc = fake
smsc-id = fake1
host = {address}
port = {fake}
connect-allow-ip = 127.0.0.1

group = smsbox
smsbox-id = box1
bearerbox-host = {address}
sendsms-port = {sendsms}
sendsms-interface = "{address}"

group = smsbox-route
smsbox-id = box1
smsc-id = "fake1"

group = sendsms-user
username = {user}
password = {password}
max-messages = 12
concatenation = true

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "{get_url}"
"""


def is_there():
    return bool(shutil.which("bearerbox") and shutil.which("smsbox")
                and pathlib.Path(FAKESMSC).exists())


def _port_of_all_addresses():
    """Its SMSC listens at all of them, where other runs have servers."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        return probe.getsockname()[1]


class _Box(Process):
    def __init__(self, run, program, config):
        super().__init__(run, program)
        self._config = config

    def command(self):
        return [self.name, "-v", "1", str(self._config)]


class Bearerbox(_Box):
    def __init__(self, run, config, port):
        super().__init__(run, "bearerbox", config)
        self._port = port

    async def ready(self):
        await self.port_answers(self._port)


class Smsbox(_Box):
    def __init__(self, run, config, port):
        super().__init__(run, "smsbox", config)
        self._port = port

    async def ready(self):
        await self.port_answers(self._port)


class FakeSmsc(Process):
    """A phone and its SMSC: connected, it says `text` and gets what is
    sent."""

    def __init__(self, run, port, text):
        super().__init__(run, "fakesmsc")
        self._port, self._text = port, text

    def command(self):
        return [FAKESMSC, "-H", self.run.address, "-r", str(self._port),
                "-m", "1", self._text]

    async def ready(self):
        await self.logged("sent message 1")


class Kannel:
    """`get_url` is where texts go, with Kannel's escapes in it."""

    def __init__(self, run, get_url):
        self._run, self.phones = run, []
        self.ports = {name: run.port()
                      for name in ("admin", "boxes", "sendsms")}
        self.ports["fake"] = _port_of_all_addresses()
        folder = run.make_folder("kannel")
        config = folder / "kannel.conf"
        config.write_text(CORE.format(
            address=run.address, user=USER, password=PASSWORD,
            get_url=get_url, **self.ports))
        self.url = f"http://{run.address}:{self.ports['sendsms']}"
        self.bearerbox = Bearerbox(run, config, self.ports["boxes"])
        self.smsbox = Smsbox(run, config, self.ports["sendsms"])

    async def start(self):
        await self.bearerbox.start()
        await self.smsbox.start()
        return self

    async def phone(self, text="1 2 text hello"):
        """One at a time; `text` is "FROM TO text WORDS"."""
        self.phones.append(FakeSmsc(self._run, self.ports["fake"], text))
        return await self.phones[-1].start()
