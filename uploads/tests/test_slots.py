"""Slots where files lie with us: parts, going on, and what is refused. The same in a bucket: test_s3.py; what becomes
of a finished one: test_taking.py."""

import errno
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from core import bodies, scratch
from uploads import links, reasons, storage, tasks
from uploads.actions import attempts, checks, preparing, slots, using
from uploads.models import Slot, Stored, Upload
from uploads.tests import factories
from uploads.tests.parts import PICTURE, URL, finish, land, lying, opened, send

pytestmark = pytest.mark.django_db


# The whole way


@pytest.mark.both
def test_a_file_comes_and_becomes_an_upload(api, client, disk):
    slot = opened(api, alt="A cat", name="C:\\photos\\..\\cat.png")
    assert send(client, slot) == [204]
    answer = finish(api, slot)
    assert (answer.status_code, answer.json()["name"], answer.json()["alt"]) == (202, "cat.png", "A cat")
    assert answer.json() == finish(api, slot).json() == api.get(f"/api/v1/uploads/{slot['key']}").json()
    tasks.take(str(Slot.objects.get().pk))
    assert answer.json() | {"width": 700, "height": 500} == finish(api, slot).json()
    assert lying(disk) == {(upload := Upload.objects.get()).original_name}
    upload = preparing.process_upload(upload_id=upload.pk)
    assert (upload.is_ready, upload.bytes, len(upload.sha256)) == (True, len(PICTURE), 64)
    assert lying(disk) == {storage.variant(upload.key, name) for name in upload.variants}
    assert (Slot.objects.count(), Stored.objects.get().due_at) == (0, None)


def test_it_goes_on_after_a_lost_connection(api, client, disk):
    data = PICTURE + bytes(2 * bodies.PLAIN_LIMIT)
    slot = opened(api, data)
    assert (slot["parts"], slot["part_bytes"]) == (3, bodies.PLAIN_LIMIT)
    assert send(client, slot, data, {2}) == [204]
    refused = land(api, slot)
    assert (refused["state"], refused["reason"], refused["can_retry"]) == ("failed", reasons.INCOMPLETE, False)
    assert "send the rest" in refused["detail"]
    again = api.get(f"{URL}/{slot['key']}").json()
    assert (again["arrived"], [way["number"] for way in again["ways"]]) == ([2], [1, 3])
    assert send(client, again, data) == [204, 204]
    assert land(api, slot)["state"] == "received"
    assert factories.original_of(slot["key"]) == data


@pytest.mark.both
def test_what_is_called_off_or_forgotten_leaves_nothing(api, client, disk):
    first, second = opened(api), opened(api)
    for slot in (first, second):
        send(client, slot)
    assert api.delete(f"{URL}/{first['key']}").status_code == 204
    tasks.remove()
    assert lying(disk) == {f"uploads/temp/{second['key']}.parts/1"}
    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1), tick=False):
        assert finish(api, second).status_code == 404
        tasks.tidy()
        tasks.remove()
    assert (lying(disk), Slot.objects.count(), Stored.objects.count()) == (set(), 0, 0)


def test_many_slots_are_too_many(api, disk, monkeypatch):
    monkeypatch.setattr(checks, "UNUSED_LIMIT", 2)
    opened(api)
    opened(api)
    answer = api.post(URL, {"purpose": factories.PURPOSE, "bytes": 10}, format="json")
    assert answer.status_code == 429


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_one_member_has_no_more_on_its_way_than_fits(api, client, owner, disk, settings, stranger):
    """Also when several ask at once; what is used or given up makes room again."""
    settings.MAX_UNUSED_BYTES = 3 * len(PICTURE)
    given = {"purpose": factories.PURPOSE, "name": "", "type": "", "bytes": len(PICTURE)}
    first = opened(api)
    made = factories.at_once(lambda: slots.open_slot(actor=owner, **given), times=4)
    assert (len([one for one in made if one]), Slot.objects.count()) == (2, 3)
    refused = api.post(URL, given, format="json")
    assert (refused.status_code, set(refused.json()["errors"])) == (413, {"bytes"})
    assert "waiting" in refused.json()["errors"]["bytes"][0]
    assert slots.open_slot(actor=stranger, **given)
    send(client, first)
    land(api, first)
    assert api.post(URL, given, format="json").status_code == 413, "it is here, and hangs on nothing"
    Upload.objects.update(attached_at=timezone.now(), state="ready", due_at=None, width=1, height=1)
    opened(api)


# What is refused


@pytest.mark.parametrize(
    ("words", "status", "field"),
    [
        ({"bytes": 0}, 422, "bytes"),
        ({"bytes": -1}, 422, "bytes"),
        ({"bytes": 2**40}, 413, "bytes"),
        ({"purpose": "nothing"}, 422, "purpose"),
        ({"alt": "x" * 501}, 422, "alt"),
    ],
)
def test_refuses_at_once_what_it_would_refuse_later(api, disk, words, status, field):
    answer = api.post(URL, {"purpose": factories.PURPOSE, "bytes": 10} | words, format="json")
    assert (answer.status_code, set(answer.json()["errors"])) == (status, {field})
    assert not Stored.objects.exists()


