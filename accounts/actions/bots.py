"""Bots: members that are programs. Staff who may (accounts.manage_bots) make them and answer for them."""

import uuid

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import events, realtime, rules
from accounts.access import api_tokens as api_token_access
from accounts.actions import handles, logins, names, profiles
from accounts.models.people import User
from core import audit, errors, outbox

NOWHERE = "bots.invalid"  # a name that never has a mailbox (RFC 2606)


@transaction.atomic
def make_bot(*, actor: User, handle: str, display_name: str) -> User:
    """A bot that the actor owns: without a password and without an address anybody could reset one by."""
    if not api_token_access.may_manage_bots(actor):
        raise errors.NotAllowed
    try:
        with transaction.atomic():
            bot = User.objects.create(
                email=f"{uuid.uuid4().hex}@{NOWHERE}",
                handle=rules.clean_handle(handle),
                display_name=rules.clean_name(display_name),
                password=make_password(None),
                is_bot=True,
                bot_owner=actor,
            )
    except IntegrityError:
        raise errors.Invalid(rules.TAKEN, field="handle") from None
    handles.claim_handle(actor=bot)
    names.write_parts(people=[bot.pk])
    outbox.emit(events.UserJoined(user_id=bot.pk))
    audit.record("accounts.make_bot", subject=f"user:{bot.pk}", actor_id=actor.pk)
    return bot


@transaction.atomic
def rename_bot(*, actor: User, bot: int | str, display_name: str, bio: str) -> User:
    found = api_token_access.access_bot(actor, bot)
    if not found.is_present:
        raise errors.Conflict(_("This bot rests. Wake it first."))
    audit.record("accounts.rename_bot", subject=f"user:{found.pk}", actor_id=actor.pk)
    return profiles.update_profile(actor=found, display_name=display_name, bio=bio)


@transaction.atomic
def rest_bot(*, actor: User, bot: int | str) -> None:
    """The bot is not here any more, and its tokens are revoked. Doing it again changes nothing."""
    found = api_token_access.access_bot(actor, bot)
    if User.objects.filter(pk=found.pk, is_active=True).update(is_active=False):
        logins.end_devices(actor=found)
        realtime.access_changed(found.pk)
        audit.record("accounts.rest_bot", subject=f"user:{found.pk}", actor_id=actor.pk)


@transaction.atomic
def wake_bot(*, actor: User, bot: int | str) -> None:
    """The bot is here again, needs new tokens, and is the actor's from now on."""
    found = api_token_access.access_bot(actor, bot)
    User.objects.filter(pk=found.pk).update(is_active=True, bot_owner=actor)
    audit.record("accounts.wake_bot", subject=f"user:{found.pk}", actor_id=actor.pk)
