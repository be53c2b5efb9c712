"""Conversations and messages through /api/v1."""

from typing import Any, cast

import msgspec
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from accounts.models.people import User
from chat import actions, queries, serializers
from core import scopes

CURSOR = OpenApiParameter("cursor", str, description="`next` of the page before.")


def checked(form: BaseSerializer) -> dict[str, Any]:
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


def member(request: Request) -> User:
    return cast(User, request.user)  # IsAuthenticated has seen to it


class Conversations(APIView):
    scopes = scopes.Scopes(look=scopes.CHAT_READ, change=scopes.CHAT_WRITE)

    @extend_schema(parameters=[CURSOR], responses=serializers.ConversationList, operation_id="conversation_list")
    def get(self, request: Request) -> Response:
        """One's conversations, the latest first. Those in which nothing was said yet are not in it."""
        page = queries.inbox(request.user, request.query_params.get("cursor", ""))
        return Response({"results": [serializers.chat(row) for row in page.chats], "next": page.next or None})

    @extend_schema(request=serializers.Opening, responses=serializers.ConversationOut, operation_id="conversation_open")
    def post(self, request: Request) -> Response:
        """The conversation with this member, made if need be; asking again gives the same."""
        given = checked(serializers.Opening(data=request.data))
        conversation = actions.open_direct(actor=member(request), person_id=given["user"])
        return Response(serializers.chat(queries.chat(request.user, conversation.pk)))


class UnreadConversations(APIView):
    scopes = scopes.Scopes(look=scopes.CHAT_READ)

    @extend_schema(responses=serializers.Unread, operation_id="conversation_unread")
    def get(self, request: Request) -> Response:
        """How many conversations hold something new, for the badge."""
        return Response({"conversations": queries.unread_conversations(request.user)})


class OneConversation(APIView):
    scopes = scopes.Scopes(look=scopes.CHAT_READ)

    @extend_schema(responses=serializers.ConversationOut, operation_id="conversation_retrieve")
    def get(self, request: Request, id: int) -> Response:
        return Response(serializers.chat(queries.chat(request.user, id)))


class Messages(APIView):
    scopes = scopes.Scopes(look=scopes.CHAT_READ, change=scopes.CHAT_WRITE)

    @extend_schema(
        parameters=[serializers.Range], responses=serializers.MessageList, operation_id="conversation_messages"
    )
    def get(self, request: Request, id: int) -> Response:
        """The newest messages, or those just before or after a `seq`; in order."""
        given = checked(serializers.Range(data=request.query_params))
        found = queries.messages(request.user, id, **given)
        rows = [msgspec.structs.asdict(serializers.message(row)) for row in found.messages]
        return Response({"results": rows, "older": found.older, "newer": found.newer})

    @extend_schema(
        request=serializers.Sending,
        responses={201: serializers.Ack, 200: serializers.Ack},
        operation_id="conversation_send",
    )
    def post(self, request: Request, id: int) -> Response:
        """Sends a message. With the same `client_id` again it answers 200 and where the message stands already."""
        given = checked(serializers.Sending(data=request.data))
        ack = actions.send_message(actor=member(request), conversation_id=id, **given)
        return Response(msgspec.structs.asdict(serializers.sent(ack)), status=200 if ack.again else 201)


class ReadMark(APIView):
    scopes = scopes.Scopes(change=scopes.CHAT_WRITE)

    @extend_schema(request=serializers.Reading, responses=serializers.Read, operation_id="conversation_read")
    def post(self, request: Request, id: int) -> Response:
        """Read up to here; the mark never goes back."""
        given = checked(serializers.Reading(data=request.data))
        mark = actions.mark_read(actor=member(request), conversation_id=id, seq=given["seq"])
        return Response({"read_seq": mark.seq, "unread": mark.unread})
