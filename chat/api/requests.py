"""Message requests through /api/v1."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.actions import requests as request_actions
from chat.api.base import CURSOR, member
from chat.api.groups import shown
from chat.queries import conversations as conversation_queries
from chat.serializers import conversations as conversation_serializers
from core import scopes


class Requests(APIView):
    scopes = scopes.Scopes(look=scopes.CHAT_READ)

    @extend_schema(
        parameters=[CURSOR], responses=conversation_serializers.ConversationList, operation_id="message_requests"
    )
    def get(self, request: Request) -> Response:
        """Conversations that people you do not know asked you into."""
        page = conversation_queries.requests(request.user, request.query_params.get("cursor", ""))
        rows = [conversation_serializers.chat(row) for row in page.chats]
        return Response({"results": rows, "next": page.next or None})


class Accept(APIView):
    scopes = scopes.Scopes(change=scopes.CHAT_WRITE)

    @extend_schema(
        request=None, responses=conversation_serializers.ConversationOut, operation_id="message_request_accept"
    )
    def post(self, request: Request, id: int) -> Response:
        request_actions.accept(actor=member(request), conversation_id=id)
        return shown(request, id)


class Decline(APIView):
    scopes = scopes.Scopes(change=scopes.CHAT_WRITE)

    @extend_schema(request=None, responses={204: None}, operation_id="message_request_decline")
    def post(self, request: Request, id: int) -> Response:
        """They are not told. Of two people it comes back when the other writes again."""
        request_actions.decline(actor=member(request), conversation_id=id)
        return Response(status=204)
