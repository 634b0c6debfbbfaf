"""causeway --replay: what becomes of saved callbacks, of every provider that
comes along; and causeway -t of what is wrong with a provider."""

import base64
import json
import re
import urllib.parse

import pytest

from servers import signing
from servers.causeway import binary, run_once

JID, NAME, TOKEN = "sms.example.org", "us", "0123456789abcdefghijkl"
BASE = "https://us.example.org"
PATH = f"/sms/{JID}/{NAME}"
KEY = "12345"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
TIME = "1700000000"
NEWS = {"from": "+15550002", "to": "+15551234567", "text": "Caf\u00e9 & more"}
SEEN = ('from="+15550002" to="+15551234567" '
        'text="Caf\u00e9 & more"')


class Provider:
    """`settings` are those of its backend, besides the usual ones; `prove`
    gives headers for a body and its type, or a longer body or query."""

    def __init__(self, settings="", token=False, prove=None, kind=FORM):
        self.settings = settings
        self.path = f"{PATH}/{TOKEN}" if token else PATH
        self.kind = kind
        self.prove = prove or (lambda provider, values: {})
        if token:
            self.settings += f' token = "{TOKEN}";'

    def body(self, values):
        return (json.dumps(values) if self.kind == JSON
                else urllib.parse.urlencode(values))

    def request(self, values):
        headers = self.prove(self, values)
        body, target, method = self.body(values), self.path, "POST"
        if self.kind is None:
            target, body, method = f"{target}?{body}", "", "GET"
        else:
            headers = {"Content-Type": self.kind, **headers}
        lines = "".join(f"{key}: {value}\r\n"
                        for key, value in headers.items())
        return f"{method} {target} HTTP/1.1\r\n{lines}\r\n{body}"


def as_twilio(header):
    def prove(provider, values):
        return {header: signing.twilio(KEY, BASE + provider.path, values)}
    return prove


