"""The carrier for HTTP providers with providers that only look like them:
pages that answer as they are documented to, and callbacks that are signed by
the provider's own library, where there is one."""

import base64
import json
import urllib.parse

import pytest

from conftest import wait
from servers import provider as providers, twilio as twilios
from servers.twilio import FORM, SEND, TOKEN, post, sign
from servers.web import Web, as_json

NUMBER, PHONE = "+15550001", "+15550002"

pytestmark = pytest.mark.skipif(
    not twilios.is_there(), reason="Node is not installed")


@pytest.fixture
def twilio(run):
    if not providers.program().exists():
        pytest.skip("provider-driver is not built")
    web = wait(Web(run.address, run.port()).start())
    backend = providers.Backend(run)
    backend.configure(provider="twilio", url=web.url(""), account="AC1",
                      key="AC1", secret=TOKEN, signature=TOKEN, rate=100.0)
    wait(backend.start())
    yield backend, web
    assert wait(backend.stop()) == 0
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
