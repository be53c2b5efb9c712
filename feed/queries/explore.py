"""What there is to find. Later kinds (channels, groups, pages) are further sections, each with a page of its own."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from accounts.access import people as people_access
from accounts.access.people import Viewer
from accounts.models.people import User
from accounts.queries import discovery
from core import prepared
from core.paging import Page
from feed.access import trends as trend_access
from feed.models.posts import Post
from feed.models.trends import TagTrend
from feed.queries import trends

POSTS, TAGS, PEOPLE = 5, 8, 4


@dataclass(frozen=True)
class Overview:
    """The beginning of each section; visitors are shown nobody to follow."""

    posts: Page[Post]
    tags: Page[TagTrend]
    people: Page[User] | None


def overview(viewer: Viewer) -> Overview:
    posts = trends.trending_posts(viewer, size=POSTS)
    tags = trends.trending_tags(viewer, size=TAGS)
    member = viewer if people_access.viewer_id(viewer) else None
    return Overview(posts, tags, people_to_follow(member, size=PEOPLE) if isinstance(member, User) else None)


def people_to_follow(viewer: User, cursor: str = "", size: int = discovery.PAGE) -> Page[User]:
    """As the accounts know them, and the authors of what is talked about."""
    warm = list(trends.warmest_posts(100).values_list("pk", flat=True))
    noted = set(prepared.rows(trend_access.trending_posts, viewer, warm, _authors))
    return discovery.people_to_follow(viewer=viewer, noted=noted, cursor=cursor, size=size)


def _authors(posts: QuerySet[Any], _viewer: Viewer) -> QuerySet[Any, int]:
    return posts.values_list("author_id", flat=True)
