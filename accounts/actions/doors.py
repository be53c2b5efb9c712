"""What the owner and the moderators decide about the doors."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import rules
from accounts.access import doors
from accounts.models.doors import BlockedAddress, Mode
from accounts.models.people import User
from core import audit, errors, options


@transaction.atomic
def decide(*, actor: User, **values: Any) -> None:
    """Sets the site's options, by key with double underscores. Invalid names the one that is not good."""
    actor = doors.access_office(actor, doors.SITE)
    options.decide(actor_id=actor.pk, **values)
    if options.sure(doors.MODE) == Mode.DOMAINS and not options.sure(doors.DOMAINS):
        raise errors.Invalid(_("Which domains? Without one nobody could join."), field="accounts__domains")


@transaction.atomic
def block_address(*, actor: User, pattern: str) -> BlockedAddress:
    """Blocks an address or a domain (with or without @ before it). Doing it again changes nothing."""
    actor = doors.access_office(actor, doors.BLOCKS)
    row, made = BlockedAddress.objects.get_or_create(pattern=_pattern(pattern), defaults={"blocked_by": actor})
    if made:
        audit.record("accounts.block_address", subject=f"blocked_address:{row.pk}", actor_id=actor.pk)
    return row


@transaction.atomic
def unblock_address(*, actor: User, blocked_id: int) -> None:
    """Doing it again changes nothing."""
    actor = doors.access_office(actor, doors.BLOCKS)
    gone, _by_model = BlockedAddress.objects.filter(pk=blocked_id).delete()
    if gone:
        audit.record("accounts.unblock_address", subject=f"blocked_address:{blocked_id}", actor_id=actor.pk)


def _pattern(raw: str) -> str:
    raw = raw.strip().lower()
    try:
        if "@" in raw.removeprefix("@"):
            return doors.fold(rules.clean_email(raw))
        return doors.clean_domain(raw.removeprefix("@").removeprefix("*."))
    except errors.Invalid:
        raise errors.Invalid(
            _("Write an address such as jo@example.org, or a domain such as example.org."), field="pattern"
        ) from None
