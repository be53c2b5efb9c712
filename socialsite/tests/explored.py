"""What is talked about in a world, and the oracle of Explore, 'For you' and why: in plain words of its own.

Every post is warm, whoever it is for, the later it was made the more: so much that nothing else a reader does moves one
before another."""

import re
from collections.abc import Callable

from django.test import Client
from django.utils import timezone

from core import limits
from feed.models.sources import Source
from feed.models.trends import PostTrend, TagTrend, warmth
from feed.queries.explore import PEOPLE, POSTS
from feed.queries.ranking import FROM_TRENDS
from socialsite.tests import kept
from socialsite.tests.graphs import Graph, Place, Viewer
from socialsite.tests.shown import Ask, Shown, cards, newest, shown
from socialsite.tests.worlds import World

STEP = 5.0
COUNTED = ("public", "members")


def warm(world: World) -> None:
    now = warmth(timezone.now())
    PostTrend.objects.bulk_create(
        PostTrend(post=world.posts[place], heat=now + STEP * at) for at, place in enumerate(in_order(world.graph))
    )
    TagTrend.objects.create(source=Source.objects.get(name=world.tag), heat=now)


def in_order(graph: Graph) -> list[Place]:
    return newest(graph.posts, len(graph.posts))


def trending(graph: Graph, viewer: Viewer) -> set[Place]:
    return {place for place in graph.posts if counted(graph, place) and graph.hears(viewer, place)}


def counted(graph: Graph, place: Place) -> bool:
    return place[1] in COUNTED and place[0] not in graph.private


def warmest(graph: Graph, viewer: Viewer) -> set[Place]:
    return trending(graph, viewer) & set(in_order(graph)[-FROM_TRENDS:])


def posts(ask: Ask) -> Shown:
    return cards(ask, newest(trending(ask.graph, ask.viewer)))


def for_you(ask: Ask) -> Shown:
    return cards(ask, newest(ask.graph.home(ask.me) | warmest(ask.graph, ask.me)))


def to_follow(graph: Graph, me: int) -> list[int]:
    """Who is proposed, those first whom most of the viewer's people know."""
    near = [one for one in graph.of("friends", me) if graph.present(one)]
    followed = graph.met(me, graph.of("follows", me))
    noted = {place[0] for place in warmest(graph, me)}

    def place(one: int) -> tuple[int, int, int]:
        common = sum(one in graph.of("friends", friend) for friend in near)
        by = sum(one in graph.of("follows", other) for other in followed)
        return 2 * common + by + (one in noted), len(graph.to("follows", one)), one

    return sorted(graph.untied(me) - graph.private, key=place, reverse=True)


def people(ask: Ask) -> Shown:
    return shown(to_follow(ask.graph, ask.me))


def overview(ask: Ask) -> Shown:
    """A beginning of few posts looks through the warmest hundred for them."""
    some = to_follow(ask.graph, ask.me)[:PEOPLE] if ask.viewer is not None else []
    found = cards(ask, newest(warmest(ask.graph, ask.viewer), POSTS))
    return Shown(found.people | frozenset(some), found.posts)


def why(ask: Ask) -> Shown:
    """The words name whom the viewer follows, if that brings the post."""
    author = ask.place[0]
    brings = author in ask.graph.of("follows", ask.me) and ask.graph.hears(ask.me, ask.place)
    return Shown(people=frozenset({author} if brings and author != ask.me else ()))


def tags(world: World, viewer: Viewer, client: Client) -> None:
    """A hashtag is news only by posts that the viewer sees, of people they do not mute."""
    graph = world.graph
    uses = {place for place in graph.tagged if counted(graph, place) and graph.sees(viewer, place)}
    wanted = any((viewer, place[0]) not in graph.mutes for place in uses)
    for path in ("/explore/hashtags/", "/explore/"):
        limits.memory.clear()
        found = re.findall(r'<b dir="auto">#(\w+)</b>', client.get(path).content.decode())
        assert found == ([world.tag] if wanted else []), f"{path} for {viewer} of {graph}"


SHOWS: dict[str, Callable[[Ask], Shown]] = {
    "feed:explore": overview,
    "feed:explore_posts": posts,
    "feed:api_trending_posts": posts,
    "feed:explore_people": people,
    "feed:api_people_to_follow": people,
    "feed:api_for_you": for_you,
    "feed:why": kept.whose,
    "feed:api_why": why,
}
