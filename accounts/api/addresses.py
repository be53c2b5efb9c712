"""The REST door of moves to another e-mail address."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import moving
from accounts.actions import addresses, factors
from accounts.api.base import Request
from accounts.api.logins import own_device
from accounts.queries import people as people_queries
from accounts.serializers import factors as factor_serializers
from accounts.serializers import people as people_serializers
from core import errors, scopes

RECENT = timedelta(minutes=5)


class EmailView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(
        tags=["auth"], request=factor_serializers.EmailMove, responses={202: factor_serializers.EmailWaiting}
    )
    def post(self, request: Request) -> Response:
        """Asks to move to another address: a code goes there, a notice with a way back to the old one."""
        given = factor_serializers.EmailMove(data=request.data)
        given.is_valid(raise_exception=True)
        prove(request, password=given.validated_data.get("password"), code=given.validated_data.get("code"))
        change = addresses.ask(actor=request.user, email=given.validated_data["email"])
        return Response({"email": change.new, "expires_in": int(moving.LIFE.total_seconds())}, status=202)


class EmailConfirmView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(tags=["auth"], request=factor_serializers.EmailCode, responses=people_serializers.Me)
    def post(self, request: Request) -> Response:
        """Moves to the new address. Five wrong codes end the wish."""
        given = factor_serializers.EmailCode(data=request.data)
        given.is_valid(raise_exception=True)
        if addresses.confirm(actor=request.user, code=given.validated_data["code"]) is None:
            raise errors.Invalid(_("That is not the code. Look at the newest mail."), field="code")
        return Response(people_serializers.me(people_queries.person(viewer=request.user, person=request.user.pk)))


def prove(request: Request, *, password: str | None, code: str | None) -> None:
    """That it is the member who asks: by a login of the last five minutes, the password, or a factor's code."""
    if code is not None:
        field, proven = "code", factors.check_code(actor=request.user, code=code) is not None
    elif password is not None:
        field, proven = "password", factors.check_password(actor=request.user, password=password)
    else:
        field, proven = "password", own_device(request).created_at > timezone.now() - RECENT
    if not proven:
        raise errors.Invalid(_("Type your password, or a code of your second factor."), field=field)
