"""The zip that members bring from another site."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts import bundles, tasks
from accounts.actions import archives, life, profiles
from accounts.models.archives import ArchiveState, Import
from accounts.models.life import Departure
from accounts.models.people import User
from accounts.tests.factories import Cast, log_in, make_follow, make_user
from accounts.tests.zips import build, zips
from core import errors
from core.models import Event
from feed.actions import posts as post_actions
from feed.models.posts import Post, PostPicture
from feed.queries import home as home_queries
from uploads import queries, storage
from uploads.actions import captioning
from uploads.models import Upload
from uploads.tests import films

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.usefixtures("shelf")]


def bring(who: User, data: bytes, *, only_me: bool = False) -> Import:
    row = archives.start_import(actor=who, file=io.BytesIO(data), size=len(data), only_me=only_me)
    tasks.read_import(str(row.pk))
    row.refresh_from_db()
    return row


def taken(who: User) -> bytes:
    built = build(who).fp
    assert isinstance(built, io.BytesIO)
    return built.getvalue()


def shown(who: User) -> list[Any]:
    posts = Post.objects.filter(author=who, deleted_at=None).order_by("created_at", "pk")
    return [
        (
            one.text,
            one.html,
            one.audience,
            one.created_at.replace(microsecond=0),
            [(pic.alt, pic.upload.width, pic.upload.height) for pic in one.pictures.all()],
        )
        for one in posts
    ]


def test_there_and_back(cast: Cast, alice: User) -> None:
    """From one database into another that knows nothing of it."""
    data, before = taken(alice), shown(alice)
    picture = alice.avatar
    life.request_deletion_of(actor=None, member=alice, now=True)
    life.erase_member(member_id=alice.pk)
    assert not Post.objects.filter(text__contains="garden").exists()
    assert not Upload.objects.filter(pk=picture.pk).exists()
    new = make_user("alice.anew", language="vi")
    make_follow(cast.carol, new)
    events = Event.objects.filter(name="feed.PostCreated").count()
    row = bring(new, data)
    assert row.state == ArchiveState.READY
    assert (row.report["posts"], row.report["pictures"], row.report["refused"]) == (2, 1, 0)
    assert row.report["people"] == ["dan"]
    assert row.report["left"] == {"comments": 1, "messages": 2}
    assert shown(new) == before
    new.refresh_from_db()
    assert new.bio == "Bread.\nAnd <b>soup</b>."
    assert new.avatar is not None
    assert new.posts_count == 1
    assert Event.objects.filter(name="feed.PostCreated").count() == events, "announced to nobody"
    assert home_queries.home(cast.carol).rows == [], "on nobody's home"
    client = Client()
    assert "The <strong>garden</strong>" in client.get("/@alice.anew/").content.decode()


def test_films_and_their_captions_come_along(cast: Cast, alice: User) -> None:
    """As they were taken along: prepared anew here, because what comes from outside is only a file."""
    small = {"480p": {"w": 320, "h": 180, "bytes": 1000}}
    film = films.make_film(alice, purpose="post", attached_at=timezone.now(), renditions=small)
    storage.keep(storage.variant(film.key, "480p"), films.made(seconds=0.5))
    words = {"en": b"WEBVTT\n\n00:00.000 --> 00:00.400\nHello", "pt-br": b"WEBVTT\n\n00:00.000 --> 00:00.400\nOi"}
    for language, text in words.items():
        captioning.set_captions(actor=alice, key=film.key, language=language, file=text)
    post = Post.objects.create(author=alice, text="Look", html="<p>Look</p>", audience="public")
    PostPicture.objects.create(post=post, upload=film, alt="A dog on the beach")
    data = taken(alice)
    row = bring(cast.carol, data)
    assert (row.state, row.report["refused"]) == (ArchiveState.READY, 0)
    came = Post.objects.get(author=cast.carol, text="Look").pictures.get()
    assert (came.alt, came.upload.medium, came.upload.is_ready) == ("A dog on the beach", "video", True)
    assert came.upload.key != film.key
    said = {row.language: row.text for row in queries.captions_of(came.upload)}
    assert {language: text.split("\n")[-2] for language, text in said.items()} == {"en": "Hello", "pt-br": "Oi"}
    again = bring(cast.carol, data)
    assert (again.report["posts"], Upload.objects.filter(owner=cast.carol, medium="video").count()) == (0, 1)


def test_a_film_that_is_none_keeps_no_post_away(cast: Cast, alice: User) -> None:
    film = films.make_film(alice, purpose="post", attached_at=timezone.now())
    storage.keep(storage.variant(film.key, "720p"), io.BytesIO(b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + b"x" * 500))
    post = Post.objects.create(author=alice, text="Look", html="<p>Look</p>", audience="public")
    PostPicture.objects.create(post=post, upload=film)
    row = bring(cast.carol, taken(alice))
    assert row.state == ArchiveState.READY
    assert not Post.objects.get(author=cast.carol, text="Look").pictures.exists()


def test_twice_is_once(cast: Cast, alice: User) -> None:
    data = taken(alice)
    first = bring(cast.carol, data)
    before = (shown(cast.carol), Upload.objects.count())
    again = bring(cast.carol, data)
    assert (first.report["posts"], again.report["posts"], again.report["before"]) == (2, 0, 2)
    assert (shown(cast.carol), Upload.objects.count()) == before
    post_actions.delete_post(actor=cast.carol, post_id=cast.carol.posts.first().pk)
    bring(cast.carol, data)
    assert len(shown(cast.carol)) == 1, "what was deleted here stays so"


def test_ones_own_words_are_not_written_over(cast: Cast, alice: User) -> None:
    data = taken(alice)
    profiles.update_profile(actor=cast.carol, bio="Mine")
    bring(cast.carol, data)
    cast.carol.refresh_from_db()
    assert (cast.carol.bio, cast.carol.display_name) == ("Mine", "Carol")


def test_for_ones_own_eyes(cast: Cast, alice: User) -> None:
    bring(cast.carol, taken(alice), only_me=True)
    assert {post.audience for post in cast.carol.posts.all()} == {"only_me"}


def test_a_killed_worker_goes_on(cast: Cast, alice: User, shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from accounts import personal

    class Killed(BaseException):
        pass

    monkeypatch.setattr(archives, "TELL_EVERY", 0)
    data, before = taken(alice), shown(alice)
    row = archives.start_import(actor=cast.carol, file=io.BytesIO(data), size=len(data), only_me=False)
    real: Callable[..., Any] = personal.brings["posts.json"]
    for after in (False, True):
        turns = iter([False, True, True])

        def bring_one(after: bool = after, turns: Iterator[bool] = turns, **given: Any) -> Any:
            if next(turns) and not after:
                raise Killed
            came = real(**given)
            if after:
                raise Killed
            return came

        with monkeypatch.context() as patch:
            patch.setitem(personal.brings, "posts.json", bring_one)
            with pytest.raises(Killed):
                archives.read_import(import_id=row.pk)
        Import.objects.update(due_at=timezone.now())
    assert archives.read_import(import_id=row.pk) is True
    assert shown(cast.carol) == before
    assert Import.objects.get().report["posts"] + Import.objects.get().report["before"] == 2
    assert f"{row.key}.zip" not in zips(shelf)
    assert archives.read_import(import_id=row.pk) is False


def zipped(files: dict[str, bytes], **options: Any) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, **options) as bundle:
        for name, data in files.items():
            bundle.writestr(name, data)
    return file.getvalue()


MANIFEST = json.dumps({"format": bundles.FORMAT, "version": 1, "site": "https://x.example", "handle": "x"}).encode()


def lying(size: int) -> bytes:
    """The end of the zip says that its directory is huge."""
    data = bytearray(zipped({"manifest.json": MANIFEST}))
    data[-10:-6] = size.to_bytes(4, "little")
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "broken"),
        (b"no zip at all" * 10, "broken"),
        (zipped({"manifest.json": MANIFEST})[:-30], "broken"),
        (zipped({"manifest.json": MANIFEST}) + b"PK\x05\x06", "broken"),
        (lying(2**31), "too_large"),
        (zipped({"posts.json": b"[]"}), "foreign"),
        (zipped({"manifest.json": b"{}"}), "foreign"),
        (zipped({"manifest.json": b"[" * 100_000}), "broken"),
        (zipped({"manifest.json": MANIFEST, "../../etc/passwd": b"x"}), "foreign"),
        (zipped({"manifest.json": MANIFEST, "media/../../x.webp": b"x"}), "foreign"),
        (zipped({"manifest.json": MANIFEST, "/abs.json": b"x"}), "foreign"),
        (zipped({"manifest.json": MANIFEST, "posts.json": b"0" * 200_000_000}), "too_large"),
        (zipped({"manifest.json": MANIFEST, "posts.json": b'[\n"' + b"\xff\xfe" * 90 + b'"\n]'}), "broken"),
        (zipped({"manifest.json": MANIFEST, "posts.json": b"[\n[1]\n]"}), "broken"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_hostile_file_is_refused(cast: Cast, shelf: Path, data: bytes, reason: str) -> None:
    row = bring(cast.carol, data)
    assert (row.state, row.reason) == (ArchiveState.FAILED, reason)
    assert zips(shelf) == []
    assert not cast.carol.posts.exists()
    client = Client()
    log_in(client, cast.carol)
    assert str(bundles.REASONS[reason]) in client.get("/settings/data/").content.decode()


def test_hostile_rows_do_no_harm(cast: Cast) -> None:
    now = timezone.now()
    given = [
        {"id": 1, "text": "<script>alert(1)</script>", "audience": "public", "created_at": now.isoformat()},
        {"id": 2, "text": "for the moon", "audience": "the moon", "created_at": now.isoformat()},
        {"id": 3, "text": "from the future", "created_at": (now + timedelta(days=3)).isoformat()},
        {"id": 4, "text": "no date", "created_at": "2024-99-99T00:00:00Z"},
        {"id": "5", "text": "no number", "created_at": now.isoformat()},
        {"id": 6, "text": "x" * 9000, "audience": "members", "created_at": now.isoformat()},
        {"id": 7, "text": "", "created_at": now.isoformat()},
        {"id": 8, "text": 8, "pictures": "media", "created_at": now.isoformat()},
        {
            "id": 9,
            "text": "pic",
            "pictures": [{"file": "manifest.json"}, {"file": 3}, 4],
            "created_at": now.isoformat(),
        },
        {"id": 10, "text": "bad pic", "pictures": [{"file": f"media/{'0' * 36}.webp"}], "created_at": now.isoformat()},
        {"id": 10**400, "text": "long", "created_at": now.isoformat()},
        {"id": 11, "text": "nul \x00", "author": cast.bob.pk, "created_at": now.isoformat()},
    ]
    files = {
        "manifest.json": MANIFEST,
        "posts.json": b"[\n" + b",\n".join(json.dumps(one).encode() for one in given) + b"\n]\n",
        f"media/{'0' * 36}.webp": b"no picture",
        "profile.json": b'[\n{"about": 3, "picture": ["x"]}\n]',
        "following.json": b'[\n{"handle": 3}\n]',
    }
    row = bring(cast.carol, zipped(files))
    assert row.state == ArchiveState.READY
    posts = {post.text: post for post in cast.carol.posts.all()}
    assert "<script>" not in posts["<script>alert(1)</script>"].html
    assert posts["for the moon"].audience == "only_me"
    assert len(next(text for text in posts if text.startswith("x"))) == 5000
    assert not {"from the future", "no date", "no number"} & posts.keys()
    assert not cast.bob.posts.exists()
    assert row.report["pictures"] == 0


def lines(*given: dict[str, Any]) -> bytes:
    return b"[\n" + b",\n".join(json.dumps(one).encode() for one in given) + b"\n]\n"


def test_rows_without_end_keep_nobody_busy(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two gigabytes of short rows fit into a small zip; each would cost a worker a statement or two."""
    asked = []
    monkeypatch.setattr(archives.fields, "set_fields", lambda **given: asked.append(1) or _no_field())
    files = {"manifest.json": MANIFEST, "fields.json": lines(*[{"kind": "none"}] * 5000)}
    assert bring(cast.carol, zipped(files)).state == ArchiveState.READY
    assert len(asked) <= 2 * archives.MOST_FIELDS
    monkeypatch.setattr(archives, "MOST_BROUGHT", 3)
    now = timezone.now().isoformat()
    posts = [{"id": id, "text": "One", "audience": "members", "created_at": now} for id in range(4)]
    row = bring(cast.carol, zipped({"manifest.json": MANIFEST, "posts.json": lines(*posts)}))
    assert (row.state, row.reason) == (ArchiveState.FAILED, "too_large")
    assert not cast.carol.posts.exists()
    monkeypatch.setattr(bundles, "ROWS_OF_FILE", 100)
    files = {"manifest.json": MANIFEST, "messages.json": lines(*[{"id": 1}] * 200)}
    assert bring(cast.carol, zipped(files)).reason == "too_large"


