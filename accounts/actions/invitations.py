"""Inviting people, taking an invitation back, and who came by whom."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import events, mails, rules
from accounts.access import doors, people
from accounts.access import invitations as invitation_access
from accounts.models.invitations import Arrival, Invitation
from accounts.models.people import User
from core import audit, errors, limits, outbox

MOST_OPEN = 20  # open invitations of one member; staff who may see all invitations have no such limit
MOST_USES = 100
MOST_DAYS = 365
REMEMBERED = timedelta(days=90)  # of one that is over; who came by it, and by whom, stays (Arrival)
BATCH = 500
MAILS = limits.Limit("invitation-mails", 20, 24 * 60 * 60)  # of one member: nobody's letter-box is a target


@transaction.atomic
def invite(
    *, actor: User | None, uses: int = 1, days: int | None = 14, email: str = "", only_email: bool = False
) -> tuple[Invitation, str]:
    """An invitation and its link, which is kept nowhere (by mail it is only in the mail). `days` None: without end.
    No actor: the shell, from which the site itself invites. NotAllowed for those who may not invite."""
    if actor is not None:
        actor = _inviter(actor)
    if not 1 <= uses <= MOST_USES:
        raise errors.Invalid(_("Between 1 and %(most)s people.") % {"most": MOST_USES}, field="uses")
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise errors.Invalid(_("Between 1 and %(most)s days.") % {"most": MOST_DAYS}, field="days")
    if email:
        email = rules.clean_email(email)
        doors.check_address(email)
    elif only_email:
        raise errors.Invalid(_("For which address?"), field="email")
    token = secrets.token_urlsafe(24)
    invitation = Invitation.objects.create(
        inviter=actor,
        digest=Invitation.digest_of(token),
        email=email,
        only_email=only_email,
        uses=uses,
        expires_at=timezone.now() + timedelta(days=days) if days else None,
    )
    _send(invitation, token)
    if actor is None:
        audit.record(
            "accounts.invite", subject=f"invitation:{invitation.pk}", uses=uses, days=days, by_mail=bool(email)
        )
    return invitation, _link(token)


@transaction.atomic
def renew(*, actor: User, invitation_id: int) -> tuple[Invitation, str]:
    """A new link for an open invitation of the actor's; the one before is good no more. By mail it is sent again.
    NotAllowed for those who may not invite (any more)."""
    actor = _allowed(actor)
    invitation = invitation_access.access_invitation(actor, invitation_id)
    if not invitation_access.open_invitations().filter(pk=invitation.pk).exists():
        raise errors.Conflict(doors.OVER)
    if invitation.mail_id and invitation.mail and invitation.mail.created_at > timezone.now() - timedelta(minutes=1):
        raise errors.TooMany(_("We have just sent a mail. Give it a minute."), retry_after=60)
    token = secrets.token_urlsafe(24)
    invitation.digest = Invitation.digest_of(token)
    invitation.save(update_fields=["digest"])
    _send(invitation, token)
    return invitation, _link(token)


@transaction.atomic
def revoke(*, actor: User, invitation_id: int) -> None:
    """Nobody joins with it any more. One's own; for whoever minds all invitations anybody's. Twice changes nothing."""
    actor = people.access_member(actor)
    mine = invitation_access.visible_invitations(actor).filter(pk=invitation_id).exists()
    if not mine and not actor.has_perm("accounts.delete_invitation"):
        raise errors.NotFound
    rows = Invitation.objects.filter(pk=invitation_id)
    if not rows.exists():
        raise errors.NotFound
    if rows.filter(revoked_at__isnull=True).update(revoked_at=timezone.now()) and not mine:
        audit.record("accounts.revoke_invitation", subject=f"invitation:{invitation_id}", actor_id=actor.pk)


@transaction.atomic
def claim(*, actor: User, invitation: Invitation) -> None:
    """The actor has just joined with this invitation, which joining has locked (access.doors.sure_door)."""
    Invitation.objects.filter(pk=invitation.pk).update(used=F("used") + 1)
    Arrival.objects.create(person=actor, inviter_id=invitation.inviter_id, invitation=invitation)
    outbox.emit(events.InvitationUsed(invitation_id=invitation.pk, inviter_id=invitation.inviter_id, user_id=actor.pk))


@transaction.atomic
def forget_addresses() -> int:
    """Takes the addresses out of invitations by mail that are over; how many. Their owners may never have joined."""
    old = Invitation.objects.filter(created_at__lt=timezone.now() - REMEMBERED).exclude(email="")
    return old.exclude(pk__in=invitation_access.open_invitations().values("pk")).update(email="")


@transaction.atomic
def forget_invitations() -> int:
    """A batch of those that were over (used up, expired or taken back) long enough ago."""
    ids = list(
        invitation_access.over_before(timezone.now() - REMEMBERED).order_by("pk").values_list("pk", flat=True)[:BATCH]
    )
    gone, _by_model = Invitation.objects.filter(pk__in=ids).delete()
    return gone


def _allowed(actor: User) -> User:
    actor = people.access_member(actor)
    if not doors.may_invite(actor):
        raise errors.NotAllowed(_("Inviting people is up to others here."))
    return actor


def _inviter(actor: User) -> User:
    """The actor, locked so that their open invitations are counted one by one."""
    actor = _allowed(actor)
    if not actor.has_perm(doors.TREE):
        list(User.objects.select_for_update(no_key=True).filter(pk=actor.pk).values_list("pk"))
        mine = invitation_access.visible_invitations(actor)
        if mine.filter(pk__in=invitation_access.open_invitations().values("pk")).count() >= MOST_OPEN:
            words = _("You have %(most)s open invitations. Take one back first.") % {"most": MOST_OPEN}
            raise errors.Conflict(words)
    return actor


def _send(invitation: Invitation, token: str) -> None:
    if invitation.email:
        if invitation.inviter_id and not (turn := limits.take_sure(MAILS, invitation.inviter_id)).allowed:
            words = _("That were many invitations by mail for one day. Pass on a link by hand, or wait.")
            raise errors.TooMany(words, retry_after=int(turn.wait) + 1)
        invitation.mail = mails.send_invitation(invitation, link=_link(token))
        invitation.save(update_fields=["mail"])


def _link(token: str) -> str:
    return settings.SITE_URL + reverse("accounts:invitation", args=[token])
