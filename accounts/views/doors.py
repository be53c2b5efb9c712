"""The site's office: what the owner decides, requests to join, who invited whom, blocked addresses."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import registry
from accounts.actions import applications, doors, invitations
from accounts.forms import doors as door_forms
from accounts.forms.base import RoomForm
from accounts.queries import doors as door_queries
from accounts.queries import invitations as invitation_queries
from accounts.views import office as office_views
from accounts.views.base import Request
from core import errors
from core.views import members_only


def page(request: Request, name: str, *, form: RoomForm | None = None, **context: object) -> HttpResponse:
    bad = form is not None and form.is_bound and form.errors
    status = HTTPStatus.UNPROCESSABLE_ENTITY if bad else HTTPStatus.OK
    context |= {**office_views.of(request, "applications" if name == "decline" else name), "form": form}
    return render(request, f"accounts/site_{name}.html", context, status=status)


@members_only
@require_safe
def office(request: Request) -> HttpResponse:
    """To the first page that is there for the viewer."""
    first = door_queries.office(request.user)[0]
    of_a_room = registry.office_pages.get(first)
    return redirect(of_a_room.url_name if of_a_room else f"accounts:site_{first}")


@members_only
@never_cache
def settings(request: Request) -> HttpResponse:
    decided = door_queries.site_options(viewer=request.user)
    initial = door_forms.SiteForm.shown(decided)
    form = door_forms.SiteForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        with form.mending():
            changed = {name: form.cleaned_data[name] for name in form.changed_data}
            doors.decide(actor=request.user, **changed)
            messages.success(request, _("Saved."))
            return redirect("accounts:site_settings")
    return page(request, "settings", form=form)


@members_only
@never_cache
def blocked(request: Request) -> HttpResponse:
    form = door_forms.BlockForm(request.POST if request.method == "POST" else None)
    found = door_queries.blocked_addresses(viewer=request.user, cursor=request.GET.get("cursor", ""))
    if form.is_valid():
        with form.mending():
            row = doors.block_address(actor=request.user, pattern=form.cleaned_data["pattern"])
            messages.success(request, _("Blocked: %(pattern)s") % {"pattern": row.pattern})
            return redirect("accounts:site_blocked")
    return page(request, "blocked", form=form, rows=found.rows, next=found.next)


@members_only
def unblock(request: Request, id: int) -> HttpResponse:
    if request.method == "POST":
        doors.unblock_address(actor=request.user, blocked_id=id)
        messages.success(request, _("Not blocked any more."))
    return redirect("accounts:site_blocked")


@members_only
@never_cache
@require_safe
def queue(request: Request) -> HttpResponse:
    found = door_queries.waiting_applications(viewer=request.user, cursor=request.GET.get("cursor", ""))
    return page(request, "applications", rows=found.rows, next=found.next)


@members_only
def accept(request: Request, id: int) -> HttpResponse:
    if request.method == "POST":
        try:
            user = applications.accept(actor=request.user, application_id=id)
        except (errors.Conflict, errors.Invalid) as error:
            messages.error(request, str(error.message))
        else:
            messages.success(request, _("%(name)s is a member now.") % {"name": user.display_name})
    return redirect("accounts:site_applications")


@members_only
@never_cache
def decline(request: Request, id: int) -> HttpResponse:
    form = door_forms.DeclineForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            applications.decline(actor=request.user, application_id=id, answer=form.cleaned_data["answer"])
        except errors.Conflict as error:
            messages.error(request, str(error.message))
        else:
            messages.success(request, _("Declined. A mail tells them so."))
        return redirect("accounts:site_applications")
    row = door_queries.application(viewer=request.user, id=id)
    return page(request, "decline", form=form, row=row)


@members_only
@never_cache
@require_safe
def tree(request: Request, handle: str = "") -> HttpResponse:
    cursor = request.GET.get("cursor", "")
    found = invitation_queries.tree(viewer=request.user, handle=handle, cursor=cursor)
    return page(request, "invitations", tree=found, rows=found.rows, next=found.next)


@members_only
def revoke(request: Request, id: int) -> HttpResponse:
    if request.method == "POST":
        invitations.revoke(actor=request.user, invitation_id=id)
        messages.success(request, _("Taken back. Nobody can join with it any more."))
    return redirect("accounts:site_invitations")
