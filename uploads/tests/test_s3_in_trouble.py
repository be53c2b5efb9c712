"""Files in a bucket, against a real S3, when it goes wrong: late, full, slow, killed, from one bucket to another."""

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from contextlib import closing
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from uploads import docks, reasons, storage, tasks
from uploads.actions import preparing, sweeps, taking, using
from uploads.bucket import Bucket
from uploads.models import Slot, Stored, Upload
from uploads.tests import factories
from uploads.tests.senders import MIB, URL, finish, land, names, opened, picture, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.s3, pytest.mark.slow, pytest.mark.xdist_group("s3")]


# What is finished stays


def test_nothing_overwrites_what_is_finished(api, bucket):
    data = picture()
    slot = opened(api, data)
    send(slot, data)
    assert land(api, slot["key"])["state"] == "received"
    evil = b"<html>".ljust(len(data), b"!")
    assert send(slot, evil) == [204]  # S3 takes it, where nobody looks any more
    assert factories.original_of(slot["key"]) == data
    again = finish(api, slot["key"])
    assert (again.status_code, again.json()["type"]) == (202, "image/png")
    upload = preparing.process_upload(upload_id=Upload.objects.get().pk)
    assert upload.is_ready


def test_what_is_replaced_while_it_is_copied_is_not_taken(api, bucket, monkeypatch):
    data = picture()
    slot = opened(api, data)
    send(slot, data)
    real = docks.bucket.Bucket.copy

    def slow(self, source, target, *, etag):
        send(slot, b"<html>".ljust(len(data), b"!"))
        return real(self, source, target, etag=etag)

    monkeypatch.setattr(docks.bucket.Bucket, "copy", slow)
    assert land(api, slot["key"])["reason"] == reasons.INCOMPLETE
    assert not Upload.objects.exists()
    assert not any(name.startswith("uploads/final/") for name in names(bucket))


@pytest.mark.parametrize("evil", [b"<html>", b"\x89PNG\r\n\x1a\n"])
def test_one_stalled_for_longer_than_its_claim_overwrites_nothing(api, owner, bucket, monkeypatch, evil):
    """Its copy comes when another has taken the file over, and when something else lies where it came."""
    data = picture()
    slot = opened(api, data)
    send(slot, data)
    real = docks.bucket.Bucket.copy

    def stalled(self, source, target, *, etag):
        monkeypatch.setattr(docks.bucket.Bucket, "copy", real)
        with time_machine.travel(timezone.now() + taking.CLAIM + timedelta(seconds=1)):
            assert factories.take(slot["key"])
        assert send(slot, evil.ljust(len(data), b"!")) == [204]
        real(self, source, target, etag=etag)
        return True  # as a storage that knows no conditions, and a process that looks at nothing once more

    monkeypatch.setattr(docks.bucket.Bucket, "copy", stalled)
    land(api, slot["key"])
    tasks.remove()
    upload = Upload.objects.get()
    assert {name for name in names(bucket) if name.startswith(storage.FINAL)} == {upload.original_name}
    assert factories.original_of(upload.key) == data
    Upload.objects.update(due_at=timezone.now())
    assert preparing.process_upload(upload_id=upload.pk).sha256 == hashlib.sha256(data).hexdigest()


def test_what_a_file_is_says_its_copy_however_it_came_there(api, bucket, monkeypatch):
    """Ceph's gateway does not keep to the condition of the copy. What lay there when it was looked at, before and
    afterwards, is not what was copied: type, size, and the hash that the worker notes, are those of the copy."""
    data, other = picture(), factories.jpeg_with_gps(700, 500).getvalue()
    size = max(len(data), len(other))
    data, other = data.ljust(size, b"!"), other.ljust(size, b"!")
    slot = opened(api, data)
    send(slot, data)
    real = bucket.client.copy_object

    def swapped(**words):
        send(slot, other)
        real(**words)
        send(slot, data)

    monkeypatch.setattr(bucket.client, "copy_object", swapped)
    monkeypatch.setattr(docks.bucket.Bucket, "client", bucket.client)
    assert land(api, slot["key"])["type"] == "image/jpeg"
    assert factories.original_of(slot["key"]) == other
    done = preparing.process_upload(upload_id=Upload.objects.get().pk)
    assert (done.is_ready, done.sha256, done.bytes) == (True, hashlib.sha256(other).hexdigest(), size)


