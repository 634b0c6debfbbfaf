"""A mail worker as the daemon sees it: frames over a socket
(gateways/email/wire/frames.h)."""

import array
import asyncio
import collections
import fcntl
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import sys

from servers.process import PATIENCE, wait_for

HEADERS = (pathlib.Path(__file__).resolve().parents[3] / "gateways" /
           "email" / "wire")

TLS = {"tls": 0, "starttls": 1, "none": 2}
IMAP, SMTP = 1, 2
PASSWORD_LOGIN, OAUTH, NO_LOGIN = 1, 2, 3
SEEN, ANSWERED, FLAGGED, DELETED, DRAFT, JUNK = 1, 2, 4, 8, 16, 32
IMPORT, FLAGS, NO_MAIL = 1, 2, 4
GIVEN_UP = 1 << 63
FETCH_TEXT, FETCH_SUMMARY = 0xfffffffe, 0xffffffff


def _table():
    text = (HEADERS / "frames.h").read_text()
    rows = re.findall(r"X\((\w+), [A-Z_ |]+, (\d), (\d)\)", text)
    assert rows[0] == ("OPEN", "4", "5")
    return rows


def _names(enum, first):
    text = (HEADERS / "frames.h").read_text()
    body = re.search(rf"enum {enum} {{(.*?)}};", text, re.S).group(1)
    body = re.sub(r"/\*.*?\*/", "", body, flags=re.S)
    names = [name.split("=")[0].strip() for name in body.split(",")]
    return dict(enumerate((name for name in names if name), first))


SHAPES = {name: (number, int(numbers), int(texts)) for number,
          (name, numbers, texts) in enumerate(_table(), 1)}
NAMES = {row[0]: name for name, row in SHAPES.items()}
ERRORS = {number: name.removeprefix("LINK_")
          for number, name in _names("link_error", 0).items()}
STATES = {number: name.removeprefix("LINK_")
          for number, name in _names("link_state", 1).items()}


class Frame:
    def __init__(self, name, link=0, request=0, numbers=(), texts=()):
        self.name, self.link, self.request = name, link, request
        self.numbers, self.texts = list(numbers), list(texts)

    def encode(self):
        number, numbers, texts = SHAPES[self.name]
        bytes_ = struct.pack(">BII", number, self.link, self.request)
        for value in self.numbers + [0] * (numbers - len(self.numbers)):
            bytes_ += struct.pack(">Q", value)
        for text in self.texts + [b""] * (texts - len(self.texts)):
            text = text.encode() if isinstance(text, str) else text
            bytes_ += struct.pack(">I", len(text)) + text
        return struct.pack(">I", len(bytes_)) + bytes_

    @classmethod
    def decode(cls, body):
        number, link, request = struct.unpack_from(">BII", body)
        _, numbers, texts = SHAPES[NAMES[number]]
        frame = cls(NAMES[number], link, request,
                    struct.unpack_from(f">{numbers}Q", body, 9))
        at = 9 + 8 * numbers
        for _ in range(texts):
            size = struct.unpack_from(">I", body, at)[0]
            frame.texts.append(body[at + 4:at + 4 + size])
            at += 4 + size
        assert at == len(body)
        return frame

    @property
    def words(self):
        return self.texts[0].decode()

    @property
    def error(self):
        return ERRORS[self.numbers[1 if self.name == "STATE" else 0]]

    @property
    def state(self):
        return STATES[self.numbers[0]]

    def __repr__(self):
        return (f"{self.name}({self.link}, {self.request}, {self.numbers}, "
                f"{[text[:60] for text in self.texts]})")


def fields(record):
    """(number, bytes) of a record (gateways/email/wire/record.h)."""
    at = 0
    while at < len(record):
        number, size = struct.unpack_from(">BI", record, at)
        yield number, record[at + 5:at + 5 + size]
        at += 5 + size