def test_only_the_address_counts(api, client, disk, stranger):
    slot = opened(api)
    [way] = slot["ways"]
    other = APIClient()
    other.force_authenticate(stranger)
    theirs = opened(other)
    for bent in (
        way["url"].partition("?")[0],
        way["url"].replace("/1?", "/2?"),
        way["url"].replace(slot["key"], theirs["key"]),
        way["url"].replace("e=", "e=9"),
        way["url"] + "x",
        way["url"].replace(slot["key"], "../../final/x"),
    ):
        assert client.put(bent, PICTURE, content_type="image/png").status_code == 404, bent
    for foreign in (other.get, other.delete):
        assert foreign(f"{URL}/{slot['key']}").status_code == 404
    assert finish(other, slot).status_code == 404
    with time_machine.travel(timezone.now() + timedelta(minutes=15, seconds=1), tick=False):
        assert send(client, slot) == [404]
        renewed = api.get(f"{URL}/{slot['key']}").json()
        assert send(client, renewed) == [204]
    assert lying(disk) == {f"uploads/temp/{slot['key']}.parts/1"}


@pytest.mark.parametrize("change", [-1, 1])
def test_no_part_of_another_size(api, client, disk, change):
    slot = opened(api)
    piece = PICTURE[:-1] if change < 0 else PICTURE + b"x"
    assert client.put(slot["ways"][0]["url"], piece, content_type="image/png").status_code == 422
    assert not lying(disk)


@pytest.mark.parametrize("number", [0, 2, 10**6])
def test_no_part_that_there_is_not(api, client, disk, number):
    slot = opened(api)
    end = int((timezone.now() + timedelta(minutes=1)).timestamp())
    url = links.part_url(uuid.UUID(slot["key"]), number, end)
    assert client.put(url, b"x", content_type="image/png").status_code == 422
    assert not lying(disk)


@pytest.mark.parametrize(
    ("data", "said", "reason"),
    [
        (b"<html><script>alert(1)</script>", "image/png", reasons.UNKNOWN_TYPE),
        (factories.png_saying(60_000, 60_000).getvalue(), "image/png", reasons.TOO_MANY_PIXELS),
        (PICTURE, "video/mp4", reasons.UNKNOWN_TYPE),
        (PICTURE, "text/html", reasons.UNKNOWN_TYPE),
    ],
)
def test_what_it_is_says_its_content(api, client, disk, data, said, reason):
    slot = opened(api, data, type=said)
    send(client, slot, data)
    said = land(api, slot)
    assert (said["state"], said["reason"], said["can_retry"]) == ("failed", reason, False)
    assert said["detail"] == str(reasons.sentence(reason))
    answer = finish(api, slot)  # it stays so, and says it again
    assert (answer.status_code, answer.json()["errors"]["file"]) == (422, [said["detail"]])
    assert api.get(f"{URL}/{slot['key']}").status_code == 422
    assert api.post(f"/api/v1/uploads/{slot['key']}/retry").status_code == 409
    tasks.remove()
    assert (lying(disk), Upload.objects.count()) == (set(), 0)
    assert api.delete(f"/api/v1/uploads/{slot['key']}").status_code == 204
    assert not Slot.objects.exists()


def test_a_picture_called_by_another_picture_s_name_is_fine(api, client, disk):
    slot = opened(api, type="image/jpeg", name="really.jpg")
    send(client, slot)
    assert land(api, slot)["type"] == "image/png"


# Troubles


@pytest.mark.parametrize(
    ("trouble", "words"),
    [(OSError(errno.ENOSPC, "full"), "no room"), (OSError(errno.EIO, "broken"), "does not answer")],
)
def test_a_storage_in_trouble_is_said_and_a_retry_is_safe(api, client, disk, monkeypatch, trouble, words):
    slot = opened(api)

    def fails(*_args, **_options):
        raise trouble

    with monkeypatch.context() as patch:
        patch.setattr(storage, "keep_part", fails)
        answer = client.put(slot["ways"][0]["url"], PICTURE, content_type="image/png")
        assert answer.status_code == 503
    assert send(client, slot) == [204]
    with monkeypatch.context() as patch:
        patch.setattr(storage, "keep", fails)
        for turn in range(attempts.ATTEMPTS):
            said = land(api, slot)
            assert (said["state"], factories.take(slot["key"])) == ("received" if turn < 2 else "failed", None)
            Slot.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
        assert (said["can_retry"], words in said["detail"]) == (True, True)
    assert api.post(f"/api/v1/uploads/{slot['key']}/retry").json()["state"] == "received"
    assert factories.take(slot["key"])
    assert lying(disk) == {Upload.objects.get().original_name}


def test_a_disk_with_little_room_left_takes_nothing_more(api, client, disk, monkeypatch):
    def full(_more: int = 0) -> None:
        raise OSError(errno.ENOSPC, "too little room is left")

    slot = opened(api)
    monkeypatch.setattr(scratch, "check_room", full)
    assert send(client, slot) == [503]
    assert not lying(disk)


def test_erasing_a_member_takes_what_is_on_its_way(api, client, owner, disk):
    send(client, opened(api))
    assert using.delete_uploads(actor=owner, owner_id=owner.pk) == 1
    tasks.remove()
    assert (lying(disk), Slot.objects.count(), Stored.objects.count()) == (set(), 0, 0)
