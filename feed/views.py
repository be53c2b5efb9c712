"""The feed's pages. Every form works without script; with script the same addresses answer with the fragment alone."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.middleware import HtmxDetails

from accounts.access import doors as doors_access
from accounts.access import people as accounts_access
from accounts.models.mutes import Span
from accounts.models.people import User
from core import errors, limits, text
from feed import access, actions, queries
from feed.forms import EditForm, PostForm
from feed.models import Comment, Post
from uploads import actions as upload_actions

fragments = vary_on_headers("HX-Request")


class Request(HttpRequest):
    """A request as our middleware hands it on. `user` may be anonymous: access and actions find out, not doors."""

    user: User
    htmx: HtmxDetails


# -- Home -------------------------------------------------------------------------------------------------------------


@require_safe
@fragments
def home(request: Request) -> HttpResponse:
    if not request.user.is_authenticated:
        words = {"posts": queries.public_posts(), "shut": bool(doors_access.door().refusal)}
        return render(request, "feed/welcome.html", words)
    page = queries.home(request.user, request.GET.get("cursor", ""))
    context = {"page": page, "next_url": next_url(request, page.next)}
    if request.htmx:
        return render(request, "feed/_posts.html", context)
    return render(request, "feed/home.html", {**context, "form": PostForm(), "begun": bool(request.GET.get("cursor"))})


@require_safe
def new_posts(request: Request) -> HttpResponse:
    """What came above ?after=, for the pill."""
    member = accounts_access.access_member(request.user)
    after = request.GET.get("after", "")
    if not after.isdecimal() or len(after) > 18:
        raise errors.Invalid(field="after")
    posts = queries.new_posts(member, int(after))
    return render(request, "feed/_posts.html", {"page": {"rows": posts}, "fresh": True})


@require_safe
@fragments
def people_list(request: Request, id: int) -> HttpResponse:
    """One of the reader's lists of people: what these post."""
    row, page = queries.list_posts(request.user, id, request.GET.get("cursor", ""))
    context = {"list": row, "page": page, "next_url": next_url(request, page.next), "tab": "lists"}
    return render(request, "feed/_posts.html" if request.htmx else "feed/list.html", context)


# -- Posts ------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def compose(request: Request) -> HttpResponse:
    member = accounts_access.access_member(request.user)
    form = PostForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        try:
            post = create(request, form)
        except errors.SocialError as error:
            if request.htmx:
                raise
            complain(form, error)
        else:
            if request.htmx:
                return render(request, "feed/_post.html", {"post": queries.post(member, post.pk), "fresh": True})
            return redirect("feed:home")
    return render(request, "feed/compose.html", {"form": form}, status=422 if form.is_bound else 200)


def create(request: Request, form: PostForm) -> Post:
    """Files of the plain form become uploads first, which a refused form then keeps."""
    if not form.is_valid():
        field = next(iter(form.errors))
        raise errors.Invalid(str(form.errors[field][0]), field=field)
    limits.check(limits.WRITING, request.user.pk)
    given = form.cleaned_data
    keys, alts = given["pictures"], given["alts"] + [""] * (len(given["pictures"]) - len(given["alts"]))
    for place, file in enumerate(given["files"]):
        alt = (form.lines() + [""] * len(given["files"]))[place]
        made = upload_actions.receive_ready_upload(
            actor=request.user, purpose="post", file=file, name=file.name, alt=alt
        )
        keys, alts = [*keys, str(made.key)], [*alts, alt]
        keep(form, keys, alts)
    return actions.create_post(
        actor=request.user,
        text=given["text"],
        audience=given["audience"],
        pictures=keys,
        alts=alts,
        client_id=given["client_id"] or None,
    )


def keep(form: PostForm, keys: list[str], alts: list[str]) -> None:
    assert isinstance(form.data, QueryDict)
    data = form.data.copy()
    data.setlist("pictures", keys)
    data.setlist("alts", alts)
    form.data = data


def complain(form: Any, error: errors.SocialError) -> None:
    """Puts a refusal where the person can mend it."""
    if form.errors:
        return
    field = {"uploads": "files", "file": "files", "alt": "descriptions"}.get(error.field or "", error.field)
    form.add_error(field if field in form.fields else None, str(error.message))


@require_safe
@fragments
def post(request: Request, id: int) -> HttpResponse:
    """The permalink; for scripts the card alone."""
    one = queries.post(request.user, id)
    if request.htmx:
        return render(request, "feed/_post.html", {"post": one})
    return render(request, "feed/post.html", {**post_context(request, one), "form_text": ""})


def post_context(request: Request, one: Post) -> dict[str, Any]:
    page = queries.comments(request.user, one, request.GET.get("cursor", ""))
    return {
        "post": one,
        "summary": text.plain(one.html, 160),
        "headline": text.plain(one.html, 60),
        "comments": page.rows[::-1],
        "next_url": next_url(request, page.next, reverse("feed:comments", args=[one.pk])),
        "older_url": next_url(request, page.next, reverse("feed:post", args=[one.pk])),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, id: int) -> HttpResponse:
    one = access.access_post(request.user, id, to="edit")
    form = EditForm(request.POST or None, initial={"text": one.text, "audience": one.audience})
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_post(actor=request.user, post_id=id, **form.cleaned_data)
        except errors.Invalid as error:
            complain(form, error)
        else:
            return redirect(one)
    return render(request, "feed/edit.html", {"form": form, "post": one}, status=422 if form.is_bound else 200)


