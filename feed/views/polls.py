"""Voting."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from core import errors
from feed.actions import polls as poll_actions
from feed.queries import posts as post_queries
from feed.views import base, posts


@require_POST
def vote(request: base.Request, id: int) -> HttpResponse:
    """`choice`, perhaps several, or `back`; for scripts the poll alone."""
    member = base.answering(request)
    try:
        if "back" in request.POST:
            poll_actions.take_back_vote(actor=member, post_id=id)
        else:
            poll_actions.vote(actor=member, post_id=id, choices=chosen(request))
    except errors.Invalid as error:
        if request.htmx:
            raise
        one = post_queries.post(request.user, id)
        context = {**posts.post_context(request, one), "poll_error": error.message}
        return render(request, "feed/post.html", context, status=error.status)
    if request.htmx:
        return render(request, "feed/_poll.html", {"post": post_queries.post(request.user, id)})
    return base.back(request, f"poll-{id}", lambda: reverse("feed:post", args=[id]))


def chosen(request: base.Request) -> list[int]:
    return [
        int(one) if one.isascii() and one.isdigit() and len(one) < 3 else -1 for one in request.POST.getlist("choice")
    ]
