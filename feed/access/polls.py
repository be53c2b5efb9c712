"""Who votes, and who sees how a poll stands."""

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from core import errors, prepared
from feed.access import posts as post_access
from feed.models.polls import Poll, Vote
from feed.models.posts import Post


def votes_of(viewer: Viewer) -> QuerySet[Vote]:
    """The viewer's own; nobody sees those of others."""
    return Vote.objects.filter(member_id=accounts_access.viewer_id(viewer) or 0)


def sees_results(viewer: Viewer) -> Combinable:
    """True for posts whose poll is over, or is the viewer's, or has their vote: no number pulls a vote along."""
    voted = Exists(votes_of(viewer).filter(poll=OuterRef("pk")))
    own = Q(author_id=accounts_access.viewer_id(viewer) or 0)
    over = Q(poll__ends_at__lte=prepared.now())
    return ExpressionWrapper(own | over | Q(voted), output_field=BooleanField())


def access_poll(viewer: Viewer, post_id: int) -> tuple[Post, Poll]:
    """A poll that takes votes, under the lock of its post, which the viewer may see."""
    post = post_access.access_post(viewer, post_id, to="vote", lock=True)
    poll = Poll.objects.filter(post=post).first()
    if poll is None:
        raise errors.NotFound
    if poll.is_over():
        raise errors.Conflict(_("This poll is over."))
    return post, poll
