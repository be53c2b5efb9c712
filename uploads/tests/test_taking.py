"""A finished slot is taken over by a worker, once, whoever dies or comes late: the request waits for nothing."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.utils import timezone
from rest_framework.test import APIClient

from core import errors, realtime, wake
from uploads import docks, magic, reasons, storage, tasks
from uploads.actions import checks, preparing, slots, sweeps, taking, using
from uploads.models import Slot, Stored, Upload
from uploads.tests import factories
from uploads.tests.parts import PICTURE, finish, land, lying, opened, send

pytestmark = pytest.mark.django_db


def test_nothing_overwrites_what_is_finished(api, client, disk):
    slot = opened(api)
    send(client, slot)
    first = land(api, slot)
    assert send(client, slot) == [404]
    assert (finish(api, slot).json()["key"], Upload.objects.count()) == (first["key"], 1)
    using.delete_upload(actor=Upload.objects.get().owner, key=first["key"])
    assert finish(api, slot).status_code == 404


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_finished_and_taken_twice_at_once_it_is_one_upload(api, client, owner, disk):
    slot = opened(api)
    send(client, slot)
    assert (
        factories.at_once(lambda: slots.finish_slot(actor=owner, key=slot["key"]).key) == [uuid.UUID(slot["key"])] * 2
    )
    taken = factories.at_once(lambda: factories.take(slot["key"]))
    assert len([one for one in taken if one]) == Upload.objects.count() == 1
    assert lying(disk) == {Upload.objects.get().original_name}


def test_finishing_asks_the_storage_for_nothing(api, client, disk, monkeypatch):
    slot = opened(api)
    send(client, slot)

    def asked(*_args, **_options):
        raise AssertionError("the request waits for the storage")

    with monkeypatch.context() as patch:
        patch.setattr(docks, "dock", asked)
        patch.setattr(storage, "default_storage", None)
        assert finish(api, slot).json()["state"] == "received"
        assert api.get(f"/api/v1/uploads/{slot['key']}").json()["state"] == "received"
        assert api.delete(f"/api/v1/uploads/{slot['key']}").status_code == 204
    assert (Slot.objects.count(), api.get(f"/api/v1/uploads/{slot['key']}").status_code) == (0, 404)


def test_what_is_not_finished_is_no_upload_yet(api, owner, disk):
    slot = opened(api)
    for ask in (api.get, api.delete):
        assert ask(f"/api/v1/uploads/{slot['key']}").status_code == 404
    with pytest.raises(errors.NotFound):
        using.attach_uploads(actor=owner, keys=[slot["key"]], purpose=factories.PURPOSE, limit=1)


def test_nobody_posts_it_before_it_has_been_looked_at(api, client, owner, stranger, disk):
    slot = opened(api)
    send(client, slot, PICTURE)
    finish(api, slot)
    words = {"keys": [slot["key"]], "purpose": factories.PURPOSE, "limit": 1}
    with pytest.raises(errors.Conflict):
        using.attach_uploads(actor=owner, **words)
    with pytest.raises(errors.NotFound):
        using.attach_uploads(actor=stranger, **words)
    other = APIClient()
    other.force_authenticate(stranger)
    for ask in (other.get, other.delete):
        assert ask(f"/api/v1/uploads/{slot['key']}").status_code == 404
    assert other.post(f"/api/v1/uploads/{slot['key']}/retry").status_code == 404
    factories.take(slot["key"])
    preparing.process_upload(upload_id=Upload.objects.get().pk)
    assert using.attach_uploads(actor=owner, **words)


def test_the_owner_hears_of_a_refusal_at_once(api, client, owner, disk, monkeypatch):
    heard = []
    monkeypatch.setattr(realtime, "push", lambda group, said: heard.append((group, said.type, said.upload["reason"])))
    slot = opened(api, b"<html>", type="image/png")
    send(client, slot, b"<html>")
    land(api, slot)
    assert heard == [(f"user:{owner.pk}", "upload.failed", reasons.UNKNOWN_TYPE)]


def test_the_sweep_finds_one_whose_wake_up_was_lost(api, client, disk, monkeypatch):
    woken = []
    monkeypatch.setattr(wake, "now", lambda *words: woken.append(words))
    slot = opened(api)
    send(client, slot)
    finish(api, slot)
    with time_machine.travel(timezone.now() + timedelta(seconds=6), tick=False):
        tasks.sweep()
    assert ("uploads.take", str(Slot.objects.get().pk)) in woken


def test_one_deleted_while_it_is_taken_over_leaves_nothing(api, client, owner, disk, monkeypatch):
    slot = opened(api)
    send(client, slot)
    real = storage.open_original

    def deleting(key, taken):
        slots.delete_slot(actor=owner, key=key)
        return real(key, taken)

    monkeypatch.setattr(storage, "open_original", deleting)
    land(api, slot)
    with time_machine.travel(timezone.now() + timedelta(minutes=10), tick=False):
        tasks.remove()
    assert (lying(disk), Upload.objects.count(), Stored.objects.count()) == (set(), 0, 0)


@pytest.mark.both
@pytest.mark.parametrize("line", ["keep", "open_original"])
def test_one_that_is_stalled_for_longer_than_its_claim_changes_nothing(api, client, owner, disk, monkeypatch, line):
    """Before it copies, or after it: the second has taken the file over meanwhile, and its copy is what counts."""
    slot = opened(api)
    send(client, slot)
    real = getattr(storage, line)

    def stalled(*args):
        monkeypatch.setattr(storage, line, real)
        with time_machine.travel(timezone.now() + taking.CLAIM + timedelta(seconds=1)):
            assert factories.take(slot["key"])
        return real(*args)

    monkeypatch.setattr(storage, line, stalled)
    finish(api, slot)
    assert factories.take(slot["key"]) is None
    upload = Upload.objects.get()
    assert lying(disk) == {upload.original_name}
    assert factories.original_of(upload.key) == PICTURE
    Upload.objects.update(due_at=timezone.now())
    assert preparing.process_upload(upload_id=upload.pk).is_ready
    assert (finish(api, slot).status_code, Stored.objects.get().due_at) == (202, None)


def test_one_that_is_too_late_cannot_refuse_what_another_has_taken(api, client, owner, disk, monkeypatch):
    slot = opened(api)
    send(client, slot)
    real = checks.facts_of_head

    def stalled(*args):
        monkeypatch.setattr(checks, "facts_of_head", real)
        with time_machine.travel(timezone.now() + taking.CLAIM + timedelta(seconds=1)):
            factories.take(slot["key"])
        raise magic.Refused(reasons.UNKNOWN_TYPE)

    monkeypatch.setattr(checks, "facts_of_head", stalled)
    assert land(api, slot)["state"] == "received"
    tasks.remove()
    assert lying(disk) == {Upload.objects.get().original_name}


@pytest.mark.parametrize("line", ["storage.parts", "storage.keep", "checks.facts_of_head", "taking._become"])
def test_killed_at_any_line_it_is_taken_over_once_more(api, client, disk, monkeypatch, line):
    """Three times at most: then its owner reads so, and may ask for it again."""
    slot = opened(api)
    send(client, slot)

    def dies(*_args, **_options):
        raise KeyboardInterrupt

    room, name = line.split(".")
    with monkeypatch.context() as patch:
        patch.setattr({"storage": storage, "checks": checks, "taking": taking}[room], name, dies)
        finish(api, slot)
        with pytest.raises(KeyboardInterrupt):
            factories.take(slot["key"])
    assert factories.take(slot["key"]) is None, "the dead one's claim stands"
    with time_machine.travel(timezone.now() + taking.CLAIM, tick=True):
        assert factories.take(slot["key"])
    assert (Upload.objects.count(), factories.original_of(slot["key"])) == (1, PICTURE)


def test_one_that_kills_all_workers_ends(api, client, disk):
    slot = opened(api)
    send(client, slot)
    finish(api, slot)
    Slot.objects.update(attempts=3)
    factories.take(slot["key"])
    said = api.get(f"/api/v1/uploads/{slot['key']}").json()
    assert (said["state"], said["reason"], said["can_retry"]) == ("failed", reasons.GAVE_UP, True)
    assert api.post(f"/api/v1/uploads/{slot['key']}/retry").json()["state"] == "received"
    assert factories.take(slot["key"])


def test_what_a_late_copy_leaves_goes_with_the_walk(api, client, disk):
    """It was killed before it could clear away; the upload is prepared, from the other one."""
    slot = opened(api)
    send(client, slot)
    land(api, slot)
    upload = preparing.process_upload(upload_id=Upload.objects.get().pk)
    waiting = opened(api)
    send(client, waiting)
    land(api, waiting)
    storage.default_storage.save(storage.original(upload.key, "1"), ContentFile(PICTURE))
    assert sweeps.sweep_storage() == (1, 0)
    variants = {storage.variant(upload.key, name) for name in upload.variants}
    assert lying(disk) == variants | {Upload.objects.get(key=waiting["key"]).original_name}


@pytest.mark.both
def test_what_is_sent_while_it_is_taken_over_goes_with_the_walk(api, client, disk, monkeypatch):
    other = opened(api)
    send(client, other)
    slot = opened(api)
    send(client, slot)
    real = storage.keep_part

    def late(key, number, piece):
        """The same part once more, by whoever has not heard that it is there."""
        monkeypatch.setattr(storage, "keep_part", real)
        land(api, slot)
        real(key, number, piece)

    monkeypatch.setattr(storage, "keep_part", late)
    assert send(client, slot) == [204]
    upload = preparing.process_upload(upload_id=Upload.objects.get().pk)
    waiting = storage.part(uuid.UUID(other["key"]), 1)
    shown = {storage.variant(upload.key, name) for name in upload.variants}
    assert lying(disk) == {waiting, storage.part(upload.key, 1), *shown}
    assert sweeps.sweep_storage() == (1, 0)
    assert lying(disk) == {waiting, *shown}
    assert sweeps.sweep_storage() == (0, 0)
