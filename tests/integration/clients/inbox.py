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
        while True:
            item = self.take(match)
            if item is not None:
                return item
            self._arrival.clear()
            try:
                await asyncio.wait_for(self._arrival.wait(),
                                       end - loop.time())
            except asyncio.TimeoutError:
                raise Expired(f"{self.name} waited in vain for {what}") \
                    from None
