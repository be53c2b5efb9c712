"""What requests have left in the database, and what owners of slots want to know, against a real S3: a worker puts it
there, cuts it, asks for it; however it dies on the way nothing is lost and nothing doubles."""

import hashlib
import io
import uuid
from datetime import timedelta

import pytest
import requests
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from core import errors
from uploads import checkup, held, links, reasons, storage, tasks
from uploads.actions import attempts, holding, looking, preparing, receiving, sweeps, using
from uploads.models import Held, Slot, Stored, Upload
from uploads.tests import factories
from uploads.tests.senders import MIB, URL, names, opened, picture, renewed, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.s3, pytest.mark.slow, pytest.mark.xdist_group("s3")]


@pytest.fixture
def small_parts(monkeypatch):
    from uploads import docks

    monkeypatch.setattr(docks, "WHOLE", 5 * MIB)


def at_once(owner) -> Upload:
    return receiving.receive_ready_upload(actor=owner, purpose=factories.PURPOSE, file=io.BytesIO(picture()))


def fetched(link: str) -> tuple[int, bytes]:
    answer = Client().get(link)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    answer.close()
    return answer.status_code, body


def of(upload: Upload) -> set[str]:
    return {storage.variant(upload.key, name) for name in upload.variants}


# From the database to the bucket


@pytest.mark.both
def test_a_picture_of_a_form_is_shown_at_once_and_goes_to_the_bucket(owner, bucket):
    upload = at_once(owner)
    assert (upload.is_ready, upload.held, names(bucket)) == (True, True, set())
    link = upload.url()
    status, before = fetched(link)
    assert status == 200
    tasks.put_away()
    upload.refresh_from_db()
    assert (upload.held, Held.objects.count(), names(bucket)) == (False, 0, of(upload))
    led = Client().get(link)
    assert (led.status_code, led["Location"]) == (302, upload.url())
    shown = requests.get(led["Location"], timeout=10)
    assert (shown.content, shown.headers["Content-Type"]) == (before, "image/webp")


def test_what_an_app_sends_is_prepared_out_of_the_database(owner, bucket):
    data = picture(3 * MIB)
    upload = receiving.receive_upload(actor=owner, purpose=factories.PURPOSE, file=io.BytesIO(data))
    assert Held.objects.count() == 3
    upload = preparing.process_upload(upload_id=upload.pk)
    assert (upload.is_ready, upload.held, upload.sha256) == (True, False, hashlib.sha256(data).hexdigest())
    assert (Held.objects.count(), names(bucket)) == (0, of(upload))


def test_what_nobody_takes_up_for_an_hour_waits_in_the_bucket(owner, bucket):
    data = picture()
    upload = receiving.receive_upload(actor=owner, purpose=factories.PURPOSE, file=io.BytesIO(data))
    tasks.put_away()
    assert names(bucket) == set()
    assert Held.objects.get().due_at > timezone.now() + timedelta(minutes=59)
    Held.objects.update(due_at=timezone.now())
    tasks.put_away()
    assert (Held.objects.count(), names(bucket)) == (0, {upload.original_name})
    upload = preparing.process_upload(upload_id=upload.pk)
    assert (upload.is_ready, names(bucket)) == (True, of(upload))


