"""Any few people and what is between them; and the oracle: what each of them should see, in plain words of its own.

Nothing in here asks access or queries. A graph is drawn by hypothesis as bits, so that a failure shrinks to the ties
that matter. Graphs are looked at `together`, by the one person they have in common: nearly all the time of a query
goes into making its SQL, once for all of them. `build` writes the rows.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.utils import timezone
from hypothesis import strategies as st

from accounts.models.friends import DismissedSuggestion, FriendRequest
from accounts.models.lists import ListedPerson, PeopleList
from accounts.models.mutes import Mute, MutedWord
from accounts.models.people import User
from accounts.models.relations import Audience, Block, CloseFriend, Follow, FollowRequest, Friendship
from core import folding
from feed.models.comments import Comment
from feed.models.posts import Post, PostPicture
from feed.models.reactions import Reaction
from feed.models.sources import Filing, Home, HomeEntry, Source, SourceKind, Subscription, SubscriptionState
from uploads.models import Upload

SIZE = 5
PAIRS = [(one, other) for one in range(SIZE) for other in range(SIZE) if one != other]
Pair = tuple[int, int]
Viewer = int | None
Place = tuple[int, str]  # whose post, for which audience


@dataclass(frozen=True)
class Graph:
    """People are numbers; pairs are (who, whom). Of mutes and of who is away, some are over already."""

    follows: frozenset[Pair]
    asks: frozenset[Pair]
    friends: frozenset[Pair]
    friend_asks: frozenset[Pair]
    close: frozenset[Pair]
    blocks: frozenset[Pair]
    mutes: frozenset[Pair]
    mutes_over: frozenset[Pair]
    listed: frozenset[Pair]
    dismissed: frozenset[Pair]
    private: frozenset[int]
    suspended: frozenset[int]
    suspended_over: frozenset[int]
    inactive: frozenset[int]
    deaf: frozenset[int]  # mute the word
    deaf_over: frozenset[int]
    size: int = SIZE

    # -- The oracle ----------------------------------------------------------------------------------------------------

    def present(self, one: int) -> bool:
        return one not in self.suspended and one not in self.inactive

    def meets(self, viewer: Viewer, one: int) -> bool:
        apart = (viewer, one) in self.blocks or (one, viewer) in self.blocks
        return self.present(one) and not apart

    def inside(self, viewer: Viewer, one: int) -> bool:
        return one not in self.private or viewer == one or self.near(viewer, one)

    def near(self, viewer: Viewer, one: int) -> bool:
        return (viewer, one) in self.follows or (viewer, one) in self.friends

    def sees(self, viewer: Viewer, post: Place) -> bool:
        author, audience = post
        circles = ["public"]
        if viewer is not None:
            circles.append("members")
        if self.near(viewer, author):
            circles.append("followers")
        if (viewer, author) in self.friends:
            circles.append("friends")
        if (author, viewer) in self.close:
            circles.append("close_friends")
        for_viewer = audience in circles or viewer == author
        return self.meets(viewer, author) and self.inside(viewer, author) and for_viewer

    def wants(self, viewer: Viewer, author: int, *, word: bool) -> bool:
        deaf = viewer in self.deaf and word and viewer != author
        return (viewer, author) not in self.mutes and not deaf

    def hears(self, viewer: Viewer, post: Place) -> bool:
        return self.sees(viewer, post) and self.wants(viewer, post[0], word=has_word(post))

    def home(self, viewer: int) -> set[Place]:
        return {one for one in self.places if self.reaches(viewer, one)}

    def reaches(self, viewer: int, post: Place) -> bool:
        return post[0] in {viewer, *self.of("follows", viewer)} and self.hears(viewer, post)

    def told(self, post: Place) -> set[int]:
        """Whose pages hear at once of a new post."""
        if not self.present(post[0]):
            return set()
        return {post[0]} | {one for one in self.everybody if self.present(one) and self.reaches(one, post)}

    def says(self, viewer: Viewer, post: Place) -> set[int]:
        """Whose comments stand before the viewer under a post."""
        said = self.talkers(post) if self.sees(viewer, post) else []
        return {one for one in said if self.meets(viewer, one) and self.wants(viewer, one, word=one % 2 == 0)}

    def met(self, viewer: Viewer, people: Iterable[int]) -> set[int]:
        return {one for one in people if self.meets(viewer, one)}

    def untied(self, viewer: int) -> set[int]:
        """Who may be proposed to the viewer."""
        tied = {viewer} | self.to("friend_asks", viewer)
        for ties in ("follows", "asks", "friends", "friend_asks", "mutes", "dismissed"):
            tied |= self.of(ties, viewer)
        return self.met(viewer, self.everybody) - tied

    def suggested(self, viewer: int) -> dict[int, int]:
        """Who, and how many friends they have in common."""
        near = [one for one in self.of("friends", viewer) if self.present(one)]
        found = {one: sum(one in self.of("friends", friend) for friend in near) for one in self.untied(viewer)}
        return {one: count for one, count in found.items() if count and one not in self.private}

    # -- Who and what there is -----------------------------------------------------------------------------------------

    @property
    def everybody(self) -> range:
        return range(self.size)

    @cached_property
    def places(self) -> list[Place]:
        """Posts: everybody writes one for each audience, in this order."""
        return [(author, audience) for author in self.everybody for audience in Audience.values]

    @cached_property
    def talked(self) -> list[Place]:
        """Posts with comments."""
        return [post for post in self.places if _number(post) % 5 == 0]

    @cached_property
    def pictured(self) -> list[Place]:
        return [post for post in self.places if _number(post) % 3 == 0]

    def talkers(self, post: Place) -> list[int]:
        """Who has written a comment there: those who were drawn together with the author."""
        first = max(post[0] - 1, 0) // (SIZE - 1) * (SIZE - 1) + 1
        return [0, *range(first, first + SIZE - 1)] if _number(post) % 5 == 0 else []

    def answered(self, post: Place, one: int) -> int | None:
        """Whose comment the one of this talker is a reply to: each of the last two answers one of the first."""
        talkers = self.talkers(post)
        at = talkers.index(one)
        return talkers[at - 3] if at >= 3 else None

    def reads(self, viewer: Viewer, post: Place, one: int) -> bool:
        """Whether the viewer may see this talker's comment."""
        return self.sees(viewer, post) and self.meets(viewer, one)

    def answers(self, viewer: Viewer, post: Place, one: int) -> set[int]:
        """Whose replies to this talker's comment stand before the viewer."""
        return {other for other in self.says(viewer, post) if self.answered(post, other) == one}

    def of(self, ties: str, one: int) -> set[int]:
        """Whom this one follows, asks, ..."""
        return self._of[ties].get(one, set())

    def to(self, ties: str, one: int) -> set[int]:
        return self._to[ties].get(one, set())

    @cached_property
    def _of(self) -> Mapping[str, Mapping[int, set[int]]]:
        return {name: _sides(getattr(self, name)) for name in PAIRED}

    @cached_property
    def _to(self) -> Mapping[str, Mapping[int, set[int]]]:
        return {name: _sides((other, one) for one, other in getattr(self, name)) for name in PAIRED}


