"""Addresses in the bucket, and in CloudFront before it, that are good for a while. Nothing here waits.

Signed by hand (AWS Signature 4, query form), because the address must not depend on the moment it is made: the clients
of the trade sign the current second, and a page's pictures would have other addresses at every view.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core.files.storage import default_storage


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
    who, region = _credentials(), _region()
    url = f"{settings.BUCKET_URL}/{quote(name, safe='/-_.~')}"
    stamp = begins.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{region}/s3/aws4_request"
    heads = {"host": urlsplit(url).netloc, **(headers or {})}
    words = {
        **(query or {}),
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
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
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(whole.encode()).hexdigest()])
    key = f"AWS4{who.secret_key}".encode()
    for word in (stamp[:8], region, "s3", "aws4_request"):
        key = _mac(key, word)
    return f"{url}?{asked}&X-Amz-Signature={_mac(key, text).hex()}"


def is_lasting() -> bool:
    """Whether what is signed now is good for as long as it says: keys of a role end within hours, and take it along."""
    return bool(settings.CLOUDFRONT) or not _credentials().token


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


def _credentials() -> Any:
    storage: Any = default_storage
    if storage.access_key:
        from botocore.credentials import ReadOnlyCredentials

        return ReadOnlyCredentials(storage.access_key, storage.secret_key, storage.security_token, None)
    return _found_credentials().get_frozen_credentials()


@cache
def _found_credentials() -> Any:
    """Those of the machine, which renew themselves."""
    import boto3

    return boto3.Session().get_credentials()


def _quoted(word: str) -> str:
    return quote(word, safe="-_.~")


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