def as_bandwidth(provider, values):
    pair = base64.b64encode(f"causeway:{KEY}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def as_telnyx(provider, values):
    return {"telnyx-timestamp": TIME, "telnyx-signature-ed25519":
            signing.telnyx(TIME, provider.body(values))}


def as_vonage(provider, values):
    """`sig` is one of the parameters."""
    values["timestamp"] = TIME
    values["sig"] = signing.vonage(KEY, values)
    return {}


def as_smsgate(provider, values):
    return {"X-Timestamp": TIME, "X-Signature":
            signing.smsgate(KEY, TIME, provider.body(values))}


ACCOUNT = 'account = "AC1"; key = "AC1"; secret = "t";'
OWN = 'url = "http://127.0.0.1:1"; key = "u"; secret = "t";'
PUBLIC = signing.TELNYX_KEY

PROVIDERS = {
    "twilio": Provider(f'{ACCOUNT} signature = "{KEY}";',
                       prove=as_twilio("X-Twilio-Signature")),
    "signalwire": Provider(
        f'url = "https://x.signalwire.com"; {ACCOUNT} signature = "{KEY}";',
        prove=as_twilio("X-SignalWire-Signature")),
    "bandwidth": Provider(
        f'{ACCOUNT} application = "a"; signature = "{KEY}";',
        prove=as_bandwidth, kind=JSON),
    "telnyx": Provider(f'secret = "t"; signature = "{PUBLIC}";',
                       prove=as_telnyx, kind=JSON),
    "vonage": Provider(f'key = "u"; secret = "t"; signature = "{KEY}";',
                       prove=as_vonage, kind=JSON),
    "kannel": Provider(OWN, token=True, kind=None),
    "jasmin": Provider(OWN, token=True),
    "playsms": Provider(OWN, token=True, kind=None),
    "smsgate": Provider(f'key = "u"; secret = "t"; signature = "{KEY}";',
                        prove=as_smsgate, kind=JSON),
}


def like_twilio(**more):
    return {"ToCountry": "US", "ToState": "", "SmsMessageSid": "SM1",
            "NumMedia": "0", "ToCity": "", "FromZip": "", "SmsSid": "SM1",
            "FromState": "NY", "FromCity": "", "FromCountry": "US",
            "MessagingServiceSid": "MG1", "ToZip": "", "MessageSid": "SM1",
            "AccountSid": "AC1", "ApiVersion": "2010-04-01", **more}


def of_telnyx(event, **payload):
    return {"data": {"event_type": event, "id": "e1",
                     "occurred_at": "2023-11-14T22:13:20.000+00:00",
                     "record_type": "event", "payload": {
                         "id": "t1", "record_type": "message", "type": "SMS",
                         "messaging_profile_id": "p", **payload}},
            "meta": {"attempt": 1, "delivered_to": BASE + PATH}}


def of_bandwidth(event, **message):
    return [{"type": event, "time": "2023-11-14T22:13:20.000Z",
             "description": "x", "to": "+15550002",
             "message": {"id": "b1", "owner": NEWS["to"],
                         "applicationId": "a", "segmentCount": 1,
                         "to": [NEWS["to"]], **message}}]


def of_smsgate(event, **payload):
    return {"deviceId": "d", "event": event, "id": "E1", "webhookId": "w",
            "payload": {"messageId": "m1", "phoneNumber": "+15550002",
                        "simNumber": 1, **payload}}


AT = "time=2023-11-14T22:13:20Z"

# Provider, what it calls with, and the lines.
CALLBACKS = [
    ("twilio", like_twilio(SmsStatus="received", Body=NEWS["text"],
                           From=NEWS["from"], To=NEWS["to"],
                           NumSegments="1"), f'mo id="SM1" {SEEN}'),
    ("twilio", like_twilio(SmsStatus="received", Body="", NumMedia="1",
                           From=NEWS["from"], To=NEWS["to"],
                           MediaUrl0="https://api.twilio.com/ME1",
                           MediaContentType0="image/jpeg"),
     'mo id="SM1" from="+15550002" to="+15551234567" text="" '
     'media="https://api.twilio.com/ME1" type="image/jpeg"'),
    ("twilio", {"SmsSid": "SM1", "SmsStatus": "undelivered",
                "MessageStatus": "undelivered", "To": "+15550002",
                "MessageSid": "SM1", "AccountSid": "AC1",
                "From": NEWS["to"], "ErrorCode": "30003",
                "ApiVersion": "2010-04-01"},
     'report id="SM1" to="+15550002" state=undeliverable class=bad_dest '
     'text="30003"'),
    ("signalwire", like_twilio(SmsStatus="received", Body=NEWS["text"],
                               From=NEWS["from"], To=NEWS["to"]),
     f'mo id="SM1" {SEEN}'),
    ("signalwire", {"MessageSid": "S1", "SmsSid": "S1", "AccountSid": "AC1",
                    "MessageStatus": "delivered", "From": NEWS["to"],
                    "To": "+15550002"},
     'report id="S1" to="+15550002" state=delivered'),
    ("bandwidth", of_bandwidth(
        "message-received", direction="in", text=NEWS["text"],
        media=["https://messaging.bandwidth.com/api/v2/users/1/media/x.png"],
        time="2023-11-14T22:13:20.000Z", **{"from": NEWS["from"]}),
     f'mo id="b1" {SEEN} media="https://messaging.bandwidth.com/api/v2/'
     f'users/1/media/x.png" {AT}'),
    ("bandwidth", of_bandwidth("message-delivered", direction="out",
                               tag="own", **{"from": NEWS["to"]}),
     f'report id="b1" to="+15550002" state=delivered {AT}'),
    ("telnyx", of_telnyx(
        "message.received", direction="inbound", text=NEWS["text"], media=[],
        received_at="2023-11-14T22:13:20.000+00:00", cc=[],
        to=[{"phone_number": NEWS["to"], "status": "webhook_delivered"}],
        **{"from": {"phone_number": NEWS["from"], "carrier": "x"}}),
     f'mo id="t1" {SEEN} {AT}'),
    ("telnyx", of_telnyx(
        "message.finalized", direction="outbound", errors=[],
        to=[{"phone_number": "+15550002", "status": "delivered"}]),
     f'report id="t1" to="+15550002" state=delivered {AT}'),
    ("vonage", {"msisdn": "15550002", "to": "15551234567",
                "messageId": "v1", "text": NEWS["text"], "type": "text",
                "keyword": "CAF", "api-key": "u",
                "message-timestamp": "2023-11-14 22:13:20"},
     f'mo id="v1" {SEEN.replace("+", "")} {AT}'),
    ("vonage", {"msisdn": "15550002", "to": "15551234567",
                "network-code": "31000", "messageId": "v1",
                "price": "0.03", "status": "failed", "scts": "2311142213",
                "err-code": "4", "api-key": "u",
                "message-timestamp": "2023-11-14 22:13:20"},
     'report id="v1" to="15550002" state=undeliverable class=blocked '
     f'text="4" {AT}'),
    ("kannel", {"kind": "mo", **NEWS, "charset": "UTF-8", "coding": "0",
                "id": "k1", "time": TIME}, f'mo id="k1" {SEEN} {AT}'),
    ("kannel", {"kind": "report", "id": "own", "state": "2",
                "answer": "NACK/11/Invalid", "to": "+15550002",
                "time": TIME},
     'report id="own" to="+15550002" state=undeliverable '
     f'text="NACK/11/Invalid" {AT}'),
    ("jasmin", {"id": "j1", "from": NEWS["from"], "to": NEWS["to"],
                "origin-connector": "smpp1", "coding": "0", "priority": "1",
                "content": NEWS["text"], "binary": "436166"},
     f'mo id="j1" {SEEN}'),
    ("jasmin", {"id": "j1", "message_status": "UNDELIV", "level": "3",
                "connector": "smpp1", "id_smsc": "7", "sub": "001",
                "dlvrd": "000", "subdate": "2311142213",
                "donedate": "2311142213", "err": "045", "text": "x"},
     'report id="j1" to="" state=undeliverable text="045"'),
    ("playsms", NEWS, f"mo {SEEN}"),
    ("smsgate", of_smsgate("sms:received", message=NEWS["text"],
                           recipient=NEWS["to"],
                           receivedAt="2023-11-14T22:13:20.000+00:00"),
     f'mo id="E1" {SEEN} {AT}'),
    ("smsgate", of_smsgate("sms:delivered",
                           deliveredAt="2023-11-14T22:13:20.000+00:00"),
     'report id="m1" to="+15550002" state=delivered'),
]


@pytest.fixture
def files(tmp_path):
    """Makes a configuration with this backend."""
    if not binary().exists():
        pytest.skip("causeway is not built")

    def make(provider, settings):
        path = tmp_path / "c.conf"
        path.write_text(
            'xmpp = { host = "127.0.0.1"; }; gateways = (\n'
            f'{{ type = "sms"; jid = "{JID}"; secret = "x"; backends = (\n'
            f'{{ name = "{NAME}"; kind = "http"; provider = "{provider}";\n'
            f'callback_url = "{BASE}"; {settings} }} ); }} );\n')
        path.chmod(0o600)
        return path
    return make


def replay(config, saved, where=f"{JID}/{NAME}"):
    path = config.with_name("saved")
    path.write_bytes(saved.encode())
    return run_once("-c", config, "--replay", where, path)


@pytest.mark.parametrize("name, values, line", CALLBACKS)
def test_a_callback_is_shown(files, name, values, line):
    provider = PROVIDERS[name]
    config = files(name, provider.settings)
    request = provider.request(values)
    done = replay(config, request)
    assert done.returncode == 0, done.stderr
    url, verified, *lines = done.stdout.splitlines()
    assert url.startswith(f"url={BASE}{provider.path}")
    assert verified == "verified=yes"
    assert lines == [line, "events=1"]
    # Somebody who does not know the secret.
    forged = request.replace(TOKEN, TOKEN[:-1]) if TOKEN in request \
        else request.replace("15550002", "15550003")
    if name == "bandwidth":
        forged = re.sub(r"Basic \S+", "Basic AAAA", request)
    done = replay(config, forged)
    assert done.returncode == 0, done.stderr
    assert "verified=no reason=" in done.stdout


def test_every_provider_is_tried():
    assert {name for name, *_ in CALLBACKS} == set(PROVIDERS)
    folder = binary().parent / "sms-providers"
    if folder.exists():
        assert {path.stem for path in folder.glob("*.conf")} == \
            set(PROVIDERS)


@pytest.mark.parametrize("where, words", [
    ("sms.example.org/eu", "no backend of that name"),
    ("sms.example.com/us", "no gateway of that name"),
])
def test_what_is_not_there_is_said(files, where, words):
    provider = PROVIDERS["twilio"]
    done = replay(files("twilio", provider.settings),
                  provider.request(CALLBACKS[0][1]), where)
    assert done.returncode == 1
    assert words in done.stderr


def test_what_is_no_request_is_said(files):
    done = replay(files("twilio", PROVIDERS["twilio"].settings), "hello")
    assert done.returncode == 1
    assert "no saved request" in done.stderr


# --- causeway -t ------------------------------------------------------------

@pytest.mark.parametrize("name", PROVIDERS)
def test_good_backends_pass(files, name):
    done = run_once("-t", "-c", files(name, PROVIDERS[name].settings))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name, settings, words", [
    ("twilio", 'account = "a"; key = "b"; secret = "c";',
     "Twilio needs signature, which is missing"),
    ("kannel", OWN, "Kannel signs nothing: token is needed"),
    ("kannel", OWN + ' token = "short";', "16 or more"),
    ("tvvilio", "", 'there is no provider "tvvilio"'),
    ("twilio", 'url = "ftp://x";', "must begin with https://"),
])
def test_what_a_backend_lacks_is_said(files, name, settings, words):
    path = files(name, settings)
    done = run_once("-t", "-c", path)
    assert done.returncode == 1
    assert words in done.stderr
    assert re.search(re.escape(str(path)) + r":\d+: ", done.stderr)


OWN_FILE = """title = "Mine";
send = { url = "${url}/send"; fields = ( "to=${to}" ); };
%s
"""


@pytest.mark.parametrize("text, line, words", [
    ("colour = 1;", 3, "unknown key colour"),
    ("result = { id = \"sid\"; };", 3, "must be json:PATH"),
    ("callbacks = {\nrules = ( { is = \"mo\"; } ); };", 3,
     "needs the group mo"),
    ("auth = {", 3, "syntax error"),
])
def test_what_is_wrong_with_a_provider_is_said(files, text, line, words):
    path = files("./mine.conf", 'url = "https://x.example";')
    mine = path.with_name("mine.conf")
    mine.write_text(OWN_FILE % text)
    done = run_once("-t", "-c", path)
    assert done.returncode == 1
    assert words in done.stderr
    found = re.search(re.escape(mine.name) + r":(\d+): ", done.stderr)
    assert found, done.stderr
    assert int(found[1]) >= line
    mine.write_text(OWN_FILE % "")
    assert run_once("-t", "-c", path).returncode == 0
