"""Exports and imports are for their member alone."""

import uuid

from django.core import signing
from django.db.models import QuerySet
from django.utils import timezone

from accounts.access.people import Viewer, viewer_id
from accounts.models.archives import ArchiveState, Export, Import
from core import errors

SALT = "accounts.export"


def own_exports(viewer: Viewer) -> QuerySet[Export]:
    return Export.objects.filter(user_id=viewer_id(viewer) or 0)


def own_imports(viewer: Viewer) -> QuerySet[Import]:
    return Import.objects.filter(user_id=viewer_id(viewer) or 0)


def is_there(export: Export) -> bool:
    """The same as in `access_export`, for a row in the hand."""
    return export.state == ArchiveState.READY and export.expires_at is not None and export.expires_at > timezone.now()


def link_token(export: Export) -> str:
    """What the address of the file says: its key, signed."""
    return signing.Signer(salt=SALT).sign(export.key.hex)


def access_export(viewer: Viewer, token: str | None = None) -> Export:
    """The file of the viewer's that may be fetched now: that of the link, or the latest. A foreign, forged, absent or
    expired one answers alike."""
    ready = own_exports(viewer).filter(state=ArchiveState.READY, expires_at__gt=timezone.now())
    if token is not None:
        try:
            ready = ready.filter(key=uuid.UUID(signing.Signer(salt=SALT).unsign(token)))
        except (signing.BadSignature, ValueError):
            raise errors.NotFound from None
    export = ready.select_related("user").order_by("-pk").first()
    if export is None:
        raise errors.NotFound
    return export
