"""Addresses in the bucket, and in CloudFront before it, that are good for a while. Nothing here waits, but `renew`.

Signed by hand (AWS Signature 4, query form), because the address must not depend on the moment it is made: the clients
of the trade sign the current second, and a page's pictures would have other addresses at every view.
"""

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core.files.storage import default_storage

from core.storage import asking

log = logging.getLogger(__name__)
STAMP = "%Y%m%dT%H%M%SZ"
ALGORITHM = "AWS4-HMAC-SHA256"
_kept: Any = None  # the keys of the machine, in a process that renews them by its own clock


def bucket(
    method: str,
    name: str,
    *,
    begins: datetime,
    ends: datetime,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> str:
    """An address that is good from `begins` until `ends`, for this method, with this query and these headers only."""
    who = _credentials()
    url = f"{settings.BUCKET_URL}/{quote(name, safe='/-_.~')}"
    stamp = begins.astimezone(UTC).strftime(STAMP)
    scope = _scope(stamp)
    heads = {"host": urlsplit(url).netloc, **(headers or {})}
    words = {
        **(query or {}),
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{who.access_key}/{scope}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(int((ends - begins).total_seconds())),
        "X-Amz-SignedHeaders": ";".join(sorted(heads)),
    }
    if who.token:
        words["X-Amz-Security-Token"] = who.token
    asked = "&".join(f"{_quoted(key)}={_quoted(value)}" for key, value in sorted(words.items()))
    lines = [method, urlsplit(url).path, asked, *(f"{key}:{heads[key]}" for key in sorted(heads))]
    whole = "\n".join([*lines, "", words["X-Amz-SignedHeaders"], "UNSIGNED-PAYLOAD"])
    text = "\n".join([ALGORITHM, stamp, scope, hashlib.sha256(whole.encode()).hexdigest()])
    return f"{url}?{asked}&X-Amz-Signature={_signed(who, scope, text)}"


def form(name: str, *, size: int, begins: datetime, lasts: timedelta) -> dict[str, str]:
    """The fields of a form, posted to the bucket, that puts exactly so many bytes under exactly this name."""
    who, stamp = _credentials(), begins.astimezone(UTC).strftime(STAMP)
    fields = {
        "key": name,
        "x-amz-algorithm": ALGORITHM,
        "x-amz-credential": f"{who.access_key}/{_scope(stamp)}",
        "x-amz-date": stamp,
    }
    if who.token:
        fields["x-amz-security-token"] = who.token
    asked = [{"bucket": _bucket_name()}, ["content-length-range", size, size], *({one: fields[one]} for one in fields)]
    end = (begins + lasts).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    policy = base64.b64encode(json.dumps({"expiration": end, "conditions": asked}).encode()).decode()
    return {**fields, "policy": policy, "x-amz-signature": _signed(who, _scope(stamp), policy)}


def is_lasting() -> bool:
    """Whether what is signed now is good for as long as it says: keys of a role end within hours, and take it along."""
    return bool(settings.CLOUDFRONT) or not _credentials().token


def whose() -> str:
    """By whose keys addresses in the bucket are signed now; those of a role are others every few hours."""
    return "" if settings.CLOUDFRONT or not settings.BUCKET_URL else str(_credentials().access_key)


def place() -> str:
    """Where forms are posted to."""
    return f"{settings.BUCKET_URL}/"


def cloudfront(name: str, *, ends: datetime) -> str:
    """The same address and end give the same signature."""
    url = f"{settings.CLOUDFRONT['url']}/{quote(name, safe='/-_.~')}"
    end = int(ends.timestamp())
    policy = f'{{"Statement":[{{"Resource":"{url}","Condition":{{"DateLessThan":{{"AWS:EpochTime":{end}}}}}}}]}}'
    signature = base64.b64encode(_sign(policy.encode())).decode().translate(str.maketrans("+=/", "-_~"))
    return f"{url}?Expires={end}&Signature={signature}&Key-Pair-Id={settings.CLOUDFRONT['key_id']}"


def _sign(text: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.hashes import SHA1

    # CloudFront takes nothing else; it is no hash of anybody's secret.
    return bytes(_private_key(settings.CLOUDFRONT["key"]).sign(text, padding.PKCS1v15(), SHA1()))  # noqa: S303


@cache
def _private_key(pem: str) -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    return load_pem_private_key(pem.encode(), None)


def _region() -> str:
    return default_storage.region_name or "us-east-1"  # type: ignore[attr-defined]


def _bucket_name() -> str:
    return str(default_storage.bucket_name)  # type: ignore[attr-defined]


def renew() -> None:
    """For processes that serve, at their start and every minute from then on: asks for the keys of the machine's role a
    quarter of an hour before the old ones end, so that no request waits for who gives them. While that is away the old
    ones stay."""
    global _kept
    if not settings.BUCKET_URL or _own_keys() is not None:
        return
    try:
        _kept = _found()
    except (OSError, RuntimeError, ValueError) as error:  # a file, a program or a host gives them
        log.warning("the bucket's keys stay as they are for now (%s)", error)


def _credentials() -> Any:
    return _own_keys() or _kept or _found()


def _own_keys() -> Any:
    """Those of STORAGE_URL."""
    storage: Any = default_storage
    if not storage.access_key:
        return None
    from botocore.credentials import ReadOnlyCredentials

    return ReadOnlyCredentials(storage.access_key, storage.secret_key, storage.security_token, None)


@asking()
def _found() -> Any:
    """Those of the machine, renewed when it is time."""
    found = _machine()
    if found is None:
        raise OSError("this machine has no keys for the bucket")
    return found.get_frozen_credentials()


@cache
def _machine() -> Any:
    import boto3

    return boto3.Session().get_credentials()


def _scope(stamp: str) -> str:
    return f"{stamp[:8]}/{_region()}/s3/aws4_request"


def _signed(who: Any, scope: str, text: str) -> str:
    key = f"AWS4{who.secret_key}".encode()
    for word in scope.split("/"):
        key = _mac(key, word)
    return _mac(key, text).hex()


def _quoted(word: str) -> str:
    return quote(word, safe="-_.~")


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
