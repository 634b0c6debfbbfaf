"""A relay between the daemon and its XMPP server, to cut their stream."""

import asyncio

from servers.process import PATIENCE


class Relay:
    """Stands for a server: has its `component` port, and can be cut."""

    def __init__(self, run, server):
        self.component = run.port()
        self._address = run.address
        self._behind = server.component
        self._open = asyncio.Event()
        self._open.set()
        self._writers = []
        self._tasks = set()

    async def start(self):
        self._server = await asyncio.start_server(
            self._accept, self._address, self.component)
        return self

    def cut(self):
        """Ends the connections; new ones wait until mend()."""
        self._open.clear()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def mend(self):
        self._open.set()

    async def close(self):
        self.cut()
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.wait_for(asyncio.gather(
            *self._tasks, return_exceptions=True), PATIENCE)

    async def _accept(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        self._writers.append(writer)
        await self._open.wait()
        try:
            inner, outer = await asyncio.open_connection(
                self._address, self._behind)
        except OSError:
            writer.close()
            return
        self._writers.append(outer)
        await asyncio.gather(_pump(reader, outer), _pump(inner, writer),
                             return_exceptions=True)


async def _pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()
