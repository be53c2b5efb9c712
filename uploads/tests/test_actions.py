"""Receiving, preparing, using, deleting; and dying at every line on the way."""

import io
import random
import threading
import time
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from core import errors, realtime, wake
from uploads import child, queries, reasons, storage
from uploads.actions import checks, holding, preparing, receiving, sweeps, using
from uploads.models import Stored, Upload
from uploads.tests import factories
from uploads.tests.parts import lying

pytestmark = [pytest.mark.django_db, pytest.mark.both]


class Killed(BaseException):
    """The process died here."""


def names(files) -> set[str]:
    """Everything in the storage, by whole name."""

    def walk(folder: str) -> set[str]:
        folders, found = files.listdir(folder)
        below = (walk(f"{folder}/{name}".strip("/")) for name in folders)
        return {f"{folder}/{name}".strip("/") for name in found}.union(*below)

    return walk("") if files.exists("uploads") or files.exists("processed") else set()


def receive(owner, file=None, **options):
    given = {"actor": owner, "purpose": factories.PURPOSE, "file": file or factories.png(700, 500)}
    return receiving.receive_upload(**given | options)


@pytest.fixture
def pushed(monkeypatch):
    """What is shown to sockets, once committed."""
    seen = []
    monkeypatch.setattr(realtime, "push", lambda group, said: seen.append((group, said.type, said.upload)))
    return seen


@pytest.fixture
def woken(monkeypatch):
    seen = []
    monkeypatch.setattr(wake, "after_commit", lambda *words: seen.append(words))
    return seen


@pytest.fixture
def later(time_machine):
    """Lets time pass."""
    return lambda **delta: time_machine.move_to(timezone.now() + timedelta(**delta))


@pytest.fixture
def child_says(monkeypatch):
    """What each run of the child ends with, in turn; None runs the real one."""
    real = child.run

    def say(*reasons_in_turn):
        turn = iter(reasons_in_turn)

        def run(folder, **job):
            if (reason := next(turn)) is None:
                return real(folder, **job)
            raise child.Failed(reason)

        monkeypatch.setattr(child, "run", run)

    return say


# Receiving


def test_a_picture_on_its_way(owner, files, pushed, woken):
    upload = receive(owner, factories.jpeg_with_gps(700, 500), name="C:\\photos\\cat.jpg", alt=" A cat ")
    assert (upload.state, upload.type, upload.width, upload.name, upload.alt) == (
        Upload.State.RECEIVED,
        "image/jpeg",
        700,
        "cat.jpg",
        "A cat",
    )
    assert woken == [("uploads.process", str(upload.pk))]
    assert names(files) == {f"uploads/final/{upload.key}"}

    upload = preparing.process_upload(upload_id=upload.pk)
    assert (upload.state, upload.due_at, upload.attempts, upload.original) == (Upload.State.READY, None, 1, False)
    assert set(upload.variants) == {"320", "640", "1280"}
    # The file as it came, place data and all, is gone.
    assert names(files) == {storage.variant(upload.key, name) for name in upload.variants}
    [(group, kind, payload)] = pushed
    assert (group, kind, payload["key"]) == (f"user:{owner.pk}", "upload.ready", str(upload.key))
    assert payload["url"] == upload.src
    assert Stored.objects.get().due_at is None


def test_a_wrong_name_does_not_matter_only_content(owner, files):
    assert receive(owner, factories.png(), name="really.jpg").type == "image/png"
    with pytest.raises(errors.Invalid) as refused:
        receive(owner, io.BytesIO(b"<html><script>alert(1)</script>"), name="nice.png")
    assert refused.value.field == "file"


@pytest.mark.parametrize(
    ("file", "error", "field"),
    [
        (io.BytesIO(), errors.Invalid, "file"),
        (io.BytesIO(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), errors.Invalid, "file"),
        (factories.png_saying(60_000, 60_000), errors.Invalid, "file"),
        (io.BytesIO(b"\xff\xd8\xff" + b"\0" * 3000), errors.TooLarge, "file"),
    ],
)
def test_a_refused_file_leaves_nothing(owner, files, file, error, field):
    with pytest.raises(error) as refused:
        receive(owner, file, max_bytes=2000)
    assert refused.value.field == field
    assert (Upload.objects.count(), Stored.objects.count(), names(files)) == (0, 0, set())


def test_refuses_unknown_purposes_and_endless_words(owner, files):
    with pytest.raises(errors.Invalid) as refused:
        receive(owner, purpose="world domination")
    assert refused.value.field == "purpose"
    with pytest.raises(errors.Invalid) as refused:
        receive(owner, alt="a" * (Upload.ALT_LENGTH + 1))
    assert refused.value.field == "alt"
    assert not Upload.objects.exists()


def test_refuses_more_than_one_can_use(owner, stranger, files, monkeypatch):
    monkeypatch.setattr(checks, "UNUSED_LIMIT", 2)
    receive(owner)
    receive(owner)
    with pytest.raises(errors.TooMany):
        receive(owner)
    receive(stranger)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("limit", ["files", "bytes"])
