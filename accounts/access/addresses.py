"""A member's moves to another address: which one waits for its code, and which can still be taken back."""

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models.addresses import AddressChange
from accounts.models.people import User

CODE_LIFE = timedelta(minutes=5)
WAY_BACK = timedelta(days=7)
BEFORE = timedelta(days=1)  # whoever moves an account that is not theirs was in it some time before
ATTEMPTS = 5


def waiting(user: User) -> QuerySet[AddressChange]:
    """The newest wish, while its code may still be typed; at most one."""
    newest = AddressChange.objects.filter(user_id=user.pk).order_by("-id").values("pk")[:1]
    return AddressChange.objects.filter(
        pk__in=list(newest.values_list("pk", flat=True)),
        done_at__isnull=True,
        undone_at__isnull=True,
        attempts__lt=ATTEMPTS,
        created_at__gt=timezone.now() - CODE_LIFE,
    )


def by_token(token: str) -> QuerySet[AddressChange]:
    """The move that this link of a notice can take back."""
    return AddressChange.objects.filter(
        undo_digest=AddressChange.digest_of(token),
        undone_at__isnull=True,
        created_at__gt=timezone.now() - WAY_BACK,
    )
