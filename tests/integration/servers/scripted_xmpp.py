"""An XMPP server's component port (XEP-0114) whose bytes a test writes."""

import asyncio
import hashlib
import itertools
import re
import xml.etree.ElementTree as ET

from clients import xml
from clients.inbox import Inbox

ACCEPT = "jabber:component:accept"
STREAMS = "http://etherx.jabber.org/streams"


class Stream:
    """One component stream from the daemon."""

    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer
        self._parser = ET.XMLPullParser(("start", "end"))
        self._depth = 0
        self._ids = itertools.count(1)
        self.inbox = Inbox("scripted xmpp server")
        self.to = None
        self.ended = False          # </stream:stream> was received
        self.closed = asyncio.Event()
        self._task = asyncio.create_task(self._read())

    async def _read(self):
        try:
            while data := await self._reader.read(65536):
                self.inbox.note("<", data.decode(errors="replace"))
                self._parser.feed(data)
                for event, element in self._parser.read_events():
                    self._parsed(event, element)
        except (ConnectionError, ET.ParseError) as error:
            self.inbox.note("!", repr(error))
        self.closed.set()

    def _parsed(self, event, element):
        if event == "start":
            self._depth += 1
            if self._depth == 1:
                self.to = element.get("to")
                self.inbox.add(element)
            return
        self._depth -= 1
        if self._depth == 1:
            self.inbox.add(element)
        elif self._depth == 0:
            self.ended = True

    def send(self, text):
        self.inbox.note(">", text[:2000])
        self._writer.write(text.encode())

    def send_bytes(self, data):
        self.inbox.note(">", repr(data[:200]))
        self._writer.write(data)

    async def drain(self):
        await self._writer.drain()

    def pause(self):
        """Reads nothing until resume()."""
        self._reader._transport.pause_reading()

    def resume(self):
        self._reader._transport.resume_reading()

    async def expect(self, match, what, timeout=None):
        return await self.inbox.get(match, what, timeout)

    async def header(self, id="s1"):
        """Waits for the daemon's stream header and answers it."""
        await self.expect(lambda e: e.tag == "{%s}stream" % STREAMS,
                          "a stream header")
        self.send("<?xml version='1.0'?><stream:stream xmlns:stream="
                  f"'{STREAMS}' xmlns='{ACCEPT}' from='{self.to}' "
                  f"id={xml.quoteattr(id)}>")
        return id

    async def handshake(self, secret, id="s1"):
        """The whole authentication; true if the digest was right."""
        id = await self.header(id)
        element = await self.expect(
            lambda e: e.tag == "{%s}handshake" % ACCEPT, "a handshake")
        wanted = hashlib.sha1((id + secret).encode()).hexdigest()
        if element.text != wanted:
            return False
        self.send("<handshake/>")
        return True

    def error(self, condition, text=""):
        """Ends the stream with an error."""
        inner = f"<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>" \
            f"{xml.escape(text)}</text>" if text else ""
        self.send(f"<stream:error><{condition} xmlns="
                  f"'urn:ietf:params:xml:ns:xmpp-streams'/>{inner}"
                  "</stream:error></stream:stream>")

    async def iq(self, kind, sender, to, payload, timeout=None):
        id = f"q{next(self._ids)}"
        self.send(f"<iq type='{kind}' id='{id}' from='{sender}' "
                  f"to='{to}'>{payload}</iq>")
        return await self.expect(
            lambda e: xml.kind(e) == "iq" and e.get("id") == id,
            f"the answer to {payload}", timeout)

    def answer(self, iq, inner=""):
        """The result of a request of the component."""
        self._answer(iq, "result", inner)

    def refuse(self, iq):
        """... as one of something that is not there."""
        self._answer(iq, "error", "<error type='cancel'><service-unavailable "
                     "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>")

    def _answer(self, iq, kind, inner):
        self.send(f"<iq type='{kind}' id={xml.quoteattr(iq.get('id'))} "
                  f"from='{iq.get('to')}' to='{iq.get('from')}'>{inner}</iq>")

    async def close(self):
        self._task.cancel()
        self._writer.close()
        self.closed.set()


def as_client(element):
    """An element of the component namespace as one of jabber:client, so that
    the functions of clients.xml read it."""
    text = ET.tostring(element, encoding="unicode")
    return ET.fromstring(re.sub(re.escape(ACCEPT), "jabber:client", text))


class ScriptedXmppServer:
    domain = "example.test"

    def __init__(self, run):
        self.address = run.address
        self.component = run.port()
        self._arrivals = Inbox("scripted xmpp server")
        self._streams = []
        self._server = None

    async def start(self):
        self._server = await asyncio.start_server(
            self._arrived, self.address, self.component)
        return self

    async def _arrived(self, reader, writer):
        stream = Stream(reader, writer)
        self._streams.append(stream)
        self._arrivals.add(stream)

    async def accept(self, timeout=None):
        return await self._arrivals.get(lambda stream: True, "a connection",
                                        timeout)

    def transcripts(self):
        return [line for stream in self._streams
                for line in stream.inbox.transcript]

    async def close(self):
        if self._server:
            self._server.close()
        for stream in self._streams:
            await stream.close()
        if self._server:
            await self._server.wait_closed()
            self._server = None