def test_one_picture_comes_once_however_many_posts_name_it(cast: Cast, alice: User) -> None:
    with zipfile.ZipFile(io.BytesIO(taken(alice))) as bundle:
        [name, picture] = next((one, bundle.read(one)) for one in bundle.namelist() if one.startswith("media/"))
    now = timezone.now().isoformat()
    posts = [{"id": id, "text": "One", "pictures": [{"file": name}] * 10, "created_at": now} for id in range(3)]
    row = bring(cast.carol, zipped({"manifest.json": MANIFEST, "posts.json": lines(*posts), name: picture}))
    assert (row.report["posts"], row.report["pictures"]) == (3, 1)
    assert Upload.objects.filter(owner=cast.carol).count() == 1


def _no_field() -> None:
    raise errors.Invalid


def test_imports_are_limited_by_the_day(cast: Cast, client: Client) -> None:
    data = zipped({"manifest.json": MANIFEST})
    for _turn in range(archives.IMPORTS.amount):
        assert bring(cast.carol, data).state == ArchiveState.READY
    log_in(client, cast.carol)
    for address in ("/settings/data/import/", "/api/v1/me/import"):
        answer = client.post(address, {"file": SimpleUploadedFile("a.zip", data, "application/zip")})
        assert answer.status_code == 429
        assert answer["Retry-After"]
    assert bring(cast.bob, data).state == ArchiveState.READY


