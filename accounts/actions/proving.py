"""Members prove again who they are."""

from django.db import transaction
from django.utils import timezone

from accounts.access import logins as login_access
from accounts.models.logins import Device
from accounts.models.people import User


@transaction.atomic
def prove_device(*, actor: User, device_id: int) -> None:
    """The member behind this login has just proven who they are."""
    device = login_access.access_device(actor, device_id)
    Device.objects.filter(pk=device.pk).update(proven_at=timezone.now())
