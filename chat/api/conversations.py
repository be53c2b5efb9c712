"""Conversations through /api/v1."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.actions import conversations as conversation_actions
from chat.actions import groups as group_actions
from chat.actions import marks as mark_actions
from chat.api.base import CURSOR, checked, member
from chat.queries import conversations as conversation_queries
from chat.serializers import conversations as conversation_serializers
from chat.serializers import groups as group_serializers
from core import scopes


class Conversations(APIView):
    scopes = scopes.Scopes(look=scopes.CHAT_READ, change=scopes.CHAT_WRITE)

    @extend_schema(
        parameters=[CURSOR], responses=conversation_serializers.ConversationList, operation_id="conversation_list"
    )
    def get(self, request: Request) -> Response:
        """One's conversations, the latest first. Those in which nothing was said yet are not in it."""
        page = conversation_queries.inbox(request.user, request.query_params.get("cursor", ""))
        return Response(
            {"results": [conversation_serializers.chat(row) for row in page.chats], "next": page.next or None}
        )

    @extend_schema(
        request=conversation_serializers.Opening,
        responses=conversation_serializers.ConversationOut,
        operation_id="conversation_open",
    )
    def post(self, request: Request) -> Response:
        """The conversation with this member, made if need be; asking again gives the same."""
        given = checked(conversation_serializers.Opening(data=request.data))
        conversation = conversation_actions.open_direct(actor=member(request), person_id=given["user"])
        return Response(conversation_serializers.chat(conversation_queries.chat(request.user, conversation.pk)))


class UnreadConversations(APIView):
    scopes = scopes.Scopes(look=scopes.CHAT_READ)

    @extend_schema(responses=conversation_serializers.Unread, operation_id="conversation_unread")
    def get(self, request: Request) -> Response:
        """How many conversations hold something new, for the badge."""
        return Response({"conversations": conversation_queries.unread_conversations(request.user)})


class OneConversation(APIView):
    scopes = scopes.Scopes(look=scopes.CHAT_READ, change=scopes.CHAT_WRITE)

    @extend_schema(responses=conversation_serializers.ConversationOut, operation_id="conversation_retrieve")
    def get(self, request: Request, id: int) -> Response:
        return Response(conversation_serializers.chat(conversation_queries.chat(request.user, id)))

    @extend_schema(
        request=group_serializers.GroupChange,
        responses=conversation_serializers.ConversationOut,
        operation_id="group_change",
    )
    def patch(self, request: Request, id: int) -> Response:
        """Changes what is given of a group; for admins."""
        given = checked(group_serializers.GroupChange(data=request.data))
        group_actions.change_all(actor=member(request), conversation_id=id, given=given)
        return Response(conversation_serializers.chat(conversation_queries.chat(request.user, id)))


class ReadMark(APIView):
    scopes = scopes.Scopes(change=scopes.CHAT_WRITE)

    @extend_schema(
        request=conversation_serializers.Reading,
        responses=conversation_serializers.Read,
        operation_id="conversation_read",
    )
    def post(self, request: Request, id: int) -> Response:
        """Read up to here; the mark never goes back."""
        given = checked(conversation_serializers.Reading(data=request.data))
        mark = mark_actions.mark_read(actor=member(request), conversation_id=id, seq=given["seq"])
        return Response({"read_seq": mark.seq, "unread": mark.unread})
