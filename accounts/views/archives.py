"""One's data: the page, the export and its file, the import."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import archives as archive_access
from accounts.actions import archives
from accounts.forms import life as life_forms
from accounts.queries import archives as archive_queries
from accounts.views.base import Request
from core import errors
from core.streams import attachment
from core.views import members_only


def data_page(request: Request, form: life_forms.ImportForm) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {"here": "data", "form": form, "data": archive_queries.data(request.user)}
    return render(request, "accounts/settings_data.html", context, status=status)


@members_only
@never_cache
@require_safe
def data(request: Request) -> HttpResponse:
    return data_page(request, life_forms.ImportForm())


@members_only
@never_cache
@require_safe
def state(request: Request) -> HttpResponse:
    """How far the export or the import is, asked for every two seconds while it moves."""
    which = "import" if request.GET.get("of") == "import" else "export"
    context = {"data": archive_queries.data(request.user), "leaving": not request.user.is_present}
    return render(request, f"accounts/_{which}.html", context)


@members_only
@require_POST
def export(request: Request) -> HttpResponse:
    try:
        archives.start_export(actor=request.user)
    except errors.TooMany as error:
        messages.error(request, str(error.message))
    return redirect("accounts:settings_data" if request.user.is_present else "accounts:leaving")


@members_only
@never_cache
@require_safe
def file(request: Request, token: str) -> HttpResponseBase:
    found = archive_access.access_export(request.user, token)
    return attachment(archive_queries.download(found), name=found.file_name, kind="application/zip")


@members_only
@require_POST
def bring(request: Request) -> HttpResponse:
    form = life_forms.ImportForm(request.POST, request.FILES)
    if form.is_valid():
        given = form.cleaned_data
        with form.mending("file"):
            archives.start_import(
                actor=request.user, file=given["file"], size=given["file"].size, only_me=given["only_me"]
            )
            messages.success(request, _("We have it. You may go on; what is in it appears on your profile."))
            return redirect("accounts:settings_data")
    return data_page(request, form)
