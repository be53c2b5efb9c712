"""Pages of posts. Every form works without script; with script the same addresses answer with the fragment alone."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import people as accounts_access
from core import errors, limits, text
from feed.access import posts as post_access
from feed.actions import posts as post_actions
from feed.forms import EditForm, PostForm
from feed.models.posts import Post
from feed.queries import comments as comment_queries
from feed.queries import posts as post_queries
from feed.views import base
from uploads.actions import receiving as uploads_receiving


@require_http_methods(["GET", "HEAD", "POST"])
def compose(request: base.Request) -> HttpResponse:
    member = accounts_access.access_member(request.user)
    form = PostForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        try:
            post = create(request, form)
        except errors.SocialError as error:
            if request.htmx:
                raise
            base.complain(form, error)
        else:
            if request.htmx:
                return render(request, "feed/_post.html", {"post": post_queries.post(member, post.pk), "fresh": True})
            return redirect("feed:home")
    return render(request, "feed/compose.html", {"form": form}, status=422 if form.is_bound else 200)


def create(request: base.Request, form: PostForm) -> Post:
    """Files of the plain form become uploads first, which a refused form then keeps."""
    if not form.is_valid():
        field = next(iter(form.errors))
        raise errors.Invalid(str(form.errors[field][0]), field=field)
    limits.check(limits.WRITING, request.user.pk)
    given = form.cleaned_data
    keys, alts = given["pictures"], given["alts"] + [""] * (len(given["pictures"]) - len(given["alts"]))
    for place, file in enumerate(given["files"]):
        alt = (form.lines() + [""] * len(given["files"]))[place]
        made = uploads_receiving.receive_ready_upload(
            actor=request.user, purpose="post", file=file, name=file.name, alt=alt
        )
        keys, alts = [*keys, str(made.key)], [*alts, alt]
        keep(form, keys, alts)
    return post_actions.create_post(
        actor=request.user,
        text=given["text"],
        audience=given["audience"],
        pictures=keys,
        alts=alts,
        client_id=given["client_id"] or None,
        show_preview=not given["without_preview"],
    )


def keep(form: PostForm, keys: list[str], alts: list[str]) -> None:
    assert isinstance(form.data, QueryDict)
    data = form.data.copy()
    data.setlist("pictures", keys)
    data.setlist("alts", alts)
    form.data = data


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
    return {"post": one, "summary": text.plain(one.html, 160), "headline": text.plain(one.html, 60)}


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: base.Request, id: int) -> HttpResponse:
    one = post_access.access_post(request.user, id, to="edit")
    form = EditForm(request.POST or None, initial={"text": one.text, "audience": one.audience})
    if request.method == "POST" and form.is_valid():
        try:
            post_actions.edit_post(actor=request.user, post_id=id, **form.cleaned_data)
        except errors.Invalid as error:
            base.complain(form, error)
        else:
            return redirect(one)
    return render(request, "feed/edit.html", {"form": form, "post": one}, status=422 if form.is_bound else 200)


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
