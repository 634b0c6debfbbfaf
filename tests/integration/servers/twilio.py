"""A provider that looks like Twilio: it takes texts by HTTP and calls back,
signed by Twilio's own library."""

import asyncio
import urllib.parse

from servers import signing
from servers.process import wait_for
from servers.signing import is_there
from servers.web import Response, Web, as_json, ask

ACCOUNT, TOKEN = "AC1", "s1cret"
SEND = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
FORM = "application/x-www-form-urlencoded"


def sign(**asked):
    """`url` with `params` or `body`: the signature, and the URL to call."""
    return signing.ask("sign.mjs", token=TOKEN, **asked)


async def post(url, body, headers):
    """The status and the body of the answer."""
    return await ask("POST", url, body, headers)


class Twilio(Web):
    """`texts` are the forms of what was sent by it, each with its "sid"."""

    def __init__(self, address, port, certificate=None, host=None):
        super().__init__(address, port, certificate, host)
        self.texts = []
        self.takes = True  # else it drops the connection, with the text
        self.pages[SEND] = self._send

    def _send(self, request):
        text = {**request.lists, "sid": f"SM{len(self.texts) + 1:032x}"}
        self.texts.append(text)
        if not self.takes:
            return None
        return as_json({"sid": text["sid"], "status": "queued"}, 201)

    def refuse(self, code, message, status=400):
        """From now on."""
        self.pages[SEND] = as_json({"code": code, "message": message}, status)

    def backend(self, **more):
        """The group of the configuration."""
        return {"kind": "http", "name": "main", "provider": "twilio",
                "url": self.url(""), "account": ACCOUNT, "key": ACCOUNT,
                "secret": TOKEN, "signature": TOKEN, "rate": 100.0, **more}

    async def text_to(self, number, count=1):
        """The newest of so many sent there."""
        def found():
            texts = [text for text in self.texts if text["To"] == [number]]
            return texts[-1] if len(texts) >= count else None
        return await wait_for(found, f"a text to {number}")

    async def call(self, url, params, signature=None):
        """Calls back: the status and the body of the answer."""
        if signature is None:
            signed = await asyncio.to_thread(sign, url=url, params=params)
            signature = signed["signature"]
        return await post(url, urllib.parse.urlencode(params),
                          {"Content-Type": FORM,
                           "X-Twilio-Signature": signature})

    async def report(self, url, sid, status, **more):
        return await self.call(url, {"MessageSid": sid, "SmsSid": sid,
                                     "AccountSid": ACCOUNT,
                                     "MessageStatus": status,
                                     "SmsStatus": status, **more})

    async def phone_says(self, url, sid, sender, to, text, media=()):
        """`media` are pairs of a URL and a type."""
        params = {"MessageSid": sid, "SmsSid": sid, "SmsMessageSid": sid,
                  "AccountSid": ACCOUNT, "SmsStatus": "received",
                  "From": sender, "To": to, "Body": text,
                  "NumSegments": "1", "NumMedia": str(len(media))}
        for number, (where, kind) in enumerate(media):
            params[f"MediaUrl{number}"] = where
            params[f"MediaContentType{number}"] = kind
        return await self.call(url, params)


def image(text="an image"):
    """What looks like a picture."""
    return Response(b"\x89PNG\r\n\x1a\n" + text.encode(), type="image/png")
