"""Explore, and why one sees a post."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from accounts.access import people as accounts_access
from feed.actions import home_tabs as home_tab_actions
from feed.queries import explore as explore_queries
from feed.queries import ranking
from feed.queries import trends as trend_queries
from feed.serializers import explore as explore_serializers
from feed.views import base

RAIL = 4


@require_safe
def explore(request: base.Request) -> HttpResponse:
    """What there is to find: the beginning of each section."""
    return render(request, "feed/explore.html", {"found": explore_queries.overview(request.user)})


@require_safe
@base.fragments
def posts(request: base.Request) -> HttpResponse:
    page = trend_queries.trending_posts(request.user, request.GET.get("cursor", ""))
    context = {"page": page, "next_url": base.next_url(request, page.next), "section": "posts"}
    return render(request, "feed/_posts.html" if request.htmx else "feed/explore_posts.html", context)


@require_safe
def tags(request: base.Request) -> HttpResponse:
    page = trend_queries.trending_tags(request.user, request.GET.get("cursor", ""))
    context = {"tags": page.rows, "next_url": base.next_url(request, page.next), "section": "tags"}
    return render(request, "feed/explore_tags.html", context)


@require_safe
@cache_control(private=True, max_age=60)
def talked_about(request: base.Request) -> HttpResponse:
    """For the rail, which stands on every page."""
    tags = trend_queries.trending_tags(request.user, size=RAIL).rows
    return render(request, "feed/_talked_about.html", {"tags": tags})


@require_safe
def people(request: base.Request) -> HttpResponse:
    member = accounts_access.access_member(request.user)
    page = explore_queries.people_to_follow(member, request.GET.get("cursor", ""))
    context = {"people": page.rows, "next_url": base.next_url(request, page.next), "section": "people"}
    return render(request, "feed/explore_people.html", context)


@require_safe
@base.fragments
def why(request: base.Request, id: int) -> HttpResponse:
    """What brings a post before the reader, and what moves it up."""
    post, reasons = ranking.why(request.user, id)
    told = [(one.brings, explore_serializers.sentence(one)) for one in reasons]
    context = {
        "post": post,
        "brings": [words for brings, words in told if brings],
        "raises": [words for brings, words in told if not brings],
    }
    return render(request, "feed/_why.html" if request.htmx else "feed/why.html", context)


@require_POST
def choose_tab(request: base.Request) -> HttpResponse:
    home_tab_actions.choose_tab(actor=request.user, tab=request.POST.get("tab", ""))
    return redirect("feed:home")
