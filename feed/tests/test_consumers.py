"""The socket's frames about posts, on a hub of the test's own."""

import asyncio

import msgspec
import orjson
import pytest
from asgiref.sync import sync_to_async

from accounts.actions import relations
from accounts.events import PrivacyChanged
from accounts.tests.factories import Cast, make_block
from core import consumers, errors, frames, realtime
from core.consumers import Frame, Socket
from feed import handlers
from feed.actions import comments as comment_actions
from feed.actions import polls as poll_actions
from feed.actions import posts as post_actions
from feed.actions import reactions as reaction_actions
from feed.models.posts import Post
from feed.queries import live as live_queries
from feed.queries import posts as post_queries
from feed.tests.factories import make_post

pytestmark = pytest.mark.django_db(transaction=True)


class Line(Socket):
    """A socket that keeps what it is told."""

    def __init__(self, user_id: int) -> None:
        super().__init__()
        self.user_id = user_id
        self.heard: list[dict] = []

    def write(self, frame: bytes, ready: bytes) -> None:
        self.heard.append(orjson.loads(frame))

    async def ask(self, kind: str, **data) -> dict:
        asked = frames.data(kind, msgspec.Raw(orjson.dumps(data)))
        return msgspec.to_builtins(await consumers.handlers[kind](self, Frame(1, asked)))


@pytest.fixture
def hub(monkeypatch) -> realtime.Hub:
    hub = realtime.Hub()
    monkeypatch.setattr(realtime, "hub", hub)
    monkeypatch.setattr(realtime, "publish", lambda groups, frame: hub.deliver(groups, frame) if frame else None)
    return hub


async def test_who_may_see_a_post_hears_its_counts_and_others_do_not(cast: Cast, hub: realtime.Hub) -> None:
    post = await sync_to_async(make_post)(cast.alice)
    secret = await sync_to_async(make_post)(cast.alice, audience="only_me")
    bob, mallory = Line(cast.bob.pk), Line(cast.mallory.pk)
    version = (await sync_to_async(post_queries.post)(cast.alice, post.pk)).version
    counts = {"post": post.pk, "reactions": {}, "comments": 0, "shares": 0}
    assert await bob.ask("feed.watch", posts=[post.pk, secret.pk, 10**9]) == {"posts": [{**counts, "version": version}]}
    assert await mallory.ask("feed.watch", posts=[post.pk, secret.pk]) == {"posts": []}
    await sync_to_async(reaction_actions.react)(actor=cast.dan, post_id=post.pk, kind="wow")
    assert bob.heard == [{"type": "post.counts", "data": {**counts, "reactions": {"wow": 1}}}]
    assert mallory.heard == []
    await bob.ask("feed.unwatch", posts=[post.pk])
    await sync_to_async(reaction_actions.unreact)(actor=cast.dan, post_id=post.pk)
    assert len(bob.heard) == 1
    assert bob.groups == set()


async def test_a_post_made_narrower_leaves_its_watchers_behind(cast: Cast, hub: realtime.Hub) -> None:
    post = await sync_to_async(make_post)(cast.alice)
    carol, bob = Line(cast.carol.pk), Line(cast.bob.pk)
    for line in (carol, bob):
        await line.ask("feed.watch", posts=[post.pk])
    await sync_to_async(post_actions.edit_post)(actor=cast.alice, post_id=post.pk, audience="followers")
    assert [line.heard.pop()["type"] for line in (carol, bob)] == ["post.edited"] * 2
    assert await carol.ask("feed.watch", posts=[post.pk]) == {"posts": []}
    await bob.ask("feed.watch", posts=[post.pk])
    await sync_to_async(comment_actions.comment)(actor=cast.bob, post_id=post.pk, text="still here")
    assert [said["type"] for said in bob.heard] == ["comment.new", "post.counts"]
    assert carol.heard == []
    assert len(bob.groups) == 1  # the group of before is left


