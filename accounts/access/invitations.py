"""Which invitations let somebody in, and whose they are."""

from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.access.people import Viewer, present, viewer_id
from accounts.models.invitations import Arrival, Invitation
from core import errors


def open_invitations() -> QuerySet[Invitation]:
    """Neither used up, nor over, nor revoked."""
    fresh = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
    return Invitation.objects.filter(fresh, revoked_at__isnull=True, used__lt=F("uses"))


def over_before(moment: datetime) -> QuerySet[Invitation]:
    """Those that let nobody in any more since before then; used up is one since its last guest came."""
    later = Arrival.objects.filter(invitation=OuterRef("pk"), created_at__gte=moment)
    used_up = Q(used__gte=F("uses"), created_at__lt=moment) & ~Exists(later)
    return Invitation.objects.filter(Q(revoked_at__lt=moment) | Q(expires_at__lt=moment) | used_up)


def usable_invitations() -> QuerySet[Invitation]:
    """Open, and whoever invites is here (or it was made in the shell)."""
    return open_invitations().filter(Q(inviter__isnull=True) | present("inviter__"))


def locked_invitation(token: str) -> Invitation | None:
    """The usable invitation of this link, locked: who claims its last use comes after who has claimed it."""
    locked = Invitation.objects.select_for_update().filter(digest=Invitation.digest_of(token)).first()
    return usable_invitations().filter(pk=locked.pk).first() if locked else None


def visible_invitations(viewer: Viewer) -> QuerySet[Invitation]:
    """The viewer's own."""
    return Invitation.objects.filter(inviter_id=viewer_id(viewer) or 0)


def access_invitation(viewer: Viewer, id: int) -> Invitation:
    """One of the viewer's own, locked. Foreign and absent answer alike."""
    mine = visible_invitations(viewer).select_for_update()
    found = mine.filter(pk=id).first() if 0 < id < 2**63 else None
    if found is None:
        raise errors.NotFound
    return found


def brought_by(viewer: Viewer) -> QuerySet[Arrival]:
    """Who came by the viewer's invitations."""
    return Arrival.objects.filter(inviter_id=viewer_id(viewer) or 0)
