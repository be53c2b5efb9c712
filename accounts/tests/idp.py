"""A provider of single sign-on in memory, for tests: it signs as a good one does, and lies where a test tells it to."""

import base64
import functools
import hashlib
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import connection
from django.test import Client

from accounts import oidc
from accounts.providers import Provider, clean


@functools.cache
def key_named(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Idp:
    """`claims` is who logs in; `lies` replaces claims of the id token, `signs` says how it is signed. What it is asked
    for stands in `asked`."""

    provider: Provider
    claims: dict[str, Any] = field(default_factory=dict)
    lies: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] | None = None
    signs: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    down: bool = False

    @property
    def issuer(self) -> str:
        return self.provider.issuer

    @property
    def kid(self) -> str:
        return f"key of {self.issuer}"

    def answer(self, method: str, url: str, data: dict[str, str] | None) -> oidc.Answer:
        self.asked.append(url)
        assert len(connection.atomic_blocks) <= 1, (
            "the network is never asked in a transaction"
        )  # the test's own is one
        if self.down:
            raise oidc.Unreachable(f"{url} does not answer")
        place = url.removeprefix(self.issuer)
        if place == "/.well-known/openid-configuration":
            return self._json(self._discovery())
        if place == "/keys":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key_named(self.issuer).public_key()))
            return self._json({"keys": [{**public, "kid": self.kid, "use": "sig", "alg": "RS256"}]})
        if place == "/userinfo" and self.userinfo is not None:
            return self._json(self.userinfo)
        assert place == "/token", url
        assert data is not None
        return self._token(data)

    def _discovery(self) -> dict[str, Any]:
        places = {"authorization_endpoint": "/auth", "token_endpoint": "/token", "jwks_uri": "/keys"}
        more = {"userinfo_endpoint": "/userinfo", "end_session_endpoint": "/end"}
        known = {name: self.issuer + place for name, place in (places | (more if self.userinfo else {})).items()}
        return {"issuer": self.issuer, **known, "end_session_endpoint": f"{self.issuer}/end", **self.document}

    def _token(self, data: dict[str, str]) -> oidc.Answer:
        asked = self.codes.pop(data["code"], None)  # a code is good once
        digest = hashlib.sha256(data.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != data["redirect_uri"]:
            return self._json({"error": "invalid_grant"}, status=400)
        token = self.sign({"nonce": asked["nonce"], **self.claims, **self.lies})
        return self._json({"access_token": "an access token", "token_type": "Bearer", "id_token": token})

    def sign(self, claims: dict[str, Any]) -> str:
        """A token of this provider's. A claim that is None is left out."""
        now = int(time.time())
        body = {"iss": self.issuer, "aud": self.provider.client_id, "iat": now, "exp": now + 300, **claims}
        body = {name: value for name, value in body.items() if value is not None}
        how = {"key": key_named(self.issuer), "algorithm": "RS256", "headers": {"kid": self.kid}, **self.signs}
        return jwt.encode(body, **how)

    def logout_token(self, **claims: Any) -> str:
        words = {"jti": uuid.uuid4().hex, "events": {oidc.LOGOUT_EVENT: {}}, "nonce": None}
        self.signs = {"headers": {"kid": self.kid, "typ": "logout+jwt"}, **self.signs}
        return self.sign({**words, **claims})

    @staticmethod
    def _json(body: dict[str, Any], *, status: int = 200) -> oidc.Answer:
        return oidc.Answer(status, json.dumps(body).encode())

    # -- What a person does --

    def begin(self, client: Client, *, next_url: str = "", connect: bool = False) -> dict[str, str]:
        """Presses the button; what the browser is sent on with."""
        place = "connect" if connect else "login"
        page = client.post(f"/accounts/sso/{self.provider.key}/{place}/", {"next": next_url})
        assert page.status_code == 200, page.content
        return {name: values[0] for name, values in parse_qs(urlsplit(page.context["url"]).query).items()}

    def agree(self, asked: dict[str, str], **claims: Any) -> dict[str, str]:
        """The person logs in there; what the browser comes back with."""
        self.claims = claims or self.claims
        code = uuid.uuid4().hex
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def come_back(self, client: Client, words: dict[str, str]):
        return client.get(f"/accounts/sso/{self.provider.key}/callback/", words)

    def log_in(self, client: Client, *, next_url: str = "", connect: bool = False, **claims: Any):
        """The whole way, to the answer of our callback."""
        return self.come_back(client, self.agree(self.begin(client, next_url=next_url, connect=connect), **claims))


def made(key: str, **more: Any) -> Idp:
    words = {"key": key, "name": key.title(), "issuer": f"https://{key}.example", "client_id": f"client-at-{key}"}
    return Idp(clean({**words, "client_secret": "a secret", "trust_email": True, **more}))


def put_up(monkeypatch: pytest.MonkeyPatch, settings: Any, *idps: Idp) -> None:
    """These are the site's providers."""

    def ask(method: str, url: str, *, data: dict[str, str] | None = None, **rest: Any) -> oidc.Answer:
        return next(one for one in idps if url.startswith(f"{one.issuer}/")).answer(method, url, data)

    monkeypatch.setattr(oidc, "_ask", ask)
    settings.OIDC_PROVIDERS = [one.provider for one in idps]
