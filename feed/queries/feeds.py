"""What readers of feeds are shown: posts for everybody."""

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from accounts.models.people import User
from accounts.models.relations import Audience
from core import errors
from feed.access import posts as post_access
from feed.models.posts import Post
from feed.queries import cards

SIZE = 20


def person_feed(viewer: Viewer, handle: str) -> tuple[User, list[Post]]:
    """A member and their latest public posts, as a visitor may see them and the viewer as well. A private account, a
    hidden and an absent one answer alike."""
    people = accounts_access.visible_people(viewer).filter(accounts_access.present(), accounts_access.open_to(None))
    person = accounts_access.by_reference(people, handle).first()
    if person is None:
        raise errors.NotFound
    # With what is shared: a visitor may see both.
    candidates = post_access.visible_posts(None).filter(author=person, audience=Audience.PUBLIC)
    return person, cards.page(viewer, candidates, "", SIZE).rows
