"""Who may see who reacted. Which reactions there are: core.reactions."""

from django.db.models import Exists, OuterRef, QuerySet

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from feed.models.comments import Comment
from feed.models.posts import Post
from feed.models.reactions import Reaction

Target = Post | Comment


def visible_reactions(viewer: Viewer, target: Target) -> QuerySet[Reaction]:
    """Reactions to a post or comment that the caller has access to, by people whom the viewer may see."""
    people = accounts_access.visible_people(viewer).filter(pk=OuterRef("user_id"))
    return reactions_to(target).filter(Exists(people))


def reactions_to(target: Target) -> QuerySet[Reaction]:
    """All of them, for walks along the index."""
    return Reaction.objects.filter(post=target) if isinstance(target, Post) else Reaction.objects.filter(comment=target)
