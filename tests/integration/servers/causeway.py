"""The daemon under test."""

import os
import pathlib
import re
import shutil
import socket
import subprocess

from servers.process import Process, wait_for
from servers.prosody import SECRET

TOP = pathlib.Path(__file__).resolve().parents[3]

# What the tests use as passwords; no log may hold one, at debug level either.
_PLANTED = [SECRET, "s1cret", "s2cret", "letmein", "hidden-secret",
            "Qz7secret", "Rk8secret"]
_COMPLAINT = re.compile("|".join(
    [r"(ERROR|WARNING): \w+Sanitizer", "runtime error:",
     r"\berror xmpp \S+ bug:", *map(re.escape, _PLANTED)]))


def binary():
    """The program: $CAUSEWAY_BIN, or the asan or dev build."""
    named = os.environ.get("CAUSEWAY_BIN")
    if named:
        return pathlib.Path(named).resolve()
    for preset in ("asan", "dev", "release"):
        path = TOP / "build" / preset / "causeway"
        if path.exists():
            return path
    return TOP / "build/asan/causeway"


def run_once(*arguments, timeout=30):
    """Runs the program to its end, for --version and the like."""
    return subprocess.run([binary(), *map(str, arguments)], text=True,
                          capture_output=True, timeout=timeout)


def libconfig(value, depth=0):
    """A Python value as libconfig text."""
    if isinstance(value, dict):
        tab = "\t" * depth
        return "{\n" + "".join(
            f"{tab}\t{key} = {libconfig(item, depth + 1)};\n"
            for key, item in value.items()) + tab + "}"
    if isinstance(value, (list, tuple)):
        return "( " + ", ".join(libconfig(item, depth)
                                for item in value) + " )"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    return '"%s"' % str(value).replace("\\", "\\\\").replace('"', '\\"')


def irc_gateway(jid, networks, settings=None):
    """A gateway's group of the configuration."""
    return {"type": "irc", "jid": jid, "any_network": True,
            "networks": networks.groups, "flood": {"burst": 0.0},
            "connects": {"burst": 0}, "sends_per_minute": 0,
            **(settings or {})}


class Causeway(Process):
    """`gateways` are groups as in the configuration; `settings` replace or
    add to the others."""

    program = None  # another daemon than the one built
    wrapper = ()    # what runs it
    worker = None   # another mail worker than the one built

    def __init__(self, run, server, gateways, name="causeway", **settings):
        super().__init__(run, name)
        self.http = run.port()
        self.config = self.folder / "causeway.conf"
        self.gateways = [{"secret": SECRET, **gateway}
                         for gateway in gateways]
        self.settings = {
            "xmpp": {"host": run.address, "port": server.component},
            "storage": f"sqlite:{self.folder}/causeway.db",
            "secrets": {"key_file": f"{self.folder}/secret.key"},
            "log": {"level": "debug"},
            "http": {"listen": run.address, "port": self.http},
            "network": {"allow": ["127.0.0.0/8"]},
            **settings}
        self.variables = {}  # of the environment, besides the usual
        self._notify = None
        self.write_config()

    def write_config(self):
        everything = {**self.settings, "gateways": self.gateways}
        self.config.write_text("".join(
            f"{key} = {libconfig(value)};\n"
            for key, value in everything.items()))
        self.config.chmod(0o600)

    def command(self):
        return [*self.wrapper, str(self._program()), "-c",
                str(self.config)]

    def _program(self):
        """Beside another mail worker, if the test wants one: the daemon
        takes the one in its own folder."""
        if self.worker is None:
            return self.program or binary()
        folder = self.folder / "program"
        if not folder.exists():
            folder.mkdir()
            shutil.copy2(binary(), folder / "causeway")
            (folder / "causeway-mail").symlink_to(self.worker)
        return folder / "causeway"

    def environment(self):
        path = self.folder / "notify"
        path.unlink(missing_ok=True)
        if self._notify:
            self._notify.close()
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(str(path))
        self._notify.setblocking(False)
        return {"NOTIFY_SOCKET": str(path),
                "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0",
                "UBSAN_OPTIONS": "print_stacktrace=1", **self.variables}

    async def ready(self):
        """All component streams are authenticated."""
        await self.notified("READY=1")

    async def notified(self, word, must_live=True):
        """Waits until the service manager was told this."""
        def attempt():
            if must_live:
                self._must_live()
            try:
                while True:
                    if word in self._notify.recv(4096).decode().split("\n"):
                        return True
            except BlockingIOError:
                return False
        await wait_for(attempt, f"{word} from {self.name}")

    def told(self):
        """What the service manager was told and nobody waited for."""
        try:
            return self._notify.recv(4096).decode().split("\n")
        except BlockingIOError:
            return []

    def complaints(self):
        """What the sanitizers found so far, the daemon itself, or we in its
        log."""
        log = self.news()
        found = _COMPLAINT.search(log)
        start = log.rfind("\n", 0, found.start()) + 1 if found else 0
        return log[start:][:8000] if found else ""

    def workers(self):
        """The process ids of its mail workers."""
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                name, _, rest = path.read_text().rpartition(")")
            except OSError:
                continue
            if int(rest.split()[1]) == self.pid and "causeway-mail" in name:
                found.append(int(path.parent.name))
        return found

    async def end(self):
        await super().end()
        if self._notify:
            self._notify.close()
            self._notify = None
