"""Reacting, who reacted, and the owner's page of the set."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import doors
from accounts.queries import doors as door_queries
from core import errors, reactions
from core.paging import Page
from core.views import members_only
from feed.actions import reaction_set
from feed.actions import reactions as reaction_actions
from feed.forms import ReactionForm
from feed.models.comments import Comment
from feed.models.posts import Post
from feed.models.reactions import Reaction
from feed.queries import posts as post_queries
from feed.queries import reactions as reaction_queries
from feed.views import base, comments


@require_POST
def react(request: base.Request, id: int) -> HttpResponse:
    """`kind`, or nothing to take the reaction back."""
    member, kind = base.answering(request), request.POST.get("kind", "")
    if kind:
        reaction_actions.react(actor=member, post_id=id, kind=kind)
    else:
        reaction_actions.unreact(actor=member, post_id=id)
    if request.htmx:
        return render(request, "feed/_acts.html", {"post": post_queries.post(request.user, id)})
    return base.back(request, f"post-{id}", lambda: reverse("feed:post", args=[id]))


@require_POST
def react_to_comment(request: base.Request, id: int) -> HttpResponse:
    member, kind = base.answering(request), request.POST.get("kind", "")
    if kind:
        row = reaction_actions.react_to_comment(actor=member, comment_id=id, kind=kind)
    else:
        row = reaction_actions.unreact_to_comment(actor=member, comment_id=id)
    if request.htmx:
        return comments.comment_answer(request, row)
    return base.back(request, f"comment-{id}", row.get_absolute_url)


@require_safe
@base.fragments
def reactors(request: base.Request, id: int) -> HttpResponse:
    """Who reacted to a post: a page, or what a dialog shows."""
    post, page = reaction_queries.reactors_of_post(request.user, id, **asked(request))
    return people(request, post, page)


@require_safe
@base.fragments
def comment_reactors(request: base.Request, id: int) -> HttpResponse:
    comment, page = reaction_queries.reactors_of_comment(request.user, id, **asked(request))
    return people(request, comment, page)


def asked(request: base.Request) -> dict[str, Any]:
    return {name: request.GET.get(name, "") for name in ("kind", "cursor")}


def people(request: base.Request, target: Post | Comment, page: Page[Reaction]) -> HttpResponse:
    kind = request.GET.get("kind", "")
    tail = f"&kind={kind}" if kind in target.reactions else ""
    context = {
        "target": target,
        "kind": kind,
        "counts": by_number(target.reactions),
        "rows": page.rows,
        "next_url": base.next_url(request, page.next) + tail if page.next else "",
    }
    return render(request, "feed/_reactors.html" if request.htmx else "feed/reactors.html", context)


def by_number(reactions: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(reactions.items(), key=lambda one: (-one[1], one[0]))


@members_only
@never_cache
def office(request: base.Request) -> HttpResponse:
    """The owner's page: what can be given, in which order."""
    doors.access_office(request.user, doors.SITE)
    form = ReactionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        try:
            change(request, form)
        except errors.Invalid as error:
            base.complain(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("feed:site_reactions")
    kinds = reactions.sure_kinds()
    out = [reactions.known(kind) for kind in reactions.Drawn.values if kind not in {one.kind for one in kinds}]
    pages = door_queries.office(request.user)
    context = {"here": "reactions", "pages": pages, "kinds": kinds, "out": out, "form": form}
    return render(request, "feed/site_reactions.html", context, status=422 if form.is_bound else 200)


def change(request: base.Request, form: ReactionForm) -> None:
    """Each button of the page is a form of its own: up, out, back in; the last one adds the owner's own."""
    given = request.POST
    if "up" in given:
        reaction_set.move_up(actor=request.user, kind=given["up"])
    elif "out" in given:
        reaction_set.take_out(actor=request.user, kind=given["out"])
    elif "in" in given:
        reaction_set.add(actor=request.user, kind=given["in"])
    elif form.is_valid():
        reaction_set.add(actor=request.user, **form.cleaned_data)
    else:
        raise errors.Invalid
