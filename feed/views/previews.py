"""The card of a post's link: its author shows it, or takes it away."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from feed.actions import previews as preview_actions
from feed.queries import posts as post_queries
from feed.views import base


@require_POST
def preview(request: base.Request, id: int) -> HttpResponse:
    """`show`: yes or no."""
    preview_actions.show_preview(actor=request.user, post_id=id, shown=request.POST.get("show") == "yes")
    if request.htmx:
        return render(request, "feed/_post.html", {"post": post_queries.post(request.user, id)})
    return base.back(request, f"post-{id}", lambda: reverse("feed:post", args=[id]))
