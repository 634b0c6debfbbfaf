"""A name server whose answers a test writes (RFC 1035, over UDP)."""

import asyncio
import re
import socket
import struct

A, MX, AAAA, SRV = 1, 15, 28, 33
NXDOMAIN, SERVFAIL = 3, 2


def name_bytes(name):
    labels = [label.encode() for label in name.rstrip(".").split(".")
              if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def system_nameserver():
    """(address, port), or None."""
    try:
        text = open("/etc/resolv.conf", encoding="ascii").read()
    except OSError:
        return None
    found = re.search(r"^nameserver\s+([\d.]+)\s*$", text, re.MULTILINE)
    return (found.group(1), 53) if found else None


class _Errand(asyncio.DatagramProtocol):
    """A question passed on to another server, and its answer back."""

    def __init__(self, question, give):
        self._question = question
        self._give = give
        self._transport = None

    def connection_made(self, transport):
        self._transport = transport
        transport.sendto(self._question)
        asyncio.get_running_loop().call_later(30, transport.close)

    def datagram_received(self, data, sender):
        self._give(data)
        self._transport.close()


class Dns(asyncio.DatagramProtocol):
    """Knows nothing at first: a name without records does not exist, or the
    server `upstream` is asked."""

    def __init__(self, address, port, upstream=None):
        self.address = address
        self.port = port
        self._records = {}
        self._broken = set()
        self.questions = []
        self._upstream = upstream
        self._transport = None

    @property
    def nameserver(self):
        """The value of the daemon's "network.nameserver"."""
        return f"{self.address}:{self.port}"

    async def start(self):
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, (self.address, self.port))
        return self

    def host(self, name, *addresses):
        for address in addresses:
            self._add(name, A, socket.inet_aton(address))

    def mx(self, domain, host, preference=10):
        self._add(domain, MX, struct.pack("!H", preference) +
                  name_bytes(host))

    def srv(self, name, host, port, priority=0, weight=0):
        """As an example, name "_imaps._tcp.home.test"."""
        self._add(name, SRV, struct.pack("!HHH", priority, weight, port) +
                  name_bytes(host))

    def fails(self, name):
        """Questions about it get SERVFAIL."""
        self._broken.add(name.lower())

    def forget(self, name):
        self._records = {key: value for key, value in self._records.items()
                         if key[0] != name.lower()}
        self._broken.discard(name.lower())

    def _add(self, name, kind, data):
        self._records.setdefault((name.lower(), kind), []).append(data)

    def datagram_received(self, data, sender):
        try:
            name, kind, end = self._question(data)
        except (IndexError, UnicodeDecodeError, struct.error):
            return
        self.questions.append((name, kind))
        if self._upstream and not self._knows(name):
            asyncio.ensure_future(self._ask_upstream(data, sender))
        else:
            self._transport.sendto(self._answer(data, name, kind, end),
                                   sender)

    async def _ask_upstream(self, data, sender):
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(
            lambda: _Errand(data, lambda answer: self._transport.sendto(
                answer, sender)), remote_addr=self._upstream)

    def _knows(self, name):
        return name in self._broken or any(
            key[0] == name or key[0].endswith("." + name) or
            name.endswith("." + key[0]) for key in self._records)

    @staticmethod
    def _question(data):
        labels, at = [], 12
        while size := data[at]:
            labels.append(data[at + 1:at + 1 + size].decode())
            at += size + 1
        kind, = struct.unpack("!H", data[at + 1:at + 3])
        return ".".join(labels).lower(), kind, at + 5

    def _answer(self, data, name, kind, end):
        id, flags = struct.unpack("!HH", data[:4])
        found = self._records.get((name, kind), [])
        code = SERVFAIL if name in self._broken else \
            0 if any(key[0] == name for key in self._records) else NXDOMAIN
        return struct.pack("!HHHHHH", id, 0x8580 | flags & 0x100 | code, 1,
                           len(found), 0, 0) + data[12:end] + b"".join(
            b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(record)) +
            record for record in found)

    async def close(self):
        if self._transport:
            self._transport.close()
            self._transport = None
