"""Parts of actions: what a share changes at its original.

The original is locked before its shares, as it is older: whoever locks several posts does it in order of id.
"""

from accounts.access.people import Viewer
from feed import realtime
from feed.access import posts as post_access
from feed.access import shares as share_access
from feed.actions import writing
from feed.models.posts import BARE, COUNTED, Post

LOOKED_AT = 100  # shares of one post that may well be on somebody's screen


def lock_original(post_id: int) -> None:
    """Before the lock of a post that may be a share, and whose count may change."""
    originals = Post.objects.filter(pk__in=Post.objects.filter(pk=post_id).values("shared"))
    list(post_access.locked(originals, lock=True).values_list("pk"))


def weight(post: Post) -> int:
    """What a post adds to its original's count: that tells everybody, so it counts what all members may see."""
    return int(post.shared_id is not None and post.audience in COUNTED)


def add(share: Post, step: int) -> None:
    """Part of what makes a share, changes it or takes it away; its original is locked."""
    if step and share.shared_id is not None:
        Post.objects.filter(pk=share.shared_id).update(shares_count=writing.stepped("shares_count", step))
        realtime.counts_changed(Post.objects.select_related("author").get(pk=share.shared_id))


def look_again(original: Post) -> None:
    """Who looks at a share of it asks for that again: what could not be seen perhaps can."""
    shares = Post.objects.filter(shared=original, deleted_at__isnull=True).exclude(BARE).select_related("author")
    for share in shares.order_by("-pk")[:LOOKED_AT]:
        realtime.post_changed(share, group=realtime.post_group(share))


def audience(actor: Viewer, share: Post, wanted: str) -> str:
    """Another audience for a share: no wider than its original's, where the actor may know that."""
    original = post_access.visible_posts(actor).filter(pk=share.shared_id or 0).first() if share.is_share else None
    return wanted if original is None or wanted == share.audience else share_access.no_wider(wanted, original)
