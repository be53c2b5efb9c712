"""A keeper of passkeys in software: what a browser and a phone do together, for tests without a browser."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.webauthn.internal.auth import WebAuthn
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_encode

from accounts.models.people import User

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class SoftKey:
    """`verified`: it has asked for finger, face or PIN. `origin`: the page that it believes to be on."""

    origin: str = "http://localhost:8000"
    rp_id: str = "localhost"
    verified: bool = True
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    user_handle: str = ""

    @classmethod
    def known(cls, user: User, **more: Any) -> "SoftKey":
        """One that the member has set up already, without the ceremony."""
        key, handle = cls(**more), websafe_encode(user_pk_to_url_str(user).encode())
        WebAuthn.add(user, "Phone", key.create({"publicKey": {"challenge": "eA", "user": {"id": handle}}}))
        return key

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        asked = options["publicKey"]
        self.user_handle = asked["user"]["id"]
        public = cbor.encode(dict(ES256.from_cryptography_key(self.key.public_key())))
        about = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        sealed = cbor.encode({"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED) + about})
        return self._answer("create", asked, {"attestationObject": websafe_encode(sealed)})

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        asked, data = options["publicKey"], self._data(0)
        client = self._client("get", asked)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        said = {
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
            "userHandle": self.user_handle,
        }
        return self._answer("get", asked, said)

    def _data(self, more: int) -> bytes:
        flags = PRESENT | more | (VERIFIED if self.verified else 0)
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + bytes(4)

    def _client(self, what: str, asked: dict[str, Any]) -> bytes:
        words = {"type": f"webauthn.{what}", "challenge": asked["challenge"], "origin": self.origin}
        return json.dumps(words).encode()

    def _answer(self, what: str, asked: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
        id = websafe_encode(self.id)
        return {
            "id": id,
            "rawId": id,
            "type": "public-key",
            "clientExtensionResults": {"credProps": {"rk": True}},
            "response": {"clientDataJSON": websafe_encode(self._client(what, asked)), **said},
        }
