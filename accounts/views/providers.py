"""The owner's page of the providers of single sign-on."""

from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts import oidc
from accounts.access import sso as sso_access
from accounts.actions import sso
from accounts.forms import sso as sso_forms
from accounts.models.sso import IdentityProvider
from accounts.queries import sso as sso_queries
from accounts.views import office
from accounts.views.base import Request
from core.views import members_only


@members_only
@never_cache
@require_safe
def listed(request: Request) -> HttpResponse:
    found = sso_queries.provider_list(viewer=request.user)
    return render(request, "accounts/site_providers.html", {"found": found, **office.of(request, "providers")})


@members_only
@never_cache
@sensitive_post_parameters("client_secret")
def add(request: Request) -> HttpResponse:
    sso_access.access_providers(request.user)
    form = sso_forms.ProviderForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with form.mending():
            row = sso.add_provider(actor=request.user, given=form.cleaned_data)
            messages.success(request, _("Added. Test it before your members do."))
            return redirect("accounts:provider_edit", row.key)
    return _page(request, form, None)


@members_only
@never_cache
@sensitive_post_parameters("client_secret")
def edit(request: Request, key: str) -> HttpResponse:
    row = sso_access.access_provider(request.user, key)
    form = sso_forms.ProviderForm(request.POST if request.method == "POST" else None, row=row)
    if form.is_valid():
        with form.mending():
            sso.edit_provider(actor=request.user, key=key, given=form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("accounts:provider_edit", key)
    return _page(request, form, row)


def _page(request: Request, form: sso_forms.ProviderForm, row: IdentityProvider | None) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    context = {"form": form, "row": row, "site_url": settings.SITE_URL, **office.of(request, "providers")}
    return render(request, "accounts/site_provider.html", context, status=status)


@members_only
@require_POST
def test(request: Request, key: str) -> HttpResponse:
    """Asks the provider for all that can be asked without a person."""
    provider = sso_queries.of_row(sso_access.access_provider(request.user, key))
    if provider is None:
        messages.error(request, _("Its secret cannot be read: SECRET_KEY was changed. Type the secret again."))
    else:
        fault = oidc.fault_of(provider)
        if fault:
            messages.error(request, _("It does not answer as it should: %(fault)s.") % {"fault": fault})
        else:
            messages.success(request, _("It answers, and its keys are good."))
    return redirect("accounts:provider_edit", key)


@members_only
@require_POST
def switch(request: Request, key: str) -> HttpResponse:
    enabled = request.POST.get("enabled") == "yes"
    sso.set_provider_enabled(actor=request.user, key=key, enabled=enabled)
    messages.success(request, _("Switched on.") if enabled else _("Switched off. Nobody logs in by it now."))
    return redirect("accounts:site_providers")
