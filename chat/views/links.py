"""Invite links: making and ending them, and the page where one leads."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.views.base import Request
from chat.actions import links as link_actions
from chat.forms import LinkForm
from chat.queries import conversations as conversation_queries
from chat.queries import groups as group_queries
from core import errors
from core.views import members_only


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
def links(request: Request, id: int) -> HttpResponse:
    """The links that let somebody in now, and a new one."""
    rows = group_queries.links(request.user, id)
    found = [(row, request.build_absolute_uri(reverse("chat:join", args=[row.code]))) for row in rows]
    form = LinkForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        days, most = form.cleaned_data["days"], form.cleaned_data["most_uses"]
        with form.mending():
            lasts = timedelta(days=days) if days else None
            link_actions.make_link(actor=request.user, conversation_id=id, lasts=lasts, most_uses=most)
            return redirect("chat:links", id)
    context = {
        "chat": conversation_queries.chat(request.user, id),
        "links": found,
        "form": form,
    }
    return render(request, "chat/links.html", context, status=422 if form.errors else 200)


@members_only
@require_POST
def end(request: Request, id: int, link: int) -> HttpResponse:
    link_actions.end_link(actor=request.user, conversation_id=id, link_id=link)
    return redirect("chat:links", id)


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: Request, code: str) -> HttpResponse:
    """What one is invited to; joining is a button, so that no picture or preview of the link joins for anybody."""
    if request.method == "POST":
        try:
            return redirect(link_actions.join_by_link(actor=request.user, code=code))
        except errors.Conflict as refusal:
            messages.error(request, str(refusal.message))
    group, is_member = group_queries.invitation(request.user, code)
    if is_member:
        return redirect(group)
    return render(request, "chat/join.html", {"group": group, "face": conversation_queries.face_of(group)})
