"""The REST door of single sign-on: which providers, an app's login by the system browser, connected accounts."""

from dataclasses import asdict

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.actions import sso
from accounts.api.base import Request
from accounts.api.logins import own_device
from accounts.api.proving import check_fresh
from accounts.queries import people as people_queries
from accounts.queries import sso as sso_queries
from accounts.serializers import logins as login_serializers
from accounts.serializers import people as people_serializers
from accounts.serializers import sso as sso_serializers
from core import errors, scopes
from core.api import JSONParser


class ProvidersView(APIView):
    authentication_classes: list[type] = []
    permission_classes = [AllowAny]

    @extend_schema(tags=["auth"], responses=sso_serializers.ProvidersOut)
    def get(self, request: Request) -> Response:
        """Providers of single sign-on, and where an app begins its login in the system browser."""
        found = [sso_serializers.provider(one) for one in sso_queries.providers()]
        return Response({"results": found, "app_login_url": sso_serializers.app_login_url()})


class ExchangeView(APIView):
    authentication_classes: list[type] = []
    permission_classes = [AllowAny]
    parser_classes = [JSONParser]

    @extend_schema(tags=["auth"], request=sso_serializers.Exchange, responses=login_serializers.LoggedIn)
    def post(self, request: Request) -> Response:
        """Swaps the code of a login in the system browser for tokens. It needs the verifier that only the app has."""
        given = sso_serializers.Exchange(data=request.data)
        given.is_valid(raise_exception=True)
        words = given.validated_data
        made = sso.log_in_app(
            code=words["code"],
            verifier=words["code_verifier"],
            redirect_uri=words["redirect_uri"],
            client=request.headers.get("User-Agent", ""),
            address=request.META.get("REMOTE_ADDR", ""),
        )
        if made is None:
            raise errors.SignInNeeded(_("This code is no longer good. Please log in again."))
        user, pair = made
        me = people_serializers.me(people_queries.person(viewer=user, person=user.pk))
        return Response({"access": pair.access, "refresh": pair.refresh, "user": me})


class IdentitiesView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(tags=["auth"], responses=sso_serializers.IdentitiesOut)
    def get(self, request: Request) -> Response:
        """The accounts elsewhere that log you in here."""
        return Response({"results": [asdict(row) for row in sso_queries.connected(viewer=request.user)]})


class IdentityView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(tags=["auth"], responses={204: None})
    def delete(self, request: Request, id: int) -> Response:
        """Disconnects one. Logins that came by it end, but this one. The last way to log in stays: 409. Needs a fresh
        proof (auth/reauthenticate)."""
        check_fresh(request)
        sso.unlink(actor=request.user, identity_id=id, keep=own_device(request).pk)
        return Response(status=204)
