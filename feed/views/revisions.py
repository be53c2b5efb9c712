"""What a post said before."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from feed.queries import revisions as revision_queries
from feed.views import base


@require_safe
def history(request: base.Request, id: int) -> HttpResponse:
    post, page = revision_queries.revisions(request.user, id, request.GET.get("cursor", ""))
    context = {"post": post, "rows": page.rows, "next_url": base.next_url(request, page.next)}
    return render(request, "feed/history.html", context)
