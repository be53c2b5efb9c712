"""What is one member's alone of their conversations, through /api/v1."""

from typing import Any

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as rest
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.actions import own as own_actions
from chat.api.base import checked, member
from chat.queries import conversations as conversation_queries
from chat.queries import own as own_queries
from chat.serializers import own as own_serializers
from core import scopes


class After(rest.Serializer[Any]):
    after = rest.IntegerField(min_value=0, max_value=2**63 - 1, default=0, help_text="The last `sync` you have.")


class OwnChanges(APIView):
    scopes = scopes.Scopes(look=scopes.CHAT_READ)

    @extend_schema(parameters=[After], responses=own_serializers.OwnChangesOut, operation_id="conversation_own_changes")
    def get(self, request: Request) -> Response:
        """What came after a number of yours: stars, drafts, what is muted, archived, pinned, cleared or hidden."""
        found = own_queries.own_since(request.user, checked(After(data=request.query_params))["after"])
        return Response(msgspec.to_builtins(own_serializers.changes(found)))


class Own(APIView):
    scopes = scopes.Scopes(look=scopes.CHAT_READ, change=scopes.CHAT_WRITE)

    @extend_schema(responses=own_serializers.OwnConversationOut, operation_id="conversation_own")
    def get(self, request: Request, id: int) -> Response:
        return Response(told(request, id))

    @extend_schema(
        request=own_serializers.OwnIn,
        responses=own_serializers.OwnConversationOut,
        operation_id="conversation_own_change",
    )
    def patch(self, request: Request, id: int) -> Response:
        """Mutes, archives or pins it for you alone, or keeps what you have begun to write."""
        given = checked(own_serializers.OwnIn(data=request.data))
        own_actions.change_conversation(actor=member(request), conversation_id=id, changes=given)
        return Response(told(request, id))


class Clear(APIView):
    scopes = scopes.Scopes(change=scopes.CHAT_WRITE)

    @extend_schema(request=None, responses={204: None}, operation_id="conversation_clear")
    def post(self, request: Request, id: int) -> Response:
        """All that was said so far goes for you alone."""
        own_actions.clear_conversation(actor=member(request), conversation_id=id)
        return Response(status=204)


def told(request: Request, id: int) -> dict[str, Any]:
    return msgspec.structs.asdict(own_serializers.conversation(conversation_queries.chat(request.user, id).mine))
