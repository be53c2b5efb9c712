"""Deactivate, leave, change one's mind, and be gone.

Who deactivates hides, and comes back by logging in (`logins` sees to that). Who asks to be deleted hides for 30 days in
which they may log in and stop it; then the clock erases everything, in batches: killed at any line, it goes on.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import events, mails, personal, realtime
from accounts.access import life as life_access
from accounts.access import people as people_access
from accounts.actions import erasure, factors, logins
from accounts.models.life import Departure
from accounts.models.logins import Device
from accounts.models.people import User
from core import audit, errors, outbox

GRACE = timedelta(days=30)
REMIND_BEFORE = timedelta(days=3)
RECENT = timedelta(minutes=15)  # a login so fresh is as good as a password, for those who have none
log = logging.getLogger(__name__)
BATCH = 50
LAST_OWNER = _(
    "You are the only owner of this site. Make somebody else an owner first; without one nobody could run it."
)


@transaction.atomic
def deactivate(*, actor: User) -> None:
    """Hides the actor and ends all their logins; the next login brings everything back as it was."""
    actor = people_access.access_member(actor)
    User.objects.filter(pk=actor.pk).update(hidden_at=timezone.now())
    logins.end_devices(actor=actor)
    realtime.access_changed(actor.pk)


def request_deletion(*, actor: User, password: str, login: Device | None, take_messages: bool) -> Departure:
    """The actor, who proves who they are, wants to be deleted in 30 days; asking again changes nothing. Who has no
    password must have logged in (`login`) a moment ago. Conflict for the last owner."""
    _prove(actor, password, login)
    return _depart(actor.pk, take_messages, timezone.now() + GRACE)[0]


@transaction.atomic
def request_deletion_of(*, actor: User | None, member: User, now: bool = False) -> Departure:
    """Staff (nobody: the shell) have a member deleted: in 30 days, or now; asking again changes nothing."""
    departure, news = _depart(member.pk, False, timezone.now() + GRACE)
    if now and departure.due_at > timezone.now():
        news, departure.due_at = True, timezone.now()
        departure.save(update_fields=["due_at"])
    if not news:
        return departure
    audit.record("accounts.delete_user", subject=f"user:{member.pk}", actor_id=actor.pk if actor else None, now=now)
    return departure


@transaction.atomic
def cancel_deletion(*, actor: User) -> None:
    """Everything is as it was; doing it again changes nothing. Conflict once erasure has begun."""
    departure = Departure.objects.select_for_update().filter(user=actor).first()
    if departure is not None and departure.begun_at:
        raise errors.Conflict(_("It is too late for that: the deletion has begun."))
    if departure is not None:
        departure.delete()
    User.objects.filter(pk=actor.pk).update(hidden_at=None)
    realtime.access_changed(actor.pk)


@transaction.atomic
def remind_leavers() -> int:
    """A mail some days before the end, once, to a batch of those whose end is near."""
    now = timezone.now()
    near = Departure.objects.filter(due_at__lte=now + REMIND_BEFORE, reminded_at=None, begun_at=None)
    rows = list(near.select_for_update(skip_locked=True, of=("self",)).select_related("user").order_by("pk")[:BATCH])
    for row in rows:
        if row.due_at > now:
            mails.send_delete_soon(member=row.user, due_at=row.due_at)
    Departure.objects.filter(pk__in=[row.pk for row in rows]).update(reminded_at=now)
    return len(rows)


def erase_leavers() -> int:
    """Erases whoever's time has come; returns how many are gone. One who cannot be erased holds up nobody behind."""
    due = Departure.objects.filter(due_at__lte=timezone.now()).order_by("due_at", "pk")
    gone = 0
    for id in list(due.values_list("user_id", flat=True)[:BATCH]):
        try:
            gone += erase_member(member_id=id)
        except Exception:
            log.exception("member %s could not be erased; it is tried again", id)
    return gone


def erase_member(*, member_id: int) -> bool:
    """Everything of a member whose time has come, room by room, then their own row; False if it has not come."""
    member = _begin(member_id)
    if member is None:
        return False
    departure = member.departure
    for table in personal.tables:
        while not table.kept and _erase_batch(table, member, take_messages=departure.take_messages):
            pass
    _end(member)
    return True


def _erase_batch(table: personal.Table, member: User, *, take_messages: bool) -> int:
    if table.erase is not None:
        return table.erase(member=member, take_messages=take_messages)
    return erasure.erase_rows(member=member, table=table)


@transaction.atomic
def _begin(member_id: int) -> User | None:
    """From here on nobody logs in and nothing stops it."""
    departure = Departure.objects.select_for_update().filter(user_id=member_id, due_at__lte=timezone.now()).first()
    if departure is None:
        return None
    member = User.objects.select_related("departure").get(pk=member_id)
    if departure.begun_at is None:
        Departure.objects.filter(pk=departure.pk).update(begun_at=timezone.now())
        User.objects.filter(pk=member_id).update(is_active=False)
        logins.end_devices(actor=member)
        realtime.access_changed(member_id)
    return member


@transaction.atomic
def _end(member: User) -> None:
    """The row itself. What was written in the last moment goes with it, by cascade."""
    gone, _by_model = User.objects.filter(pk=member.pk).delete()
    if gone:
        audit.record("accounts.erased", subject=f"user:{member.pk}")
        outbox.emit(events.UserErased(user_id=member.pk))


@transaction.atomic
def _depart(member_id: int, take_messages: bool, due_at: datetime) -> tuple[Departure, bool]:  # noqa: FBT001
    """The departure, and whether it is a new one. Under the lock of all owners, so that of the last two who leave at
    once one stays."""
    rows = User.objects.select_for_update(no_key=True).filter(Q(is_superuser=True) | Q(pk=member_id)).order_by("pk")
    member = next(row for row in rows if row.pk == member_id)
    standing = Departure.objects.filter(user=member).first()
    if standing is not None:
        return standing, False
    if life_access.is_last_owner(member):
        raise errors.Conflict(LAST_OWNER)
    departure = Departure.objects.create(user=member, take_messages=take_messages, due_at=due_at)
    User.objects.filter(pk=member.pk).update(hidden_at=timezone.now())
    logins.end_devices(actor=member)
    mails.send_delete_asked(member=member, due_at=due_at)
    realtime.access_changed(member.pk)
    return departure, True


def _prove(actor: User, password: str, login: Device | None) -> None:
    """Outside of any transaction, so that a wrong password counts although all else is undone."""
    if not actor.has_usable_password():
        if login is None or login.user_id != actor.pk or login.created_at < timezone.now() - RECENT:
            raise errors.NotAllowed(_("Please log out, log in again, and come back here at once."))
        return
    if not factors.check_password(actor=actor, password=password):
        raise errors.Invalid(_("This is not your password."), field="password")
