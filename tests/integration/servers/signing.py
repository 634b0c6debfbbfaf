"""How providers sign their callbacks, and what their own libraries say to
that (tests/integration/smsproviders)."""

import base64
import hashlib
import hmac
import json
import re
import shutil
import subprocess

from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import (Encoding,
                                                          PublicFormat)

from servers import npm
from servers.causeway import TOP

FOLDER = "tests/integration/smsproviders"
# Vonage's names of methods, and ours.
METHODS = {"MD5HASH": None, "MD5HMAC": "md5", "SHA1HMAC": "sha1",
           "SHA256HMAC": "sha256", "SHA512HMAC": "sha512"}

_ed25519 = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TELNYX_KEY = base64.b64encode(_ed25519.public_key().public_bytes(
    Encoding.Raw, PublicFormat.Raw)).decode()


def is_there():
    return bool(shutil.which("node") and shutil.which("npm"))


def ask(script, **asked):
    """What a script there answers, with the libraries."""
    modules = npm.installed(FOLDER, "smsproviders")
    done = subprocess.run(
        ["node", TOP / FOLDER / script, modules.parent],
        input=json.dumps(asked), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def is_good(provider, **asked):
    """What the provider's own library says of a signature."""
    return ask("check.mjs", provider=provider, **asked)


def twilio(secret, url, params):
    """HMAC-SHA1 of the URL with all fields in their order behind it."""
    text = url + "".join(key + params[key] for key in sorted(params))
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def telnyx(timestamp, body):
    signed = f"{timestamp}|{body}".encode()
    return base64.b64encode(_ed25519.sign(signed)).decode()


def vonage(secret, params, method="SHA256HMAC"):
    """Of all parameters but `sig`."""
    text = "".join(f"&{key}={re.sub('[&=]', '_', str(params[key]))}"
                   for key in sorted(params) if key != "sig")
    if method == "MD5HASH":
        return hashlib.md5((text + secret).encode()).hexdigest()
    return hmac.new(secret.encode(), text.encode(),
                    METHODS[method]).hexdigest()


def smsgate(secret, timestamp, body):
    return hmac.new(secret.encode(), (body + timestamp).encode(),
                    hashlib.sha256).hexdigest()


def web_token(secret, claims):
    """RFC 7519, HS256."""
    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")
    text = b".".join(part(json.dumps(item).encode()) for item in
                     ({"alg": "HS256", "typ": "JWT"}, claims))
    digest = hmac.new(secret.encode(), text, hashlib.sha256).digest()
    return (text + b"." + part(digest)).decode()
