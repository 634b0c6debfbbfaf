"""A short message centre that tests control: tests/smsc, on npm's `smpp`."""

import asyncio
import json
import shutil
import urllib.parse
import urllib.request

from servers import npm
from servers.causeway import TOP
from servers.process import Process, wait_for

SYSTEM_ID, PASSWORD = "esme1", "secret"
FIRST_ID = 65536  # of the first text that it takes


def node_modules(fetching=lambda: None):
    """Where the package is; None without node or npm. `fetching` is called
    when it has to be fetched."""
    if not shutil.which("node"):
        return None
    return npm.installed("tests/smsc", "smsc", fetching)


class Smsc(Process):
    """Plain at `port`, with TLS at `tls_port` if it has a certificate."""

    def __init__(self, run, name="smsc", certificate=None, key=None):
        super().__init__(run, name)
        self.port, self.control = run.port(), run.port()
        self.options = {"host": run.address, "port": self.port,
                        "control": self.control, "system_id": SYSTEM_ID,
                        "password": PASSWORD}
        if certificate:
            self.tls_port = run.port()
            self.options.update(tls_port=self.tls_port, key=str(key),
                                certificate=str(certificate))

    def command(self):
        return ["node", TOP / "tests/smsc/smsc.mjs", node_modules(),
                json.dumps(self.options)]

    async def ready(self):
        await self.logged("^ready")

    def settings(self, **more):
        """The keys of a backend that binds to it without TLS."""
        return {"host": self.run.address, "port": self.port, "tls": "none",
                "system_id": SYSTEM_ID, "password": PASSWORD, **more}

    async def ask(self, path, **query):
        """One of its controls: see smsc.mjs."""
        url = f"http://{self.run.address}:{self.control}/{path}?" + \
            urllib.parse.urlencode(query)

        def fetch():
            with urllib.request.urlopen(url, timeout=60) as answer:
                return json.load(answer)
        return await asyncio.to_thread(fetch)

    async def mode(self, **modes):
        return await self.ask("mode", **modes)

    async def events(self, what=None, since=0):
        """What happened, oldest first."""
        log = await self.ask("log", since=since)
        return [event for event in log["events"]
                if what in (None, event["what"])]

    async def happened(self, what, count=1, since=0, **fields):
        """Waits until that happened so often; all of them."""
        async def enough():
            found = [event for event in await self.events(what, since)
                     if all(event[key] == value
                            for key, value in fields.items())]
            return found if len(found) >= count else None
        return await wait_for(enough, f"{count} {what} {fields}")

    async def now(self):
        """For `since`."""
        return (await self.ask("log", since=1 << 50))["next"]

    async def phone_says(self, text, sender="15557770000",
                         to="15551234567", **more):
        """A text from a phone; the statuses that its parts were answered
        with, at once with wait=0."""
        query = {"from": sender, "to": to, "text": text, **more}
        return (await self.ask("mo", **query))["statuses"]

    async def phone_has(self, sender, to, id=FIRST_ID):
        """A receipt says so, when one is bound."""
        await self.ask(
            "receipt", **{"from": sender, "to": to, "wait": 0,
                          "text": f"id:{id} sub:001 dlvrd:001 submit date:"
                          "2601010000 done date:2601010001 stat:DELIVRD "
                          "err:000 text:Hello"})