@require_POST
def delete(request: Request, id: int) -> HttpResponse:
    actions.delete_post(actor=request.user, post_id=id)
    if request.htmx:
        return HttpResponse(status=204)
    undo_url = reverse("feed:undo_delete", args=[id])
    context = {"said": _("Post deleted"), "undo_url": undo_url, "onwards": reverse("feed:home")}
    return render(request, "feed/deleted.html", context)


@require_POST
def undo_delete(request: Request, id: int) -> HttpResponse:
    one = actions.undo_delete_post(actor=request.user, post_id=id)
    if request.htmx:
        return render(request, "feed/_post.html", {"post": queries.post(request.user, id)})
    return redirect(one)


@require_POST
def react(request: Request, id: int) -> HttpResponse:
    """`kind`, or nothing to take the reaction back."""
    kind = request.POST.get("kind", "")
    if kind:
        actions.react(actor=request.user, post_id=id, kind=kind)
    else:
        actions.unreact(actor=request.user, post_id=id)
    if request.htmx:
        return render(request, "feed/_acts.html", {"post": queries.post(request.user, id)})
    return back(request, f"post-{id}", lambda: reverse("feed:post", args=[id]))


@require_POST
def mute(request: Request, id: int) -> HttpResponse:
    """Mutes the conversation under a post."""
    one = actions.mute_post(actor=request.user, post_id=id, span=request.POST.get("span", Span.EVER))
    if request.htmx:
        return HttpResponse(status=204)
    messages.success(request, _("This conversation is muted. You can take it back here."))
    return redirect(one)


@require_POST
def unmute(request: Request, id: int) -> HttpResponse:
    actions.unmute_post(actor=request.user, post_id=id)
    if request.htmx:
        return HttpResponse(status=204)
    messages.success(request, _("This conversation is not muted any more."))
    return redirect("feed:muted")


@require_safe
def muted(request: Request) -> HttpResponse:
    """The settings' list of conversations that are muted."""
    member = accounts_access.access_member(request.user)
    page = queries.muted_posts(member, request.GET.get("cursor", ""))
    context = {"here": "muted", "which": "conversations", "rows": page.rows, "next": page.next}
    return render(request, "feed/muted.html", context)


# -- Comments ---------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@fragments
def comments(request: Request, id: int) -> HttpResponse:
    """GET: a page of comments, older with ?cursor=. POST: one more."""
    if request.method == "POST":
        return add_comment(request, id)
    one = queries.post(request.user, id)
    if not request.htmx:
        return redirect(one)
    template = "feed/_comments_page.html" if request.GET.get("cursor") else "feed/_comments.html"
    return render(request, template, post_context(request, one))


def add_comment(request: Request, id: int) -> HttpResponse:
    words = request.POST.get("text", "")
    if not request.user.is_authenticated:
        raise errors.SignInNeeded
    try:
        limits.check(limits.WRITING, request.user.pk)
        made = actions.comment(
            actor=request.user, post_id=id, text=words, client_id=request.POST.get("client_id") or None
        )
    except (errors.Invalid, errors.TooMany) as error:
        if request.htmx:
            raise
        one = queries.post(request.user, id)
        context = {**post_context(request, one), "form_text": words, "form_error": error.message}
        return render(request, "feed/post.html", context, status=error.status)
    return comment_answer(request, made)


def comment_answer(request: Request, row: Comment) -> HttpResponse:
    if request.htmx:
        return render(request, "feed/_comment.html", {"comment": queries.comment(request.user, row.pk)})
    return redirect(row)


@require_safe
@fragments
def comment(request: Request, id: int) -> HttpResponse:
    """Scripts ask for what appears live: not for what the reader mutes."""
    row = access.access_comment(request.user, id)
    if request.htmx and not queries.is_heard(request.user, row):
        raise errors.NotFound
    return comment_answer(request, row)


@require_POST
def delete_comment(request: Request, id: int) -> HttpResponse:
    gone = actions.delete_comment(actor=request.user, comment_id=id)
    if request.htmx:
        return HttpResponse(status=204)
    undo_url = reverse("feed:undo_delete_comment", args=[id])
    context = {"said": _("Comment deleted"), "undo_url": undo_url, "onwards": reverse("feed:post", args=[gone.post_id])}
    return render(request, "feed/deleted.html", context)


@require_POST
def undo_delete_comment(request: Request, id: int) -> HttpResponse:
    return comment_answer(request, actions.undo_delete_comment(actor=request.user, comment_id=id))


@require_POST
def react_to_comment(request: Request, id: int) -> HttpResponse:
    kind = request.POST.get("kind", "")
    if kind:
        row = actions.react_to_comment(actor=request.user, comment_id=id, kind=kind)
    else:
        row = actions.unreact_to_comment(actor=request.user, comment_id=id)
    if request.htmx:
        return comment_answer(request, row)
    return back(request, f"comment-{id}", row.get_absolute_url)


# -- Parts ------------------------------------------------------------------------------------------------------------


def next_url(request: Request, cursor: str, path: str = "") -> str:
    return f"{path or request.path}?cursor={cursor}" if cursor else ""


def back(request: Request, anchor: str, otherwise: Callable[[], str]) -> HttpResponseRedirect:
    """To the page of ours the person came from, at the thing they touched."""
    came = request.headers.get("Referer", "").partition("#")[0]
    if url_has_allowed_host_and_scheme(came, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return HttpResponseRedirect(f"{came}#{anchor}")
    return HttpResponseRedirect(otherwise())
