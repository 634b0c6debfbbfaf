"""An IRC server whose every line is written by a test."""

import asyncio

from clients.inbox import Inbox
from clients.irc import Line

HOST = "fake.localhost"


class Peer:
    """One connection of the daemon to the scripted server."""

    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer
        self.inbox = Inbox("scripted ircd")
        self.closed = asyncio.Event()
        self.nick = None
        self._task = asyncio.create_task(self._read())

    async def _read(self):
        try:
            while data := await self._reader.readline():
                raw = data.decode(errors="replace").rstrip("\r\n")
                self.inbox.note("<", raw)
                line = Line(raw)
                if line.command == "PING":
                    self.send(f":{HOST} PONG {HOST} :{line.text}")
                elif line.command == "MONITOR" and line.params[0] == "+":
                    # Only where ISUPPORT offered it: everybody is there.
                    self.numeric("730", ",".join(
                        f"{name}!u@h" for name in line.text.split(",")))
                else:
                    self.inbox.add(line)
        except (ConnectionError, ValueError):
            pass
        self.closed.set()

    def send(self, *lines):
        for line in lines:
            self.inbox.note(">", line[:400])
            self._writer.write(line.encode() + b"\r\n")

    def numeric(self, number, *params):
        """A reply to the user, the last parameter with a colon."""
        middle = "".join(f" {p}" for p in params[:-1])
        self.send(f":{HOST} {number} {self.nick or '*'}{middle} "
                  f":{params[-1]}")

    async def send_bytes(self, data):
        self.inbox.note(">", repr(data[:200]))
        self._writer.write(data)
        await self._writer.drain()

    async def expect(self, command, *params, timeout=None):
        return await self.inbox.get(
            lambda line: line.command == command and
            all(p in line.params for p in params),
            f"{command} {params}", timeout)

    def unseen(self, command):
        return self.inbox.take_all(lambda line: line.command == command)

    async def negotiate(self, caps=()):
        """Registration up to the welcome; `caps` are offered as listed and
        acknowledged when asked for."""
        nick = user = ended = False
        asked = False
        while not (nick and user and (ended or not asked)):
            line = await self.inbox.get(
                lambda l: l.command in ("CAP", "NICK", "USER"),
                "the registration")
            if line.command == "NICK":
                nick = True
                self.nick = line.params[0]
            elif line.command == "USER":
                user = True
            else:
                verb = line.params[0].upper()
                asked = True
                ended = verb == "END"
                if verb == "LS":
                    self.send(f":{HOST} CAP * LS :{' '.join(caps)}")
                elif verb == "REQ":
                    self.send(f":{HOST} CAP * ACK :{line.text}")
        return self

    async def welcome(self, caps=(), isupport="CHANTYPES=# PREFIX=(ov)@+"):
        """A whole registration."""
        await self.negotiate(caps)
        self.numeric("001", f"Welcome {self.nick}")
        self.numeric("002", "Your host")
        self.numeric("003", "Created")
        self.send(f":{HOST} 004 {self.nick} {HOST} scripted iow biklmnopstv")
        self.send(f":{HOST} 005 {self.nick} {isupport} :are supported")
        self.numeric("422", "No message of the day")
        return self

    async def let_in(self, channel, names=()):
        """Answers a JOIN; `names` are the others, prefixes included."""
        await self.expect("JOIN")
        self.send(f":{self.nick}!u@h JOIN {channel}")
        self.list_names(channel, names)
        return self

    def list_names(self, channel, names=()):
        self.numeric("353", "=", channel, " ".join([self.nick, *names]))
        self.numeric("366", channel, "End of /NAMES list")
        self.numeric("324", channel, "+")

    def pause(self):
        """Reads nothing any more."""
        self._task.cancel()
        self._reader._transport.pause_reading()

    async def close(self):
        self._task.cancel()
        self._writer.close()
        self.closed.set()


class ScriptedIrcd:
    def __init__(self, address, port):
        self.address = address
        self.port = port
        self._arrivals = Inbox("scripted ircd")
        self.transcript = []
        self._server = None
        self._peers = []

    async def start(self):
        self._server = await asyncio.start_server(
            self._arrived, self.address, self.port, limit=1 << 20)
        return self

    async def _arrived(self, reader, writer):
        peer = Peer(reader, writer)
        self._peers.append(peer)
        self._arrivals.add(peer)

    async def accept(self, timeout=None):
        """The next connection."""
        return await self._arrivals.get(lambda peer: True, "a connection",
                                        timeout)

    @property
    def connections(self):
        return len(self._peers)

    def transcripts(self):
        return [line for peer in self._peers
                for line in peer.inbox.transcript]

    async def close(self):
        """Stops listening and drops everybody."""
        if self._server:
            self._server.close()
        for peer in self._peers:
            await peer.close()
        if self._server:
            await self._server.wait_closed()
            self._server = None
