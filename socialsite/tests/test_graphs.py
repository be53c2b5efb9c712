"""Who sees what in any few people's ties, at every query that shows people, posts, comments or pictures: 2,000 graphs
here, 100,000 in `make test-deep`. The doors (pages, API, socket) are test_doors.py; the oracle is graphs.py.

Forty graphs are looked at together, by the one they have in common. What asks about one post or one person (threads,
lists of somebody's people) asks in every eighth of them. A new query of this kind gets its line in LOOKS: what it
answers for a viewer, and what the graph says it should.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from django.db.models import Q
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.access import friends as friends_access
from accounts.access import people as people_access
from accounts.queries import friends as friends_queries
from accounts.queries import people as people_queries
from core import errors, prepared
from feed import frames as feed_frames
from feed.access import comments as comment_access
from feed.access import posts as post_access
from feed.queries import cards
from feed.queries import comments as comment_queries
from feed.queries import home as home_queries
from feed.queries import live as live_queries
from feed.queries import reactions as reaction_queries
from socialsite.tests.graphs import GRAPHS, SIZE, Graph, Place, Viewer, graph_of, together
from socialsite.tests.worlds import World, build
from uploads import access as upload_access

AT_ONCE = 40  # graphs looked at together


class Look:
    """One world, looked at by one of its people or a visitor."""

    def __init__(self, world: World, viewer: Viewer) -> None:
        self.world, self.graph, self.viewer = world, world.graph, viewer
        self.turn = len(world.graph.follows)  # which of them is looked at, where it is not all
        self.who: Any = world.person(viewer)
        self.numbers = {person.pk: one for one, person in enumerate(world.people)}
        self.places = {post.pk: place for place, post in world.posts.items()}

    def people(self, rows: Iterable[Any]) -> set[int]:
        return {self.numbers[row if isinstance(row, int) else row.pk] for row in rows}

    def posts(self, rows: Iterable[Any]) -> set[Any]:
        return {self.places[row if isinstance(row, int) else row.pk] for row in rows}

    def some(self) -> range:
        """Somebody of every eighth of the graphs; the one who looks at times."""
        return range(self.turn % SIZE, self.graph.size, 8 * (SIZE - 1))

    def seen(self, places: Iterable[Place]) -> set[Place]:
        return {place for place in places if self.graph.sees(self.viewer, place)}

    def inside(self, query: Callable[..., Any], ties: set[int], one: int) -> tuple[Any, Any]:
        """What a list of somebody's people answers, and what it should."""
        person = self.world.people[one].pk
        try:
            found: Any = self.people(walked(lambda cursor: query(viewer=self.who, person=person, cursor=cursor)[1]))
        except errors.SocialError as error:
            found = type(error)
        if not self.graph.meets(self.viewer, one):
            return found, errors.NotFound
        return found, self.graph.met(self.viewer, ties) if self.graph.inside(self.viewer, one) else errors.NotAllowed


def walked(query: Callable[[str], Any]) -> list[Any]:
    """All rows of a paged query."""
    page = query("")
    rows = list(page.rows)
    while page.next:
        page = query(page.next)
        rows += page.rows
    return rows


def people(look: Look) -> tuple[Any, Any]:
    shown = people_access.with_openness(people_access.visible_people(look.who), look.who)
    found = shown.filter(pk__in=look.numbers).values_list("pk", "is_open")
    met = look.graph.met(look.viewer, look.graph.everybody)
    return {look.numbers[pk]: is_open for pk, is_open in found}, {
        one: look.graph.inside(look.viewer, one) for one in met
    }


def posts(look: Look) -> tuple[Any, Any]:
    found = post_access.visible_posts(look.who).filter(pk__in=look.places).values_list("pk", flat=True)
    return look.posts(found), look.seen(look.graph.posts)


def shared(look: Look) -> tuple[Any, Any]:
    """What stands in the shares that the viewer sees, and whether it is folded."""
    graph, me = look.graph, look.viewer
    ids = [look.world.posts[share].pk for share in graph.shares]
    found = {}
    for row in cards.cards(look.who).filter(pk__in=ids):
        inside = row.original and look.places[row.original.pk]
        found[look.places[row.pk]] = (inside, bool(inside and row.folds_shared))
    return found, {
        share: (share.of, graph.folds(me, share)) if graph.shows(me, share) else (None, False)
        for share in graph.shares
        if graph.sees(me, share)
    }


