"""Second factors: set up, taken away, and the one place where their codes are compared."""

import logging
import math
from datetime import datetime
from typing import Any

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt, encrypt
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import mails, realtime
from accounts.access import factors as factor_access
from accounts.access import logins as login_access
from accounts.actions import logins
from accounts.models.logins import Device
from accounts.models.people import User
from core import audit, errors, limits, options, sealed

log = logging.getLogger(__name__)

# Of the million codes, three are good at a time: with 30 wrong ones a day the chance of a year's guessing is 1 in 30.
WRONG_CODES = (limits.Limit("wrong-factor", 5, 300), limits.Limit("wrong-factor-day", 30, 86_400))
WRONG_PASSWORD = limits.Limit("wrong-for-account", 5, 300)  # for each name, whatever the door (but known_browsers)
PASSKEYS_LIMIT = 20
NAME_LIMIT = 60


# -- Proving who one is -----------------------------------------------------------------------------------------------


@transaction.atomic
def check_code(*, actor: User, code: str) -> Authenticator | None:
    """What this code belongs to: the authenticator app or the recovery codes; either is used up by it. Wrong ones are
    counted, and one too many is TooMany. Parallel tries come one by one: the rows are locked."""
    for limit in WRONG_CODES:
        _take(limit, actor.pk)
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES]
    rows = Authenticator.objects.select_for_update().filter(user_id=actor.pk, type__in=kinds).order_by("pk")
    for row in rows:
        try:
            fits = _use_step(row, code) if row.type == Authenticator.Type.TOTP else row.wrap().validate_code(code)
        except sealed.Unreadable:
            log.error("a second factor of member %s was sealed with another SECRET_KEY", actor.pk)
            continue
        if fits:
            for limit in WRONG_CODES:
                limits.give_back_sure(limit, actor.pk)
            return row
    return None


def _use_step(row: Authenticator, code: str) -> bool:
    """Each step of the app's clock is good once, and none before one that was used: this row remembers the last."""
    step = _step_of(decrypt(row.data["secret"]), code, after=row.data.get("used_step", 0))
    if step is None:
        return False
    row.data["used_step"] = step
    row.save(update_fields=["data"])
    return True


def _step_of(secret: str, code: str, *, after: int = 0) -> int | None:
    """The step of the clock at which an app with this secret shows `code`: this one, the last or the next."""
    for step in totp.yield_hotp_counters_from_time():
        expected = totp.format_hotp_value(totp.hotp_value(secret, step))
        if step > after and compare_user_code(actual=code, expected=expected):
            return int(step)
    return None


def check_password(*, actor: User, password: str) -> bool:
    """Whether this is the actor's password; wrong ones count as at the login, for both names. No transaction waits for
    the hash."""
    for login in _logins(actor):
        _take(WRONG_PASSWORD, login)
    right = actor.has_usable_password() and actor.check_password(password)
    if right:
        for login in _logins(actor):
            limits.give_back_sure(WRONG_PASSWORD, login)
    return right


@transaction.atomic
def forget_wrong_passwords(*, actor: User) -> None:
    for login in _logins(actor):
        limits.forget_sure(WRONG_PASSWORD, login)
        limits.forget_sure(WRONG_PASSWORD, login_access.counted_apart(actor.pk, login))


def _logins(member: User) -> tuple[str, str]:
    """By which names guesses at a password count, as one types them. Each for itself: were they counted together, who
    has spent the guesses at a handle could try addresses until one has none left, and would know whose it is."""
    return member.email.lower(), member.handle.lower()


def _take(limit: limits.Limit, who: object) -> None:
    turn = limits.take_sure(limit, who)
    if not turn.allowed:
        words = _("That was too many tries. Please wait a few minutes.")
        raise errors.TooMany(words, retry_after=math.ceil(turn.wait))


# -- Set up -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_app(*, actor: User, secret: str, code: str, keep: int = 0) -> list[str]:
    """Turns on the authenticator app that holds `secret` and shows `code`. Returns new recovery codes, if there were
    none. The first factor ends the other logins (all but the one with the id `keep`): they were made without it."""
    _lock(actor)
    _still_in(actor, keep)
    step = _step_of(secret, code)
    if step is None:
        raise errors.Invalid(_("That is not the code. Type the one that shows right now."), field="code")
    if Authenticator.objects.filter(user_id=actor.pk, type=Authenticator.Type.TOTP).exists():
        raise errors.Conflict(_("An authenticator app is set up already."))
    first = not factor_access.has_factor(actor)
    data = {"secret": encrypt(secret), "used_step": step}
    Authenticator.objects.create(user=actor, type=Authenticator.Type.TOTP, data=data)
    return _added(actor, "app", first=first, keep=keep)


@transaction.atomic
def add_passkey(*, actor: User, name: str, credential: dict[str, Any], keep: int = 0) -> list[str]:
    """Keeps a passkey whose ceremony has been checked; otherwise as `add_app`."""
    _lock(actor)
    _still_in(actor, keep)
    if factor_access.own_passkeys(actor).count() >= PASSKEYS_LIMIT:
        raise errors.Conflict(_("You have as many passkeys as there can be. Remove one first."))
    first = not factor_access.has_factor(actor)
    WebAuthn.add(actor, _clean_name(name), credential)
    return _added(actor, "passkey", first=first, keep=keep)


