"""A passkey in software: what a phone keeps, and what it answers."""

import json
from hashlib import sha256
from typing import Any

from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

from accounts.models.people import User

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class Passkey:
    """Made for a member without the ceremony; answers what the server asks."""

    def __init__(self, user: User, *, host: str = "localhost") -> None:
        self.user, self.host = user, host
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = sha256(str(user.pk).encode()).digest()[:16]
        self.rp = sha256(host.encode()).digest()
        data = AttestedCredentialData.create(Aaguid.NONE, self.id, ES256.from_cryptography_key(self.key.public_key()))
        auth = AuthenticatorData.create(self.rp, PRESENT | VERIFIED | ATTESTED, 0, data)
        self.row = Authenticator.objects.create(
            user=user,
            type=Authenticator.Type.WEBAUTHN,
            data={
                "name": "Phone",
                "credential": {
                    **self._frame(),
                    "clientExtensionResults": {"credProps": {"rk": True}},
                    "response": {
                        "clientDataJSON": websafe_encode(self._client("webauthn.create", "eA")),
                        "attestationObject": websafe_encode(bytes(AttestationObject.create("none", auth, {}))),
                    },
                },
            },
        )

    def answer(self, options: dict[str, Any], *, flags: int = PRESENT | VERIFIED) -> dict[str, Any]:
        """What the device gives back for `options`, after its bearer was recognised."""
        client = self._client("webauthn.get", options["publicKey"]["challenge"])
        auth = bytes(AuthenticatorData.create(self.rp, flags, 1))
        signature = self.key.sign(auth + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return {
            **self._frame(),
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": websafe_encode(client),
                "authenticatorData": websafe_encode(auth),
                "signature": websafe_encode(signature),
                "userHandle": websafe_encode(user_pk_to_url_str(self.user).encode()),
            },
        }

    def _frame(self) -> dict[str, Any]:
        id = websafe_encode(self.id)
        return {"id": id, "rawId": id, "type": "public-key"}

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": f"https://{self.host}"}).encode()
