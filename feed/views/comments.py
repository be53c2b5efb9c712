"""Comments: pages and fragments."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import people as accounts_access
from core import errors, limits
from feed.access import comments as comment_access
from feed.actions import comments as comment_actions
from feed.forms import CommentEditForm, CommentForm
from feed.models.comments import Comment
from feed.queries import comments as comment_queries
from feed.queries import posts as post_queries
from feed.views import base, posts
from uploads.actions import receiving as uploads_receiving


@require_safe
@base.fragments
def comments(request: base.Request, id: int) -> HttpResponse:
    """A page of comments, older with ?cursor=."""
    one = post_queries.post(request.user, id)
    if not request.htmx:
        return redirect(one)
    template = "feed/_comments_page.html" if request.GET.get("cursor") else "feed/_comments.html"
    return render(request, template, posts.post_context(request, one))


@require_POST
def write(request: base.Request) -> HttpResponse:
    """One more comment. Its post is in the form, so that one address takes the pictures of all."""
    member = accounts_access.access_member(request.user)
    form = CommentForm(request.POST, request.FILES)
    try:
        made = create(request, form)
    except (errors.Invalid, errors.TooMany, errors.Conflict) as error:
        if request.htmx:
            raise
        return refused(request, form, error)
    if request.htmx:
        return comment_answer(request, made)
    one = comment_queries.comment(member, made.pk)
    return redirect(one if one.parent_id else f"{one.post.get_absolute_url()}#comment-{one.pk}")


def create(request: base.Request, form: CommentForm) -> Comment:
    """A file of the plain form becomes an upload first, which a refused form then keeps."""
    given = form.given()
    limits.check(limits.WRITING, request.user.pk)
    file = request.FILES.get("file")
    if isinstance(file, UploadedFile) and not given["picture"]:
        made = uploads_receiving.receive_ready_upload(
            actor=request.user, purpose="comment", file=file, name=file.name or "", alt=given["alt"]
        )
        given["picture"] = str(made.key)
        form.keep(given["picture"])
    return comment_actions.comment(actor=request.user, **given)


def refused(request: base.Request, form: CommentForm, error: errors.SocialError) -> HttpResponse:
    """The page of the post, or of the thread, with what was written and what is wrong with it."""
    about: dict[str, Any] = {"comment_form": form, "form_error": error.message}
    if form.parent_id:
        context = thread_context(request, form.parent_id)
    else:
        context = posts.post_context(request, post_queries.post(request.user, form.post_id))
    return render(request, "feed/post.html", {**context, **about}, status=error.status)


def comment_answer(request: base.Request, row: Comment) -> HttpResponse:
    if request.htmx:
        return render(request, "feed/_one_comment.html", {"comment": comment_queries.comment(request.user, row.pk)})
    return redirect(row)


@require_safe
@base.fragments
def comment(request: base.Request, id: int) -> HttpResponse:
    """Scripts ask for what appears live: not for what the reader mutes."""
    row = comment_access.access_comment(request.user, id)
    if request.htmx and not comment_queries.is_heard(request.user, row):
        raise errors.NotFound
    return comment_answer(request, row)


@require_safe
@base.fragments
def thread(request: base.Request, id: int) -> HttpResponse:
    """The permalink of a comment: its thread alone under the post; for scripts a page of earlier replies."""
    context = thread_context(request, id)
    if request.htmx:
        return render(request, "feed/_replies.html", context)
    return render(request, "feed/post.html", context)


def thread_context(request: base.Request, id: int) -> dict[str, Any]:
    asked, first = comment_queries.thread(request.user, id, request.GET.get("cursor", ""))
    one = post_queries.post(request.user, asked.post_id)
    return {**posts.about(one), "asked": asked, "comment": first, "comments": [first]}


@require_http_methods(["GET", "HEAD", "POST"])
def edit_comment(request: base.Request, id: int) -> HttpResponse:
    row = comment_access.access_comment(request.user, id, to="edit")
    form = CommentEditForm(request.POST or None, initial={"text": row.text})
    if request.method == "POST" and form.is_valid():
        try:
            limits.check(limits.WRITING, request.user.pk)
            comment_actions.edit_comment(actor=request.user, comment_id=id, text=form.cleaned_data["text"])
        except (errors.Invalid, errors.TooMany) as error:
            base.complain(form, error)
        else:
            return redirect(row)
    return render(
        request, "feed/edit_comment.html", {"form": form, "comment": row}, status=422 if form.is_bound else 200
    )


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
