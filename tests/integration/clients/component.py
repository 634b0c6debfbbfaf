"""A component (XEP-0114) that a test plays, such as another gateway."""

import asyncio
import hashlib
import itertools

from clients import xml
from clients.inbox import Inbox
from servers.scripted_xmpp import ACCEPT, STREAMS, as_client

ET = xml.ET


class XmppComponent:
    """What is sent comes from the JID that is named each time."""

    def __init__(self, jid):
        self.jid = jid
        self.inbox = Inbox(jid)
        self._ids = itertools.count(1)

    async def connect(self, address, port, secret):
        self._parser = ET.XMLPullParser(("start", "end"))
        self._depth = 0
        self._reader, self._writer = \
            await asyncio.open_connection(address, port)
        self._task = asyncio.create_task(self._read())
        self.send(f"<stream:stream xmlns='{ACCEPT}' xmlns:stream="
                  f"'{STREAMS}' to='{self.jid}'>")
        head = await self.expect(lambda e: e.tag == f"{{{STREAMS}}}stream",
                                 "a stream")
        digest = hashlib.sha1((head.get("id") + secret).encode()).hexdigest()
        self.send(f"<handshake>{digest}</handshake>")
        await self.expect(lambda e: xml.kind(e) == "handshake",
                          "to be let in")
        return self

    async def _read(self):
        while data := await self._reader.read(65536):
            self.inbox.note("<", data.decode(errors="replace"))
            self._parser.feed(data)
            for event, element in self._parser.read_events():
                self._parsed(event, element)

    def _parsed(self, event, element):
        self._depth += 1 if event == "start" else -1
        if event == "start" and self._depth == 1:
            self.inbox.add(element)
        elif event == "end" and self._depth == 1:
            self._take(as_client(element))

    def _take(self, stanza):
        """Pings are answered; all else is for the test."""
        if xml.one(stanza, "ping:ping") is not None and \
                stanza.get("type") == "get":
            self.send(f"<iq type='result' id={xml.quoteattr(stanza.get('id'))}"
                      f" from='{stanza.get('to')}'"
                      f" to='{stanza.get('from')}'/>")
        else:
            self.inbox.add(stanza)

    def send(self, text):
        self.inbox.note(">", text)
        self._writer.write(text.encode())

    def new_id(self):
        return f"c{next(self._ids)}"

    def send_message(self, sender, to, body=None, payload="", id=None):
        """Returns its id."""
        id = id or self.new_id()
        if body is not None:
            payload = f"<body>{xml.escape(body)}</body>" + payload
        self.send(f"<message from={xml.quoteattr(sender)} "
                  f"to={xml.quoteattr(to)} type='chat' id='{id}'>"
                  f"{payload}</message>")
        return id

    async def iq(self, kind, sender, to, payload):
        """Asks and returns the answer, a result or an error."""
        id = self.new_id()
        self.send(f"<iq type='{kind}' id='{id}' from={xml.quoteattr(sender)} "
                  f"to={xml.quoteattr(to)}>{payload}</iq>")
        return await self.expect(
            lambda s: xml.kind(s) == "iq" and s.get("id") == id,
            f"the answer to {payload[:80]!r} from {to}")

    async def expect(self, match, what, timeout=None):
        return await self.inbox.get(match, what, timeout)

    async def get_message(self, sender, to, body=None):
        """The next message between these two full or bare JIDs."""
        return await self.expect(
            lambda s: xml.kind(s) == "message" and s.get("from") == sender and
            s.get("to") == to and xml.body(s) is not None and
            xml.matches(body, xml.body(s)),
            f"a message {body!r} of {sender} to {to}")

    async def get_error(self, id):
        return await self.expect(
            lambda s: s.get("id") == id and s.get("type") == "error",
            f"an error for {id}")

    async def close(self):
        """Ends the stream in order; the server has noticed."""
        if not self._task.done():
            self.send("</stream:stream>")
            await asyncio.wait({self._task}, timeout=20)
            self._task.cancel()
        self._writer.close()
