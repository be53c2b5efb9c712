"""A member's moves to another address: which can still be taken back."""

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models.addresses import AddressChange

WAY_BACK = timedelta(days=7)
BEFORE = timedelta(days=1)  # whoever moves an account that is not theirs was in it some time before


def by_token(token: str) -> QuerySet[AddressChange]:
    """The move that this link of a notice can take back."""
    return AddressChange.objects.filter(
        undo_digest=AddressChange.digest_of(token),
        undone_at__isnull=True,
        created_at__gt=timezone.now() - WAY_BACK,
    )
