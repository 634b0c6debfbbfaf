"""The carrier for HTTP providers with providers that only look like them:
pages that answer as they are documented to, and callbacks that are signed by
the provider's own library, where there is one."""

import base64
import hashlib
import json
import time
import urllib.parse

import pytest

from conftest import wait
from servers import provider as providers, signing, twilio as twilios
from servers.twilio import FORM, SEND, TOKEN, post, sign
from servers.web import Web, as_json

NUMBER, PHONE = "+15550001", "+15550002"

pytestmark = pytest.mark.skipif(
    not twilios.is_there(), reason="Node is not installed")


@pytest.fixture
def started(run):
    """Starts the backend of a provider: started(provider, more settings)."""
    if not providers.program().exists():
        pytest.skip("provider-driver is not built")
    made = []

    def start(provider, **settings):
        backend = providers.Backend(run)
        backend.configure(**{
            "provider": provider, "url": backend.base, "account": "AC1",
            "key": "AC1", "secret": TOKEN, "signature": TOKEN,
            "rate": 100.0, **settings})
        wait(backend.start())
        made.append(backend)
        return backend
    yield start
    for backend in made:
        assert wait(backend.stop()) == 0


@pytest.fixture
def twilio(run, started):
    web = wait(Web(run.address, run.port()).start())
    yield started("twilio", url=web.url("")), web
    wait(web.close())


async def test_a_text_is_sent(twilio):
    backend, web = twilio
    web.pages[SEND] = as_json({"sid": "SM1", "status": "queued"}, 201)
    backend.send(1, NUMBER, PHONE, "a & b = \u20ac")
    await backend.logged("accepted 1 id=SM1\n")
    request, = web.asked(SEND)
    assert request.form == {"From": NUMBER, "To": PHONE,
                            "Body": "a & b = \u20ac",
                            "StatusCallback": backend.callback}
    kind, _, secret = request.headers["authorization"].partition(" ")
    assert kind == "Basic"
    assert base64.b64decode(secret).decode() == f"AC1:{TOKEN}"


async def test_refusals_have_classes(twilio):
    backend, web = twilio
    web.pages[SEND] = as_json({"code": 21610, "message": "STOP"}, 400)
    backend.send(1, NUMBER, PHONE, "x")
    await backend.logged(r"rejected 1 class=11 wait=0 STOP \(HTTP 400, 21610")
    web.pages[SEND] = lambda request: None
    backend.send(2, NUMBER, PHONE, "x")
    await backend.logged("lost 2\n")
    await backend.logged("link 0 ")


@pytest.mark.parametrize("params", [
    {"MessageSid": "SM2", "SmsStatus": "received", "From": PHONE,
     "To": NUMBER, "Body": "caf\u00e9 & \u20ac + 100%", "NumMedia": "0"},
    {"MessageSid": "SM2", "From": PHONE, "To": NUMBER, "Body": "",
     "SmsStatus": "received", "NumMedia": "1",
     "MediaUrl0": "https://api.twilio.com/x?y=z",
     "MediaContentType0": "image/png", "FromCity": "", "zip": "\U0001f600"},
])
async def test_signed_texts_come(twilio, params):
    backend, _ = twilio
    signed = sign(url=backend.callback, params=params)
    status, body = await post(
        backend.callback, urllib.parse.urlencode(params),
        {"Content-Type": FORM, "X-Twilio-Signature": signed["signature"]})
    assert status == 200
    assert body.endswith("<Response></Response>")
    await backend.logged(rf'mo id="SM2" from="\{PHONE}" to="\{NUMBER}" text')


async def test_signed_json_comes(twilio):
    backend, _ = twilio
    body = json.dumps({"MessageSid": "SM3", "MessageStatus": "delivered",
                       "To": PHONE})
    signed = sign(url=backend.callback, body=body)
    headers = {"Content-Type": "application/json",
               "X-Twilio-Signature": signed["signature"]}
    status, _ = await post(signed["url"], body, headers)
    assert status == 200
    await backend.logged(r'report id="SM3" .* state=delivered')
    status, _ = await post(signed["url"], body.replace("SM3", "SM4"), headers)
    assert status == 403


async def test_others_are_refused(twilio):
    backend, _ = twilio
    params = {"MessageSid": "SM5", "SmsStatus": "received", "From": PHONE,
              "To": NUMBER, "Body": "hi"}
    signature = sign(url=backend.callback, params=params)["signature"]
    forged = {**params, "From": "+15550666"}
    for url, fields, headers in [
            (backend.callback, params, {}),
            (backend.callback, forged, {"X-Twilio-Signature": signature}),
            (backend.callback + "?x", params,
             {"X-Twilio-Signature": signature})]:
        status, _ = await post(url, urllib.parse.urlencode(fields),
                               {"Content-Type": FORM, **headers})
        assert status == 403
    status, _ = await post(backend.base + "/sms/sms.example.org/main/x",
                           "", {"Content-Type": FORM})
    assert status == 404
    assert 'mo id="SM5"' not in backend.log()


