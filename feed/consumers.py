"""Frames of the feed: which posts a page shows, so that their counts stay live on it."""

from core import realtime as hub
from core import scopes, threads
from core.consumers import Frame, Socket, frame
from core.frames import Nothing
from feed import frames, realtime
from feed.models.posts import Post
from feed.queries import live as live_queries
from feed.serializers import posts as post_serializers


@frame(frames.Watch, scope=scopes.READ)
async def watch(socket: Socket, asked: Frame[frames.Watch]) -> frames.WatchedPosts:
    ids = asked.data.posts
    join(socket, await threads.run(live_queries.watchable, socket.user_id, ids))
    found = await threads.run(live_queries.watchable, socket.user_id, ids)  # what came about before we had joined
    for id in set(ids) - join(socket, found):
        leave(socket, id)
    return frames.WatchedPosts([post_serializers.watched(post) for post in found])


@frame(frames.Unwatch, scope=scopes.READ)
async def unwatch(socket: Socket, asked: Frame[frames.Unwatch]) -> Nothing:
    for id in asked.data.posts:
        leave(socket, id)
    return Nothing()


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
