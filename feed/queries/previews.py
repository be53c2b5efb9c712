"""Where cards of links are shown."""

from feed.models.posts import Post

TOLD = 100  # the newest posts with one link; older ones are hardly on anybody's screen


def shown_by(preview_id: int) -> list[Post]:
    """The newest posts that show a preview, with their authors."""
    posts = Post.objects.filter(preview_id=preview_id, show_preview=True, deleted_at__isnull=True)
    return list(posts.select_related("author").order_by("-id")[:TOLD])
