from collections.abc import Iterable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.access import people as accounts_access
from accounts.actions import relations
from accounts.models.people import User
from accounts.models.relations import Audience, Block, Follow
from accounts.tests.factories import Cast, make_block, make_user
from core import errors
from feed.access import comments as comment_access
from feed.access import posts as post_access
from feed.models.posts import Post
from feed.queries import home as home_queries
from feed.queries import live as live_queries
from feed.queries import posts as post_queries
from feed.tests.factories import make_comment, make_post
from uploads import access as upload_access

pytestmark = pytest.mark.django_db

EVERYBODY = {"alice", "bob", "carol", "dan", "mod"}
SEES = {
    Audience.PUBLIC: EVERYBODY | {None},
    Audience.MEMBERS: EVERYBODY,
    Audience.FOLLOWERS: {"alice", "bob", "dan"},
    Audience.FRIENDS: {"alice", "dan"},
    Audience.CLOSE_FRIENDS: {"alice"},
    Audience.ONLY_ME: {"alice"},
}


def person(cast: Cast, name: str | None):
    return getattr(cast, name) if name else None


@pytest.mark.both
@pytest.mark.parametrize("who", ["alice", "bob", "carol", "dan", "mallory", "mod", None])
@pytest.mark.parametrize("audience", Audience.values)
def test_who_sees_a_post_of_alice(cast: Cast, audience: str, who: str | None) -> None:
    post = make_post(cast.alice, audience=audience, pictures=1)
    row = make_comment(post, cast.alice)
    picture = post.pictures.get().upload
    viewer = person(cast, who)
    sees = who in SEES[Audience(audience)]
    assert post_access.visible_posts(viewer).filter(pk=post.pk).exists() is sees
    assert comment_access.visible_comments(viewer).filter(pk=row.pk).exists() is sees
    assert upload_access.visible_uploads(viewer).filter(pk=picture.pk).exists() is sees


# Behind every surface stands what the test above asks for every audience.
SOME = [
    pytest.param(one, marks=[] if one in (Audience.PUBLIC, Audience.FRIENDS) else pytest.mark.slow)
    for one in Audience.values
]


@pytest.mark.both
@pytest.mark.parametrize("who", ["alice", "bob", "carol", "dan", "mallory", "mod", None])
@pytest.mark.parametrize("audience", SOME)
def test_who_sees_a_post_of_alice_when_she_is_private(cast: Cast, audience: str, who: str | None) -> None:
    """On every surface: only her followers, whatever audience she chose, and nobody less than before."""
    post = make_post(cast.alice, "behind the curtain", audience=audience, pictures=1)
    row = make_comment(post, cast.dan)
    elsewhere = make_comment(make_post(cast.dan, audience="members"), cast.alice)
    picture = post.pictures.get().upload
    User.objects.filter(pk=cast.alice.pk).update(is_private=True)
    viewer = person(cast, who)
    sees = who in (SEES[Audience(audience)] & SEES[Audience.FOLLOWERS])
    assert post_access.visible_posts(viewer).filter(pk=post.pk).exists() is sees
    assert comment_access.visible_comments(viewer).filter(pk=row.pk).exists() is sees
    assert comment_access.visible_comments(viewer).filter(pk=elsewhere.pk).exists() is (who in EVERYBODY)
    assert upload_access.visible_uploads(viewer).filter(pk=picture.pk).exists() is sees
    client = Client()
    if viewer:
        client.force_login(viewer)
        assert bool(live_queries.watchable(viewer.pk, [post.pk])) is sees
        assert (post in home_queries.home(viewer).rows) is sees
        assert (post in home_queries.new_posts(viewer, after=0).rows) is sees
    assert (post in post_queries.posts_of(viewer, cast.alice).rows) is sees
    for path in ("/", "/@alice/", f"/posts/{post.pk}/", f"/api/v1/users/{cast.alice.pk}/posts"):
        assert ("behind the curtain" in client.get(path).content.decode()) is sees, path
    told = {id for ids in live_queries.announce_to(post.pk, at_once=10) for id in ids}
    followers = SEES[Audience(audience)] & {"alice", "bob", "dan"}
    assert told == {person(cast, name).pk for name in followers}


