"""A web server whose pages a test writes (HTTP/1.1, https with a
certificate)."""

import asyncio
import inspect
import json
import ssl
import urllib.parse


class Request:
    def __init__(self, method, target, headers, body):
        self.method = method
        self.headers = headers
        self.body = body
        parts = urllib.parse.urlsplit(target)
        self.path = urllib.parse.unquote(parts.path)
        self.query = dict(urllib.parse.parse_qsl(parts.query))

    @property
    def form(self):
        return dict(urllib.parse.parse_qsl(self.body.decode()))

    @property
    def lists(self):
        """The form, with all values of each field."""
        return urllib.parse.parse_qs(self.body.decode(),
                                     keep_blank_values=True)


class Response:
    def __init__(self, body=b"", status=200, type="text/plain", headers=()):
        self.body = body.encode() if isinstance(body, str) else body
        self.status = status
        self.headers = {"Content-Type": type, **dict(headers)}

    def as_bytes(self, is_head):
        headers = {**self.headers, "Content-Length": len(self.body)}
        lines = "".join(f"{key}: {value}\r\n"
                        for key, value in headers.items())
        head = f"HTTP/1.1 {self.status} So\r\n{lines}\r\n".encode()
        return head + (b"" if is_head else self.body)


def as_json(value, status=200):
    return Response(json.dumps(value), status, "application/json")


async def begin(method, url, body, headers):
    """Asks, and does not wait for the answer: the connection."""
    parts = urllib.parse.urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
    data = body.encode()
    writer.write(f"{method} {target} HTTP/1.1\r\nHost: x\r\n"
                 f"Connection: close\r\nContent-Length: {len(data)}\r\n"
                 f"{lines}\r\n".encode() + data)
    return reader, writer


async def ask(method, url, body="", headers=()):
    """The status and the body of the answer; 0 if there is none."""
    reader, writer = await begin(method, url, body, dict(headers))
    try:
        answer = (await reader.read()).decode()
    except ConnectionError:
        answer = ""
    writer.close()
    head, _, rest = answer.partition("\r\n\r\n")
    return int(head.split()[1]) if head else 0, rest


class Web:
    """`pages`: {path: Response, or a function of the Request that gives one
    (or promises it, or None to drop the connection)}. At `plain_port` they
    are without TLS, too."""

    def __init__(self, address, port, certificate=None, host=None,
                 plain_port=None):
        self.address = address
        self.port = port
        self.host = host or address
        self._context = None
        if certificate:
            self._context = ssl.create_default_context(
                ssl.Purpose.CLIENT_AUTH)
            self._context.load_cert_chain(*certificate)
        self.pages = {}
        self.before_body = None  # awaited with the method and the path
        self.requests = []
        self._plain_port = plain_port
        self._servers = []

    def url(self, path):
        scheme = "https" if self._context else "http"
        return f"{scheme}://{self.host}:{self.port}{path}"

    def plain_url(self, path):
        return f"http://{self.address}:{self._plain_port}{path}"

    async def start(self):
        self._servers.append(await asyncio.start_server(
            self._arrived, self.address, self.port, ssl=self._context))
        if self._plain_port:
            self._servers.append(await asyncio.start_server(
                self._arrived, self.address, self._plain_port))
        return self

    async def _arrived(self, reader, writer):
        try:
            while await self._serve_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError,
                asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _serve_one(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        method, target, _ = first.split(" ")
        headers = {key.strip().lower(): value.strip() for key, _, value in
                   (line.partition(":") for line in lines if line)}
        if headers.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if self.before_body:
            await self.before_body(method, target)
        body = await reader.readexactly(
            int(headers.get("content-length", 0)))
        request = Request(method, target, headers, body)
        self.requests.append(request)
        page = self.pages.get(request.path, Response("nothing here", 404))
        response = page(request) if callable(page) else page
        if inspect.isawaitable(response):
            response = await response
        if response is None:
            return False
        writer.write(response.as_bytes(method == "HEAD"))
        await writer.drain()
        return True

    def asked(self, path):
        return [request for request in self.requests
                if request.path == path]

    async def close(self):
        while self._servers:
            self._servers.pop().close()


def autoconfig(domain, imap, smtp, user="%EMAILADDRESS%"):
    """A document of Thunderbird's autoconfig; servers as (host, port,
    "SSL" or "STARTTLS")."""
    def server(tag, kind, where):
        host, port, socket = where
        return (f'<{tag} type="{kind}"><hostname>{host}</hostname>'
                f"<port>{port}</port><socketType>{socket}</socketType>"
                f"<username>{user}</username>"
                "<authentication>password-cleartext</authentication>"
                f"</{tag}>")
    return Response(
        '<?xml version="1.0"?><clientConfig version="1.1">'
        f'<emailProvider id="{domain}"><domain>{domain}</domain>'
        f"{server('incomingServer', 'imap', imap)}"
        f"{server('outgoingServer', 'smtp', smtp)}"
        "</emailProvider></clientConfig>", type="text/xml")
