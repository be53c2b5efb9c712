"""One message: what one may do with it. Without script these are pages; scripts open them where one reads."""

import uuid
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.views.asking import asks
from accounts.views.base import Request
from chat.actions import changes as change_actions
from chat.actions import describing
from chat.actions import messages as message_actions
from chat.actions import own as own_actions
from chat.forms import DescribeForm, EditForm, ForwardForm
from chat.queries import conversations as conversation_queries
from chat.queries import messages as message_queries
from chat.queries import own as own_queries
from core import errors
from core.views import members_only

BEFORE = 25  # messages above the one that a page is opened at


@members_only
@require_safe
@vary_on_headers("HX-Request")
def message(request: Request, id: int, seq: int) -> HttpResponse:
    """What may be done with it; with ?line=1 the message alone, as the conversation's page shows it."""
    if request.GET.get("line"):
        chat = conversation_queries.chat(request.user, id)
        line = message_queries.one_line(request.user, chat, seq)
        context = {"line": line, "chat": chat, "other": chat.other}
        template = "_notice" if line.is_notice else "_closed" if line.message.is_closed else "_message"
        return render(request, f"chat/{template}.html", context)
    return options(request, id, seq)


def options(request: Request, id: int, seq: int, status: int = 200, **forms: Any) -> HttpResponse:
    chat = conversation_queries.chat(request.user, id)
    line = message_queries.one_line(request.user, chat, seq)
    if line.message.is_closed:
        raise errors.NotFound
    context = {
        "chat": chat,
        "line": line,
        "may": message_queries.may(chat, line.message),
        "inbox": conversation_queries.inbox(request.user),
        "describe": DescribeForm(pictures=message_queries.describable(request.user, line.message)),
        "edit": EditForm(initial={"text": line.message.text}),
        "forward": ForwardForm(initial={"client_id": uuid.uuid4()}),
        **forms,
    }
    template = "chat/_options.html" if "HX-Request" in request.headers else "chat/message.html"
    return render(request, template, context, status=status)


@members_only
@require_POST
def edit(request: Request, id: int, seq: int) -> HttpResponse:
    form = EditForm(request.POST)
    if not form.is_valid():
        return options(request, id, seq, status=422, edit=form)
    change_actions.edit_message(actor=request.user, conversation_id=id, seq=seq, **form.cleaned_data)
    return done(request, id, seq)


@members_only
@require_POST
def describe(request: Request, id: int, seq: int) -> HttpResponse:
    """What one's pictures in it show."""
    row = message_queries.message(request.user, id, seq)
    form = DescribeForm(request.POST, pictures=message_queries.describable(request.user, row))
    if not form.is_valid():
        return options(request, id, seq, status=422, describe=form)
    describing.describe_pictures(actor=request.user, conversation_id=id, seq=seq, alts=form.alts)
    return done(request, id, seq)


@members_only
@require_POST
def delete(request: Request, id: int, seq: int) -> HttpResponse:
    remove = change_actions.delete_message if request.POST.get("whose") == "everyone" else own_actions.hide_message
    remove(actor=request.user, conversation_id=id, seq=seq)
    return done(request, id, seq)


@members_only
@require_POST
def star(request: Request, id: int, seq: int) -> HttpResponse:
    own_actions.star_message(actor=request.user, conversation_id=id, seq=seq, starred=request.POST.get("star") == "yes")
    return done(request, id, seq)


@members_only
@require_POST
def pin(request: Request, id: int, seq: int) -> HttpResponse:
    change_actions.set_pinned(actor=request.user, conversation_id=id, seq=seq, pinned=request.POST.get("pin") == "yes")
    return done(request, id, seq)


@members_only
@require_POST
def forward(request: Request, id: int, seq: int) -> HttpResponse:
    form = ForwardForm(request.POST)
    if not form.is_valid():
        return options(request, id, seq, status=422, forward=form)
    message_actions.forward_message(actor=request.user, conversation_id=id, seq=seq, **form.cleaned_data)
    return done(request, form.cleaned_data["to"], 0)


def done(request: HttpRequest, id: int, seq: int) -> HttpResponse:
    """Scripts hear what became of it over the socket; without them the conversation is shown at this message."""
    if "HX-Request" in request.headers:
        return HttpResponse(status=204)
    place = f"?after={max(0, seq - BEFORE)}#m{seq}" if seq else "#end"
    return HttpResponseRedirect(reverse("chat:conversation", args=[id]) + place)


@members_only
@require_safe
def starred(request: Request) -> HttpResponse:
    page = own_queries.starred(request.user, request.GET.get("cursor", ""))
    return render(request, "chat/starred.html", {"page": page, "inbox": conversation_queries.inbox(request.user)})


@members_only
@require_POST
def own(request: Request, id: int) -> HttpResponse:
    """Mutes, archives or pins the conversation for oneself: the button says which."""
    deed = request.POST.get("deed", "")
    own_actions.change_conversation(actor=request.user, conversation_id=id, changes=own_change(deed))
    return HttpResponseRedirect(reverse("chat:conversation", args=[id]))


@members_only
@require_POST
@asks("clear_conversation")
def clear(request: Request, id: int) -> HttpResponse:
    own_actions.clear_conversation(actor=request.user, conversation_id=id)
    return HttpResponseRedirect(reverse("chat:inbox"))


def own_change(deed: str) -> dict[str, Any]:
    """What a button of the conversation's own settings stands for."""
    now = timezone.now()
    deeds: dict[str, dict[str, Any]] = {
        "mute-hour": {"muted_until": now + timedelta(hours=1)},
        "mute-day": {"muted_until": now + timedelta(days=1)},
        "mute-week": {"muted_until": now + timedelta(days=7)},
        "mute-always": {"muted_until": now + timedelta(days=36500)},
        "unmute": {"muted_until": None},
        "archive": {"archived": True},
        "unarchive": {"archived": False},
        "pin": {"pinned": True},
        "unpin": {"pinned": False},
    }
    if deed not in deeds:
        raise errors.Invalid(field="deed")
    return deeds[deed]
