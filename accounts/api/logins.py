"""The REST door of logins: of apps, of devices, tickets."""

from allauth.account.internal.flows.login import derive_login_method
from allauth.core import ratelimit
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import tokens
from accounts.access.factors import open_without_factor
from accounts.access.life import open_to_hidden
from accounts.actions import logins
from accounts.api import flows
from accounts.api.base import CURSOR, Request, cursor
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.queries import logins as login_queries
from accounts.serializers import logins as login_serializers
from core import errors, scopes
from core.api import JSONParser


class LoginView(APIView):
    authentication_classes: list[type] = []
    permission_classes = [AllowAny]
    parser_classes = [JSONParser]

    @extend_schema(tags=["auth"], request=login_serializers.Login, responses=login_serializers.LoggedIn)
    def post(self, request: Request) -> Response:
        """Logs an app in with the password. Accounts with a second factor answer 401 `second_factor_needed` with a
        `flow` and the `factors` they have: go on with auth/second-factor. Where a factor is required and missing, the
        login opens setting one up (me/factors/app/secret, me/factors/passkeys/options), and nothing else."""
        given = login_serializers.Login(data=request.data)
        given.is_valid(raise_exception=True)
        return flows.go_on(request, self.authenticate(request, **given.validated_data))

    def authenticate(self, request: Request, login: str, password: str) -> User:
        """The steps of the browser's login, with its limits."""
        if not ratelimit.consume(request._request, action="login"):
            raise errors.TooMany(retry_after=60)
        login = login.strip().removeprefix("@").lower()
        user = flows.check_password({derive_login_method(login).value: login, "password": password})
        if user is None:
            raise errors.SignInNeeded(_("This name or address and this password do not belong together."))
        return user


class RefreshView(APIView):
    authentication_classes: list[type] = []
    permission_classes = [AllowAny]
    parser_classes = [JSONParser]

    @extend_schema(tags=["auth"], request=login_serializers.Refresh, responses=login_serializers.Tokens)
    def post(self, request: Request) -> Response:
        """Swaps a refresh token for a new pair. An old one ends the whole login, except within 30 seconds."""
        given = login_serializers.Refresh(data=request.data)
        given.is_valid(raise_exception=True)
        refresh, address = given.validated_data["refresh"], request.META.get("REMOTE_ADDR", "")
        pair = logins.refresh_tokens(refresh=refresh, address=address)
        if pair is None:
            raise tokens.TokenEnded
        return Response({"access": pair.access, "refresh": pair.refresh})


@open_without_factor
@open_to_hidden
class LogoutView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(tags=["auth"], request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        """Ends this login: its tokens and its sockets."""
        logins.end_device(actor=request.user, device_id=own_device(request).pk)
        return Response(status=204)


class TicketView(APIView):
    scopes = scopes.Scopes(change=(scopes.CHAT_READ, scopes.CHAT_WRITE))

    @extend_schema(tags=["auth"], request=None, responses=login_serializers.Ticket)
    def post(self, request: Request) -> Response:
        """A ticket that opens the socket once, for clients without cookies."""
        return Response({"ticket": tokens.make_ticket(own_device(request))})


@open_to_hidden
class DevicesView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(tags=["auth"], parameters=[CURSOR], responses=login_serializers.DevicesOut)
    def get(self, request: Request) -> Response:
        """Every login of yours that stands."""
        page = login_queries.devices(viewer=request.user, current=own_device(request), cursor=cursor(request))
        return Response({"results": page.rows, "next": page.next or None})

    @extend_schema(tags=["auth"], operation_id="me_devices_end_others", responses=login_serializers.Ended)
    def delete(self, request: Request) -> Response:
        """Ends all your logins but this one: their sessions, their tokens, their sockets."""
        ended = logins.end_devices(actor=request.user, keep=own_device(request).pk)
        return Response({"ended": ended})


@open_to_hidden
class DeviceView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(tags=["auth"], responses={204: None})
    def delete(self, request: Request, id: int) -> Response:
        """Ends one login of yours at once. Doing it again changes nothing."""
        logins.end_device(actor=request.user, device_id=id)
        return Response(status=204)


def own_device(request: Request) -> Device:
    """The login behind a request, of an app or of a browser."""
    if isinstance(request.auth, Device):
        return request.auth
    device = login_queries.device_of_session(request._request.session.session_key or "")
    if device is None:
        raise errors.SignInNeeded
    return device