def test_killed_in_the_middle_of_a_move_between_two_buckets_it_goes_on(owner, bucket, tmp_path, settings, monkeypatch):
    """The command itself, killed as a machine kills; both buckets are the gateway's."""
    client, old = bucket.client, f"old-{bucket.name}"
    client.create_bucket(Bucket=old)
    body = os.urandom(MIB)
    made = [factories.make_upload(owner, attached_at=timezone.now()) for _turn in range(12)]
    wanted = {storage.variant(upload.key, name) for upload in made for name in upload.variants}
    wanted.add(storage.original(factories.make_upload(owner, original=True).key))
    for name in wanted:
        client.put_object(Bucket=old, Key=name, Body=body + name.encode())
    other = Bucket(bucket.storage)
    other.name = old

    with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as copy:
        connection.ensure_connection()
        connection.connection.backup(copy)
    environ = {**os.environ, "DATA_DIR": str(tmp_path), "DATABASE_URL": "", "STORAGE_URL": bucket.address}
    environ["STORAGE_OLD_URL"] = bucket.address.replace(bucket.name, old)
    command = [sys.executable, "manage.py", "migrate_media"]

    moving = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environ)
    end = time.monotonic() + 60
    while len(names(bucket)) < 5 and moving.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    moving.kill()
    assert moving.wait() == -signal.SIGKILL, "it was in the middle"
    there = names(bucket)
    assert 5 <= len(there) < len(wanted)
    assert there | names(other) == wanted, "nothing is lost"
    client.put_object(Bucket=bucket.name, Key=sorted(there)[-1], Body=b"of another storage, or cut off")
    client.put_object(Bucket=old, Key=sorted(there)[-1], Body=body + sorted(there)[-1].encode())

    said = subprocess.run(command, cwd=settings.BASE_DIR, env=environ, check=True, capture_output=True, text=True)
    assert "All are there" in said.stdout
    assert (names(bucket), names(other)) == (wanted, set())
    for name in wanted:
        assert client.get_object(Bucket=bucket.name, Key=name)["Body"].read() == body + name.encode()


def test_what_a_killed_process_sent_in_parts_goes_with_the_walk(owner, bucket):
    """Of a film, in the middle: no name lists it, and the storage keeps it."""
    upload = factories.make_upload(owner)
    part = {"Bucket": bucket.name, "Key": storage.variant(upload.key, "720p")}
    begun = bucket.begin(part["Key"])
    bucket.client.upload_part(**part, UploadId=begun, PartNumber=1, Body=b"x" * MIB)
    bucket.begin(storage.archive("export", uuid.uuid4()))
    bucket.begin("backups/of-another-program")
    sweeps.sweep_storage()
    assert len(unfinished(bucket)) == 3, "somebody may be sending it"
    assert storage.drop_unfinished(timezone.now() + timedelta(minutes=1)) == 2
    assert unfinished(bucket) == {"backups/of-another-program"}


def unfinished(bucket) -> set[str]:
    return {one["Key"] for one in bucket.client.list_multipart_uploads(Bucket=bucket.name).get("Uploads", [])}


