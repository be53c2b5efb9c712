"""What a post has besides its words: a warning, former versions, a place on the profile, comments that are off."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import personal
from accounts.actions import mutes
from accounts.models.people import User
from accounts.models.relations import Audience
from accounts.tests.factories import Cast, make_user
from core import errors
from feed import belongings
from feed.actions import comments as comment_actions
from feed.actions import pins as pin_actions
from feed.actions import posts as post_actions
from feed.actions import switches as switch_actions
from feed.models.posts import Post
from feed.models.revisions import Revision
from feed.queries import home as home_queries
from feed.queries import posts as post_queries
from feed.queries import revisions as revision_queries
from feed.tests.factories import make_comment, make_post
from feed.tests.test_actions import at_once
from feed.tests.test_api import api
from feed.tests.test_polls import browser

pytestmark = pytest.mark.django_db


def page_of(user: User | None, path: str) -> str:
    return browser(user).get(path).content.decode()


# -- Warnings ----------------------------------------------------------------------------------------------------------


def test_a_warning_folds_everything(cast: Cast) -> None:
    post = make_post(cast.alice, "the butler did it", pictures=2, warning="The end of the film")
    for path in (f"/posts/{post.pk}/", "/@alice/", "/"):
        page = page_of(cast.bob, path)
        folded = page[page.index("data-warned") : page.index("</details>", page.index("data-warned"))]
        assert "The end of the film" in folded
        assert "the butler did it" in folded
        assert folded.count("data-picture") == 2
        assert "data-preview" in folded
        assert page.count("<p>the butler did it</p>") == 1
    assert api(cast.bob).get(f"/api/v1/posts/{post.pk}").json()["warning"] == "The end of the film"


def test_what_is_folded_is_nowhere_unfolded(cast: Cast) -> None:
    post = make_post(cast.alice, "the butler did it", pictures=1, warning="The end & more")
    page = page_of(None, f"/posts/{post.pk}/")
    head = page[: page.index("<body")]
    assert "butler" not in head
    assert "The end &amp; more" in head
    assert head.count("og:image") == head.count("/avatars/") == 0
    feed = page_of(None, "/@alice/feed.xml")
    assert "butler" not in feed
    assert "<title>The end &amp; more</title>" in feed
    media = page_of(cast.bob, "/@alice/media/")
    assert "foldtile" in media
    assert post.pictures.get().upload.src not in media
    assert post_queries.photo_box(cast.bob, cast.alice) == {}


def test_a_warning_is_short_plain_and_on_one_line(cast: Cast) -> None:
    post = post_actions.create_post(actor=cast.alice, text="x", warning=" *one*\n\ntwo ")
    assert post.warning == "*one* two"
    with pytest.raises(errors.Invalid) as refused:
        post_actions.create_post(actor=cast.alice, text="x", warning="x" * 201)
    assert refused.value.field == "warning"
    assert api(cast.alice).post("/api/v1/posts", {"text": "x", "warning": "x" * 201}).status_code == 422
    assert api(cast.alice).patch(f"/api/v1/posts/{post.pk}", {"warning": "x" * 201}).status_code == 422
    assert api(cast.alice).patch(f"/api/v1/posts/{post.pk}", {"warning": ""}).json()["warning"] == ""


def test_a_muted_word_in_a_warning_is_heard(cast: Cast) -> None:
    make_post(cast.alice, "harmless", warning="About spiders")
    other = make_post(cast.alice, "harmless")
    mutes.mute_word(actor=cast.bob, phrase="Spiders")
    assert home_queries.home(cast.bob).rows == [other]


# -- What it said before -----------------------------------------------------------------------------------------------


@pytest.mark.both
def test_every_edit_keeps_what_stood_there(cast: Cast) -> None:
    post = post_actions.create_post(actor=cast.alice, text="one", audience="public")
    post_actions.edit_post(actor=cast.alice, post_id=post.pk, audience="members")
    assert not Revision.objects.exists(), "no word has changed"
    post_actions.edit_post(actor=cast.alice, post_id=post.pk, text="**two**")
    post_actions.edit_post(actor=cast.alice, post_id=post.pk, text="**two**")
    second = post_actions.edit_post(actor=cast.alice, post_id=post.pk, warning="loud")
    third = post_actions.edit_post(actor=cast.alice, post_id=post.pk, text="three", warning="")
    assert second.edited_at
    assert third.edited_at
    _post, page = revision_queries.revisions(cast.bob, post.pk)
    assert [(row.text, row.html, row.warning) for row in page.rows] == [
        ("**two**", "<p><strong>two</strong></p>", "loud"),
        ("**two**", "<p><strong>two</strong></p>", ""),
        ("one", "<p>one</p>", ""),
    ]
    assert page.rows[2].written_at == post.created_at
    assert page.rows[0].written_at == second.edited_at
    post_actions.delete_post(actor=cast.alice, post_id=post.pk)
    with pytest.raises(errors.NotFound):
        revision_queries.revisions(cast.alice, post.pk)
    post_actions.undo_delete_post(actor=cast.alice, post_id=post.pk)
    assert len(revision_queries.revisions(cast.alice, post.pk)[1].rows) == 3


@pytest.mark.parametrize("audience", Audience.values)
def test_who_may_see_the_post_sees_its_versions(cast: Cast, audience: str) -> None:
    post = make_post(cast.alice, "before", audience="public")
    post_actions.edit_post(actor=cast.alice, post_id=post.pk, text="after", audience=audience)
    for who in (cast.alice, cast.bob, cast.carol, cast.dan, cast.mallory, None):
        sees = browser(who).get(f"/posts/{post.pk}/").status_code == 200
        page = browser(who).get(f"/posts/{post.pk}/history/")
        assert page.status_code == (200 if sees else 404)
        assert ("before" in page.content.decode()) is sees
        if who is not None:
            answer = api(who).get(f"/api/v1/posts/{post.pk}/revisions")
            assert answer.status_code == (200 if sees else 404)


def test_versions_go_on_by_cursor(cast: Cast, django_assert_num_queries: Any) -> None:
    post = make_post(cast.alice, "now")
    Revision.objects.bulk_create(Revision(post=post, text=f"v{n}", html=f"<p>v{n}</p>") for n in range(45))
    Post.objects.filter(pk=post.pk).update(edited_at=post.created_at)
    client, path, found, turns = api(cast.bob), f"/api/v1/posts/{post.pk}/revisions", [], 0
    cursor = ""
    while turns == 0 or cursor:
        body = client.get(path, {"cursor": cursor}).json()
        found += [one["text"] for one in body["results"]]
        cursor, turns = body["next"], turns + 1
    assert found == [f"v{n}" for n in reversed(range(45))]
    assert turns == 3
    with django_assert_num_queries(2):
        revision_queries.revisions(cast.bob, post.pk)
    assert "edited" in page_of(cast.bob, f"/posts/{post.pk}/")
    first = page_of(cast.bob, f"/posts/{post.pk}/history/")
    assert "<p>now</p>" in first
    assert first.count('<li class="version"') == 21
    assert "It has not been changed" in page_of(cast.bob, f"/posts/{make_post(cast.alice).pk}/history/")


@pytest.mark.both
def test_of_very_many_versions_the_first_and_the_newest_stay(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feed.actions.revisions.REVISIONS_LIMIT", 4)
    other = post_actions.create_post(actor=cast.alice, text="other")
    post_actions.edit_post(actor=cast.alice, post_id=other.pk, text="changed")
    post = post_actions.create_post(actor=cast.alice, text="v0")
    for number in range(1, 9):
        post_actions.edit_post(actor=cast.alice, post_id=post.pk, text=f"v{number}")
    _post, page = revision_queries.revisions(cast.alice, post.pk)
    assert [row.text for row in page.rows] == ["v7", "v6", "v5", "v0"]
    assert [row.text for row in revision_queries.revisions(cast.alice, other.pk)[1].rows] == ["other"]


def test_versions_are_exported_and_go_with_their_author(cast: Cast) -> None:
    post = make_post(cast.alice, "before")
    post_actions.edit_post(actor=cast.alice, post_id=post.pk, text="after", warning="careful")
    [row] = personal.chapters["posts.json"].rows(cast.alice)
    assert [one["text"] for one in row["versions"]] == ["before"]
    assert row["warning"] == "careful"
    while belongings.erase_posts(member=cast.alice, take_messages=False):
        pass
    assert not Revision.objects.exists()


def test_a_warning_comes_along_from_another_site(cast: Cast) -> None:
    row = {"id": 7, "text": "the butler", "warning": "The end", "created_at": "2024-01-01T10:00:00+00:00"}
    row["audience"] = "public"
    belongings.bring(member=cast.alice, origin="x", row=row, picture=lambda file: None, only_me=False)
    assert Post.objects.get().warning == "The end"


# -- First on the profile ----------------------------------------------------------------------------------------------


def walk(viewer: User | None, between: Any = lambda turn: None) -> list[int]:
    found, cursor, turn = [], "", 0
    while turn == 0 or cursor:
        page = post_queries.posts_of(viewer, User.objects.get(handle="alice"), cursor)
        found += [row.pk for row in page.rows]
        cursor, turn = page.next, turn + 1
        between(turn)
    return found


@pytest.mark.both
def test_three_posts_at_most_stand_first_the_latest_pinned_before_the_others(cast: Cast) -> None:
    posts = [make_post(cast.alice, f"{number}") for number in range(5)]
    for post in posts[:3]:
        pin_actions.pin_post(actor=cast.alice, post_id=post.pk)
    pin_actions.pin_post(actor=cast.alice, post_id=posts[0].pk)
    with pytest.raises(errors.Conflict, match="3 posts at most"):
        pin_actions.pin_post(actor=cast.alice, post_id=posts[3].pk)
    rows = post_queries.posts_of(cast.carol, cast.alice).rows
    assert [row.pk for row in rows] == [posts[n].pk for n in (2, 1, 0, 4, 3)]
    assert [row.stands_first for row in rows] == [True, True, True, False, False]
    for _again in range(2):
        pin_actions.unpin_post(actor=cast.alice, post_id=posts[1].pk)
    pin_actions.pin_post(actor=cast.alice, post_id=posts[3].pk)
    assert walk(cast.carol) == [posts[n].pk for n in (3, 2, 0, 4, 1)]


def test_a_deleted_one_stands_nowhere_and_makes_room(cast: Cast) -> None:
    posts = [make_post(cast.alice) for _number in range(4)]
    for post in posts[:3]:
        pin_actions.pin_post(actor=cast.alice, post_id=post.pk)
    post_actions.delete_post(actor=cast.alice, post_id=posts[0].pk)
    assert walk(cast.bob) == [posts[n].pk for n in (2, 1, 3)]
    back = post_actions.undo_delete_post(actor=cast.alice, post_id=posts[0].pk)
    assert back.pinned_at, "nobody took its place"
    post_actions.delete_post(actor=cast.alice, post_id=posts[0].pk)
    pin_actions.pin_post(actor=cast.alice, post_id=posts[3].pk)
    assert post_actions.undo_delete_post(actor=cast.alice, post_id=posts[0].pk).pinned_at is None
    assert Post.objects.filter(pinned_at__isnull=False).count() == 3


def test_only_ones_own_post_and_only_what_one_sees(cast: Cast) -> None:
    post = make_post(cast.alice)
    for who, status in ((cast.bob, 403), (cast.mallory, 404)):
        for path in ("pin", "comments/open"):
            assert api(who).put(f"/api/v1/posts/{post.pk}/{path}").status_code == status
            assert api(who).delete(f"/api/v1/posts/{post.pk}/{path}").status_code == status
        assert browser(who).post(f"/posts/{post.pk}/pin/").status_code == status
    secret = make_post(cast.alice, audience="followers")
    pin_actions.pin_post(actor=cast.alice, post_id=secret.pk)
    assert [post.pk] == walk(cast.carol) == walk(None)
    assert walk(cast.bob) == [secret.pk, post.pk]


def test_pinning_through_the_api_and_by_plain_forms(cast: Cast) -> None:
    posts = [make_post(cast.alice) for _number in range(4)]
    alice, client = api(cast.alice), browser(cast.alice)
    assert alice.put(f"/api/v1/posts/{posts[0].pk}/pin").json()["pinned"] is True
    assert alice.delete(f"/api/v1/posts/{posts[0].pk}/pin").json()["pinned"] is False
    for post in posts[:3]:
        answer = client.post(f"/posts/{post.pk}/pin/", follow=True)
        assert answer.redirect_chain == [("/@alice/", 302)]
    assert answer.content.decode().count('<p class="pinned">') == 3
    refused = client.post(f"/posts/{posts[3].pk}/pin/", follow=True).content.decode()
    assert "Unpin one first" in refused
    assert alice.put(f"/api/v1/posts/{posts[3].pk}/pin").status_code == 409
    client.post(f"/posts/{posts[0].pk}/unpin/")
    assert [one["pinned"] for one in alice.get("/api/v1/users/alice/posts").json()["results"]] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.both
def test_a_walk_meets_every_post_once_whatever_is_pinned_meanwhile(cast: Cast) -> None:
    posts = [make_post(cast.alice, audience="only_me" if n % 5 == 0 else "public") for n in range(60)]
    wanted = sorted(post.pk for post in posts if post.audience == "public")
    pins = [posts[1], posts[5], posts[57]]
    for post in pins:
        pin_actions.pin_post(actor=cast.alice, post_id=post.pk)

    def turn_around(turn: int) -> None:
        """What was shown above goes back to its place, and what is still to come is pinned."""
        for post in pins[turn - 1 : turn]:
            pin_actions.unpin_post(actor=cast.alice, post_id=post.pk)
        if turn <= 3:
            pin_actions.pin_post(actor=cast.alice, post_id=posts[1 + turn].pk)

    found = walk(cast.bob, turn_around)
    assert sorted(found) == wanted
    assert found[:2] == [posts[57].pk, posts[1].pk]


def test_a_cursor_of_another_list_is_refused(cast: Cast) -> None:
    [make_post(cast.alice) for _number in range(25)]
    other = home_queries.home(cast.bob).next
    assert other
    with pytest.raises(errors.Invalid):
        post_queries.posts_of(cast.bob, cast.alice, other)


@pytest.mark.both
def test_pinned_posts_are_found_over_their_index(cast: Cast) -> None:
    Post.objects.bulk_create([Post(author=cast.alice, audience="public") for _number in range(500)])
    pin_actions.pin_post(actor=cast.alice, post_id=Post.objects.earliest("pk").pk)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with CaptureQueriesContext(connection) as asked:
        post_queries.posts_of(cast.bob, cast.alice)
    sql = next(one["sql"] for one in asked.captured_queries if "pinned_at" in one["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'' if connection.vendor == 'postgresql' else 'QUERY PLAN '}{sql}")
        plan = "\n".join(str(row) for row in cursor.fetchall())
    assert "post_pinned" in plan, plan


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_never_more_than_three_also_at_once() -> None:
    author = make_user("author")
    posts = [make_post(author) for _number in range(6)]
    raised = at_once([lambda post=post: pin_actions.pin_post(actor=author, post_id=post.pk) for post in posts])
    assert [type(error) for error in raised] == [errors.Conflict] * 3
    assert Post.objects.filter(pinned_at__isnull=False).count() == 3


# -- Comments off ------------------------------------------------------------------------------------------------------


def test_comments_that_are_off_stay_and_take_no_more(cast: Cast) -> None:
    post = make_post(cast.alice)
    said = make_comment(post, cast.bob, "first")
    client, path = browser(cast.bob), f"/posts/{post.pk}/"
    assert "data-comment-form" in client.get(path).content.decode()
    switch_actions.switch_comments(actor=cast.alice, post_id=post.pk, on=False)
    page = client.get(path).content.decode()
    assert "first" in page
    assert "data-comment-form" not in page
    assert "Comments are off under this post." in page
    assert f"/comments/{said.pk}/thread/#answer" not in page
    for who in (cast.bob, cast.alice):
        for parent in (None, said.pk):
            with pytest.raises(errors.NotAllowed, match="Comments are off"):
                comment_actions.comment(actor=who, post_id=post.pk, text="more", parent=parent)
    answer = client.post("/comments/write/", {"post": post.pk, "text": "more"})
    assert answer.status_code == 403
    assert "Comments are off under this post." in answer.content.decode()
    refused = api(cast.bob).post(f"/api/v1/posts/{post.pk}/comments", {"text": "more"})
    assert (refused.status_code, refused.json()["detail"]) == (403, "Comments are off under this post.")
    assert api(cast.mallory).post(f"/api/v1/posts/{post.pk}/comments", {"text": "more"}).status_code == 404
    assert api(cast.bob).get(f"/api/v1/posts/{post.pk}/comments").json()["results"][0]["text"] == "first"
    edited = comment_actions.edit_comment(actor=cast.bob, comment_id=said.pk, text="mended")
    assert edited.text == "mended", "one's own words stay one's own"
    switch_actions.switch_comments(actor=cast.alice, post_id=post.pk, on=True)
    assert client.post("/comments/write/", {"post": post.pk, "text": "more"}).status_code == 302


def test_the_author_switches_by_menu_api_and_from_the_beginning(cast: Cast) -> None:
    client, alice = browser(cast.alice), api(cast.alice)
    client.post("/compose/", {"text": "quiet", "audience": "members", "comments_off": "on", "warning": "shh"})
    post = Post.objects.get()
    assert (post.comments_off, post.warning) == (True, "shh")
    assert "Turn comments on" in client.get(f"/posts/{post.pk}/").content.decode()
    answer = client.post(f"/posts/{post.pk}/comments/switch/", {"on": "yes"}, follow=True).content.decode()
    assert "Comments are on." in answer
    assert "Turn comments off" in answer
    assert alice.delete(f"/api/v1/posts/{post.pk}/comments/open").json()["comments_off"] is True
    assert alice.put(f"/api/v1/posts/{post.pk}/comments/open").json()["comments_off"] is False
    made = alice.post("/api/v1/posts", {"text": "x", "comments_off": True, "warning": "w"}).json()
    assert (made["comments_off"], made["warning"]) == (True, "w")


def test_the_menu_is_the_authors(cast: Cast) -> None:
    post = make_post(cast.alice)
    page = page_of(cast.bob, f"/posts/{post.pk}/")
    assert "/pin/" not in page
    assert "/comments/switch/" not in page
