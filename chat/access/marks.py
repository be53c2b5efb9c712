"""Who learns how far others have read, and what has reached them."""

from django.db.models import Exists, Q, QuerySet

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from chat.access import conversations as conversation_access
from chat.models.conversations import Membership
from chat.models.members import ChatMember

TOLD_MEMBERS = 50  # of a group, whose marks are told one by one; of larger ones only how many


def visible_marks(viewer: Viewer) -> QuerySet[Membership]:
    """Memberships whose marks the viewer learns: their member has accepted and is here, both show their own marks, and
    no block parts them. One's own are among them."""
    me = accounts_access.viewer_id(viewer) or 0
    hides = ChatMember.objects.filter(user_id=me, shows_reading=False)
    parted = accounts_access.blocked_between(viewer, "user_id")
    others = ~Q(Exists(hides)) & ~Q(conversation_access.hiding()) & (~Q(parted) if parted is not None else Q())
    return conversation_access.told_memberships().filter(Q(user_id=me) | others)
