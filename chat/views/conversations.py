"""The chat's pages. They can be read and written without script; with script the same addresses answer fragments."""

import contextlib
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.access import people as accounts_access
from accounts.models.people import User
from chat.actions import conversations as conversation_actions
from chat.actions import marks as mark_actions
from chat.actions import messages as message_actions
from chat.forms import MessageForm
from chat.models.messages import Message
from chat.queries import conversations as conversation_queries
from chat.queries import groups as group_queries
from chat.queries import messages as message_queries
from chat.queries import own as own_queries
from core import errors


@require_safe
@vary_on_headers("HX-Request")
def inbox(request: HttpRequest) -> HttpResponse:
    member = accounts_access.access_member(request.user)
    which = request.GET.get("which", "")
    found = conversation_queries.inbox_with_requests(member, request.GET.get("cursor", ""), which=which)
    context = {"inbox": found, "which": which}
    return render(request, "chat/_inbox.html" if is_fragment(request) else "chat/inbox.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def conversation(request: HttpRequest, id: int) -> HttpResponse:
    """Reading marks as read what the page shows; `before` and `after` are places in the conversation."""
    member = accounts_access.access_member(request.user)
    form = MessageForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        message_actions.send_message(actor=member, conversation_id=id, **form.cleaned_data)
        return to_end(id)
    chat = conversation_queries.chat(member, id)
    if not form.is_bound:
        form = MessageForm(
            initial={"text": chat.mine.draft, "reply": request.GET.get("reply"), "client_id": uuid.uuid4()}
        )
    thread = message_queries.thread(member, chat, **window(request))
    if is_fragment(request):
        return render(request, "chat/_messages.html", {"thread": thread, "chat": chat})
    if thread.messages and request.method == "GET" and not thread.newer:
        mark_actions.mark_read(actor=member, conversation_id=id, seq=thread.messages[-1].seq)
    page = {
        "inbox": conversation_queries.inbox_with_requests(member),
        "chat": chat,
        "thread": thread,
        "form": form,
        "other": chat.other,
        "sync": own_queries.own_sync(member),
        "pinned": message_queries.pinned(member, id, size=1),
        "replying": replying(request, member, id),
        "members": group_queries.members(member, id, size=group_queries.SHOWN) if chat.is_group else None,
        "blanks": message_queries.blank_lines(chat),
    }
    return render(request, "chat/conversation.html", page, status=422 if form.errors else 200)


def replying(request: HttpRequest, member: User, id: int) -> Message | None:
    """What is to be answered, where the address names it; what is not there any more is not answered."""
    place = request.GET.get("reply", "")
    with contextlib.suppress(errors.NotFound):
        return message_queries.message(member, id, int(place)) if place.isdecimal() and len(place) < 19 else None
    return None


@require_http_methods(["GET", "HEAD", "POST"])
def with_person(request: HttpRequest, handle: str) -> HttpResponse:
    """The conversation with somebody; before the first message it is only a page with a line to write into."""
    member = accounts_access.access_member(request.user)
    person = accounts_access.access_person(member, handle)
    form = MessageForm(request.POST or None)
    if request.method == "POST" and (not request.POST.get("text") or form.is_valid()):
        opened = conversation_actions.open_direct(actor=member, person_id=person.pk)
        if request.POST.get("text"):
            message_actions.send_message(actor=member, conversation_id=opened.pk, **form.cleaned_data)
        return to_end(opened.pk)
    existing = conversation_queries.direct_with(member, person)
    if existing is not None and not form.errors:
        return redirect(existing)
    page = {"inbox": conversation_queries.inbox_with_requests(member), "other": person, "form": form}
    return render(request, "chat/conversation.html", page, status=422 if form.errors else 200)


def is_fragment(request: HttpRequest) -> bool:
    return "HX-Request" in request.headers


def to_end(id: int) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("chat:conversation", args=[id]) + "#end")


def window(request: HttpRequest) -> dict[str, Any]:
    """?before= or ?after= a message's place, or ?newest=1."""
    for name in ("before", "after"):
        if place := request.GET.get(name):
            if not place.isdecimal() or len(place) > 18:
                raise errors.Invalid(field=name)
            return {name: int(place)}
    return {"newest": True} if request.GET.get("newest") else {}
