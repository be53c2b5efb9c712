"""Any few people and what is between them; and the oracle: what each of them should see, in plain words of its own.

Nothing in here asks access or queries. A graph is drawn by hypothesis as bits, so that a failure shrinks to the ties
that matter. Graphs are looked at `together`, by the one person they have in common: nearly all the time of a query
goes into making its SQL, once for all of them. `build` writes the rows.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import NamedTuple

from hypothesis import strategies as st

from accounts.models.relations import Audience

SIZE = 5
PAIRS = [(one, other) for one in range(SIZE) for other in range(SIZE) if one != other]
Pair = tuple[int, int]
Viewer = int | None


class Share(NamedTuple):
    """A post that shares another: by whom, for which audience, what, and whether they say something themselves."""

    who: int
    audience: str
    of: tuple[int, str]
    words: bool
    turn: int


Place = tuple[int, str] | Share  # whose post, for which audience


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
        """A share without words is seen by who sees what it shares as well."""
        bare = isinstance(post, Share) and not post.words
        return self._for(viewer, post) and (not bare or self.shows(viewer, post))

    def shows(self, viewer: Viewer, post: Place) -> bool:
        """Whether what a share shares stands in it."""
        return isinstance(post, Share) and self._for(viewer, post.of)

    def folds(self, viewer: Viewer, post: Place) -> bool:
        """Whether it stands there folded."""
        return isinstance(post, Share) and (viewer, post.of[0]) in self.mutes

    def _for(self, viewer: Viewer, post: Place) -> bool:
        author, audience, *_more = post
        circles = ["public"]
        if viewer is not None:
            circles.append("members")
        if self.near(viewer, author):
            circles.append("followers")
        if (viewer, author) in self.friends:
            circles.append("friends")
        if (author, viewer) in self.close:
            circles.append("close_friends")
        for_viewer = (audience in circles or viewer == author) and post not in self.deleted
        return self.meets(viewer, author) and self.inside(viewer, author) and for_viewer

    def wants(self, viewer: Viewer, author: int, *, word: bool) -> bool:
        deaf = viewer in self.deaf and word and viewer != author
        return (viewer, author) not in self.mutes and not deaf

    def hears(self, viewer: Viewer, post: Place) -> bool:
        """Of a share its words, and what it shares where that is seen; without words it is that."""
        heard = self.sees(viewer, post) and self.wants(viewer, post[0], word=has_word(post))
        if not heard or not isinstance(post, Share) or not self.shows(viewer, post):
            return heard
        wanted = self.wants(viewer, post.of[0], word=has_word(post.of))
        muted = (viewer, post.of[0]) in self.mutes
        return wanted or (muted and post.words and not (viewer in self.deaf and has_word(post.of)))

    def home(self, viewer: int) -> set[Place]:
        return {one for one in self.posts if self.reaches(viewer, one)}

    def reaches(self, viewer: int, post: Place) -> bool:
        """By whom they follow; the first follows a hashtag as well."""
        read = post[0] in {viewer, *self.of("follows", viewer)} or (viewer == 0 and post in self.tagged)
        return read and self.hears(viewer, post)

    def told(self, post: Place) -> set[int]:
        """Whose pages hear at once of a new post."""
        if not self.present(post[0]) or post in self.deleted:
            return set()
        readers = set(self.to("follows", post[0]))
        readers |= {0} if post in self.tagged and post[1] in ("public", "members") else set()  # follows the hashtag
        return {post[0]} | {one for one in readers if self.present(one) and self.hears(one, post)}

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
        return [(author, audience) for author in self.everybody for audience in AUDIENCES]

    @cached_property
    def deleted(self) -> set[Place]:
        return {post for post in self.places if (5 * post[0] + number_of(post)) % 11 == 4}

    @cached_property
    def shares(self) -> list[Share]:
        """Everybody shares two posts of those they were drawn with. What they shared may be for few meanwhile, or
        gone, and its author private."""
        found = []
        for one in self.everybody:
            near = [0, *range(_first(one), _first(one) + SIZE - 1)]
            for turn in range(2):
                author = near[(one + turn) % SIZE]
                of = (author, SHARED[(3 * one + 5 * turn) % len(SHARED)])
                found.append(Share(one, AUDIENCES[(one + 2 * turn) % 6], of, (one // 2 + turn) % 2 == 0, turn))
        return found

    @cached_property
    def posts(self) -> list[Place]:
        """In the order in which they were made."""
        return [*self.places, *self.shares]

    @cached_property
    def talked(self) -> list[Place]:
        """Posts with comments."""
        return [post for post in self.places if number_of(post) % 5 == 0]

    @cached_property
    def tagged(self) -> set[Place]:
        return {post for post in self.posts if number_of(post) % 7 == 0 and not is_bare(post)}

    @cached_property
    def pictured(self) -> list[Place]:
        return [post for post in self.places if number_of(post) % 3 == 0]

    def talkers(self, post: Place) -> list[int]:
        """Who has written a comment there: those who were drawn together with the author."""
        first = _first(post[0])
        talked = number_of(post) % 5 == 0 and not isinstance(post, Share)
        return [0, *range(first, first + SIZE - 1)] if talked else []

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
AUDIENCES: list[str] = Audience.values  # made anew at every look there
WORD = "lantern"
SHARED = ("public", "members", "public", "members", "followers", "friends", "close_friends", "only_me")


def _sides(pairs: Iterable[Pair]) -> Mapping[int, set[int]]:
    sides: dict[int, set[int]] = defaultdict(set)
    for one, other in pairs:
        sides[one].add(other)
    return sides


def number_of(post: Place) -> int:
    return post[0] + AUDIENCES.index(post[1])


def has_word(post: Place) -> bool:
    return number_of(post) % 2 == 0 and not is_bare(post)


def is_bare(post: Place) -> bool:
    return isinstance(post, Share) and not post.words


def _first(one: int) -> int:
    """The first of those, 0 aside, whom this one was drawn together with."""
    return max(one - 1, 0) // (SIZE - 1) * (SIZE - 1) + 1


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
