"""One backend by HTTP of the SMS gateway, alone: tests/gateways/provider."""

import os
import subprocess

from servers.causeway import binary, libconfig
from servers.process import Process

TOKEN = "0123456789abcdefghijkl"
PATH = f"/sms/sms.example.org/main/{TOKEN}"


def program():
    return binary().parent / "provider-driver"


class Backend(Process):
    def __init__(self, run, name="backend", port=None):
        super().__init__(run, name)
        self.port = port or run.port()
        self.base = f"http://{run.address}:{self.port}"
        self.callback = self.base + PATH
        self._config = self.folder / "backend.conf"

    def configure(self, **settings):
        values = {"callback_url": self.base, "token": TOKEN, **settings}
        self._config.write_text("".join(
            f"{key} = {libconfig(value)};\n"
            for key, value in values.items()))
        os.chmod(self._config, 0o600)
        return self

    def command(self):
        return [str(program()), str(self._config), self.run.address,
                str(self.port)]

    def streams(self, output):
        return subprocess.PIPE, output

    async def ready(self):
        await self.logged("link 2")

    def say(self, line):
        self._child.stdin.write(f"{line}\n".encode())
        self._child.stdin.flush()

    def send(self, token, sender, receiver, text):
        self.say(f"send {token} {sender} {receiver} {text}")

    async def stop(self):
        if self.alive():
            self._child.stdin.close()
        return await self.exited()
