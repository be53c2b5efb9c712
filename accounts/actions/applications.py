"""Asking to join, where a moderator looks at each request, and the moderators' answers."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import events, mails, rules
from accounts.access import applications as application_access
from accounts.access import doors
from accounts.actions import joining
from accounts.models.applications import Application
from accounts.models.doors import Mode
from accounts.models.people import User
from accounts.queries import people as people_queries
from core import audit, errors, limits, options, outbox

KEPT = timedelta(days=14)  # a decided one, for moderators to look back at
PATIENCE = timedelta(days=90)  # one that nobody answers
BATCH = 500
TOLD = limits.Limit("applications-waiting", 1, 24 * 60 * 60)  # mails to one moderator; at least a day lies between two
MOST_TOLD = 20


@transaction.atomic
def apply(
    *,
    email: str,
    handle: str,
    display_name: str,
    password_hash: str,
    language: str = "",
    of_age: int = 0,
    reason: str = "",
) -> Application:
    """A request to join by somebody whose address has just been proven. Who asks again, asks with the newer words, and
    from the newer address: me+1@ and me+2@ are one mailbox, which waits once. Invalid names handle or reason; Conflict
    when one need not or cannot ask any more."""
    door = doors.sure_door()
    door.check(email=email, of_age=of_age)
    if not door.needs_approval:
        raise errors.Conflict(_("Meanwhile one can join without asking. Please start again."))
    reason = doors.clean_reason(reason)
    if people_queries.handle_taken(handle):
        raise errors.Invalid(rules.TAKEN, field="handle")
    if User.objects.filter(email=email).exists():
        raise errors.Conflict(joining.KNOWN, field="email")
    words = {
        "email": email,
        "handle": handle,
        "display_name": display_name,
        "password_hash": password_hash,
        "language": language,
        "reason": reason,
    }
    try:
        with transaction.atomic():
            row, made = Application.objects.update_or_create(
                mailbox=doors.fold(email), state=Application.State.WAITING, defaults=words
            )
    except IntegrityError:
        raise errors.Invalid(rules.TAKEN, field="handle") from None
    if made:
        outbox.emit(events.ApplicationArrived(application_id=row.pk))
        _tell_moderators()
    return row


def _tell_moderators() -> None:
    """That somebody waits: nobody looks at an empty list every day."""
    for one in doors.moderators().order_by("pk")[:MOST_TOLD]:
        if limits.take_sure(TOLD, one.pk).allowed:
            mails.send_applications_waiting(one)


@transaction.atomic
def accept(*, actor: User, application_id: int) -> User:
    """Makes the member, and tells them. Conflict when somebody has decided before."""
    actor = doors.access_office(actor, doors.QUEUE)
    row = application_access.access_waiting(application_id)
    if options.sure(doors.MODE) == Mode.CLOSED:
        raise errors.Conflict(doors.CLOSED)
    doors.check_address(row.email)
    user = joining.admit(
        email=row.email,
        handle=_free_handle(row.handle),
        display_name=row.display_name,
        password_hash=row.password_hash,
        language=row.language,
    )
    _decide(row, actor, Application.State.ACCEPTED, member=user)
    mails.send_application_accepted(user)
    return user


@transaction.atomic
def decline(*, actor: User, application_id: int, answer: str = "") -> None:
    """Says no, with the moderator's words in the mail. Conflict when somebody has decided before."""
    actor = doors.access_office(actor, doors.QUEUE)
    row = application_access.access_waiting(application_id)
    answer = answer.replace("\x00", "").strip()
    if len(answer) > 1000:
        raise errors.Invalid(_("At most 1,000 characters, please."), field="answer")
    _decide(row, actor, Application.State.DECLINED, answer=answer)
    mails.send_application_declined(row, answer=answer)


@transaction.atomic
def forget_applications() -> int:
    """A batch of those decided long enough ago, and of those that nobody has answered for very long."""
    now = timezone.now()
    over = Q(decided_at__lt=now - KEPT) & ~Q(state=Application.State.WAITING)
    forgotten = Q(state=Application.State.WAITING, created_at__lt=now - PATIENCE)
    ids = list(Application.objects.filter(over | forgotten).order_by("pk").values_list("pk", flat=True)[:BATCH])
    gone, _by_model = Application.objects.filter(pk__in=ids).delete()
    return gone


def _decide(row: Application, actor: User, state: str, *, answer: str = "", member: User | None = None) -> None:
    row.state, row.answer, row.member = state, answer, member
    row.decided_by, row.decided_at, row.password_hash = actor, timezone.now(), ""
    row.save(update_fields=["state", "answer", "member", "decided_by", "decided_at", "password_hash"])
    data = {"user_id": member.pk} if member else {}
    audit.record(f"accounts.application_{state}", subject=f"application:{row.pk}", actor_id=actor.pk, **data)
    outbox.emit(events.ApplicationDecided(application_id=row.pk, accepted=member is not None))


def _free_handle(handle: str) -> str:
    """The handle, or one like it, should somebody have got it in spite of the reservation."""
    tries = [handle, *(f"{handle[:27]}_{number}" for number in range(2, 100))]
    return next((one for one in tries if not people_queries.handle_taken(one)), handle)