async def test_what_changes_while_one_begins_to_watch_is_answered_or_heard(
    cast: Cast, hub: realtime.Hub, monkeypatch
) -> None:
    post = await sync_to_async(make_post)(cast.alice)
    before = (await sync_to_async(post_queries.post)(cast.bob, post.pk)).version
    asked, watchable = [], live_queries.watchable

    def read_then_edited(user_id: int, ids: list[int]) -> list[Post]:
        found = watchable(user_id, ids)
        if not asked:
            post_actions.edit_post(actor=cast.alice, post_id=post.pk, text="meanwhile")
        asked.append(ids)
        return found

    monkeypatch.setattr(live_queries, "watchable", read_then_edited)
    bob = Line(cast.bob.pk)
    [answer] = (await bob.ask("feed.watch", posts=[post.pk]))["posts"]
    now = await sync_to_async(post_queries.post)(cast.bob, post.pk)
    assert answer["version"] == now.version != before


async def test_who_is_asked_to_look_again_watches_on(cast: Cast, hub: realtime.Hub) -> None:
    post = await sync_to_async(make_post)(cast.alice)
    bob = Line(cast.bob.pk)
    await bob.ask("feed.watch", posts=[post.pk])
    for group in list(bob.groups):  # as `recheck` does
        hub.leave(bob, group)
    await bob.ask("feed.watch", posts=[post.pk])
    await sync_to_async(reaction_actions.react)(actor=cast.dan, post_id=post.pk, kind="wow")
    assert [said["type"] for said in bob.heard] == ["post.counts"]


async def test_a_version_is_another_one_when_the_card_is(cast: Cast) -> None:
    post = await sync_to_async(make_post)(cast.alice, text="https://a.example/")
    seen = [(await sync_to_async(post_queries.post)(cast.bob, post.pk)).version]
    await sync_to_async(reaction_actions.react)(actor=cast.dan, post_id=post.pk, kind="wow")
    assert (await sync_to_async(post_queries.post)(cast.bob, post.pk)).version == seen[0]
    for change in ({"text": "other"}, {"audience": "followers"}):
        await sync_to_async(post_actions.edit_post)(actor=cast.alice, post_id=post.pk, **change)
        seen.append((await sync_to_async(post_queries.post)(cast.bob, post.pk)).version)
    assert len(set(seen)) == 3


async def test_after_a_block_watching_is_refused(cast: Cast, hub: realtime.Hub) -> None:
    post = await sync_to_async(make_post)(cast.alice)
    bob = Line(cast.bob.pk)
    await sync_to_async(make_block)(cast.alice, cast.bob)
    assert await bob.ask("feed.watch", posts=[post.pk]) == {"posts": []}
    assert bob.groups == set()


@pytest.mark.parametrize(
    "posts", [None, "7", 7, [True], ["7"], [1.5], [0], [-3], [2**63], list(range(1, 102)), {"a": 1}, [[1]]]
)
async def test_rubbish_is_refused(cast: Cast, hub: realtime.Hub, posts) -> None:
    line = Line(cast.bob.pk)
    for kind in ("feed.watch", "feed.unwatch"):
        with pytest.raises(errors.Invalid):
            await line.ask(kind, posts=posts)


async def test_a_socket_watches_only_so_much(cast: Cast, hub: realtime.Hub) -> None:
    made = await asyncio.gather(*[sync_to_async(make_post)(cast.alice) for _number in range(3)])
    line = Line(cast.bob.pk)
    line.groups = {f"x:{number}" for number in range(399)}
    with pytest.raises(errors.TooMany):
        await line.ask("feed.watch", posts=[post.pk for post in made])


async def test_who_follows_no_more_no_longer_watches(cast: Cast, hub: realtime.Hub, monkeypatch) -> None:
    post = await sync_to_async(make_post)(cast.alice, audience="followers")
    bob = Line(cast.bob.pk)
    assert (await bob.ask("feed.watch", posts=[post.pk]))["posts"]
    rechecked: list[int] = []
    monkeypatch.setattr(realtime, "access_changed", rechecked.append)
    await sync_to_async(relations.unfollow)(actor=cast.bob, person="alice")
    assert rechecked == [cast.bob.pk], "whose sockets then ask anew for all they watch"
    assert await bob.ask("feed.watch", posts=[post.pk]) == {"posts": []}


