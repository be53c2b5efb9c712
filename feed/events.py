"""Facts about posts, comments and reactions. Ids and kinds only."""

from core import outbox


@outbox.event(subject="post:{post_id}")
class PostCreated:
    post_id: int
    author_id: int
    audience: str


@outbox.event(subject="post:{post_id}")
class PostBrought:
    """A post came with its author from another site: it is announced to nobody."""

    post_id: int
    author_id: int


@outbox.event(subject="post:{post_id}")
class PostEdited:
    post_id: int
    author_id: int
    audience: str


@outbox.event(subject="post:{post_id}")
class PostDeleted:
    post_id: int
    author_id: int


@outbox.event(subject="post:{post_id}")
class PostRestored:
    """The author took a deletion back."""

    post_id: int
    author_id: int


@outbox.event(subject="post:{post_id}")
class PostShared:
    """A member shared a post, with words or without; the share is a post too, and announced as one."""

    post_id: int
    share_id: int
    user_id: int


@outbox.event(subject="post:{post_id}")
class CommentCreated:
    comment_id: int
    post_id: int
    author_id: int
    parent_id: int | None = None  # of a reply: the first-level comment it hangs on


@outbox.event(subject="post:{post_id}")
class CommentDeleted:
    comment_id: int
    post_id: int
    author_id: int


@outbox.event(subject="post:{post_id}")
class CommentEdited:
    """The author changed the words of a comment."""

    comment_id: int
    post_id: int
    author_id: int


@outbox.event(subject="post:{post_id}")
class CommentRestored:
    """Whoever deleted the comment took that back."""

    comment_id: int
    post_id: int
    author_id: int


@outbox.event(subject="post:{post_id}")
class PostReacted:
    """A member's reaction to a post is now `kind`; empty: taken back."""

    post_id: int
    user_id: int
    kind: str


@outbox.event(subject="post:{post_id}")
class PollVoted:
    """Somebody voted, otherwise than before, or no longer. Who and for what is nobody's business."""

    post_id: int


@outbox.event(subject="post:{post_id}")
class PostPinned:
    """A post stands first on its author's profile, or no longer."""

    post_id: int
    author_id: int
    pinned: bool


@outbox.event(subject="post:{post_id}")
class CommentsSwitched:
    """The author lets others write under the post, or no longer."""

    post_id: int
    author_id: int
    on: bool


@outbox.event(subject="comment:{comment_id}")
class CommentReacted:
    """A member's reaction to a comment is now `kind`; empty: taken back."""

    comment_id: int
    post_id: int
    user_id: int
    kind: str
