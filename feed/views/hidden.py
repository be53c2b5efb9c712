"""Hiding posts from oneself."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import people as accounts_access
from feed.actions import hidden as hidden_actions
from feed.queries import hidden as hidden_queries
from feed.views import base


@require_POST
def hide(request: base.Request, id: int) -> HttpResponse:
    one = hidden_actions.hide_post(actor=request.user, post_id=id)
    if request.htmx:
        return HttpResponse(status=204)
    messages.success(request, _("You will not meet this post again. You can take it back here."))
    return redirect(one)


@require_POST
def unhide(request: base.Request, id: int) -> HttpResponse:
    hidden_actions.unhide_post(actor=request.user, post_id=id)
    return HttpResponse(status=204) if request.htmx else redirect("feed:hidden")


@require_safe
def hidden(request: base.Request) -> HttpResponse:
    """The settings' list of posts that are hidden."""
    member = accounts_access.access_member(request.user)
    page = hidden_queries.hidden_posts(member, request.GET.get("cursor", ""))
    context = {"here": "muted", "which": "hidden", "rows": page.rows, "next": page.next}
    return render(request, "feed/hidden.html", context)
