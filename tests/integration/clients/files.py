"""Files of an XMPP user: HTTP File Upload (XEP-0363), and what comes back.
Names of hosts are not looked up: everything is at one address."""

import asyncio
import http.client
import socket
import ssl
import urllib.parse

from clients import xml

UPLOAD = "urn:xmpp:http:upload:0"


def _request(address, authority, method, url, body=None, headers=()):
    parts = urllib.parse.urlsplit(url)
    context = ssl.create_default_context(cafile=authority.certificate)
    link = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    link.sock = socket.create_connection((address, parts.port), 30)
    if parts.scheme == "https":
        link.sock = context.wrap_socket(link.sock,
                                        server_hostname=parts.hostname)
    link.request(method, urllib.parse.urlunsplit(("", "", *parts[2:])), body,
                 dict(headers))
    answer = link.getresponse()
    data = answer.read()
    link.close()
    assert answer.status in (200, 201), (answer.status, data)
    return data


async def download(address, authority, url):
    """Its bytes."""
    return await asyncio.to_thread(_request, address, authority, "GET", url)


async def upload(client, service, address, authority, name, data,
                 type="application/octet-stream"):
    """The file's URL."""
    slot = await client.iq(
        "get", service, f"<request xmlns='{UPLOAD}' "
        f"filename={xml.quoteattr(name)} size='{len(data)}' "
        f"content-type='{type}'/>")
    assert slot.get("type") == "result", xml.error_text(slot)
    put = slot.find(f".//{{{UPLOAD}}}put")
    headers = {header.get("name"): header.text for header in put}
    await asyncio.to_thread(_request, address, authority, "PUT",
                            put.get("url"), data,
                            {"Content-Type": type, **headers})
    return slot.find(f".//{{{UPLOAD}}}get").get("url")
