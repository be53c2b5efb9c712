"""Walks from page to page while others write: what stands all the while is met, and nothing twice.

In every list; with random writes between two looks on both databases, and with threads that write during the looks on
PostgreSQL.
"""

import contextlib
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection

from accounts.actions import mutes
from accounts.models.people import User
from accounts.models.relations import Audience
from accounts.tests.factories import Cast, make_follow, make_user
from core import errors, outbox
from feed.access import comments as comment_access
from feed.access import posts as post_access
from feed.actions import comments as comment_actions
from feed.actions import hidden as hidden_actions
from feed.actions import homes, pins, trends
from feed.actions import posts as post_actions
from feed.actions import reactions as reaction_actions
from feed.actions import saved as saved_actions
from feed.actions import shares as share_actions
from feed.models.comments import Comment
from feed.models.posts import Post
from feed.models.saved import SavedPost
from feed.models.sources import Source
from feed.queries import comments as comment_queries
from feed.queries import explore as explore_queries
from feed.queries import home as home_queries
from feed.queries import posts as post_queries
from feed.queries import ranking
from feed.queries import saved as saved_queries
from feed.queries import shares as share_queries
from feed.queries import tags as tag_queries
from feed.queries import trends as trend_queries
from feed.tests.factories import make_comment, make_post, make_reaction

MANY = 44  # posts, and comments under the first of them: some pages
AUDIENCES = ("public", "members", "followers", "members", "only_me")


@dataclass
class Square:
    """Who writes and reads, what there is, and what somebody has touched since a walk began."""

    writer: User
    other: User
    reader: User
    posts: list[int]
    under: int  # the post with comments
    chance: random.Random
    touched: set[int] = field(default_factory=set)

    def one(self, *, touch: bool) -> int:
        """Some post; `touch`: what comes may move it, or take it away."""
        id = self.chance.choice(self.posts)
        if touch:
            self.touched.add(id)
        return id

    def write(self) -> None:
        """Something happens; what is refused is refused."""
        with contextlib.suppress(errors.SocialError):
            self.chance.choice(WRITES)(self)

    # -- What may happen --

    def post(self) -> None:
        audience = self.chance.choice(AUDIENCES)
        post_actions.create_post(actor=self.writer, text="new #bread", audience=audience)

    def delete(self) -> None:
        post_actions.delete_post(actor=self.writer, post_id=self.one(touch=True))

    def undo(self) -> None:
        post_actions.undo_delete_post(actor=self.writer, post_id=self.one(touch=True))

    def edit(self) -> None:
        post_actions.edit_post(actor=self.writer, post_id=self.one(touch=False), text=f"{self.chance.random()} #bread")

    def readdress(self) -> None:
        post_actions.edit_post(actor=self.writer, post_id=self.one(touch=True), audience=self.chance.choice(AUDIENCES))

    def pin(self) -> None:
        pins.pin_post(actor=self.writer, post_id=self.one(touch=True))

    def hide(self) -> None:
        hidden_actions.hide_post(actor=self.reader, post_id=self.one(touch=True))

    def react(self) -> None:
        reaction_actions.react(actor=self.other, post_id=self.one(touch=True), kind="wow")  # warmer: it rises

    def share(self) -> None:
        share_actions.share_post(actor=self.other, post_id=self.one(touch=True))

    def save(self) -> None:
        saved_actions.save_post(actor=self.reader, post_id=self.one(touch=False))

    def unsave(self) -> None:
        saved_actions.unsave_post(actor=self.reader, post_id=self.one(touch=True))

    def say(self) -> None:
        said = Comment.objects.filter(post=self.under, parent=None).values_list("pk", flat=True)
        parent = self.chance.choice([None, *said[:9]])
        comment_actions.comment(actor=self.other, post_id=self.under, text="new", parent=parent)

    def unsay(self) -> None:
        said = list(Comment.objects.filter(post=self.under, author=self.writer).values_list("pk", flat=True))
        if said:
            gone = self.chance.choice(said)
            self.touched.add(-gone)
            comment_actions.delete_comment(actor=self.writer, comment_id=gone)

    def settle(self) -> None:
        outbox.drain()
        homes.settle_waiting()


WRITES: list[Callable[[Square], None]] = [
    *(Square.post, Square.delete, Square.undo, Square.edit, Square.readdress, Square.pin, Square.hide, Square.react),
    *(Square.share, Square.save, Square.unsave, Square.say, Square.unsay, Square.settle),
]

# A list: what is walked, and what of the posts (comments are below zero) stands in it now.
Look = Callable[[Square, str], Any]
LOOKS: dict[str, Look] = {
    "home": lambda square, cursor: home_queries.home(square.reader, cursor),
    "for you": lambda square, cursor: ranking.for_you(square.reader, cursor),
    "profile": lambda square, cursor: post_queries.posts_of(square.reader, square.writer, cursor),
    "media": lambda square, cursor: post_queries.posts_with_pictures(square.reader, square.writer, cursor),
    "hashtag": lambda square, cursor: tag_queries.tag_posts(square.reader, "bread", cursor)[1],
    "explore": lambda square, cursor: trend_queries.trending_posts(square.reader, cursor),
    "saved": lambda square, cursor: saved_queries.saved(square.reader, cursor),
    "shares": lambda square, cursor: share_queries.shares_of(square.reader, square.under, cursor)[1],
    "comments": lambda square, cursor: comment_queries.comments(
        square.reader, Post.objects.get(pk=square.under), cursor
    ),
}


