"""Where allauth asks us about second factors: how their secrets are kept, and what passkeys are told we are."""

from base64 import urlsafe_b64encode
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext_lazy as _


@cache
def _box(keys: tuple[str, ...]) -> MultiFernet:
    """Seals with a key made from the first secret key of the site, and opens with all of them."""

    def derive(key: str) -> bytes:
        return HKDF(SHA256(), length=32, salt=None, info=b"socialsite second factors").derive(key.encode())

    return MultiFernet([Fernet(urlsafe_b64encode(derive(key))) for key in keys])


class FactorAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps and seeds of recovery codes are sealed with a key derived from SECRET_KEY (and
    opened with SECRET_KEY_FALLBACKS, too): a copy of the database alone does not give them away."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("That is not the code. Type the one that shows right now; each is good for one use."),
    }

    def encrypt(self, text: str) -> str:
        return self._keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return self._keys().decrypt(encrypted_text.encode()).decode()

    def _keys(self) -> MultiFernet:
        return _box((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))

    def get_totp_issuer(self) -> str:
        return str(settings.SITE_NAME)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """By SITE_URL and never by what a request calls us."""
        return {"id": urlsplit(settings.SITE_URL).hostname or "", "name": str(settings.SITE_NAME)}

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        known: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        return known | {"display_name": user.display_name}