def test_the_page_and_api_of_imports(cast: Cast, alice: User, settings: Any) -> None:
    data = taken(alice)
    client = Client()
    log_in(client, cast.carol)
    assert client.post("/settings/data/import/", {}).status_code == 422
    answer = client.post("/settings/data/import/", {"file": SimpleUploadedFile("a.zip", data)})
    assert answer["Location"] == "/settings/data/"
    again = client.post("/settings/data/import/", {"file": SimpleUploadedFile("a.zip", data)})
    assert again.status_code == 422
    assert "Let it finish first" in again.content.decode()
    tasks.read_import(str(Import.objects.get().pk))
    page = client.get("/settings/data/").content.decode()
    assert "2 posts came." in page
    assert "@dan" in page
    assert client.get("/api/v1/me/import").json()["report"]["posts"] == 2
    done = client.post("/api/v1/me/import", {"file": SimpleUploadedFile("a.zip", data), "only_me": "true"})
    assert done.status_code == 202
    settings.MAX_IMPORT_BYTES = 100
    Import.objects.all().delete()
    assert client.post("/api/v1/me/import", {"file": SimpleUploadedFile("a.zip", data)}).status_code == 413
    assert client.post("/settings/data/import/", {"file": SimpleUploadedFile("a.zip", data)}).status_code == 422


