"""Whatever a storage's client raises comes out as an OSError."""

import io
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import ClientError, ConnectTimeoutError
from django.test import Client

from core import health, storage
from socialsite import env
from uploads import storage as upload_storage

TROUBLES = [
    ConnectTimeoutError(endpoint_url="https://s3.example.org"),
    ClientError({"Error": {"Code": "503"}}, "PutObject"),
    S3UploadFailedError("in the middle"),
]


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda error: type(error).__name__)
def test_one_kind_of_error_for_all_of_a_clients(trouble: Exception) -> None:
    with pytest.raises(storage.Away, match=type(trouble).__name__), storage.asking():
        raise trouble


@pytest.mark.parametrize("error", [FileNotFoundError(), PermissionError(), ValueError("a mistake of ours")])
def test_what_is_none_of_a_client_s_stays(error: Exception) -> None:
    with pytest.raises(type(error)) as raised, storage.asking():
        raise error
    assert raised.value is error


def test_one_that_is_away_is_known_soon(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setenv("STORAGE_URL", "s3://bucket?region=eu&endpoint=http://127.0.0.1:1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    settings.STORAGES = {**settings.STORAGES, "default": env.storage(Path("unused"))}
    began = time.monotonic()
    assert health.storage() == health.Part("storage", ok=False, says="Away")
    for ask in (
        lambda: upload_storage.keep("archives/export/x.zip", io.BytesIO(b"x")),
        lambda: upload_storage.fetch("archives/export/x.zip", Path("never")),
        lambda: upload_storage.drop("archives/export/x.zip"),
        lambda: upload_storage.open_archive("export", uuid.uuid4()),
    ):
        with pytest.raises(storage.Away):
            ask()
    assert time.monotonic() - began < 20
    assert not Path("never").exists()


@pytest.mark.django_db
def test_a_page_says_come_back_while_the_storage_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: object, **options: object) -> None:
        raise storage.Away

    monkeypatch.setattr("accounts.queries.people.person", away)
    assert Client(raise_request_exception=False).get("/@alice/").status_code == 503
