"""Every address of the site, walked in any few people's ties: 40 graphs here, 1,000 in `make test-deep`, four of them
together, by the one they have in common; of the ids in addresses a sample.

The walk takes the routes from the resolver, so a new page or API is in it at once. Whatever it shows of people, posts
and comments must be for the viewer; and a route that shows any has to say in SHOWS what exactly, else it fails here.
What is no address (frames of the socket, boxes of the rail, kinds of uploads) is held to the same by its registry.
"""

import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts import personal
from accounts.models.relations import Audience
from core import consumers, frame, limits
from core.consumers import Frame, Socket
from feed import consumers as feed_consumers
from feed import frames as feed_frames
from feed.queries import home as home_queries
from socialsite.tests import explored, kept
from socialsite.tests.fill import COLLECTIONS, COMMENTS, FILL, LISTS, OUTSIDE, PEOPLE, POSTS
from socialsite.tests.graphs import GRAPHS, Graph, Viewer, graph_of, is_bare, together
from socialsite.tests.shown import (
    Ask,
    Shown,
    at_most,
    cards,
    comment,
    comment_edit,
    comment_live,
    edit,
    home,
    list_posts,
    newest,
    on_list,
    own,
    own_comments,
    own_posts,
    people_of,
    person,
    post,
    post_page,
    posts_for_visitors,
    posts_of,
    profile,
    rail,
    reacted,
    reacted_to_comment,
    replies,
    shareable,
    shares,
    shares_in_full,
    shown,
    tab_of_profile,
    tagged,
    thread,
    thread_page,
    versions,
)
from socialsite.tests.worlds import World, build
from uploads import registry as uploads_registry

# The matrix: what these show, exactly. Everything else must show nothing of others.
SHOWS: dict[str, Callable[[Ask], Shown]] = {
    "accounts:profile": profile,
    "accounts:profile_tab": tab_of_profile,
    "accounts:followers": people_of("follows", back=True, page=True),
    "accounts:following": people_of("follows", page=True),
    "accounts:api_user": person,
    "accounts:api_followers": people_of("follows", back=True),
    "accounts:api_following": people_of("follows"),
    "accounts:api_friends_of": people_of("friends"),
    "accounts:people": lambda ask: shown(ask.graph.met(ask.me, ask.graph.everybody)),
    "accounts:api_users": lambda ask: shown(ask.graph.met(ask.me, ask.graph.everybody)),
    "accounts:requests": own("asks", "friend_asks", back=True),
    "accounts:api_requests": own("asks", back=True),
    "accounts:api_friend_requests": own("friend_asks", back=True),
    "accounts:sent_requests": own("asks", "friend_asks"),
    "accounts:api_sent_requests": own("asks"),
    "accounts:api_sent_friend_requests": own("friend_asks"),
    "accounts:own_friends": own("friends"),
    "accounts:api_friends": own("friends"),
    "accounts:close_friends": own("friends"),
    "accounts:api_close_friends": own("close"),
    "accounts:api_suggestions": lambda ask: shown(ask.graph.suggested(ask.me)),
    "accounts:settings_blocked": own("blocks", met=False),
    "accounts:api_blocks": own("blocks", met=False),
    "accounts:settings_muted": own("mutes", met=False),
    "accounts:api_mutes": own("mutes", met=False),
    "accounts:api_complete_people": own("follows", "friends"),
    "accounts:mute": person,
    "accounts:list_choices": person,
    "accounts:list_edit": on_list,
    "accounts:api_list_people": on_list,
    "feed:list": list_posts,
    "feed:tag": tagged,
    "feed:api_tag_posts": tagged,
    "feed:api_list_posts": list_posts,
    "feed:home": home,
    "feed:api_posts": home,
    "feed:new_posts": lambda ask: cards(ask, newest(ask.graph.home(ask.me), home_queries.NEW_LIMIT)),
    **explored.SHOWS,
    "feed:api_user_posts": posts_of,
    "feed:post": post_page,
    "feed:api_post": post,
    "feed:edit": edit,
    "feed:history": versions,
    "feed:api_revisions": lambda ask: Shown(posts=versions(ask).posts),
    "feed:share": shareable,
    "feed:shares": shares,
    "feed:api_shares": shares_in_full,
    "feed:person_feed": lambda ask: posts_for_visitors(ask) if ask.graph.meets(ask.viewer, ask.one) else shown(),
    "feed:comments": thread,
    "feed:api_comments": thread,
    "feed:comment": comment_live,
    "feed:api_comment": comment,
    "feed:edit_comment": comment_edit,
    "feed:thread": thread_page,
    "feed:api_replies": replies,
    "feed:reactors": reacted,
    "feed:api_reactors": reacted,
    "feed:comment_reactors": reacted_to_comment,
    "feed:api_comment_reactors": reacted_to_comment,
    "chat:with": person,
    "chat:new": own("follows", "friends"),
    "feed:saved": kept.saved,
    "feed:api_saved": kept.saved,
    "feed:collection": kept.collection,
    "feed:api_collection_posts": kept.collection,
    "feed:choose_collection": kept.whose,
    "moderation:report_person": person,
    "moderation:report_post": kept.others_post,
    "moderation:report_comment": kept.others_comment,
}