def test_several_that_come_at_once_are_no_more_than_one_can_use(owner, disk, monkeypatch, settings, limit):
    """All are kept before the first has its row, and what is refused then goes."""
    size = len(factories.png(700, 500).getvalue())
    if limit == "files":
        monkeypatch.setattr(checks, "UNUSED_LIMIT", 2)
    else:
        settings.MAX_UNUSED_BYTES = 3 * size - 1
    real, all_there = holding.keep, threading.Barrier(4)
    monkeypatch.setattr(holding, "keep", lambda *given, **more: (real(*given, **more), all_there.wait(30)))
    made = factories.at_once(lambda: receive(owner), times=4)
    kept = {one.original_name for one in made if one}
    assert (len(kept), Upload.objects.count(), Stored.objects.count()) == (2, 2, 4)
    sweeps.remove_due_files()
    assert (lying(disk), Stored.objects.count()) == (kept, 2)


@pytest.mark.django_db(transaction=True)
def test_pieces_ordered_at_once_are_no_more_than_one_can_use(owner, disk, monkeypatch):
    sources = [factories.make_upload(owner) for _turn in range(2)]
    monkeypatch.setattr(checks, "UNUSED_LIMIT", 3)
    monkeypatch.setattr(receiving, "PATIENCE", 0)
    monkeypatch.setattr(holding, "is_needed", lambda: True)
    real, turns = checks.refuse_hoard, iter([*sources, *sources])
    monkeypatch.setattr(checks, "refuse_hoard", lambda *given, **more: (real(*given, **more), time.sleep(0.3)))
    made = factories.at_once(
        lambda: receiving.cut_upload(
            actor=owner, key=(one := next(turns)).key, purpose=one.purpose, crop=(0, 0, random.uniform(0.1, 1), 1)
        ),
        times=4,
    )
    assert (len([one for one in made if one]), Upload.objects.count()) == (1, 3)


@pytest.mark.django_db(transaction=True)
def test_does_not_wait_for_the_disk_inside_a_transaction(owner, files):
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        receive(owner)
    upload = receive(owner)
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        preparing.process_upload(upload_id=upload.pk)


def test_forms_without_script_get_it_ready_at_once(owner, files, woken):
    given = {"actor": owner, "purpose": factories.PURPOSE}
    upload = receiving.receive_ready_upload(file=factories.png(), **given)
    assert upload.is_ready
    assert woken == []
    with pytest.raises(errors.Invalid, match="damaged") as refused:
        receiving.receive_ready_upload(file=factories.cut(factories.png(900, 900)), **given)
    assert refused.value.field == "file"


# Failing


def test_a_broken_file_fails_at_once(owner, files, pushed):
    upload = receive(owner, factories.cut(factories.png(900, 900)))
    upload = preparing.process_upload(upload_id=upload.pk)
    assert (upload.state, upload.reason, upload.attempts) == (Upload.State.FAILED, reasons.BROKEN, 1)
    [(_group, kind, payload)] = pushed
    assert (kind, payload["reason"]) == ("upload.failed", reasons.BROKEN)
    assert "damaged" in str(payload["detail"])
    assert queries.due_upload_ids(late=queries.LATE) == []


def test_a_passing_trouble_is_tried_three_times_with_pauses(owner, files, pushed, child_says, later):
    child_says(reasons.TIMEOUT, reasons.MEMORY, reasons.CRASHED)
    upload = receive(owner)
    for attempt, pause in ((1, 20), (2, 120)):
        upload = preparing.process_upload(upload_id=upload.pk)
        assert (upload.state, upload.attempts) == (Upload.State.RECEIVED, attempt)
        later(seconds=pause - 2)
        assert preparing.process_upload(upload_id=upload.pk).attempts == attempt  # not due yet
        assert pushed == []
        later(seconds=10)
        assert queries.due_upload_ids(late=queries.LATE) == [upload.pk]
    upload = preparing.process_upload(upload_id=upload.pk)
    assert (upload.state, upload.reason, upload.attempts) == (Upload.State.FAILED, reasons.CRASHED, 3)
    assert [kind for _group, kind, _payload in pushed] == ["upload.failed"]
    assert preparing.process_upload(upload_id=upload.pk).attempts == 3


def test_a_second_attempt_may_succeed(owner, files, child_says, later):
    child_says(reasons.CRASHED, None)
    upload = receive(owner)
    preparing.process_upload(upload_id=upload.pk)
    later(seconds=21)
    upload = preparing.process_upload(upload_id=upload.pk)
    assert (upload.state, upload.reason, upload.attempts) == (Upload.State.READY, "", 2)


def test_staff_tries_again(owner, files, child_says, later, woken):
    child_says(reasons.BROKEN, None)
    upload = receive(owner)
    preparing.process_upload(upload_id=upload.pk)
    woken.clear()
    assert preparing.retry_upload(actor=owner, upload_id=upload.pk)
    assert woken == [("uploads.process", str(upload.pk))]
    assert not preparing.retry_upload(actor=owner, upload_id=upload.pk)
    assert preparing.process_upload(upload_id=upload.pk).is_ready


