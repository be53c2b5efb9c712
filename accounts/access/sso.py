"""Who may see and change what of single sign-on."""

from django.db.models import QuerySet

from accounts.access.people import Viewer, viewer_id
from accounts.models.people import User
from accounts.models.sso import Identity, IdentityProvider
from core import errors


def visible_identities(viewer: Viewer) -> QuerySet[Identity]:
    """The viewer's own; nobody sees anybody else's."""
    return Identity.objects.filter(user_id=viewer_id(viewer) or 0)


def access_identity(viewer: Viewer, id: int) -> Identity:
    identity = visible_identities(viewer).filter(pk=id).first() if 0 < id < 2**63 else None
    if identity is None:
        raise errors.NotFound
    return identity


def visible_providers(viewer: Viewer) -> QuerySet[IdentityProvider]:
    """The settings of providers are the owner's."""
    owner = isinstance(viewer, User) and viewer.is_superuser and viewer.is_present
    return IdentityProvider.objects.all() if owner else IdentityProvider.objects.none()


def access_providers(viewer: Viewer) -> None:
    """NotFound for everybody but the owner."""
    if not (isinstance(viewer, User) and viewer.is_superuser and viewer.is_present):
        raise errors.NotFound


def access_provider(viewer: Viewer, key: str, *, lock: bool = False) -> IdentityProvider:
    rows = visible_providers(viewer).filter(key=key)
    row = (rows.select_for_update() if lock else rows).first()
    if row is None:
        raise errors.NotFound
    return row
