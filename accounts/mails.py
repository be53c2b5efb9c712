"""What we write to people: a text whose first line is the subject, and the same as simple HTML (templates/emails)."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from accounts.models.logins import Device
from accounts.models.people import User
from accounts.serializers import logins as login_serializers
from core import delivery

CODE_LIFE = timedelta(minutes=5)

# allauth's names and ours.
NAMES = {
    "account/email/email_confirmation_signup": "confirm_code",
    "account/email/email_confirmation": "confirm_code",
    "account/email/password_reset_code": "reset_code",
    "account/email/unknown_account": "unknown_account",
}


def send(name: str, *, to: str, context: dict[str, Any], lives: timedelta | None = CODE_LIFE) -> None:
    """Queues templates/emails/<name>.txt and .html; after `lives` the mail is not worth sending any more."""
    words = {"site_name": settings.SITE_NAME, "site_url": settings.SITE_URL, "to": to, **context}
    subject, _, body = render_to_string(f"emails/{name}.txt", words).strip().partition("\n")
    html = render_to_string(f"emails/{name}.html", words)
    delivery.queue_mail(to=to, subject=subject.strip(), body=body.strip(), html=html, lives=lives)


def send_for_allauth(prefix: str, *, to: str, context: dict[str, Any]) -> None:
    """What allauth wants to send; kinds of mail that we do not write are not sent."""
    name = NAMES.get(prefix)
    if name is not None:
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


def _url(name: str) -> str:
    return settings.SITE_URL + reverse(name)
