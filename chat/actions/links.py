"""Invite links: who has one joins the group, as long as it stands."""

import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from chat.access import groups as group_access
from chat.actions import groups
from chat.models.conversations import Conversation, InviteLink, Membership
from core import errors

LINKS_LIMIT = 20
MOST_USES = 1000
LONGEST = timedelta(days=365)


@transaction.atomic
def make_link(
    *, actor: User, conversation_id: int, lasts: timedelta | None = None, most_uses: int | None = None
) -> InviteLink:
    """By an admin."""
    group, _mine = group_access.access_group(actor, conversation_id, to="lead", lock=True)
    if lasts is not None and not timedelta(0) < lasts <= LONGEST:
        raise errors.Invalid(_("Between a minute and a year, please."), field="hours")
    if most_uses is not None and not 0 < most_uses <= MOST_USES:
        raise errors.Invalid(_("Between 1 and 1,000, please."), field="most_uses")
    if group_access.standing_links().filter(conversation=group).count() >= LINKS_LIMIT:
        raise errors.Conflict(_("There are so many links already. End one first."))
    now = timezone.now()
    return InviteLink.objects.create(
        conversation=group,
        code=secrets.token_urlsafe(16),
        maker=actor,
        created_at=now,
        expires_at=now + lasts if lasts else None,
        most_uses=most_uses,
    )


@transaction.atomic
def end_link(*, actor: User, conversation_id: int, link_id: int) -> None:
    """By an admin; ending again changes nothing."""
    group, _mine = group_access.access_group(actor, conversation_id, to="lead", lock=True)
    links = InviteLink.objects.filter(conversation=group, pk=link_id) if 0 < link_id < 2**63 else None
    if links is None or not links.exists():
        raise errors.NotFound
    links.filter(ended_at__isnull=True).update(ended_at=timezone.now())


@transaction.atomic
def join_by_link(*, actor: User, code: str) -> Conversation:
    """Counts as a use only for who was not in the group. Under the conversation's lock, so that the last use is one."""
    link = group_access.access_link(actor, code)
    group = Conversation.objects.select_for_update(no_key=True).get(pk=link.conversation_id)
    link = group_access.access_link(actor, code)  # nobody took the last use meanwhile, and the lock keeps it so
    if not Membership.objects.filter(conversation=group, user=actor, is_request=False).exists():
        groups.come_in(actor=actor, group=group)
        InviteLink.objects.filter(pk=link.pk).update(uses=F("uses") + 1)
    return group
