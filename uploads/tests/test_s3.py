"""Files in a bucket, against a real S3: what it signs, what it refuses, and that what is finished stays as it is."""

import time
import uuid
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
import time_machine
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.utils import timezone
from rest_framework.test import APIClient

from uploads import docks, links, presign, reasons, storage, tasks
from uploads.actions import preparing, taking, using
from uploads.models import Slot, Stored, Upload
from uploads.tests import factories
from uploads.tests.senders import MIB, URL, finish, land, names, opened, picture, renewed, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.s3, pytest.mark.slow, pytest.mark.xdist_group("s3")]


@pytest.fixture
def small_parts(monkeypatch):
    """Files of more than 5 MiB, the least that S3 takes as a part, come in parts."""
    monkeypatch.setattr(docks, "WHOLE", 5 * MIB)


# The whole way


def test_a_small_file_goes_straight_to_the_bucket(api, bucket):
    data = picture()
    slot = opened(api, data, alt="A cat")
    assert (slot["parts"], [way["method"] for way in slot["ways"]]) == (1, ["POST"])
    assert send(slot, data) == [204]
    said = land(api, slot["key"])
    assert (said["state"], said["type"]) == ("received", "image/png")
    assert names(bucket) == {(upload := Upload.objects.get()).original_name}
    upload = preparing.process_upload(upload_id=upload.pk)
    assert (upload.is_ready, upload.alt, upload.bytes) == (True, "A cat", len(data))
    assert len(upload.sha256) == 64
    assert names(bucket) == {storage.variant(upload.key, name) for name in upload.variants}
    shown = requests.get(upload.src, timeout=10)
    assert (shown.status_code, shown.headers["Content-Type"]) == (200, "image/webp")
    assert shown.headers["Cache-Control"] == "private"


def test_a_large_file_comes_in_parts_and_goes_on_after_a_lost_connection(api, bucket, small_parts):
    data = picture(12 * MIB)
    slot = opened(api, data)
    assert (slot["parts"], {way["method"] for way in slot["ways"]}) == (3, {"PUT"})
    assert send(slot, data, numbers={2}) == [200]
    assert land(api, slot["key"])["reason"] == reasons.INCOMPLETE  # and nothing is lost
    again = renewed(api, slot["key"])
    assert (again["arrived"], [way["number"] for way in again["ways"]]) == ([2], [1, 3])
    assert send(again, data) == [200, 200]
    assert land(api, slot["key"])["reason"] == ""
    assert factories.original_of(slot["key"]) == data
    assert not bucket.client.list_multipart_uploads(Bucket=bucket.name).get("Uploads")


def test_what_is_called_off_leaves_nothing(api, bucket, small_parts):
    data = picture(6 * MIB)
    slot = opened(api, data)
    send(slot, data, numbers={1})
    assert api.delete(f"{URL}/{slot['key']}").status_code == 204
    tasks.remove()
    assert not bucket.client.list_multipart_uploads(Bucket=bucket.name).get("Uploads")
    assert (names(bucket), Slot.objects.count(), Stored.objects.count()) == (set(), 0, 0)
    assert send(slot, data, numbers={2}) == [404]


