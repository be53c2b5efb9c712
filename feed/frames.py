"""What the feed asks and says over the socket: ids and counts, never words."""

from typing import Annotated

import msgspec

from core.frames import Ask, Event, Id, asks, says

WATCH_LIMIT = 100
Ids = Annotated[list[Id], msgspec.Meta(max_length=WATCH_LIMIT)]


class Votes(msgspec.Struct, frozen=True):
    """How a poll stands; `votes` of each choice is for those who see the results."""

    post: int
    voters: int
    votes: list[int] | None


class Counts(msgspec.Struct, frozen=True):
    """What changes under a post without anybody editing it."""

    post: int
    reactions: dict[str, int]
    comments: int
    shares: int


class Watched(Counts, frozen=True, omit_defaults=True):
    """A post as one begins to watch it. Who shows another version of it asks for it again."""

    version: str
    poll: Votes | None = None


class WatchedPosts(msgspec.Struct, frozen=True):
    posts: list[Watched]


@asks("feed.watch", answer=WatchedPosts)
class Watch(Ask, frozen=True):
    """Hears of these posts from now on. Hidden and absent ones are left out of the answer. Of a muted conversation one
    hears only that the post is changed or gone; of a poll that one has not voted in only how many have."""

    posts: Ids


@asks("feed.unwatch")
class Unwatch(Ask, frozen=True):
    posts: Ids


@says("post.counts")
class PostCounts(Event, Counts, frozen=True):
    """As they are now."""


@says("post.poll")
class PostPoll(Event, Votes, frozen=True):
    """How it stands now."""


@says("post.edited")
class PostEdited(Event, frozen=True):
    """Ask for it again: its words, or who may see it, are others."""

    post: int


@says("post.gone")
class PostGone(Event, frozen=True):
    post: int


@says("post.new")
class PostNew(Event, frozen=True):
    """Home has something new."""

    post: int
    author: int


class _Comment(Event, frozen=True):
    """`parent` is the first-level comment that this one is a reply to."""

    post: int
    comment: int
    parent: int | None


@says("comment.new")
class CommentNew(_Comment, frozen=True):
    pass


@says("comment.gone")
class CommentGone(_Comment, frozen=True):
    pass


@says("comment.edited")
class CommentEdited(_Comment, frozen=True):
    pass


@says("comment.counts")
class CommentCounts(Event, frozen=True):
    post: int
    comment: int
    reactions: dict[str, int]
