"""Looking into stanzas."""

import re
from xml.sax.saxutils import escape, quoteattr

import xml.etree.ElementTree as ET

NS = {
    "c": "jabber:client",
    "cap": "http://jabber.org/protocol/caps",
    "cmd": "http://jabber.org/protocol/commands",
    "conf": "jabber:x:conference",
    "delay": "urn:xmpp:delay",
    "err": "urn:ietf:params:xml:ns:xmpp-stanzas",
    "fwd": "urn:xmpp:forward:0",
    "gw": "jabber:iq:gateway",
    "hats": "urn:xmpp:hats:0",
    "info": "http://jabber.org/protocol/disco#info",
    "items": "http://jabber.org/protocol/disco#items",
    "last": "jabber:iq:last",
    "mam": "urn:xmpp:mam:2",
    "muc": "http://jabber.org/protocol/muc",
    "admin": "http://jabber.org/protocol/muc#admin",
    "occ": "urn:xmpp:occupant-id:0",
    "nick": "http://jabber.org/protocol/nick",
    "markers": "urn:xmpp:chat-markers:0",
    "owner": "http://jabber.org/protocol/muc#owner",
    "user": "http://jabber.org/protocol/muc#user",
    "ping": "urn:xmpp:ping",
    "reg": "jabber:iq:register",
    "rosterx": "http://jabber.org/protocol/rosterx",
    "rsm": "http://jabber.org/protocol/rsm",
    "sid": "urn:xmpp:sid:0",
    "time": "urn:xmpp:time",
    "vcard": "vcard-temp",
    "version": "jabber:iq:version",
    "x": "jabber:x:data",
    "xhtml": "http://jabber.org/protocol/xhtml-im",
}

__all__ = ["ET", "NS", "all_of", "attr", "body", "codes", "condition",
           "error_text", "escape", "form_fields", "form_values", "kind",
           "one", "quoteattr", "submit", "text"]


def kind(stanza):
    """message, presence or iq"""
    return stanza.tag.rpartition("}")[2]


def one(stanza, path):
    """The first element at a path like "user:x/user:item", or None."""
    return stanza.find(path, NS)


def all_of(stanza, path):
    return stanza.findall(path, NS)


def text(stanza, path):
    """The text at a path: None without the element, "" when empty."""
    found = one(stanza, path)
    return None if found is None else (found.text or "")


def attr(stanza, path, name):
    found = one(stanza, path)
    return None if found is None else found.get(name)


def body(stanza):
    return text(stanza, "c:body")


def codes(stanza):
    """The status codes of a room's presence or message."""
    return {int(status.get("code"))
            for status in all_of(stanza, "user:x/user:status")}


def condition(stanza):
    """The defined condition of a stanza error, or None."""
    error = one(stanza, "c:error")
    if error is None:
        return None
    for child in error:
        if child.tag.startswith("{%s}" % NS["err"]) and \
                not child.tag.endswith("}text"):
            return child.tag.rpartition("}")[2]
    return "none given"


def error_text(stanza):
    return text(stanza, "c:error/err:text") or ""


def form_fields(form):
    """The fields of a data form by name."""
    return {field.get("var"): field for field in all_of(form, "x:field")
            if field.get("var")}


def form_values(form):
    """The values of a data form: text, or a list where there are several."""
    values = {}
    for name, field in form_fields(form).items():
        found = [value.text or "" for value in all_of(field, "x:value")]
        values[name] = found if len(found) > 1 else "".join(found)
    return values


def submit(values, form_type=None, action="submit"):
    """A filled-in form. A list gives several values."""
    parts = []
    if form_type:
        values = {"FORM_TYPE": form_type, **values}
    for name, value in values.items():
        if not isinstance(value, (list, tuple)):
            value = [value]
        inner = "".join(f"<value>{escape(str(v))}</value>" for v in value)
        parts.append(f"<field var={quoteattr(name)}>{inner}</field>")
    return f"<x xmlns='jabber:x:data' type='{action}'>{''.join(parts)}</x>"


def matches(wanted, got):
    """Text against what a test asked for: None for anything, a compiled
    pattern, or the text itself."""
    if wanted is None:
        return True
    if isinstance(wanted, re.Pattern):
        return got is not None and wanted.search(got) is not None
    return wanted == got
