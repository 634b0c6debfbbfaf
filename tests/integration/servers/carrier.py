"""One carrier of texts, without the gateway: tests/gateways/carrier."""

import subprocess

from servers.causeway import binary, libconfig
from servers.process import Process, wait_for

GSM, UCS2, LATIN1, BINARY = range(4)
CLASSES = ["ok", "retry", "throttle", "bad_dest", "bad_src", "bad_content",
           "blocked", "no_credit", "auth", "link", "perm", "stopped",
           "fault"]
STATES = ["scheduled", "enroute", "delivered", "expired", "deleted",
          "undeliverable", "accepted", "unknown", "rejected", "skipped"]


def program():
    return binary().with_name("causeway-carrier")


def _octets(word):
    return b"" if word == "-" else bytes.fromhex(word)


def _text(word):
    return _octets(word).decode()


# What the words of an event are.
_READERS = {
    "link": [str, _text],
    "ready": [],
    "accepted": [int, _text],
    "rejected": [int, lambda n: CLASSES[int(n)], _text, int],
    "lost": [int],
    "report": [int, _text, _text, lambda n: STATES[int(n)],
               lambda n: CLASSES[int(n)], _text],
    "incoming": [int, _text, int, _text, int, _octets, _octets, str],
    "room": [int],
    "describe": [_text],
    "measure": [_text],
}


class Carrier(Process):
    def __init__(self, run, kind, settings, name="carrier"):
        super().__init__(run, name)
        self._kind, self._settings = kind, settings
        self._events = self.folder / "events"
        self._seen = {}  # of each name, how many were heard

    def command(self):
        path = self.folder / "carrier.conf"
        path.write_text("".join(f"{key} = {libconfig(value)};\n"
                                for key, value in self._settings.items()))
        return [program(), self._kind, path]

    def streams(self, output):
        return subprocess.PIPE, open(self._events, "wb")

    async def ready(self):
        pass

    def say(self, *words):
        self._child.stdin.write((" ".join(map(str, words)) + "\n").encode())
        self._child.stdin.flush()

    def submit(self, token, to, data=b"hello", alphabet=GSM, header=b"",
               flags=("report",), sender="+15551234567"):
        self.say("submit", token, sender, to, alphabet,
                 header.hex() or "-", data.hex() or "-", *flags)

    def _all(self):
        lines = self._events.read_bytes().decode().split("\n")[:-1]
        for line in lines:
            name, *words = line.split(" ")
            yield (name, *(read(word) for read, word
                           in zip(_READERS[name], words, strict=True)))

    def heard(self, *names):
        """The events of these names so far, or all."""
        return [event for event in self._all()
                if not names or event[0] in names]

    async def hear(self, *start):
        """The next event of a name; it begins with these words."""
        number = self._seen.get(start[0], 0)

        def attempt():
            self._must_live()
            return self.heard(start[0])[number:]
        events = await wait_for(attempt, f"{start} from the carrier")
        self._seen[start[0]] = number + 1
        assert events[0][:len(start)] == start, events[0]
        return events[0]

    async def finish(self):
        """It ends in order, with no complaint of a sanitizer."""
        self._child.stdin.close()
        status = await self.exited()
        assert status == 0, self.tail()
