"""Finding people."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.queries import directory
from accounts.queries import friends as friends_queries
from accounts.views.base import Request
from core.views import members_only

KNOWN = 6


@members_only
@require_safe
def people(request: Request) -> HttpResponse:
    asked = {name: request.GET.get(name, "") for name in ("q", "filter", "sort")}
    which, sort = asked["filter"] or directory.Which.ALL, asked["sort"] or directory.Sort.NEWEST
    page = directory.people(
        viewer=request.user, words=asked["q"], which=which, sort=sort, cursor=request.GET.get("cursor", "")
    )
    plain = not any(asked.values()) and not request.GET.get("cursor")
    context = {
        "people": page.rows,
        "known": friends_queries.suggestions(viewer=request.user, limit=KNOWN) if plain else [],
        "next_url": _address(asked, cursor=page.next) if page.next else "",
        "q": asked["q"],
        "which": which,
        "sort": sort,
        "filters": [(one.label, _address(asked, filter=one.value), one == which) for one in directory.Which],
        "sorts": [(one.label, _address(asked, sort=one.value), one == sort) for one in directory.Sort],
    }
    return render(request, "accounts/everybody.html", context)


def _address(asked: dict[str, str], **changes: str) -> str:
    return "?" + urlencode({name: value for name, value in {**asked, **changes}.items() if value})
