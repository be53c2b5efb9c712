"""Posts of one person, for everybody, and one post."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from accounts.access import mutes as mutes_access
from accounts.access.people import Viewer
from accounts.models.people import User
from accounts.models.relations import Audience
from core import errors, prepared
from core.paging import Page
from feed.models.posts import Post, PostPicture
from feed.queries import cards, pins
from uploads.models import Upload

MEDIA_PAGE = 12  # posts, each with up to ten pictures


PHOTOS = 6


def posts_of(viewer: Viewer, person: User, cursor: str = "") -> Page[Post]:
    """One person's posts: what they pinned, then newest first."""
    return pins.page_of_profile(viewer, person, cursor)


def profile_tab(viewer: Viewer, person: User, cursor: str) -> dict[str, Any]:
    """What the tab "Posts" of a profile shows; `next` is the cursor of what follows."""
    page = posts_of(viewer, person, cursor)
    return {"page": page, "next": page.next}


def _with_pictures(person: User) -> QuerySet[Post]:
    shown = Exists(PostPicture.objects.filter(post=OuterRef("pk")).exclude(upload__medium=Upload.Medium.AUDIO))
    return Post.objects.filter(shown, author=person, deleted_at__isnull=True)


def posts_with_pictures(viewer: Viewer, person: User, cursor: str = "") -> Page[Post]:
    """Those of one person's posts that show pictures, newest first."""
    return cards.page(viewer, _with_pictures(person), cursor, MEDIA_PAGE)


def media_tab(viewer: Viewer, person: User, cursor: str) -> dict[str, Any]:
    """What the tab "Media" of a profile shows: pictures of posts the viewer may see."""
    page = posts_with_pictures(viewer, person, cursor)
    return {"pictures": [(post, picture) for post in page.rows for picture in post.attached], "next": page.next}


def photo_box(viewer: Viewer, person: User) -> dict[str, Any]:
    """The latest pictures, for the box beside a profile; nothing if there are none. Nothing that is folded."""
    page = cards.page(viewer, _with_pictures(person).filter(warning=""), "", PHOTOS)
    pictures = [(post, picture) for post in page.rows for picture in post.attached][:PHOTOS]
    return {"pictures": pictures, "person": person} if pictures else {}


def public_posts(count: int = 3) -> list[Post]:
    """The latest posts for everybody, for the welcome page."""
    candidates = Post.objects.filter(
        audience=Audience.PUBLIC, deleted_at__isnull=True, is_brought=False, is_share=False
    )
    return cards.page(None, candidates, "", count).rows


def post(viewer: Viewer, id: int) -> Post:
    """One post as a card, with `is_muted` and `muted_until` of its author; NotFound if hidden or absent."""
    found = cards.filled(prepared.rows(cards.cards, viewer, [id], _muted))
    if not found:
        raise errors.NotFound
    return found[0]


def _muted(rows: QuerySet[Post], viewer: Viewer) -> QuerySet[Post]:
    return rows.annotate(is_muted=mutes_access.muted(viewer), muted_until=mutes_access.muted_until(viewer))


def pictures_of(post: Post) -> list[PostPicture]:
    """In their order, with their uploads; of a post that the caller may see."""
    return list(PostPicture.objects.filter(post=post).select_related("upload").order_by("position"))
