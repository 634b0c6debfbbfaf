"""What the scripted mail servers have in common: they serve honestly, but at
chosen points they do harm."""

import asyncio
import inspect
import socket
import ssl
import struct

from clients.inbox import Inbox
from servers.process import PATIENCE


class Fault:
    """Done at a point, that is a command or "GREETING". `act(session, tag,
    rest)` returns true when there is nothing more to answer. `times`: how
    often it strikes on a server, None: always.

    `harmless`: the client has every reason to go on as if nothing was."""

    def __init__(self, name, point, act, harmless=False, times=None):
        self.name = name
        self.point = point
        self.act = act
        self.harmless = harmless
        self.left = times
        self.struck = 0

    def __repr__(self):
        return f"{self.name}@{self.point}"

    def copy(self, times=None):
        """One to be used up on another server."""
        return Fault(self.name, self.point, self.act, self.harmless,
                     self.left if times is None else times)

    def is_due(self, point):
        return self.point == point and self.left != 0

    async def strike(self, session, tag, rest):
        self.struck += 1
        if self.left is not None:
            self.left -= 1
        done = self.act(session, tag, rest)
        return await done if inspect.isawaitable(done) else done


class Pause(Fault):
    """No harm: the server waits at the point, every time, so that something
    can be done to the client just there; then all goes on, or the connection
    is lost."""

    def __init__(self, point):
        super().__init__("pause", point, self._wait)
        self._reached = asyncio.Event()
        self._released = asyncio.Event()

    def copy(self, times=None):
        return self  # the test holds it

    async def _wait(self, session, tag, rest):
        self._reached.set()
        await self._released.wait()

    async def reached(self):
        """Waits until the client is there."""
        await asyncio.wait_for(self._reached.wait(), PATIENCE)

    def release(self):
        """No waiting any more."""
        self._released.set()


class Session:
    """One connection. A subclass serves it in serve()."""

    def __init__(self, server, reader, writer):
        self.server = server
        self.reader = reader
        self.writer = writer
        self.secure = False
        self.commands = []
        self.over = asyncio.Event()

    # Sending.
    def send(self, *lines):
        for line in lines:
            if isinstance(line, str):
                line = line.encode()
            self.server.inbox.note(">", repr(line[:200]))
            self.writer.write(line + b"\r\n")

    async def send_bytes(self, data):
        """Waits while the client does not read."""
        self.writer.write(data)
        await self.writer.drain()
        # What comes after the end of TLS vanishes, and nobody waits.
        await asyncio.sleep(0)
        if self.writer.is_closing():
            raise ConnectionResetError

    async def endlessly(self, piece, first=b""):
        """Until the client has enough of it."""
        await self.send_bytes(first)
        piece *= max(1, 65536 // len(piece))
        while True:
            await self.send_bytes(piece)

    async def slowly(self, data, pause=1):
        for byte in data:
            await self.send_bytes(bytes([byte]))
            await asyncio.sleep(pause)

    async def silence(self):
        """Says nothing any more, but listens."""
        while await self.reader.read(65536):
            pass
        raise ConnectionResetError

    def drop(self):
        """Ends the connection without a word."""
        self.writer.close()
        raise ConnectionResetError

    def reset(self):
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        raise ConnectionResetError

    # Reading.
    async def line(self):
        data = await self.reader.readuntil(b"\n")
        self.server.inbox.note("<", repr(data[:200]))
        return data.rstrip(b"\r\n")

    # Faults.
    async def fault(self, point, tag="*", rest=""):
        """True when a fault answered."""
        for fault in self.server.faults:
            if fault.is_due(point) and await fault.strike(self, tag, rest):
                return True
        return False

    async def secure_now(self):
        await self.writer.start_tls(self.server.context)
        self.secure = True

    async def run(self):
        try:
            await self.serve()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError,
                asyncio.LimitOverrunError):
            pass
        finally:
            self.writer.close()
            self.over.set()

    async def serve(self):
        raise NotImplementedError


class Server:
    """`mode`: "tls" from the start, "starttls", or "none"."""

    session_type = Session

    def __init__(self, address, port, certificate=None, mode="tls",
                 faults=()):
        self.address = address
        self.port = port
        self.mode = mode if certificate else "none"
        self.context = None
        if certificate:
            self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self.context.load_cert_chain(*certificate)
        self.faults = [fault.copy() for fault in faults]
        self.inbox = Inbox(type(self).__name__)
        self.sessions = []
        self._tasks = set()
        self._server = None

    async def start(self):
        self._server = await asyncio.start_server(
            self._arrived, self.address, self.port, limit=1 << 26,
            ssl=self.context if self.mode == "tls" else None)
        return self

    async def _arrived(self, reader, writer):
        session = self.session_type(self, reader, writer)
        session.secure = self.mode == "tls"
        self.sessions.append(session)
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            await session.run()
        except asyncio.CancelledError:
            pass
        finally:
            self._tasks.discard(task)

    @property
    def connections(self):
        return len(self.sessions)

    def commands(self):
        """All that clients said, as (verb, rest) in its order."""
        return [command for session in self.sessions
                for command in session.commands]

    def struck(self):
        """How often it did harm."""
        return sum(fault.struck for fault in self.faults)

    def transcripts(self):
        return self.inbox.transcript

    async def close(self):
        if self._server:
            self._server.close()
        for session in self.sessions:
            session.writer.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server:
            await self._server.wait_closed()
            self._server = None


# --- What every line protocol can be harmed with ------------------------------

def everywhere(points, table):
    """Faults of each act in `table` at each point."""
    return [Fault(name, point, act, *more) for point in points
            for name, (act, *more) in table.items()]


GENERIC = {
    "drop": (lambda s, tag, rest: s.drop(),),
    "reset": (lambda s, tag, rest: s.reset(),),
    "silence": (lambda s, tag, rest: s.silence(),),
    "endless line": (lambda s, tag, rest: s.endlessly(b"x" * 1000,
                                                      b"* OK "),),
    "zeros": (lambda s, tag, rest: s.endlessly(bytes(4096)),),
    "garbage": (lambda s, tag, rest: s.send(bytes(range(128, 256)) * 10),),
}
