"""A storage that speaks S3: what comes and goes there, and how the bucket must stand. Waits for the network."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.files.storage import Storage

from core import scratch

RULE = "socialsite"
TEMP = "uploads/temp/"
LIFECYCLE = {
    "ID": RULE,
    "Status": "Enabled",
    "Filter": {"Prefix": TEMP},
    "Expiration": {"Days": 1},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
}
FULL = {"QuotaExceeded", "InsufficientCapacity", "XMinioStorageFull", "EntityQuotaExceeded"}


def of(storage: Storage) -> "Bucket | None":
    """None for a storage that is none."""
    return Bucket(storage) if hasattr(storage, "bucket_name") else None


def is_full(error: OSError) -> bool:
    """Whether the trouble is that there is no room left, in a bucket or on a disk."""
    answer = getattr(error.__cause__, "response", None) or {}  # of botocore's ClientError
    return error.errno in scratch.FULL or answer.get("Error", {}).get("Code") in FULL


class Bucket:
    """Of one of Django's storages."""

    def __init__(self, storage: Any) -> None:
        self.storage = storage
        self.name: str = storage.bucket_name

    @property
    def client(self) -> Any:
        return self.storage.connection.meta.client

    # Files that come in parts

    def begin(self, name: str) -> str:
        return str(self.client.create_multipart_upload(Bucket=self.name, Key=name)["UploadId"])

    def abort(self, name: str, multipart: str) -> None:
        self.client.abort_multipart_upload(Bucket=self.name, Key=name, UploadId=multipart)

    def arrived(self, name: str, multipart: str) -> list[dict[str, Any]] | None:
        """The parts that are there (PartNumber, ETag, Size); None when the whole is put together or thrown away."""
        from botocore.exceptions import ClientError

        pages = self.client.get_paginator("list_parts").paginate(Bucket=self.name, Key=name, UploadId=multipart)
        try:
            return [part for page in pages for part in page.get("Parts", [])]
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchUpload", "NoSuchKey"):
                return None
            raise

    def put_together(self, name: str, multipart: str, parts: list[dict[str, Any]]) -> None:
        whole = {"Parts": [{"PartNumber": one["PartNumber"], "ETag": one["ETag"]} for one in parts]}
        self.client.complete_multipart_upload(Bucket=self.name, Key=name, UploadId=multipart, MultipartUpload=whole)

    def drop_all(self, names: list[str]) -> None:
        """What lies under these names and below them, and what was on its way there."""
        for name in names:
            self._abort(name)
        self.drop(names)

    def drop_unfinished(self, folders: Iterable[str], before: datetime) -> int:
        """Multipart uploads into these folders that were begun before then, and whose process was killed; how many
        there were. Others may be somebody else's: the bucket need not be ours alone."""
        ask = self.client.get_paginator("list_multipart_uploads").paginate
        pages = (page for folder in folders for page in ask(Bucket=self.name, Prefix=folder))
        old = [one for page in pages for one in page.get("Uploads", []) if one["Initiated"] < before]
        for one in old:
            self.abort(one["Key"], one["UploadId"])
        return len(old)

    def drop(self, names: list[str]) -> None:
        """What lies under these names and below them."""
        found = [{"Key": one} for name in names for one in self._at(name)]
        for start in range(0, len(found), 1000):
            some = {"Objects": found[start : start + 1000], "Quiet": True}
            failed = self.client.delete_objects(Bucket=self.name, Delete=some).get("Errors", [])
            if failed:
                raise OSError(f"{len(failed)} objects stay: {failed[0].get('Code')}")

    def _at(self, name: str) -> list[str]:
        return [one for one in self.names(name) if one == name or one.startswith((f"{name}/", f"{name}."))]

    def _abort(self, name: str) -> None:
        """Every unfinished multipart upload; nobody else's name begins with a key."""
        for one in self.client.list_multipart_uploads(Bucket=self.name, Prefix=name).get("Uploads", []):
            self.abort(one["Key"], one["UploadId"])

    # Objects

    def head(self, name: str) -> dict[str, Any] | None:
        from botocore.exceptions import ClientError

        try:
            found: dict[str, Any] = self.client.head_object(Bucket=self.name, Key=name)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return None
            raise
        return found

    def copy(self, source: str, target: str, *, etag: str) -> bool:
        """On the storage itself; False when what lies there is no longer what had this ETag. Not all that speaks S3
        keeps to the condition, so it is looked at once more."""
        from botocore.exceptions import ClientError

        try:
            self.client.copy_object(
                Bucket=self.name,
                Key=target,
                CopySource={"Bucket": self.name, "Key": source},
                CopySourceIfMatch=etag,
                MetadataDirective="REPLACE",
                ContentType="application/octet-stream",
            )
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in (404, 412):
                return False
            raise
        now = self.head(source)
        return now is not None and now["ETag"] == etag

    def beginning(self, name: str, size: int) -> bytes:
        answer = self.client.get_object(Bucket=self.name, Key=name, Range=f"bytes=0-{size - 1}")
        with answer["Body"] as body:
            return bytes(body.read(size))

    def folders(self, prefix: str) -> Iterator[str]:
        """What comes next below the prefix, in order: names up to the next slash."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix, Delimiter="/")
        for page in pages:
            names = [one["Prefix"].removesuffix("/") for one in page.get("CommonPrefixes", [])]
            names += [one["Key"] for one in page.get("Contents", [])]
            yield from sorted(name.removeprefix(prefix) for name in names)

    def names(self, prefix: str) -> Iterator[str]:
        """Of all objects whose name begins so."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        for page in pages:
            yield from (one["Key"] for one in page.get("Contents", []))

    # How the bucket must stand

    def faults(self) -> list[str]:
        """What is not as it must be, as the operator reads it."""
        found = []
        if _plain(_ours(self._cors())) != _plain([self.cors_rule()]):
            found.append("CORS does not let browsers of this site send and fetch files")
        if {(one["ID"], one.get("Status")) for one in _ours(self._lifecycle())} != {(RULE, "Enabled")}:
            found.append(f"no lifecycle clears {TEMP} after a day")
        return found

    def mend(self) -> None:
        """Sets our rules, beside those that others have set."""
        cors, cycle = self._cors(), self._lifecycle()
        self.client.put_bucket_cors(
            Bucket=self.name, CORSConfiguration={"CORSRules": [*_others(cors), self.cors_rule()]}
        )
        self.client.put_bucket_lifecycle_configuration(
            Bucket=self.name, LifecycleConfiguration={"Rules": [*_others(cycle), LIFECYCLE]}
        )

    def _cors(self) -> list[dict[str, Any]]:
        return self._rules(lambda: self.client.get_bucket_cors(Bucket=self.name)["CORSRules"])

    def _lifecycle(self) -> list[dict[str, Any]]:
        return self._rules(lambda: self.client.get_bucket_lifecycle_configuration(Bucket=self.name)["Rules"])

    def _rules(self, ask: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
        from botocore.exceptions import ClientError

        try:
            return ask()
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:  # there are none
                return []
            raise

    def cors_rule(self) -> dict[str, Any]:
        return {
            "ID": RULE,
            "AllowedOrigins": settings.SITE_ORIGINS,
            "AllowedMethods": ["GET", "HEAD", "POST", "PUT"],
            "AllowedHeaders": ["*"],
            "ExposeHeaders": ["ETag"],
            "MaxAgeSeconds": 3600,
        }


def _ours(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [rule for rule in rules if rule.get("ID") == RULE]


def _others(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [rule for rule in rules if rule.get("ID") != RULE]


def _plain(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Storages answer the words of a list in an order of their own."""
    return [{key: sorted(one) if isinstance(one, list) else one for key, one in rule.items()} for rule in rules]
