"""Home, and lists of people's posts."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import doors as doors_access
from accounts.access import people as accounts_access
from core import errors
from feed.models.sources import HomeTab
from feed.queries import home as home_queries
from feed.queries import home_tabs as home_tab_queries
from feed.queries import posts as post_queries
from feed.queries import ranking
from feed.views import base, composing


@require_safe
@base.fragments
def home(request: base.Request) -> HttpResponse:
    if not request.user.is_authenticated:
        words = {"posts": post_queries.public_posts(), "shut": bool(doors_access.door().refusal)}
        return render(request, "feed/welcome.html", words)
    tab = request.GET.get("tab", "")
    tab = tab if tab in HomeTab.values else home_tab_queries.chosen_tab(request.user)
    ranked = tab == HomeTab.FOR_YOU
    since = ranking.newest() if ranked else None
    page = (ranking.for_you if ranked else home_queries.home)(request.user, request.GET.get("cursor", ""))
    next_url = base.next_url(request, page.next, query=f"&tab={tab}")
    context = {"page": page, "next_url": next_url, "tab": tab, "since": since}
    if request.htmx:
        return render(request, "feed/_posts.html", context)
    return render(
        request,
        "feed/home.html",
        {**context, "form": composing.begun(request.user), "begun": bool(request.GET.get("cursor"))},
    )


@require_safe
def new_posts(request: base.Request) -> HttpResponse:
    """What came above ?after=, for the pill."""
    member = accounts_access.access_member(request.user)
    after = request.GET.get("after", "")
    if not after.isdecimal() or len(after) > 18:
        raise errors.Invalid(field="after")
    page = home_queries.new_posts(member, int(after))
    context = {"page": {"rows": page.rows}, "fresh": True, "is_part": bool(page.next)}
    return render(request, "feed/_posts.html", context)


@require_safe
@base.fragments
def people_list(request: base.Request, id: int) -> HttpResponse:
    """One of the reader's lists of people: what these post."""
    row, page = home_queries.list_posts(request.user, id, request.GET.get("cursor", ""))
    context = {"list": row, "page": page, "next_url": base.next_url(request, page.next), "tab": "lists"}
    return render(request, "feed/_posts.html" if request.htmx else "feed/list.html", context)