def test_one_that_dies_on_the_way_loses_nothing_and_doubles_nothing(owner, bucket, monkeypatch):
    upload = at_once(owner)

    def dies(*_given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(holding, "_put", dies)
        with pytest.raises(KeyboardInterrupt):
            tasks.put_away()
    assert len(names(bucket)) == 1
    assert {row.name for row in Held.objects.all()} == of(upload)
    assert fetched(upload.url())[0] == 200
    with time_machine.travel(timezone.now() + holding.CLAIM, tick=True):
        tasks.put_away()
    assert (Held.objects.count(), names(bucket)) == (0, of(upload))
    upload.refresh_from_db()
    assert not upload.held


@pytest.mark.both
def test_two_at_it_at_once_are_one(owner, bucket):
    upload = at_once(owner)
    factories.at_once(holding.put_away)
    upload.refresh_from_db()
    assert (upload.held, Held.objects.count(), names(bucket)) == (False, 0, of(upload))


def test_a_bucket_that_is_away_keeps_nobody_waiting(owner, bucket, s3_gateway, monkeypatch):
    upload = at_once(owner)
    with monkeypatch.context() as patch:
        patch.setattr(storage, "keep", lambda *_given: (_ for _ in ()).throw(OSError("away")))
        assert holding.put_away() == 0
    assert Held.objects.count() == len(upload.variants)
    assert Held.objects.filter(due_at__gt=timezone.now(), attempts=1).count() == 1
    assert list(checkup.held()) == []
    Held.objects.filter(attempts=1).update(attempts=2)
    [finding] = checkup.held()
    assert (finding.level, "1 files wait" in finding.says) == ("warn", True)
    assert fetched(upload.url())[0] == 200


def test_what_is_put_away_before_it_is_ready_is_shown_from_the_bucket(owner, bucket, monkeypatch):
    real = attempts.done

    def done(upload, **facts):
        tasks.put_away()
        return real(upload, **facts)

    monkeypatch.setattr(attempts, "done", done)
    upload = at_once(owner)
    assert (upload.is_ready, upload.held, Held.objects.count()) == (True, False, 0)
    upload.refresh_from_db()
    assert (upload.held, names(bucket)) == (False, of(upload))


def test_the_sweep_heals_what_says_it_is_held_and_is_not(owner, bucket):
    wrong, right = at_once(owner), at_once(owner)
    Held.objects.filter(key=wrong.key).delete()
    sweeps.sweep_held()
    assert list(Upload.objects.filter(held=True)) == [right]


def test_a_worker_tries_a_bucket_that_is_away_once_and_one_worker_does(owner, bucket, monkeypatch):
    upload, tried = at_once(owner), []

    def away(name, _file):
        tried.append(name)
        tasks.put_away()  # another worker, meanwhile
        raise OSError("away")

    assert len(upload.variants) > 1
    with monkeypatch.context() as patch:
        patch.setattr(storage, "keep", away)
        tasks.put_away()
    assert len(tried) == 1
    with time_machine.travel(timezone.now() + holding.CLAIM, tick=True):
        tasks.put_away()
    assert names(bucket) == of(upload)


@pytest.mark.both
def test_what_is_deleted_is_gone_from_both(owner, bucket, monkeypatch):
    upload = at_once(owner)
    real = storage.keep

    def deleted_meanwhile(name, file):
        if Upload.objects.exists():
            using.delete_upload(actor=owner, key=upload.key)
            assert not Held.objects.exists(), "with its row"
            tasks.remove()
        real(name, file)

    monkeypatch.setattr(storage, "keep", deleted_meanwhile)
    tasks.put_away()
    tasks.remove()
    assert (names(bucket), Held.objects.count(), Stored.objects.count()) == (set(), 0, 0)


def test_what_a_killed_request_has_left_goes(owner, bucket, monkeypatch):
    real = Held.objects.create

    def dies(**fields):
        if fields["number"] == 2:
            raise KeyboardInterrupt
        return real(**fields)

    monkeypatch.setattr(Held.objects, "create", dies)
    with pytest.raises(KeyboardInterrupt):
        receiving.receive_upload(actor=owner, purpose=factories.PURPOSE, file=io.BytesIO(picture(4 * MIB)))
    row = Held.objects.get()
    assert held.opened(row.name) is None, "the first piece is missing"
    Stored.objects.update(due_at=timezone.now())
    tasks.remove()
    assert (Held.objects.count(), Stored.objects.count()) == (0, 0)


def test_a_piece_is_cut_by_a_worker(api, owner, bucket, monkeypatch):
    source = at_once(owner)
    tasks.put_away()
    monkeypatch.setattr(receiving, "PATIENCE", 5.0)
    monkeypatch.setattr(
        receiving.time,
        "sleep",
        lambda _time: preparing.process_upload(upload_id=Upload.objects.get(piece__isnull=False).pk),
    )
    crop = {"left": 0, "top": 0, "width": 0.5, "height": 1}
    answer = api.post(f"/api/v1/uploads/{source.key}/crop", crop, format="json")
    assert (answer.status_code, answer.json()["state"]) == (201, "ready"), answer.json()
    made = Upload.objects.get(key=answer.json()["key"])
    assert (made.width, made.height) == (350, 500)
    assert names(bucket) == of(source) | of(made)


def test_no_more_is_held_than_there_is_room_for(owner, bucket, settings):
    settings.MAX_HELD_BYTES = 2 * MIB
    at_once(owner)
    before = Held.objects.count()
    cache.clear()
    with pytest.raises(errors.Busy, match=str(reasons.sentence(reasons.FULL))):
        receiving.receive_upload(actor=owner, purpose=factories.PURPOSE, file=io.BytesIO(picture(2 * MIB)))
    assert Held.objects.count() == before
    tasks.put_away()
    cache.clear()
    assert at_once(owner).is_ready


@pytest.mark.both
def test_an_archive_goes_in_steps_and_does_not_come_back(bucket, monkeypatch):
    key, real = uuid.uuid4(), storage.keep
    name = storage.archive("import", key)
    monkeypatch.setattr(holding, "PIECE", 2)
    holding.keep(name, io.BytesIO(bytes(41)), key=key)
    assert Held.objects.count() == 21
    tasks.put_away()
    assert (names(bucket), Held.objects.count()) == ({name}, 0)

    def let_go_meanwhile(name, file):
        holding.drop(name)
        real(name, file)

    holding.keep(name, io.BytesIO(bytes(41)), key=key)
    monkeypatch.setattr(storage, "keep", let_go_meanwhile)
    tasks.put_away()
    assert (names(bucket), Held.objects.count()) == (set(), 0)


def test_what_went_with_its_owner_does_not_stay_in_the_bucket(owner, bucket):
    at_once(owner)
    Upload.objects.all().delete()
    tasks.put_away()
    tasks.remove()
    assert (names(bucket), Held.objects.count(), Stored.objects.count()) == (set(), 0, 0)


# What is asked for the owner of a slot


def test_what_was_begun_for_one_that_is_gone_is_aborted(api, bucket, small_parts, monkeypatch):
    slot = api.post(URL, {"purpose": factories.PURPOSE, "type": "image/png", "bytes": 6 * MIB}, format="json").json()
    row = Slot.objects.get()
    real = bucket.client.create_multipart_upload

    def called_off(**words):
        made = real(**words)
        api.delete(f"{URL}/{slot['key']}")
        tasks.remove()
        return made

    monkeypatch.setattr(bucket.client, "create_multipart_upload", called_off)
    monkeypatch.setattr("uploads.bucket.Bucket.client", bucket.client)
    looking.look_into_slot(slot_id=row.pk)
    assert not bucket.client.list_multipart_uploads(Bucket=bucket.name).get("Uploads")


def test_the_sweep_finds_what_it_was_never_told(api, bucket, small_parts, monkeypatch):
    """Begun, and killed before anybody noted how the bucket calls it."""
    data = picture(6 * MIB)
    given = {"purpose": factories.PURPOSE, "type": "image/png", "bytes": len(data)}
    key = api.post(URL, given, format="json").json()["key"]
    bucket.begin(storage.incoming(Slot.objects.get().key))
    slot = renewed(api, key)
    assert send(slot, data) == [200, 200]
    assert len(bucket.client.list_multipart_uploads(Bucket=bucket.name)["Uploads"]) == 2
    assert api.delete(f"{URL}/{key}").status_code == 204
    tasks.remove()
    assert not bucket.client.list_multipart_uploads(Bucket=bucket.name).get("Uploads")
    bucket.begin(storage.incoming(Slot(key="5f0c1d7e-6c0b-4f0e-9d0a-0123456789ab").key))
    monkeypatch.setattr(sweeps, "UNUSED", -2 * sweeps.YOUNG)
    sweeps.sweep_storage()
    assert not bucket.client.list_multipart_uploads(Bucket=bucket.name).get("Uploads")


def test_the_clock_asks_for_who_lost_its_wake_up(api, bucket, small_parts, monkeypatch):
    woken = []
    monkeypatch.setattr("core.wake.now", lambda task, argument="": woken.append(task))
    opened_at = timezone.now()
    api.post(URL, {"purpose": factories.PURPOSE, "type": "image/png", "bytes": 6 * MIB}, format="json")
    at_once(Upload._meta.get_field("owner").related_model.objects.get(handle="olga"))
    with time_machine.travel(opened_at + timedelta(seconds=30), tick=True):
        tasks.sweep()
    assert {"uploads.look", "uploads.put_away"} <= set(woken)


def test_a_bucket_in_trouble_is_said_to_who_waits(api, bucket, small_parts, monkeypatch):
    data = picture(6 * MIB)
    slot = opened(api, data)
    address = f"{URL}/{slot['key']}"
    assert api.get(address).json()["opening"] is True
    monkeypatch.setattr("uploads.docks.InBucket.arrived", lambda *_given: (_ for _ in ()).throw(OSError("away")))
    tasks.look(str(Slot.objects.get().pk))
    answer = api.get(address)
    assert (answer.status_code, str(reasons.sentence(reasons.AWAY)) in answer.content.decode()) == (503, True)
    monkeypatch.undo()
    assert api.get(address).json()["opening"] is True, "and a retry is safe"


def test_two_workers_ask_once(api, bucket, small_parts, monkeypatch):
    api.post(URL, {"purpose": factories.PURPOSE, "type": "image/png", "bytes": 6 * MIB}, format="json")
    row, asked = Slot.objects.get(), []

    def hangs(_slot, _dock):
        asked.append(1)
        tasks.look(str(row.pk))  # another worker, meanwhile
        return {1: 5}

    monkeypatch.setattr(looking, "_arrived", hangs)
    tasks.look(str(row.pk))
    row.refresh_from_db()
    assert (asked, row.asked_at, row.seen) == ([1], None, {"parts": {"1": 5}})
    row.asked_at = timezone.now() + timedelta(seconds=5)  # one who died at it
    row.save()
    with time_machine.travel(timezone.now() + looking.CLAIM, tick=True):
        tasks.look(str(row.pk))
    assert len(asked) == 2


# What is taken along


def test_a_download_is_kept_and_never_shown(bucket):
    name = "processed/images/x/file.bin"
    storage.keep(name, io.BytesIO(b"<script>"))
    link = links.download(name, file_name="übel.html", kind="application/octet-stream")
    answer = requests.get(link, timeout=10)
    assert (answer.content, answer.headers["Content-Type"]) == (b"<script>", "application/octet-stream")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "private, no-store"
    long = requests.get(links.download(name, file_name="ก" * 250 + ".pdf", kind="application/pdf"), timeout=10)
    assert (long.status_code, len(long.url) < 4096) == (200, True)
    assert long.headers["Content-Disposition"].endswith(".pdf")
    bent = link.replace("response-content-type=application%2Foctet-stream", "response-content-type=text%2Fhtml")
    assert bent != link
    assert requests.get(bent, timeout=10).status_code == 403
    with time_machine.travel(timezone.now() - timedelta(minutes=16), tick=True):
        over = links.download(name, file_name="x", kind="application/zip")
    assert requests.get(over, timeout=10).status_code == 403
