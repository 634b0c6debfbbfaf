"""What a client received and no test has looked at yet."""

import asyncio

from servers.process import PATIENCE, Expired


class Inbox:
    def __init__(self, name):
        self.name = name
        self._items = []
        self._arrival = asyncio.Event()
        self.transcript = []

    def note(self, direction, text):
        """For the report of a failed test."""
        self.transcript.append(f"{self.name} {direction} {text}")

    def add(self, item):
        self._items.append(item)
        self._arrival.set()

    def take(self, match):
        """The first item that matches, or None; it counts as seen."""
        for index, item in enumerate(self._items):
            if match(item):
                return self._items.pop(index)
        return None

    def take_all(self, match):
        found = [item for item in self._items if match(item)]
        self._items = [item for item in self._items if not match(item)]
        return found

    def clear(self):
        self._items.clear()

    async def get(self, match, what, timeout=None):
        """Waits for an item that matches."""
        loop = asyncio.get_running_loop()
        end = loop.time() + (timeout or PATIENCE)
        while (item := self.take(match)) is None:
            self._arrival.clear()
            # Not wait_for(), which can swallow a cancellation.
            waiting = loop.create_task(self._arrival.wait())
            try:
                await asyncio.wait({waiting}, timeout=end - loop.time())
            finally:
                waiting.cancel()
            if loop.time() >= end:
                raise Expired(f"{self.name} waited in vain for {what}")
        return item