def refusal(call) -> type[errors.SocialError] | None:
    try:
        call()
    except errors.SocialError as error:
        return type(error)
    return None


@pytest.mark.parametrize(
    ("who", "to", "answer"),
    [
        ("alice", "edit", None),
        ("bob", "comment", None),
        ("bob", "react", None),
        ("bob", "edit", errors.NotAllowed),
        ("mod", "edit", errors.NotAllowed),
        ("mallory", "see", errors.NotFound),
        ("mallory", "comment", errors.NotFound),
        ("mallory", "edit", errors.NotFound),
        (None, "see", None),
        (None, "comment", errors.SignInNeeded),
        (None, "react", errors.SignInNeeded),
        (None, "edit", errors.SignInNeeded),
    ],
)
def test_what_one_may_do_to_a_public_post(cast: Cast, who: str | None, to, answer) -> None:
    post = make_post(cast.alice)
    assert refusal(lambda: post_access.access_post(person(cast, who), post.pk, to=to)) is answer


def test_hidden_and_absent_answer_alike(cast: Cast) -> None:
    hidden = make_post(cast.alice, audience=Audience.ONLY_ME)
    said = []
    for id in (hidden.pk, 10**6, 2**70, -1):
        with pytest.raises(errors.NotFound) as caught:
            post_access.access_post(cast.bob, id, to="comment")
        said.append(str(caught.value.message))
    assert len(set(said)) == 1


def test_a_suspended_author_is_gone_at_once(cast: Cast) -> None:
    post = make_post(cast.alice)
    row = make_comment(make_post(cast.dan), cast.alice)
    cast.alice.suspended_until = timezone.now() + timedelta(days=1)
    cast.alice.save()
    for viewer in (cast.bob, None):
        assert refusal(lambda viewer=viewer: post_access.access_post(viewer, post.pk)) is errors.NotFound
        assert refusal(lambda viewer=viewer: comment_access.access_comment(viewer, row.pk)) is errors.NotFound


def test_somebody_suspended_may_not_act(cast: Cast) -> None:
    post = make_post(cast.alice)
    cast.bob.suspended_until = timezone.now() + timedelta(days=1)
    cast.bob.save()
    assert refusal(lambda: post_access.access_post(cast.bob, post.pk, to="comment")) is errors.NotAllowed


@pytest.mark.parametrize("blocker", ["bob", "carol"])
def test_a_block_hides_comments_both_ways_under_anybodys_post(cast: Cast, blocker: str) -> None:
    post = make_post(cast.dan)
    by_bob, by_carol = make_comment(post, cast.bob), make_comment(post, cast.carol)
    other = {"bob": cast.carol, "carol": cast.bob}[blocker]
    make_block(getattr(cast, blocker), other)
    assert set(comment_access.visible_comments(cast.bob)) == {by_bob}
    assert set(comment_access.visible_comments(cast.carol)) == {by_carol}
    assert set(comment_access.visible_comments(cast.dan)) == {by_bob, by_carol}


@pytest.mark.parametrize(
    ("who", "answer"), [("bob", None), ("alice", None), ("dan", errors.NotAllowed), ("mallory", errors.NotFound)]
)
def test_who_may_delete_a_comment_of_bob_under_a_post_of_alice(cast: Cast, who: str, answer) -> None:
    row = make_comment(make_post(cast.alice), cast.bob)
    assert refusal(lambda: comment_access.access_comment(person(cast, who), row.pk, to="delete")) is answer


# -- Any five people --

PEOPLE = range(5)
STEP = st.tuples(
    st.sampled_from(["follow", "unfollow", "accept", "decline", "remove", "block", "unblock", "close", "open"]),
    st.sampled_from(PEOPLE),
    st.sampled_from(PEOPLE),
)