def test_a_full_bucket_is_said_and_a_retry_is_safe(api, owner, bucket, s3_gateway, monkeypatch):
    """The browser cannot send, the copy cannot be made, the worker cannot store: each says so, and leaves nothing."""
    monkeypatch.setattr(docks, "WHOLE", 5 * MIB)
    data, large = picture(), picture(6 * MIB)
    slot, second = opened(api, large), opened(api, data)
    assert send(second, data) == [204]
    s3_gateway.limit(bucket.name, objects=1)
    assert send(slot, large) == [403, 403]
    assert land(api, slot["key"])["reason"] == reasons.INCOMPLETE
    said = land(api, second["key"])
    assert (said["state"], said["reason"]) == ("received", reasons.FULL)
    s3_gateway.limit(bucket.name, objects=-1)
    Slot.objects.filter(key=second["key"]).update(due_at=timezone.now())
    assert land(api, second["key"])["reason"] == ""
    s3_gateway.limit(bucket.name, objects=1)
    upload = preparing.process_upload(upload_id=Upload.objects.get().pk)
    assert (upload.state, upload.reason) == ("received", reasons.FULL)
    for _turn in range(2):
        Upload.objects.update(due_at=timezone.now())
        upload = preparing.process_upload(upload_id=upload.pk)
    assert (upload.state, upload.can_retry, "no room" in str(upload.trouble)) == ("failed", True, True)
    s3_gateway.limit(bucket.name, objects=-1)
    preparing.retry_own_upload(actor=owner, key=upload.key)
    upload = preparing.process_upload(upload_id=upload.pk)
    assert names(bucket) == {storage.variant(upload.key, name) for name in upload.variants}
    assert send(slot, large) == [200, 200]
    using.delete_upload(actor=owner, key=upload.key)
    assert api.delete(f"{URL}/{slot['key']}").status_code == 204
    tasks.remove()
    assert (names(bucket), Stored.objects.count()) == (set(), 0)


def test_taken_twice_at_once_it_is_one_upload(api, owner, bucket, monkeypatch):
    data = picture()
    slot = opened(api, data)
    send(slot, data)
    finish(api, slot["key"])
    taken = factories.at_once(lambda: factories.take(slot["key"]))
    assert len([one for one in taken if one]) == Upload.objects.count() == 1
    assert finish(api, slot["key"]).status_code == 202
    assert names(bucket) == {Upload.objects.get().original_name}


@pytest.mark.parametrize(
    ("data", "said", "reason"),
    [
        (b"<html><script>alert(1)</script>", "image/png", "not a picture"),
        (factories.png_saying(60_000, 60_000).getvalue(), "image/png", "pixels"),
        (factories.png().getvalue(), "video/mp4", "not a picture"),
    ],
)
def test_what_it_is_says_the_copy_and_not_the_client(api, bucket, data, said, reason):
    slot = opened(api, data, type=said)
    send(slot, data)
    said = land(api, slot["key"])
    assert (said["state"], reason in said["detail"]) == ("failed", True), said
    answer = finish(api, slot["key"])
    assert (answer.status_code, answer.json()["errors"]["file"]) == (422, [said["detail"]])
    tasks.remove()
    assert (names(bucket), Upload.objects.count()) == (set(), 0)


# Troubles


def test_a_storage_that_is_away_or_slow_is_said_and_a_retry_is_safe(api, bucket, s3_gateway, monkeypatch):
    from botocore.config import Config

    data = picture()
    slot = opened(api, data)
    send(slot, data)
    one = {"total_max_attempts": 1}
    hasty = Config(signature_version="s3v4", s3={"addressing_style": "path"}, read_timeout=1, retries=one)
    session = bucket.storage._create_session()
    slow = session.client("s3", endpoint_url=s3_gateway.endpoint, region_name="us-east-1", config=hasty)
    monkeypatch.setattr(docks.bucket.Bucket, "client", slow)
    s3_gateway.pause()
    try:
        begun = time.monotonic()
        assert finish(api, slot["key"]).json()["state"] == "received"
        assert time.monotonic() - begun < 0.9, "the request waits for nothing"
        said = land(api, slot["key"])
        assert (said["state"], said["reason"]) == ("received", reasons.AWAY)
    finally:
        s3_gateway.go_on()
    Slot.objects.update(due_at=timezone.now())
    assert factories.take(slot["key"])
    assert Upload.objects.count() == 1
