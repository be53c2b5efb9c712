"""The REST door of personal tokens. A token may neither make tokens nor look at them."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.actions import api_tokens
from accounts.api.base import CURSOR, Request, cursor
from accounts.api.entering import checked
from accounts.api.proving import check_fresh
from accounts.queries import api_tokens as api_token_queries
from accounts.serializers import api_tokens as api_token_serializers
from core import scopes
from core.api import paged


class TokensView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(tags=["tokens"], parameters=[CURSOR], responses=api_token_serializers.TokensOut)
    def get(self, request: Request) -> Response:
        """Your tokens, newest first."""
        page = api_token_queries.tokens(owner=request.user, cursor=cursor(request))
        return paged(page, [api_token_serializers.token(row) for row in page.rows])

    @extend_schema(
        tags=["tokens"], request=api_token_serializers.TokenIn, responses={201: api_token_serializers.TokenMade}
    )
    def post(self, request: Request) -> Response:
        """A new token for a script. Its letters are shown this once. Needs a login that was proven in the last quarter
        of an hour (auth/reauthenticate)."""
        check_fresh(request)
        given = checked(api_token_serializers.TokenIn(data=request.data))
        may, days = given["scopes"], given.get("days")
        made = api_tokens.make_token(actor=request.user, name=given["name"], may=may, days=days)
        return Response({**api_token_serializers.token(made.token), "token": made.raw}, status=201)


class TokenView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(tags=["tokens"], responses={204: None})
    def delete(self, request: Request, id: int) -> Response:
        """Revokes a token: it is good no more, and its sockets close. Doing it again changes nothing."""
        api_tokens.revoke_token(actor=request.user, token_id=id)
        return Response(status=204)
