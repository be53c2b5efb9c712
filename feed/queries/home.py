"""The home feed, and what is a narrower one."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.access import lists as lists_access
from accounts.access import people as accounts_access
from accounts.models.lists import PeopleList
from accounts.models.people import User
from core.paging import Page
from feed.models.posts import Post
from feed.queries import cards

NEW_LIMIT = 40


def _home_candidates(viewer: User) -> QuerySet[Post]:
    """Newest first along the primary key; whose they are is looked up in the index of follows, row by row."""
    followed = Exists(accounts_access.followed_by(viewer).filter(followed_id=OuterRef("author_id")))
    return Post.objects.filter(Q(author_id=viewer.pk) | followed, deleted_at__isnull=True, is_brought=False)


def home(viewer: User, cursor: str = "") -> Page[Post]:
    """The viewer's own posts and those of whom they follow, strictly by time."""
    return cards.unasked(viewer, _home_candidates(viewer), cursor)


def new_posts(viewer: User, after: int) -> list[Post]:
    """What home shows above the post `after`, newest first; at most 40."""
    return cards.unasked(viewer, _home_candidates(viewer).filter(pk__gt=after), "", NEW_LIMIT).rows


def list_posts(viewer: User, list_id: int, cursor: str = "") -> tuple[PeopleList, Page[Post]]:
    """A list of the viewer's, and home narrowed to its people, followed or not."""
    row = lists_access.access_list(viewer, list_id)
    on = Exists(lists_access.listed(row).filter(person_id=OuterRef("author_id")))
    return row, cards.unasked(viewer, Post.objects.filter(on, deleted_at__isnull=True), cursor)
