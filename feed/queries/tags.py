"""What stands under a hashtag, and whose hashtags one follows."""

from accounts.access.people import Viewer
from accounts.models.people import User
from core import paging
from core.paging import Page
from feed.access import posts as post_access
from feed.access import tags as tag_access
from feed.models.posts import Post
from feed.models.sources import Filing, Source, SourceKind, Subscription
from feed.queries import cards

PAGE = 50


def tag_posts(viewer: Viewer, name: str, cursor: str = "") -> tuple[str, Page[Post]]:
    """The folded name, and a page of the posts under it that the viewer sees and does not mute, newest first."""
    name = tag_access.access_tag(name)
    source = Source.objects.filter(kind=SourceKind.TAG, name=name).values_list("pk", flat=True).first()
    filings = Filing.objects.filter(source_id=source or 0).order_by("-post")

    def fetch(below: int, number: int) -> list[int]:
        return list(filings.filter(post__lt=below).values_list("post_id", flat=True)[:number])

    return name, cards.page_of_ids(viewer, fetch, post_access.heard_posts, cursor)


def is_followed(viewer: Viewer, name: str) -> bool:
    return tag_access.followed_tags(viewer).filter(source__name=name).exists()


def followed_tags(viewer: User, cursor: str = "") -> Page[Subscription]:
    """The viewer's hashtags, the latest first."""
    return paging.page(tag_access.followed_tags(viewer).select_related("source"), cursor=cursor, size=PAGE)
