"""Members prove again who they are, and change their passwords."""

from django.db import transaction
from django.utils import timezone

from accounts.access import logins as login_access
from accounts.actions import logins
from accounts.models.logins import Device
from accounts.models.people import User


@transaction.atomic
def prove_device(*, actor: User, device_id: int) -> None:
    """The member behind this login has just proven who they are."""
    device = login_access.access_device(actor, device_id)
    Device.objects.filter(pk=device.pk).update(proven_at=timezone.now())


@transaction.atomic
def change_password(*, actor: User, password: str, device_id: int) -> None:
    """Sets a new password and ends every login but this one, tokens too."""
    actor.set_password(password)
    User.objects.filter(pk=actor.pk).update(password=actor.password)
    logins.end_other_devices(actor=actor, device_id=device_id)
