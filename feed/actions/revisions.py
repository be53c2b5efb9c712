"""What posts said before."""

from django.db import transaction

from accounts.models.people import User
from feed.models.posts import Post
from feed.models.revisions import REVISIONS_LIMIT, Revision


@transaction.atomic
def keep_revision(*, actor: User, post: Post) -> Revision:
    """Part of an edit, before the locked post is changed. Of very many the first stays, and the newest."""
    made = Revision.objects.create(
        post=post, text=post.text, html=post.html, warning=post.warning, written_at=post.edited_at or post.created_at
    )
    kept = Revision.objects.filter(post=post).order_by("-pk")
    oldest = list(kept.values_list("pk", flat=True)[REVISIONS_LIMIT - 1 :])  # the first is the last of these
    if len(oldest) > 1:
        Revision.objects.filter(pk__in=oldest[:-1]).delete()
    return made
