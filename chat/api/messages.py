"""Messages through /api/v1."""

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.actions import messages as message_actions
from chat.api.base import checked, member
from chat.queries import messages as message_queries
from chat.serializers import messages as message_serializers
from core import scopes


class Messages(APIView):
    scopes = scopes.Scopes(look=scopes.CHAT_READ, change=scopes.CHAT_WRITE)

    @extend_schema(
        parameters=[message_serializers.Range],
        responses=message_serializers.MessageList,
        operation_id="conversation_messages",
    )
    def get(self, request: Request, id: int) -> Response:
        """The newest messages, or those just before or after a `seq`; in order."""
        given = checked(message_serializers.Range(data=request.query_params))
        found = message_queries.messages(request.user, id, **given)
        rows = [msgspec.structs.asdict(message_serializers.message(row)) for row in found.messages]
        return Response({"results": rows, "older": found.older, "newer": found.newer})

    @extend_schema(
        request=message_serializers.Sending,
        responses={201: message_serializers.Ack, 200: message_serializers.Ack},
        operation_id="conversation_send",
    )
    def post(self, request: Request, id: int) -> Response:
        """Sends a message. With the same `client_id` again it answers 200 and where the message stands already."""
        given = checked(message_serializers.Sending(data=request.data))
        ack = message_actions.send_message(actor=member(request), conversation_id=id, **given)
        return Response(msgspec.structs.asdict(message_serializers.sent(ack)), status=200 if ack.again else 201)
