"""Saved posts and their collections. One tap saves; the rest are pages."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import people as accounts_access
from core import errors
from feed import forms
from feed.access import posts as post_access
from feed.access import saved as saved_access
from feed.actions import saved as saved_actions
from feed.queries import posts as post_queries
from feed.queries import saved as saved_queries
from feed.views import base


@require_POST
def save(request: base.Request, id: int) -> HttpResponse:
    saved_actions.save_post(actor=request.user, post_id=id)
    return _done(request, id)


@require_POST
def unsave(request: base.Request, id: int) -> HttpResponse:
    saved_actions.unsave_post(actor=request.user, post_id=id)
    return _done(request, id)


def _done(request: base.Request, id: int) -> HttpResponse:
    if request.htmx:
        return HttpResponse(status=204)
    return base.back(request, f"post-{id}", lambda: reverse("feed:saved"))


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: base.Request, id: int) -> HttpResponse:
    """In which collection a post is kept."""
    member = accounts_access.access_member(request.user)
    one = post_access.access_post(member, id)
    rows = saved_queries.collections(member)
    chosen = saved_queries.collection_of(member, one)
    form = forms.SaveForm(request.POST or None, collections=rows, initial={"collection": chosen or ""})
    if form.is_valid():
        try:
            saved_actions.put_post(actor=member, post_id=id, **form.wanted())
        except (errors.Invalid, errors.Conflict) as error:
            base.complain(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect(one)
    context = {"form": form, "post": post_queries.post(member, id)}
    return render(request, "feed/save.html", context, status=422 if form.is_bound else 200)


@require_safe
@base.fragments
def saved(request: base.Request) -> HttpResponse:
    member = accounts_access.access_member(request.user)
    page = saved_queries.saved(member, request.GET.get("cursor", ""))
    return _page(request, {"page": page, "next_url": base.next_url(request, page.next)})


@require_safe
@base.fragments
def collection(request: base.Request, id: int) -> HttpResponse:
    row = saved_access.access_collection(request.user, id)
    page = saved_queries.saved(request.user, request.GET.get("cursor", ""), collection=row)
    return _page(request, {"collection": row, "page": page, "next_url": base.next_url(request, page.next)})


def _page(request: base.Request, context: dict[str, Any]) -> HttpResponse:
    if request.htmx:
        return render(request, "feed/_posts.html", context)
    return render(request, "feed/saved.html", {**context, "collections": saved_queries.collections(request.user)})


@require_http_methods(["GET", "HEAD", "POST"])
def new_collection(request: base.Request) -> HttpResponse:
    accounts_access.access_member(request.user)
    form = forms.CollectionForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            return redirect(saved_actions.make_collection(actor=request.user, name=form.cleaned_data["name"]))
        except (errors.Invalid, errors.Conflict) as error:
            base.complain(form, error)
    return render(request, "feed/collection_new.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_collection(request: base.Request, id: int) -> HttpResponse:
    """Its name, and the way to delete it."""
    row = saved_access.access_collection(request.user, id)
    form = forms.CollectionForm(request.POST if request.method == "POST" else None, initial={"name": row.name})
    if form.is_valid():
        try:
            name = form.cleaned_data["name"]
            return redirect(saved_actions.rename_collection(actor=request.user, collection_id=id, name=name))
        except errors.Invalid as error:
            base.complain(form, error)
    context = {"form": form, "collection": row}
    return render(request, "feed/collection_edit.html", context, status=422 if form.is_bound else 200)


@require_POST
def delete_collection(request: base.Request, id: int) -> HttpResponse:
    """`posts`: "go" and they are saved no more; else they stay saved."""
    keep = request.POST.get("posts") != "go"
    saved_actions.delete_collection(actor=request.user, collection_id=id, keep_posts=keep)
    messages.success(request, _("The collection is gone."))
    return redirect("feed:saved")