class Worker:
    """The program causeway-mail, started as the daemon does it."""

    def __init__(self, ca_file=None, verify=True, binary=None,
                 patience=None):
        causeway = os.environ.get("CAUSEWAY_BIN", "build/asan/causeway")
        self.binary = binary or os.path.abspath(
            os.path.join(os.path.dirname(causeway), "causeway-mail"))
        self.options = [*(["--ca-file", str(ca_file)] if ca_file else []),
                        *([] if verify else ["--no-verify"]),
                        *(["--patience", str(patience)] if patience else
                          [])]
        self.frames = []
        self._news = collections.defaultdict(asyncio.Event)
        self.turn = asyncio.Lock()
        self.links = {}
        self._last_link = self._last_request = 0

    async def start(self):
        ours, theirs = socket.socketpair()
        page = os.memfd_create("blame")
        os.ftruncate(page, 4096)
        self.page = page
        environment = {"LC_ALL": "C.UTF-8"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                environment[name] = os.environ[name]
        # Away from the numbers that they will have.
        channel, lent = (fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10)
                         for fd in (theirs.fileno(), page))
        self.process = await asyncio.to_thread(
            self._spawn, channel, lent, environment)
        os.close(channel)
        os.close(lent)
        theirs.close()
        ours.setblocking(False)
        self.socket = ours
        self._reader = asyncio.create_task(self._read())
        return self

    def _spawn(self, channel, page, environment):
        # As 3 and 4, whatever is there now.
        script = (f'exec 3<&{channel} 4<&{page} {channel}<&- {page}<&-; '
                  'exec "$0" "$@"')
        return subprocess.Popen(
            ["/bin/bash", "-c", script, self.binary, *self.options],
            pass_fds=(channel, page), env=environment,
            stdin=subprocess.DEVNULL, stdout=sys.stderr, stderr=sys.stderr)

    async def _read(self):
        loop = asyncio.get_running_loop()
        buffer = b""
        while True:
            try:
                data = await loop.sock_recv(self.socket, 1 << 20)
            except ConnectionError:
                data = b""
            if not data:
                break
            buffer += data
            while len(buffer) >= 4:
                size = struct.unpack_from(">I", buffer)[0]
                if len(buffer) < 4 + size:
                    break
                frame = Frame.decode(buffer[4:4 + size])
                self.frames.append(frame)
                self._news[frame.link].set()
                self._news[None].set()
                buffer = buffer[4 + size:]
        self.is_over = True
        for news in self._news.values():
            news.set()

    is_over = False

    async def stop(self):
        """Its exit status, after the daemon has gone."""
        self._reader.cancel()
        self.socket.close()
        return await self.ended()

    async def ended(self):
        await wait_for(lambda: self.process.poll() is not None,
                       "the end of the worker")
        os.close(self.page)
        return self.process.returncode

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)

    @property
    def blame(self):
        """link, request and UID that it works on."""
        return struct.unpack("=IIQ", os.pread(self.page, 16, 0))

    async def send(self, frame, fd=None):
        data = frame.encode()
        async with self.turn:
            if fd is not None:
                rights = array.array("i", [fd])
                sent = self.socket.sendmsg(
                    [data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
                data = data[sent:]
            await asyncio.get_running_loop().sock_sendall(self.socket, data)

    async def wait(self, match, what, link=None):
        """The first frame that matches (only one of this link can), taken
        out; others stay."""
        news = self._news[link]
        end = asyncio.get_running_loop().time() + PATIENCE
        while True:
            for frame in self.frames:
                if match(frame):
                    self.frames.remove(frame)
                    return frame
            assert not self.is_over, f"the worker died before {what}"
            news.clear()
            left = end - asyncio.get_running_loop().time()
            assert left > 0, f"no {what} in {self.frames}"
            try:
                await asyncio.wait_for(news.wait(), left)
            except asyncio.TimeoutError:
                pass

    async def open(self, address, port, *, protocol=IMAP, tls="tls",
                   login=PASSWORD_LOGIN, host="", user="", secret="",
                   name="gw.home.test"):
        """A link over a new connection."""
        loop = asyncio.get_running_loop()
        plain = socket.socket()
        plain.setblocking(False)
        await loop.sock_connect(plain, (address, port))
        self._last_link += 1
        frame = Frame("OPEN", self._last_link, 0,
                      [protocol, TLS[tls], login],
                      [host, user, secret, name])
        await self.send(frame, plain.fileno())
        plain.close()
        return Link(self, self._last_link)

    async def ask(self, name, numbers=(), texts=(), link=0):
        self._last_request += 1
        await self.send(Frame(name, link, self._last_request, numbers, texts))
        return self._last_request


class Link:
    def __init__(self, worker, number):
        self.worker, self.number = worker, number

    async def next(self, name, match=lambda frame: True):
        return await self.worker.wait(
            lambda frame: frame.link == self.number and frame.name == name and
            match(frame), name, self.number)

    async def state(self, *states):
        """The next STATE, which must be one of these."""
        frame = await self.next("STATE")
        assert frame.state in states, frame
        return frame

    async def watch(self, folder="INBOX", validity=0, uid=0, mod_seq=0,
                    flags=0):
        await self.worker.send(Frame("WATCH", self.number, 0, [
            validity, uid, mod_seq, flags], [folder]))
        return await self.next("MAILBOX")

    async def mirror(self, folder="Sent", validity=0, uid=0):
        await self.worker.send(Frame("MIRROR", self.number, 0,
                                     [validity, uid], [folder]))

    async def mail(self, name="MAIL"):
        """The next MAIL, or SENT, taken."""
        frame = await self.next(name)
        await self.worker.send(Frame("TAKEN", self.number, 0,
                                     [frame.numbers[0]]))
        return frame

    async def ask(self, name, numbers=(), texts=(), body=None, given_up=False):
        """The answer: DONE, with `data` and `refused` that came before."""
        request = await self.worker.ask(name, numbers, texts, self.number)
        if body is None:
            return await self.answer(request)
        giving = asyncio.create_task(self._give(request, body, given_up))
        try:
            return await self.answer(request)
        finally:
            giving.cancel()

    async def _give(self, request, body, given_up):
        room = 256 * 1024
        at = 0
        while at < len(body) or not body:
            piece = body[at:at + min(65536, room)]
            at += len(piece)
            room -= len(piece)
            left = GIVEN_UP if given_up and at == len(body) else \
                len(body) - at
            # A frame that was begun is sent to its end.
            await asyncio.shield(self.worker.send(Frame(
                "DATA", self.number, request, [left], [piece])))
            if at == len(body):
                break
            while room == 0:
                more = await self.worker.wait(
                    lambda f: f.request == request and f.name == "MORE",
                    "MORE", self.number)
                room += more.numbers[0]

    async def answer(self, request):
        data, refused = b"", []
        while True:
            frame = await self.worker.wait(
                lambda f: f.request == request and f.name != "MORE",
                "an answer", self.number)
            if frame.name == "DATA":
                data += frame.texts[0]
                await self.worker.send(Frame("MORE", self.number, request,
                                             [len(frame.texts[0])]))
            elif frame.name == "REFUSED":
                refused.append(frame)
            elif frame.name == "DONE":
                frame.data, frame.refused = data, refused
                return frame

    async def close(self):
        await self.worker.send(Frame("CLOSE", self.number))
