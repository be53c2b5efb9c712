"""The REST door of proofs: that it is still you, and a new password. Closed to tokens."""

from datetime import timedelta

from django.contrib.auth import update_session_auth_hash
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access.factors import open_without_factor
from accounts.access.life import open_to_hidden
from accounts.actions import logins, proving
from accounts.api import flows, inputs
from accounts.api.base import Request
from accounts.api.entering import bad_password, checked
from accounts.api.logins import own_device
from accounts.serializers import flows as flow_serializers
from core import errors, scopes

FRESH = timedelta(minutes=15)


class ReauthenticationNeeded(errors.SignInNeeded):
    """The login is good, but too old for this."""

    code = "reauthentication_needed"
    default = gettext_lazy("Please prove that it is you first.")


def check_fresh(request: Request) -> None:
    """ReauthenticationNeeded unless this login began, or was proven again, a moment ago."""
    device = own_device(request)
    if (device.proven_at or device.created_at) < timezone.now() - FRESH:
        raise ReauthenticationNeeded


@open_without_factor
@open_to_hidden
class ReauthenticateView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(tags=["auth"], request=flow_serializers.Proof, responses={204: None})
    def post(self, request: Request) -> Response:
        """Proves again who holds this login, for 15 minutes: by password, second factor or passkey. For what answers
        `reauthentication_needed`."""
        given, asked, user = checked(flow_serializers.Proof(data=request.data)), request._request, request.user
        if "password" in given:
            if not inputs.ReauthenticateInput({"password": given["password"]}, user=user).is_valid():
                raise errors.Invalid(_("This is not your password."), field="password")
        elif "code" in given:
            with flows.apart(asked):
                passed = flows.is_proven(inputs.ReauthenticateFactorInput({"code": given["code"]}, user=user))
            if not passed:
                raise errors.Invalid(_("That is not right. Look again, or try another way."), field="code")
        else:
            with flows.step(asked, given["flow"], flows.PROVE):
                form = inputs.ReauthenticateWebAuthnInput({"credential": given["credential"]}, user=user)
                if flows.remembered(asked).pk != user.pk or not flows.is_proven(form):
                    raise flows.wrong(asked, _("This passkey is not known here."), "credential")
                asked.session.flush()
        proving.prove_device(actor=user, device_id=own_device(request).pk)
        return Response(status=204)


@open_without_factor
@open_to_hidden
class ReauthenticateOptionsView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(tags=["auth"], request=None, responses=flow_serializers.Options)
    def post(self, request: Request) -> Response:
        """What to ask a passkey of yours for, to prove that it is still you."""
        with flows.begun(request._request, flows.PROVE) as flow:
            flows.remember(request._request, request.user)
            options = flows.passkey_options(request.user)
        return Response({"flow": flow, "options": options})


class PasswordView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(tags=["auth"], request=flow_serializers.PasswordChange, responses={204: None})
    def post(self, request: Request) -> Response:
        """A new password. Every other login ends, tokens too; this one stays."""
        given = checked(flow_serializers.PasswordChange(data=request.data))
        device, user = own_device(request), request.user
        if not user.has_usable_password():
            check_fresh(request)
        typed = {"current_password": given.get("old", ""), "new_password": given["password"]}
        form = inputs.ChangePasswordInput(typed, user=user)
        if not form.is_valid():
            if form.has_error("current_password"):
                raise errors.Invalid(_("This is not your password."), field="old")
            raise bad_password(form, "new_password")
        logins.set_password(actor=user, password=form.cleaned_data["new_password"], keep=device.pk)
        if device.session_key:
            update_session_auth_hash(request._request, user)
            new = request._request.session.session_key or ""
            logins.move_session(actor=user, old=device.session_key, new=new)
        return Response(status=204)
