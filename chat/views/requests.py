"""Message requests, and what a member has decided about the chat."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.views.base import Request
from chat.actions import presence as presence_actions
from chat.actions import requests as request_actions
from chat.forms import ChatSettingsForm
from chat.queries import conversations as conversation_queries
from chat.queries import members as member_queries
from chat.queries import notices as notice_queries
from core.views import members_only


@members_only
@require_safe
def index(request: Request) -> HttpResponse:
    found = conversation_queries.requests(request.user, request.GET.get("cursor", ""))
    return render(request, "chat/requests.html", {"requests": found})


@members_only
@require_POST
def accept(request: Request, id: int) -> HttpResponse:
    return redirect(request_actions.accept(actor=request.user, conversation_id=id))


@members_only
@require_POST
def decline(request: Request, id: int) -> HttpResponse:
    request_actions.decline(actor=request.user, conversation_id=id)
    messages.success(request, _("Declined. They are not told."))
    return redirect("chat:requests")


@members_only
@require_safe
def notice(request: Request, id: int, seq: int) -> HttpResponse:
    """The words of one notice, for scripts."""
    words = notice_queries.notice(request.user, id, seq)
    return render(request, "chat/_notice_words.html", {"words": words})


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: Request) -> HttpResponse:
    own = member_queries.own(request.user)
    initial = {name: getattr(own, name) for name in ChatSettingsForm.base_fields}
    form = ChatSettingsForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        presence_actions.change_settings(actor=request.user, changes=form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("chat:settings")
    return render(request, "chat/settings.html", {"form": form, "here": "chat"}, status=422 if form.errors else 200)
