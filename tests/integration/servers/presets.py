"""Providers that look like those of etc/sms-providers: they take texts as
their documentation says, and call back, signed as theirs do. Each is one
description; `Provider` is the server."""

import base64
import json
import time
import urllib.parse

from servers import signing
from servers.process import wait_for
from servers.web import Response, Web, as_json, ask, begin

SECRET, SIGNATURE, TOKEN = "s1cret", "s1gnature", "0123456789abcdefghijkl"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


class Refusal:
    """An answer of the provider's, and the stanza error that becomes of it:
    its condition and a part of its words."""

    def __init__(self, answer, condition, words):
        self.answer, self.condition, self.words = answer, condition, words


class Call:
    """One request of the provider's to us."""

    def __init__(self, url, body="", kind=FORM, headers=(), method="POST"):
        self.url, self.body, self.method = url, body, method
        self.headers = dict(headers)
        if method == "POST":
            self.headers["Content-Type"] = kind

    async def send(self):
        """The status and the body of the answer."""
        return await ask(self.method, self.url, self.body, self.headers)

    async def begin(self):
        """The same without waiting for the answer: the connection."""
        return await begin(self.method, self.url, self.body, self.headers)


def basic(user, password):
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    return f"Basic {pair}"


class Preset:
    """`path` is where texts go. `acknowledges` is what the provider wants as
    answer: a status and a body."""

    path = "/send"
    settings = {"key": "user", "secret": SECRET}
    has_reports = has_ids = True
    acknowledges = (200, "")
    forged_status = 403
    plus = "+"
    # What it refuses, and when it wants to be asked again.
    refusals, busy = {}, {}
    # Of a report that a text failed: its condition.
    failure = "recipient-unavailable"

    def read(self, request):
        """The text of a request; `from`, `to`, `text`, and `dlr` if a report
        is wanted. It fails where the request is not what the provider
        wants."""
        raise NotImplementedError

    def taken(self, id):
        raise NotImplementedError

    def number(self, text):
        return self.plus + text[1:]

    def report(self, url, id, to, state):
        """Of `state` sent, delivered or failed."""
        raise NotImplementedError

    def text(self, url, id, sender, to, text):
        raise NotImplementedError

    def forge(self, call):
        """The same of somebody who does not know the secret."""
        call.url = call.url.replace(TOKEN, TOKEN[::-1])
        return call


class Signalwire(Preset):
    path = "/api/laml/2010-04-01/Accounts/P1/Messages.json"
    settings = {"account": "P1", "key": "P1", "secret": SECRET,
                "signature": SIGNATURE}
    acknowledges = (200, '<?xml version="1.0" encoding="UTF-8"?>'
                    "<Response></Response>")
    failure = "item-not-found"
    refusals = {
        "number": Refusal(as_json({"code": "21211", "message": "Invalid "
                                   "'To'", "status": 400}, 400),
                          "item-not-found", "Invalid 'To'"),
        "stopped": Refusal(as_json({"code": "21610", "message": "stopped"},
                                   400), "policy-violation", "21610"),
        "sender": Refusal(as_json({"code": "21606", "message": "not yours"},
                                  422), "not-allowed", "not yours"),
    }
    busy = {"429": as_json({}, 429), "503": as_json({}, 503),
            "code": as_json({"code": "20429", "message": "slow"}, 400)}

    def read(self, request):
        assert request.headers["authorization"] == basic("P1", SECRET)
        form = {key: value for key, (value,) in request.lists.items()}
        dlr = form.pop("StatusCallback", None)
        assert set(form) <= {"From", "To", "Body", "ValidityPeriod"}, form
        return {"from": form["From"], "to": form["To"],
                "text": form["Body"], "dlr": dlr}

    def taken(self, id):
        return as_json({"sid": id, "status": "queued", "error_code": None},
                       201)

    def _call(self, url, **params):
        signature = signing.twilio(SIGNATURE, url, params)
        return Call(url, urllib.parse.urlencode(params), headers={
            "X-SignalWire-Signature": signature})

    def report(self, url, id, to, state):
        more = {"ErrorCode": "30005"} if state == "failed" else {}
        if state == "failed":
            state = "undelivered"
        return self._call(url, MessageSid=id, SmsSid=id, MessageStatus=state,
                          AccountSid="P1", To=to, **more)

    def text(self, url, id, sender, to, text):
        return self._call(url, MessageSid=id, SmsSid=id, AccountSid="P1",
                          SmsStatus="received", From=sender, To=to,
                          Body=text, NumMedia="0", NumSegments="1")

    def forge(self, call):
        call.headers["X-SignalWire-Signature"] = "AAAA"
        return call


