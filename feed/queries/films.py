"""The video or sound of a post."""

from accounts.access.people import Viewer
from core import errors
from feed.access import posts as post_access
from feed.models.posts import Post, PostPicture
from uploads.models import Upload


def own_film(viewer: Viewer, post_id: int) -> tuple[Post, Upload]:
    """Of one's own post; NotFound if there is none."""
    post = post_access.access_post(viewer, post_id, to="edit")
    row = PostPicture.objects.filter(post=post).exclude(upload__medium=Upload.Medium.PICTURE)
    found = row.select_related("upload").first()
    if found is None:
        raise errors.NotFound
    return post, found.upload
