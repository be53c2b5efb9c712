"""The REST door of accounts: logins of apps, the member's own data, people, follow, requests and block."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import derive_login_method
from allauth.account.utils import has_verified_email
from allauth.core import ratelimit
from allauth.mfa.utils import is_mfa_enabled
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import request as rest_request
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import queries, serializers, tokens
from accounts.actions import logins, profiles, relations
from accounts.models import Device, User
from core import errors
from core.api import JSONParser


class Request(rest_request.Request):
    """A request of somebody logged in."""

    user: User


CURSOR = OpenApiParameter("cursor", str, description="`next` of the page before.")
ID = OpenApiParameter("id", str, OpenApiParameter.PATH, description="Id, or handle.")


def reference(raw: str) -> int | str:
    """A member as an address names them: digits are an id (no handle is digits only), the rest is a handle."""
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 20 else raw


def cursor(request: Request) -> str:
    return request.query_params.get("cursor", "")


# -- Logins of apps ---------------------------------------------------------------------------------------------------


class LoginView(APIView):
    authentication_classes: list[type] = []
    permission_classes = [AllowAny]
    parser_classes = [JSONParser]

    @extend_schema(tags=["auth"], request=serializers.Login, responses=serializers.LoggedIn)
    def post(self, request: Request) -> Response:
        """Logs an app in with the password. Accounts with a second factor are refused with `second_factor_needed`."""
        given = serializers.Login(data=request.data)
        given.is_valid(raise_exception=True)
        user = self.authenticate(request, **given.validated_data)
        client, address = request.headers.get("User-Agent", ""), request.META.get("REMOTE_ADDR", "")
        pair = logins.log_in_app(actor=user, client=client, address=address)
        me = serializers.me(queries.person(viewer=user, person=user.pk))
        return Response({"access": pair.access, "refresh": pair.refresh, "user": me})

    def authenticate(self, request: Request, login: str, password: str) -> User:
        """The steps of the browser's login, with allauth's limits: password, presence, address, second factor."""
        asked, adapter = request._request, get_adapter()
        if not ratelimit.consume(asked, action="login"):
            raise errors.TooMany(retry_after=60)
        login = login.strip().removeprefix("@").lower()
        try:
            user = adapter.authenticate(asked, **{derive_login_method(login).value: login, "password": password})
        except ValidationError as error:  # allauth's limit of failed logins
            raise errors.TooMany(" ".join(error.messages), retry_after=300) from None
        if user is None:
            raise errors.SignInNeeded(_("This name or address and this password do not belong together."))
        if not user.is_present:
            raise errors.SignInNeeded(_("This account is not open at the moment."))
        if not has_verified_email(user):
            raise errors.NotAllowed(_("Please log in on the site once, to prove your address."))
        if is_mfa_enabled(user):
            raise tokens.SecondFactorNeeded
        return user


class RefreshView(APIView):
    authentication_classes: list[type] = []
    permission_classes = [AllowAny]
    parser_classes = [JSONParser]

    @extend_schema(tags=["auth"], request=serializers.Refresh, responses=serializers.Tokens)
    def post(self, request: Request) -> Response:
        """Swaps a refresh token for a new pair. An old one ends the whole login, except within 30 seconds."""
        given = serializers.Refresh(data=request.data)
        given.is_valid(raise_exception=True)
        refresh, address = given.validated_data["refresh"], request.META.get("REMOTE_ADDR", "")
        pair = logins.refresh_tokens(refresh=refresh, address=address)
        if pair is None:
            raise tokens.TokenEnded
        return Response({"access": pair.access, "refresh": pair.refresh})


class LogoutView(APIView):
    @extend_schema(tags=["auth"], request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        """Ends this login: its tokens and its sockets."""
        logins.end_device(actor=request.user, device_id=own_device(request).pk)
        return Response(status=204)


class TicketView(APIView):
    @extend_schema(tags=["auth"], request=None, responses=serializers.Ticket)
    def post(self, request: Request) -> Response:
        """A ticket that opens the socket once, for clients without cookies."""
        return Response({"ticket": tokens.make_ticket(own_device(request))})


class DevicesView(APIView):
    @extend_schema(tags=["auth"], parameters=[CURSOR], responses=serializers.DevicesOut)
    def get(self, request: Request) -> Response:
        """Every login of yours that stands."""
        page = queries.devices(viewer=request.user, current=own_device(request), cursor=cursor(request))
        return Response({"results": page.rows, "next": page.next or None})

    @extend_schema(tags=["auth"], operation_id="me_devices_end_others", responses=serializers.Ended)
    def delete(self, request: Request) -> Response:
        """Ends all your logins but this one: their sessions, their tokens, their sockets."""
        ended = logins.end_other_devices(actor=request.user, device_id=own_device(request).pk)
        return Response({"ended": ended})


class DeviceView(APIView):
    @extend_schema(tags=["auth"], responses={204: None})
    def delete(self, request: Request, id: int) -> Response:
        """Ends one login of yours at once. Doing it again changes nothing."""
        logins.end_device(actor=request.user, device_id=id)
        return Response(status=204)


def own_device(request: Request) -> Device:
    """The login behind a request, of an app or of a browser."""
    if isinstance(request.auth, Device):
        return request.auth
    device = queries.device_of_session(request._request.session.session_key or "")
    if device is None:
        raise errors.SignInNeeded
    return device


# -- People -----------------------------------------------------------------------------------------------------------


class MeView(APIView):
    @extend_schema(tags=["people"], responses=serializers.Me)
    def get(self, request: Request) -> Response:
        return self.answer(request)

    @extend_schema(tags=["people"], request=serializers.MePatch, responses=serializers.Me)
    def patch(self, request: Request) -> Response:
        given = serializers.MePatch(data=request.data)
        given.is_valid(raise_exception=True)
        changes: dict[str, Any] = dict(given.validated_data)
        if "name" in changes:
            changes["display_name"] = changes.pop("name")
        private = changes.pop("is_private", None)
        profiles.update_profile(actor=request.user, **changes)
        if private is not None:
            relations.set_private(actor=request.user, private=private)
        return self.answer(request)

    def answer(self, request: Request) -> Response:
        return Response(serializers.me(queries.person(viewer=request.user, person=request.user.pk)))


@extend_schema(tags=["people"], parameters=[ID])
class UserView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(responses=serializers.Profile)
    def get(self, request: Request, id: str) -> Response:
        return Response(serializers.profile(queries.person(viewer=request.user, person=reference(id))))


@extend_schema(tags=["people"], parameters=[ID], request=None)
class FollowView(APIView):
    @extend_schema(responses=serializers.Profile)
    def post(self, request: Request, id: str) -> Response:
        """Follow, or ask to where the account is private: see `follow_state`. Doing it again changes nothing."""
        who, _state = relations.follow(actor=request.user, person=reference(id))
        return Response(serializers.profile(queries.person(viewer=request.user, person=who.pk)))

    @extend_schema(responses=serializers.Profile)
    def delete(self, request: Request, id: str) -> Response:
        """Follow no more, or withdraw the request. Doing it again changes nothing."""
        who = relations.unfollow(actor=request.user, person=reference(id))
        return Response(serializers.profile(queries.person(viewer=request.user, person=who.pk)))


@extend_schema(tags=["people"], parameters=[ID], request=None, responses={204: None})
class FollowerView(APIView):
    def delete(self, request: Request, id: str) -> Response:
        """This person follows you no more, and is not told."""
        relations.remove_follower(actor=request.user, person=reference(id))
        return Response(status=204)


@extend_schema(tags=["people"], parameters=[CURSOR])
class RequestsView(APIView):
    @extend_schema(responses=serializers.People)
    def get(self, request: Request) -> Response:
        """Who asks to follow you, newest first."""
        page = queries.requests(viewer=request.user, cursor=cursor(request))
        return Response(serializers.people(page.rows, page.next))


@extend_schema(tags=["people"], parameters=[ID], request=None, responses={204: None})
class RequestView(APIView):
    def delete(self, request: Request, id: str) -> Response:
        """Declines what this person asks, without a word to them."""
        relations.decline_request(actor=request.user, person=reference(id))
        return Response(status=204)


@extend_schema(tags=["people"], parameters=[ID], request=None)
class AcceptView(APIView):
    @extend_schema(responses=serializers.Profile)
    def post(self, request: Request, id: str) -> Response:
        """This person, who asked, follows you from now on."""
        who = relations.accept_request(actor=request.user, person=reference(id))
        return Response(serializers.profile(queries.person(viewer=request.user, person=who.pk)))


@extend_schema(tags=["people"], parameters=[ID], request=None, responses={204: None})
class BlockView(APIView):
    def post(self, request: Request, id: str) -> Response:
        """Both vanish for each other, at once."""
        relations.block(actor=request.user, person=reference(id))
        return Response(status=204)

    def delete(self, request: Request, id: str) -> Response:
        relations.unblock(actor=request.user, person=reference(id))
        return Response(status=204)


@extend_schema(tags=["people"], parameters=[ID, CURSOR])
class FollowersView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(responses=serializers.People)
    def get(self, request: Request, id: str) -> Response:
        _who, page = queries.followers(viewer=request.user, person=reference(id), cursor=cursor(request))
        return Response(serializers.people(page.rows, page.next))


@extend_schema(tags=["people"], parameters=[ID, CURSOR])
class FollowingView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(responses=serializers.People)
    def get(self, request: Request, id: str) -> Response:
        _who, page = queries.following(viewer=request.user, person=reference(id), cursor=cursor(request))
        return Response(serializers.people(page.rows, page.next))