PAIRED = [one.name for one in fields(Graph) if one.type == frozenset[Pair]]
STATED = [one.name for one in fields(Graph) if one.type == frozenset[int]]
WORD = "lantern"


def _sides(pairs: Iterable[Pair]) -> Mapping[int, set[int]]:
    sides: dict[int, set[int]] = defaultdict(set)
    for one, other in pairs:
        sides[one].add(other)
    return sides


def _number(post: Place) -> int:
    return post[0] + Audience.values.index(post[1])


def has_word(post: Place) -> bool:
    return _number(post) % 2 == 0


# -- Drawing -----------------------------------------------------------------------------------------------------------


def _pairs(bits: int) -> frozenset[Pair]:
    return frozenset(pair for place, pair in enumerate(PAIRS) if bits >> place & 1)


def _people(bits: int) -> frozenset[int]:
    return frozenset(one for one in range(SIZE) if bits >> one & 1)


def _both_ways(pairs: frozenset[Pair]) -> frozenset[Pair]:
    return pairs | {(other, one) for one, other in pairs}


def graph_of(ties: Sequence[int], states: Sequence[int]) -> Graph:
    """A graph as the actions leave it: who blocks is no friend, a close friend is one, who is away is away once."""
    follows, asks, friends, friend_asks, close, b1, b2, mutes, over, listed, d1, d2 = ties
    private, s1, s2, suspended_over, i1, i2, deaf, deaf_over = states
    blocks = _pairs(b1 & b2)
    befriended = _both_ways(_pairs(friends) & _pairs(close | follows)) - _both_ways(blocks)
    suspended, inactive = _people(s1 & s2), _people(i1 & i2) - _people(s1 & s2)
    return Graph(
        follows=_pairs(follows),
        asks=_pairs(asks) - _pairs(follows),
        friends=befriended,
        friend_asks=_pairs(friend_asks) - befriended,
        close=_pairs(close) & befriended,
        blocks=blocks,
        mutes=_pairs(mutes & ~over),
        mutes_over=_pairs(mutes & over),
        listed=_pairs(listed),
        dismissed=_pairs(d1 & d2),
        private=_people(private),
        suspended=suspended,
        suspended_over=_people(suspended_over) - suspended,
        inactive=inactive,
        deaf=_people(deaf & ~deaf_over),
        deaf_over=_people(deaf & deaf_over),
    )


