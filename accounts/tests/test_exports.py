"""The zip that members take along."""

import io
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts import bundles, tasks
from accounts.actions import archives, life, profiles, relations
from accounts.models.archives import ArchiveState, Export
from accounts.models.people import User
from accounts.tests.factories import PASSWORD, Cast, log_in
from accounts.tests.zips import build, read, rows, upload, zips
from core import errors
from core.models import Mail
from feed.actions import posts as post_actions

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.usefixtures("shelf")]


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
        post_actions.create_post(actor=cast.alice, text=f"post {number}")
    bundle = build(cast.alice)
    assert [one["text"] for one in rows(bundle, "posts.json")] == [f"post {number}" for number in range(5)]
    assert "post 1" in bundle.read("posts.html").decode()
    assert 'href="posts-3.html"' in bundle.read("posts-2.html").decode()
    assert "post 4" in bundle.read("posts-3.html").decode()
    assert 'href="posts-4.html"' not in bundle.read("posts-3.html").decode()


def test_queries_do_not_grow_with_rows(cast: Cast, django_assert_max_num_queries: Any, tmp_path: Path) -> None:
    for number in range(40):
        post_actions.create_post(actor=cast.alice, text=f"post {number}")
    with django_assert_max_num_queries(55):
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
    profiles.set_picture(actor=cast.alice, place="avatar", key=upload(cast.alice, "avatar"))
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


def test_the_shell_says_where_it_cannot_write_before_it_begins(cast: Cast, tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere" / "a.zip"):
        with pytest.raises(CommandError, match="cannot be written"):
            call_command("export_user", "alice", "--to", str(place))
    assert not Export.objects.exists()