class Town:
    """What should be, in plain sets: (who, whom)."""

    def __init__(self) -> None:
        self.follows: set[tuple[int, int]] = set()
        self.asks: set[tuple[int, int]] = set()
        self.declined: set[tuple[int, int]] = set()
        self.blocks: set[tuple[int, int]] = set()
        self.private: set[int] = set()

    def apart(self, one: int, other: int) -> bool:
        return bool({(one, other), (other, one)} & self.blocks)

    def step(self, act: str, one: int, other: int) -> None:
        if act in ("close", "open"):
            (self.private.add if act == "close" else self.private.discard)(one)
            if act == "open":
                waited = {pair for pair in self.asks if pair[1] == one}
                self.follows |= waited
                self.asks -= waited
        elif one == other:
            return
        elif act == "unblock":
            self.blocks.discard((one, other))
        elif not self.apart(one, other):
            self.between(act, (one, other), (other, one))

    def between(self, act: str, there: tuple[int, int], back: tuple[int, int]) -> None:
        if act == "follow" and there not in self.follows:
            if there[1] not in self.private:
                self.follows.add(there)
            elif there not in self.declined:
                self.asks.add(there)
        elif act == "unfollow":
            self.follows.discard(there)
            self.asks.discard(there)
        elif act in ("accept", "decline") and back in self.asks:
            self.asks.remove(back)
            (self.follows if act == "accept" else self.declined).add(back)
        elif act == "remove":
            self.follows.discard(back)
        elif act == "block":
            self.blocks.add(there)
            self.follows -= {there, back}
            self.asks -= {there, back}

    def inside(self, viewer: int | None, one: int) -> bool:
        return one not in self.private or viewer == one or (viewer, one) in self.follows

    def sees(self, viewer: int | None, author: int, audience: str) -> bool:
        if viewer == author:
            return True
        if not self.inside(viewer, author) or (viewer is not None and self.apart(viewer, author)):
            return False
        follows = (viewer, author) in self.follows
        return (
            audience == "public"
            or (viewer is not None and audience == "members")
            or (audience == "followers" and follows)
        )


ACTS = {
    "follow": relations.follow,
    "unfollow": relations.unfollow,
    "accept": relations.accept_request,
    "decline": relations.decline_request,
    "remove": relations.remove_follower,
    "block": relations.block,
    "unblock": relations.unblock,
}


def do(act: str, actor: User, other: User) -> None:
    if act in ("close", "open"):
        relations.set_private(actor=actor, private=act == "close")
    else:
        ACTS[act](actor=actor, person=other.pk)


@pytest.mark.slow
class AnyTown(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.people = [make_user(f"person_{place}") for place in PEOPLE]
        wanted = [(author, audience) for author in PEOPLE for audience in Audience.values]
        rows = Post.objects.bulk_create(Post(author=cls.people[one], audience=audience) for one, audience in wanted)
        cls.posts = dict(zip(wanted, [row.pk for row in rows], strict=True))
        cls.place = {user.pk: place for place, user in enumerate(cls.people)}

    @settings(max_examples=200, deadline=None)
    @given(st.lists(STEP, max_size=12))
    def test_everybody_sees_what_they_should(self, steps: list[tuple[str, int, int]]) -> None:
        town = Town()
        for act, one, other in steps:
            refusal(lambda act=act, one=one, other=other: do(act, self.people[one], self.people[other]))
            town.step(act, one, other)
        assert self.pairs(Follow.objects.values_list("follower_id", "followed_id")) == town.follows
        assert self.pairs(Block.objects.values_list("blocker_id", "blocked_id")) == town.blocks
        assert self.pairs(accounts_access.waiting_requests().values_list("asker_id", "asked_id")) == town.asks
        for user in User.objects.all():
            one = self.place[user.pk]
            assert (user.followers_count, user.following_count, user.requests_count) == (
                sum(pair[1] == one for pair in town.follows),
                sum(pair[0] == one for pair in town.follows),
                sum(pair[1] == one for pair in town.asks),
            )
        for viewer in (*PEOPLE, None):
            self.look(town, viewer)

    def pairs(self, rows: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
        return {(self.place[one], self.place[other]) for one, other in rows}

    def look(self, town: Town, viewer: int | None) -> None:
        who = None if viewer is None else self.people[viewer]
        seen = {pk for (author, audience), pk in self.posts.items() if town.sees(viewer, author, audience)}
        assert set(post_access.visible_posts(who).values_list("pk", flat=True)) == seen
        people = accounts_access.with_openness(accounts_access.visible_people(who), who)
        assert {self.place[pk]: is_open for pk, is_open in people.values_list("pk", "is_open")} == {
            one: town.inside(viewer, one) for one in PEOPLE if viewer is None or not town.apart(viewer, one)
        }
