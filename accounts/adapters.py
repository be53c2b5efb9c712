"""Where allauth asks us: who may log in, what a login leaves behind, how mail goes out."""

from typing import Any

from allauth.account import auth_backends
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.translation import gettext_lazy as _

from accounts import arrivals, known_browsers, mails, rules
from accounts.actions import factors, logins
from accounts.models.people import User
from accounts.queries import joining as joining_queries
from core import errors, limits

YEAR = 365 * 24 * 60 * 60
# Wrong passwords, counted in the database (allauth's own counters are lost with a restart and with Redis).
WRONG_FROM_NETWORK = limits.Limit("wrong-from-network", 10, 60)


class AuthenticationBackend(auth_backends.AuthenticationBackend):
    """Suspended members are nobody, from the next request on, and nobody is a bot."""

    def user_can_authenticate(self, user: Any) -> bool:
        return isinstance(user, User) and user.can_log_in

    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> Any:
        """One look and one hash for whatever was typed: allauth's own hashes twice where an address is known, which
        anybody with a watch can tell."""
        return self._check_password(joining_queries.by_login(_login(credentials)), credentials.get("password") or "")


def _login(credentials: dict[str, Any]) -> str:
    return str(credentials.get("email") or credentials.get("username") or "").strip().lower()


class AccountAdapter(DefaultAccountAdapter):
    """Our answers to allauth."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("This account is not open at the moment."),
        "email_password_mismatch": _("This address and this password do not belong together."),
        "username_password_mismatch": _("This name and this password do not belong together."),
        "incorrect_code": _("That is not the code. Look at the newest mail."),
        "too_many_login_attempts": _("That was too many tries. Please wait a few minutes."),
        "rate_limited": _("We have just sent a mail. Give it half a minute."),
    }

    def add_message(self, *args: Any, message: str | None = None, **kwargs: Any) -> None:
        """allauth's own remarks ("Successfully signed in as ...") stay unsaid; what our views say passes."""
        if message:
            super().add_message(*args, message=message, **kwargs)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        mails.send_for_allauth(template_prefix, to=email, context=context)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Every check of a password passes here, the browser's and the API's; only wrong ones count."""
        counted = (
            (WRONG_FROM_NETWORK, limits.network(request.META.get("REMOTE_ADDR", ""))),
            (
                factors.WRONG_PASSWORD,
                known_browsers.counted_as(request, _login(credentials)),
            ),  # not counted for what the network may not try
        )
        if not all(limits.take_sure(limit, who).allowed for limit, who in counted):
            raise self.validation_error("too_many_login_attempts")
        user = super().authenticate(request, **credentials)
        if user:
            for limit, who in counted:
                limits.give_back_sure(limit, who)
        return user

    def reauthenticate(self, user: Any, password: str) -> bool:
        """Inside an open login a wrong one counts for both its member's names."""
        return factors.check_password(actor=user, password=password)

    def clean_password(self, password: str, user: Any = None) -> str:
        try:
            return rules.clean_password(password, user=user)
        except errors.Invalid as error:
            raise ValidationError(str(error.message)) from None

    def is_safe_url(self, url: str) -> bool:
        """Where a link or a form of ours may lead on to: pages of this site, by their path (core.views.ours)."""
        return bool(url) and url.startswith("/") and bool(super().is_safe_url(url))

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        if not user.can_log_in:
            clear_login(request)
            return self.respond_user_inactive(request, user)
        return super().pre_login(request, user, **kwargs)

    def login(self, request: HttpRequest, user: Any) -> None:
        returning = user.last_login is not None  # Django is about to write this one down
        super().login(request, user)
        if request.session.session_key is None:
            request.session.create()
        device = logins.start_device(
            actor=user,
            session_key=request.session.session_key or "",
            client=request.headers.get("User-Agent", ""),
            address=request.META.get("REMOTE_ADDR", ""),
            returning=returning,
        )
        arrivals.settle(request, user, device)

    def logout(self, request: HttpRequest) -> None:
        if isinstance(request.user, User):
            logins.end_session(actor=request.user, session_key=request.session.session_key or "")
        super().logout(request)

    def set_password(self, user: Any, password: str) -> None:
        logins.set_password(actor=user, password=password)
        factors.forget_wrong_passwords(actor=user)  # who has just proven their address need not wait

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        response = super().post_login(request, user, **kwargs)
        known_browsers.remember(request, response, user)
        if user.language and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            response.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.language, max_age=YEAR, samesite="Lax")
        return response

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return self.get_login_redirect_url(request)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        unfinished = isinstance(request.user, User) and request.user.welcome
        return resolve_url("accounts:welcome" if unfinished else "/")
