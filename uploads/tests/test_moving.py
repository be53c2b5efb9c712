"""Media move from one storage to another, and the walk that compares what lies there with the rows."""

import io
import uuid

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError, call_command
from django.utils import timezone

from uploads import checkup, links, storage, tasks
from uploads.actions import moving, sweeps, using
from uploads.models import Missing, Slot, Stored, Upload
from uploads.tests import factories

pytestmark = pytest.mark.django_db
BODY = b"webp" * 100


@pytest.fixture
def places(tmp_path, monkeypatch):
    """The new storage and the old one."""
    new, old = (FileSystemStorage(location=tmp_path / name) for name in ("new", "old"))
    monkeypatch.setattr(storage, "default_storage", new)
    monkeypatch.setattr(moving, "default_storage", new)
    monkeypatch.setattr(storage, "storages", type("Storages", (dict,), {"backends": {"old": {}}})(old=old))
    links._signed.cache_clear()
    yield new, old
    links._signed.cache_clear()


def names(where) -> set[str]:
    return {name for folder in (*storage.FOLDERS, *storage.ARCHIVES) for name in storage.names_in(where, folder)}


def stored(where, owner, **fields) -> Upload:
    upload = factories.make_upload(owner, **fields)
    for name in upload.variants:
        where.save(storage.variant(upload.key, name), ContentFile(BODY))
    return upload


def test_the_site_shows_what_is_not_there_yet_and_everything_moves(owner, client, places):
    new, old = places
    uploads = [stored(old, owner, attached_at=timezone.now()) for _turn in range(3)]
    old.save(storage.archive("export", uuid.uuid4()), ContentFile(b"zip"))
    link = uploads[0].src
    assert client.get(link).getvalue() == BODY
    before, out = names(old), io.StringIO()
    call_command("migrate_media", stdout=out)
    assert (names(new), names(old)) == (before, set())
    assert "10 files" in out.getvalue()
    assert client.get(link).getvalue() == BODY


def test_killed_it_goes_on_and_what_was_cut_off_is_copied_anew(owner, places):
    new, old = places
    upload = stored(old, owner)
    before = names(old)

    class Killed(BaseException):
        pass

    def dies(name, size):
        if len(names(new)) == 2:
            raise Killed

    with pytest.raises(Killed):
        moving.move_media(told=dies)
    assert names(new) | names(old) == before
    cut = storage.variant(upload.key, "320")  # still in both
    new.delete(cut)
    new.save(cut, ContentFile(BODY[:10]))  # as a copy that was killed leaves it
    moving.move_media(told=lambda name, size: None)
    assert (names(new), names(old)) == (before, set())
    with new.open(cut) as file:
        assert file.read() == BODY


def test_what_is_not_stored_as_it_was_read_stays_in_the_old_one(owner, places, monkeypatch):
    new, old = places
    stored(old, owner)
    before = names(old)
    monkeypatch.setattr(storage, "put", lambda where, name, file: where.save(name, ContentFile(b"other")))
    with pytest.raises(CommandError, match="was not stored as it was read"):
        call_command("migrate_media", stdout=io.StringIO())
    assert names(old) == before


def test_what_is_deleted_meanwhile_does_not_come_back(owner, places, monkeypatch):
    new, old = places
    upload = stored(old, owner)
    real = storage.put

    def deleting(where, name, file):
        real(where, name, file)
        if Upload.objects.exists():
            using.delete_upload(actor=owner, key=upload.key)
            tasks.remove()
            real(where, name, ContentFile(BODY))  # the copy was slower than the remover

    monkeypatch.setattr(storage, "put", deleting)
    moving.move_media(told=lambda name, size: None)
    assert (names(new), names(old), Stored.objects.count()) == (set(), set(), 0)


def test_it_says_what_it_needs(capsys):
    with pytest.raises(CommandError, match="STORAGE_OLD_URL"):
        call_command("migrate_media")
    with pytest.raises(CommandError, match="no bucket"):
        call_command("set_up_bucket")


@pytest.mark.both
def test_the_walk_takes_what_has_no_row_and_tells_of_what_has_no_file(owner, files):
    there = stored(files, owner, attached_at=timezone.now())
    gone = factories.make_upload(owner, attached_at=timezone.now())
    Upload.objects.update(created_at=timezone.now() - sweeps.YOUNG * 2)
    young = factories.make_upload(owner)
    strays = [uuid.uuid4() for _turn in range(3)]
    files.save(storage.variant(strays[0], "320"), ContentFile(BODY))
    files.save(storage.original(strays[1]), ContentFile(BODY))
    files.save(storage.part(strays[2], 1), ContentFile(BODY))
    files.save("uploads/temp/doctor", ContentFile(b"not ours"))
    coming = Slot.objects.create(owner=owner, purpose=factories.PURPOSE, bytes=2, part_bytes=1)
    Stored.objects.create(key=coming.key, due_at=timezone.now() + sweeps.YOUNG)
    files.save(storage.part(coming.key, 1), ContentFile(BODY))  # a slot that is being filled

    assert sweeps.sweep_storage() == (3, 1)
    assert Missing.objects.get().upload == gone != young
    assert [finding.level for finding in checkup.missing()] == ["warn"]
    left = {storage.variant(there.key, name) for name in there.variants} | {storage.part(coming.key, 1)}
    assert names(files) - {"uploads/temp/doctor"} == left

    for name in gone.variants:
        files.save(storage.variant(gone.key, name), ContentFile(BODY))
    assert sweeps.sweep_storage() == (0, 0)
    assert not list(checkup.missing())
