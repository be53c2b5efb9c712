"""Files that are nothing to look at, and sounds alone: what comes, who prepares it, and that it stays as it is."""

import io

import pytest

from core import errors
from uploads import lanes, queries, registry, storage
from uploads.actions import checks, preparing, receiving, slots, using
from uploads.models import Upload
from uploads.tests import factories, films
from uploads.tests.parts import URL, opened, send

pytestmark = pytest.mark.django_db
PAPER = b"%PDF-1.4 " + bytes(range(256)) * 20
PAGE = b"<!doctype html><script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _kinds(_purpose):
    all_see = {"visible": lambda viewer, uploads: uploads}
    registry.register("letter", films=True, files=True, outlives=True, **all_see)
    registry.register("voice", films=True, sounds=True, **all_see)


@pytest.mark.both
@pytest.mark.parametrize(
    ("name", "said", "data", "medium"),
    [
        ("plan.pdf", "application/pdf", PAPER, "file"),
        ("page.png", "image/png", PAGE, "file"),
        ("notes.txt", "text/plain", b"leeks", "file"),
        ("plan.pdf", "application/pdf", factories.png().getvalue(), "picture"),
    ],
)
def test_what_comes_is_told_by_its_bytes(api, client, disk, name, said, data, medium):
    slot = opened(api, data, purpose="letter", name=name, type=said)
    assert send(client, slot, data) == [204]
    assert factories.land(api, slot["key"])["medium"] == medium
    upload = preparing.process_upload(upload_id=Upload.objects.get().pk)
    assert (upload.state, upload.medium, upload.name) == ("ready", medium, name)
    if medium == "file":
        with storage.open_variant(upload.key, upload.best) as kept:
            assert kept.read() == data
        assert (upload.src, upload.srcset, upload.sources, upload.original) == ("", "", [], False)
        assert upload.file_name == f"{upload.key}.{name.rpartition('.')[2]}"
        assert len(upload.sha256) == 64


def test_other_kinds_take_none(api, owner):
    for purpose in (factories.PURPOSE, "voice"):
        with pytest.raises(errors.Invalid):
            receiving.receive_upload(actor=owner, purpose=purpose, file=io.BytesIO(PAPER), name="plan.pdf")
    with pytest.raises(errors.Invalid):
        receiving.receive_upload(actor=owner, purpose="voice", file=factories.png(), name="voice.webm")


def test_files_are_as_large_as_videos_and_pictures_as_pictures(api, owner, settings):
    settings.MAX_VIDEO_BYTES, settings.MAX_API_IMAGE_BYTES = 5000, 1000
    given = {"purpose": "letter", "name": "x"}
    assert slots.open_slot(actor=owner, type="application/zip", bytes=5000, **given)
    for type, size in (("application/zip", 5001), ("image/png", 1001), ("video/mp4", 5001)):
        with pytest.raises(errors.TooLarge):
            slots.open_slot(actor=owner, type=type, bytes=size, **given)
    assert api.post(URL, {**given, "type": "application/zip", "bytes": 5001}).status_code == 413


def test_nobody_waits_behind_films(owner, files):
    def received(purpose, content):
        return receiving.receive_upload(actor=owner, purpose=purpose, file=content, name="x")

    film = received("letter", films.made(seconds=0.3))
    voice = received("voice", films.made("webm", codec="", sound="libopus", seconds=0.3))
    paper, song = (
        received("letter", io.BytesIO(PAPER)),
        received("letter", films.made("mp3", codec="", sound="libmp3lame")),
    )
    assert voice.medium == "audio"
    assert [lanes.lane(one) for one in (film, voice, paper, song)] == [lanes.FILMS, *[lanes.PICTURES] * 3]
    assert queries.due_upload_ids(lanes.FILMS) == [film.pk]
    assert set(queries.due_upload_ids(lanes.PICTURES)) == {voice.pk, paper.pk, song.pk}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\docs\\..\\plan.pdf", "plan.pdf"),
        ("/etc/passwd", "passwd"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("a\r\nSet-Cookie: x.txt", "aSet-Cookie: x.txt"),
        ("a\0b\ud800.txt", "ab.txt"),
        ("Kế hoạch ngày mai.pdf", "Kế hoạch ngày mai.pdf"),
        ("x" * 300, "x" * 255),
    ],
)
def test_names_are_plain(given, kept):
    assert checks.plain_name(given) == kept


@pytest.mark.both
def test_what_outlives_its_owner_is_left_to_its_room(owner, stranger):
    stays, goes = (factories.make_upload(owner, purpose=purpose) for purpose in ("letter", factories.PURPOSE))
    unused = factories.make_upload(owner, purpose="letter")
    for upload in (stays, goes):
        using.attach_uploads(actor=owner, keys=[upload.key], purpose=upload.purpose, limit=1)
    assert using.delete_uploads(actor=None, owner_id=owner.pk) == 2
    assert using.delete_uploads(actor=None, owner_id=owner.pk) == 0
    assert list(Upload.objects.all()) == [stays], unused
    assert [one.pk for one in using.hold_uploads(actor=None, upload_ids=[stays.pk, goes.pk])] == [stays.pk]
    assert using.disown_uploads(actor=None, owner_id=owner.pk, purposes=["letter"]) == 1
    assert Upload.objects.get().owner is None
