"""What posts said before."""

from django.db import transaction

from accounts.models.people import User
from feed.models.posts import Post
from feed.models.revisions import Revision


@transaction.atomic
def keep_revision(*, actor: User, post: Post) -> Revision:
    """Part of an edit, before the locked post is changed."""
    return Revision.objects.create(
        post=post, text=post.text, html=post.html, warning=post.warning, written_at=post.edited_at or post.created_at
    )
