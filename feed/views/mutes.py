"""Muting conversations."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import people as accounts_access
from accounts.models.mutes import Span
from feed.actions import mutes as mute_actions
from feed.queries import mutes as mute_queries
from feed.views import base


@require_POST
def mute(request: base.Request, id: int) -> HttpResponse:
    """Mutes the conversation under a post."""
    one = mute_actions.mute_post(actor=request.user, post_id=id, span=request.POST.get("span", Span.EVER))
    if request.htmx:
        return HttpResponse(status=204)
    messages.success(request, _("This conversation is muted. You can take it back here."))
    return redirect(one)


@require_POST
def unmute(request: base.Request, id: int) -> HttpResponse:
    mute_actions.unmute_post(actor=request.user, post_id=id)
    if request.htmx:
        return HttpResponse(status=204)
    messages.success(request, _("This conversation is not muted any more."))
    return redirect("feed:muted")


@require_safe
def muted(request: base.Request) -> HttpResponse:
    """The settings' list of conversations that are muted."""
    member = accounts_access.access_member(request.user)
    page = mute_queries.muted_posts(member, request.GET.get("cursor", ""))
    context = {"here": "muted", "which": "conversations", "rows": page.rows, "next": page.next}
    return render(request, "feed/muted.html", context)
