"""A scripted native IRC client."""

import asyncio
import ssl

from clients import xml
from clients.inbox import Inbox


class Line:
    """One IRC message."""

    def __init__(self, raw):
        self.raw = raw
        self.tags = {}
        self.source = ""
        rest = raw
        if rest.startswith("@"):
            tags, _, rest = rest[1:].partition(" ")
            for tag in tags.split(";"):
                key, _, value = tag.partition("=")
                self.tags[key] = value
        rest = rest.lstrip(" ")
        if rest.startswith(":"):
            self.source, _, rest = rest[1:].partition(" ")
        head, colon, trailing = rest.partition(" :")
        self.params = head.split()
        if colon:
            self.params.append(trailing)
        self.command = self.params.pop(0).upper() if self.params else ""

    @property
    def nick(self):
        return self.source.partition("!")[0]

    @property
    def text(self):
        return self.params[-1] if self.params else ""

    def __repr__(self):
        return f"Line({self.raw!r})"


class IrcClient:
    def __init__(self, nick):
        self.nick = nick
        self.inbox = Inbox(nick)
        self._reader = self._writer = self._task = None

    async def connect(self, address, port, authority=None, caps=(),
                      password=None):
        """Connects and registers; `authority` is a certificate file, and
        stands for TLS."""
        context = ssl.create_default_context(cafile=authority) \
            if authority else None
        if context:
            context.check_hostname = False
        self._reader, self._writer = await asyncio.open_connection(
            address, port, ssl=context, limit=1 << 20)
        self._task = asyncio.create_task(self._read())
        if caps:
            self.send("CAP REQ :" + " ".join(caps))
            await self.expect("CAP", "ACK")
            self.send("CAP END")
        if password:
            self.send(f"PASS {password}")
        self.send(f"NICK {self.nick}")
        self.send(f"USER {self.nick} 0 * :A native client")
        await self.expect("001")
        return self

    async def _read(self):
        try:
            while data := await self._reader.readline():
                raw = data.decode(errors="replace").rstrip("\r\n")
                line = Line(raw)
                if line.command == "PING":
                    self.send(f"PONG :{line.text}")
                    continue
                self.inbox.note("<", raw)
                self.inbox.add(line)
        except (ConnectionError, asyncio.LimitOverrunError, ValueError):
            pass

    def send(self, line):
        self.inbox.note(">", line)
        self._writer.write(line.encode() + b"\r\n")

    def send_bytes(self, data):
        self.inbox.note(">", repr(data))
        self._writer.write(data)

    async def close(self):
        if self._writer is None:
            return
        self._task.cancel()
        self._writer.close()
        try:
            await asyncio.wait_for(self._writer.wait_closed(), 5)
        except (OSError, asyncio.TimeoutError, ssl.SSLError):
            pass

    async def expect(self, command, *params, nick=None, timeout=None):
        """The next line with this command that has these parameters among
        its own (a text or a compiled pattern each)."""
        def match(line):
            return line.command == command and \
                (nick is None or line.nick == nick) and \
                all(any(xml.matches(p, got) for got in line.params)
                    for p in params)
        return await self.inbox.get(
            match, f"{command} {params} of {nick or 'anybody'}", timeout)

    def unseen(self, command, *params):
        return self.inbox.take_all(
            lambda line: line.command == command and
            all(p in line.params for p in params))

    async def settle(self):
        """After this everything the server had for us has arrived."""
        self.send("PING settle")
        await self.expect("PONG", "settle")

    # Usual things.
    async def join(self, channel, key=""):
        self.send(f"JOIN {channel} {key}".rstrip())
        await self.expect("366", channel)

    def say(self, target, text):
        self.send(f"PRIVMSG {target} :{text}")

    async def command(self, line, *answer, **more):
        """Sends a line and waits for what must follow."""
        self.send(line)
        return await self.expect(*answer, **more)
