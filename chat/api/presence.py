"""What a member has decided about the chat, and what has reached their devices, through /api/v1."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.actions import marks as mark_actions
from chat.actions import presence as presence_actions
from chat.api.base import CURSOR, checked, member
from chat.queries import marks as mark_queries
from chat.queries import members as member_queries
from chat.serializers import conversations as conversation_serializers
from chat.serializers import presence as presence_serializers
from core import scopes


class ChatSettings(APIView):
    scopes = scopes.Scopes(look=scopes.CHAT_READ, change=scopes.ACCOUNT)

    @extend_schema(responses=presence_serializers.ChatSettings, operation_id="me_chat")
    def get(self, request: Request) -> Response:
        """Who may begin a conversation with you, and what others see of your being there and reading."""
        return Response(presence_serializers.own(member_queries.own(request.user)))

    @extend_schema(
        request=presence_serializers.ChatSettings,
        responses=presence_serializers.ChatSettings,
        operation_id="me_chat_change",
    )
    def patch(self, request: Request) -> Response:
        """Changes what is given."""
        given = checked(presence_serializers.ChatSettings(data=request.data, partial=True))
        return Response(
            presence_serializers.own(presence_actions.change_settings(actor=member(request), changes=given))
        )


class Delivered(APIView):
    scopes = scopes.Scopes(change=scopes.CHAT_WRITE)

    @extend_schema(
        request=conversation_serializers.Delivering, responses={204: None}, operation_id="conversation_delivered"
    )
    def post(self, request: Request) -> Response:
        """This device has what was said up to here; for apps without a socket. What is not yours is left out."""
        given = checked(conversation_serializers.Delivering(data=request.data))
        mark_actions.mark_delivered(actor=member(request), **given)
        return Response(status=204)


class MessageMarks(APIView):
    scopes = scopes.Scopes(look=scopes.CHAT_READ)

    @extend_schema(
        parameters=[presence_serializers.Which, CURSOR],
        responses=presence_serializers.MarksOut,
        operation_id="conversation_message_marks",
    )
    def get(self, request: Request, id: int, seq: int) -> Response:
        """Who has read a message of yours, or has it on a device. Of groups above 50 members only how many."""
        which = checked(presence_serializers.Which(data=request.query_params))["which"]
        cursor = request.query_params.get("cursor", "")
        return Response(presence_serializers.marks(mark_queries.marks(request.user, id, seq, which, cursor)))
