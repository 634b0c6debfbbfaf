"""Chromium with pages of the web client, each with a profile of its own."""

import asyncio
import itertools
import json
import pathlib

from servers.process import PATIENCE

CHROMIUM = "/usr/bin/chromium"
BRIDGE = pathlib.Path(__file__).with_name("bridge.mjs")


class Failed(AssertionError):
    """The browser could not do it; the text is Playwright's."""


class Browser:
    """The program behind `bridge.mjs`; every page is somebody's client."""

    def __init__(self, node_modules, log):
        self._folder = node_modules
        self._log = log
        self._ids = itertools.count(1)
        self._waiting = {}
        self._child = self._reader = None

    async def start(self):
        with open(self._log, "ab") as log:
            self._child = await asyncio.create_subprocess_exec(
                "node", BRIDGE, self._folder, CHROMIUM, str(PATIENCE),
                stdin=asyncio.subprocess.PIPE, limit=1 << 24,
                stdout=asyncio.subprocess.PIPE, stderr=log)
        self._reader = asyncio.create_task(self._read())
        return self

    async def _read(self):
        while line := await self._child.stdout.readline():
            answer = json.loads(line)
            waiting = self._waiting.pop(answer["id"])
            if waiting.done():
                continue
            if "error" in answer:
                waiting.set_exception(Failed(answer["error"]))
            else:
                waiting.set_result(answer.get("value"))
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(Failed("the browser ended"))

    async def ask(self, page, method, *args):
        """Calls a method of Playwright's Page (or `open`)."""
        id = next(self._ids)
        self._waiting[id] = asyncio.get_running_loop().create_future()
        self._child.stdin.write(json.dumps(
            {"id": id, "page": page, "method": method,
             "args": args}).encode() + b"\n")
        return await asyncio.wait_for(self._waiting[id], 2 * PATIENCE)

    async def close(self):
        self._child.stdin.close()
        await self._child.wait()
        self._reader.cancel()


INPUT = "textarea.chat-textarea >> visible=true"


class Client:
    """Somebody's web client. A `what` is a selector of Playwright; to look
    at something means to wait until it can be seen."""

    def __init__(self, browser, name):
        self._browser = browser
        self.name = name

    async def do(self, method, *args):
        return await self._browser.ask(self.name, method, *args)

    async def open(self, address):
        await self.do("open", address)

    async def see(self, what):
        await self.do("waitForSelector", f"{what} >> visible=true")

    async def see_gone(self, what):
        await self.do("waitForSelector", what, {"state": "detached"})

    async def click(self, what):
        await self.do("click", f"{what} >> visible=true")

    async def fill(self, what, text):
        await self.do("fill", f"{what} >> visible=true", text)

    async def read(self, text):
        """Sees a message with this text."""
        await self.see(f"converse-chat-message-body:has-text({quote(text)})")

    async def see_occupant(self, nick):
        await self.see(f".occupant-nick:text-is({quote(nick)})")

    async def say(self, text):
        await self.do("fill", INPUT, text)
        await self.do("press", INPUT, "Enter")

    async def picture(self, path):
        await self.do("screenshot", {"path": str(path)})


def quote(text):
    return json.dumps(text)
