"""Bots, for staff who may: make, name, give tokens, let rest."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.access import api_tokens as api_token_access
from accounts.actions import api_tokens
from accounts.actions import bots as bot_actions
from accounts.forms import api_tokens as api_token_forms
from accounts.queries import api_tokens as api_token_queries
from accounts.views import office
from accounts.views.api_tokens import token_page
from accounts.views.asking import asks
from accounts.views.base import Request
from core.views import members_only


@members_only
@never_cache
def bots(request: Request) -> HttpResponse:
    page = api_token_queries.bots(viewer=request.user, cursor=request.GET.get("cursor", ""))
    form = api_token_forms.NewBotForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with form.mending():
            bot = bot_actions.make_bot(actor=request.user, **form.cleaned_data)
            messages.success(request, _("The bot is here. Give it a token, and it can speak."))
            return redirect("accounts:site_bot", bot.pk)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    context = {"form": form, "bots": page.rows, "next": page.next, **office.of(request, "bots")}
    return render(request, "accounts/site_bots.html", context, status=status)


@members_only
@never_cache
def bot(request: Request, id: int) -> HttpResponse:
    found = api_token_access.access_bot(request.user, id)
    initial = {"display_name": found.display_name, "bio": found.bio}
    form = api_token_forms.BotForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        with form.mending():
            bot_actions.rename_bot(actor=request.user, bot=id, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("accounts:site_bot", id)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    context = {"form": form, "bot": found, **office.of(request, "bots")}
    return render(request, "accounts/site_bot.html", context, status=status)


@members_only
@never_cache
@sensitive_post_parameters("password")
def tokens(request: Request, id: int) -> HttpResponse:
    found = api_token_access.access_bot(request.user, id)
    template = "accounts/site_bot_tokens.html"
    return token_page(request, template, owner=found, bot=id, subject=found, **office.of(request, "bots"))


def by_post(act: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A GET comes from somebody who had to log in first: to the bot's page, to press the button again."""

    @wraps(act)
    def guarded(request: Request, id: int, **kwargs: Any) -> HttpResponse:
        return act(request, id, **kwargs) if request.method == "POST" else redirect("accounts:site_bot", id)

    return guarded


@members_only
@by_post
@asks("revoke_token")
def revoke(request: Request, id: int, token_id: int) -> HttpResponse:
    api_tokens.revoke_token(actor=request.user, token_id=token_id, bot=id)
    messages.success(request, _("This token is good no more."))
    return redirect("accounts:site_bot_tokens", id)


@members_only
@by_post
@asks("rest_bot")
def rest(request: Request, id: int) -> HttpResponse:
    bot_actions.rest_bot(actor=request.user, bot=id)
    messages.success(request, _("The bot rests, and its tokens are good no more."))
    return redirect("accounts:site_bot", id)


@members_only
@by_post
def wake(request: Request, id: int) -> HttpResponse:
    bot_actions.wake_bot(actor=request.user, bot=id)
    messages.success(request, _("You answer for this bot from now on."))
    return redirect("accounts:site_bot", id)
