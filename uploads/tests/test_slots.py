"""Slots where files lie with us: parts, going on, finishing, and what is refused. The same in a bucket: test_s3.py."""

import errno
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.utils import timezone
from rest_framework.test import APIClient

from core import bodies, errors, scratch
from uploads import links, magic, reasons, storage, tasks
from uploads.actions import checks, preparing, slots, sweeps, using
from uploads.models import Slot, Stored, Upload
from uploads.tests import factories

pytestmark = pytest.mark.django_db
URL = "/api/v1/uploads/slots"
PICTURE = factories.png(700, 500).getvalue()


@pytest.fixture
def disk(tmp_path, monkeypatch):
    """The data folder's media."""
    where = FileSystemStorage(location=tmp_path)
    monkeypatch.setattr(storage, "default_storage", where)
    return tmp_path


def lying(disk) -> set[str]:
    return {str(path.relative_to(disk)) for path in disk.rglob("*") if path.is_file()}


def opened(api, data=PICTURE, **words) -> dict:
    given = {"purpose": factories.PURPOSE, "name": "cat.png", "type": "image/png", "bytes": len(data)}
    answer = api.post(URL, given | words, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def send(client, slot, data=PICTURE, numbers=None) -> list[int]:
    """Without any login: whoever has the address may send."""
    found = []
    for way in slot["ways"]:
        if numbers is None or way["number"] in numbers:
            begin = (way["number"] - 1) * slot["part_bytes"]
            piece = data[begin : begin + way["bytes"]]
            found.append(client.put(way["url"], piece, content_type="application/octet-stream").status_code)
    return found


def finish(api, slot):
    return api.post(f"{URL}/{slot['key']}/finish")


# The whole way


@pytest.mark.both
def test_a_file_comes_and_becomes_an_upload(api, client, disk):
    slot = opened(api, alt="A cat", name="C:\\photos\\..\\cat.png")
    assert send(client, slot) == [204]
    answer = finish(api, slot)
    assert (answer.status_code, answer.json()["name"], answer.json()["alt"]) == (202, "cat.png", "A cat")
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
    refused = finish(api, slot)
    assert (refused.status_code, "send the rest" in refused.json()["detail"]) == (409, True)
    again = api.get(f"{URL}/{slot['key']}").json()
    assert (again["arrived"], [way["number"] for way in again["ways"]]) == ([2], [1, 3])
    assert send(client, again, data) == [204, 204]
    assert finish(api, slot).status_code == 202
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
    finish(api, first)
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
    for _turn in range(2):  # it stays so, and says it again
        answer = finish(api, slot)
        assert (answer.status_code, answer.json()["errors"]["file"]) == (422, [str(reasons.sentence(reason))])
    tasks.remove()
    assert (lying(disk), Upload.objects.count()) == (set(), 0)


def test_a_picture_called_by_another_picture_s_name_is_fine(api, client, disk):
    slot = opened(api, type="image/jpeg", name="really.jpg")
    send(client, slot)
    assert finish(api, slot).json()["type"] == "image/png"


# Finished is finished


def test_nothing_overwrites_what_is_finished(api, client, disk):
    slot = opened(api)
    send(client, slot)
    first = finish(api, slot).json()
    assert send(client, slot) == [404]
    assert (finish(api, slot).json()["key"], Upload.objects.count()) == (first["key"], 1)
    using.delete_upload(actor=Upload.objects.get().owner, key=first["key"])
    assert finish(api, slot).status_code == 404


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_finished_twice_at_once_it_is_one_upload(api, client, owner, disk):
    slot = opened(api)
    send(client, slot)
    answers = factories.at_once(lambda: slots.finish_slot(actor=owner, key=slot["key"]).key)
    assert set(answers) <= {uuid.UUID(slot["key"]), None}
    assert any(answers)
    assert Upload.objects.count() == 1


def test_one_deleted_while_it_is_taken_over_leaves_nothing(api, client, owner, disk, monkeypatch):
    slot = opened(api)
    send(client, slot)
    real = storage.open_original

    def deleting(key, taken):
        slots.delete_slot(actor=owner, key=key)
        return real(key, taken)

    monkeypatch.setattr(storage, "open_original", deleting)
    assert finish(api, slot).status_code == 409
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
        with time_machine.travel(timezone.now() + slots.CLAIM + timedelta(seconds=1)):
            assert slots.finish_slot(actor=owner, key=slot["key"])
        return real(*args)

    monkeypatch.setattr(storage, line, stalled)
    with pytest.raises(errors.Conflict):
        slots.finish_slot(actor=owner, key=slot["key"])
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
        with time_machine.travel(timezone.now() + slots.CLAIM + timedelta(seconds=1)):
            slots.finish_slot(actor=owner, key=slot["key"])
        raise magic.Refused(reasons.UNKNOWN_TYPE)

    monkeypatch.setattr(checks, "facts_of_head", stalled)
    with pytest.raises(errors.Conflict):
        slots.finish_slot(actor=owner, key=slot["key"])
    tasks.remove()
    assert lying(disk) == {Upload.objects.get().original_name}


def test_what_a_late_copy_leaves_goes_with_the_walk(api, client, disk):
    """It was killed before it could clear away; the upload is prepared, from the other one."""
    slot = opened(api)
    send(client, slot)
    finish(api, slot)
    upload = preparing.process_upload(upload_id=Upload.objects.get().pk)
    waiting = opened(api)
    send(client, waiting)
    finish(api, waiting)
    storage.default_storage.save(storage.original(upload.key, "1"), ContentFile(PICTURE))
    assert sweeps.sweep_storage() == (1, 0)
    variants = {storage.variant(upload.key, name) for name in upload.variants}
    assert lying(disk) == variants | {Upload.objects.get(key=waiting["key"]).original_name}


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
        answer = finish(api, slot)
        assert (answer.status_code, words in answer.json()["detail"]) == (503, True)
    assert finish(api, slot).status_code == 202
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