async def test_an_account_made_private_leaves_strangers_behind_at_once(cast: Cast, hub: realtime.Hub) -> None:
    post = await sync_to_async(make_post)(cast.alice)
    carol, bob = Line(cast.carol.pk), Line(cast.bob.pk)
    for line in (carol, bob):
        assert (await line.ask("feed.watch", posts=[post.pk]))["posts"]
    await sync_to_async(relations.set_private)(actor=cast.alice, private=True)
    await sync_to_async(reaction_actions.react)(actor=cast.dan, post_id=post.pk, kind="wow")
    row = await sync_to_async(comment_actions.comment)(actor=cast.dan, post_id=post.pk, text="among us")
    await sync_to_async(reaction_actions.react_to_comment)(actor=cast.dan, comment_id=row.pk, kind="wow")
    assert carol.heard == [], "whatever happens before the log has told everybody to look again"
    fact = PrivacyChanged(user_id=cast.alice.pk, private=True)
    await sync_to_async(handlers.look_again)(fact)
    assert [line.heard for line in (carol, bob)] == [[{"type": "post.edited", "data": {"post": post.pk}}]] * 2
    assert await carol.ask("feed.watch", posts=[post.pk]) == {"posts": []}
    assert (await bob.ask("feed.watch", posts=[post.pk]))["posts"]
    await sync_to_async(reaction_actions.unreact)(actor=cast.dan, post_id=post.pk)
    assert (len(carol.heard), bob.heard[-1]["type"]) == (1, "post.counts")


async def test_an_account_opened_again_keeps_its_watchers(cast: Cast, hub: realtime.Hub) -> None:
    post = await sync_to_async(make_post)(cast.alice)
    await sync_to_async(relations.set_private)(actor=cast.alice, private=True)
    bob = Line(cast.bob.pk)
    await bob.ask("feed.watch", posts=[post.pk])
    await sync_to_async(relations.set_private)(actor=cast.alice, private=False)
    await sync_to_async(handlers.look_again)(PrivacyChanged(user_id=cast.alice.pk, private=False))
    assert bob.heard == [{"type": "post.edited", "data": {"post": post.pk}}]


async def test_a_follower_removed_no_longer_watches(cast: Cast, hub: realtime.Hub, monkeypatch) -> None:
    post = await sync_to_async(make_post)(cast.alice)
    await sync_to_async(relations.set_private)(actor=cast.alice, private=True)
    bob = Line(cast.bob.pk)
    assert (await bob.ask("feed.watch", posts=[post.pk]))["posts"]
    rechecked: list[int] = []
    monkeypatch.setattr(realtime, "access_changed", rechecked.append)
    await sync_to_async(relations.remove_follower)(actor=cast.alice, person="bob")
    assert rechecked == [cast.bob.pk], "whose sockets then ask anew for all they watch"
    assert await bob.ask("feed.watch", posts=[post.pk]) == {"posts": []}


async def test_who_has_voted_hears_how_a_poll_stands_and_others_how_many(cast: Cast, hub: realtime.Hub) -> None:
    made = {"text": "Which?", "audience": "public", "poll": {"choices": ["Tea", "Coffee"]}}
    post = await sync_to_async(post_actions.create_post)(actor=cast.alice, **made)
    await sync_to_async(poll_actions.vote)(actor=cast.bob, post_id=post.pk, choices=[1])
    bob, carol = Line(cast.bob.pk), Line(cast.carol.pk)
    wanted = ((bob, [0, 1]), (carol, None))
    for line, votes in wanted:
        [row] = (await line.ask("feed.watch", posts=[post.pk]))["posts"]
        assert row["poll"] == {"post": post.pk, "voters": 1, "votes": votes}
    await sync_to_async(poll_actions.vote)(actor=cast.dan, post_id=post.pk, choices=[0])
    assert [frame["data"]["votes"] for frame in bob.heard] == [None, [1, 1]]
    assert [frame["data"] for frame in carol.heard] == [{"post": post.pk, "voters": 2, "votes": None}]
    await bob.ask("feed.unwatch", posts=[post.pk])
    assert bob.groups == set()
