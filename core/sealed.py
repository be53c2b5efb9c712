"""Secrets that we must be able to show again (a client secret, to its server): sealed with a key from SECRET_KEY, so
that a copy of the database alone opens none."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes


class Unreadable(Exception):
    """Sealed with another SECRET_KEY, or damaged."""


def seal(text: str, *, purpose: str) -> str:
    """`purpose` keeps what was sealed for one thing from being opened as another."""
    return _keys(purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, *, purpose: str) -> str:
    try:
        return _keys(purpose).decrypt(sealed.encode()).decode()
    except (InvalidToken, UnicodeError):
        raise Unreadable from None


def _keys(purpose: str) -> MultiFernet:
    def key(secret: str | bytes) -> Fernet:
        made = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"socialsite:{purpose}".encode())
        return Fernet(base64.urlsafe_b64encode(made.derive(force_bytes(secret))))

    return MultiFernet([key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])
