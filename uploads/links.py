"""Links to media: signed by us, the same for all readers, checked without the database.

They end on a half-hour boundary 30 to 60 minutes off, so that caches work: within the half hour a picture has one
address. Public ones (avatars) carry no end. A signature names exactly one variant of one key and its end.
"""

import base64
import hmac
import time
import uuid

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac

from uploads import storage

HALF_HOUR = 1800
FOREVER = "-"
SALT = "uploads.links"


def url(key: uuid.UUID, variant: str, *, public: bool = False) -> str:
    return _signed(reverse("uploads:media", args=[key, variant, storage.ending(variant)]), key, variant, public)


def captions_url(key: uuid.UUID, caption_id: int, *, public: bool = False) -> str:
    return _signed(reverse("uploads:captions", args=[key, caption_id]), key, caption_name(caption_id), public)


def caption_name(caption_id: int) -> str:
    """What a signature names in place of a variant."""
    return f"captions-{caption_id}"


def _signed(path: str, key: uuid.UUID, variant: str, public: bool) -> str:
    end = FOREVER if public else str(end_of(time.time()))
    signature = _signature(key, variant, end, settings.SECRET_KEY)
    return f"{path}?s={signature}" if public else f"{path}?e={end}&s={signature}"


def end_of(now: float) -> int:
    """The end of links made now, in seconds of the epoch."""
    return (int(now) // HALF_HOUR + 2) * HALF_HOUR


def seconds_left(key: uuid.UUID, variant: str, *, end: str, signature: str) -> int | None:
    """How long a link is still good, None when it is not; a public one has a year."""
    end = end or FOREVER
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    given = signature.encode("utf-8", "replace")
    # No `any`: every secret is compared, so that time tells nothing.
    good = [hmac.compare_digest(_signature(key, variant, end, secret).encode(), given) for secret in secrets]
    if not any(good):
        return None
    if end == FOREVER:
        return 365 * 86400
    left = int(end) - int(time.time())
    return left if left > 0 else None


def _signature(key: uuid.UUID, variant: str, end: str, secret: str | bytes) -> str:
    digest = salted_hmac(SALT, f"{key}/{variant}/{end}", secret=secret, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest[:18]).decode()
