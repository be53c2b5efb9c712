"""Saving posts: one row a post, in one collection or none; nobody but their keeper ever learns of it."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts import personal
from accounts.tests.factories import Cast, make_block, make_user
from accounts.tests.test_at_once import at_once
from core import errors
from feed.access import saved as saved_access
from feed.actions import posts as post_actions
from feed.actions import saved as saved_actions
from feed.models.posts import Post
from feed.models.saved import Collection, SavedPost
from feed.queries import cards
from feed.queries import saved as saved_queries
from feed.tests.factories import make_post
from feed.tests.test_mutes import browser

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


@pytest.mark.both
def test_saving_keeps_the_order_and_saving_again_changes_nothing(cast: Cast) -> None:
    first, second = make_post(cast.alice, "first"), make_post(cast.alice, "second")
    row = saved_actions.make_collection(actor=cast.bob, name="Soups")
    saved_actions.put_post(actor=cast.bob, post_id=second.pk, collection_id=row.pk)
    saved_actions.save_post(actor=cast.bob, post_id=first.pk)
    saved_actions.save_post(actor=cast.bob, post_id=second.pk)
    assert saved_queries.saved(cast.bob).rows == [first, second], "the latest saved first"
    assert saved_queries.saved(cast.bob, collection=row).rows == [second]
    assert saved_queries.collection_of(cast.bob, second) == row.pk
    saved_actions.put_post(actor=cast.bob, post_id=second.pk, name="Breads")
    assert saved_queries.saved(cast.bob, collection=row).rows == []
    assert [one.name for one in saved_queries.collections(cast.bob)] == ["Breads", "Soups"]
    saved_actions.put_post(actor=cast.bob, post_id=second.pk)
    assert saved_queries.collection_of(cast.bob, second) is None
    for _turn in range(2):
        saved_actions.unsave_post(actor=cast.bob, post_id=second.pk)
    assert saved_queries.saved(cast.bob).rows == [first]


@pytest.mark.both
def test_what_one_may_not_see_is_not_there_and_comes_back(cast: Cast) -> None:
    post = make_post(cast.alice)
    saved_actions.save_post(actor=cast.bob, post_id=post.pk)
    post_actions.edit_post(actor=cast.alice, post_id=post.pk, audience="only_me")
    assert saved_queries.saved(cast.bob).rows == []
    assert list(personal.chapters["saved.json"].rows(cast.bob)) == []
    post_actions.edit_post(actor=cast.alice, post_id=post.pk, audience="public")
    assert saved_queries.saved(cast.bob).rows == [post]
    block = make_block(cast.alice, cast.bob)
    assert saved_queries.saved(cast.bob).rows == []
    block.delete()
    assert saved_queries.saved(cast.bob).rows == [post]
    make_block(cast.alice, cast.bob)
    saved_actions.unsave_post(actor=cast.bob, post_id=post.pk)
    assert not SavedPost.objects.exists(), "also what one may not see can go"


@pytest.mark.both
def test_collections_are_each_ones_own(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    row = saved_actions.make_collection(actor=cast.bob, name="  Soups \x00 and   more ")
    assert row.name == "Soups and more"
    saved_actions.make_collection(actor=cast.dan, name="Soups and more")
    post = make_post(cast.alice)
    for other in (cast.dan, cast.alice, cast.mod):
        calls = (
            lambda other=other: saved_access.access_collection(other, row.pk),
            lambda other=other: saved_actions.put_post(actor=other, post_id=post.pk, collection_id=row.pk),
            lambda other=other: saved_actions.rename_collection(actor=other, collection_id=row.pk, name="Mine"),
            lambda other=other: saved_actions.delete_collection(actor=other, collection_id=row.pk),
        )
        for call in calls:
            with pytest.raises(errors.NotFound):
                call()
    for name in ("soups AND more", "", " \x00", "x" * 61):
        with pytest.raises(errors.Invalid):
            saved_actions.make_collection(actor=cast.bob, name=name)
    other = saved_actions.make_collection(actor=cast.bob, name="Breads")
    with pytest.raises(errors.Invalid):
        saved_actions.rename_collection(actor=cast.bob, collection_id=other.pk, name="SOUPS and more")
    monkeypatch.setattr(saved_actions, "COLLECTIONS_LIMIT", 2)
    with pytest.raises(errors.Conflict):
        saved_actions.make_collection(actor=cast.bob, name="Cakes")
    assert not SavedPost.objects.filter(owner=cast.alice, collection=row).exists()


@pytest.mark.both
@pytest.mark.parametrize("keep", [True, False])
def test_a_collection_goes_with_or_without_its_posts(cast: Cast, keep: bool) -> None:
    row = saved_actions.make_collection(actor=cast.bob, name="Soups")
    inside, beside = make_post(cast.alice), make_post(cast.alice)
    saved_actions.put_post(actor=cast.bob, post_id=inside.pk, collection_id=row.pk)
    saved_actions.save_post(actor=cast.bob, post_id=beside.pk)
    saved_actions.delete_collection(actor=cast.bob, collection_id=row.pk, keep_posts=keep)
    assert saved_queries.saved(cast.bob).rows == ([beside, inside] if keep else [beside])
    assert not Collection.objects.exists()


def test_saving_over_pages(cast: Cast) -> None:
    post = make_post(cast.alice, "soup again")
    client = browser(cast.bob)
    assert "Nothing saved yet" in client.get("/saved/").content.decode()
    answer = client.post(f"/posts/{post.pk}/save/", headers={"Referer": "http://testserver/"})
    assert answer["Location"] == f"http://testserver/#post-{post.pk}"
    assert client.post(f"/posts/{post.pk}/save/")["Location"] == "/saved/"
    assert client.post(f"/posts/{post.pk}/save/", headers=HX).status_code == 204
    home = client.get("/").content.decode()
    assert 'class="act kept" aria-pressed="true"' in home
    assert f'action="/posts/{post.pk}/unsave/"' in home
    assert "kept" not in browser(cast.dan).get("/").content.decode(), "nobody else learns of it"
    assert "soup again" in client.get("/saved/").content.decode()

    page = client.get(f"/posts/{post.pk}/collection/").content.decode()
    assert "Not saved any more" in page
    answer = client.post(f"/posts/{post.pk}/collection/", {"collection": "", "name": "Soups"})
    assert answer["Location"] == f"/posts/{post.pk}/"
    row = Collection.objects.get()
    assert "soup again" in client.get(f"/saved/{row.pk}/").content.decode()
    answer = client.post(f"/posts/{post.pk}/collection/", {"collection": "", "name": "SOUPS"})
    assert answer.status_code == 422
    assert 'value="SOUPS"' in answer.content.decode(), "what was typed stays"
    assert client.post(f"/posts/{post.pk}/collection/", {"collection": "999999"}).status_code == 422
    assert client.post(f"/posts/{post.pk}/collection/", {"collection": str(row.pk)}).status_code == 302

    assert client.post("/saved/new/", {"name": ""}).status_code == 422
    assert client.post("/saved/new/", {"name": "soups"}).status_code == 422
    made = client.post("/saved/new/", {"name": "Breads"})
    other = Collection.objects.get(name="Breads")
    assert made["Location"] == f"/saved/{other.pk}/"
    assert "Nothing in here yet" in client.get(made["Location"]).content.decode()
    assert client.post(f"/saved/{other.pk}/edit/", {"name": "soups"}).status_code == 422
    assert client.post(f"/saved/{other.pk}/edit/", {"name": "Cakes"})["Location"] == f"/saved/{other.pk}/"
    assert "They are saved no more" in client.get(f"/saved/{other.pk}/edit/").content.decode()
    assert client.post(f"/saved/{row.pk}/delete/", {"posts": "go"})["Location"] == "/saved/"
    assert not SavedPost.objects.exists()
    assert client.post(f"/saved/{other.pk}/delete/").status_code == 302
    assert client.post(f"/posts/{post.pk}/unsave/").status_code == 302


def test_saving_over_the_api(cast: Cast) -> None:
    post = make_post(cast.alice)
    client = browser(cast.bob)
    made = client.post("/api/v1/me/collections", {"name": "Soups"}, "application/json")
    assert (made.status_code, made.json()["name"]) == (201, "Soups")
    row = made.json()["id"]
    assert client.put(f"/api/v1/posts/{post.pk}/saved", {"collection": row}, "application/json").status_code == 204
    assert client.put(f"/api/v1/posts/{post.pk}/saved").status_code == 204, "stays where it is"
    assert [one["id"] for one in client.get(f"/api/v1/me/collections/{row}/posts").json()["results"]] == [post.pk]
    assert client.put(f"/api/v1/posts/{post.pk}/saved", {"collection": None}, "application/json").status_code == 204
    assert client.get(f"/api/v1/me/collections/{row}/posts").json()["results"] == []
    [found] = client.get("/api/v1/me/saved").json()["results"]
    assert (found["id"], found["saved"]) == (post.pk, True)
    assert browser(cast.dan).get(f"/api/v1/posts/{post.pk}").json()["saved"] is False
    assert (
        client.patch(f"/api/v1/me/collections/{row}", {"name": "Stews"}, "application/json").json()["name"] == "Stews"
    )
    assert client.get(f"/api/v1/me/collections/{row}").json()["name"] == "Stews"
    assert [one["id"] for one in client.get("/api/v1/me/collections").json()["results"]] == [row]
    for other in (cast.alice, cast.mod):
        stranger = browser(other)
        assert stranger.get(f"/api/v1/me/collections/{row}").status_code == 404
        assert stranger.get(f"/api/v1/me/collections/{row}/posts").status_code == 404
        assert stranger.delete(f"/api/v1/me/collections/{row}").status_code == 404
        assert stranger.get("/api/v1/me/saved").json()["results"] == []
        assert stranger.get(f"/saved/{row}/").status_code == stranger.get(f"/saved/{row}/edit/").status_code == 404
    assert client.put(f"/api/v1/posts/{post.pk}/saved", {"collection": row}, "application/json").status_code == 204
    assert client.delete(f"/api/v1/me/collections/{row}?posts=go").status_code == 204
    assert client.get("/api/v1/me/saved").json()["results"] == []
    assert client.delete(f"/api/v1/posts/{post.pk}/saved").status_code == 204
    hidden, absent = [
        client.put(f"/api/v1/posts/{id}/saved") for id in (make_post(cast.alice, audience="only_me").pk, 9**9)
    ]
    assert (hidden.status_code, hidden.content) == (404, absent.content)
    assert Client().get("/api/v1/me/saved").status_code == 401
    assert Client().get("/saved/")["Location"] == "/login/?next=/saved/"


def test_the_archive_tells_where_they_stand(cast: Cast) -> None:
    post, other = make_post(cast.alice, "secret soup"), make_post(cast.alice)
    saved_actions.put_post(actor=cast.bob, post_id=post.pk, name="Soups")
    saved_actions.save_post(actor=cast.bob, post_id=other.pk)
    rows = list(personal.chapters["saved.json"].rows(cast.bob))
    assert [(row["post"], row["collection"]) for row in rows] == [
        (f"/posts/{post.pk}/", "Soups"),
        (f"/posts/{other.pk}/", None),
    ]
    assert list(personal.chapters["collections.json"].rows(cast.bob)) == [{"name": "Soups"}]


@pytest.mark.parametrize("number", [3, 30])
def test_saved_posts_have_pages_and_cost_the_same(cast: Cast, number: int, django_assert_num_queries: Any) -> None:
    row = saved_actions.make_collection(actor=cast.bob, name="All")
    for _turn in range(number):
        post = make_post(cast.alice, pictures=1)
        saved_actions.put_post(actor=cast.bob, post_id=post.pk, collection_id=row.pk)
    for collection in (None, row):
        with django_assert_num_queries(4):  # candidates, seen, cards, pictures
            page = saved_queries.saved(cast.bob, collection=collection)
        assert (len(page.rows), bool(page.next)) == (min(number, 20), number > 20)
        if page.next:
            older = saved_queries.saved(cast.bob, page.next, collection=collection)
            assert {*page.rows, *older.rows} == set(Post.objects.all())
    with django_assert_num_queries(4):  # the cards' marks cost no query of their own
        assert all(one.is_saved for one in cards.page(cast.bob, Post.objects.all(), "").rows)


def test_lists_walk_their_index(cast: Cast) -> None:
    row = saved_actions.make_collection(actor=cast.bob, name="All")
    mine = saved_access.saved_posts(cast.bob)
    for index, rows in {"saved_posts_of": mine, "saved_posts_in": mine.filter(collection=row)}.items():
        plan = rows.order_by("-id")[:21].explain()
        assert index in plan, plan
        assert "TEMP B-TREE" not in plan, plan


@pytest.mark.django_db(transaction=True)
@pytest.mark.both
def test_keeping_and_tidying_at_once_breaks_nothing() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    posts = [make_post(alice) for _turn in range(3)]
    chance = random.Random(4)

    def call() -> Callable[[], Any]:
        post, name = chance.choice(posts).pk, chance.choice(["Soups", "Breads"])
        ids = [row.pk for row in saved_queries.collections(bob)] or [1]
        row, keep = chance.choice(ids), chance.random() < 0.5
        return chance.choice(
            [
                lambda: saved_actions.save_post(actor=bob, post_id=post),
                lambda: saved_actions.put_post(actor=bob, post_id=post, name=name),
                lambda: saved_actions.put_post(actor=bob, post_id=post, collection_id=row),
                lambda: saved_actions.unsave_post(actor=bob, post_id=post),
                lambda: saved_actions.delete_collection(actor=bob, collection_id=row, keep_posts=keep),
            ]
        )

    for _turn in range(15):
        answers = at_once(*[call() for _number in range(4)])
        assert {type(one) for one in answers if isinstance(one, Exception)} <= {errors.Invalid, errors.NotFound}
    names = [row.name.lower() for row in saved_queries.collections(bob)]
    assert len(names) == len(set(names))
    rows = list(SavedPost.objects.values_list("post_id", flat=True))
    assert len(rows) == len(set(rows)) <= 3