class Bandwidth(Preset):
    path = "/api/v2/users/9900000/messages"
    settings = {"account": "9900000", "key": "user", "secret": SECRET,
                "application": "app-1", "signature": SIGNATURE}
    acknowledges = (204, "")
    failure = "item-not-found"
    refusals = {
        "content": Refusal(as_json({"type": "request-validation",
                                    "description": "too long"}, 400),
                           "not-acceptable", "too long"),
    }
    busy = {"429": as_json({"type": "message-rate-limit",
                            "description": "slow"}, 429),
            "503": as_json({}, 503)}

    def read(self, request):
        assert request.headers["authorization"] == basic("user", SECRET)
        assert request.headers["content-type"].startswith(JSON)
        body = json.loads(request.body)
        assert body.pop("applicationId") == "app-1"
        assert body.pop("tag")
        [to] = body.pop("to")
        assert set(body) == {"from", "text"}, body
        return {"from": body["from"], "to": to, "text": body["text"],
                "dlr": None}

    def taken(self, id):
        return as_json({"id": id, "segmentCount": 1, "direction": "out"},
                       202)

    def _call(self, url, event):
        return Call(url, json.dumps([event]), JSON, {
            "Authorization": basic("causeway", SIGNATURE)})

    def report(self, url, id, to, state):
        kinds = {"sent": "sending", "delivered": "delivered",
                 "failed": "failed"}
        more = {"errorCode": 4720, "description": "invalid destination"} \
            if state == "failed" else {"description": "ok"}
        return self._call(url, {
            "type": f"message-{kinds[state]}", "to": to, **more,
            "time": "2026-01-01T00:00:00.000Z",
            "message": {"id": id, "tag": "x", "direction": "out",
                        "to": [to], "segmentCount": 1}})

    def text(self, url, id, sender, to, text):
        return self._call(url, {
            "type": "message-received", "to": to,
            "time": "2026-01-01T00:00:00.000Z",
            "description": "Incoming message received",
            "message": {"id": id, "owner": to, "from": sender, "to": [to],
                        "text": text, "direction": "in", "media": [],
                        "applicationId": "app-1", "segmentCount": 1}})

    def forge(self, call):
        call.headers["Authorization"] = basic("causeway", SECRET)
        return call


class Telnyx(Preset):
    path = "/v2/messages"
    settings = {"secret": SECRET, "application": "profile-1",
                "signature": signing.TELNYX_KEY}
    failure = "item-not-found"
    refusals = {
        "number": Refusal(
            as_json({"errors": [{"code": "40310", "title": "Invalid 'to'",
                                 "detail": "The 'to' is invalid"}]}, 422),
            "item-not-found", "40310"),
        "stopped": Refusal(
            as_json({"errors": [{"code": "40300", "title": "Blocked",
                                 "detail": "Blocked due to STOP"}]}, 400),
            "policy-violation", "Blocked due to STOP"),
    }
    busy = {"429": as_json({"errors": [{"code": "10011"}]}, 429),
            "503": as_json({}, 503)}

    def read(self, request):
        assert request.headers["authorization"] == f"Bearer {SECRET}"
        body = json.loads(request.body)
        assert body.pop("messaging_profile_id") == "profile-1"
        dlr = body.pop("webhook_url", None)
        assert set(body) == {"from", "to", "text"}, body
        return {**body, "dlr": dlr}

    def taken(self, id):
        return as_json({"data": {"id": id, "record_type": "message",
                                 "to": [{"status": "queued"}]}})

    def _call(self, url, event, payload):
        now = str(int(time.time()))
        body = json.dumps({
            "data": {"event_type": f"message.{event}", "id": "e",
                     "record_type": "event", "payload": payload,
                     "occurred_at": "2026-01-01T00:00:00.000+00:00"},
            "meta": {"attempt": 1, "delivered_to": url}})
        return Call(url, body, JSON, {
            "telnyx-timestamp": now,
            "telnyx-signature-ed25519": signing.telnyx(now, body)})

    def report(self, url, id, to, state):
        status = "delivery_failed" if state == "failed" else state
        errors = [{"code": "40008", "title": "Undeliverable"}]
        return self._call(
            url, "sent" if state == "sent" else "finalized",
            {"id": id, "direction": "outbound", "record_type": "message",
             "to": [{"phone_number": to, "status": status}],
             "errors": errors if state == "failed" else []})

    def text(self, url, id, sender, to, text):
        return self._call(
            url, "received",
            {"id": id, "direction": "inbound", "record_type": "message",
             "type": "SMS", "text": text, "media": [], "cc": [],
             "from": {"phone_number": sender, "carrier": "x"},
             "to": [{"phone_number": to, "status": "webhook_delivered"}],
             "received_at": "2026-01-01T00:00:00.000+00:00"})

    def forge(self, call):
        call.body = call.body.replace("attempt", "Attempt")
        return call


