"""Links to media: signed, the same for all readers, checked without the database.

They end on a half-hour boundary 30 to 60 minutes off (or earlier, where what they show ends), so that caches work:
within the half hour a picture has one address. That lies with us, in the bucket, or with CloudFront before it. Public
ones (avatars) carry no end and always lie with us, from where they may lead on. A signature names exactly one variant
of one key and its end.
"""

import base64
import hmac
import time
import uuid
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.http import content_disposition_header

from uploads import presign, storage

HALF_HOUR = 1800
HALF_WEEK = 7 * 43200
SURE = 300  # seconds that keys of a role are good for yet: others take their place a quarter of an hour before the end
DOWNLOAD = timedelta(minutes=15)
AT_ONCE = timedelta(minutes=1)
LONGEST_NAME, LONGEST_ENDING = 80, 12
YEAR = 365 * 86400
FOREVER = "-"
SHARED = "p"  # after the end: shown to everybody, so caches between us and a reader may keep it
SALT = "uploads.links"
PART_SALT = "uploads.parts"


def url(
    key: uuid.UUID,
    variant: str,
    *,
    public: bool = False,
    shared: bool = False,
    until: datetime | None = None,
    ours: bool = False,
) -> str:
    """`shared`: what shows it is open to everybody. `until`: no link is good after that. `ours`: it lies here yet."""
    if public:
        return f"{_path(key, variant)}?s={_signature(SALT, f'{key}/{variant}/{FOREVER}', settings.SECRET_KEY)}"
    now = int(time.time())
    end = _end(now, until)
    if ours:
        return _ours(key, variant, end, shared)
    return _signed(key, variant, now // HALF_HOUR * HALF_HOUR, end, shared, *_signers())


def elsewhere(key: uuid.UUID, variant: str, *, end: str) -> tuple[str, int]:
    """Where a good link of ours leads on, if what it leads to lies elsewhere, and for how many seconds: until its end;
    of one without an end for some days, for no signature is good for longer. One by keys of a role ends with them, so
    nobody is to keep it for longer than they surely last."""
    now, lasting = int(time.time()), presign.is_lasting()
    if end not in ("", FOREVER):
        until, shared, begin = int(end.removesuffix(SHARED)), end.endswith(SHARED), now // HALF_HOUR * HALF_HOUR
    elif lasting:
        shared, begin = True, now // HALF_WEEK * HALF_WEEK
        until = begin + 2 * HALF_WEEK
    else:
        until, shared, begin = end_of(now), True, now // HALF_HOUR * HALF_HOUR
    left = until - now if lasting else min(until - now, SURE)
    return _signed(key, variant, begin, until, shared, *_signers()), left


def within(key: uuid.UUID, variant: str) -> str:
    """Where nginx finds it for us, behind an internal location: below the media folder, or in the bucket with what it
    takes to fetch it there at once."""
    name, now = storage.variant(key, variant), datetime.now(UTC)
    if not settings.BUCKET_URL:
        return name
    return presign.bucket("GET", name, begins=now, ends=now + AT_ONCE).removeprefix(f"{settings.BUCKET_URL}/")


def download(name: str, *, file_name: str, kind: str, until: datetime | None = None) -> str:
    """To be kept, and not to be shown: good for a quarter of an hour to begin with, `until` at most. Empty where files
    lie with us."""
    if not settings.BUCKET_URL or storage.is_moving():
        return ""
    now = datetime.now(UTC)
    kept = content_disposition_header(as_attachment=True, filename=_short(file_name))
    said = {
        "response-cache-control": "private, no-store",
        "response-content-disposition": kept or "attachment",
        "response-content-type": kind,
    }
    return presign.bucket("GET", name, begins=now, ends=min(until or now + DOWNLOAD, now + DOWNLOAD), query=said)


def _short(name: str) -> str:
    """What stands in an address keeps its ending: a letter takes up to 36 there, and headers have their limits."""
    if len(name) <= LONGEST_NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    ending = f"{dot}{ending}" if stem and len(ending) <= LONGEST_ENDING else ""
    return name[: LONGEST_NAME - len(ending)] + ending


def captions_url(key: uuid.UUID, caption_id: int, *, public: bool = False, until: datetime | None = None) -> str:
    """Always ours: a track comes from the page's own origin, wherever films lie."""
    end, name = FOREVER if public else str(_end(time.time(), until)), caption_name(caption_id)
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


def _end(now: float, until: datetime | None) -> int:
    return end_of(now) if until is None else min(end_of(now), int(until.timestamp()))


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


def _signers() -> tuple[str, str]:
    """With what is signed now, in the bucket and with us: what was signed with other keys is none of theirs."""
    return "" if storage.is_moving() else presign.whose(), settings.SECRET_KEY


@lru_cache(maxsize=50_000)
def _signed(key: uuid.UUID, variant: str, begin: int, end: int, shared: bool, whose: str, secret: str) -> str:
    """Made once for an object, its end and those keys: what is signed here does not depend on the moment."""
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
    return _ours(key, variant, end, shared)


def _ours(key: uuid.UUID, variant: str, end: int, shared: bool) -> str:
    words = f"{end}{SHARED if shared else ''}"
    return f"{_path(key, variant)}?e={words}&s={_signature(SALT, f'{key}/{variant}/{words}', settings.SECRET_KEY)}"


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
