"""Reactions, polls and cards of links: plain forms, and pages that scripts open where one reads."""

import uuid

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.views.base import Request
from chat.actions import cards as card_actions
from chat.actions import polls as poll_actions
from chat.actions import reactions as reaction_actions
from chat.forms import PollForm
from chat.queries import answers as answer_queries
from chat.queries import conversations as conversation_queries
from chat.views import messages as message_views
from core import errors, limits
from core.views import members_only


@members_only
@require_POST
def react(request: Request, id: int, seq: int) -> HttpResponse:
    """`kind`, empty to take it back."""
    limits.check(reaction_actions.ANSWERING, request.user.pk)
    reaction_actions.react(actor=request.user, conversation_id=id, seq=seq, kind=request.POST.get("kind", "")[:80])
    return message_views.done(request, id, seq)


@members_only
@require_safe
@vary_on_headers("HX-Request")
def reactors(request: Request, id: int, seq: int) -> HttpResponse:
    kind = request.GET.get("kind", "")
    message, page = answer_queries.reactors(request.user, id, seq, kind=kind, cursor=request.GET.get("cursor", ""))
    kinds = message.chips
    context = {
        "chat": conversation_queries.chat(request.user, id),
        "message": message,
        "kinds": kinds,
        "all": sum(number for _kind, number in kinds),
        "kind": kind,
        "rows": page.rows,
        "next_url": f"?cursor={page.next}&kind={kind if kind in dict(kinds) else ''}" if page.next else "",
    }
    return render(request, f"chat/{'_' * ('HX-Request' in request.headers)}reactors.html", context)


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
def poll(request: Request, id: int) -> HttpResponse:
    """Asking the others in a conversation."""
    chat = conversation_queries.chat(request.user, id)
    form = PollForm(request.POST if request.method == "POST" else None, initial={"client_id": uuid.uuid4()})
    if form.is_valid():
        with form.mending():
            poll_actions.create_poll(actor=request.user, conversation_id=id, **form.cleaned_data)
            return redirect(reverse("chat:conversation", args=[id]) + "#end")
    if not chat.may_write:
        raise errors.NotFound
    return render(request, "chat/poll.html", {"chat": chat, "form": form}, status=422 if form.errors else 200)


@members_only
@require_POST
def vote(request: Request, id: int, seq: int) -> HttpResponse:
    """`choice`, perhaps several, or `back`."""
    limits.check(reaction_actions.ANSWERING, request.user.pk)
    given = request.POST.getlist("choice")
    chosen = [int(one) if one.isascii() and one.isdigit() and len(one) < 3 else -1 for one in given]
    if not chosen and "back" not in request.POST:
        return message_views.done(request, id, seq)  # nothing was ticked
    back = "back" in request.POST
    poll_actions.vote(actor=request.user, conversation_id=id, seq=seq, choices=[] if back else chosen)
    return message_views.done(request, id, seq)


@members_only
@require_POST
def close(request: Request, id: int, seq: int) -> HttpResponse:
    poll_actions.close_poll(actor=request.user, conversation_id=id, seq=seq)
    return message_views.done(request, id, seq)


@members_only
@require_safe
@vary_on_headers("HX-Request")
def voters(request: Request, id: int, seq: int) -> HttpResponse:
    """Who voted, or with ?choice= for what."""
    place = request.GET.get("choice", "")
    choice = int(place) if place.isascii() and place.isdigit() and len(place) < 3 else None
    message, page = answer_queries.voters(request.user, id, seq, choice=choice, cursor=request.GET.get("cursor", ""))
    choices = (message.data or {})["choices"]
    for row in page.rows:
        row.words = [choices[one] for one in row.chosen if one < len(choices)]  # type: ignore[attr-defined]
    context = {
        "chat": conversation_queries.chat(request.user, id),
        "message": message,
        "choices": choices,
        "choice": choice,
        "rows": page.rows,
        "next_url": f"?cursor={page.next}&choice={'' if choice is None else choice}" if page.next else "",
    }
    return render(request, f"chat/{'_' * ('HX-Request' in request.headers)}voters.html", context)


@members_only
@require_POST
def card(request: Request, id: int, seq: int) -> HttpResponse:
    """`show`: yes or no."""
    shown = request.POST.get("show") == "yes"
    card_actions.show_card(actor=request.user, conversation_id=id, seq=seq, shown=shown)
    return message_views.done(request, id, seq)