def together(graphs: Sequence[Graph]) -> Graph:
    """One graph of many: their person 0 is one and the same, who is here; nobody else knows anybody of another."""

    def number(one: int, part: int) -> int:
        return one and part * (SIZE - 1) + one

    pairs = {
        name: frozenset(
            (number(a, part), number(b, part)) for part, graph in enumerate(graphs) for a, b in getattr(graph, name)
        )
        for name in PAIRED
    }
    states = {
        name: frozenset(
            number(one, part)
            for part, graph in enumerate(graphs)
            for one in getattr(graph, name)
            if one or (part == 0 and name not in AWAY)
        )
        for name in STATED
    }
    return Graph(**pairs, **states, size=len(graphs) * (SIZE - 1) + 1)


AWAY = ("suspended", "inactive")
TIES = st.tuples(*[st.integers(0, 2 ** len(PAIRS) - 1)] * 12)
STATES = st.tuples(*[st.integers(0, 2**SIZE - 1)] * 8)
GRAPHS = st.builds(graph_of, TIES, STATES)


# -- Building ----------------------------------------------------------------------------------------------------------


@dataclass
class World:
    """A graph as rows."""

    graph: Graph
    people: list[User]
    posts: dict[Place, Post] = field(default_factory=dict)
    comments: dict[tuple[Place, int], Comment] = field(default_factory=dict)
    pictures: dict[Place, Upload] = field(default_factory=dict)
    said_pictures: dict[tuple[Place, int], Upload] = field(default_factory=dict)
    avatars: list[Upload] = field(default_factory=list)
    lists: list[PeopleList] = field(default_factory=list)

    def person(self, one: Viewer) -> User | None:
        return None if one is None else self.people[one]


def build(graphs: Sequence[Graph], *, start: int = 0) -> list[World]:
    """Worlds beside each other, in about twenty statements however many there are."""
    worlds = [World(graph, _members(graph, start + number)) for number, graph in enumerate(graphs)]
    User.objects.bulk_create([person for world in worlds for person in world.people])
    _tie(worlds)
    _write(worlds)
    for world in worlds:
        _bring_home(world)
    return worlds


def _members(graph: Graph, number: int) -> list[User]:
    soon, ago = timezone.now() + timedelta(days=1), timezone.now() - timedelta(days=1)
    return [
        User(
            handle=f"who{number}x{one}",
            display_name=f"Who{number}x{one}",
            email=f"{number}.{one}@example.org",
            password="!",
            is_private=one in graph.private,
            friends_audience="public",
            is_active=one not in graph.inactive,
            suspended_until=soon if one in graph.suspended else ago if one in graph.suspended_over else None,
            followers_count=len(graph.to("follows", one)),
            following_count=len(graph.of("follows", one)),
            friends_count=len(graph.of("friends", one)),
            requests_count=len(graph.to("asks", one)),
            friend_requests_count=len(graph.to("friend_asks", one)),
            posts_count=2,
        )
        for one in graph.everybody
    ]


def _tie(worlds: list[World]) -> None:
    ago, soon = timezone.now() - timedelta(hours=1), timezone.now() + timedelta(hours=1)

    def rows(ties: str, model: Any, one: str, other: str, **more: Any) -> None:
        model.objects.bulk_create(
            model(**{one: world.people[a], other: world.people[b]}, **more)
            for world in worlds
            for a, b in sorted(getattr(world.graph, ties))
        )

    rows("follows", Follow, "follower", "followed")
    rows("asks", FollowRequest, "asker", "asked")
    rows("friends", Friendship, "person", "friend")
    rows("friend_asks", FriendRequest, "asker", "asked")
    rows("close", CloseFriend, "owner", "friend")
    rows("blocks", Block, "blocker", "blocked")
    rows("mutes", Mute, "muter", "muted")
    rows("mutes_over", Mute, "muter", "muted", until=ago)
    rows("dismissed", DismissedSuggestion, "viewer", "person")
    MutedWord.objects.bulk_create(
        MutedWord(muter=world.people[one], phrase=WORD, folded=folding.needle(WORD), until=until)
        for world in worlds
        for deaf, until in ((world.graph.deaf, soon), (world.graph.deaf_over, ago))
        for one in deaf
    )
    for world in worlds:
        world.lists = [PeopleList(owner=person, name="Some") for person in world.people]
    PeopleList.objects.bulk_create(row for world in worlds for row in world.lists)
    ListedPerson.objects.bulk_create(
        ListedPerson(list=world.lists[a], person=world.people[b])
        for world in worlds
        for a, b in sorted(world.graph.listed)
    )


