"""Where allauth asks us: who may log in, what a login leaves behind, how mail goes out."""

from typing import Any

from allauth.account import auth_backends
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url

from accounts import actions, mails
from accounts.models import User


class AuthenticationBackend(auth_backends.AuthenticationBackend):
    """Suspended members are nobody, from the next request on."""

    def user_can_authenticate(self, user: Any) -> bool:
        return isinstance(user, User) and user.is_present


class AccountAdapter(DefaultAccountAdapter):
    """Our answers to allauth."""

    def add_message(self, *args: Any, message: str | None = None, **kwargs: Any) -> None:
        """allauth's own remarks ("Successfully signed in as ...") stay unsaid; what our views say passes."""
        if message:
            super().add_message(*args, message=message, **kwargs)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        mails.send_for_allauth(template_prefix, to=email, context=context)

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        if not user.is_present:
            clear_login(request)
            return self.respond_user_inactive(request, user)
        return super().pre_login(request, user, **kwargs)

    def login(self, request: HttpRequest, user: Any) -> None:
        super().login(request, user)
        if request.session.session_key is None:
            request.session.create()
        actions.start_device(
            actor=user, session_key=request.session.session_key, client=request.headers.get("User-Agent", "")
        )

    def logout(self, request: HttpRequest) -> None:
        actions.end_session(actor=request.user, session_key=request.session.session_key or "")
        super().logout(request)

    def set_password(self, user: Any, password: str) -> None:
        actions.set_password(actor=user, password=password)

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return self.get_login_redirect_url(request)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return resolve_url("/")
