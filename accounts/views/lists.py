"""Lists of people: making them, choosing who is on them. Reading one is the feed's."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import lists as lists_access
from accounts.access import people as people_access
from accounts.actions import lists
from accounts.forms.ties import ListForm, ListPersonForm
from accounts.queries import lists as lists_queries
from accounts.views.asking import asks
from accounts.views.base import Request, gone
from accounts.views.people import back
from core import errors
from core.views import members_only


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request) -> HttpResponse:
    form = ListForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with form.mending("name"):
            made = lists.make_list(actor=request.user, name=form.cleaned_data["name"])
            return redirect("accounts:list_edit", made.pk)
    context = {"form": form, "lists": lists_queries.own_lists(viewer=request.user), "tab": "lists"}
    return render(request, "accounts/lists.html", context, status=422 if form.is_bound else 200)


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, id: int) -> HttpResponse:
    """Who is on it, and its name."""
    row = lists_access.access_list(request.user, id)
    form = ListForm(request.POST if request.method == "POST" else None, initial={"name": row.name})
    if form.is_valid():
        with form.mending("name"):
            lists.rename_list(actor=request.user, list_id=id, name=form.cleaned_data["name"])
            return redirect("accounts:list_edit", id)
    return _page(request, id, form, ListPersonForm(), status=422 if form.is_bound else 200)


@members_only
@require_POST
def add(request: Request, id: int) -> HttpResponse:
    """Somebody by handle, from the page of the list."""
    form = ListPersonForm(request.POST)
    if form.is_valid():
        try:
            with form.mending("person"):
                lists.add(actor=request.user, list_id=id, person="@" + form.cleaned_data["person"].lstrip("@"))
                return redirect("accounts:list_edit", id)
        except errors.NotFound:
            lists_access.access_list(request.user, id)  # the list that is not there is another answer
            form.add_error("person", _("Nobody here has this handle. Look at their profile how it is written."))
    return _page(request, id, ListForm(), form, status=422)


@members_only
@require_POST
def remove(request: Request, id: int, handle: str) -> HttpResponse:
    lists.remove(actor=request.user, list_id=id, person=handle)
    return gone(request, _("Taken off the list. They are not told."), reverse("accounts:list_edit", args=[id]))


@members_only
@require_POST
@asks("delete_list")
def delete(request: Request, id: int) -> HttpResponse:
    lists.delete_list(actor=request.user, list_id=id)
    return redirect("accounts:lists")


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: Request, handle: str) -> HttpResponse:
    """On which lists a member is."""
    if request.method == "POST":
        wanted = {int(id) for id in request.POST.getlist("lists") if id.isdecimal() and len(id) < 19}
        who = lists.choose(actor=request.user, person=handle, list_ids=wanted)
        return back(request, who.get_absolute_url())
    person = people_access.access_person(request.user, handle)
    found = lists_queries.choices(viewer=request.user, person=person)
    return render(request, "accounts/list_choices.html", {"person": person, "lists": found})


def _page(request: Request, id: int, form: ListForm, adding: ListPersonForm, *, status: int) -> HttpResponse:
    row, page = lists_queries.people(viewer=request.user, list_id=id, cursor=request.GET.get("cursor", ""))
    if not form.is_bound:
        form = ListForm(initial={"name": row.name})
    context = {"list": row, "form": form, "adding": adding, "people": page.rows, "next": page.next, "tab": "lists"}
    return render(request, "accounts/list_edit.html", context, status=status)