def comments(look: Look) -> tuple[Any, Any]:
    """All that may be seen, muted or not."""
    ids = {row.pk: key for key, row in look.world.comments.items()}
    found = comment_access.visible_comments(look.who).filter(pk__in=ids).values_list("pk", flat=True)
    seen = look.seen(look.graph.talked)
    return {ids[pk] for pk in found}, {
        key for key in look.world.comments if key[0] in seen and look.graph.meets(look.viewer, key[1])
    }


def pictures(look: Look) -> tuple[Any, Any]:
    ids = {row.pk: place for place, row in look.world.pictures.items()}
    ids |= {row.pk: one for one, row in enumerate(look.world.avatars)}
    ids |= {row.pk: ("said", *key) for key, row in look.world.said_pictures.items()}
    found = upload_access.visible_uploads(look.who).filter(pk__in=ids).values_list("pk", flat=True)
    graph, me = look.graph, look.viewer
    wanted: set[Any] = {place for place in graph.pictured if graph.sees(me, place) or place[0] == me}
    wanted |= {("said", *key) for key in look.world.said_pictures if graph.reads(me, *key) or key[1] == me}
    return {ids[pk] for pk in found}, wanted | {one for one in graph.everybody if graph.meets(me, one) or one == me}


def home(look: Look) -> tuple[Any, Any]:
    """All of it, and what is new at the top."""
    found = [row.pk for row in walked(lambda cursor: home_queries.home(look.who, cursor))]
    new = home_queries.new_posts(look.who, after=min(look.places) - 1)
    assert [row.pk for row in new.rows] == found[: len(new.rows)]
    assert new.next or len(new.rows) == len(found)
    return look.posts(found), look.graph.home(look.viewer)


def listed(look: Look) -> tuple[Any, Any]:
    found = walked(lambda cursor: home_queries.list_posts(look.who, look.world.lists[look.viewer].pk, cursor)[1])
    on = look.graph.of("listed", look.viewer)
    return look.posts(found), {
        place for place in look.graph.posts if place[0] in on and look.graph.hears(look.viewer, place)
    }


def thread(look: Look) -> tuple[Any, Any]:
    found, wanted = {}, {}
    for one in look.some():
        place = next(place for place in look.graph.talked if place[0] == one)
        rows = comment_queries.comments(look.who, look.world.posts[place]).rows
        said = [row for first in rows for row in (first, *first.answers) if not getattr(row, "is_gone", False)]
        found[place] = look.people(row.author_id for row in said)
        wanted[place] = look.graph.says(look.viewer, place)
    return found, wanted


def reacted(look: Look) -> tuple[Any, Any]:
    """Who reacted to a post, and to the first comment on it."""
    found: dict[Any, Any] = {}
    wanted: dict[Any, Any] = {}
    for one in look.some():
        place = next(place for place in look.graph.talked if place[0] == one)
        post, comment = look.world.posts[place], look.world.comments[place, 0]
        for target, query in (
            (post, reaction_queries.reactors_of_post),
            (comment, reaction_queries.reactors_of_comment),
        ):
            try:
                rows = walked(lambda cursor, query=query, id=target.pk: query(look.who, id, cursor=cursor)[1])
                found[target] = look.people(row.user_id for row in rows)
            except errors.NotFound:
                found[target] = None
        met = look.graph.met(look.viewer, look.graph.talkers(place))
        wanted[post] = met if look.graph.sees(look.viewer, place) else None
        wanted[comment] = met if look.graph.reads(look.viewer, place, 0) else None
    return found, wanted


def watched(look: Look) -> tuple[Any, Any]:
    found: set[Any] = set()
    ids = sorted(look.places)
    for start in range(0, len(ids), feed_frames.WATCH_LIMIT):
        found |= look.posts(live_queries.watchable(look.who.pk, ids[start : start + feed_frames.WATCH_LIMIT]))
    return found, look.seen(look.graph.posts)


def told(look: Look) -> tuple[Any, Any]:
    own = [place for place in look.graph.posts if place[0] == look.viewer]
    found = {}
    for place in own:
        chunks = live_queries.announce_to(look.world.posts[place].pk, at_once=3)
        found[place] = look.people(id for chunk in chunks for id in chunk)
    return found, {place: look.graph.told(place) for place in own}


