"""Exports and imports where the disk is full, the storage is away, workers die, and many come at once."""

import io
import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from accounts import bundles, tasks
from accounts.actions import archives, life
from accounts.actions import shelf as shelf_actions
from accounts.models.archives import ArchiveState, Export, Import
from accounts.models.people import User
from accounts.tests.factories import Cast, log_in, make_user
from accounts.tests.zips import build, upload, zips
from core import errors, scratch
from uploads import reasons, storage
from uploads import tasks as upload_tasks
from uploads.actions import holding
from uploads.actions import receiving as uploads_receiving
from uploads.models import Held, Upload
from uploads.tests.factories import png

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.usefixtures("shelf")]


def is_away(*args: Any, **options: Any) -> Any:
    raise EndpointConnectionError(endpoint_url="https://s3.example.org")


@pytest.fixture
def away() -> Iterator[pytest.MonkeyPatch]:
    """The storage, as its client would say it; `away.undo()`: it is back."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("save", "open", "delete"):
            patch.setattr(default_storage, name, is_away)
        yield patch


def jobs() -> list[Path]:
    return list(Path(scratch._place()).glob(f"{scratch.PREFIX}*"))


def page_of(who: User) -> str:
    client = Client()
    log_in(client, who)
    return client.get("/settings/data/").content.decode()


def test_a_storage_that_is_away_is_asked_again_later_and_later(cast: Cast, away: pytest.MonkeyPatch) -> None:
    export = archives.start_export(actor=cast.alice)
    for attempt, pause in enumerate(archives.BACK_OFF, 1):
        before = timezone.now()
        assert archives.build_export(export_id=export.pk) is False
        export.refresh_from_db()
        assert (export.state, export.reason, export.attempts) == (ArchiveState.WAITING, "away", attempt)
        assert pause <= export.due_at - before < pause + timedelta(minutes=1), "at once, and not when a claim lapses"
        assert archives.build_export(export_id=export.pk) is False, "not before its time"
        assert str(bundles.WAITS["away"]) in page_of(cast.alice)
        Export.objects.update(due_at=timezone.now())
    assert archives.build_export(export_id=export.pk) is False
    export.refresh_from_db()
    assert (export.state, export.reason, export.due_at) == (ArchiveState.FAILED, "away", None)
    assert str(bundles.REASONS["away"]) in page_of(cast.alice)
    assert jobs() == []
    away.undo()
    again = archives.start_export(actor=cast.alice)
    assert archives.build_export(export_id=again.pk) is True


def test_once_it_is_back_everything_is_as_if_nothing_had_been(
    cast: Cast, shelf: Path, away: pytest.MonkeyPatch
) -> None:
    export = archives.start_export(actor=cast.alice)
    assert archives.build_export(export_id=export.pk) is False
    away.undo()
    Export.objects.update(due_at=timezone.now())
    assert archives.build_export(export_id=export.pk) is True
    export.refresh_from_db()
    assert (export.state, export.reason) == (ArchiveState.READY, "")
    assert zips(shelf) == [f"{export.key}.zip"]


def test_an_import_that_the_database_does_not_hold_can_be_sent_again(
    cast: Cast, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Held.objects.create

    def full(**fields: Any) -> Any:
        if fields["number"] == 0:
            raise OperationalError("no space left on device")
        return real(**fields)

    with monkeypatch.context() as patch:
        patch.setattr(holding, "is_needed", lambda: True)
        patch.setattr(holding, "PIECE", 2)
        patch.setattr(Held.objects, "create", full)
        with pytest.raises(errors.Busy):
            archives.start_import(actor=cast.bob, file=io.BytesIO(b"zip"), size=3, only_me=False)
    assert (Import.objects.get().state, Held.objects.count()) == (ArchiveState.FAILED, 0)
    assert archives.start_import(actor=cast.bob, file=io.BytesIO(b"zip"), size=3, only_me=False).is_open


def test_an_import_that_cannot_be_kept_or_read(cast: Cast, shelf: Path, away: pytest.MonkeyPatch) -> None:
    with pytest.raises(errors.Busy, match="does not answer"):
        archives.start_import(actor=cast.bob, file=io.BytesIO(b"zip"), size=3, only_me=False)
    assert Import.objects.get().state == ArchiveState.FAILED
    client = Client()
    log_in(client, cast.bob)
    answer = client.post("/settings/data/import/", {"file": io.BytesIO(b"zip")})
    assert answer.status_code == 422
    assert str(bundles.REASONS["away"]) in answer.content.decode()
    assert client.post("/api/v1/me/import", {"file": io.BytesIO(b"zip")}, format="multipart").status_code == 503
    away.undo()
    row = archives.start_import(actor=cast.bob, file=io.BytesIO(b"zip"), size=3, only_me=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(default_storage, "open", is_away)
        assert archives.read_import(import_id=row.pk) is False
    row.refresh_from_db()
    assert (row.state, row.reason) == (ArchiveState.WAITING, "away")
    assert client.get("/api/v1/me/import").json()["reason"] == "away"
    Import.objects.filter(pk=row.pk).update(due_at=timezone.now())
    assert archives.read_import(import_id=row.pk) is True
    row.refresh_from_db()
    assert (row.state, row.reason) == (ArchiveState.FAILED, "broken")


def test_a_picture_waits_too(cast: Cast, shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = uploads_receiving.receive_upload(actor=cast.alice, purpose="post", file=png())
    with monkeypatch.context() as patch:
        patch.setattr(default_storage, "open", is_away)
        upload_tasks.process(str(picture.pk))
    picture.refresh_from_db()
    assert (picture.state, picture.reason) == (Upload.State.RECEIVED, reasons.AWAY)
    Upload.objects.update(due_at=timezone.now())
    upload_tasks.process(str(picture.pk))
    picture.refresh_from_db()
    assert picture.is_ready


def test_without_room_nothing_is_begun(cast: Cast, shelf: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.MIN_FREE_BYTES = 2**60
    export = archives.start_export(actor=cast.alice)
    with monkeypatch.context() as patch:
        patch.setattr(bundles, "write", lambda *a, **k: pytest.fail("the disk would have been filled"))
        assert archives.build_export(export_id=export.pk) is False
    assert Export.objects.get().reason == "no_room"
    assert str(bundles.WAITS["no_room"]) in page_of(cast.alice)
    with pytest.raises(errors.Busy, match="too little room"):
        archives.start_import(actor=cast.alice, file=io.BytesIO(b"zip"), size=3, only_me=False)
    assert zips(shelf) == []


def test_a_disk_that_fills_on_the_way_is_given_back(
    cast: Cast, shelf: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr(archives, "TELL_EVERY", 0)
    real = bundles._write_media

    def filling(*args: Any, **options: Any) -> None:
        real(*args, **options)
        settings.MIN_FREE_BYTES = 2**60

    monkeypatch.setattr(bundles, "_write_media", filling)
    upload(cast.alice, "post")
    upload(cast.alice, "post")
    export = archives.start_export(actor=cast.alice)
    assert archives.build_export(export_id=export.pk) is False
    assert Export.objects.get().reason == "no_room"
    assert (jobs(), zips(shelf)) == ([], [])
    with pytest.raises(CommandError, match="too little room"):
        call_command("export_user", "alice")


def test_all_that_is_kept_has_a_ceiling(cast: Cast, shelf: Path, settings: Any) -> None:
    build(cast.alice).close()
    settings.MAX_EXPORTS_BYTES = Export.objects.get().bytes + 100
    export = archives.start_export(actor=cast.bob)
    assert archives.build_export(export_id=export.pk) is False
    assert Export.objects.get(pk=export.pk).reason == "no_room"
    Export.objects.filter(user=cast.alice).update(created_at=timezone.now() - timedelta(days=2))
    build(cast.alice).close()  # in place of her own
    Export.objects.filter(user=cast.alice).update(expires_at=timezone.now())
    Export.objects.filter(pk=export.pk).update(due_at=timezone.now())
    assert archives.build_export(export_id=export.pk) is True


def test_one_members_large_export_gives_way_to_the_others(cast: Cast, shelf: Path, settings: Any) -> None:
    build(cast.alice).close()
    hers = Export.objects.get()
    settings.MAX_EXPORTS_BYTES = hers.bytes + 100
    export = archives.start_export(actor=cast.bob)
    assert archives.build_export(export_id=export.pk) is False, "she needs some time to fetch it"
    Export.objects.filter(pk=hers.pk).update(finished_at=timezone.now() - archives.TO_FETCH)
    Export.objects.filter(pk=export.pk).update(due_at=timezone.now())
    assert archives.build_export(export_id=export.pk) is True
    assert not Export.objects.filter(user=cast.alice, expires_at__gt=timezone.now()).exists()
    shelf_actions.drop_expired()
    assert archives.start_export(actor=cast.alice).is_open, "she can make another at once"


def test_small_exports_stay_for_their_week(cast: Cast, shelf: Path, settings: Any) -> None:
    build(cast.alice).close()
    hers = Export.objects.get()
    Export.objects.update(finished_at=timezone.now() - timedelta(days=6))
    settings.MAX_EXPORTS_BYTES = hers.bytes * archives.SHARES
    others = [make_user() for _number in range(archives.SHARES)]
    now = timezone.now()
    Export.objects.bulk_create(
        Export(
            user=one,
            state=ArchiveState.READY,
            bytes=hers.bytes,
            finished_at=hers.finished_at,
            expires_at=hers.expires_at,
        )
        for one in others
    )
    export = archives.start_export(actor=cast.bob)
    assert archives.build_export(export_id=export.pk) is False
    assert Export.objects.filter(expires_at__gt=now).count() == archives.SHARES + 1


def test_what_a_dead_worker_left_goes_with_the_member(cast: Cast, shelf: Path) -> None:
    export = archives.start_export(actor=cast.alice)
    other = archives.start_export(actor=cast.bob)
    left = [Path(scratch._place(), f"{scratch.PREFIX}export-{one.key}-killed") for one in (export, other)]
    for folder in left:
        folder.mkdir()
        (folder / "export.zip").write_bytes(b"everything")
    life.request_deletion_of(actor=None, member=cast.alice, now=True)
    assert life.erase_member(member_id=cast.alice.pk) is True
    assert jobs() == left[1:], "at once, and nobody else's"
    scratch.drop(f"export-{other.key}")


def test_a_zip_without_a_row_goes(cast: Cast, shelf: Path) -> None:
    """The member went while it was on its way here, and then the worker died."""
    build(cast.alice).close()
    for kind in ("export", "import"):
        storage.keep(storage.archive(kind, uuid.uuid4()), io.BytesIO(b"everything"))
    storage.keep("archives/export/of-the-operator.zip", io.BytesIO(b"theirs"))
    tasks.forget()
    assert zips(shelf) == sorted([f"{Export.objects.get().key}.zip", "of-the-operator.zip"])


def test_all_of_a_job_lies_in_its_own_folder(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[Path] = set()
    real = bundles._Pages.__enter__

    def entered(pages: Any) -> Any:
        seen.add(pages.folder)
        return real(pages)

    monkeypatch.setattr(bundles._Pages, "__enter__", entered)
    build(cast.alice).close()
    key = Export.objects.get().key
    assert seen
    assert all(folder.parent.name.startswith(f"{scratch.PREFIX}export-{key}-") for folder in seen)
    assert jobs() == []


# -- Their turn -------------------------------------------------------------------------------------------------------


def test_one_at_a_time_then_whoever_waits(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (archives.start_export(actor=who) for who in (cast.alice, cast.bob))
    brought = archives.start_import(actor=cast.carol, file=io.BytesIO(b"zip"), size=3, only_me=False)
    with scratch.turn("archives"):
        tasks.build_export(str(one.pk))
        tasks.read_import(str(brought.pk))
    assert set(Export.objects.values_list("attempts", flat=True)) == {0}, "left to who is at it"
    assert Import.objects.get().attempts == 0
    tasks.build_export(str(other.pk))
    assert set(Export.objects.values_list("state", flat=True)) == {ArchiveState.READY}
    assert Import.objects.get().state == ArchiveState.FAILED


@pytest.mark.django_db(transaction=True)
def test_a_long_one_holds_one_worker_only(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, may_end, at_it = threading.Event(), threading.Event(), []

    def slow(member: User, target: Path, *, tick: Any) -> None:
        at_it.append(member.handle)
        begun.set()
        assert may_end.wait(20)
        target.write_bytes(b"zip")

    monkeypatch.setattr(bundles, "write", slow)
    rows = [archives.start_export(actor=who) for who in (cast.alice, cast.bob, cast.carol)]

    def work() -> None:
        try:
            tasks.build_export(str(rows[0].pk))
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert begun.wait(20)
        for row in rows[1:]:
            tasks.build_export(str(row.pk))  # comes back at once
        assert at_it == ["alice"]
    finally:
        may_end.set()
        thread.join(20)
    assert at_it == ["alice", "bob", "carol"], "the one who was at it goes on"
    assert Export.objects.filter(state=ArchiveState.READY, attempts=1).count() == 3


def test_a_storage_s_file_is_fetched_when_it_is_opened(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not at the first read, where nobody expects its errors."""

    class Far(io.BytesIO):
        def seek(self, *_place: int) -> int:
            is_away()
            return 0

    monkeypatch.setattr(default_storage, "open", lambda name, mode: Far(b"x"))
    with pytest.raises(OSError, match="EndpointConnectionError"):
        storage.open_archive("export", Export().key)
