"""The chat's pages. They can be read and written without script; with script the same addresses answer fragments."""

import contextlib
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.access import people as accounts_access
from accounts.models.people import User
from accounts.views.base import Request
from chat.access import conversations as conversation_access
from chat.actions import conversations as conversation_actions
from chat.actions import marks as mark_actions
from chat.actions import messages as message_actions
from chat.forms import MessageForm
from chat.models.files import MESSAGE
from chat.models.messages import Message
from chat.queries import conversations as conversation_queries
from chat.queries import files as file_queries
from chat.queries import groups as group_queries
from chat.queries import messages as message_queries
from chat.queries import own as own_queries
from core import errors
from core.views import members_only
from uploads import access as upload_access
from uploads.actions import receiving as uploads_receiving


@members_only
@require_safe
@vary_on_headers("HX-Request")
def inbox(request: Request) -> HttpResponse:
    which = request.GET.get("which", "")
    found = conversation_queries.inbox_with_requests(request.user, request.GET.get("cursor", ""), which=which)
    context = {"inbox": found, "which": which}
    return render(request, "chat/_inbox.html" if is_fragment(request) else "chat/inbox.html", context)


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def conversation(request: Request, id: int) -> HttpResponse:
    """Reading marks as read what the page shows; `before` and `after` are places in the conversation."""
    form = MessageForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and sent(request.user, id, form):
        return to_end(id)
    sync = own_queries.own_sync(request.user)  # before what it numbers: what changes between is asked for again
    chat = conversation_queries.chat(request.user, id)
    if not form.is_bound:
        form = MessageForm(
            initial={"text": chat.mine.draft, "reply": request.GET.get("reply"), "client_id": uuid.uuid4()}
        )
    thread = message_queries.thread(request.user, chat, **window(request))
    if is_fragment(request):
        return render(request, "chat/_messages.html", {"thread": thread, "chat": chat})
    if request.method == "GET" and not thread.newer:  # whatever was said last, also where it is gone by now
        seq = max(thread.last_seq, chat.conversation.last_seq)
        mark_actions.mark_read(actor=request.user, conversation_id=id, seq=seq)
    page = {
        "inbox": conversation_queries.inbox_with_requests(request.user),
        "chat": chat,
        "thread": thread,
        "form": form,
        "other": chat.other,
        "sync": sync,
        "pinned": message_queries.pinned(request.user, id, size=1),
        "replying": replying(request, id),
        "members": group_queries.members(request.user, id, size=group_queries.SHOWN) if chat.is_group else None,
        "blanks": message_queries.blank_lines(chat),
        "kept": file_queries.kept(request.user, form["uploads"].value() or ()),
        "carries": not chat.awaits,
    }
    return render(request, "chat/conversation.html", page, status=422 if form.errors else 200)


@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """The conversation's form where it brings files, also that of the first message to somebody (`with`): large bodies
    come to this address alone."""
    if handle := request.POST.get("with", ""):
        return with_person(request, handle[:60])
    place = request.POST.get("conversation", "")
    if not place.isdecimal() or len(place) > 18:
        raise errors.NotFound
    return conversation(request, int(place))


def sent(member: User, id: int, form: MessageForm) -> bool:
    """Whether the message stands. Files of the plain form become uploads first, which a refused form then keeps."""
    keys = list(form.cleaned_data["uploads"] or [])
    if form.cleaned_data["files"]:
        conversation_access.access_conversation(member, id)
    try:
        for file in form.cleaned_data["files"]:
            made = uploads_receiving.receive_ready_upload(actor=member, purpose=MESSAGE, file=file, name=file.name)
            keys.append(str(made.key))
        message_actions.send_message(actor=member, conversation_id=id, files=upload_access.as_keys(keys), **form.words)
    except (errors.Invalid, errors.TooLarge, errors.TooMany, errors.Conflict) as error:
        if not keys and error.field not in ("file", "files", "uploads"):
            raise
        form.keep(keys)
        form.add_error("files", str(error.message))
        return False
    return True


def replying(request: Request, id: int) -> Message | None:
    """What is to be answered, where the address names it; what is not there any more is not answered."""
    place = request.GET.get("reply", "")
    with contextlib.suppress(errors.NotFound):
        return message_queries.message(request.user, id, int(place)) if place.isdecimal() and len(place) < 19 else None
    return None


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
def with_person(request: Request, handle: str) -> HttpResponse:
    """The conversation with somebody; before the first message it is only a page with a line to write into."""
    person = accounts_access.access_person(request.user, handle)
    form = MessageForm(request.POST or None, request.FILES or None)
    says = any(request.POST.get(name) for name in ("text", "uploads")) or bool(request.FILES)
    if request.method == "POST" and (not says or form.is_valid()):
        opened = conversation_actions.open_direct(actor=request.user, person_id=person.pk)
        if not says or sent(request.user, opened.pk, form):
            return to_end(opened.pk)
    existing = conversation_queries.direct_with(request.user, person)
    if existing is not None and not form.errors:
        return redirect(existing)
    page = {
        "inbox": conversation_queries.inbox_with_requests(request.user),
        "other": person,
        "form": form,
        "carries": conversation_queries.takes_files(request.user, person),
        "kept": file_queries.kept(request.user, form["uploads"].value() or ()),
    }
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
