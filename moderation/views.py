"""Reporting, and the moderators' list of reports."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.middleware import HtmxDetails

from accounts.models.people import User
from accounts.queries import doors as door_queries
from chat.queries import files as file_queries
from core import errors, limits
from core.streams import attachment
from core.views import members_only
from moderation import access, actions, queries
from moderation.forms import CloseForm, ReportForm
from uploads import magic


class Request(HttpRequest):
    user: User
    htmx: HtmxDetails


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def report_person(request: Request, handle: str) -> HttpResponse:
    return _report(request, "person", handle)


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def report_post(request: Request, id: int) -> HttpResponse:
    return _report(request, "post", id)


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def report_comment(request: Request, id: int) -> HttpResponse:
    return _report(request, "comment", id)


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def report_group(request: Request, id: int) -> HttpResponse:
    return _report(request, "group", id)


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def report_message(request: Request, id: int) -> HttpResponse:
    return _report(request, "message", id)


def _report(request: Request, kind: str, subject: int | str) -> HttpResponse:
    """A page, and for scripts what a dialog shows; refusals reach scripts as words."""
    thing = access.access_thing(request.user, kind, subject)
    form = ReportForm(request.POST if request.method == "POST" else None)
    level = 2 if request.htmx else 1
    context = {"form": form, "kind": kind, "thing": thing, "person": thing.member, "level": level}
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            limits.check(limits.WRITING, request.user.pk)
            limits.check(actions.DAILY, request.user.pk)
            actions.report(actor=request.user, kind=kind, subject=thing.id, **form.cleaned_data)
        except (errors.Invalid, errors.TooMany) as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
            status = error.status
        else:
            return render(request, _part(request, "thanks"), context)
    if form.is_bound and request.htmx:
        field, said = next(iter(form.errors.items()))
        raise errors.Invalid(str(said[0]), field=field)
    return render(request, _part(request, "report"), context, status=status)


def _part(request: Request, name: str) -> str:
    return f"moderation/_{name}.html" if request.htmx else f"moderation/{name}.html"


# -- Moderators -------------------------------------------------------------------------------------------------------


@members_only
@never_cache
@require_safe
def reports(request: Request) -> HttpResponse:
    page = queries.open_groups(viewer=request.user, cursor=request.GET.get("cursor", ""))
    context = {"here": "reports", "pages": door_queries.office(request.user), "rows": page.rows, "next": page.next}
    return render(request, "moderation/reports.html", context)


@members_only
@never_cache
@require_safe
def file(request: Request, id: int, key: uuid.UUID) -> HttpResponseBase:
    """What a reported message carries, to be looked at elsewhere; never shown."""
    row = access.access_file(request.user, id, key)
    return attachment(file_queries.opened(row), name=row.taken_name, kind=magic.UNKNOWN)


@members_only
@require_POST
def close(request: Request, id: int) -> HttpResponse:
    access.open_reports(request.user)  # before anything is said about the form
    form = CloseForm(request.POST)
    try:
        if not form.is_valid():
            raise errors.Invalid
        actions.close_reports(actor=request.user, report_id=id, **form.cleaned_data)
    except (errors.Conflict, errors.Invalid) as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, _("Closed."))
    return redirect("moderation:reports")
