"""What a post said before."""

from accounts.access.people import Viewer
from core import paging
from core.paging import Page
from feed.access import posts as post_access
from feed.models.posts import Post
from feed.models.revisions import Revision

PAGE = 20


def revisions(viewer: Viewer, post_id: int, cursor: str = "") -> tuple[Post, Page[Revision]]:
    """A post that the viewer may see now, and its former versions, the latest first."""
    post = post_access.access_post(viewer, post_id)
    return post, paging.page(Revision.objects.filter(post=post), cursor=cursor, size=PAGE)
