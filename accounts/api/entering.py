"""The REST door of the ways in: sign up, second factor, passkey, reset. Every answer is the same for addresses that
are known and unknown; every wrong code counts."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.password_reset_by_code import PasswordResetVerificationProcess
from allauth.core import ratelimit
from django.forms import Form
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from accounts import codes
from accounts.access import doors
from accounts.api import flows, inputs
from accounts.api.base import Request
from accounts.models.applications import Application
from accounts.serializers import flows as flow_serializers
from accounts.serializers import logins as login_serializers
from core import errors, limits
from core.api import JSONParser

PASSKEYS = limits.Limit("passkeys", 30, 60)
CODE_SECONDS = 300
RENAMED = {"display_name": "name"}


def checked(form: BaseSerializer) -> dict[str, Any]:
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


def invalid(form: Form) -> ValidationError:
    """What a form refuses, by the API's names of its fields."""
    return ValidationError({RENAMED.get(field, field): list(map(str, words)) for field, words in form.errors.items()})


def bad_password(form: Form, field: str) -> errors.Invalid:
    """All that stands against a new password, in one piece."""
    return errors.Invalid(" ".join(map(str, form.errors[field])), field="password")


class Door(APIView):
    """For those who are nobody yet: no token is looked at."""

    authentication_classes: list[type] = []
    permission_classes = [AllowAny]
    parser_classes = [JSONParser]


# -- Sign up ----------------------------------------------------------------------------------------------------------


class SignupView(Door):
    @extend_schema(tags=["auth"], request=flow_serializers.Signup, responses={202: flow_serializers.Begun})
    def post(self, request: Request) -> Response:
        """Begins a sign-up: a code is on its way to the address (or, where somebody has an account, word of that)."""
        codes.limit(request._request, "signup")
        given = checked(flow_serializers.Signup(data=request.data))
        flow = begin_joining(request, given)
        return Response({"flow": flow, "expires_in": CODE_SECONDS}, status=202)


def begin_joining(request: Request, given: dict[str, Any]) -> str:
    """By allauth's input with the page's own questions, and its process: what these refuse is refused here. Gives the
    flow."""
    door = doors.door(given.get("invitation", ""))
    if door.refusal:
        raise errors.NotAllowed(door.refusal)
    form = inputs.SignupInput({**given, "display_name": given["name"]}, door=door)
    if not form.is_valid():
        raise invalid(form)
    given = {"language": get_language() or "", "invitation": door.token if door.invitation else ""}
    with flows.begun(request._request, flows.JOIN) as flow:
        codes.JoinProcess.initiate(request._request, **{**given, **form.asked(), **form.person()})
    return flow


def joining(request: Request) -> codes.JoinProcess:
    process = codes.JoinProcess.resume(request._request)
    if process is None:
        request._request.session.flush()
        raise flows.FlowEnded
    return process


class SignupCodeView(Door):
    @extend_schema(tags=["auth"], request=flow_serializers.Code, responses={201: login_serializers.LoggedIn, 202: None})
    def post(self, request: Request) -> Response:
        """The code from the mail: makes the member and logs the app in, or, where a moderator looks at each request,
        answers 202: the answer comes by mail. The fifth wrong code ends the sign-up."""
        given = checked(flow_serializers.Code(data=request.data))
        with flows.step(request._request, given["flow"], flows.JOIN):
            process = joining(request)
            if not inputs.VerifyEmailInput({"key": given["code"]}, process=process).is_valid():
                process.record_invalid_attempt()
                raise flows.wrong(request._request, _("That is not the code. Look at the newest mail."))
            request._request.session.flush()
            made = process.finish()
        if isinstance(made, Application):
            return Response(status=202)
        response = flows.enter(request, made)
        response.status_code = 201
        return response


class SignupResendView(Door):
    @extend_schema(tags=["auth"], request=flow_serializers.Flow, responses={202: flow_serializers.Begun})
    def post(self, request: Request) -> Response:
        """Sends a new code; the one before is good no more. Half a minute lies between two mails."""
        given = checked(flow_serializers.Flow(data=request.data))
        with flows.step(request._request, given["flow"], flows.JOIN):
            process = joining(request)
            process.resend()
        return Response({"flow": given["flow"], "expires_in": CODE_SECONDS}, status=202)


# -- Second factor and passkeys ---------------------------------------------------------------------------------------