def _added(actor: User, kind: str, *, first: bool, keep: int) -> list[str]:
    fresh = []
    if not Authenticator.objects.filter(user_id=actor.pk, type=Authenticator.Type.RECOVERY_CODES).exists():
        fresh = RecoveryCodes.activate(actor).generate_codes()
    if first:
        logins.end_devices(actor=actor, keep=keep)
    _told(actor, "add", kind)
    return fresh


@transaction.atomic
def renew_codes(*, actor: User) -> list[str]:
    """Ten new recovery codes; the old ones are good no more. Conflict without a factor they could stand in for."""
    _lock(actor)
    if not factor_access.has_factor(actor):
        raise errors.Conflict(_("Set up an authenticator app or a passkey first."))
    Authenticator.objects.filter(user_id=actor.pk, type=Authenticator.Type.RECOVERY_CODES).delete()
    fresh = RecoveryCodes.activate(actor).generate_codes()
    _told(actor, "renew", "codes")
    return fresh


@transaction.atomic
def rename_passkey(*, actor: User, id: int, name: str) -> None:
    row = factor_access.access_passkey(actor, id)
    row.data["name"] = _clean_name(name)
    row.save(update_fields=["data"])


def _clean_name(raw: str) -> str:
    """What a member calls a passkey, in one line."""
    name = " ".join("".join(char for char in raw if char.isprintable()).split())
    if not name or len(name) > NAME_LIMIT:
        raise errors.Invalid(_("Give it a name of at most 60 characters."), field="name")
    return name


# -- Taken away -------------------------------------------------------------------------------------------------------


@transaction.atomic
def remove_app(*, actor: User) -> None:
    """Doing it again changes nothing. Conflict for the last factor of who must have one."""
    _lock(actor)
    gone, _by_model = Authenticator.objects.filter(user_id=actor.pk, type=Authenticator.Type.TOTP).delete()
    if gone:
        _removed(actor, "app")


@transaction.atomic
def remove_passkey(*, actor: User, id: int) -> None:
    """NotFound for one that is not the actor's. Conflict for the last factor of who must have one."""
    _lock(actor)
    factor_access.access_passkey(actor, id).delete()
    _removed(actor, "passkey")


def _removed(actor: User, kind: str) -> None:
    if not factor_access.has_factor(actor):
        if factor_access.must_have(actor):
            raise errors.Conflict(_("You need a second factor here. Set up another one before you remove this."))
        Authenticator.objects.filter(user_id=actor.pk).delete()  # recovery codes stand in for nothing now
    _told(actor, "remove", kind)


@transaction.atomic
def remove_since(*, actor: User, since: datetime) -> None:
    """Takes away what somebody has added who was not the actor."""
    _lock(actor)
    added = Authenticator.objects.filter(user_id=actor.pk, created_at__gte=since)
    kinds = sorted({str(kind) for kind in added.values_list("type", flat=True)})
    gone, _by_model = added.delete()
    if gone:
        if not factor_access.has_factor(actor):
            Authenticator.objects.filter(user_id=actor.pk).delete()  # recovery codes stand in for nothing now
        audit.record("accounts.reset_factors", subject=f"user:{actor.pk}", actor_id=actor.pk, kinds=kinds)


@transaction.atomic
def reset(*, actor: User | None, handle: str) -> int:
    """Takes away all factors of a member who has lost theirs, ends all their logins and tells them; returns how many
    there were (for none nothing happens). `actor` None is the shell. NotFound for whom the actor may not touch."""
    if actor is None:
        member = User.objects.filter(handle=handle.removeprefix("@").lower()).first()
    else:
        member = factor_access.access_resettable(actor, handle)
    if member is None:
        raise errors.NotFound
    _lock(member)
    rows = Authenticator.objects.filter(user_id=member.pk)
    kinds = sorted({str(kind) for kind in rows.values_list("type", flat=True)})
    if kinds:  # counts before factors, in the order in which `check_code` locks them
        for limit in WRONG_CODES:
            limits.forget_sure(limit, member.pk)
    gone, _by_model = rows.delete()
    if gone:
        logins.end_devices(actor=member)
        mails.send_factor_notice(to=member.email, language=member.language, verb="reset", kind="all")
        actor_id = actor.pk if actor else None
        audit.record("accounts.reset_factors", subject=f"user:{member.pk}", actor_id=actor_id, kinds=kinds)
    return gone


@transaction.atomic
def require(*, actor: User, who: str) -> None:
    """Decides who must have a second factor. Who has none and must is stopped at once, in pages, API and sockets."""
    if not factor_access.can_decide(actor):
        raise errors.NotAllowed
    options.decide(actor_id=actor.pk, accounts__factor_required=who)
    # Sockets of everybody are looked at once a minute anyway (consumers.watch); those with power hear it now.
    if who != "nobody":
        for pk in factor_access.without_factor("staff").values_list("pk", flat=True):
            realtime.access_changed(pk)


def _still_in(actor: User, login: int) -> None:
    """The login may have been ended while it waited for the lock: by "not me", by a new password."""
    if login and not Device.objects.filter(pk=login, user=actor, ended_at__isnull=True).exists():
        raise errors.SignInNeeded


def _lock(user: User) -> None:
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _told(actor: User, verb: str, kind: str) -> None:
    mails.send_factor_notice(to=actor.email, language=actor.language, verb=verb, kind=kind)
    audit.record(f"accounts.{verb}_factor", subject=f"user:{actor.pk}", actor_id=actor.pk, kind=kind)
