"""Polls: who votes, who sees how it stands, and that the counts are exact."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.serializers.json import DjangoJSONEncoder
from django.test import Client
from django.utils import timezone

from accounts import personal, registry
from accounts.actions import mutes, relations
from accounts.models.people import User
from accounts.models.relations import Audience
from accounts.tests.factories import Cast, log_in, make_user
from core import errors, realtime
from core.models import Event
from feed import belongings, frames
from feed import realtime as feed_realtime
from feed.actions import mutes as mute_actions
from feed.actions import polls as poll_actions
from feed.actions import posts as post_actions
from feed.models.polls import Poll, Vote
from feed.models.posts import Post
from feed.queries import home as home_queries
from feed.queries import live as live_queries
from feed.queries import posts as post_queries
from feed.serializers import polls as poll_serializers
from feed.serializers import posts as post_serializers
from feed.tests.factories import make_post
from feed.tests.test_actions import at_once
from feed.tests.test_api import api

pytestmark = pytest.mark.django_db
TWO = {"choices": ["Tea", "Coffee"]}


def ask(author: User, *, audience: str = Audience.PUBLIC, **poll: Any) -> Post:
    return post_actions.create_post(actor=author, text="Which?", audience=audience, poll={**TWO, **poll})


def stands(post: Post) -> tuple[list[int], int]:
    poll = Poll.objects.get(pk=post.pk)
    return poll.votes, poll.voters_count


def seen(viewer: User | None, post: Post) -> dict[str, Any]:
    return poll_serializers.poll(post_queries.post(viewer, post.pk)) or {}


@pytest.mark.both
def test_a_vote_counts_once_may_change_and_goes_back(cast: Cast) -> None:
    post = ask(cast.alice)
    for choices, wanted in (([0], ([1, 0], 1)), ([0], ([1, 0], 1)), ([1], ([0, 1], 1))):
        poll_actions.vote(actor=cast.bob, post_id=post.pk, choices=choices)
        assert stands(post) == wanted
    poll_actions.vote(actor=cast.carol, post_id=post.pk, choices=[1])
    assert stands(post) == ([0, 2], 2)
    for _again in range(2):
        poll_actions.take_back_vote(actor=cast.bob, post_id=post.pk)
    assert stands(post) == ([0, 1], 1)
    assert [row.chosen for row in Vote.objects.all()] == [[1]]
    assert Event.objects.filter(name="feed.PollVoted").count() == 4, "a repeat is no fact"
    assert {tuple(row.data) for row in Event.objects.filter(name="feed.PollVoted")} == {("post_id",)}


@pytest.mark.both
def test_several_choices_where_they_are_allowed(cast: Cast) -> None:
    post = ask(cast.alice, choices=["a", "b", "c"], is_multiple=True)
    poll_actions.vote(actor=cast.bob, post_id=post.pk, choices=[2, 0, 2])
    poll_actions.vote(actor=cast.dan, post_id=post.pk, choices=[0])
    assert stands(post) == ([2, 0, 1], 2)
    poll_actions.vote(actor=cast.bob, post_id=post.pk, choices=[1])
    assert stands(post) == ([1, 1, 0], 2)


@pytest.mark.both
def test_how_it_stands_is_seen_after_voting_at_the_end_and_by_its_author(cast: Cast) -> None:
    post = ask(cast.alice, ends_in=300)
    poll_actions.vote(actor=cast.bob, post_id=post.pk, choices=[1])
    hidden = [{"text": "Tea", "votes": None}, {"text": "Coffee", "votes": None}]
    open = [{"text": "Tea", "votes": 0}, {"text": "Coffee", "votes": 1}]
    for viewer, choices in ((cast.alice, open), (cast.bob, open), (cast.carol, hidden), (None, hidden)):
        assert seen(viewer, post)["choices"] == choices
        assert seen(viewer, post)["voters_count"] == 1
    assert (seen(cast.bob, post)["my_vote"], seen(cast.carol, post)["my_vote"]) == ([1], [])
    poll_actions.take_back_vote(actor=cast.bob, post_id=post.pk)
    assert seen(cast.bob, post)["choices"] == [{"text": "Tea", "votes": None}, {"text": "Coffee", "votes": None}]
    with time_machine.travel(timezone.now() + timedelta(seconds=301)):
        for viewer in (cast.bob, cast.carol, None):
            assert seen(viewer, post)["is_over"]
            assert [one["votes"] for one in seen(viewer, post)["choices"]] == [0, 0]
        with pytest.raises(errors.Conflict):
            poll_actions.vote(actor=cast.carol, post_id=post.pk, choices=[0])
        with pytest.raises(errors.Conflict):
            poll_actions.take_back_vote(actor=cast.bob, post_id=post.pk)


@pytest.mark.parametrize(
    ("poll", "field"),
    [
        ({"choices": []}, "poll"),
        ({"choices": ["one"]}, "poll"),
        ({"choices": ["x", " "]}, "poll"),
        ({"choices": ["Same", "same"]}, "poll"),
        ({"choices": [str(n) for n in range(11)]}, "poll"),
        ({"choices": ["a", "b" * 101]}, "poll"),
        ({"ends_in": 299}, "ends_in"),
        ({"ends_in": 30 * 86400 + 1}, "ends_in"),
    ],
)
def test_a_poll_that_makes_no_sense_is_refused_whole(cast: Cast, poll: dict, field: str) -> None:
    with pytest.raises(errors.Invalid) as refused:
        ask(cast.alice, **poll)
    assert refused.value.field == field
    assert not Post.objects.exists()
    assert api(cast.alice).post("/api/v1/posts", {"text": "x", "poll": {**TWO, **poll}}).status_code == 422


def test_the_limits_themselves_are_allowed(cast: Cast) -> None:
    for ends_in in (300, 30 * 86400, None):
        post = ask(cast.alice, choices=["x" * 100, *map(str, range(9))], ends_in=ends_in)
        assert (Poll.objects.get(pk=post.pk).ends_at is None) == (ends_in is None)


@pytest.mark.parametrize("choices", [[], [2], [-1], [0, 1]])
def test_a_vote_for_what_cannot_be_chosen_is_refused(cast: Cast, choices: list[int]) -> None:
    post = ask(cast.alice)
    with pytest.raises(errors.Invalid):
        poll_actions.vote(actor=cast.bob, post_id=post.pk, choices=choices)
    assert api(cast.bob).put(f"/api/v1/posts/{post.pk}/vote", {"choices": choices}).status_code == 422
    assert stands(post) == ([0, 0], 0)


@pytest.mark.parametrize("audience", [Audience.PUBLIC, Audience.FOLLOWERS, Audience.ONLY_ME])
def test_only_who_sees_the_post_may_vote(cast: Cast, audience: str) -> None:
    post = ask(cast.alice, audience=audience)
    may = {
        Audience.PUBLIC: {"alice", "bob", "carol", "dan", "mod"},
        Audience.FOLLOWERS: {"alice", "bob", "dan"},
        Audience.ONLY_ME: {"alice"},
    }[audience]
    for name in ("alice", "bob", "carol", "dan", "mallory", "mod"):
        answer = api(getattr(cast, name)).put(f"/api/v1/posts/{post.pk}/vote", {"choices": [0]})
        assert (name, answer.status_code) == (name, 200 if name in may else 404)
    assert stands(post) == ([len(may), 0], len(may))
    assert api(None).put(f"/api/v1/posts/{post.pk}/vote", {"choices": [0]}).status_code in (401, 403)


def test_what_is_no_poll_or_gone_takes_no_vote(cast: Cast) -> None:
    plain, gone = make_post(cast.alice), ask(cast.alice)
    post_actions.delete_post(actor=cast.alice, post_id=gone.pk)
    for post in (plain, gone):
        for ask_for in (
            lambda path: api(cast.bob).put(path, {"choices": [0]}),
            lambda path: api(cast.bob).delete(path),
        ):
            assert ask_for(f"/api/v1/posts/{post.pk}/vote").status_code == 404


def test_a_vote_through_the_api(cast: Cast) -> None:
    made = api(cast.alice).post("/api/v1/posts", {"text": "Which?", "poll": {**TWO, "ends_in": 3600}}).json()
    assert made["poll"]["choices"] == [{"text": "Tea", "votes": 0}, {"text": "Coffee", "votes": 0}], "the author sees"
    path, bob = f"/api/v1/posts/{made['id']}/vote", api(cast.bob)
    assert bob.get(f"/api/v1/posts/{made['id']}").json()["poll"]["choices"][0]["votes"] is None
    answer = bob.put(path, {"choices": [1]}).json()
    assert (answer["choices"][1]["votes"], answer["my_vote"], answer["voters_count"]) == (1, [1], 1)
    assert bob.delete(path).json()["choices"][1]["votes"] is None
    for rubbish in ({}, {"choices": "x"}, {"choices": ["x"]}, {"choices": [99]}, {"choices": list(range(11))}):
        assert bob.put(path, rubbish).status_code == 422
    Poll.objects.update(ends_at=timezone.now())
    assert bob.put(path, {"choices": [1]}).status_code == 409
    assert bob.delete(path).status_code == 409


def browser(user: User | None) -> Client:
    client = Client()
    if user is not None:
        log_in(client, user)
    return client


def test_the_whole_life_of_a_poll_by_plain_forms(cast: Cast) -> None:
    alice, bob = browser(cast.alice), browser(cast.bob)
    given = {"text": "Which?", "audience": "members", "poll": ["Tea", "", "Coffee", ""], "ends_in": "300"}
    assert alice.post("/compose/", given).status_code == 302
    post = Post.objects.get()
    assert Poll.objects.get().choices == ["Tea", "Coffee"]
    page = bob.get(f"/posts/{post.pk}/").content.decode()
    assert 'type="radio" name="choice" value="1"' in page
    assert "data-bars" not in page
    refused = bob.post(f"/posts/{post.pk}/vote/")
    assert refused.status_code == 422
    assert "Choose something first." in refused.content.decode()
    assert bob.post(f"/posts/{post.pk}/vote/", {"choice": "x"}).status_code == 422
    answer = bob.post(f"/posts/{post.pk}/vote/", {"choice": "1"}, follow=True)
    assert answer.redirect_chain == [(f"/posts/{post.pk}/", 302)]
    assert "100%" in answer.content.decode()
    assert "Change your vote" in answer.content.decode()
    fragment = bob.post(f"/posts/{post.pk}/vote/", {"back": "yes"}, headers={"HX-Request": "true"}).content.decode()
    assert fragment.lstrip().startswith('<div class="poll"')
    assert "data-bars" not in fragment
    visitors = browser(None).get(f"/posts/{make_public(post).pk}/").content.decode()
    assert "Coffee" in visitors
    assert "/vote/" not in visitors


def make_public(post: Post) -> Post:
    Post.objects.filter(pk=post.pk).update(audience=Audience.PUBLIC)
    return post


def test_a_refused_page_shows_no_more_choices_than_were_written(cast: Cast) -> None:
    """A browser sends the empty fields as well."""
    given = {"text": "x" * 5001, "audience": "members", "poll": [""] * 10}
    page = browser(cast.alice).post("/compose/", given).content.decode()
    assert '<details class="extra">' in page
    assert page.count("data-spare") == 8
    given = {**given, "poll": ["", "Tea", " ", "Coffee", "Milk", "", "", "", "", ""]}
    page = browser(cast.alice).post("/compose/", given).content.decode()
    assert '<details class="extra" open>' in page
    assert page.count("data-spare") == 7
    assert page.index('value="Tea"') < page.index('value="Coffee"') < page.index('value="Milk"')


def test_a_poll_wants_a_question(cast: Cast) -> None:
    given = {"text": " ", "audience": "members", "poll": ["Tea", "Coffee"]}
    assert "Write the question." in browser(cast.alice).post("/compose/", given).content.decode()


def test_a_refused_poll_keeps_what_was_written(cast: Cast) -> None:
    given = {"text": "Which?", "audience": "members", "poll": ["Tea", "tea"], "warning": "hot", "comments_off": "on"}
    answer = browser(cast.alice).post("/compose/", given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Two of these choices are the same." in page
    assert 'value="Tea"' in page
    assert 'value="tea"' in page
    assert 'value="hot"' in page
    assert 'name="comments_off" checked' in page


@pytest.mark.parametrize("polls", [0, 20])
def test_a_page_costs_the_same_with_polls_and_without(cast: Cast, polls: int, django_assert_num_queries: Any) -> None:
    for turn in range(20):
        if turn < polls:
            poll_actions.vote(actor=cast.dan, post_id=ask(cast.alice).pk, choices=[0])
        else:
            make_post(cast.alice)
    with django_assert_num_queries(8):  # as test_home_costs_the_same_however_long, without polls and with them
        shown = [post_serializers.post(post) for post in home_queries.home(cast.bob).rows]
    assert sum(post["poll"] is not None for post in shown) == polls
    with django_assert_num_queries(1):
        rows = live_queries.watchable(cast.bob.pk, [post["id"] for post in shown])
        assert sum(post_serializers.watched(row).poll is not None for row in rows) == polls


def test_those_who_look_see_the_votes_come_and_others_only_how_many(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    said: list[tuple[str, Any]] = []
    monkeypatch.setattr(realtime, "push", lambda group, event: said.append((group, event)))
    again: list[int] = []
    monkeypatch.setattr(realtime, "access_changed", again.append)
    post = ask(cast.alice)
    with django_assert_max_num_queries(12):  # however many watch
        poll_actions.vote(actor=cast.bob, post_id=post.pk, choices=[1])
    name = f"post:{post.pk}:public"
    assert said == [
        (name, frames.PostPoll(post.pk, voters=1, votes=None)),
        (f"{name}:results", frames.PostPoll(post.pk, voters=1, votes=[0, 1])),
    ]
    poll_actions.vote(actor=cast.bob, post_id=post.pk, choices=[0])
    poll_actions.take_back_vote(actor=cast.bob, post_id=post.pk)
    assert again == [cast.bob.pk, cast.bob.pk], "once for seeing it, once for seeing it no more"


def test_a_muted_word_in_a_choice_is_heard(cast: Cast) -> None:
    post = ask(cast.alice, choices=["Soup", "Coffee"])
    told = lambda: {id for ids in live_queries.announce_to(post.pk, at_once=10) for id in ids}  # noqa: E731
    assert cast.bob.pk in told()
    mutes.mute_word(actor=cast.bob, phrase="coffee")
    assert home_queries.home(cast.bob).rows == []
    assert cast.bob.pk not in told()


def test_a_muted_conversation_says_nothing_of_its_poll(cast: Cast) -> None:
    post = ask(cast.alice)
    poll_actions.vote(actor=cast.bob, post_id=post.pk, choices=[1])
    [row] = live_queries.watchable(cast.bob.pk, [post.pk])
    assert feed_realtime.watched_groups(row) == [f"post:{post.pk}:public", f"post:{post.pk}:public:results"]
    mute_actions.mute_post(actor=cast.bob, post_id=post.pk)
    [row] = live_queries.watchable(cast.bob.pk, [post.pk])
    assert feed_realtime.watched_groups(row) == [f"post:{post.pk}:public:quiet"]
    [row] = live_queries.watchable(cast.carol.pk, [post.pk])
    assert feed_realtime.watched_groups(row) == [f"post:{post.pk}:public"]


# -- Going, and being counted anew -------------------------------------------------------------------------------------


@pytest.mark.both
def test_who_goes_takes_their_votes_along(cast: Cast) -> None:
    post, own = ask(cast.alice), ask(cast.bob)
    for who in (cast.bob, cast.dan):
        poll_actions.vote(actor=who, post_id=post.pk, choices=[1])
        poll_actions.vote(actor=who, post_id=own.pk, choices=[0])
    assert [row["chosen"] for row in belongings.votes(cast.bob)] == [[1], [0]]
    while belongings.erase_posts(member=cast.bob, take_messages=False):
        pass
    while belongings.erase_votes(member=cast.bob, take_messages=False):
        pass
    assert stands(post) == ([0, 1], 1)
    assert not Poll.objects.filter(pk=own.pk).exists()
    assert list(Vote.objects.values_list("member_id", flat=True)) == [cast.dan.pk]


def test_the_export_tells_ones_own_votes_and_how_ones_own_poll_stands(cast: Cast) -> None:
    post = ask(cast.alice)
    poll_actions.vote(actor=cast.bob, post_id=post.pk, choices=[1])
    [row] = personal.chapters["posts.json"].rows(cast.alice)
    assert row["poll"]["choices"] == [{"text": "Tea", "votes": 0}, {"text": "Coffee", "votes": 1}]
    assert "bob" not in str(row)
    [mine] = personal.chapters["votes.json"].rows(cast.bob)
    assert (mine["post"], mine["chosen"]) == (post.pk, [1])
    relations.block(actor=cast.alice, person="bob")
    assert list(personal.chapters["votes.json"].rows(cast.bob)) == [], "as what they react to"


def bring(member: User, poll: Any) -> Post:
    row = {"id": 7, "text": "Which?", "audience": "public", "created_at": "2024-01-01T10:00:00+00:00", "poll": poll}
    belongings.bring(member=member, origin="x", row=row, picture=lambda file: None, only_me=False)
    return Post.objects.latest("pk")


@pytest.mark.both
def test_a_poll_comes_along_from_another_site_and_its_votes_do_not(cast: Cast) -> None:
    ends = timezone.now() + timedelta(days=2)
    post = ask(cast.bob, is_multiple=True, ends_in=172800)
    poll_actions.vote(actor=cast.dan, post_id=post.pk, choices=[0, 1])
    [row] = json.loads(json.dumps(list(personal.chapters["posts.json"].rows(cast.bob)), cls=DjangoJSONEncoder))
    brought = bring(cast.alice, row["poll"]).poll
    assert (brought.choices, brought.votes, brought.voters_count) == (["Tea", "Coffee"], [0, 0], 0)
    assert brought.is_multiple
    assert abs(brought.ends_at - ends) < timedelta(minutes=1)
    poll_actions.vote(actor=cast.carol, post_id=brought.pk, choices=[1])
    assert stands(brought.post) == ([0, 1], 1)


@pytest.mark.parametrize(
    "poll",
    [
        *(None, 7, "x", [], {}, {"choices": 3}, {"choices": []}, {"choices": ["a", "b"]}),
        *(
            {"choices": [{"text": one} for one in words]}
            for words in (["a"], ["a", ""], ["a", "A"], ["a", 3], "abcdefghijk")
        ),
        *({"choices": [{"text": "a"}, {"text": "b" * 101}]}, {"choices": [{"text": "a"}, {"votes": 9}]}),
        {"choices": [{"text": "a"}, {"text": "b"}], "ends_at": "2024-13-41T10:00:00+00:00"},
    ],
)
def test_a_poll_that_makes_no_sense_is_left_out_and_its_post_comes(cast: Cast, poll: Any) -> None:
    assert not Poll.objects.filter(post=bring(cast.alice, poll)).exists()


@pytest.mark.parametrize("ends", ["9999-01-01T00:00:00+00:00", "2024-01-02T00:00:00", "2024-01-02T00:00:00+00:00", 7])
def test_a_brought_poll_ends_within_a_month_or_is_over_or_has_no_end(cast: Cast, ends: Any) -> None:
    poll = bring(cast.alice, {"choices": [{"text": "a"}, {"text": "b"}], "ends_at": ends, "voters": 10**9}).poll
    assert poll.voters_count == 0
    assert poll.ends_at is None or poll.ends_at <= timezone.now() + timedelta(days=30)


def test_recount_mends_polls(cast: Cast) -> None:
    post, other = ask(cast.alice), ask(cast.alice)
    poll_actions.vote(actor=cast.bob, post_id=post.pk, choices=[1])
    Poll.objects.filter(pk=post.pk).update(votes=[5, 0], voters_count=9)
    assert registry.recounts["votes"]() == 1
    assert (stands(post), stands(other)) == (([0, 1], 1), ([0, 0], 0))
    assert registry.recounts["votes"]() == 0


# -- At once -----------------------------------------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_counts_are_exact_when_many_vote_twice_at_once() -> None:
    post = ask(make_user("author"), choices=["a", "b", "c"])
    people = [make_user(f"voter{number}") for number in range(8)]
    calls = [
        lambda user=user, choice=choice: poll_actions.vote(actor=user, post_id=post.pk, choices=[choice])
        for user in people
        for choice in (0, 1, 1)
    ]
    calls += [lambda: poll_actions.take_back_vote(actor=people[0], post_id=post.pk) for _again in range(2)]
    assert at_once(calls) == []
    rows = list(Vote.objects.values_list("member_id", "chosen"))
    assert len({member for member, _chosen in rows}) == len(rows) in (7, 8)
    votes, voters = stands(post)
    assert voters == len(rows)
    assert votes == [sum(chosen == [place] for _member, chosen in rows) for place in range(3)]
    assert registry.recounts["votes"]() == 0
