"""Changing one's handle."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import ngettext

from accounts import rules
from accounts.access import people as people_access
from accounts.actions import names
from accounts.models.handles import FormerHandle
from accounts.models.people import User
from accounts.queries import handles as handle_queries
from core import errors

CHANGES = 3
WITHIN = timedelta(days=30)


@transaction.atomic
def change_handle(*, actor: User, handle: str) -> User:
    """The actor is called this from now on; what they were called stays theirs for a year and leads to them. TooMany
    after three changes in 30 days; doing it again changes nothing."""
    actor = people_access.access_member(actor)
    new = rules.clean_handle(handle)
    row = User.objects.select_for_update().get(pk=actor.pk)
    if row.handle == new:
        return row
    if FormerHandle.objects.filter(person=row, left_at__gt=timezone.now() - WITHIN).count() >= CHANGES:
        text = ngettext("One change in 30 days.", "%(n)d changes in 30 days, and you have had them.", CHANGES)
        raise errors.TooMany(text % {"n": CHANGES}, field="handle", retry_after=WITHIN.days * 86400)
    FormerHandle.objects.create(person=row, handle=row.handle)
    row.handle = new
    try:
        with transaction.atomic():
            row.save(update_fields=["handle"])
    except IntegrityError:
        raise errors.Invalid(rules.TAKEN, field="handle") from None
    claim_handle(actor=row)
    names.write_parts(people=[row.pk])
    return row


@transaction.atomic
def claim_handle(*, actor: User) -> None:
    """Refuses the handle the actor has just got if it is kept for somebody else, or can be taken for one of staff.
    Asked after the write, whose lock on the handle shows what others did in the same moment."""
    if handle_queries.is_kept(actor.handle, besides=actor.pk):
        raise errors.Invalid(rules.TAKEN, field="handle")
    if not actor.is_staff and handle_queries.looks_like_staff(actor.handle, besides=actor.pk):
        raise errors.Invalid(rules.KEPT, field="handle")
