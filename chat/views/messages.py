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

from accounts.access import people as accounts_access
from accounts.models.people import User
from accounts.views.asking import asks
from chat.actions import changes as change_actions
from chat.actions import messages as message_actions
from chat.actions import own as own_actions
from chat.forms import EditForm, ForwardForm
from chat.queries import conversations as conversation_queries
from chat.queries import messages as message_queries
from chat.queries import own as own_queries
from core import errors

BEFORE = 25  # messages above the one that a page is opened at


@require_safe
@vary_on_headers("HX-Request")
def message(request: HttpRequest, id: int, seq: int) -> HttpResponse:
    """What may be done with it; with ?line=1 the message alone, as the conversation's page shows it."""
    member = accounts_access.access_member(request.user)
    if request.GET.get("line"):
        chat = conversation_queries.chat(member, id)
        line = message_queries.one_line(member, chat, seq)
        context = {"line": line, "chat": chat, "other": chat.other}
        template = "_notice" if line.is_notice else "_closed" if line.message.is_closed else "_message"
        return render(request, f"chat/{template}.html", context)
    return options(request, member, id, seq)


def options(request: HttpRequest, member: User, id: int, seq: int, status: int = 200, **forms: Any) -> HttpResponse:
    chat = conversation_queries.chat(member, id)
    line = message_queries.one_line(member, chat, seq)
    if line.message.is_closed:
        raise errors.NotFound
    context = {
        "chat": chat,
        "line": line,
        "may": message_queries.may(chat, line.message),
        "inbox": conversation_queries.inbox(member),
        "edit": EditForm(initial={"text": line.message.text}),
        "forward": ForwardForm(initial={"client_id": uuid.uuid4()}),
        **forms,
    }
    template = "chat/_options.html" if "HX-Request" in request.headers else "chat/message.html"
    return render(request, template, context, status=status)


@require_POST
def edit(request: HttpRequest, id: int, seq: int) -> HttpResponse:
    member = accounts_access.access_member(request.user)
    form = EditForm(request.POST)
    if not form.is_valid():
        return options(request, member, id, seq, status=422, edit=form)
    change_actions.edit_message(actor=member, conversation_id=id, seq=seq, **form.cleaned_data)
    return done(request, id, seq)


@require_POST
def delete(request: HttpRequest, id: int, seq: int) -> HttpResponse:
    member = accounts_access.access_member(request.user)
    remove = change_actions.delete_message if request.POST.get("whose") == "everyone" else own_actions.hide_message
    remove(actor=member, conversation_id=id, seq=seq)
    return done(request, id, seq)


@require_POST
def star(request: HttpRequest, id: int, seq: int) -> HttpResponse:
    member = accounts_access.access_member(request.user)
    own_actions.star_message(actor=member, conversation_id=id, seq=seq, starred=request.POST.get("star") == "yes")
    return done(request, id, seq)


@require_POST
def pin(request: HttpRequest, id: int, seq: int) -> HttpResponse:
    member = accounts_access.access_member(request.user)
    change_actions.set_pinned(actor=member, conversation_id=id, seq=seq, pinned=request.POST.get("pin") == "yes")
    return done(request, id, seq)


@require_POST
def forward(request: HttpRequest, id: int, seq: int) -> HttpResponse:
    member = accounts_access.access_member(request.user)
    form = ForwardForm(request.POST)
    if not form.is_valid():
        return options(request, member, id, seq, status=422, forward=form)
    message_actions.forward_message(actor=member, conversation_id=id, seq=seq, **form.cleaned_data)
    return done(request, form.cleaned_data["to"], 0)


def done(request: HttpRequest, id: int, seq: int) -> HttpResponse:
    """Scripts hear what became of it over the socket; without them the conversation is shown at this message."""
    if "HX-Request" in request.headers:
        return HttpResponse(status=204)
    place = f"?after={max(0, seq - BEFORE)}#m{seq}" if seq else "#end"
    return HttpResponseRedirect(reverse("chat:conversation", args=[id]) + place)


@require_safe
def starred(request: HttpRequest) -> HttpResponse:
    member = accounts_access.access_member(request.user)
    page = own_queries.starred(member, request.GET.get("cursor", ""))
    return render(request, "chat/starred.html", {"page": page, "inbox": conversation_queries.inbox(member)})


@require_POST
def own(request: HttpRequest, id: int) -> HttpResponse:
    """Mutes, archives or pins the conversation for oneself: the button says which."""
    member = accounts_access.access_member(request.user)
    deed = request.POST.get("deed", "")
    own_actions.change_conversation(actor=member, conversation_id=id, changes=own_change(deed))
    return HttpResponseRedirect(reverse("chat:conversation", args=[id]))


@require_POST
@asks("clear_conversation")
def clear(request: HttpRequest, id: int) -> HttpResponse:
    member = accounts_access.access_member(request.user)
    own_actions.clear_conversation(actor=member, conversation_id=id)
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
