"""A run of the tests (its folder, its address) and the processes in it."""

import asyncio
import contextlib
import ctypes
import grp
import inspect
import itertools
import os
import pathlib
import pwd
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

# Nothing in the tests depends on time: this only ends what hangs.
PATIENCE = float(os.environ.get("CAUSEWAY_TEST_PATIENCE", "45"))

PREFIX = "causeway-run-"

_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


class Expired(AssertionError):
    """Something awaited did not come."""


async def wait_for(predicate, what, timeout=None):
    """Polls until `predicate()`, or what it promises, is true; its value."""
    end = time.monotonic() + (timeout or PATIENCE)
    while True:
        value = predicate()
        if inspect.isawaitable(value):
            value = await value
        if value:
            return value
        if time.monotonic() > end:
            raise Expired(f"waited in vain for {what}")
        await asyncio.sleep(0.02)


class Run:
    """One folder, and by default one loopback address of its own, so that any
    number of runs can go on at once."""

    def __init__(self, address=None, exclusive=False):
        """OSError when `exclusive`, and another run is at the address."""
        guard = self._guard_of(address) if exclusive else None
        self._remove_leftovers()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=PREFIX))
        self.folder.chmod(0o755)
        (self.folder / "owner").write_text(str(os.getpid()))
        self.address, self._guard = address, guard
        if address is None:
            self.address, self._guard = self._claim_address()
        self._next_port = 20000
        self.processes = []

    @staticmethod
    def _remove_leftovers():
        """Of runs that were killed; their servers went with them."""
        for owner in pathlib.Path(tempfile.gettempdir()).glob(
                PREFIX + "*/owner"):
            try:
                os.kill(int(owner.read_text()), 0)
            except ProcessLookupError:
                shutil.rmtree(owner.parent, ignore_errors=True)
            except (OSError, ValueError):
                pass

    @staticmethod
    def _claim_address():
        while True:
            address = "127.%d.%d.%d" % (random.randint(64, 127),
                                        random.randint(0, 255),
                                        random.randint(1, 254))
            try:
                return address, Run._guard_of(address)
            except OSError:
                pass

    @staticmethod
    def _guard_of(address):
        guard = socket.socket()
        try:
            guard.bind((address, 19999))
            guard.listen()
            return guard
        except OSError:
            guard.close()
            raise

    def port(self, preferred=None):
        """A port of our address that nothing else uses."""
        if preferred and self._is_free(preferred):
            return preferred
        self._next_port += 1
        while not self._is_free(self._next_port):
            self._next_port += 1
        return self._next_port

    def _is_free(self, port):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.address, port))
                return True
            except OSError:
                return False

    def make_folder(self, name):
        """A new one; a name that comes again, in a later test, has a
        number."""
        path = self.folder / name
        numbers = itertools.count(2)
        while path.exists():
            path = self.folder / f"{name}-{next(numbers)}"
        path.mkdir()
        return path

    async def close(self):
        for process in reversed(self.processes):
            await process.end()
        if self._guard:
            self._guard.close()
        if os.environ.get("CAUSEWAY_TEST_KEEP"):
            print(f"kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


def _before_exec():
    os.setsid()
    # Should the tests be killed, their servers go with them.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """A server: started in a session of its own, ended by its group."""

    def __init__(self, run, name):
        self.run = run
        self.name = name
        self.folder = run.make_folder(name)
        self.output = self.folder / "output.log"
        self.logs = [self.output]
        self._child = None
        self._mark = self._born = {}
        run.processes.append(self)

    # What a subclass says about its program.
    def command(self):
        raise NotImplementedError

    def environment(self):
        return {}

    def streams(self, output):
        """Its standard input and output; what it says on standard error is
        in its log."""
        return subprocess.DEVNULL, output

    async def ready(self):
        raise NotImplementedError

    # Life.
    async def start(self):
        self.spawn()
        await self.until_ready()
        return self

    def spawn(self):
        assert not self.alive(), f"{self.name} runs already"
        self._born = self.sizes()
        with open(self.output, "ab") as output:
            stdin, stdout = self.streams(output)
            self._child = subprocess.Popen(
                self.command(), cwd=self.folder, stdin=stdin, stdout=stdout,
                stderr=output, preexec_fn=_before_exec,
                env={**os.environ, **self.environment()})

    async def until_ready(self):
        try:
            await self.ready()
        except Expired:
            raise Expired(f"{self.name} did not start:\n{self.tail()}")

    def alive(self):
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self):
        return self._child.pid

    def signal(self, number):
        os.killpg(self._child.pid, number)

    async def exited(self, timeout=None):
        """Waits for the end; the exit status (negative: the signal)."""
        await wait_for(lambda: not self.alive(), f"the end of {self.name}",
                       timeout)
        return self._child.returncode

    async def stop(self):
        """Ends it in order; the exit status."""
        if self.alive():
            self._child.send_signal(signal.SIGTERM)
        return await self.exited()

    async def kill(self):
        if self.alive():
            self.signal(signal.SIGKILL)
            await self.exited()

    @contextlib.contextmanager
    def frozen(self):
        """Meanwhile it takes connections and says nothing."""
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    async def end(self):
        """Ends it for good, whatever it takes."""
        if self._child is None:
            return
        try:
            if self.alive():
                self._child.send_signal(signal.SIGTERM)
                await self.exited(15)
        except Expired:
            pass
        try:
            self.signal(signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._child.wait()

    # Signs of life.
    async def port_answers(self, port):
        def attempt():
            self._must_live()
            with socket.socket() as probe:
                return probe.connect_ex((self.run.address, port)) == 0
        await wait_for(attempt, f"port {port} of {self.name}")

    async def logged(self, pattern, since=None):
        """Waits for a line in the logs since the start, or since sizes();
        the match."""
        since = self._born if since is None else since

        def attempt():
            was_alive = self.alive()
            found = re.search(pattern, self.log(since))
            if not found and not was_alive:
                self._must_live()
            return found
        return await wait_for(attempt, f"{pattern!r} from {self.name}")

    def _must_live(self):
        if not self.alive():
            raise AssertionError(f"{self.name} ended by itself:\n"
                                 f"{self.tail()}")

    # Logs.
    def sizes(self):
        """How far the logs are."""
        return {path: path.stat().st_size
                for path in self.logs if path.exists()}

    def log(self, since=None):
        """The logs, all or what came since sizes()."""
        since = since or {}
        texts = [path.read_bytes()[since.get(path, 0):]
                 for path in self.logs if path.exists()]
        return b"".join(texts).decode(errors="replace")

    def mark(self):
        """From here on the logs belong to the next test."""
        self._mark = self.sizes()

    def news(self):
        """What was logged since the mark."""
        return self.log(self._mark)

    def tail(self, lines=40):
        return "\n".join(self.log().splitlines()[-lines:])


def other_user():
    """The names of the user and group of programs that refuse root: our own
    unless we are root."""
    if os.getuid() == 0:
        return "nobody", "nogroup"
    return (pwd.getpwuid(os.getuid()).pw_name,
            grp.getgrgid(os.getgid()).gr_name)


def as_other_user(folder):
    """The start of a command line for such a program: other_user(), to whom
    the folder then belongs. Nothing unless we are root."""
    if os.getuid() != 0:
        return []
    user, group = other_user()
    for path in [folder, *folder.rglob("*")]:
        try:
            shutil.chown(path, user, group)
        except FileNotFoundError:
            pass
    return ["setpriv", f"--reuid={user}", f"--regid={group}",
            "--clear-groups", "--pdeathsig=KILL", "--"]
