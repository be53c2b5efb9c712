"""Taking uploads into use, giving them up, and what the clock clears away."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from core import errors, wake
from uploads import storage, tasks
from uploads.actions import preparing, receiving, sweeps, using
from uploads.models import Stored, Upload
from uploads.tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def attach(owner, *keys, limit=4):
    return using.attach_uploads(actor=owner, keys=keys, purpose=factories.PURPOSE, limit=limit)


def with_files(files, upload):
    for name in ("320", "640", "1280"):
        files.save(storage.variant(upload.key, name), ContentFile(b"x"))
    return upload


@pytest.fixture
def later(time_machine):
    return lambda **delta: time_machine.move_to(timezone.now() + timedelta(**delta))


def test_takes_them_in_the_order_asked(owner, django_assert_num_queries):
    one, two, three = (factories.make_upload(owner) for _number in range(3))
    with django_assert_num_queries(4):  # savepoint, read with lock, write, savepoint
        uploads = attach(owner, str(three.key), str(one.key), str(three.key), two.key)
    assert uploads == [three, one, two]
    assert all(upload.attached_at for upload in Upload.objects.all())


def test_what_is_not_ones_own_is_like_absent(owner, stranger):
    foreign = factories.make_upload(stranger)
    other = factories.make_upload(owner, purpose="avatar")
    gone = factories.make_upload(owner, discarded_at=timezone.now())
    mine = factories.make_upload(owner)
    said = set()
    for key in (foreign.key, other.key, gone.key, uuid.uuid4(), "rubbish", "", None):
        with pytest.raises(errors.NotFound) as refused:
            attach(owner, mine.key, key)
        said.add((str(refused.value), refused.value.field))
    assert len(said) == 1
    assert said.pop()[1] == "uploads"
    assert not Upload.objects.filter(attached_at__isnull=False).exists()


def test_what_cannot_be_used_is_said(owner):
    waiting = factories.make_upload(owner, state=Upload.State.RECEIVED, due_at=timezone.now())
    failed = factories.make_upload(owner, state=Upload.State.FAILED, reason="broken")
    used = factories.make_upload(owner, attached_at=timezone.now())
    for upload, error in ((waiting, errors.Conflict), (failed, errors.Invalid), (used, errors.Conflict)):
        with pytest.raises(error) as refused:
            attach(owner, upload.key)
        assert refused.value.field == "uploads"


def test_no_more_than_the_limit(owner):
    keys = [factories.make_upload(owner).key for _number in range(3)]
    with pytest.raises(errors.Invalid, match="2 pictures"):
        attach(owner, *keys, limit=2)
    assert attach(owner, limit=2) == []


def test_deletes_what_is_not_in_use_and_only_ones_own(owner, stranger, files, later):
    upload, used = (
        with_files(files, factories.make_upload(owner)),
        factories.make_upload(owner, attached_at=timezone.now()),
    )
    with pytest.raises(errors.NotFound):
        using.delete_upload(actor=stranger, key=upload.key)
    with pytest.raises(errors.Conflict):
        using.delete_upload(actor=owner, key=used.key)
    using.delete_upload(actor=owner, key=upload.key)
    assert list(Upload.objects.all()) == [used]
    tasks.remove()
    assert not files.exists(storage.variant(upload.key, "320"))
    assert list(Stored.objects.values_list("key", flat=True)) == [used.key]


def test_only_owners_describe(owner, stranger):
    upload = factories.make_upload(owner)
    assert using.describe_upload(actor=owner, key=upload.key, alt=" A cat ").alt == "A cat"
    with pytest.raises(errors.NotFound):
        using.describe_upload(actor=stranger, key=upload.key, alt="A dog")


def test_unused_ones_go_after_a_day(owner, files, later):
    unused, used = with_files(files, factories.make_upload(owner)), factories.make_upload(owner)
    attach(owner, used.key)
    later(hours=23, minutes=59)
    assert sweeps.sweep_unused() == 0
    later(minutes=2)
    assert sweeps.sweep_unused() == 1
    assert list(Upload.objects.all()) == [used]
    sweeps.remove_due_files()
    assert not files.exists(storage.variant(unused.key, "320"))


def test_those_of_deleted_things_go_at_once(owner, files):
    upload = with_files(files, factories.make_upload(owner))
    attach(owner, upload.key)
    assert using.detach_uploads(actor=owner, upload_ids=[upload.pk]) == 1
    assert using.detach_uploads(actor=owner, upload_ids=[upload.pk]) == 0
    with pytest.raises(errors.NotFound):
        attach(owner, upload.key)
    tasks.remove()
    assert not Upload.objects.exists()
    assert not Stored.objects.exists()
    assert not files.exists(storage.variant(upload.key, "320"))


def test_files_go_with_their_member(owner, stranger, files, later):
    """Erased by the action at once; deleted as a row, they are found within a day."""
    mine, other = with_files(files, factories.make_upload(owner)), with_files(files, factories.make_upload(stranger))
    assert using.delete_uploads(actor=owner, owner_id=owner.pk) == 1
    Upload.objects.filter(pk=other.pk).delete()
    later(hours=2)
    tasks.stray()
    later(minutes=7)
    tasks.remove()
    assert not Stored.objects.exists()
    for upload in (mine, other):
        assert not files.exists(storage.variant(upload.key, "320"))


def test_the_sweep_of_strays_leaves_what_is_alive(owner, later):
    factories.make_upload(owner)
    later(days=2)
    assert sweeps.sweep_stray() == 0


def test_a_remover_that_dies_is_followed_by_another(owner, files, monkeypatch, later):
    upload = with_files(files, factories.make_upload(owner))
    using.delete_upload(actor=owner, key=upload.key)
    real = files.delete
    monkeypatch.setattr(files, "delete", lambda name: 1 / 0 if "640" in name else real(name))
    with pytest.raises(ZeroDivisionError):
        sweeps.remove_due_files()
    monkeypatch.setattr(files, "delete", real)
    assert sweeps.remove_due_files() == 0
    later(minutes=4)
    assert sweeps.remove_due_files() == 1
    assert not files.exists(storage.variant(upload.key, "1280"))
    assert not Stored.objects.exists()


def test_the_sweep_wakes_a_worker_for_what_is_due(owner, monkeypatch):
    woken = []
    monkeypatch.setattr(wake, "now", lambda *words: woken.append(words))
    ago = timezone.now() - timedelta(minutes=1)
    due = factories.make_upload(owner, state=Upload.State.PROCESSING, due_at=ago)
    factories.make_upload(owner, state=Upload.State.PROCESSING, due_at=ago + timedelta(minutes=2))
    factories.make_upload(owner)
    tasks.note_films()
    tasks.sweep()
    assert woken == [("uploads.process", str(due.pk))]


def test_the_task_prepares(owner, files):
    given = {"actor": owner, "purpose": factories.PURPOSE, "file": factories.png()}
    upload = receiving.receive_upload(**given)
    tasks.process(str(upload.pk))
    upload.refresh_from_db()
    assert upload.is_ready
    tasks.process("987654321")  # gone meanwhile: nothing to do


def test_pictures_keep_no_second_thread_from_what_is_live(owner, files, monkeypatch):
    """Who comes while one is prepared leaves at once; who is at it goes on with what has come meanwhile."""
    given = {"actor": owner, "purpose": factories.PURPOSE}
    first, second = (receiving.receive_upload(**given, file=factories.png()) for _turn in range(2))
    at_it, real = [], preparing.process_upload

    def process_upload(*, upload_id):
        at_it.append(upload_id)
        if upload_id == first.pk:
            tasks.process(str(second.pk))
            assert at_it == [first.pk], "it did not wait, and did not begin"
        return real(upload_id=upload_id)

    monkeypatch.setitem(tasks._at_it, tasks.PICTURES, threading.BoundedSemaphore(1))
    monkeypatch.setattr(preparing, "process_upload", process_upload)
    tasks.process(str(first.pk))
    assert at_it == [first.pk, second.pk]
    assert all(upload.is_ready for upload in Upload.objects.all())


def test_every_scheduled_task_exists():
    from celery import current_app

    assert {one["task"] for one in tasks.SCHEDULE.values()} <= set(current_app.tasks)


def test_what_a_storage_that_is_away_keeps_goes_when_it_is_back(owner, files, monkeypatch, later):
    first, second = (with_files(files, factories.make_upload(owner)) for _turn in range(2))
    for upload in (first, second):
        using.delete_upload(actor=owner, key=upload.key)
    real = files.delete

    def away(name):
        raise OSError("away")

    monkeypatch.setattr(files, "delete", away)
    tasks.remove()
    assert Stored.objects.count() == 2
    monkeypatch.setattr(files, "delete", real)
    tasks.remove()  # the first one has been tried, and has its turn a little later
    assert Stored.objects.count() == 1
    later(minutes=4)
    tasks.remove()
    assert not Stored.objects.exists()
    assert not any(files.exists(storage.variant(upload.key, "320")) for upload in (first, second))
