"""What we write to people: a text whose first line is the subject, and the same as simple HTML (templates/emails)."""

import math
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.models.applications import Application
from accounts.models.invitations import Invitation
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.serializers import logins as login_serializers
from core import delivery, errors, frame, limits, scopes
from core.models import Mail

CODE_LIFE = timedelta(minutes=5)
# Mails with a code, for each address (or member), in the database: each code is five more guesses. allauth's own limits
# only keep half a minute between two mails.
CODE_LIMITS = {
    "join": (limits.Limit("mail-join", 10, 3600), limits.Limit("mail-join-day", 30, 86_400)),
    "reset": (limits.Limit("mail-reset", 5, 3600), limits.Limit("mail-reset-day", 30, 86_400)),
    "move": (limits.Limit("mail-move", 5, 3600), limits.Limit("mail-move-day", 10, 86_400)),
    "move-of": (limits.Limit("mail-move-of", 5, 3600), limits.Limit("mail-move-of-day", 10, 86_400)),
}

# allauth's names and ours.
NAMES = {
    "account/email/email_confirmation_signup": "confirm_code",
    "account/email/email_confirmation": "confirm_code",
    "account/email/password_reset_code": "reset_code",
    "account/email/unknown_account": "unknown_account",
}
KINDS = {"reset_code": "reset", "unknown_account": "reset", "confirm_code": "join"}  # which limit counts them


def count_code(kind: str, who: str) -> None:
    """Counts one more mail with a code, whoever the address belongs to; TooMany is one too many."""
    for limit in CODE_LIMITS[kind]:
        turn = limits.take_sure(limit, who.lower())
        if not turn.allowed:
            words = _("That was the last mail for now. Please try again later.")
            raise errors.TooMany(words, retry_after=math.ceil(turn.wait))


def send(name: str, *, to: str, context: dict[str, Any], lives: timedelta | None = CODE_LIFE) -> Mail:
    """Queues templates/emails/<name>.txt and .html; after `lives` the mail is not worth sending any more."""
    words = {"site_name": frame.site().name, "site_url": settings.SITE_URL, "to": to, **context}
    subject, _newline, body = render_to_string(f"emails/{name}.txt", words).strip().partition("\n")
    html = render_to_string(f"emails/{name}.html", words)
    return delivery.queue_mail(to=to, subject=subject.strip(), body=body.strip(), html=html, lives=lives)


def send_for_allauth(prefix: str, *, to: str, context: dict[str, Any]) -> None:
    """What allauth wants to send; kinds of mail that we do not write are not sent."""
    name = NAMES.get(prefix)
    if name is not None:
        count_code(KINDS[name], to)
        send(name, to=to, context={"code": context.get("code", ""), "signup_url": _url("accounts:signup")})


def send_join_code(*, to: str, code: str) -> None:
    send("join_code", to=to, context={"code": code})


def send_already_member(*, to: str) -> None:
    send("already_member", to=to, context={"login_url": _url("accounts:login"), "reset_url": _url("accounts:reset")})


def send_new_login(*, to: str, language: str, device: Device) -> None:
    """In the member's own language: whoever has logged in may ask the site for another."""
    with translation.override(language or settings.LANGUAGE_CODE):
        context = {"login": login_serializers.device(device), "devices_url": _url("accounts:settings_devices")}
        send("new_login", to=to, context=context, lives=None)


def send_identity_linked(*, to: str, language: str, provider: str) -> None:
    with translation.override(language or settings.LANGUAGE_CODE):
        context = {"provider": provider, "connected_url": _url("accounts:settings_connected")}
        send("identity_linked", to=to, context=context, lives=None)


def send_invitation(invitation: Invitation, *, link: str) -> Mail:
    """In the inviter's language: of the other nothing is known."""
    inviter = invitation.inviter
    with translation.override((inviter.language if inviter else "") or settings.LANGUAGE_CODE):
        context = {"link": link, "inviter": inviter.display_name if inviter else "", "until": invitation.expires_at}
        return send("invitation", to=invitation.email, context=context, lives=timedelta(days=2))


def send_applications_waiting(moderator: User) -> None:
    context = {"name": moderator.display_name, "queue_url": _url("accounts:site_applications")}
    _to_member("applications_waiting", moderator, context)


def send_application_accepted(user: User) -> None:
    with translation.override(user.language or settings.LANGUAGE_CODE):
        context = {"handle": user.handle, "name": user.display_name, "login_url": _url("accounts:login")}
        send("application_accepted", to=user.email, context=context, lives=None)


def send_application_declined(row: Application, *, answer: str) -> None:
    with translation.override(row.language or settings.LANGUAGE_CODE):
        send("application_declined", to=row.email, context={"name": row.display_name, "answer": answer}, lives=None)


def send_move_code(*, to: str, code: str) -> None:
    """To the address that somebody wants to move to; without a code when it has an account already."""
    send("move_code" if code else "move_taken", to=to, context={"code": code})


def send_move_notice(*, to: str, language: str, token: str) -> None:
    """To the address that somebody wants to leave: with the way back."""
    with translation.override(language or settings.LANGUAGE_CODE):
        send("move_notice", to=to, context={"undo_url": _url("accounts:email_undo", token)}, lives=None)


def send_factor_notice(*, to: str, language: str, verb: str, kind: str) -> None:
    """`verb` is add, remove, renew or reset; `kind` app, passkey, codes or all."""
    with translation.override(language or settings.LANGUAGE_CODE):
        context = {"change": f"{verb}_{kind}", "security_url": _url("accounts:security")}
        send("factor_notice", to=to, context=context, lives=None)


def send_new_token(*, to: str, language: str, name: str, may: list[str]) -> None:
    """In the member's own language, as about a new login."""
    with translation.override(language or settings.LANGUAGE_CODE):
        words = [str(scopes.NAMES[scope]) for scope in may]
        context = {"name": name, "may": words, "tokens_url": _url("accounts:settings_tokens")}
        send("new_token", to=to, context=context, lives=None)


def send_delete_asked(*, member: User, due_at: datetime) -> None:
    _to_member("delete_asked", member, {"due_at": due_at, "login_url": _url("accounts:login")})


def send_delete_soon(*, member: User, due_at: datetime) -> None:
    _to_member("delete_soon", member, {"due_at": due_at, "login_url": _url("accounts:login")})


def send_export_ready(*, member: User, expires_at: datetime) -> None:
    _to_member("export_ready", member, {"expires_at": expires_at, "data_url": _url("accounts:settings_data")})


def _to_member(name: str, member: User, context: dict[str, Any]) -> None:
    """In the member's own language, worth sending however late."""
    with translation.override(member.language or settings.LANGUAGE_CODE):
        send(name, to=member.email, context=context, lives=None)


def _url(name: str, *parts: str) -> str:
    return settings.SITE_URL + reverse(name, args=parts)
