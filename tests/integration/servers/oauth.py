"""An OAuth 2.0 provider: device code (RFC 8628), authorization code with PKCE
(RFC 7636), refresh tokens that rotate, and introspection (RFC 7662), by which
Dovecot looks into access tokens."""

import base64
import hashlib
import itertools
import secrets
import urllib.parse

from servers.web import Web, as_json

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
CLIENT, SECRET = "causeway", "Rk8secret"


class Oauth(Web):
    """A user consents by consent(); `expires` seconds a token lives by its
    word, expire_now() ends it in earnest."""

    def __init__(self, address, port, certificate=None, host=None,
                 plain_port=None, expires=3600):
        super().__init__(address, port, certificate, host, plain_port)
        self.expires = expires
        self.slow_down = 0      # so many polls are told to be slower
        self.refreshes = 0
        self._devices = {}      # device code: [user code, address or None]
        self._codes = {}        # authorization code: (address, challenge)
        self._access = {}       # token: address
        self._refresh = {}
        self._numbers = itertools.count(1)
        self.pages = {"/device": self._device, "/token": self._token,
                      "/introspect": self._introspect}

    # What the user does in the browser.
    def consent(self, user_code, address):
        for device in self._devices.values():
            if device[0] == user_code:
                device[1] = address
                return
        raise KeyError(user_code)

    def deny(self, user_code):
        self.consent(user_code, "")

    def login(self, url, address):
        """Opens the URL of an authorization and consents: the URL at which
        the browser ends."""
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        code = self._new("code")
        self._codes[code] = (address, query["code_challenge"])
        answer = {"code": code, "state": query.get("state", "")}
        return query["redirect_uri"] + "?" + urllib.parse.urlencode(answer)

    # What becomes of grants.
    def expire_now(self):
        """No access token is good any more; they can be refreshed."""
        self._access.clear()

    def revoke(self, address):
        for tokens in (self._access, self._refresh):
            for token in [t for t, a in tokens.items() if a == address]:
                del tokens[token]

    # The pages.
    def _new(self, kind):
        return f"{kind}-{next(self._numbers)}-{secrets.token_hex(8)}"

    def _device(self, request):
        code = self._new("device")
        user_code = f"WORD-{len(self._devices):04}"
        self._devices[code] = [user_code, None]
        return as_json({
            "device_code": code, "user_code": user_code, "expires_in": 600,
            "interval": 1, "verification_uri": self.url("/type-it-here"),
            "verification_uri_complete":
                self.url(f"/type-it-here?code={user_code}")})

    def _token(self, request):
        form = request.form
        act = {"refresh_token": self._by_refresh,
               "authorization_code": self._by_code,
               DEVICE_GRANT: self._by_device}.get(form.get("grant_type"))
        address = act(form) if act else "unsupported_grant_type"
        if "@" not in address:
            return as_json({"error": address}, 400)
        access, refresh = self._new("access"), self._new("refresh")
        self._access[access] = self._refresh[refresh] = address
        return as_json({"access_token": access, "refresh_token": refresh,
                        "token_type": "Bearer", "expires_in": self.expires})

    def _by_refresh(self, form):
        self.refreshes += 1
        return self._refresh.pop(form["refresh_token"], "invalid_grant")

    def _by_code(self, form):
        address, challenge = self._codes.pop(form["code"], ("", ""))
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != challenge:
            return "invalid_grant"
        return address

    def _by_device(self, form):
        if self.slow_down > 0:
            self.slow_down -= 1
            return "slow_down"
        address = self._devices[form["device_code"]][1]
        if address is None:
            return "authorization_pending"
        return address or "access_denied"

    def _introspect(self, request):
        address = self._access.get(request.form.get("token"))
        if address is None:
            return as_json({"active": False})
        return as_json({"active": True, "username": address})