def stands(square: Square, name: str) -> set[int]:
    """What the reader meets in this list now, from the rules and not from its pages."""
    if name == "comments":
        seen = comment_access.visible_comments(square.reader).filter(post=square.under, parent=None)
        return {-id for id in seen.values_list("pk", flat=True)}
    seen = post_access.heard_posts(square.reader) if name != "saved" else post_access.visible_posts(square.reader)
    seen = seen.filter(pk__in=square.posts)
    if name == "profile":
        seen = post_access.visible_posts(square.reader).filter(pk__in=square.posts)
    if name == "media":
        seen = post_access.visible_posts(square.reader).filter(pk__in=square.posts, pictures__isnull=False)
    if name in ("explore", "hashtag"):
        seen = seen.filter(audience__in=["public", "members"])
    if name == "saved":
        seen = seen.filter(pk__in=SavedPost.objects.filter(owner=square.reader).values("post"))
    if name == "shares":
        seen = post_access.visible_posts(square.reader).filter(shared=square.under)
    return set(seen.values_list("pk", flat=True))


def furnish(name: str, writer: User, other: User, reader: User, seed: int) -> Square:
    posts = []
    for number in range(MANY):
        made = make_post(writer, f"{number} #bread", audience=AUDIENCES[number % 4], pictures=number % 2)
        posts.append(made.pk)
        if name == "explore":
            make_reaction(made, other)
        if name == "saved":
            saved_actions.save_post(actor=reader, post_id=made.pk)
    under = make_post(writer, "talk", audience="public")
    for number in range(MANY):
        if name == "comments":
            make_comment(under, (writer, other)[number % 2], f"{number}")
        if name == "shares":
            make_post(other, f"{number}", is_share=True, shared=under)
    trends.recount()
    return Square(writer, other, reader, posts, under.pk, random.Random(seed))


def walk(square: Square, name: str, between: Callable[[], None]) -> list[int]:
    sign = -1 if name == "comments" else 1
    found, cursor, turns = [], "", 0
    while cursor or not turns:
        page = LOOKS[name](square, cursor)
        found += [sign * row.pk for row in page.rows]
        cursor, turns = page.next, turns + 1
        assert turns < 60, "it comes to an end"
        between()
    assert turns > 1, "there was something between two looks"
    return found


def judge(square: Square, name: str, before: set[int], found: list[int]) -> None:
    assert len(found) == len(set(found)), f"twice: {[one for one in found if found.count(one) > 1]}"
    missed = (before & stands(square, name)) - square.touched - set(found)
    assert not missed, f"never met: {sorted(missed)}"


@pytest.mark.both
@pytest.mark.django_db
@pytest.mark.parametrize("name", LOOKS)
def test_what_stands_is_met_once_whatever_others_write_between(cast: Cast, name: str) -> None:
    square = furnish(name, cast.alice, cast.dan, cast.bob, 1)
    before = stands(square, name)
    assert len(before) > 20

    def between() -> None:
        for _deed in range(8):
            square.write()

    judge(square, name, before, walk(square, name, between))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", LOOKS)
def test_what_stands_is_met_once_while_others_write_at_the_same_moment(name: str) -> None:
    writer, other, reader = (make_user(one) for one in ("writer", "other", "reader"))
    make_follow(reader, writer)
    square = furnish(name, writer, other, reader, 3)
    before = stands(square, name)
    over, failed = threading.Event(), list[Exception]()

    def busy(seed: int) -> None:
        mine = Square(writer, other, reader, square.posts, square.under, random.Random(seed), square.touched)
        try:
            while not over.is_set():
                mine.write()
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=busy, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    try:
        found = walk(square, name, lambda: None)
    finally:
        over.set()
        for thread in threads:
            thread.join(60)
    assert not failed
    judge(square, name, before, found)


@pytest.mark.both
@pytest.mark.django_db
def test_a_mute_in_the_middle_takes_away_and_doubles_nothing(cast: Cast) -> None:
    square = furnish("home", cast.alice, cast.dan, cast.bob, 5)
    make_follow(cast.bob, cast.dan)
    theirs = [make_post(cast.dan, f"{number}", audience=Audience.MEMBERS).pk for number in range(30)]
    turns = iter([lambda: mutes.mute(actor=cast.bob, person="dan"), lambda: mutes.unmute(actor=cast.bob, person="dan")])
    found = walk(square, "home", lambda: next(turns, lambda: None)())
    assert len(found) == len(set(found))
    assert set(found) >= stands(square, "home")
    assert 0 < len(set(theirs) & set(found)) < 30


@pytest.mark.both
@pytest.mark.django_db
@pytest.mark.parametrize("name", ["hashtags", "people"])
def test_sections_of_explore_are_walked_once(cast: Cast, name: str) -> None:
    """Hashtags that are used meanwhile get warmer, and people come and are followed."""
    tags = [f"tag{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"] + [
        f"more{letter}" for letter in "abcdefghijklmn"
    ]
    readers = {make_user(f"reader{number}").pk for number in range(40)}
    for tag in tags:
        make_post(cast.alice, f"#{tag}")
    trends.recount()
    look = trend_queries.trending_tags if name == "hashtags" else explore_queries.people_to_follow
    found, cursor, turns = [], "", 0
    while cursor or not turns:
        page = look(cast.bob, cursor)
        found += [row.pk for row in page.rows]
        cursor, turns = page.next, turns + 1
        post_actions.create_post(actor=cast.dan, text=f"#{tags[turns]}")
        make_follow(cast.bob, make_user(f"late{turns}"))
        outbox.drain()
    assert turns > 1
    assert len(found) == len(set(found))
    warmer = Source.objects.filter(name__in=tags[1 : turns + 1])
    standing = Source.objects.filter(name__in=tags).exclude(pk__in=warmer).values_list("pk", flat=True)
    assert set(found) >= (set(standing) if name == "hashtags" else readers)