# Deliberate: whom one blocks or mutes is named to take it back, also while they are absent.
NAMED = {
    "accounts:settings_blocked", "accounts:api_blocks", "accounts:settings_muted", "accounts:api_mutes", "muted.json",
    "blocked.json",
}  # fmt: skip
# A post on a page, in the API, for readers of feeds, in an export.
CARD = re.compile(
    r"""(?:\bid="post-|"url":\s*"/posts/|<link>[^<]*/posts/|"id":\s(?=\d+,\s"text"))(\d+)(?:"|/"|/</link>|,)"""
)
AS_FRAGMENT = {"feed:comments", "feed:comment"}
QUERY = {"feed:new_posts": "?after=0"}
# What is no address.
FRAMES = {
    "feed.watch": "test below",
    "feed.unwatch": "leaves only",
    "ping": "answers only",
    "presence.watch": "chat/tests/test_presence.py",
    "presence.idle": "says only",
}
RAIL = {"people": "test below", "trends": "names nobody: feed/tests/test_explore.py"}
UPLOADS = {
    "avatar": "test_graphs.pictures",
    "cover": "accounts.access.people.visible_covers: as avatars",
    "post": "test_graphs.pictures, and test below",
    "comment": "test_graphs.pictures",
    "preview": "feed/tests/test_previews.py, chat/tests/test_cards.py: as the posts and messages that show it",
    "group": "chat/tests/test_group_pages.py: who sees the group",
    "message": "chat/tests/test_files.py: who sees the message; moderation/tests/test_evidence.py: who judges it",
    "voice": "chat/tests/test_files.py: who sees the message",
    "sticker": "the site's own, for everybody: chat/tests/test_stickers.py",
}
# Files of the export; every other shows nothing of others.
EXPORTS: dict[str, Callable[[Ask], Shown]] = {
    "following.json": own("follows"),
    "followers.json": own("follows", back=True),
    "requests.json": own("asks"),
    "friend-requests.json": own("friend_asks"),
    "friends.json": own("friends"),
    "close-friends.json": own("close"),
    "not-suggested.json": own("dismissed"),
    "lists.json": own("listed"),
    "muted.json": own("mutes", "mutes_over", met=False),
    "blocked.json": own("blocks", met=False),
    "posts.json": own_posts,
    "comments.json": own_comments,
}
CHAT = "chat/tests/test_access.py: conversations of two, which mutes do not touch"


# -- The walk ----------------------------------------------------------------------------------------------------------


