"""Pages of posts. Every form works without script; with script the same addresses answer with the fragment alone."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import people as accounts_access
from core import errors, text
from feed.access import posts as post_access
from feed.actions import posts as post_actions
from feed.forms import EditForm, PostForm
from feed.models.posts import Post
from feed.queries import comments as comment_queries
from feed.queries import posts as post_queries
from feed.views import base, composing


@require_http_methods(["GET", "HEAD", "POST"])
def compose(request: base.Request) -> HttpResponse:
    member = accounts_access.access_member(request.user)
    if request.method != "POST":
        return composing.page(request, composing.begun(member))
    form = PostForm(request.POST, request.FILES)
    try:
        if answer := composing.other_deed(request, form):
            return answer
        post = post_actions.create_post(actor=member, **composing.content(request, form))
    except errors.SocialError as error:
        if request.htmx:
            raise
        base.complain(form, error)
        return composing.page(request, form, status=422)
    if request.htmx:
        return render(request, "feed/_post.html", {"post": post_queries.post(member, post.pk), "fresh": True})
    messages.success(request, _("Posted"))
    return redirect(post)  # at home it may stand further down: what is chosen for a reader is not what they wrote


@require_safe
@base.fragments
def post(request: base.Request, id: int) -> HttpResponse:
    """The permalink; for scripts the card alone."""
    one = post_queries.post(request.user, id)
    if request.htmx:
        return render(request, "feed/_post.html", {"post": one})
    return render(request, "feed/post.html", post_context(request, one))


def post_context(request: base.Request, one: Post) -> dict[str, Any]:
    page = comment_queries.comments(request.user, one, request.GET.get("cursor", ""))
    return {
        **about(one),
        "origin": settings.SITE_URL,
        "canonical": settings.SITE_URL + one.get_absolute_url(),
        "comments": page.rows[::-1],
        "next_url": base.next_url(request, page.next, reverse("feed:comments", args=[one.pk])),
        "older_url": base.next_url(request, page.next, reverse("feed:post", args=[one.pk])),
    }


def about(one: Post) -> dict[str, Any]:
    """With the words of its first lines; of what is folded nobody reads more here than the warning."""
    told = one.original if one.is_bare and one.original is not None else one
    summary, headline = (told.warning or text.plain(told.html, length) for length in (160, 60))
    return {"post": one, "told": told, "summary": summary, "headline": headline}


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: base.Request, id: int) -> HttpResponse:
    one = post_access.access_post(request.user, id, to="edit")
    if request.method != "POST":
        form = composing.edit_form_of(one, post_queries.pictures_of(one))
        return render(request, "feed/edit.html", {"form": form, "post": one})
    form = EditForm(request.POST, request.FILES)
    status = 200
    try:
        if not composing.rearranged(request, form):
            post_actions.edit_post(actor=request.user, post_id=id, **composing.changes(request, form))
            return redirect(one)
    except (errors.Invalid, errors.Conflict, errors.TooLarge, errors.TooMany) as error:
        base.complain(form, error)
        status = 422
    composing.show(request, form)
    return render(request, "feed/edit.html", {"form": form, "post": one}, status=status)


@require_POST
def change(request: base.Request) -> HttpResponse:
    """The same, with the post in the form, so that one address takes the pictures of all."""
    id = request.POST.get("post", "")
    if not id.isdecimal() or len(id) > 18:
        raise errors.NotFound
    return edit(request, int(id))


@require_POST
def delete(request: base.Request, id: int) -> HttpResponse:
    post_actions.delete_post(actor=request.user, post_id=id)
    if request.htmx:
        return HttpResponse(status=204)
    undo_url = reverse("feed:undo_delete", args=[id])
    context = {"said": _("Post deleted"), "undo_url": undo_url, "onwards": reverse("feed:home")}
    return render(request, "feed/deleted.html", context)


@require_POST
def undo_delete(request: base.Request, id: int) -> HttpResponse:
    one = post_actions.undo_delete_post(actor=request.user, post_id=id)
    if request.htmx:
        return render(request, "feed/_post.html", {"post": post_queries.post(request.user, id)})
    return redirect(one)
