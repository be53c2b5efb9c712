"""Whose a handle is, or was."""

from datetime import timedelta

from django.db.models.functions import Lower
from django.utils import timezone

from accounts import rules
from accounts.models.handles import FormerHandle
from accounts.models.people import User

KEPT_FOR = timedelta(days=365)


def is_taken(handle: str) -> bool:
    """Nobody new may have it: somebody has it, had it within a year, or is staff and could be taken for it."""
    has = User.objects.alias(lowered=Lower("handle")).filter(lowered=handle.lower()).exists()
    return has or is_kept(handle) or looks_like_staff(handle)


def is_kept(handle: str, *, besides: int = 0) -> bool:
    """Whoever had it may take it back for a year; nobody else may."""
    since = timezone.now() - KEPT_FOR
    return FormerHandle.objects.filter(handle=handle, left_at__gt=since).exclude(person_id=besides).exists()


def looks_like_staff(handle: str, *, besides: int = 0) -> bool:
    staff = User.objects.filter(is_staff=True).exclude(pk=besides).values_list("handle", flat=True)
    return rules.skeleton(handle) in {rules.skeleton(one) for one in staff}
