"""Single sign-on beyond the browser: a provider orders a log-out, an app takes a login over from the system browser."""

import logging
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from accounts import oidc
from accounts.actions import sso
from accounts.forms import sso as sso_forms
from accounts.models.people import User
from accounts.queries import logins as login_queries
from accounts.queries import sso as sso_queries
from core import errors
from core.views import members_only

log = logging.getLogger(__name__)


@csrf_exempt  # the provider's server calls; its signature says who it is
@never_cache
@require_POST
def backchannel(request: HttpRequest, provider_id: str) -> HttpResponse:
    """OpenID Connect Back-Channel Logout 1.0."""
    provider = sso_queries.provider(provider_id)
    try:
        claims = oidc.read_logout_token(provider, request.POST.get("logout_token", ""))
        sso.log_out(
            provider=provider.key,
            issuer=claims["iss"],
            subject=claims.get("sub", ""),
            sid=claims.get("sid", ""),
            token_id=claims["jti"],
            until=datetime.fromtimestamp(claims["iat"], UTC) + timedelta(seconds=2 * oidc.LOGOUT_AGE),
        )
    except (oidc.Refused, oidc.Unreachable, errors.Conflict) as error:
        log.warning("single sign-on: a log-out by %s was not obeyed: %s", provider.key, error)
        return JsonResponse({"error": "invalid_request"}, status=400)
    return HttpResponse()


@members_only
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def app_login(request: HttpRequest) -> HttpResponse:
    """Whoever is logged in here, with all the factors that takes, may hand the login on to an app of this device."""
    assert isinstance(request.user, User)
    asked = sso_forms.AppLoginForm(request.GET)
    if not asked.is_valid() or asked.cleaned_data["redirect_uri"] not in settings.APP_REDIRECTS:
        raise errors.Invalid(sso_forms.UNKNOWN_APP)
    uri, state = asked.cleaned_data["redirect_uri"], asked.cleaned_data["state"]
    if request.method != "POST":
        return render(request, "accounts/app_login.html", {"app": uri.partition(":")[0]})
    device = login_queries.device_of_session(request.session.session_key or "")
    challenge = asked.cleaned_data["code_challenge"]
    code = sso.make_app_login(actor=request.user, device=device, challenge=challenge, redirect_uri=uri)
    url = f"{uri}{'&' if '?' in uri else '?'}{urlencode({'code': code, 'state': state})}"
    return render(request, "accounts/sso_leaving.html", {"url": url, "name": uri.partition(":")[0]})
