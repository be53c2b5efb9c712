"""Hashtags."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import people as accounts_access
from core import text
from feed.actions import tags as tag_actions
from feed.queries import tags as tag_queries
from feed.views import base


@require_safe
@base.fragments
def tag(request: base.Request, name: str) -> HttpResponse:
    """What stands under a hashtag; in any spelling it leads to the one address."""
    found, page = tag_queries.tag_posts(request.user, name, request.GET.get("cursor", ""))
    if found != name:
        return redirect(text.tag_url(found), permanent=True)
    context = {"name": found, "page": page, "next_url": base.next_url(request, page.next)}
    if request.htmx:
        return render(request, "feed/_posts.html", context)
    return render(request, "feed/tag.html", {**context, "is_followed": tag_queries.is_followed(request.user, found)})


@require_POST
def follow(request: base.Request, name: str) -> HttpResponse:
    return redirect(text.tag_url(tag_actions.follow_tag(actor=request.user, name=name)))


@require_POST
def unfollow(request: base.Request, name: str) -> HttpResponse:
    return redirect(text.tag_url(tag_actions.unfollow_tag(actor=request.user, name=name)))


@require_safe
def followed(request: base.Request) -> HttpResponse:
    """The reader's own hashtags."""
    member = accounts_access.access_member(request.user)
    page = tag_queries.followed_tags(member, request.GET.get("cursor", ""))
    return render(request, "feed/tags.html", {"rows": page.rows, "next_url": base.next_url(request, page.next)})