def test_a_take_over_that_died_on_its_way_is_finished_by_the_next(api, owner, bucket, small_parts, monkeypatch):
    data = picture(6 * MIB)
    slot = opened(api, data)
    send(slot, data)

    def dies(*_args, **_options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(taking, "_become", dies)
        with pytest.raises(KeyboardInterrupt):
            land(api, slot["key"])
    assert finish(api, slot["key"]).json()["state"] == "received"
    assert factories.take(slot["key"]) is None  # the dead one's claim still stands
    with time_machine.travel(timezone.now() + taking.CLAIM, tick=True):
        assert factories.take(slot["key"])


# What the bucket refuses


@pytest.mark.parametrize("change", [-1, 1])
def test_no_other_size_than_announced(api, bucket, change):
    data = picture()
    [way] = opened(api, data)["ways"]
    other = data + b"x" if change > 0 else data[:-1]
    assert requests.post(way["url"], data=way["form"], files={"file": other}, timeout=20).status_code == 400
    assert not names(bucket)


def test_no_part_of_another_size(api, bucket, small_parts):
    data = picture(6 * MIB)
    slot = opened(api, data)
    [first, second] = slot["ways"]
    assert requests.put(first["url"], data=data[: first["bytes"] + 1], timeout=20).status_code == 403
    assert requests.put(second["url"], data=data[: second["bytes"] - 1], timeout=20).status_code == 403


def test_no_part_under_another_number_nor_into_another_s_upload(api, bucket, small_parts, stranger):
    data = picture(6 * MIB)
    slot = opened(api, data)
    other = APIClient()
    other.force_authenticate(stranger)
    theirs = opened(other, data)
    [first, second] = slot["ways"]
    piece = data[: first["bytes"]]
    for bent in (
        first["url"].replace("partNumber=1", "partNumber=7"),
        first["url"].replace(slot["key"], theirs["key"]),
        first["url"].replace("X-Amz-Signature=", "X-Amz-Signature=0"),
        first["url"].replace("X-Amz-Expires=900", "X-Amz-Expires=9000"),
        first["url"].partition("?")[0],
    ):
        assert requests.put(bent, data=piece, timeout=20).status_code in (403, 404), bent
    assert other.get(f"{URL}/{slot['key']}").status_code == 404
    assert finish(other, slot["key"]).status_code == 404
    assert other.delete(f"{URL}/{slot['key']}").status_code == 404


def test_no_form_under_another_name_or_with_a_forged_policy(api, bucket):
    data = picture()
    [way] = opened(api, data)["ways"]
    for bent in (
        {"key": "processed/images/of/somebody.webp"},
        {"key": "uploads/temp/../final/x"},
        {"policy": way["form"]["policy"][:-8] + "AAAAAAA="},
        {"x-amz-signature": "0" * 64},
        {"acl": "public-read"},
    ):
        answer = requests.post(way["url"], data=way["form"] | bent, files={"file": data}, timeout=20)
        assert answer.status_code in (400, 403), bent
    assert not names(bucket)


def test_addresses_to_send_to_end_and_are_renewed(api, bucket, small_parts, monkeypatch):
    data = picture(6 * MIB)
    assert docks.OPEN.total_seconds() == 900
    with monkeypatch.context() as patch:
        patch.setattr(docks, "OPEN", timedelta(seconds=1))
        form, parts = opened(api, picture()), opened(api, data)
    time.sleep(2.5)
    assert send(form, picture()) == [403]
    assert send(parts, data) == [403, 403]
    assert send(renewed(api, parts["key"]), data) == [200, 200]
    assert land(api, parts["key"])["reason"] == ""


# Links


def test_a_link_is_the_same_for_all_until_the_half_hour_and_then_no_more(bucket, settings):
    key = uuid.uuid4()
    bucket.storage.save(storage.variant(key, "640"), ContentFile(b"webp"))
    begin = int(time.time()) // 1800 * 1800
    with time_machine.travel(begin, tick=False):
        first = links.url(key, "640", shared=True)
    with time_machine.travel(begin + 1799, tick=False):
        links._signed.cache_clear()
        assert links.url(key, "640", shared=True) == first
    shown = requests.get(first, timeout=10)
    assert (shown.status_code, shown.content, shown.headers["Cache-Control"]) == (200, b"webp", "public")
    assert shown.headers["Expires"].endswith("GMT")
    assert requests.get(first, headers={"Range": "bytes=1-2"}, timeout=10).content == b"eb"
    with time_machine.travel(begin - 3600, tick=False):
        over = links.url(key, "640", shared=True)
    assert requests.get(over, timeout=10).status_code == 403
    parts = urlsplit(first)
    longer = dict(parse_qsl(parts.query)) | {"X-Amz-Expires": "360000"}
    assert requests.get(f"{first.partition('?')[0]}?{urlencode(longer)}", timeout=10).status_code == 403
    assert requests.get(first.replace(str(key), str(uuid.uuid4())), timeout=10).status_code == 403
    assert requests.get(first.partition("?")[0], timeout=10).status_code == 403


def test_no_link_lasts_longer_than_what_it_shows(bucket):
    key = uuid.uuid4()
    bucket.storage.save(storage.variant(key, "640"), ContentFile(b"webp"))
    over = links.url(key, "640", until=timezone.now() - timedelta(seconds=2))
    assert requests.get(over, timeout=10).status_code in (400, 403)
    soon = links.url(key, "640", until=timezone.now() + timedelta(seconds=3))
    assert requests.get(soon, timeout=10).status_code == 200
    time.sleep(4)
    assert requests.get(soon, timeout=10).status_code == 403


def test_a_link_to_what_is_deleted_leads_nowhere(api, owner, bucket):
    data = picture()
    slot = opened(api, data)
    send(slot, data)
    land(api, slot["key"])
    upload = preparing.process_upload(upload_id=Upload.objects.get().pk)
    link = upload.src
    using.attach_uploads(actor=owner, keys=[upload.key], purpose=factories.PURPOSE, limit=1)
    assert requests.get(link, timeout=10).status_code == 200
    using.detach_uploads(actor=owner, upload_ids=[upload.pk])
    tasks.remove()
    assert requests.get(link, timeout=10).status_code == 404
    assert names(bucket) == set()


def test_nginx_fetches_for_us_what_we_only_name_and_readers_keep_it_for_ever(bucket, settings, client):
    settings.MEDIA_ACCEL = "/protected/"
    key = uuid.uuid4()
    bucket.storage.save(storage.variant(key, "320"), ContentFile(b"webp"))
    answer = client.get(links.url(key, "320", public=True))
    assert (answer.status_code, answer["X-Accel-Kept"]) == (200, f"public, max-age={links.YEAR}, immutable")
    place = answer["X-Accel-Redirect"].removeprefix("/protected/")
    assert place.startswith(f"{storage.variant(key, '320')}?"), "and neither the bucket's name nor its host"
    assert requests.get(f"{settings.BUCKET_URL}/{place}", timeout=10).content == b"webp"
    with time_machine.travel(time.time() - 120, tick=False):
        over = links.within(key, "320")
    assert requests.get(f"{settings.BUCKET_URL}/{over}", timeout=10).status_code == 403
    assert "X-Accel-Redirect" not in client.get(f"{links.url(key, '320', public=True)}x")


# The bucket itself


def test_the_copy_asks_for_what_was_looked_at(bucket, monkeypatch):
    """Ceph's gateway of these days reads this condition under a name of its own; Amazon answers 412."""
    from botocore.exceptions import ClientError

    asked = {}

    def refused(**words):
        asked.update(words)
        raise ClientError({"Error": {}, "ResponseMetadata": {"HTTPStatusCode": 412}}, "CopyObject")

    monkeypatch.setattr(bucket.client, "copy_object", refused)
    assert bucket.copy("uploads/temp/x", "uploads/final/x", etag='"abc"') is False
    assert asked["CopySourceIfMatch"] == '"abc"'


def test_the_bucket_lets_this_site_s_browsers_and_no_others(bucket, settings):
    origin = settings.SITE_ORIGINS[0]
    url = presign.bucket("PUT", "uploads/temp/x", begins=timezone.now(), ends=timezone.now() + timedelta(minutes=1))

    def asked(who: str) -> requests.Response:
        heads = {"Origin": who, "Access-Control-Request-Method": "PUT"}
        return requests.options(url, headers=heads, timeout=10)

    assert asked(origin).headers["Access-Control-Allow-Origin"] == origin
    assert "Access-Control-Allow-Origin" not in asked("https://evil.example").headers


def test_doctor_sees_what_the_bucket_lacks_and_one_command_mends_it(bucket, capsys):
    from uploads import checkup

    bucket.mend()
    assert [finding.level for finding in checkup.bucket()] == ["ok"]
    others = {"ID": "theirs", "AllowedOrigins": ["https://a.example"], "AllowedMethods": ["GET"]}
    bucket.client.put_bucket_cors(Bucket=bucket.name, CORSConfiguration={"CORSRules": [others]})
    bucket.client.delete_bucket_lifecycle(Bucket=bucket.name)
    [finding] = checkup.bucket()
    assert (finding.level, "CORS" in finding.says, "lifecycle" in finding.says) == ("fail", True, True)
    assert "set_up_bucket" in finding.mend
    call_command("set_up_bucket")
    assert [finding.level for finding in checkup.bucket()] == ["ok"]
    assert {rule["ID"] for rule in bucket._cors()} == {"theirs", "socialsite"}


def test_the_bucket_itself_clears_what_nobody_finishes(api, bucket):
    """The day of a lifecycle lasts seconds here."""
    data = picture()
    send(opened(api, data), data)
    key = uuid.uuid4()
    bucket.storage.save(storage.variant(key, "640"), ContentFile(b"webp"))
    bucket.mend()
    end = time.monotonic() + 60
    while len(names(bucket)) > 1 and time.monotonic() < end:
        time.sleep(1)
    assert names(bucket) == {storage.variant(key, "640")}
