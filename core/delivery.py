"""Mail leaves the machine: a row that a sender claims for a limited time, sends outside any transaction, then empties.

A mail is sent at least once: a sender that dies between sending and marking has its claim taken over. There are 5
attempts with growing pauses; what fails then, or is too old to be of use, stays as an empty row that staff can see.
"""

import logging
from datetime import timedelta

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from core import wake
from core.models import Mail

log = logging.getLogger(__name__)

CLAIM = timedelta(minutes=1)  # longer than one mail to a server that answers slowly; codes live 5 minutes
BACK_OFF = (10, 60, 300, 1800)  # seconds before the 2nd, 3rd, ... attempt
KEPT = timedelta(days=7)


def queue_mail(*, to: str, subject: str, body: str, html: str = "", lives: timedelta | None = None) -> Mail:
    """Writes the mail in the caller's transaction and wakes the sender. Once older than `lives` it is not sent."""
    now = timezone.now()
    mail = Mail.objects.create(
        to=to, subject=subject[:200], body=body, html=html, claimed_until=now, expires_at=now + lives if lives else None
    )
    wake.after_commit("core.send_mail")
    return mail


def send_due() -> int:
    """Sends what is due, one claimed row after the other; returns how many rows it took."""
    _expire()
    taken = 0
    while mail := _claim():
        taken += 1
        try:
            _send(mail)
        except Exception as error:  # supervisor: one mail's failure is recorded and the others go out
            _failed(mail, type(error).__name__)
        else:
            _finish(mail, Mail.State.SENT)
    return taken


def _send(mail: Mail) -> None:
    message = EmailMultiAlternatives(mail.subject, mail.body, to=[mail.to])
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    message.send()


def forget(*, to: list[str]) -> int:
    """Away with all mails to these addresses, sent or waiting; returns how many rows."""
    count, _by_model = Mail.objects.filter(to__in=to).delete()
    return count


def prune() -> int:
    """Forgets mail that nobody will send any more after a week; returns how many rows."""
    old = Mail.objects.filter(created_at__lt=timezone.now() - KEPT).exclude(state=Mail.State.WAITING)
    count, _by_model = old.delete()
    return count


def _claim() -> Mail | None:
    """The mail that has waited longest, ours alone for a while. Only one: who dies holds up no other."""
    now = timezone.now()
    with transaction.atomic():
        waiting = Mail.objects.filter(state=Mail.State.WAITING, claimed_until__lte=now)
        alive = waiting.exclude(expires_at__lte=now)
        mail = alive.select_for_update(skip_locked=True).order_by("claimed_until", "id").first()
        if mail:
            mail.claimed_until, mail.attempts = now + CLAIM, mail.attempts + 1
            mail.save(update_fields=["claimed_until", "attempts"])
    return mail


def _mine(mail: Mail) -> QuerySet[Mail]:
    """The row while our claim still holds."""
    return Mail.objects.filter(pk=mail.pk, state=Mail.State.WAITING, claimed_until=mail.claimed_until)


def _finish(mail: Mail, state: str, error: str = "") -> None:
    sent_at = timezone.now() if state == Mail.State.SENT else None
    _mine(mail).update(state=state, body="", html="", sent_at=sent_at, error=error)


def _failed(mail: Mail, error: str) -> None:
    log.warning("mail %s not sent (%s), attempt %s", mail.pk, error, mail.attempts)
    if mail.attempts > len(BACK_OFF):
        _finish(mail, Mail.State.FAILED, error)
    else:
        again = timezone.now() + timedelta(seconds=BACK_OFF[mail.attempts - 1])
        _mine(mail).update(claimed_until=again, error=error)


def _expire() -> None:
    now = timezone.now()
    Mail.objects.filter(state=Mail.State.WAITING, expires_at__lte=now, claimed_until__lte=now).update(
        state=Mail.State.EXPIRED, body="", html=""
    )
