"""A scripted XMPP client: slixmpp for the stream, raw stanzas for tests."""

import asyncio
import itertools
import logging
import re

from clients import xml
from clients.inbox import Inbox

# Before the import: it warns of a slower part of itself.
logging.getLogger("slixmpp").setLevel(logging.CRITICAL)

import slixmpp  # noqa: E402
from slixmpp.xmlstream.handler import Callback  # noqa: E402
from slixmpp.xmlstream.matcher import MatchXPath  # noqa: E402
from slixmpp.xmlstream.tostring import tostring  # noqa: E402


class LoginFailed(Exception):
    pass


class Entered:
    """What the room sent when somebody entered it."""

    def __init__(self):
        self.others = []      # presences of the others, in order
        self.own = None       # our own presence
        self.history = []     # messages before the subject
        self.subject = None   # the message with the subject
        self.error = None     # a presence error instead of all that

    @property
    def nick(self):
        return self.own.get("from").partition("/")[2]

    @property
    def nicks(self):
        return [p.get("from").partition("/")[2] for p in self.others]


class XmppClient:
    def __init__(self, jid, password, resource):
        self.bare = jid
        self.jid = f"{jid}/{resource}"
        self.inbox = Inbox(self.jid)
        self._is_closed = False
        self._ids = itertools.count(1)
        self._stream = slixmpp.ClientXMPP(self.jid, password)
        self._stream["feature_mechanisms"].unencrypted_plain = True
        self._stream.use_aiodns = False
        # The tests answer subscription requests themselves.
        self._stream.roster.auto_authorize = None
        self._stream.roster.auto_subscribe = False
        self._stream.add_filter("in", self._received)
        self._started = asyncio.get_running_loop().create_future()
        self._stream.add_event_handler("session_start", self._on_start)
        for event in ("failed_all_auth", "connection_failed",
                      "disconnected"):
            self._stream.add_event_handler(event, self._on_failure)

    # The stream.
    async def connect(self, address, port):
        self._stream.connect((address, port), disable_starttls=True)
        await asyncio.wait_for(self._started, 45)
        return self

    def _on_start(self, _):
        if not self._started.done():
            self._started.set_result(True)

    def _on_failure(self, reason):
        if not self._started.done():
            self._started.set_exception(LoginFailed(repr(reason)))

    def _received(self, stanza):
        element = stanza.xml
        if xml.kind(element) in ("message", "presence", "iq"):
            self.inbox.note("<", tostring(element, xml.NS["c"]))
            self.inbox.add(element)
        return stanza

    def add_plugins(self, *names):
        for name in names:
            self._stream.register_plugin(name)

    def plugin(self, name):
        return self._stream[name]

    def on_event(self, name, handler):
        """What a plugin makes of a stanza."""
        self._stream.add_event_handler(name, handler)

    async def close(self):
        """Logs out in order; once more does nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        self._stream.disconnect(wait=1)
        try:
            await asyncio.wait_for(self._stream.disconnected, 5)
        except asyncio.TimeoutError:
            self._stream.abort()
        self._end_tasks()

    def drop(self):
        """Loses the connection."""
        self._is_closed = True
        self._stream.abort()
        self._end_tasks()

    def _end_tasks(self):
        # slixmpp leaves its writer waiting.
        if self._stream._run_out_filters:
            self._stream._run_out_filters.cancel()

    # Sending.
    def new_id(self):
        return f"t{next(self._ids)}"

    def send(self, stanza):
        """Sends raw XML."""
        self.inbox.note(">", stanza)
        self._stream.send_raw(stanza)

    def send_message(self, to, body=None, kind="chat", payload="",
                     id=None):
        """Sends a message; returns its id."""
        id = id or self.new_id()
        if body is not None:
            payload = f"<body>{xml.escape(body)}</body>" + payload
        self.send(f"<message to={xml.quoteattr(to)} type='{kind}' "
                  f"id='{id}'>{payload}</message>")
        return id

    def say(self, room, body, **more):
        return self.send_message(room, body, kind="groupchat", **more)

    def send_presence(self, to=None, kind=None, payload="", id=None):
        id = id or self.new_id()
        target = f" to={xml.quoteattr(to)}" if to else ""
        type_ = f" type='{kind}'" if kind else ""
        self.send(f"<presence id='{id}'{target}{type_}>{payload}</presence>")
        return id

    async def iq(self, kind, to, payload="", timeout=None):
        """Asks and returns the answer, a result or an error."""
        id = self.new_id()
        target = f" to={xml.quoteattr(to)}" if to else ""
        self.send(f"<iq type='{kind}' id='{id}'{target}>{payload}</iq>")
        return await self.inbox.get(
            lambda s: xml.kind(s) == "iq" and s.get("id") == id and
            s.get("type") in ("result", "error"),
            f"the answer to {payload[:80]!r} from {to}", timeout)

    async def announce(self, to, *features):
        """Presence with capabilities (XEP-0115); the client answers what
        they are."""
        self.add_plugins("xep_0030", "xep_0115")
        for feature in features:
            self._stream["xep_0030"].add_feature(feature)
        await self._stream["xep_0115"].update_caps(broadcast=False)
        self._stream.send_presence(pto=to)

    def know_no_ping(self, condition):
        """A ping is answered as by a client that does not know it."""
        def answer(iq):
            reply = iq.reply()
            reply["error"]["type"] = "cancel"
            reply["error"]["condition"] = condition
            reply.send()
        self._stream.register_handler(Callback(
            "ping", MatchXPath("{jabber:client}iq/{urn:xmpp:ping}ping"),
            answer))

    # Receiving.
    async def expect(self, match, what, timeout=None):
        return await self.inbox.get(match, what, timeout)

    async def get_message(self, sender=None, body=None, kind=None,
                          where=lambda s: True, timeout=None):
        """The next message that fits: `sender` is a full or bare JID, `body`
        a text or a compiled pattern; without it any with a body."""
        def match(s):
            got = xml.body(s)
            return xml.kind(s) == "message" and \
                fits(s, sender, kind) and where(s) and \
                (got is not None if body is None else
                 xml.matches(body, got))
        return await self.expect(match, f"a message {body!r} of {sender}",
                                 timeout)

    async def get_presence(self, sender=None, kind=None,
                           where=lambda s: True, timeout=None):
        """The next presence that fits; `kind` None: available."""
        return await self.expect(
            lambda s: xml.kind(s) == "presence" and where(s) and
            s.get("type") == kind and fits(s, sender, None),
            f"presence {kind or 'available'} of {sender}", timeout)

    async def get_error(self, id, timeout=None):
        """The error that answers the stanza with this id."""
        return await self.expect(
            lambda s: s.get("id") == id and s.get("type") == "error",
            f"an error for {id}", timeout)

    async def settle(self, gateway):
        """After this everything that the gateway had sent has arrived."""
        await self.iq("get", gateway, "<ping xmlns='urn:xmpp:ping'/>")

    def unseen(self, match):
        """What already came and matches; then it counts as seen."""
        return self.inbox.take_all(match)

    # Rooms.
    async def enter(self, room, nick, password=None, history=None,
                    timeout=None):
        """Enters a room and collects all that it sends for it."""
        inner = f"<password>{xml.escape(password)}</password>" \
            if password else ""
        if history is not None:
            inner += "<history %s/>" % " ".join(
                f"{key}='{value}'" for key, value in history.items())
        self.unseen(lambda s: fits(s, room, None))  # of an earlier stay
        self.send_presence(f"{room}/{nick}", payload="<x xmlns="
                           f"'http://jabber.org/protocol/muc'>{inner}</x>")
        entered = Entered()
        while entered.subject is None and entered.error is None:
            stanza = await self.expect(
                lambda s: xml.kind(s) != "iq" and fits(s, room, None),
                f"being in {room}", timeout)
            _collect(entered, stanza)
        return entered

    async def join(self, room, nick, **more):
        """Enters a room and insists that it works."""
        entered = await self.enter(room, nick, **more)
        assert entered.error is None, \
            xml.ET.tostring(entered.error, encoding="unicode")
        return entered

    async def leave(self, room, nick, status=""):
        payload = f"<status>{xml.escape(status)}</status>" if status else ""
        self.send_presence(f"{room}/{nick}", "unavailable", payload)
        return await self.get_presence(f"{room}/{nick}", "unavailable",
                                       where=lambda s: 110 in xml.codes(s))


def _collect(entered, stanza):
    if xml.kind(stanza) == "presence":
        if stanza.get("type") == "error":
            entered.error = stanza
        elif 110 in xml.codes(stanza):
            entered.own = stanza
        elif entered.own is None:
            entered.others.append(stanza)
    elif xml.one(stanza, "c:subject") is not None and \
            xml.one(stanza, "c:body") is None:
        entered.subject = stanza
    else:
        entered.history.append(stanza)


def fits(stanza, sender, kind):
    """Does it come from this full or bare JID, and is it of this type?"""
    source = stanza.get("from", "")
    if isinstance(sender, re.Pattern):
        return bool(sender.search(source))
    return (sender is None or source == sender or
            ("/" not in sender and source.startswith(sender + "/"))) and \
        (kind is None or stanza.get("type") == kind)
