"""Comments: pages and fragments."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import errors, limits
from feed.access import comments as comment_access
from feed.actions import comments as comment_actions
from feed.actions import reactions as reaction_actions
from feed.models.comments import Comment
from feed.queries import comments as comment_queries
from feed.queries import posts as post_queries
from feed.views import base, posts


@require_http_methods(["GET", "HEAD", "POST"])
@base.fragments
def comments(request: base.Request, id: int) -> HttpResponse:
    """GET: a page of comments, older with ?cursor=. POST: one more."""
    if request.method == "POST":
        return add_comment(request, id)
    one = post_queries.post(request.user, id)
    if not request.htmx:
        return redirect(one)
    template = "feed/_comments_page.html" if request.GET.get("cursor") else "feed/_comments.html"
    return render(request, template, posts.post_context(request, one))


def add_comment(request: base.Request, id: int) -> HttpResponse:
    words = request.POST.get("text", "")
    if not request.user.is_authenticated:
        raise errors.SignInNeeded
    try:
        limits.check(limits.WRITING, request.user.pk)
        made = comment_actions.comment(
            actor=request.user, post_id=id, text=words, client_id=request.POST.get("client_id") or None
        )
    except (errors.Invalid, errors.TooMany) as error:
        if request.htmx:
            raise
        one = post_queries.post(request.user, id)
        context = {**posts.post_context(request, one), "form_text": words, "form_error": error.message}
        return render(request, "feed/post.html", context, status=error.status)
    return comment_answer(request, made)


def comment_answer(request: base.Request, row: Comment) -> HttpResponse:
    if request.htmx:
        return render(request, "feed/_comment.html", {"comment": comment_queries.comment(request.user, row.pk)})
    return redirect(row)


@require_safe
@base.fragments
def comment(request: base.Request, id: int) -> HttpResponse:
    """Scripts ask for what appears live: not for what the reader mutes."""
    row = comment_access.access_comment(request.user, id)
    if request.htmx and not comment_queries.is_heard(request.user, row):
        raise errors.NotFound
    return comment_answer(request, row)


@require_POST
def delete_comment(request: base.Request, id: int) -> HttpResponse:
    gone = comment_actions.delete_comment(actor=request.user, comment_id=id)
    if request.htmx:
        return HttpResponse(status=204)
    undo_url = reverse("feed:undo_delete_comment", args=[id])
    context = {"said": _("Comment deleted"), "undo_url": undo_url, "onwards": reverse("feed:post", args=[gone.post_id])}
    return render(request, "feed/deleted.html", context)


@require_POST
def undo_delete_comment(request: base.Request, id: int) -> HttpResponse:
    return comment_answer(request, comment_actions.undo_delete_comment(actor=request.user, comment_id=id))


@require_POST
def react_to_comment(request: base.Request, id: int) -> HttpResponse:
    kind = request.POST.get("kind", "")
    if kind:
        row = reaction_actions.react_to_comment(actor=request.user, comment_id=id, kind=kind)
    else:
        row = reaction_actions.unreact_to_comment(actor=request.user, comment_id=id)
    if request.htmx:
        return comment_answer(request, row)
    return base.back(request, f"comment-{id}", row.get_absolute_url)
