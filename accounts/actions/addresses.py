"""Moving to another e-mail address: a code to the new one, a notice with a way back to the old one."""

import secrets

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import mails, moving, rules, sessions
from accounts.access import addresses as address_access
from accounts.access import doors
from accounts.actions import api_tokens, factors, logins, sso
from accounts.models.addresses import AddressChange
from accounts.models.people import User
from core import errors

BATCH = 500


def _clean_new(raw: str) -> str:
    """The address as it is kept. Invalid("email") for what is none, or none that may be used here."""
    email = rules.clean_email(raw)
    doors.check_move(email)
    return email


@transaction.atomic
def ask(*, actor: User, email: str) -> AddressChange:
    """Sends a code to the new address and a notice to the old one. An address that has an account already takes the
    same steps, with a code that fits nothing. TooMany when there were too many mails to it."""
    new = _clean_new(email)
    member = User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    if new == member.email:
        raise errors.Invalid(_("This is your address already."), field="email")
    mails.count_code("move", new)
    mails.count_code("move-of", str(member.pk))
    token = secrets.token_urlsafe(24)
    change = AddressChange(user=member, old=member.email, new=new, undo_digest=AddressChange.digest_of(token))
    AddressChange.objects.bulk_create([change])
    mails.send_move_notice(to=member.email, language=member.language, token=token)
    moving.MoveProcess.initiate(user_id=member.pk, email=new, change_id=change.pk)
    return change


@transaction.atomic
def confirm(*, actor: User, code: str) -> User | None:
    """Moves the actor to the address whose code this is; None for a wrong code, which is counted: the fifth ends the
    wish. Conflict when none waits, or when the address got an account in between."""
    member = User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    with sessions.locked(moving.session_key(member.pk)) as session:
        process = moving.MoveProcess.resume(session)
        if process is None:
            raise errors.Conflict(_("This code is no longer good. Please start again; it takes a minute."))
        if not process.check(code):
            return None
    _move(member, process.email)
    AddressChange.objects.filter(pk=process.change_id).update(done_at=timezone.now())
    return member


@transaction.atomic
def disown(*, token: str) -> User:
    """Whoever reads the old address says that this move was not theirs: the address comes back, every login of the
    account ends, its password is good no more, and neither is any other way in that has been added since a day before
    the move was asked for: identities, second factors, recovery codes, tokens, those made for bots as well. NotFound
    for a link that is not good."""
    found = address_access.by_token(token).first()
    if found is None:
        raise errors.NotFound
    member = User.objects.select_for_update(no_key=True).get(pk=found.user_id)
    change = address_access.by_token(token).select_for_update().first()
    if change is None:
        raise errors.NotFound
    if member.email != change.old:
        _move(member, change.old)
    # Neither what has been asked since nor its links may take it away once more.
    AddressChange.objects.filter(user=member, pk__gte=change.pk).update(undone_at=timezone.now())
    moving.forget(member.pk)
    member.set_unusable_password()
    User.objects.filter(pk=member.pk).update(password=member.password)
    since = change.created_at - address_access.BEFORE
    sso.unlink_since(actor=member, since=since)
    factors.remove_since(actor=member, since=since)
    api_tokens.revoke_since(actor=member, since=since)
    logins.end_devices(actor=member)
    return member


def _move(member: User, email: str) -> None:
    try:
        with transaction.atomic():
            User.objects.filter(pk=member.pk).update(email=email)
            EmailAddress.objects.filter(user=member).delete()
            EmailAddress.objects.create(user=member, email=email, verified=True, primary=True)
    except IntegrityError:
        raise errors.Conflict(_("This address belongs to another account by now."), field="email") from None
    member.email = email


@transaction.atomic
def forget_changes() -> int:
    """A batch of moves that cannot be taken back any more; the clock calls it until nothing is left."""
    old = AddressChange.objects.filter(created_at__lt=timezone.now() - address_access.WAY_BACK)
    gone, _by_model = AddressChange.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:BATCH])).delete()
    return gone