def routes(patterns: Iterable[Any], path: str = "", names: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            below = (*names, pattern.namespace) if pattern.namespace else names
            yield from routes(pattern.url_patterns, path + str(pattern.pattern), below)
        elif isinstance(pattern, URLPattern):
            yield ":".join((*names, pattern.name or "")), path + str(pattern.pattern)


ROUTES = [(name, path) for name, path in routes(get_resolver().url_patterns) if not path.startswith(OUTSIDE)]


class Walk:
    """One viewer's way through the whole site."""

    def __init__(self, world: World, viewer: Viewer) -> None:
        self.world, self.graph, self.viewer = world, world.graph, viewer
        self.client = Client(raise_request_exception=True)
        if viewer is not None:
            self.client.force_login(world.people[viewer])

    def addresses(self, name: str, path: str) -> Iterator[tuple[str, Ask]]:
        """The route with some of what it may be about."""
        query = QUERY.get(name, "")
        first, *rest = re.findall(r"<(?:\w+:)?(\w+)>", path) or [""]
        if not first:
            yield f"/{path}{query}", Ask(self.graph, self.viewer)
            return
        for value, ask in self.values(path, first):
            for more in itertools.product(*(self.known(one, path) for one in rest)):
                filled = {first: value, **dict(zip(rest, more, strict=True))}
                address = re.sub(r"<(?:\w+:)?(\w+)>", lambda hole, filled=filled: str(filled[hole[1]]), path)
                yield f"/{address}{query}", replace(ask, tab=filled.get("tab", ""))

    def known(self, hole: str, path: str) -> list[Any]:
        assert hole in FILL, f"FILL in socialsite.tests.fill says what <{hole}> in {path} may be"
        return FILL[hole]

    def values(self, path: str, hole: str) -> Iterator[tuple[Any, Ask]]:
        graph, viewer = self.graph, self.viewer
        turn = len(graph.follows) + len(path)
        if hole == "handle" or path.startswith((PEOPLE, "api/v1/me/f", "api/v1/me/close", "api/v1/me/sugg")):
            for one in {turn % graph.size, (turn * 7 + 2) % graph.size, (turn * 3 + 5) % graph.size, viewer or 0}:
                yield self.world.people[one].handle, Ask(graph, viewer, one=one)
        elif path.startswith(POSTS):
            for place in [*graph.places[turn % 17 :: 17], *graph.talked[turn % 7 :: 7], *graph.shares[turn % 5 :: 5]]:
                yield self.world.posts[place].pk, Ask(graph, viewer, place=place)
        elif path.startswith(COMMENTS):
            for place, one in list(self.world.comments)[turn % 19 :: 19]:
                yield self.world.comments[place, one].pk, Ask(graph, viewer, place=place, sayer=one)
        elif "tags/" in path:
            yield self.world.tag, Ask(graph, viewer)
        elif path.removeprefix("api/v1/me/").startswith(LISTS):
            for whose in {viewer or 0, turn % graph.size}:
                yield self.world.lists[whose].pk, Ask(graph, viewer, own=whose == viewer)
        elif path.removeprefix("api/v1/me/").startswith(COLLECTIONS):
            yield kept.collection_id(self.world), Ask(graph, viewer)
        else:
            for value in self.known(hole, path):
                yield value, Ask(graph, viewer)

    def go(self) -> None:
        for name, path in ROUTES:
            for address, ask in self.addresses(name, path):
                self.compare(name, address, ask)

    def compare(self, name: str, address: str, ask: Ask) -> None:
        limits.memory.clear()
        headers = {"HX-Request": "true"} if name in AS_FRAGMENT else {}
        answer = self.client.get(address, headers=headers)
        assert answer.status_code < 500, f"{address} answered {answer.status_code}"
        body = b"".join(answer) if answer.streaming else answer.content
        page = body.decode(errors="replace")
        page, aside = cut(page)
        found = self.marks(page)
        who = f"{address} for {self.viewer} of {self.graph}"
        if name not in NAMED:
            self.within(found, who)
        if name not in SHOWS or (self.viewer is None and answer.status_code in (302, 401)):
            assert found == Shown(), (
                f"{name} ({who}) shows {found}, and is not in the matrix. Say in SHOWS of {__name__} what it shows to "
                "whom, from the oracle in graphs.py; the query behind it gets its line in LOOKS of test_graphs.py."
            )
            return
        wanted = at_most(name, SHOWS[name](ask), found)
        assert found == Shown(wanted.people - {self.viewer}, wanted.posts, wanted.said), who
        if name == "feed:home" and self.viewer is not None:
            assert self.marks(aside).people == set(rail(self.graph, self.viewer)), f"the rail of {who}"

    def within(self, found: Shown, who: str) -> None:
        """Whatever it is: nothing that the viewer may not see."""
        graph, me = self.graph, self.viewer
        assert all(graph.meets(me, one) for one in found.people), f"people: {who}"
        assert all(graph.sees(me, place) for place in found.posts), f"posts: {who}"
        assert all(graph.sees(me, place) and graph.meets(me, one) for one, place in found.said), f"comments: {who}"

    def marks(self, page: str) -> Shown:
        number = self.world.people[0].handle.removeprefix("who").partition("x")[0]
        audiences = {audience.replace("_", ""): audience for audience in Audience.values}
        people = re.findall(rf"(?<!post)(?<!said)(?<!share)who{number}x(\d+)", page, re.I)
        posts = re.findall(rf"postwho{number}x(\d+)([a-z]+)", page)
        turns = re.findall(rf"sharewho{number}x(\d+)turn(\d)", page)
        said_shares = {share for share in self.graph.shares if (str(share.who), str(share.turn)) in turns}
        cards = {int(id) for id in re.findall(CARD, page)}  # what has no words
        bare = {share for share in self.graph.shares if is_bare(share) and self.world.posts[share].pk in cards}
        said = re.findall(rf"saidwho{number}x(\d+)under(\d+)([a-z]+)", page)
        return Shown(
            frozenset(int(one) for one in people) - {self.viewer},
            frozenset((int(one), audiences[name]) for one, name in posts) | said_shares | bare,
            frozenset((int(one), (int(under), audiences[name])) for one, under, name in said),
        )

    # -- What is no address --

    def socket(self) -> None:
        """What a page asks to watch, at the frame's own door."""
        assert self.viewer is not None
        line = Socket()
        line.user_id = self.world.people[self.viewer].pk
        line.write = lambda frame, ready: None  # type: ignore[method-assign]
        ids = {post.pk: place for place, post in self.world.posts.items()}
        some = sorted(ids)[-feed_frames.WATCH_LIMIT :]
        asked = feed_consumers.watch(line, Frame(1, feed_frames.Watch(some)))
        try:
            asked.send(None)
        except StopIteration as answer:
            found = {ids[one.post] for one in answer.value.posts}
        wanted = {ids[id] for id in some if self.graph.sees(self.viewer, ids[id])}
        assert found == wanted, f"socket of {self.graph}"

    def pictures(self) -> None:
        for place in self.graph.pictured[::4]:
            answer = self.client.get(f"/api/v1/uploads/{self.world.pictures[place].key}/picture")
            seen = self.graph.sees(self.viewer, place) or place[0] == self.viewer
            assert (answer.status_code == 200) is seen, f"{place} for {self.viewer} of {self.graph}"

    def export(self) -> None:
        """What the member takes along, chapter by chapter."""
        assert self.viewer is not None
        ask = Ask(self.graph, self.viewer)
        for file, chapter in personal.chapters.items():
            rows = list(chapter.rows(self.world.people[self.viewer]))
            found = self.marks(json.dumps(rows, cls=DjangoJSONEncoder))
            who = f"{file} of {self.viewer} of {self.graph}"
            if file not in NAMED:
                self.within(found, who)
            wanted = EXPORTS[file](ask) if file in EXPORTS else Shown()
            assert found == Shown(wanted.people - {self.viewer}, wanted.posts, wanted.said), who

    def counts(self) -> dict[int, Any]:
        """Numbers on profiles, for everybody the viewer meets."""
        found = {}
        for one, member in enumerate(self.world.people):
            answer = self.client.get(f"/api/v1/users/{member.handle}")
            if answer.status_code == 200:
                said = answer.json()
                found[one] = tuple(said[name] for name in ("followers", "following", "posts"))
                # Whoever may not see somebody's list of friends is told no number; the others are told the same.
                assert said["friends"] in (None, self.world.people[one].friends_count)
        return found


def cut(page: str) -> tuple[str, str]:
    """A page without its rail, and the rail."""
    start, end = page.find('<aside class="railcol"'), page.find("</aside>")
    return (page[:start] + page[end:], page[start:end]) if start >= 0 else (page, "")


AT_ONCE = 4  # graphs in one walk
BATCHES = st.lists(GRAPHS, min_size=AT_ONCE, max_size=AT_ONCE)
FAST = {"deadline": None, "phases": [Phase.explicit, Phase.generate], "suppress_health_check": list(HealthCheck)}


class EveryDoor:
    """Two halves, so that they run beside each other."""

    number = 0

    def setUp(self) -> None:
        patch = pytest.MonkeyPatch()
        self.addCleanup(patch.undo)

        async def at_once(function: Callable[..., Any], *args: Any) -> Any:
            return function(*args)

        patch.setattr("core.threads.run", at_once)
        patch.setattr("core.realtime.hub.join", lambda socket, group: None)

    def walk(self, graphs: list[Graph]) -> None:
        type(self).number += 1
        [world] = build([together(graphs)], start=self.number)
        kept.keep(world)
        explored.warm(world)
        told: dict[int, set[Any]] = {}
        viewers: list[Viewer] = [0, None] if self.number % 4 == 0 else [0]
        for viewer in viewers:
            Walk(world, viewer).go()
            explored.tags(world, viewer, Walk(world, viewer).client)
        Walk(world, 0).pictures()  # visitors have links only
        Walk(world, 0).socket()
        Walk(world, 0).export()
        here: list[Viewer] = [one for one in world.graph.everybody if world.graph.present(one)]
        for viewer in [*here[:4], None]:
            for one, numbers in Walk(world, viewer).counts().items():
                told.setdefault(one, set()).add(numbers)
        assert all(len(numbers) == 1 for numbers in told.values()), f"counts are the same for every reader: {told}"

    @pytest.mark.slow
    @pytest.mark.timeout(600)
    @settings(max_examples=20 // AT_ONCE, **FAST)
    @given(BATCHES)
    def test_forty(self, graphs: list[Graph]) -> None:
        self.walk(graphs)

    @pytest.mark.deep
    @pytest.mark.timeout(3 * 3600)
    @settings(max_examples=500 // AT_ONCE, **FAST)
    @given(BATCHES)
    def test_a_thousand(self, graphs: list[Graph]) -> None:
        self.walk(graphs)


class FirstHalf(EveryDoor, TestCase): ...


class SecondHalf(EveryDoor, TestCase): ...


def test_what_is_no_address_is_in_the_matrix_too() -> None:
    """A frame, a box of the rail, a kind of upload that shows people, posts or comments is held to the oracle."""
    asked = {kind for kind in consumers.handlers if not kind.startswith(("chat.", "test"))}
    form = f"say in {__name__} where {{}} is compared with the oracle, or why it shows nothing of others"
    assert asked <= FRAMES.keys(), form.format(asked - FRAMES.keys())
    assert frame.rail_parts.keys() <= RAIL.keys(), form.format(frame.rail_parts.keys() - RAIL.keys())
    kinds = {kind for kind in uploads_registry.kinds if not kind.startswith("test")}
    assert kinds <= UPLOADS.keys(), form.format(kinds - UPLOADS.keys())


def test_the_matrix_names_routes_that_exist() -> None:
    names = {name for name, _path in ROUTES} | personal.chapters.keys()
    assert set(SHOWS) | NAMED | AS_FRAGMENT | set(QUERY) | set(EXPORTS) <= names


@pytest.mark.slow
@pytest.mark.django_db
def test_a_route_that_is_not_in_the_matrix_fails_and_says_how_to_add_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(SHOWS, "accounts:api_followers")
    [world] = build([graph_of([2**20 - 1] + [0] * 11, [0] * 8)])
    with pytest.raises(AssertionError, match=r"accounts:api_followers .* Say in SHOWS"):
        Walk(world, 0).go()
