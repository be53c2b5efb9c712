"""Any few people's days: they write, edit, delete, take back, share, follow, block, mute, close their accounts, in any
order, through the actions. What was refused, what everybody then sees on every surface, and every count equal an oracle
in plain words: 30 days here, 5,000 in `make test-deep`. Who may see what of standing rows is graphs.py.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.actions import mutes, relations
from accounts.models.relations import Audience
from accounts.tests.factories import make_user
from core import errors, limits
from feed import belongings
from feed.actions import counts, homes
from feed.actions import posts as post_actions
from feed.actions import shares as share_actions
from feed.models.posts import Post
from feed.queries import cards
from feed.queries import feeds as feed_queries
from feed.queries import home as home_queries
from feed.queries import live as live_queries
from feed.queries import posts as post_queries
from feed.queries import tags as tag_queries
from feed.serializers import posts as post_serializers

SIZE = 4
Viewer = int | None
WIDE = ("public", "members")


@dataclass
class Said:
    """A post as it stands; `of` is the number of what it shares."""

    who: int
    audience: str
    text: str
    of: int | None = None
    gone: bool = False

    @property
    def bare(self) -> bool:
        return self.of is not None and not self.text


@dataclass
class Village:
    """What should be: pairs are (who, whom), posts are numbers in the order in which they were made."""

    follows: set[tuple[int, int]] = field(default_factory=set)
    blocks: set[tuple[int, int]] = field(default_factory=set)
    mutes: set[tuple[int, int]] = field(default_factory=set)
    private: set[int] = field(default_factory=set)
    posts: list[Said] = field(default_factory=list)

    def apart(self, one: Viewer, other: int) -> bool:
        return bool({(one, other), (other, one)} & self.blocks)

    def alone(self, viewer: Viewer, post: Said) -> bool:
        """The rules of one post, whatever it shares."""
        near = viewer == post.who or (viewer, post.who) in self.follows
        circle = {"public": True, "members": viewer is not None, "followers": near}.get(post.audience, False)
        open_to = post.who not in self.private or near
        return not post.gone and not self.apart(viewer, post.who) and open_to and (circle or viewer == post.who)

    def sees(self, viewer: Viewer, post: Said) -> bool:
        return self.alone(viewer, post) and (not post.bare or self.inside(viewer, post) is not None)

    def inside(self, viewer: Viewer, post: Said) -> str | None:
        """The words that stand in a share."""
        of = None if post.of is None else self.posts[post.of]
        return of.text if of is not None and self.alone(viewer, of) else None

    def hears(self, viewer: Viewer, post: Said) -> bool:
        muted = (viewer, post.who) in self.mutes
        of_muted = post.bare and post.of is not None and (viewer, self.posts[post.of].who) in self.mutes
        return self.sees(viewer, post) and not muted and not of_muted

    def shows(self, viewer: Viewer, which: Callable[[Said], bool]) -> list[int]:
        """The newest first."""
        return [number for number, post in enumerate(self.posts) if which(post)][::-1]

    # -- What one may do: the answer is whether it is done -------------------------------------------------------------

    def write(self, who: int, audience: str, text: str) -> bool:
        self.posts.append(Said(who, audience, text))
        return True

    def edit(self, who: int, number: int, audience: str, text: str) -> bool:
        post = self.posts[number]
        of = None if post.of is None else self.posts[post.of]
        seen = of is not None and self.alone(who, of)
        wider = seen and of is not None and _width(audience) < _width(of.audience) and audience != post.audience
        if post.who != who or not self.sees(who, post) or wider:
            return False
        post.audience, post.text = audience, text
        return True

    def delete(self, who: int, number: int) -> bool:
        post = self.posts[number]
        if post.who != who or post.gone:
            return False
        post.gone = True
        return True

    def undo(self, who: int, number: int) -> bool:
        post = self.posts[number]
        if post.who != who or not post.gone or (post.bare and self.standing(who, post.of)):
            return False
        post.gone = False
        return True

    def share(self, who: int, number: int, audience: str, text: str) -> bool:
        asked = self.posts[number]
        of = number if asked.of is None else asked.of
        first = self.posts[of]
        if not (self.sees(who, asked) and self.alone(who, first)) or first.who in self.private:
            return False
        if first.audience not in WIDE or _width(audience) < _width(first.audience):
            return False
        if text or not self.standing(who, of):
            self.posts.append(Said(who, audience, text, of))
        return True

    def standing(self, who: int, of: int | None) -> bool:
        return any(post.who == who and post.of == of and post.bare and not post.gone for post in self.posts)

    def shares_count(self, number: int) -> int:
        return sum(post.of == number and not post.gone and post.audience in WIDE for post in self.posts)


def _width(audience: str) -> int:
    return Audience.values.index(audience)


WHO = st.integers(0, SIZE - 1)
SAID = st.sampled_from([*WIDE, *WIDE, "followers", "only_me"])
WORDS = st.sampled_from(["plain", "#lamp", "#lamp and more", "other"])
NTH = st.integers(0, 9)
STEP = st.one_of(
    st.tuples(st.just("write"), WHO, SAID, WORDS),
    st.tuples(st.just("edit"), WHO, NTH, SAID, WORDS),
    st.tuples(st.just("delete"), WHO, NTH),
    st.tuples(st.just("undo"), WHO, NTH),
    st.tuples(st.just("share"), WHO, NTH, SAID, st.sampled_from(["", "", "look", "#lamp look"])),
    st.tuples(st.sampled_from(["follow", "unfollow", "block", "unblock", "mute", "unmute"]), WHO, WHO),
    st.tuples(st.sampled_from(["close", "open"]), WHO),
    st.just(("settle",)),
)
DAYS = st.lists(STEP, min_size=8, max_size=24)
# Whoever writes first is read by all: else most days would be short of readers.
MORNING = [
    ("write", 0, "public", "#lamp"),
    ("follow", 1, 0),
    ("follow", 2, 1),
    ("follow", 3, 2),
    ("share", 1, 0, "members", ""),
]


class Day:
    """The steps of a day, done on the site and in the village."""

    def __init__(self, number: int) -> None:
        self.village = Village()
        self.people = [make_user(f"day{number}n{one}") for one in range(SIZE)]
        self.rows: list[int] = []

    def person(self, one: Viewer) -> Any:
        return None if one is None else self.people[one]

    def run(self, step: tuple[Any, ...]) -> None:
        name, *given = step
        if name in ("edit", "delete", "undo", "share"):
            if not self.rows:
                return
            given[1] %= len(self.rows)
        {**POSTS, **TIES}[name](self, *given)

    def same(self, act: Callable[[], Any], expected: bool, step: str) -> Any:
        """Does it; the site refuses what the village refuses."""
        made = None
        try:
            made = act()
            done = True
        except errors.SocialError:
            done = False
        assert done is expected, f"{step}: {self.village}"
        return made

    # -- Posts --

    def write(self, who: int, audience: str, text: str) -> None:
        made = post_actions.create_post(actor=self.people[who], text=text, audience=audience)
        self.village.write(who, audience, text)
        self.rows.append(made.pk)

    def edit(self, who: int, number: int, audience: str, text: str) -> None:
        given = {"post_id": self.rows[number], "text": text, "audience": audience}
        expected = self.village.edit(who, number, audience, text)
        self.same(lambda: post_actions.edit_post(actor=self.people[who], **given), expected, f"edit {number} by {who}")

    def delete(self, who: int, number: int) -> None:
        expected = self.village.delete(who, number)
        act = lambda: post_actions.delete_post(actor=self.people[who], post_id=self.rows[number])  # noqa: E731
        self.same(act, expected, f"delete {number} by {who}")

    def undo(self, who: int, number: int) -> None:
        expected = self.village.undo(who, number)
        act = lambda: post_actions.undo_delete_post(actor=self.people[who], post_id=self.rows[number])  # noqa: E731
        self.same(act, expected, f"undo {number} by {who}")

    def share(self, who: int, number: int, audience: str, text: str) -> None:
        expected = self.village.share(who, number, audience, text)
        given = {"post_id": self.rows[number], "text": text, "audience": audience}
        act = lambda: share_actions.share_post(actor=self.people[who], **given)  # noqa: E731
        made = self.same(act, expected, f"share {number} by {who}")
        if made is not None and made.pk not in self.rows:
            self.rows.append(made.pk)

    # -- People: their rules are accounts' and tested there; the village follows what the site did --

    def tie(self, act: Callable[..., Any], who: int, other: int) -> None:
        try:
            act(actor=self.people[who], person=self.people[other].pk)
        except errors.SocialError:
            return

    def settle(self) -> None:
        homes.settle_waiting()

    def close(self, who: int) -> None:
        relations.set_private(actor=self.people[who], private=True)

    def open(self, who: int) -> None:
        relations.set_private(actor=self.people[who], private=False)

    def look_around(self) -> None:
        """Who follows, blocks, mutes whom now, and whose account is closed."""
        numbers = {person.pk: one for one, person in enumerate(self.people)}

        def pairs(rows: Any, one: str, other: str) -> set[tuple[int, int]]:
            found = rows.filter(**{f"{one}__in": numbers}).values_list(one, other)
            return {(numbers[a], numbers[b]) for a, b in found}

        village = self.village
        village.follows = pairs(relations.Follow.objects, "follower_id", "followed_id")
        village.blocks = pairs(relations.Block.objects, "blocker_id", "blocked_id")
        village.mutes = pairs(mutes.Mute.objects, "muter_id", "muted_id")
        for person in self.people:
            person.refresh_from_db()
        village.private = {one for one, person in enumerate(self.people) if person.is_private}

    # -- What everybody sees in the evening --

    def compare(self) -> None:
        assert len(self.rows) == len(self.village.posts)
        for viewer in [*range(SIZE), None]:
            for surface in SURFACES:
                if viewer is not None or surface in FOR_VISITORS:
                    surface(self, viewer)
        kept = dict(Post.objects.filter(pk__in=self.rows).values_list("pk", "shares_count"))
        assert [kept[pk] for pk in self.rows] == [self.village.shares_count(one) for one in range(len(self.rows))]
        assert (counts.recount_posts(), counts.recount_members()) == (0, 0)

    def same_posts(self, rows: Any, which: Callable[[Said], bool], where: str) -> None:
        found = [self.rows.index(row if isinstance(row, int) else row.pk) for row in rows]
        assert found == self.village.shows(None, which), f"{where}: {self.village}"

    def some(self, viewer: Viewer) -> set[int]:
        """Two people, oneself if one is somebody."""
        return {viewer or 0, ((viewer or 0) + len(self.rows)) % SIZE}

    def permalinks(self, viewer: Viewer) -> None:
        """What its page and the API show: which are there, with which words inside."""
        rows = cards.filled(cards.cards(self.person(viewer)).filter(pk__in=self.rows))
        said = {self.rows.index(row.pk): post_serializers.post(row) for row in rows}
        seen = {number: (one["text"], one["shared"] and one["shared"]["text"]) for number, one in said.items()}
        village = self.village
        assert seen == {
            number: (post.text, village.inside(viewer, post))
            for number, post in enumerate(village.posts)
            if village.sees(viewer, post)
        }, f"permalinks for {viewer}: {village}"

    def profiles(self, viewer: Viewer) -> None:
        for one in self.some(viewer):
            person = self.people[one]
            rows = post_queries.posts_of(self.person(viewer), person).rows
            own = lambda post, one=one: post.who == one and self.village.sees(viewer, post)  # noqa: E731
            self.same_posts(rows, own, f"profile of {one} for {viewer}")

    def home(self, viewer: Viewer) -> None:
        read = {viewer} | {whom for who, whom in self.village.follows if who == viewer}
        which = lambda post: post.who in read and self.village.hears(viewer, post)  # noqa: E731
        who = self.person(viewer)
        self.same_posts(home_queries.home(who).rows, which, f"home of {viewer}")
        self.same_posts(home_queries.new_posts(who, after=0).rows, which, f"new at home of {viewer}")

    def tag(self, viewer: Viewer) -> None:
        wide = lambda post: post.audience in WIDE and "#lamp" in post.text  # noqa: E731
        _name, page = tag_queries.tag_posts(self.person(viewer), "lamp")
        which = lambda post: wide(post) and self.village.hears(viewer, post)  # noqa: E731
        self.same_posts([row for row in page.rows if row.pk in self.rows], which, f"hashtag for {viewer}")

    def readers(self, viewer: Viewer) -> None:
        """RSS: what everybody may see of those who are open."""
        village = self.village
        for one in self.some(viewer):
            person = self.people[one]
            if one in village.private or village.apart(viewer, one):
                continue
            which = lambda post, one=one: (  # noqa: E731
                post.who == one
                and post.audience == "public"
                and village.sees(None, post)
                and village.sees(viewer, post)
            )
            self.same_posts(feed_queries.person_feed(self.person(viewer), person.handle)[1], which, f"feed of {one}")

    def watched(self, viewer: Viewer) -> None:
        who = self.person(viewer)
        found = {row.pk for row in live_queries.watchable(who.pk, self.rows)}
        which = lambda post: self.village.sees(viewer, post)  # noqa: E731
        self.same_posts([pk for pk in self.rows[::-1] if pk in found], which, f"socket of {viewer}")

    def export(self, viewer: Viewer) -> None:
        rows = list(belongings.posts(self.person(viewer)))
        which = lambda post: post.who == viewer and self.village.sees(viewer, post)  # noqa: E731
        self.same_posts(sorted((row["id"] for row in rows), reverse=True), which, f"export of {viewer}")
        for row in rows:
            inside = self.village.inside(viewer, self.village.posts[self.rows.index(row["id"])])
            assert (row["shared"] is not None) is (inside is not None), json.dumps(row, cls=DjangoJSONEncoder)

    def pages(self, viewer: Viewer) -> None:
        """The door itself, for one post of each kind."""
        limits.memory.clear()
        client = Client()
        if viewer is not None:
            client.force_login(self.people[viewer])
        for number in {0, len(self.rows) - 1}:
            seen = self.village.sees(viewer, self.village.posts[number])
            assert (client.get(f"/posts/{self.rows[number]}/").status_code == 200) is seen, f"{number} for {viewer}"
            api = client.get(f"/api/v1/posts/{self.rows[number]}").status_code
            assert viewer is None or (api == 200) is seen, f"{number} for {viewer}"


POSTS: dict[str, Callable[..., None]] = {
    "write": Day.write,
    "edit": Day.edit,
    "delete": Day.delete,
    "undo": Day.undo,
    "share": Day.share,
    "settle": Day.settle,
}
TIES: dict[str, Callable[..., None]] = {
    "follow": lambda day, who, other: day.tie(relations.follow, who, other),
    "unfollow": lambda day, who, other: day.tie(relations.unfollow, who, other),
    "block": lambda day, who, other: day.tie(relations.block, who, other),
    "unblock": lambda day, who, other: day.tie(relations.unblock, who, other),
    "mute": lambda day, who, other: day.tie(mutes.mute, who, other),
    "unmute": lambda day, who, other: day.tie(mutes.unmute, who, other),
    "close": Day.close,
    "open": Day.open,
}
FOR_VISITORS = [Day.permalinks, Day.profiles, Day.tag, Day.readers, Day.pages]
SURFACES = [*FOR_VISITORS, Day.home, Day.watched, Day.export]
FAST = {"deadline": None, "suppress_health_check": list(HealthCheck)}


class AnyDay:
    """Two halves, so that they run beside each other."""

    number = 0

    def live(self, steps: list[tuple[Any, ...]]) -> None:
        type(self).number += 1
        day = Day(self.number)
        for step in [*MORNING, *steps]:
            day.run(step)
            if step[0] in TIES:
                day.look_around()
        day.look_around()
        if len(day.rows) <= cards.PAGE:
            day.compare()

    @pytest.mark.slow
    @pytest.mark.timeout(600)
    @settings(max_examples=15, phases=[Phase.explicit, Phase.generate], **FAST)
    @given(DAYS)
    def test_thirty(self, steps: list[tuple[Any, ...]]) -> None:
        self.live(steps)

    @pytest.mark.deep
    @pytest.mark.timeout(3 * 3600)
    @settings(max_examples=2500, phases=[Phase.explicit, Phase.generate], **FAST)
    @given(DAYS)
    def test_five_thousand(self, steps: list[tuple[Any, ...]]) -> None:
        self.live(steps)


class FirstHalf(AnyDay, TestCase): ...


class SecondHalf(AnyDay, TestCase): ...
