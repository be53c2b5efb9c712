"""The REST door of second factors: how one stands, setting them up, changing them, taking them away. Closed to tokens;
whatever changes something asks for a fresh proof (auth/reauthenticate)."""

from dataclasses import asdict

from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt, encrypt
from allauth.mfa.webauthn.internal import auth as webauthn
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access.factors import open_without_factor
from accounts.access.life import open_to_hidden
from accounts.actions import factors
from accounts.api import flows, inputs
from accounts.api.base import Request
from accounts.api.entering import checked
from accounts.api.logins import own_device
from accounts.api.proving import check_fresh
from accounts.queries import factors as factor_queries
from accounts.serializers import factors as factor_serializers
from accounts.serializers import flows as flow_serializers
from core import scopes

SECRET = "app_secret"  # noqa: S105  where the flow keeps it, sealed, until the app has shown a code


class FactorsView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(tags=["auth"], responses=factor_serializers.FactorsOut)
    def get(self, request: Request) -> Response:
        """What protects your account."""
        known = factor_queries.protection(viewer=request.user)
        return Response(factor_serializers.FactorsOut(known).data)


def added(request: Request, codes: list[str]) -> Response:
    known = factor_queries.protection(viewer=request.user)
    return Response(factor_serializers.FactorsAdded({**asdict(known), "codes": codes}).data, status=201)


# -- Authenticator app ------------------------------------------------------------------------------------------------


@open_without_factor
@open_to_hidden
class AppSecretView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(tags=["auth"], request=None, responses=factor_serializers.AppSecret)
    def post(self, request: Request) -> Response:
        """Begins setting up an authenticator app. Needs a fresh proof (auth/reauthenticate)."""
        check_fresh(request)
        secret = totp.generate_totp_secret()
        with flows.begun(request._request, flows.NEW_APP) as flow:
            flows.remember(request._request, request.user)
            request._request.session[SECRET] = encrypt(secret)
        uri = get_adapter().build_totp_url(request.user, secret)
        life = int(flows.LIVES[flows.NEW_APP].total_seconds())
        return Response({"flow": flow, "secret": secret, "uri": uri, "expires_in": life})


@open_without_factor
@open_to_hidden
class AppConfirmView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(tags=["auth"], request=factor_serializers.AppCode, responses={201: factor_serializers.FactorsAdded})
    def post(self, request: Request) -> Response:
        """Turns the app on, by the code that it shows. The first factor ends your other logins. Needs a fresh proof
        (auth/reauthenticate)."""
        check_fresh(request)
        given, asked = checked(factor_serializers.AppCode(data=request.data)), request._request
        keep = own_device(request).pk
        with flows.step(asked, given["flow"], flows.NEW_APP):
            flows.check_own(asked, request.user)
            secret = decrypt(asked.session[SECRET])
            codes = factors.add_app(actor=request.user, secret=secret, code=given["code"], keep=keep)
            asked.session.flush()
        return added(request, codes)


class AppView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(tags=["auth"], responses={204: None})
    def delete(self, request: Request) -> Response:
        """Removes the authenticator app. 409 for the last factor of who must have one. Needs a fresh proof
        (auth/reauthenticate)."""
        check_fresh(request)
        factors.remove_app(actor=request.user)
        return Response(status=204)


# -- Passkeys ---------------------------------------------------------------------------------------------------------


@open_without_factor
@open_to_hidden
class PasskeyOptionsView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(tags=["auth"], request=None, responses=flow_serializers.Options)
    def post(self, request: Request) -> Response:
        """Begins setting up a passkey: what the device is asked to make. Needs a fresh proof (auth/reauthenticate)."""
        check_fresh(request)
        with flows.begun(request._request, flows.NEW_PASSKEY) as flow:
            flows.remember(request._request, request.user)
            options = webauthn.begin_registration(request.user, passwordless=True)
        return Response({"flow": flow, "options": options})


@open_without_factor
@open_to_hidden
class PasskeysView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(
        tags=["auth"], request=factor_serializers.PasskeyMade, responses={201: factor_serializers.FactorsAdded}
    )
    def post(self, request: Request) -> Response:
        """Keeps the passkey that the device has made. The first factor ends your other logins. Needs a fresh proof
        (auth/reauthenticate)."""
        check_fresh(request)
        given, asked = checked(factor_serializers.PasskeyMade(data=request.data)), request._request
        keep = own_device(request).pk
        with flows.step(asked, given["flow"], flows.NEW_PASSKEY):
            flows.check_own(asked, request.user)
            form = inputs.AddWebAuthnInput(
                {"name": given.get("name", ""), "credential": given["credential"]}, user=request.user
            )
            if not form.is_valid():
                raise flows.wrong(asked, _("The passkey was not made. Please try again."), "credential")
            codes = factors.add_passkey(actor=request.user, **form.made(), keep=keep)
            asked.session.flush()
        return added(request, codes)


class PasskeyView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(tags=["auth"], request=factor_serializers.PasskeyName, responses=factor_serializers.PasskeyOut)
    def patch(self, request: Request, id: int) -> Response:
        """Another name for one of your passkeys. Needs a fresh proof (auth/reauthenticate)."""
        check_fresh(request)
        name = checked(factor_serializers.PasskeyName(data=request.data))["name"]
        factors.rename_passkey(actor=request.user, id=id, name=name)
        return Response(factor_serializers.PasskeyOut(factor_queries.passkey(viewer=request.user, id=id)).data)

    @extend_schema(tags=["auth"], responses={204: None})
    def delete(self, request: Request, id: int) -> Response:
        """Removes one of your passkeys. 409 for the last factor of who must have one. Needs a fresh proof
        (auth/reauthenticate)."""
        check_fresh(request)
        factors.remove_passkey(actor=request.user, id=id)
        return Response(status=204)


# -- Recovery codes ---------------------------------------------------------------------------------------------------


class CodesView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(tags=["auth"], request=None, responses={201: factor_serializers.Codes})
    def post(self, request: Request) -> Response:
        """Ten new recovery codes; the old ones are good no more. 409 without a factor they could stand in for. Needs a
        fresh proof (auth/reauthenticate)."""
        check_fresh(request)
        return Response({"codes": factors.renew_codes(actor=request.user)}, status=201)