class SecondFactorView(Door):
    @extend_schema(tags=["auth"], request=flow_serializers.Factor, responses=login_serializers.LoggedIn)
    def post(self, request: Request) -> Response:
        """The second step of a login that answered `second_factor_needed`: a code of the authenticator, a recovery
        code, or a passkey. The fifth wrong one ends the login."""
        given = checked(flow_serializers.Factor(data=request.data))
        asked, flow = request._request, given.pop("flow")
        with flows.step(asked, flow, flows.LOGIN):
            user = flows.remembered(asked)
            if not flows.check_factor(user, **given):
                raise flows.wrong(asked, _("That is not right. Look again, or try another way."), *given)
            asked.session.flush()
        return flows.enter(request, user)


class SecondFactorOptionsView(Door):
    @extend_schema(tags=["auth"], request=flow_serializers.Flow, responses=flow_serializers.Options)
    def post(self, request: Request) -> Response:
        """What to ask a passkey for as the second factor of this login."""
        given = checked(flow_serializers.Flow(data=request.data))
        with flows.step(request._request, given["flow"], flows.LOGIN):
            options = flows.passkey_options(flows.remembered(request._request))
        return Response({"flow": given["flow"], "options": options})


class PasskeyOptionsView(Door):
    @extend_schema(tags=["auth"], request=None, responses=flow_serializers.Options)
    def post(self, request: Request) -> Response:
        """Begins a login with nothing but a passkey."""
        limits.check(PASSKEYS, limits.network(request.META.get("REMOTE_ADDR", "")))
        with flows.begun(request._request, flows.PASSKEY) as flow:
            options = flows.passkey_options(None)
        return Response({"flow": flow, "options": options})


class PasskeyView(Door):
    @extend_schema(tags=["auth"], request=flow_serializers.Passkey, responses=login_serializers.LoggedIn)
    def post(self, request: Request) -> Response:
        """Logs in with a passkey, which is both factors in one."""
        given = checked(flow_serializers.Passkey(data=request.data))
        with flows.step(request._request, given["flow"], flows.PASSKEY):
            user = flows.check_passkey(given["credential"])
            if user is None:
                raise flows.wrong(request._request, _("This passkey is not known here."), "credential")
            request._request.session.flush()
        return flows.enter(request, user)


# -- A forgotten password ---------------------------------------------------------------------------------------------


class ResetView(Door):
    @extend_schema(tags=["auth"], request=flow_serializers.ResetRequest, responses={202: flow_serializers.Begun})
    def post(self, request: Request) -> Response:
        """A code is on its way to the address, if somebody here has it."""
        given = checked(flow_serializers.ResetRequest(data=request.data))
        form = inputs.RequestPasswordResetInput({"email": given["email"].lower()})
        if not form.is_valid():
            raise invalid(form)
        if not ratelimit.consume(request._request, action="reset_password", key=form.cleaned_data["email"].lower()):
            raise errors.TooMany(_("We have just sent a mail. Give it half a minute."), retry_after=codes.WAIT)
        with flows.begun(request._request, flows.RESET) as flow:
            form.save(request._request)
        return Response({"flow": flow, "expires_in": CODE_SECONDS}, status=202)


def resetting(request: Request, *, proven: bool) -> PasswordResetVerificationProcess:
    codes.check_reset(request._request)
    process = PasswordResetVerificationProcess.resume(request._request)
    if process is None or bool(process.state.get("code_confirmed")) != proven:
        raise flows.FlowEnded
    return process


class ResetCodeView(Door):
    @extend_schema(tags=["auth"], request=flow_serializers.Code, responses={204: None})
    def post(self, request: Request) -> Response:
        """The code from the mail. The fifth wrong one ends it."""
        given = checked(flow_serializers.Code(data=request.data))
        with flows.step(request._request, given["flow"], flows.RESET):
            process = resetting(request, proven=False)
            if not inputs.ResetPasswordKeyInput({"key": given["code"]}, code=process.code).is_valid():
                raise flows.wrong(request._request, _("That is not the code. Look at the newest mail."))
            process.confirm_code()
        return Response(status=204)


class ResetPasswordView(Door):
    @extend_schema(tags=["auth"], request=flow_serializers.NewPassword, responses={204: None})
    def post(self, request: Request) -> Response:
        """Sets the new password and ends every login. Then log in with it; a second factor is asked for as ever."""
        given = checked(flow_serializers.NewPassword(data=request.data))
        with flows.step(request._request, given["flow"], flows.RESET):
            user = resetting(request, proven=True).user
            form = inputs.ResetPasswordInput({"password": given["password"]}, user=user)
            if not form.is_valid():
                raise bad_password(form, "password")
            request._request.session.flush()
        get_adapter().set_password(user, given["password"])
        return Response(status=204)