def test_a_lost_original_is_said_plainly(owner, files):
    upload = receive(owner)
    files.delete(storage.original(upload.key))
    assert preparing.process_upload(upload_id=upload.pk).reason == reasons.LOST


# One at a time, and dying


def test_only_one_worker_is_at_it(owner, files, monkeypatch, pushed):
    upload = receive(owner)
    real, inner = child.run, []

    def run(folder, **job):
        inner.append(preparing.process_upload(upload_id=upload.pk))
        return real(folder, **job)

    monkeypatch.setattr(child, "run", run)
    preparing.process_upload(upload_id=upload.pk)
    assert [(one.state, one.attempts) for one in inner] == [(Upload.State.PROCESSING, 1)]
    assert len(pushed) == 1


def test_a_worker_that_lost_its_claim_changes_nothing(owner, files, monkeypatch, pushed, later):
    upload = receive(owner)
    real = child.run

    def slow(folder, **job):
        monkeypatch.setattr(child, "run", real)
        later(minutes=4)
        preparing.process_upload(upload_id=upload.pk)
        raise child.Failed(reasons.BROKEN)

    monkeypatch.setattr(child, "run", slow)
    upload = preparing.process_upload(upload_id=upload.pk)
    assert (upload.state, upload.attempts) == (Upload.State.READY, 2)
    assert [kind for _group, kind, _payload in pushed] == ["upload.ready"]


@pytest.mark.parametrize(
    ("module", "line", "call"),
    [
        (storage, "fetch", 1),
        (child, "run", 1),
        (storage, "keep", 1),
        (storage, "keep", 3),
        (realtime, "push", 1),
        (storage, "drop_originals", 1),
    ],
)
def test_a_worker_that_dies_loses_nothing(owner, files, monkeypatch, later, module, line, call):
    upload = receive(owner)
    real, calls = getattr(module, line), []

    def dying(*args, **options):
        calls.append(args)
        if len(calls) == call:
            raise Killed
        return real(*args, **options)

    monkeypatch.setattr(module, line, dying)
    with pytest.raises(Killed):
        preparing.process_upload(upload_id=upload.pk)
    later(minutes=4)
    for upload_id in queries.due_upload_ids(late=queries.LATE):
        preparing.process_upload(upload_id=upload_id)
    sweeps.sweep_originals()
    upload.refresh_from_db()
    assert (upload.state, upload.original) == (Upload.State.READY, False)
    assert names(files) == {storage.variant(upload.key, name) for name in upload.variants}


def test_a_picture_that_kills_every_worker_fails_in_the_end(owner, files, monkeypatch, pushed, later):
    def die(folder, **job):
        raise Killed

    monkeypatch.setattr(child, "run", die)
    upload = receive(owner)
    for _attempt in range(3):
        with pytest.raises(Killed):
            preparing.process_upload(upload_id=upload.pk)
        later(minutes=4)
    upload = preparing.process_upload(upload_id=upload.pk)
    assert (upload.state, upload.reason) == (Upload.State.FAILED, reasons.GAVE_UP)
    assert [kind for _group, kind, _payload in pushed] == ["upload.failed"]


@pytest.mark.parametrize("after", [False, True])
def test_a_request_that_dies_leaves_no_file_behind(owner, files, monkeypatch, later, after):
    """Between the first byte and the row."""
    real = storage.keep

    def dying(*args):
        if after:
            real(*args)
        raise Killed

    monkeypatch.setattr(storage, "keep", dying)
    with pytest.raises(Killed):
        receive(owner)
    assert len(names(files)) == after
    assert Upload.objects.count() == 0
    later(minutes=61)
    assert sweeps.remove_due_files() == 1
    assert (names(files), Stored.objects.count()) == (set(), 0)


def test_an_upload_that_took_longer_than_its_intent_is_refused(owner, files, monkeypatch, later):
    real = storage.keep

    def slow(*args):
        real(*args)
        later(minutes=61)
        sweeps.remove_due_files()

    monkeypatch.setattr(storage, "keep", slow)
    with pytest.raises(errors.Conflict):
        receive(owner)
    assert (names(files), Upload.objects.count()) == (set(), 0)


def test_one_deleted_while_it_is_prepared_leaves_nothing(owner, files, monkeypatch, later):
    upload = receive(owner)
    real = child.run

    def run(folder, **job):
        using.delete_upload(actor=owner, key=upload.key)
        later(minutes=10)
        sweeps.remove_due_files()
        return real(folder, **job)

    monkeypatch.setattr(child, "run", run)
    preparing.process_upload(upload_id=upload.pk)
    assert names(files)
    later(minutes=10)
    sweeps.remove_due_files()
    assert (names(files), Upload.objects.count(), Stored.objects.count()) == (set(), 0, 0)