# --- Others -------------------------------------------------------------------

REPORT = {"MessageSid": "S1", "MessageStatus": "delivered", "To": PHONE}


@pytest.fixture
def signalwire(started):
    return started("signalwire")


@pytest.mark.parametrize("has_port", [True, False])
async def test_signalwire_signs(signalwire, has_port):
    """Its library takes the URL with its port and without it; so do we."""
    backend, url = signalwire, signalwire.callback
    signed = url if has_port else url.replace(f":{backend.port}", "")
    signature = signing.twilio(TOKEN, signed, REPORT)
    for params, status in [(REPORT, 200), ({**REPORT, "x": "y"}, 403)]:
        assert signing.is_good("signalwire", secret=TOKEN, url=url,
                               signature=signature, params=params) == \
            (status == 200)
        answer, _ = await post(
            url, urllib.parse.urlencode(params),
            {"Content-Type": FORM, "X-SignalWire-Signature": signature})
        assert answer == status
    await backend.logged('report id="S1" .* state=delivered')


@pytest.fixture
def telnyx(started):
    return started("telnyx", signature=signing.TELNYX_KEY)


@pytest.mark.parametrize("age, end, is_good", [
    (0, "", True), (0, " ", False), (1000, "", False)])
async def test_telnyx_signs(telnyx, age, end, is_good):
    """`end` was not signed."""
    then, body = str(int(time.time()) - age), json.dumps({"data": {
        "record_type": "event", "event_type": "message.finalized",
        "payload": {"id": "T1", "to": [{"phone_number": PHONE,
                                        "status": "delivered"}]}}})
    signature = signing.telnyx(then, body)
    assert signing.is_good("telnyx", key=signing.TELNYX_KEY, timestamp=then,
                           signature=signature, body=body + end) == is_good
    status, _ = await post(
        telnyx.callback, body + end,
        {"Content-Type": "application/json", "telnyx-timestamp": then,
         "telnyx-signature-ed25519": signature})
    assert status == (200 if is_good else 403)


@pytest.fixture
def vonage(started):
    return started("vonage")


@pytest.mark.parametrize("method", signing.METHODS)
@pytest.mark.parametrize("as_json", [False, True])
async def test_vonage_signs(vonage, method, as_json):
    """All that its library knows; MD5 is not taken."""
    params = {"msisdn": PHONE[1:], "to": NUMBER[1:], "messageId": "V1",
              "text": "a & b = \u20ac", "type": "text", "nonce": "n",
              "message-timestamp": "2023-11-14 22:13:20",
              "timestamp": str(int(time.time()))}
    params["sig"] = signing.vonage(TOKEN, params, method)
    forged = {**params, "text": "a & b"}
    for said, is_good in [(params, True), (forged, False)]:
        assert signing.is_good("vonage", secret=TOKEN, method=method,
                               params=said) == is_good
        body = json.dumps(said) if as_json else urllib.parse.urlencode(said)
        kind = "application/json" if as_json else FORM
        status, _ = await post(vonage.callback, body, {"Content-Type": kind})
        taken = is_good and not method.startswith("MD5")
        assert status == (204 if taken else 403)


WITH_TOKENS = """title = "Mine";
send = { url = "${url}"; fields = ( "to=${to}" ); };
callbacks = {
  verify = { kind = "jwt-hs256"; key = "${signature}"; };
  rules = ( { when = ( "id" ); is = "report"; } );
  report = { id = "id"; state = "state";
             states = ( { when = ( "ok" ); is = "delivered"; } ); };
};
"""


@pytest.fixture
def mine(started, tmp_path):
    path = tmp_path / "mine.conf"
    path.write_text(WITH_TOKENS)
    return started(str(path))


async def test_web_tokens(mine):
    """As Vonage signs for other interfaces than that for SMS."""
    body, now = json.dumps({"id": "W1", "state": "ok"}), int(time.time())
    digest = hashlib.sha256(body.encode()).hexdigest()
    for key, claims, status in [
            (TOKEN, {"iat": now, "payload_hash": digest}, 200),
            (TOKEN, {"iat": now, "payload_hash": digest[::-1]}, 403),
            (TOKEN, {"iat": now, "exp": now - 10}, 403),
            (TOKEN[1:], {"iat": now, "payload_hash": digest}, 403)]:
        token = signing.web_token(key, claims)
        # It does not look at the body.
        assert signing.is_good("jwt", secret=TOKEN, token=token) == \
            (key == TOKEN and "exp" not in claims)
        answer, _ = await post(
            mine.callback, body,
            {"Content-Type": "application/json",
             "Authorization": f"Bearer {token}"})
        assert answer == status
