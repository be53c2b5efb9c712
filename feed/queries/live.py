"""What changes on the screen by itself: who may watch, who is told."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from accounts.access import mutes as mutes_access
from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from accounts.models.people import User
from accounts.models.relations import Audience, Follow
from core import prepared
from feed import frames
from feed.access import mutes as mute_access
from feed.access import polls as poll_access
from feed.access import posts as post_access
from feed.models.posts import COUNTED, Post
from feed.models.sources import Filing, SourceKind, Subscription
from feed.queries import shares

CHUNK = 1000  # members fetched at once
COUNTS = ("reactions", "comments_count", "shares_count", "poll__votes", "poll__voters_count")
VERSION = (
    *("audience", "author__is_private", "edited_at", "comments_off", "pinned_at", "poll__ends_at"),
    *("show_preview", "preview__state", "preview__fetched_at"),
)


def watchable(user_id: int, ids: Sequence[int]) -> list[Post]:
    """Which of these posts a member may watch, in one query; with counts and versions, so that a client is up to date,
    and `is_quiet` where they mute the conversation, and how far they see into a poll."""
    return prepared.rows(_watchable, User(pk=user_id), ids[: frames.WATCH_LIMIT])


def _watchable(viewer: Viewer) -> QuerySet[Post]:
    quiet = Exists(mute_access.muted_posts(viewer).filter(post=OuterRef("pk")))
    rows = post_access.visible_posts(viewer).annotate(is_quiet=quiet, sees_results=poll_access.sees_results(viewer))
    return rows.select_related("author", "preview", "poll").only(*COUNTS, *VERSION)


def latest_shared(user_id: int) -> list[Post]:
    """What of a member others may well have on their screens: the newest posts that are not for the author alone."""
    shared = Post.objects.filter(author_id=user_id, deleted_at__isnull=True).exclude(audience=Audience.ONLY_ME)
    return list(shared.order_by("-id").only("pk", "audience")[: frames.WATCH_LIMIT])


def announce_to(post_id: int, *, at_once: int) -> Iterator[list[int]]:
    """Ids of the author, of the followers and of those who follow one of its hashtags, who may see a post now and mute
    neither its author nor its words, in chunks; at most four queries, however many they are."""
    posts = Post.objects.filter(pk=post_id, deleted_at__isnull=True)
    post = posts.select_related("poll", "author", "shared__author", "shared__poll").first()
    if post is None:
        return
    yield [post.author_id]
    if post.audience == Audience.ONLY_ME:
        return
    followers = Follow.objects.filter(accounts_access.present("follower__"), followed_id=post.author_id)
    if post.audience in (Audience.FRIENDS, Audience.CLOSE_FRIENDS):
        followers = followers.filter(follower__in=accounts_access.circle(post.author_id, post.audience))
    yield from _chunks(_willing(followers, "follower_id", post), at_once)
    tags = Filing.objects.filter(post=post, source__kind=SourceKind.TAG)
    if post.audience in COUNTED and tags.exists():  # others stand under no hashtag
        yield from _chunks(_willing(_tag_readers(post), "member_id", post), at_once)


def _tag_readers(post: Post) -> QuerySet[Subscription]:
    """Who follows a hashtag of a post, besides the author and their followers, each once. What a private account writes
    is for its friends, of these."""
    tags = Filing.objects.filter(post=post, source__kind=SourceKind.TAG).values("source")
    followers = Follow.objects.filter(follower_id=OuterRef("member_id"), followed_id=post.author_id)
    readers = Subscription.objects.filter(accounts_access.present("member__"), source__in=tags)
    readers = readers.exclude(member=post.author_id).exclude(Exists(followers))
    if post.author.is_private:
        readers = readers.filter(member__in=accounts_access.circle(post.author_id, Audience.FRIENDS))
    return readers.distinct()


def _willing(rows: QuerySet[Any], column: str, post: Post) -> Iterator[int]:
    """Of the members in a column those who mute neither author nor words, neither here nor in what it shares, and whom
    no block keeps apart."""
    deaf = mutes_access.deaf_to(author_id=post.author_id, text=post.said, column=column)
    rows = rows.exclude(deaf).exclude(shares.deaf(post, column=column))
    blocked = accounts_access.blocked_between(User(pk=post.author_id), column)
    rows = rows if blocked is None else rows.exclude(blocked)
    return rows.values_list(column, flat=True).iterator(chunk_size=CHUNK)


def _chunks(ids: Iterator[int], at_once: int) -> Iterator[list[int]]:
    while chunk := list(islice(ids, at_once)):
        yield chunk
