"""The zip that members take along, and bring to another site."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts import bundles, tasks
from accounts.actions import archives, life, profiles, relations
from accounts.models.archives import ArchiveState, Export, Import
from accounts.models.life import Departure
from accounts.models.people import User
from accounts.tests.factories import PASSWORD, Cast, log_in, make_follow, make_user
from chat.tests import factories as chat_factories
from core import errors
from core.models import Event, Mail
from feed import actions as feed_actions
from feed import queries as feed_queries
from feed.models import Post
from uploads import actions as upload_actions
from uploads.models import Upload
from uploads.tests import factories as upload_factories

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture(autouse=True)
def shelf() -> Iterator[Path]:
    place = Path(default_storage.location)
    yield place
    for path in place.rglob("*"):
        if path.is_file():
            path.unlink()


def zips(shelf: Path) -> list[str]:
    return sorted(path.name for path in shelf.rglob("*.zip"))


def upload(owner: User, purpose: str, name: str = "") -> Any:
    picture = upload_factories.png(90, 60)
    return upload_actions.receive_ready_upload(actor=owner, purpose=purpose, file=picture, name=name).key


def build(who: User) -> zipfile.ZipFile:
    export = archives.start_export(actor=who)
    tasks.build_export(str(export.pk))
    export.refresh_from_db()
    assert export.state == ArchiveState.READY
    with default_storage.open(f"archives/export/{export.key}.zip") as file:
        return zipfile.ZipFile(io.BytesIO(file.read()))


def read(answer: Any) -> zipfile.ZipFile:
    assert answer.status_code == 200
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def rows(bundle: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    return json.loads(bundle.read(name))


@pytest.fixture
def alice(cast: Cast) -> User:
    """With something of everything."""
    alice = cast.alice
    profiles.update_profile(actor=alice, bio="Bread.\nAnd <b>soup</b>.")
    profiles.set_avatar(actor=alice, key=upload(alice, "avatar"))
    key = upload(alice, "post", "garden.png")
    feed_actions.create_post(actor=alice, text="The **garden** & I", audience="public", pictures=[key], alts=["peas"])
    feed_actions.create_post(actor=alice, text="For friends", audience="friends")
    gone = feed_actions.create_post(actor=alice, text="A regret")
    feed_actions.delete_post(actor=alice, post_id=gone.pk)
    theirs = feed_actions.create_post(actor=cast.bob, text="Bob's own words", audience="public")
    feed_actions.comment(actor=alice, post_id=theirs.pk, text="Well said")
    feed_actions.react(actor=alice, post_id=theirs.pk, kind="love")
    chat = chat_factories.make_chat(alice, cast.bob, "hello")
    chat_factories.say(cast.bob, chat, "hello yourself")
    Post.objects.filter(author=alice).update(created_at=timezone.now() - timedelta(days=400))
    return User.objects.get(pk=alice.pk)


# -- Taking along -----------------------------------------------------------------------------------------------------


def test_everything_one_put_in_is_there(cast: Cast, alice: User) -> None:
    bundle = build(alice)
    assert bundle.testzip() is None
    [me] = rows(bundle, "profile.json")
    assert (me["handle"], me["about"], me["email"]) == ("alice", "Bread.\nAnd <b>soup</b>.", "alice@example.org")
    posts = rows(bundle, "posts.json")
    assert [(one["text"], one["audience"]) for one in posts] == [
        ("The **garden** & I", "public"),
        ("For friends", "friends"),
    ]
    [picture] = posts[0]["pictures"]
    assert picture["alt"] == "peas"
    assert bundle.read(picture["file"])[8:12] == b"WEBP"
    assert bundle.read(me["picture"])[8:12] == b"WEBP"
    assert [one["text"] for one in rows(bundle, "comments.json")] == ["Well said"]
    assert [one["kind"] for one in rows(bundle, "reactions.json")] == ["love"]
    said = [(one["from"], one["text"]) for one in rows(bundle, "messages.json")]
    assert said == [("alice", "hello"), ("bob", "hello yourself")]
    assert [one["handle"] for one in rows(bundle, "followers.json")] == ["bob", "dan"]
    assert [one["handle"] for one in rows(bundle, "friends.json")] == ["dan"]
    assert [one["handle"] for one in rows(bundle, "blocked.json")] == ["mallory"]
    assert "garden.png" in {one["name"] for one in rows(bundle, "pictures.json")}


def test_nothing_that_is_private_to_others(cast: Cast, alice: User) -> None:
    bundle = build(alice)
    whole = b"\n".join(bundle.read(name) for name in bundle.namelist()).decode(errors="replace")
    for name in ("bob", "dan", "mallory", "carol"):
        assert f"{name}@example.org" not in whole
    assert "Bob's own words" not in whole
    assert "A regret" not in whole


def test_only_what_the_member_may_see_now(cast: Cast, alice: User) -> None:
    relations.block(actor=cast.bob, person=alice.pk)
    bundle = build(alice)
    assert rows(bundle, "messages.json") == []
    assert rows(bundle, "comments.json") == []
    assert rows(bundle, "reactions.json") == []
    assert "bob" not in [one["handle"] for one in rows(bundle, "followers.json")]


def test_it_reads_in_a_browser_without_scripts_or_links_out(cast: Cast, alice: User) -> None:
    bundle = build(alice)
    pages = [name for name in bundle.namelist() if name.endswith(".html")]
    assert {"index.html", "posts.html", "messages.html", "profile.html"} <= set(pages)
    names = set(bundle.namelist())
    for name in pages:
        page = bundle.read(name).decode()
        assert "<script" not in page
        assert "http" not in page.replace("http-equiv", "")
        for target in [*_attributes(page, "href"), *_attributes(page, "src")]:
            assert target in names, f"{name} leads to {target}"
    assert "Bread.\nAnd &lt;b&gt;soup&lt;/b&gt;." in bundle.read("profile.html").decode()


def _attributes(page: str, name: str) -> list[str]:
    return [piece.split('"')[0] for piece in page.split(f'{name}="')[1:]]


def test_long_chapters_have_pages(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "PAGE", 2)
    monkeypatch.setattr("accounts.personal.AT_ONCE", 2)
    for number in range(5):
        feed_actions.create_post(actor=cast.alice, text=f"post {number}")
    bundle = build(cast.alice)
    assert [one["text"] for one in rows(bundle, "posts.json")] == [f"post {number}" for number in range(5)]
    assert "post 1" in bundle.read("posts.html").decode()
    assert 'href="posts-3.html"' in bundle.read("posts-2.html").decode()
    assert "post 4" in bundle.read("posts-3.html").decode()
    assert 'href="posts-4.html"' not in bundle.read("posts-3.html").decode()


def test_queries_do_not_grow_with_rows(cast: Cast, django_assert_max_num_queries: Any, tmp_path: Path) -> None:
    for number in range(40):
        feed_actions.create_post(actor=cast.alice, text=f"post {number}")
    with django_assert_max_num_queries(50):
        bundles.write(cast.alice, tmp_path / "export.zip", tick=lambda done, total: None)


def test_one_at_a_time_and_one_a_day(cast: Cast) -> None:
    first = archives.start_export(actor=cast.alice)
    assert archives.start_export(actor=cast.alice) == first
    assert archives.build_export(export_id=first.pk) is True
    with pytest.raises(errors.TooMany):
        archives.start_export(actor=cast.alice)
    Export.objects.update(created_at=timezone.now() - timedelta(hours=25))
    second = archives.start_export(actor=cast.alice)
    assert second != first
    assert archives.build_export(export_id=second.pk) is True
    first.refresh_from_db()
    assert first.expires_at <= timezone.now(), "one file for each member"
    assert Mail.objects.filter(to=cast.alice.email).count() == 2


def test_a_killed_worker_leaves_no_second_file(cast: Cast, shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    export = archives.start_export(actor=cast.alice)
    places = [(bundles, "_write_chapter"), (bundles, "_write_media"), (archives.storage, "keep")]
    profiles.set_avatar(actor=cast.alice, key=upload(cast.alice, "avatar"))
    for module, name in places:
        with monkeypatch.context() as patch:
            patch.setattr(module, name, lambda *a, **k: (_ for _ in ()).throw(Killed()))
            with pytest.raises(Killed):
                archives.build_export(export_id=export.pk)
        assert archives.build_export(export_id=export.pk) is False, "the dead worker's claim stands for a while"
        Export.objects.update(due_at=timezone.now())
    assert archives.build_export(export_id=export.pk) is True
    assert zips(shelf) == [f"{export.key}.zip"]
    assert archives.build_export(export_id=export.pk) is False
    assert Mail.objects.filter(to=cast.alice.email).count() == 1


def test_a_worker_who_lost_its_claim_stops(cast: Cast, shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "TELL_EVERY", 0)
    export = archives.start_export(actor=cast.alice)
    real = bundles._write_chapter

    def overtaken(*args: Any, **options: Any) -> int:
        Export.objects.update(attempts=2)
        return real(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(bundles, "_write_chapter", overtaken)
        assert archives.build_export(export_id=export.pk) is False
    assert zips(shelf) == []


def test_gives_up_after_some_attempts(cast: Cast) -> None:
    export = archives.start_export(actor=cast.alice)
    Export.objects.update(attempts=archives.ATTEMPTS)
    assert archives.build_export(export_id=export.pk) is False
    export.refresh_from_db()
    assert export.state == ArchiveState.FAILED
    assert archives.start_export(actor=cast.alice) != export, "and may be asked for again"


def test_files_go_after_a_week(cast: Cast, shelf: Path) -> None:
    build(cast.alice).close()
    Export.objects.update(expires_at=timezone.now())
    tasks.sweep_archives()
    assert zips(shelf) == []
    assert not Export.objects.exists()


def test_the_file_is_for_its_member_alone(cast: Cast) -> None:
    build(cast.alice).close()
    mine, theirs = Client(), Client()
    log_in(mine, cast.alice)
    log_in(theirs, cast.bob)
    page = mine.get("/settings/data/").content.decode()
    [link] = [one for one in _attributes(page, "href") if "/data/export/" in one]
    answer = mine.get(link)
    assert answer["Content-Type"] == "application/zip"
    assert "no-store" in answer["Cache-Control"]
    assert read(answer).testzip() is None
    assert theirs.get(link).status_code == 404
    assert mine.get(link[:-2] + "x/").status_code == 404
    assert Client().get(link).status_code == 302
    assert theirs.get("/api/v1/me/export/download").status_code == 404
    assert read(mine.get("/api/v1/me/export/download")).testzip() is None
    Export.objects.update(expires_at=timezone.now())
    assert mine.get(link).status_code == 404


def test_the_page_and_api_of_exports(cast: Cast) -> None:
    client = Client()
    log_in(client, cast.alice)
    assert client.get("/api/v1/me/export").status_code == 404
    assert client.post("/settings/data/export/")["Location"] == "/settings/data/"
    state = client.get("/settings/data/state/").content.decode()
    assert "every 2s" in state
    assert client.post("/api/v1/me/export").json()["state"] == "waiting"
    tasks.build_export(str(Export.objects.get().pk))
    state = client.get("/settings/data/state/").content.decode()
    assert "every 2s" not in state
    assert "Download" in state
    assert client.get("/api/v1/me/export").json()["percent"] == 100
    assert client.post("/api/v1/me/export").status_code == 429
    assert "one from today" in client.post("/settings/data/export/", follow=True).content.decode()


def test_who_leaves_may_take_it_along(cast: Cast) -> None:
    life.request_deletion(actor=cast.alice, password=PASSWORD, login=None, take_messages=False)
    client = Client()
    client.post("/login/", {"login": "alice", "password": PASSWORD})
    assert client.post("/settings/data/export/")["Location"] == "/leaving/"
    tasks.build_export(str(Export.objects.get().pk))
    page = client.get("/leaving/").content.decode()
    [link] = [one for one in _attributes(page, "href") if "/data/export/" in one]
    assert read(client.get(link)).testzip() is None


def test_the_shell_exports(cast: Cast, tmp_path: Path) -> None:
    for _turn in range(2):
        call_command("export_user", "@alice", "--to", str(tmp_path / "a.zip"), "--json", stdout=io.StringIO())
        assert zipfile.ZipFile(tmp_path / "a.zip").testzip() is None
    assert Export.objects.count() == 1


# -- Bringing ---------------------------------------------------------------------------------------------------------


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
    assert feed_queries.home(cast.carol).rows == [], "on nobody's home"
    client = Client()
    assert "The <strong>garden</strong>" in client.get("/@alice.anew/").content.decode()


def test_twice_is_once(cast: Cast, alice: User) -> None:
    data = taken(alice)
    first = bring(cast.carol, data)
    before = (shown(cast.carol), Upload.objects.count())
    again = bring(cast.carol, data)
    assert (first.report["posts"], again.report["posts"], again.report["before"]) == (2, 0, 2)
    assert (shown(cast.carol), Upload.objects.count()) == before
    feed_actions.delete_post(actor=cast.carol, post_id=cast.carol.posts.first().pk)
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
    assert (row.state, row.report) == (ArchiveState.FAILED, {"reason": reason})
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
