"""What may be shared, and who may see that it was."""

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from accounts.models.relations import Audience
from core import errors
from feed.access import posts as post_access
from feed.models.posts import BARE, Post

WIDTH = list(Audience)  # the widest first


def access_original(viewer: Viewer, id: int, *, lock: bool = False) -> Post:
    """What is shared when the viewer shares this post: itself, or of a share the first original. Both have to be
    visible, and what is for few stays with them."""
    accounts_access.access_member(viewer)
    asked = post_access.access_post(viewer, id)
    original = post_access.access_post(viewer, (asked.shared_id or 0) if asked.is_share else id, lock=lock)
    if not original.is_shareable:
        raise errors.NotAllowed(_("Only what everybody or all members may see can be shared."))
    return original


def own_share(viewer: Viewer) -> Subquery:
    """The viewer's share without words of each post, or of what it shares."""
    me = accounts_access.viewer_id(viewer) or 0
    mine = Post.objects.filter(BARE, author_id=me, deleted_at__isnull=True)
    return Subquery(mine.filter(shared=Coalesce(OuterRef("shared_id"), OuterRef("pk"))).values("pk")[:1])


def no_wider(wanted: str, original: Post) -> str:
    """An audience for a share: the original's, or a narrower one."""
    if WIDTH.index(Audience(wanted)) < WIDTH.index(Audience(original.audience)):
        raise errors.Invalid(_("A share cannot be for more people than the post that it shares."), field="audience")
    return wanted
