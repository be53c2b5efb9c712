"""The made-up community: the same for the same seed, and as true as one that people made."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import authenticate
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client

from accounts import registry
from accounts.access import people as accounts_access
from accounts.models.fields import ProfileField
from accounts.models.people import User
from accounts.models.relations import Block, Follow, FollowRequest
from accounts.tests.factories import make_user
from chat.models.conversations import Conversation, Membership
from chat.models.messages import Message
from chat.queries import conversations as chat_queries
from core import text
from feed.access import posts as post_access
from feed.models.comments import Comment
from feed.models.posts import Post
from feed.models.reactions import Reaction
from socialsite.demo import films, pictures, plan, seed, words
from uploads import storage
from uploads.models import Stored, Upload

NOW = datetime(2026, 6, 3, 19, 20, tzinfo=UTC)
SMALL = seed.Options(people=24, seed=1)
REAL_PREPARE = pictures.prepare
REAL_FILM = films.prepare


def quiet(stage: str, done: int, total: int) -> None:
    """Nobody watches."""


@pytest.fixture(autouse=True)
def few_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """One picture and one portrait stand for all, so that a town takes a second."""

    def prepare(names: list[str], number: int, folder: Path) -> Iterator[tuple[str, pictures.Prepared]]:
        two = dict(REAL_PREPARE(["art:bread", "portrait:linh"], number, folder))
        for name in names:
            yield name, two["portrait:linh" if name.startswith("portrait:") else "art:bread"]

    monkeypatch.setattr(pictures, "prepare", prepare)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> films.Film:
    return REAL_FILM(1, tmp_path_factory.mktemp("film"))


@pytest.fixture(autouse=True)
def one_film(monkeypatch: pytest.MonkeyPatch, film: films.Film) -> None:
    """Prepared once for all towns."""
    monkeypatch.setattr(films, "prepare", lambda number, folder: film)


@pytest.fixture
def town(db: None) -> None:
    seed.make(SMALL, quiet, now=NOW)


def snapshot() -> dict[str, list[Any]]:
    """Everything but ids, keys and hashes."""
    who = (
        "handle display_name bio language is_staff is_superuser followers_count following_count posts_count created_at"
        " is_private requests_count"
    )
    return {
        "people": list(User.objects.order_by("pk").values_list(*who.split())),
        "fields": list(
            ProfileField.objects.order_by("pk").values_list("person__handle", "kind", "label", "value", "audience")
        ),
        "follows": list(Follow.objects.order_by("pk").values_list("follower__handle", "followed__handle")),
        "requests": list(FollowRequest.objects.order_by("pk").values_list("asker__handle", "asked__handle")),
        "blocks": list(Block.objects.order_by("pk").values_list("blocker__handle", "blocked__handle")),
        "posts": list(
            Post.objects.order_by("pk").values_list(
                "author__handle", "text", "html", "audience", "reactions", "comments_count", "created_at", "edited_at"
            )
        ),
        "pictures": list(
            Upload.objects.order_by("pk").values_list("owner__handle", "purpose", "name", "alt", "width", "created_at")
        ),
        "comments": list(
            Comment.objects.order_by("pk").values_list(
                "post__text", "author__handle", "text", "reactions", "created_at"
            )
        ),
        "reactions": list(Reaction.objects.order_by("pk").values_list("user__handle", "kind", "created_at")),
        "members": list(
            Membership.objects.order_by("pk").values_list("user__handle", "read_seq", "unread", "active_at")
        ),
        "messages": list(Message.objects.order_by("pk").values_list("seq", "sender__handle", "text", "created_at")),
    }


@pytest.mark.slow
@pytest.mark.both
@pytest.mark.django_db
def test_the_same_seed_makes_the_same_town_and_another_another() -> None:
    seed.make(SMALL, quiet, now=NOW)
    first = snapshot()
    seed.make(SMALL, quiet, now=NOW)
    again = snapshot()
    for part, rows in first.items():
        assert rows == again[part], part
        assert rows, f"no {part}"
    seed.make(seed.Options(people=24, seed=2), quiet, now=NOW)
    other = snapshot()
    assert all(rows != other[part] for part, rows in first.items() if part != "blocks")


def test_a_large_town_repeats_itself_only_at_a_distance() -> None:
    made = plan.make(count=200, seed=1, now=NOW)
    texts = [entry.text for entry in made.entries if entry.text]
    close = [text for place, text in enumerate(texts) if text in texts[max(0, place - 30) : place]]
    assert not close
    assert len(set(texts)) > len(texts) * 0.6
    assert not any("{" in one or "}" in one for one in texts)
    assert made.entries == sorted(made.entries, key=lambda entry: entry.at)
    assert max(entry.at for entry in made.entries) < NOW
    for entry in made.entries:
        remarks = [remark.text for remark in entry.comments]
        assert all(one != two for one, two in zip(remarks, remarks[1:], strict=False))
        assert all(entry.at < remark.at <= NOW for remark in entry.comments)
    inbox = [talk.lines[-1][1] for talk in made.talks if talk.one == 0]
    assert len(set(inbox)) == len(inbox)
    loved = sorted((len(entry.reactions) for entry in made.entries), reverse=True)
    assert loved[0] > 10 * (loved[len(loved) // 2] + 1), "few are loved by many, many by few"


def test_every_topic_shows_pictures_there_are() -> None:
    for topic in words.topics().values():
        assert set(topic.pictures) <= pictures.ALTS.keys()
        assert topic.posts
        assert topic.comments
    assert {name for one in words.newest() for name in one.pictures} <= pictures.ALTS.keys()


def test_a_picture_is_painted_the_same_twice() -> None:
    for name in ("hills:dawn", "chart:rain", "portrait:kofi-3"):
        assert pictures.paint(name, 1).tobytes() == pictures.paint(name, 1).tobytes()
    assert pictures.paint("hills:dawn", 1).tobytes() != pictures.paint("hills:dawn", 2).tobytes()


@pytest.mark.usefixtures("town")
def test_counters_and_html_are_what_the_actions_would_have_made() -> None:
    assert {name: recount() for name, recount in registry.recounts.items()} == dict.fromkeys(registry.recounts, 0)
    for post in Post.objects.all():
        assert post.html == (text.render(post.text) if post.text else "")
        assert post.text or post.is_share or post.pictures.exists()
    for comment in Comment.objects.all():
        assert comment.html == text.render(comment.text)
    assert list(Comment.objects.order_by("pk")) == list(Comment.objects.order_by("created_at", "pk"))


@pytest.mark.usefixtures("town")
def test_every_picture_lies_in_storage_and_is_accounted_for() -> None:
    uploads = list(Upload.objects.all())
    assert uploads
    for upload in uploads:
        for size, one in {**upload.variants, **upload.renditions}.items():
            name = storage.variant(upload.key, size)
            assert default_storage.size(name) == one["bytes"], name
    assert set(Stored.objects.filter(due_at=None).values_list("key", flat=True)) == {upload.key for upload in uploads}
    assert not Stored.objects.exclude(due_at=None).exists()


@pytest.mark.slow
@pytest.mark.usefixtures("town")
def test_nobody_answers_what_they_cannot_see() -> None:
    for comment in Comment.objects.select_related("author"):
        assert post_access.visible_posts(comment.author).filter(pk=comment.post_id).exists(), comment.text
    for reaction in Reaction.objects.filter(post__isnull=False).select_related("user"):
        assert post_access.visible_posts(reaction.user).filter(pk=reaction.post_id).exists()


@pytest.mark.usefixtures("town")
def test_only_private_people_are_asked_and_by_those_who_do_not_follow() -> None:
    asked = list(FollowRequest.objects.select_related("asker", "asked"))
    assert asked
    for row in asked:
        assert row.asked.is_private
        assert not Follow.objects.filter(follower=row.asker, followed=row.asked).exists()
        assert accounts_access.access_person(row.asker, row.asked_id) == row.asked
    assert FollowRequest.objects.filter(asker__handle="linh").exists()


@pytest.mark.usefixtures("town")
def test_conversations_have_no_holes_and_know_what_is_unread() -> None:
    conversations = list(Conversation.objects.all())
    assert len(conversations) > 12
    for one in conversations:
        rows = list(one.messages.order_by("seq"))
        assert [row.seq for row in rows] == list(range(1, one.last_seq + 1))
        assert [row.rev for row in rows] == [row.seq for row in rows]
        assert one.rev == one.last_seq
        assert one.last_message_at == rows[-1].created_at
        assert rows == sorted(rows, key=lambda row: row.created_at)
        members = list(one.memberships.all())
        if one.is_group:
            assert one.members_count == len(members)
            assert {row.sender_id for row in rows} <= {member.user_id for member in members}
        else:
            assert one.direct_key == Conversation.key_of(members[0].user_id, members[1].user_id)
        for member in members:
            later = [row for row in rows if row.seq > member.read_seq]
            others = [row for row in later if row.sender_id != member.user_id and row.kind == "text"]
            assert one.last_seq - member.read_seq - member.own_after == len(others)
            assert member.unread == bool(others)
    linh = User.objects.get(handle="linh")
    assert chat_queries.unread_conversations(linh) >= 2


@pytest.mark.usefixtures("town")
def test_three_can_log_in_and_nobody_else() -> None:
    roles = {role: authenticate(request=None, email=address, password=word) for role, address, word in seed.sign_ins()}
    assert all(roles.values()), roles
    assert [roles[role].is_staff for role in seed.ROLES] == [False, True, True]
    assert [roles[role].is_superuser for role in seed.ROLES] == [False, False, True]
    known = [user.pk for user in roles.values()]
    assert not any(user.has_usable_password() for user in User.objects.exclude(pk__in=known))
    assert EmailAddress.objects.filter(verified=True, primary=True).count() == User.objects.count()


@pytest.mark.usefixtures("town")
def test_it_has_a_film_with_captions(client: Client) -> None:
    film = Upload.objects.get(medium="video")
    assert (film.is_ready, film.width, film.height, film.duration) == (True, 640, 360, 6000)
    assert [one["language"] for one in film.tracks] == ["en", "vi"]
    post = Post.objects.get(pictures__upload=film)
    assert (post.audience, post.author.handle) == ("public", "linh")
    client.force_login(post.author)
    page = client.get(f"/posts/{post.pk}/").content.decode()
    assert "<video" in page
    assert client.get(film.tracks[0]["url"]).content.startswith(b"WEBVTT")
    assert b"".join(client.get(film.sources[0]["url"]).streaming_content)[4:8] == b"ftyp"


@pytest.mark.usefixtures("town")
def test_its_people_send_each_other_things(client: Client) -> None:
    client.force_login(User.objects.get(handle="linh"))
    crew = Conversation.objects.get(name="Lantern Walk crew")
    page = client.get(f"/chat/{crew.pk}/").content.decode()
    assert "data-shot=" in page
    assert 'class="wave"' in page
    tune = Upload.objects.get(purpose="voice")
    assert (tune.is_ready, tune.medium, tune.duration, len(tune.peaks)) == (True, "audio", 5000, 48)
    assert b"".join(client.get(tune.sources[0]["url"]).streaming_content)[4:8] == b"ftyp"
    listed = client.get(f"/chat/{crew.pk}/files/?kind=file").content.decode()
    [place] = re.findall(r'class="filecard" href="([^"]+)"', listed)
    assert b"412 candles" in b"".join(client.get(place).streaming_content)


@pytest.mark.usefixtures("town")
def test_its_pages_show_something(client: Client) -> None:
    client.force_login(User.objects.get(handle="linh"))
    home = client.get("/").content.decode()
    assert "412 lanterns on the water" in home
    assert "/media/" in home
    assert "Rosa Lindqvist" in client.get("/@rosa/").content.decode()
    assert "Tomasz" in client.get("/chat/").content.decode()
    assert client.get("/people/requests/").content.decode().count("/accept/") >= 3
    blocked = Block.objects.filter(blocker__handle="linh").values_list("blocked__display_name", flat=True)
    page = client.get("/settings/blocked/").content.decode()
    assert blocked
    assert all(name in page for name in blocked)


@pytest.mark.django_db
def test_a_database_with_people_who_are_no_demo_is_left_alone() -> None:
    make_user("olive")
    with pytest.raises(SystemExit, match="holds a community that is not a demo"):
        call_command("demo", no_serve=True)
    with pytest.raises(SystemExit, match="holds a community that is not a demo"):
        call_command("demo", no_serve=True, fresh=True)
    assert list(User.objects.values_list("handle", flat=True)) == ["olive"]


@pytest.mark.slow
@pytest.mark.both
@pytest.mark.django_db
def test_what_was_interrupted_is_begun_anew(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(seed, "_talks", killed)
        with pytest.raises(KeyboardInterrupt):
            call_command("demo", people=24, no_serve=True)
    assert seed.state() == seed.State("making", str(SMALL))
    assert not User.objects.exists()
    left = set(Stored.objects.values_list("key", flat=True))
    assert left
    call_command("demo", people=24, no_serve=True)
    assert "interrupted" in capsys.readouterr().out
    assert seed.state() == seed.State("made", str(SMALL))
    assert User.objects.count() == 24
    assert not any(default_storage.exists(storage.variant(key, "320")) for key in left)


@pytest.mark.slow
@pytest.mark.both
@pytest.mark.usefixtures("town")
def test_a_second_start_keeps_it_and_other_wishes_need_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    before = set(Upload.objects.values_list("key", flat=True))
    call_command("demo", no_serve=True)
    call_command("demo", people=24, seed=1, no_serve=True)
    said = capsys.readouterr().out
    assert "linh@willowbank.example" in said
    assert "Making" not in said
    with pytest.raises(SystemExit, match="has 24 people and seed 1. Add --fresh"):
        call_command("demo", people=30, no_serve=True)
    assert set(Upload.objects.values_list("key", flat=True)) == before
    call_command("demo", people=30, no_serve=True, fresh=True)
    assert User.objects.count() == 30
    assert "people: 30" in capsys.readouterr().out


@pytest.mark.django_db
def test_sizes_have_limits() -> None:
    for people in (19, 2001):
        with pytest.raises(SystemExit, match="between 20 and 2000"):
            call_command("demo", people=people, no_serve=True)