class Vonage(Preset):
    path = "/sms/json"
    settings = {"key": "user", "secret": SECRET, "signature": SIGNATURE}
    acknowledges = (204, "")
    failure = "policy-violation"
    plus = ""

    @staticmethod
    def _answer(status, text):
        return as_json({"message-count": "1", "messages": [
            {"status": status, "error-text": text}]})

    def __init__(self):
        self.refusals = {
            "barred": Refusal(self._answer("7", "Number barred"),
                              "policy-violation", "Number barred"),
            "credit": Refusal(self._answer("9", "Quota violation"),
                              "internal-server-error", "Quota violation"),
            "sender": Refusal(self._answer("15", "Invalid sender"),
                              "not-allowed", "Invalid sender"),
        }
        self.busy = {"throttled": self._answer("1", "Throughput"),
                     "429": as_json({}, 429),
                     "internal": self._answer("5", "Internal error")}

    def read(self, request):
        form = {key: value for key, (value,) in request.lists.items()}
        assert form.pop("api_key") == "user"
        assert form.pop("api_secret") == SECRET
        assert form.pop("client-ref")
        is_gsm = form["text"].isascii() or "\u20ac" in form["text"]
        assert form.pop("type") == ("text" if is_gsm else "unicode")
        wanted = form.pop("status-report-req", None)
        dlr = form.pop("callback", None)
        assert bool(dlr) == (wanted == "1")
        assert set(form) == {"from", "to", "text"}, form
        return {**form, "dlr": dlr}

    def taken(self, id):
        return as_json({"message-count": "1", "messages": [
            {"to": "1", "message-id": id, "status": "0",
             "remaining-balance": "1.0", "message-price": "0.03"}]})

    def _call(self, url, **values):
        values["timestamp"] = str(int(time.time()))
        values["nonce"] = "n-1"
        values["sig"] = signing.vonage(SIGNATURE, values, "SHA512HMAC")
        return Call(url, json.dumps(values), JSON)

    def report(self, url, id, to, state):
        status = {"sent": "accepted"}.get(state, state)
        code = "4" if state == "failed" else "0"
        return self._call(
            url, messageId=id, msisdn=to, to="x", status=status,
            price="0.03", scts="2601010000", **{
                "err-code": code, "network-code": "31000", "api-key": "user",
                "message-timestamp": "2026-01-01 00:00:00"})

    def text(self, url, id, sender, to, text):
        return self._call(url, msisdn=sender, to=to, messageId=id, text=text,
                          type="text", keyword="HI", **{
                              "api-key": "user", "message-timestamp":
                              "2026-01-01 00:00:00"})

    def forge(self, call):
        call.body = call.body.replace("n-1", "n-2")
        return call


