"""What feeds say by themselves: ids and counts, the same for every viewer; clients fetch what they may see."""

from collections.abc import Sequence

from core import realtime
from feed import frames
from feed.models.comments import Comment
from feed.models.polls import Poll
from feed.models.posts import Post
from feed.serializers import polls as poll_serializers
from feed.serializers import posts as post_serializers

FOLLOWERS_AT_ONCE = 1000
QUIET = ":quiet"
RESULTS = ":results"


def post_group(post: Post) -> str:
    """Those who watch a post. The audience, and whether its author's account is private, are in the name, so that a
    narrower one leaves its old watchers behind. Asks for the author, whom `access` and `queries` fetch along."""
    return _group(post, private=post.author.is_private)


def _group(post: Post, *, private: bool) -> str:
    return f"post:{post.pk}:{post.audience}" + (":private" if private else "")


def quiet_group(post: Post) -> str:
    """Those who watch a post whose conversation they mute: only what becomes of the post itself reaches them."""
    return f"{post_group(post)}{QUIET}"


def results_group(post: Post) -> str:
    """Those who watch a post and see how its poll stands."""
    return f"{post_group(post)}{RESULTS}"


def watched_groups(post: Post) -> list[str]:
    """Where a member hears of a post that `queries.live` found `watchable`."""
    if post.is_quiet:  # type: ignore[attr-defined]
        return [quiet_group(post)]
    results = poll_serializers.poll_of(post) is not None and post.sees_results  # type: ignore[attr-defined]
    return [post_group(post), *([results_group(post)] if results else [])]


def poll_changed(post: Post, poll: Poll) -> None:
    """How many have voted, to all who watch; for what, to those who see the results."""
    realtime.push(post_group(post), frames.PostPoll(**poll_serializers.counts(poll, results=False)))
    realtime.push(results_group(post), frames.PostPoll(**poll_serializers.counts(poll, results=True)))


def counts_changed(post: Post) -> None:
    realtime.push(post_group(post), frames.PostCounts(**post_serializers.counts(post)))


def comment_added(post: Post, comment: Comment) -> None:
    realtime.push(post_group(post), frames.CommentNew(post.pk, comment.pk, comment.parent_id))


def comment_removed(post: Post, comment: Comment) -> None:
    realtime.push(post_group(post), frames.CommentGone(post.pk, comment.pk, comment.parent_id))


def comment_changed(post: Post, comment: Comment) -> None:
    realtime.push(post_group(post), frames.CommentEdited(post.pk, comment.pk, comment.parent_id))


def comment_counts_changed(comment: Comment) -> None:
    counts = frames.CommentCounts(comment.post_id, comment.pk, comment.reactions)
    realtime.push(post_group(comment.post), counts)


def post_changed(post: Post, *, group: str) -> None:
    """Whoever watched it as `group` asks again, and sees what they then may."""
    realtime.push([group, f"{group}{QUIET}"], frames.PostEdited(post.pk))


def privacy_changed(posts: Sequence[Post], *, private: bool) -> None:
    """Whoever watched these as they were before asks again, and sees what they then may."""
    for post in posts:
        post_changed(post, group=_group(post, private=not private))


def post_removed(post: Post) -> None:
    realtime.push([post_group(post), quiet_group(post)], frames.PostGone(post.pk))


def post_announced(*, post_id: int, author_id: int, user_ids: Sequence[int]) -> None:
    realtime.push([f"user:{id}" for id in user_ids], frames.PostNew(post_id, author_id))


def look_again(user_id: int) -> None:
    """What this member watches is asked for again: a conversation speaks to them, or no longer does."""
    realtime.access_changed(user_id)