def test_a_leaver_brings_nothing(cast: Cast) -> None:
    Departure.objects.create(user=cast.carol, take_messages=False, due_at=timezone.now())
    User.objects.filter(pk=cast.carol.pk).update(hidden_at=timezone.now())
    with pytest.raises(errors.NotAllowed):
        archives.start_import(actor=cast.carol, file=io.BytesIO(b"x"), size=1, only_me=False)


def halves(name: str) -> bytes:
    """A bundle with half a character, and with NUL, wherever text goes."""
    word = f"{name}\\ud800\\u0000".encode()
    post = b'{"id": 1, "text": "%s", "audience": "public", "created_at": "2020-01-01T00:00:00Z"}' % word
    files = {"profile.json": b'{"about": "%s"}' % word, "following.json": b'{"handle": "%s"}' % word}
    fields = b'{"kind": "work", "label": "", "value": "%s", "audience": "public"}' % word
    rows = {**files, "fields.json": fields, "posts.json": post}
    return zipped({"manifest.json": MANIFEST, **{name: b"[\n%s\n]" % row for name, row in rows.items()}})


def test_half_characters_are_left_out(cast: Cast) -> None:
    row = bring(cast.carol, halves("dan"))
    assert (row.state, row.attempts) == (ArchiveState.READY, 1)
    assert row.report["people"] == ["dan"]
    cast.carol.refresh_from_db()
    assert (cast.carol.bio, cast.carol.posts.get().text) == ("dan", "dan")


def test_a_value_nobody_thought_of_is_tried_once(cast: Cast, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    from accounts import personal

    def stumble(**_given: Any) -> Any:
        raise ValueError

    monkeypatch.setitem(personal.brings, "posts.json", stumble)
    row = bring(cast.carol, taken(alice))
    assert (row.state, row.reason, row.attempts) == (ArchiveState.FAILED, "broken", 1)
