"""Frames of the feed: which posts a page shows, so that their counts stay live on it."""

from typing import Any

from core import errors, scopes, threads
from core import realtime as hub
from core.consumers import Frame, Socket, frame
from feed import realtime
from feed.models.posts import Post
from feed.queries import live as live_queries
from feed.serializers import posts as post_serializers


@frame("feed.watch", scope=scopes.READ)
async def watch(socket: Socket, asked: Frame) -> dict[str, Any]:
    """{"posts": [ids]} -> {"posts": [counts and `version` of those that are watched now]}; hidden and absent ones are
    left out, and who shows another version of a post asks for it again. Of a muted conversation one hears only that
    the post is changed or gone; of a poll that one has not voted in only how many have."""
    ids = ids_of(asked)
    join(socket, await threads.run(live_queries.watchable, socket.user_id, ids))
    found = await threads.run(live_queries.watchable, socket.user_id, ids)  # what came about before we had joined
    for id in set(ids) - join(socket, found):
        leave(socket, id)
    return {"posts": [post_serializers.watched(post) for post in found]}


@frame("feed.unwatch", scope=scopes.READ)
async def unwatch(socket: Socket, asked: Frame) -> dict[str, Any]:
    for id in ids_of(asked):
        leave(socket, id)
    return {}


def join(socket: Socket, posts: list[Post]) -> set[int]:
    watched = socket.state.setdefault("feed", {})
    for post in posts:
        leave(socket, post.pk)
        watched[post.pk] = realtime.watched_groups(post)
        for group in watched[post.pk]:
            socket.watch(group)
    return {post.pk for post in posts}


def leave(socket: Socket, id: int) -> None:
    for group in socket.state.get("feed", {}).pop(id, ()):
        hub.hub.leave(socket, group)


def ids_of(asked: Frame) -> list[int]:
    ids = asked.data.get("posts")
    if not isinstance(ids, list) or len(ids) > live_queries.WATCH_LIMIT:
        raise errors.Invalid(f"A list of at most {live_queries.WATCH_LIMIT} ids of posts.", field="posts")
    if not all(isinstance(id, int) and not isinstance(id, bool) and 0 < id < 2**63 for id in ids):
        raise errors.Invalid("Ids of posts are numbers.", field="posts")
    return ids