class Jasmin(Preset):
    settings = {"key": "user", "secret": SECRET, "token": TOKEN}
    acknowledges = (200, "ACK/Jasmin")
    forged_status = 404
    refusals = {
        "route": Refusal(Response('Error "No route found"', 412),
                         "item-not-found", "No route found"),
        "credit": Refusal(Response('Error "Cannot charge submit_sm, check '
                                   'RouterPB log file for details"', 403),
                          "internal-server-error", "Cannot charge"),
        "parameters": Refusal(Response('Error "Argument [x] is unknown."',
                                       400), "not-acceptable", "unknown"),
    }
    busy = {"throughput": Response('Error "User throughput exceeded"', 403),
            "500": Response('Error "Cannot send submit_sm, check '
                            'SMPPClientManagerPB log file"', 500)}

    def read(self, request):
        form = {key: value for key, (value,) in request.lists.items()}
        assert form.pop("username") == "user"
        assert form.pop("password") == SECRET
        coding = form.pop("coding")
        if coding == "8":
            text = bytes.fromhex(form.pop("hex-content")).decode("utf-16-be")
        else:
            assert coding == "0"
            text = form.pop("content")
        dlr = form.pop("dlr-url", None)
        if dlr:
            assert form.pop("dlr") == "yes"
            assert form.pop("dlr-level") == "3"
            assert form.pop("dlr-method") == "POST"
        assert set(form) == {"from", "to"}, form
        return {**form, "text": text, "dlr": dlr}

    def taken(self, id):
        return Response(f'Success "{id}"')

    def report(self, url, id, to, state):
        words = {"sent": "ESME_ROK", "delivered": "DELIVRD",
                 "failed": "UNDELIV"}
        params = {"id": id, "message_status": words[state], "level": "1"}
        if state != "sent":
            params.update(level="2", id_smsc="7", sub="001", dlvrd="001",
                          subdate="2601010000", donedate="2601010001",
                          err="000", text="x", connector="c")
        return Call(url, urllib.parse.urlencode(params))

    def text(self, url, id, sender, to, text):
        params = {"id": id, "from": sender, "to": to, "coding": "0",
                  "origin-connector": "c", "priority": "1", "content": text,
                  "binary": text.encode().hex()}
        if not text.isascii():
            params.update(coding="8", content="?",
                          binary=text.encode("utf-16-be").hex())
        return Call(url, urllib.parse.urlencode(params))


class Playsms(Preset):
    path = "/index.php"
    settings = {"key": "user", "secret": SECRET, "token": TOKEN}
    has_reports = has_ids = False
    acknowledges = (200, "OK")
    forged_status = 404
    refusals = {
        "credit": Refusal(
            as_json({"data": [{"status": "ERR", "error": "103",
                               "smslog_id": "", "to": "1"}],
                     "error_string": "not enough credit"}),
            "internal-server-error", "not enough credit"),
        "empty": Refusal(
            as_json({"status": "ERR", "error": "102",
                     "error_string": "one or more field empty"}),
            "not-acceptable", "field empty"),
    }
    busy = {"failed": as_json({"data": [{"status": "ERR", "error": "200"}],
                               "error_string": None}),
            "503": Response("", 503)}

    def read(self, request):
        assert request.query == {"app": "ws"}
        form = {key: value for key, (value,) in request.lists.items()}
        for key, value in [("op", "pv"), ("format", "json"), ("u", "user"),
                           ("h", SECRET), ("nofooter", "1")]:
            assert form.pop(key) == value
        is_gsm = form["msg"].isascii() or "\u20ac" in form["msg"]
        assert form.pop("unicode", "0") == ("0" if is_gsm else "1")
        assert set(form) == {"from", "to", "msg"}, form
        return {"from": form["from"], "to": form["to"], "text": form["msg"],
                "dlr": None}

    def taken(self, id):
        return as_json({"data": [{"status": "OK", "error": "0",
                                  "smslog_id": id, "queue": "q", "to": "1"}],
                        "error_string": None})

    def text(self, url, id, sender, to, text):
        query = urllib.parse.urlencode({"from": sender, "to": to,
                                        "text": text})
        return Call(f"{url}?{query}", method="GET")


