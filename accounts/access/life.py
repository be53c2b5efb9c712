"""Who is on their way out, and who may go."""

from accounts.access.people import Viewer, viewer_id
from accounts.models.life import Departure
from accounts.models.people import User


def departure_of(viewer: Viewer) -> Departure | None:
    """The viewer's own deletion, if one was asked for."""
    me = viewer_id(viewer)
    return Departure.objects.filter(user_id=me).first() if me else None


def is_last_owner(user: User) -> bool:
    """Without this member nobody could run the site. Ask with the owners' rows locked."""
    others = User.objects.filter(is_superuser=True, is_active=True, hidden_at__isnull=True).exclude(pk=user.pk)
    return user.is_superuser and not others.exists()
