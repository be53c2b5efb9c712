"""Personal tokens, and those of bots."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import mails, rules
from accounts.access import api_tokens as api_token_access
from accounts.access import people as people_access
from accounts.actions import logins
from accounts.models.api_tokens import ApiToken, digest, mint
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.queries import logins as login_queries
from core import audit, errors, scopes

MOST = 50  # tokens of one member or bot
DAYS = (7, 30, 90, 365)
MADE = "accounts.make_token"  # in the audit, for bots


@dataclass(frozen=True)
class Made:
    """A new token, and its letters, which nobody can read again."""

    token: ApiToken
    raw: str


@transaction.atomic
def make_token(
    *, actor: User, name: str, may: Collection[str], days: int | None = None, bot: int | str | None = None
) -> Made:
    """A token of the actor, or of a bot they manage; good for `days`, or until it is revoked. Invalid names the field:
    name, scopes, days."""
    owner = _owner(actor, bot)
    if not owner.is_present:
        raise errors.Conflict(_("This bot rests. Wake it first."))
    name = rules.clean_token_name(name)
    wanted = [scope for scope in scopes.NAMES if scope in may]
    if not wanted or set(may) - set(wanted):
        raise errors.Invalid(_("Choose what the token may do."), field="scopes")
    if days is not None and days not in DAYS:
        raise errors.Invalid(_("Choose for how long the token is good."), field="days")
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)  # of two at once, one counts the other
    if api_token_access.standing_tokens(owner).count() >= MOST:
        raise errors.Conflict(_("That are too many tokens. Revoke one that is not used any more."))
    now = timezone.now()
    # Seen before it was made: not used yet, and the first use is written down at once.
    device = Device.objects.create(user=owner, key=uuid.uuid4(), seen_at=now - login_queries.SEEN_EVERY)
    raw = mint()
    token = ApiToken.objects.create(
        device=device,
        user=owner,
        digest=digest(raw),
        name=name,
        scopes=wanted,
        expires_at=now + timedelta(days=days) if days else None,
    )
    if owner.is_bot:
        audit.record(MADE, subject=f"user:{owner.pk}", actor_id=actor.pk, token=token.pk)
    else:
        mails.send_new_token(to=owner.email, language=owner.language, name=name, may=wanted)
    return Made(token, raw)


@transaction.atomic
def revoke_token(*, actor: User, token_id: int, bot: int | str | None = None) -> None:
    """The token is good no more, and its sockets close. Doing it again changes nothing."""
    owner = _owner(actor, bot)
    token = api_token_access.access_token(owner, token_id)
    logins.end_device(actor=owner, device_id=token.device_id)
    if owner.is_bot:
        audit.record("accounts.revoke_token", subject=f"user:{owner.pk}", actor_id=actor.pk, token=token.pk)


@transaction.atomic
def revoke_since(*, actor: User, since: datetime) -> None:
    """Revokes tokens of bots that somebody has made in the actor's name. The actor's own end with their logins."""
    made = [data["token"] for data in audit.done(MADE, actor_id=actor.pk, since=since)]
    for token in ApiToken.objects.filter(pk__in=made, device__ended_at=None).select_related("user").order_by("pk"):
        logins.end_device(actor=token.user, device_id=token.device_id)
        audit.record("accounts.revoke_token", subject=f"user:{token.user_id}", actor_id=actor.pk, token=token.pk)


def _owner(actor: User, bot: int | str | None) -> User:
    return people_access.access_member(actor) if bot is None else api_token_access.access_bot(actor, bot)