class Smsgate(Preset):
    path = "/messages"
    settings = {"key": "user", "secret": SECRET, "signature": SIGNATURE,
                "application": "device-1"}
    refusals = {
        "content": Refusal(as_json({"message": "bad number"}, 400),
                           "not-acceptable", "bad number"),
    }
    busy = {"429": as_json({}, 429), "503": as_json({}, 503)}

    def read(self, request):
        assert request.headers["authorization"] == basic("user", SECRET)
        body = json.loads(request.body)
        assert body.pop("id")
        assert body.pop("deviceId") == "device-1"
        [to] = body.pop("phoneNumbers")
        [text] = body.pop("textMessage").values()
        is_wanted = body.pop("withDeliveryReport")
        assert is_wanted in (True, False)
        assert isinstance(body.pop("ttl", 1), int)
        assert not body, body
        return {"from": None, "to": to, "text": text, "dlr": None}

    def taken(self, id):
        return as_json({"id": id, "deviceId": "device-1",
                        "state": "Pending", "recipients": []}, 202)

    def _call(self, url, event, id, **payload):
        now = str(int(time.time()))
        body = json.dumps({"deviceId": "device-1", "event": f"sms:{event}",
                           "id": id, "webhookId": "w", "payload": {
                               "simNumber": 1, **payload}})
        return Call(url, body, JSON, {
            "X-Timestamp": now,
            "X-Signature": signing.smsgate(SIGNATURE, now, body)})

    def report(self, url, id, to, state):
        more = {"reason": "RESULT_ERROR_NO_SERVICE"} \
            if state == "failed" else {}
        return self._call(url, state, f"{id}-{state}", messageId=id,
                          phoneNumber=to, **more)

    def text(self, url, id, sender, to, text):
        return self._call(url, "received", id, messageId="abc",
                          message=text, phoneNumber=sender, recipient=to,
                          receivedAt="2026-01-01T00:00:00.000+07:00")

    def forge(self, call):
        call.body = call.body.replace("device-1", "device-2")
        return call


PRESETS = {kind.__name__.lower(): kind() for kind in [
    Signalwire, Bandwidth, Telnyx, Vonage, Jasmin, Playsms, Smsgate]}


class Provider(Web):
    """The server of a preset. `texts` are those that it has, each with its
    `id`; `answers` are given first, instead of taking one. What goes to one
    of `gates` is taken, and answered when that event is set. `faults` are
    requests that are not what the provider wants."""

    def __init__(self, address, port, name):
        super().__init__(address, port)
        self.preset = PRESETS[name]
        self.name = name
        self.texts, self.answers, self.faults = [], [], []
        self.gates = {}
        self.asked_for = 0
        self.pages[self.preset.path] = self._send

    def backend(self, **more):
        """The group of the configuration."""
        return {"kind": "http", "name": "main", "provider": self.name,
                "url": self.url(""), "rate": 100.0, **self.preset.settings,
                **more}

    def _send(self, request):
        self.asked_for += 1
        try:
            text = self.preset.read(request)
        except (AssertionError, KeyError, ValueError) as fault:
            self.faults.append(f"{fault!r}: {request.body}")
            return Response("", 400)
        if self.answers:
            return self.answers.pop(0)
        text["id"] = f"T{len(self.texts) + 1:031x}"
        self.texts.append(text)
        taken = self.preset.taken(text["id"])
        gate = self.gates.get(text["to"])
        return self._later(gate, taken) if gate else taken

    @staticmethod
    async def _later(gate, answer):
        await gate.wait()
        return answer

    def open_gates(self):
        for gate in self.gates.values():
            gate.set()
        self.gates.clear()

    async def close(self):
        self.open_gates()
        await super().close()

    async def text_to(self, number, count=1):
        """The newest of so many sent there."""
        number = self.preset.number(number)

        def found():
            texts = [text for text in self.texts if text["to"] == number]
            return texts[-1] if len(texts) >= count else None
        return await wait_for(found, f"a text to {number}")

    def report(self, url, id, to, state):
        return self.preset.report(url, id, self.preset.number(to), state)

    def phone_says(self, url, id, sender, to, text):
        number = self.preset.number
        return self.preset.text(url, id, number(sender), number(to), text)
