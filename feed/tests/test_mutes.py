"""Muting people, words and conversations: what vanishes for the muter alone, where, and until when."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from asgiref.sync import sync_to_async
from django.test import Client
from django.utils import timezone

from accounts import tasks as accounts_tasks
from accounts.actions import lists, mutes
from accounts.models.mutes import Mute, MutedWord
from accounts.models.people import User
from accounts.tests.factories import Cast
from core import errors, realtime
from feed import handlers, tasks
from feed.actions import comments as comment_actions
from feed.actions import mutes as mute_actions
from feed.actions import posts as post_actions
from feed.events import PostCreated
from feed.models.mutes import MutedPost
from feed.queries import comments as comment_queries
from feed.queries import home as home_queries
from feed.queries import live as live_queries
from feed.queries import posts as post_queries
from feed.tests.factories import make_comment, make_post
from feed.tests.test_consumers import Line, hub  # noqa: F401  the fixture

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def told(post_id: int) -> set[int]:
    return {id for chunk in live_queries.announce_to(post_id, at_once=10) for id in chunk}


def test_a_muted_person_vanishes_for_the_muter_alone(cast: Cast) -> None:
    post = make_post(cast.alice, "soup again")
    row = make_comment(make_post(cast.dan), cast.alice, "more soup")
    mutes.mute(actor=cast.bob, person="alice")
    assert post not in home_queries.home(cast.bob).rows
    assert post in home_queries.home(cast.dan).rows
    assert comment_queries.comments(cast.bob, row.post).rows == []
    assert comment_queries.comments(cast.carol, row.post).rows == [row]
    assert told(post.pk) == {cast.alice.pk, cast.dan.pk}
    client = browser(cast.bob)
    assert "soup again" in client.get("/@alice/").content.decode(), "the profile stays open"
    assert "You muted Alice" in client.get("/@alice/").content.decode()
    assert "You muted Alice" in client.get(f"/posts/{post.pk}/").content.decode()
    assert client.get(f"/comments/{row.pk}/", headers=HX).status_code == 404, "not live"
    assert client.get(f"/api/v1/comments/{row.pk}").status_code == 200
    assert row.post.comments_count == 1, "counts are the same for all"
    assert "muted Bob" not in browser(cast.alice).get("/@bob/").content.decode()
    mutes.unmute(actor=cast.bob, person="alice")
    assert post in home_queries.home(cast.bob).rows


def test_the_end_is_obeyed_without_a_worker(cast: Cast) -> None:
    post = make_post(cast.alice, "A lantern!")
    actions_of = {
        "hour": timedelta(hours=1),
        "day": timedelta(days=1),
        "week": timedelta(weeks=1),
    }
    for span, length in actions_of.items():
        with time_machine.travel(timezone.now(), tick=False) as clock:
            mutes.mute(actor=cast.bob, person="alice", span=span)
            mutes.mute_word(actor=cast.dan, phrase="lantern", span=span)
            mute_actions.mute_post(actor=cast.dan, post_id=post.pk, span=span)
            clock.shift(length - timedelta(seconds=1))
            assert told(post.pk) == {cast.alice.pk}
            assert home_queries.home(cast.bob).rows == home_queries.home(cast.dan).rows == []
            assert post_queries.post(cast.dan, post.pk).is_quiet
            clock.shift(timedelta(seconds=1))
            assert told(post.pk) == {cast.alice.pk, cast.bob.pk, cast.dan.pk}
            assert home_queries.home(cast.bob).rows == home_queries.home(cast.dan).rows == [post]
            assert not post_queries.post(cast.dan, post.pk).is_quiet
            assert browser(cast.dan).get("/api/v1/me/mutes/words").json()["results"] == []
            accounts_tasks.tidy_ties()
            tasks.forget_muted()
        assert not Mute.objects.exists()
        assert not MutedWord.objects.exists()
        assert not MutedPost.objects.exists()


def test_muting_again_sets_another_end(cast: Cast) -> None:
    mutes.mute(actor=cast.bob, person="alice", span="ever")
    mutes.mute(actor=cast.bob, person="alice", span="hour")
    assert Mute.objects.get().until is not None
    first = mutes.mute_word(actor=cast.bob, phrase="Soup")
    assert mutes.mute_word(actor=cast.bob, phrase="SOUP!", span="day").pk == first.pk


def test_ones_own_words_never_vanish(cast: Cast) -> None:
    own, hers = make_post(cast.bob, "Lanterns, lantern"), make_post(cast.alice, "LÁNTERN")
    mutes.mute_word(actor=cast.bob, phrase="lantern")
    assert home_queries.home(cast.bob).rows == [own]
    assert post_queries.posts_of(cast.bob, cast.alice).rows == [hers], "the profile stays as it is"
    mine, other = make_comment(hers, cast.bob, "a lantern"), make_comment(hers, cast.dan, "Lantern?")
    assert comment_queries.comments(cast.bob, hers).rows == [mine]
    assert comment_queries.comments(cast.dan, hers).rows == [other, mine]


def test_a_walk_past_muted_words_stays_bounded(cast: Cast, django_assert_max_num_queries: Any) -> None:
    make_post(cast.alice, "far down")
    for number in range(450):
        make_post(cast.alice, f"lantern {number}")
    mutes.mute_word(actor=cast.bob, phrase="lantern")
    with django_assert_max_num_queries(24):
        page = home_queries.home(cast.bob)
    assert (page.rows, bool(page.next)) == ([], True)
    assert [post.text for post in home_queries.home(cast.bob, page.next).rows] == ["far down"]


@pytest.mark.both
def test_telling_many_asks_the_database_once_for_all_words(cast: Cast, django_assert_num_queries: Any) -> None:
    post = make_post(cast.alice, "Crème brûlée tonight, 100%")
    mutes.mute_word(actor=cast.bob, phrase="creme BRULEE")
    mutes.mute_word(actor=cast.dan, phrase="100")
    with django_assert_num_queries(3):
        assert told(post.pk) == {cast.alice.pk}
    mutes.unmute_word(actor=cast.dan, word_id=MutedWord.objects.get(muter=cast.dan).pk)
    mutes.mute_word(actor=cast.dan, phrase="night")
    assert told(post.pk) == {cast.alice.pk, cast.dan.pk}, "whole words"


def test_a_list_is_home_narrowed_to_its_people(cast: Cast) -> None:
    row = lists.make_list(actor=cast.carol, name="Cooks")
    for person in ("alice", "dan"):
        lists.add(actor=cast.carol, list_id=row.pk, person=person)
    hers, his = make_post(cast.alice), make_post(cast.dan)
    make_post(cast.alice, audience="followers")
    make_post(cast.bob)
    assert home_queries.list_posts(cast.carol, row.pk)[1].rows == [his, hers]
    mutes.mute(actor=cast.carol, person="dan")
    assert home_queries.list_posts(cast.carol, row.pk)[1].rows == [hers]
    client = browser(cast.carol)
    assert [one["id"] for one in client.get(f"/api/v1/me/lists/{row.pk}/posts").json()["results"]] == [hers.pk]
    assert f'id="post-{hers.pk}"' in client.get(f"/lists/{row.pk}/").content.decode()
    for other in (cast.alice, cast.bob):
        assert browser(other).get(f"/lists/{row.pk}/").status_code == 404
        assert browser(other).get(f"/api/v1/me/lists/{row.pk}/posts").status_code == 404
    assert Client().get(f"/api/v1/me/lists/{row.pk}/posts").status_code == 401


def test_reading_a_list_costs_the_same(cast: Cast, django_assert_num_queries: Any) -> None:
    row = lists.make_list(actor=cast.carol, name="Cooks")
    lists.add(actor=cast.carol, list_id=row.pk, person="alice")
    for number in (5, 30):
        for _turn in range(number):
            make_post(cast.alice, pictures=1)
        with django_assert_num_queries(8):  # among them the sources, and their posts
            home_queries.list_posts(cast.carol, row.pk)


# -- Conversations --


@pytest.mark.django_db(transaction=True)
async def test_a_muted_conversation_says_only_what_becomes_of_the_post(cast: Cast, hub: realtime.Hub) -> None:  # noqa: F811
    post = await sync_to_async(make_post)(cast.alice)
    bob, dan = Line(cast.bob.pk), Line(cast.dan.pk)
    await sync_to_async(mute_actions.mute_post)(actor=cast.bob, post_id=post.pk)
    for line in (bob, dan):
        assert len((await line.ask("feed.watch", posts=[post.pk]))["posts"]) == 1
    await sync_to_async(comment_actions.comment)(actor=cast.dan, post_id=post.pk, text="hello")
    assert [said["type"] for said in dan.heard] == ["comment.new", "post.counts"]
    assert bob.heard == []
    await sync_to_async(post_actions.delete_post)(actor=cast.alice, post_id=post.pk)
    assert [said["type"] for said in bob.heard] == ["post.gone"]


def test_conversations_over_pages_and_api(cast: Cast) -> None:
    post = make_post(cast.alice)
    client = browser(cast.bob)
    assert "Mute this conversation" in client.get(f"/posts/{post.pk}/").content.decode()
    assert client.post(f"/posts/{post.pk}/mute/")["Location"] == f"/posts/{post.pk}/"
    assert "Unmute this conversation" in client.get(f"/posts/{post.pk}/").content.decode()
    assert "Post by Alice" in client.get("/settings/muted/conversations/").content.decode()
    [found] = client.get("/api/v1/me/mutes/posts").json()["results"]
    assert (found["post"], found["until"]) == (post.pk, None)
    assert client.get(f"/api/v1/posts/{post.pk}").json()["conversation_muted"] is True
    assert client.post(f"/posts/{post.pk}/unmute/", headers=HX).status_code == 204
    assert client.put(f"/api/v1/posts/{post.pk}/mute", {"span": "day"}, "application/json").status_code == 204
    assert client.put(f"/api/v1/posts/{post.pk}/mute", {"span": "aeon"}, "application/json").status_code == 422
    assert client.delete(f"/api/v1/posts/{post.pk}/mute").status_code == 204
    hidden, absent = [
        client.put(f"/api/v1/posts/{id}/mute") for id in (make_post(cast.alice, audience="only_me").pk, 9**9)
    ]
    assert (hidden.status_code, hidden.content) == (404, absent.content)
    assert Client().get("/settings/muted/conversations/").status_code == 302


# -- Pages and API of people and words --


def test_muting_people_over_pages(cast: Cast) -> None:
    client = browser(cast.bob)
    assert "How long?" in client.get("/@alice/mute/").content.decode()
    assert client.post("/@alice/mute/", {"span": "day"})["Location"] == "/@alice/"
    assert "@alice" in client.get("/settings/muted/").content.decode()
    assert client.post("/@alice/mute/", {"span": "aeon"}).status_code == 422
    assert client.post("/@alice/unmute/")["Location"] == "/settings/muted/"
    assert "Nobody is muted" in client.get("/settings/muted/").content.decode()
    assert client.post("/@alice/mute/", headers=HX).status_code == 204
    assert client.post("/@alice/unmute/", headers=HX).status_code == 200
    assert client.get("/@nobody.here/mute/").status_code == 404
    assert Client().get("/settings/muted/")["Location"] == "/login/?next=/settings/muted/"


def test_muting_people_over_the_api(cast: Cast) -> None:
    client = browser(cast.bob)
    answer = client.put("/api/v1/users/alice/mute", {"span": "week"}, "application/json").json()
    assert (answer["muted"], bool(answer["muted_until"])) == (True, True)
    assert [row["person"]["handle"] for row in client.get("/api/v1/me/mutes").json()["results"]] == ["alice"]
    assert client.delete("/api/v1/users/alice/mute").status_code == 204
    assert client.get("/api/v1/users/alice").json()["muted"] is False
    assert client.put("/api/v1/users/bob/mute").status_code == 422, "not oneself"
    assert browser(cast.mallory).put("/api/v1/users/alice/mute").status_code == 404


def test_words_over_pages_and_api(cast: Cast) -> None:
    client = browser(cast.bob)
    page = client.post("/settings/muted/words/", {"phrase": "?!", "span": "ever"})
    assert (page.status_code, "Write a word" in page.content.decode()) == (422, True)
    assert client.post("/settings/muted/words/", {"phrase": "Rain  dance", "span": "ever"}).status_code == 302
    assert "Rain dance" in client.get("/settings/muted/words/").content.decode()
    made = client.post("/api/v1/me/mutes/words", {"phrase": "soup"}, "application/json")
    assert (made.status_code, made.json()["until"]) == (201, None)
    assert [row["phrase"] for row in client.get("/api/v1/me/mutes/words").json()["results"]] == ["soup", "Rain dance"]
    assert browser(cast.dan).delete(f"/api/v1/me/mutes/words/{made.json()['id']}").status_code == 204
    assert MutedWord.objects.count() == 2, "others' words are theirs"
    assert client.delete(f"/api/v1/me/mutes/words/{made.json()['id']}").status_code == 204
    assert client.post(f"/settings/muted/words/{MutedWord.objects.get().pk}/remove/").status_code == 302
    assert not MutedWord.objects.exists()


def test_there_is_an_end_of_words(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutes, "WORDS_LIMIT", 2)
    for word in ("one", "two", "two"):
        mutes.mute_word(actor=cast.bob, phrase=word)
    with pytest.raises(errors.Conflict):
        mutes.mute_word(actor=cast.bob, phrase="three")


def test_the_live_word_of_a_new_post_goes_only_to_who_wants_it(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    post = make_post(cast.alice)
    mutes.mute(actor=cast.bob, person="alice")
    groups: list[str] = []
    monkeypatch.setattr("feed.realtime.realtime.push", lambda to, said: groups.extend(to))
    handlers.announce(PostCreated(post_id=post.pk, author_id=cast.alice.pk, audience=post.audience))
    assert set(groups) == {f"user:{cast.alice.pk}", f"user:{cast.dan.pk}"}
