"""The page of one's own tokens."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.actions import api_tokens
from accounts.forms import api_tokens as api_token_forms
from accounts.models.people import User
from accounts.queries import api_tokens as api_token_queries
from accounts.serializers import api_tokens as api_token_serializers
from accounts.views.asking import asks
from accounts.views.base import Request
from accounts.views.confirm import ask_first, is_recent
from core import scopes
from core.views import members_only


@members_only
@never_cache
@sensitive_post_parameters("password")
def tokens(request: Request) -> HttpResponse:
    return token_page(request, "accounts/settings_tokens.html", owner=request.user, here="tokens")


def token_page(request: Request, template: str, *, owner: User, bot: int | None = None, **context: Any) -> HttpResponse:
    """The tokens of a member or a bot, and the form that makes one. The new one stands on the answer itself, because
    nothing of it is kept to be shown later."""
    form = api_token_forms.TokenForm(request.POST if request.method == "POST" else None, request=request)
    made = None
    if form.is_bound and "password" not in form.fields and not is_recent(request):
        return ask_first(request.path)
    if form.is_valid():
        given = form.cleaned_data
        with form.mending():
            made = api_tokens.make_token(
                actor=request.user, name=given["name"], may=given["scopes"], days=given["days"], bot=bot
            )
            form = api_token_forms.TokenForm(request=request)
    page = api_token_queries.tokens(owner=owner, cursor=request.GET.get("cursor", ""))
    rows = [
        {**api_token_serializers.token(row), "may": [scopes.NAMES.get(one, one) for one in row.scopes]}
        for row in page.rows
    ]
    status = HTTPStatus.CREATED if made else HTTPStatus.OK
    if form.is_bound:
        late = form.has_error("password", "too_many_login_attempts")
        status = HTTPStatus.TOO_MANY_REQUESTS if late else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(
        request, template, {"form": form, "made": made, "tokens": rows, "next": page.next, **context}, status=status
    )


@members_only
@asks("revoke_token")
def revoke(request: Request, id: int) -> HttpResponse:
    """A GET comes from somebody who had to log in first: to the page, to press the button again."""
    if request.method == "POST":
        api_tokens.revoke_token(actor=request.user, token_id=id)
        messages.success(request, _("This token is good no more."))
    return redirect("accounts:settings_tokens")
