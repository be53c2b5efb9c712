"""Sharing posts, and who did."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import people as accounts_access
from core import errors, limits, text
from feed.access import shares as share_access
from feed.actions import shares as share_actions
from feed.forms import ShareForm
from feed.queries import posts as post_queries
from feed.queries import shares as share_queries
from feed.views import base


@require_http_methods(["GET", "HEAD", "POST"])
@base.fragments
def share(request: base.Request, id: int) -> HttpResponse:
    """A page; for scripts what a dialog shows, and then the card of the share. Refusals reach scripts as words."""
    original = share_access.access_original(request.user, id)
    form = ShareForm(request.POST if request.method == "POST" else None, widest=original.audience)
    if form.is_valid():
        try:
            limits.check(limits.WRITING, request.user.pk)
            made = share_actions.share_post(actor=request.user, post_id=original.pk, **form.cleaned_data)
        except (errors.Invalid, errors.Conflict, errors.TooMany) as error:
            if request.htmx:
                raise
            base.complain(form, error)
        else:
            if request.htmx:
                return render(
                    request, "feed/_post.html", {"post": post_queries.post(request.user, made.pk), "fresh": True}
                )
            messages.success(request, _("Shared."))
            return redirect(made)
    mine = post_queries.post(request.user, original.pk).my_share  # type: ignore[attr-defined]
    context = {"form": form, "post": original, "mine": mine, "headline": text.plain(original.html, 160)}
    page = "feed/_share_form.html" if request.htmx else "feed/share.html"
    level = 2 if request.htmx else 1
    return render(request, page, {**context, "level": level}, status=422 if form.is_bound else 200)


@require_safe
@base.fragments
def shares(request: base.Request, id: int) -> HttpResponse:
    """Who shared a post, as far as the reader may see it."""
    post, page = share_queries.shares_of(request.user, id, request.GET.get("cursor", ""))
    context = {"post": post, "page": page, "next_url": base.next_url(request, page.next)}
    return render(request, "feed/shares.html", context)


@require_safe
def lost(request: base.Request) -> HttpResponse:
    """The settings' list of one's shares of what one cannot see any more."""
    member = accounts_access.access_member(request.user)
    page = share_queries.lost_shares(member, request.GET.get("cursor", ""))
    context = {"here": "muted", "which": "lost", "rows": page.rows, "next": page.next}
    return render(request, "feed/lost_shares.html", context)
