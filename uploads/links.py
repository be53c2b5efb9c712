"""Links to media: signed, the same for all readers, checked without the database.

They end on a half-hour boundary 30 to 60 minutes off (or earlier, where what they show ends), so that caches work:
within the half hour a picture has one address. That lies with us, in the bucket, or with CloudFront before it. Public
ones (avatars) carry no end and always lie with us. A signature names exactly one variant of one key and its end.
"""

import base64
import hmac
import time
import uuid
from datetime import UTC, datetime
from functools import lru_cache

from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils.crypto import salted_hmac

from uploads import presign, storage

HALF_HOUR = 1800
YEAR = 365 * 86400
FOREVER = "-"
SHARED = "p"  # after the end: shown to everybody, so caches between us and a reader may keep it
SALT = "uploads.links"
PART_SALT = "uploads.parts"


def url(
    key: uuid.UUID, variant: str, *, public: bool = False, shared: bool = False, until: datetime | None = None
) -> str:
    """`shared`: what shows it is open to everybody. `until`: no link is good after that."""
    if public:
        return f"{_path(key, variant)}?s={_signature(SALT, f'{key}/{variant}/{FOREVER}', settings.SECRET_KEY)}"
    now = int(time.time())
    end = end_of(now) if until is None else min(end_of(now), int(until.timestamp()))
    return _signed(key, variant, now // HALF_HOUR * HALF_HOUR, end, shared, settings.SECRET_KEY)


def captions_url(key: uuid.UUID, caption_id: int, *, public: bool = False) -> str:
    """Always ours: a track comes from the page's own origin, wherever films lie."""
    end, name = FOREVER if public else str(end_of(time.time())), caption_name(caption_id)
    signature = _signature(SALT, f"{key}/{name}/{end}", settings.SECRET_KEY)
    path = reverse("uploads:captions", args=[key, caption_id])
    return f"{path}?s={signature}" if public else f"{path}?e={end}&s={signature}"


def caption_name(caption_id: int) -> str:
    """What a signature names in place of a variant."""
    return f"captions-{caption_id}"


def part_url(key: uuid.UUID, number: int, end: int) -> str:
    """Where one part of a file may be sent to, by whoever has this."""
    path = reverse("uploads:part", args=[key, number])
    return f"{path}?e={end}&s={_signature(PART_SALT, f'{key}/{number}/{end}', settings.SECRET_KEY)}"


def end_of(now: float) -> int:
    """The end of links made now, in seconds of the epoch."""
    return (int(now) // HALF_HOUR + 2) * HALF_HOUR


def seconds_left(key: uuid.UUID, variant: str, *, end: str, signature: str) -> int | None:
    """How long a link is still good, None when it is not; a public one has a year."""
    end = end or FOREVER
    if not _is_good(SALT, f"{key}/{variant}/{end}", signature):
        return None
    if end == FOREVER:
        return YEAR
    return _left(end.removesuffix(SHARED))


def is_open_part(key: uuid.UUID, number: int, *, end: str, signature: str) -> bool:
    return _is_good(PART_SALT, f"{key}/{number}/{end}", signature) and _left(end) is not None


@lru_cache(maxsize=50_000)
def _signed(key: uuid.UUID, variant: str, begin: int, end: int, shared: bool, secret: str) -> str:
    """Made once for an object and its end: what is signed here does not depend on the moment."""
    if settings.CLOUDFRONT and not storage.is_moving():
        name = storage.variant(key, variant)
        # Its signature is the one that takes long: made by one process for all.
        made = cache.get_or_set(f"cloudfront:{name}:{end}", lambda: presign.cloudfront(name, ends=_moment(end)), 3600)
        return str(made)
    if settings.BUCKET_URL and not storage.is_moving():
        said = {
            "response-cache-control": "public" if shared else "private",
            "response-expires": _moment(end).strftime("%a, %d %b %Y %H:%M:%S GMT"),
        }
        name = storage.variant(key, variant)
        return presign.bucket("GET", name, begins=_moment(begin), ends=_moment(end), query=said)
    words = f"{end}{SHARED if shared else ''}"
    return f"{_path(key, variant)}?e={words}&s={_signature(SALT, f'{key}/{variant}/{words}', secret)}"


def _path(key: uuid.UUID, variant: str) -> str:
    return reverse("uploads:media", args=[key, variant, storage.ending(variant)])


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _left(end: str) -> int | None:
    left = int(end) - int(time.time())
    return left if left > 0 else None


def _is_good(salt: str, words: str, signature: str) -> bool:
    given = signature.encode("utf-8", "replace")
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    # No `any` around it: every secret is compared, so that time tells nothing.
    good = [hmac.compare_digest(_signature(salt, words, secret).encode(), given) for secret in secrets]
    return any(good)


def _signature(salt: str, words: str, secret: str | bytes) -> str:
    digest = salted_hmac(salt, words, secret=secret, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest[:18]).decode()