def _write(worlds: list[World]) -> None:
    now = timezone.now()

    def upload(world: World, one: int, purpose: str) -> Upload:
        return Upload(
            owner=world.people[one],
            purpose=purpose,
            public=purpose == "avatar",
            state=Upload.State.READY,
            type="image/webp",
            bytes=100,
            sha256="0" * 64,
            width=320,
            height=320,
            color="#c81e1e",
            original=False,
            due_at=None,
            attached_at=now,
            variants={"320": {"w": 320, "h": 320, "bytes": 10}},
        )

    for world in worlds:
        graph = world.graph
        world.posts = {place: _post(world, place) for place in graph.places}
        world.comments = {
            (place, one): _comment(world, place, one) for place in graph.talked for one in graph.talkers(place)
        }
        world.pictures = {place: upload(world, place[0], "post") for place in graph.pictured}
        world.said_pictures = {
            key: upload(world, key[1], "comment") for key in world.comments if key[1] in graph.talkers(key[0])[1::2]
        }
        world.avatars = [upload(world, one, "avatar") for one in graph.everybody]
    Post.objects.bulk_create(row for world in worlds for row in world.posts.values())
    Upload.objects.bulk_create(
        row for world in worlds for row in [*world.pictures.values(), *world.said_pictures.values(), *world.avatars]
    )
    for world in worlds:
        for key, row in world.said_pictures.items():
            world.comments[key].picture = row
    rows = [(world, *key, row) for world in worlds for key, row in world.comments.items()]
    Comment.objects.bulk_create(row for world, place, one, row in rows if world.graph.answered(place, one) is None)
    replies = [(world, *key) for world, *key, _row in rows if world.graph.answered(*key) is not None]
    for world, place, one in replies:
        world.comments[place, one].parent = world.comments[place, world.graph.answered(place, one)]
    Comment.objects.bulk_create(world.comments[place, one] for world, place, one in replies)
    Reaction.objects.bulk_create(
        Reaction(user=world.people[one], kind="like", **target)
        for world in worlds
        for place in world.graph.talked
        for one in world.graph.talkers(place)
        for target in ({"post": world.posts[place]}, {"comment": world.comments[place, 0]})
    )
    PostPicture.objects.bulk_create(
        PostPicture(post=world.posts[place], upload=row) for world in worlds for place, row in world.pictures.items()
    )
    for world in worlds:
        for person, avatar in zip(world.people, world.avatars, strict=True):
            person.avatar = avatar
    User.objects.bulk_update([person for world in worlds for person in world.people], ["avatar"])


def _bring_home(world: World) -> None:
    """As it may stand at any moment: of each subscription the posts are copied, wait for it, or are read where they
    are; some posts wait; some entries are older than an unfollow; below the floor nothing is copied."""
    graph, people = world.graph, world.people
    sources = [Source(kind=SourceKind.PERSON, person=person) for person in people]
    Source.objects.bulk_create(sources)
    read = [(a, b, (a + b) % 3) for a, b in sorted(graph.follows)] + [(one, one, 0) for one in graph.everybody]
    Subscription.objects.bulk_create(
        Subscription(member=people[a], source=sources[b], state=state) for a, b, state in read
    )
    waiting = {place for place in graph.places if (place[0] + _number(place)) % 4 == 0}
    Filing.objects.bulk_create(
        Filing(source=sources[place[0]], post=post, is_waiting=place in waiting) for place, post in world.posts.items()
    )
    floors = {one: min(post.pk for post in world.posts.values()) + 40 if one % 2 == 0 else 0 for one in graph.everybody}
    Home.objects.bulk_create(Home(member=people[one], floor=floor) for one, floor in floors.items())
    copied = {(a, b) for a, b, state in read if state == SubscriptionState.COPIED} | graph.dismissed
    HomeEntry.objects.bulk_create(
        HomeEntry(member=people[a], post=world.posts[b, audience])
        for a, b in sorted(copied)
        for audience in Audience.values
        if (b, audience) not in waiting and world.posts[b, audience].pk > floors[a]
    )


def _post(world: World, place: Place) -> Post:
    mark = f"post{world.people[place[0]].handle}{place[1].replace('_', '')}"
    text = f"{mark} a Lántern." if has_word(place) else f"{mark} a light."
    html = f"<p>{text}</p>"
    count = len(world.graph.talkers(place))
    return Post(author=world.people[place[0]], audience=place[1], text=text, html=html, comments_count=count)


def _comment(world: World, place: Place, one: int) -> Comment:
    mark = f"said{world.people[one].handle}under{place[0]}{place[1].replace('_', '')}"
    text = f"{mark} LANTERNS? One lantern!" if one % 2 == 0 else f"{mark} Hm."
    count = sum(world.graph.answered(place, other) == one for other in world.graph.talkers(place))
    author, html = world.people[one], f"<p>{text}</p>"
    return Comment(post=world.posts[place], author=author, text=text, html=html, replies_count=count)
