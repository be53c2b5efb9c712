"""The member's invitations."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import doors
from accounts.actions import invitations
from accounts.forms import invitations as invitation_forms
from accounts.queries import invitations as invitation_queries
from accounts.views.base import Request
from core import errors
from core.views import members_only


@members_only
@never_cache
def own(request: Request) -> HttpResponse:
    form = invitation_forms.InvitationForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with form.mending():
            made, link = invitations.invite(actor=request.user, **form.cleaned_data)
            if made.email:
                messages.success(request, _("The invitation is on its way to %(to)s.") % {"to": made.email})
                return redirect("accounts:settings_invitations")
            return _page(request, invitation_forms.InvitationForm(), link=link)
    return _page(request, form)


@members_only
@never_cache
def renew(request: Request, id: int) -> HttpResponse:
    if request.method != "POST":
        return redirect("accounts:settings_invitations")
    try:
        made, link = invitations.renew(actor=request.user, invitation_id=id)
    except (errors.Conflict, errors.TooMany) as error:
        messages.error(request, str(error.message))
        return redirect("accounts:settings_invitations")
    if made.email:
        messages.success(request, _("The invitation is on its way to %(to)s.") % {"to": made.email})
        return redirect("accounts:settings_invitations")
    return _page(request, invitation_forms.InvitationForm(), link=link)


@members_only
def revoke(request: Request, id: int) -> HttpResponse:
    if request.method == "POST":
        invitations.revoke(actor=request.user, invitation_id=id)
        messages.success(request, _("Taken back. Nobody can join with it any more."))
    return redirect("accounts:settings_invitations")


@members_only
@never_cache
@require_safe
def brought(request: Request) -> HttpResponse:
    page = invitation_queries.people_brought(viewer=request.user, cursor=request.GET.get("cursor", ""))
    context = {"here": "invitations", "rows": page.rows, "next": page.next}
    return render(request, "accounts/settings_invited.html", context)


def _page(request: Request, form: invitation_forms.InvitationForm, *, link: str = "") -> HttpResponse:
    """`link` is shown this once: it is kept nowhere."""
    page = invitation_queries.own_invitations(viewer=request.user, cursor=request.GET.get("cursor", ""))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound and form.errors else HTTPStatus.OK
    context = {
        "here": "invitations",
        "form": form,
        "link": link,
        "may_invite": doors.may_invite(request.user),
        "rows": page.rows,
        "next": page.next,
    }
    return render(request, "accounts/settings_invitations.html", context, status=status)