def ties(look: Look) -> tuple[Any, Any]:
    """Lists of somebody's people, as far as the viewer may see them."""
    lists = [
        (people_queries.followers, look.graph.to, "follows"),
        (people_queries.following, look.graph.of, "follows"),
        (friends_queries.friends, look.graph.of, "friends"),
    ]
    found, wanted = {}, {}
    for one in look.some():
        query, side, name = lists[(one + look.turn) % 3]
        found[one], wanted[one] = look.inside(query, side(name, one), one)
    return found, wanted


def asking(look: Look) -> tuple[Any, Any]:
    met = look.graph.met(look.viewer, look.graph.to("asks", look.viewer))
    allowed = people_access.visible_requests(look.who).values_list("asker_id", flat=True)
    assert look.people(allowed) == met
    return look.people(walked(lambda cursor: people_queries.requests(viewer=look.who, cursor=cursor))), met


def asking_friends(look: Look) -> tuple[Any, Any]:
    met = look.graph.met(look.viewer, look.graph.to("friend_asks", look.viewer))
    allowed = friends_access.visible_requests(look.who).values_list("asker_id", flat=True)
    assert look.people(allowed) == met
    return look.people(walked(lambda cursor: friends_queries.requests(viewer=look.who, cursor=cursor))), met


def suggested(look: Look) -> tuple[Any, Any]:
    found = friends_queries.suggestions(viewer=look.who, limit=look.graph.size)
    common = {look.numbers[person.pk]: person.common_friends for person in found}
    return common, look.graph.suggested(look.viewer)


FOR_ALL = [people, posts, shared, comments, pictures, thread, reacted, ties]
FOR_MEMBERS = [*FOR_ALL, home, listed, watched, told, asking, asking_friends, suggested]
LOOKS = {True: FOR_MEMBERS, False: FOR_ALL}


# A batch does not shrink in any sensible time; what failed is one graph, and the message names it.
FAST = {"deadline": None, "phases": [Phase.explicit, Phase.generate], "suppress_health_check": list(HealthCheck)}
BATCHES = st.lists(GRAPHS, min_size=AT_ONCE, max_size=AT_ONCE)


class AnyPeople:
    """Two halves, so that they run beside each other."""

    number = 0

    def compare(self, graphs: list[Graph]) -> None:
        type(self).number += 1
        [world] = build([together(graphs)])
        viewers: list[Viewer] = [0, None] if self.number % 5 == 0 else [0]  # now and then a visitor
        for viewer in viewers:
            look = Look(world, viewer)
            for surface in LOOKS[viewer is not None]:
                found, wanted = surface(look)
                assert found == wanted, f"{surface.__name__} for {viewer} of {world.graph}"

    @pytest.mark.slow
    @pytest.mark.timeout(600)
    @settings(max_examples=1000 // AT_ONCE, **FAST)
    @given(BATCHES)
    def test_two_thousand(self, graphs: list[Graph]) -> None:
        self.compare(graphs)

    @pytest.mark.deep
    @pytest.mark.timeout(4 * 3600)
    @settings(max_examples=50_000 // AT_ONCE, **FAST)
    @given(BATCHES)
    def test_a_hundred_thousand(self, graphs: list[Graph]) -> None:
        self.compare(graphs)


class FirstHalf(AnyPeople, TestCase): ...


class SecondHalf(AnyPeople, TestCase): ...


# -- And it notices ----------------------------------------------------------------------------------------------------

EMPTY = graph_of([0] * 12, [0] * 8)
TIED = graph_of([2**20 - 1] * 5 + [0, 0, 2**20 - 1, 0, 2**20 - 1, 0, 0], [0] * 8)  # friends all, and all mute all


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("room", "name", "broken", "surface"),
    [
        (post_access, "heard_posts", post_access.visible_posts, home),
        (comment_access, "heard_comments", comment_access.visible_comments, thread),
        (people_access, "blocked_between", lambda viewer, person="pk": None, people),
        (people_access, "open_to", lambda viewer, prefix="": Q(), ties),
    ],
)
def test_a_rule_that_is_forgotten_is_found(
    room: Any, name: str, broken: Any, surface: Callable[[Look], tuple[Any, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    apart = replace(EMPTY, blocks=frozenset({(0, 1)}), private=frozenset({2}), follows=frozenset({(3, 4), (4, 3)}))
    graph = TIED if "heard" in name else apart
    [world] = build([graph])
    found, wanted = surface(Look(world, 0))
    assert found == wanted
    monkeypatch.setattr(room, name, broken)
    monkeypatch.setattr(prepared, "_shape", prepared._shape.__wrapped__)  # what is kept knows the rule
    found, wanted = surface(Look(world, 0))
    assert found != wanted
