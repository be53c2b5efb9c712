"""Messages through /api/v1."""

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.actions import changes as change_actions
from chat.actions import messages as message_actions
from chat.actions import own as own_actions
from chat.api.base import CURSOR, checked, member
from chat.queries import messages as message_queries
from chat.queries import own as own_queries
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
        rows = [message_serializers.shown(row) for row in found.messages]
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


class OneMessage(APIView):
    scopes = scopes.Scopes(look=scopes.CHAT_READ, change=scopes.CHAT_WRITE)

    @extend_schema(responses=message_serializers.MessageOut, operation_id="conversation_message")
    def get(self, request: Request, id: int, seq: int) -> Response:
        return Response(message_serializers.shown(message_queries.message(request.user, id, seq)))

    @extend_schema(
        request=message_serializers.Editing,
        responses=message_serializers.MessageOut,
        operation_id="conversation_message_edit",
    )
    def patch(self, request: Request, id: int, seq: int) -> Response:
        """Other words. What was said before stays for moderators, and everybody sees that it was edited."""
        given = checked(message_serializers.Editing(data=request.data))
        row = change_actions.edit_message(actor=member(request), conversation_id=id, seq=seq, text=given["text"])
        return Response(message_serializers.shown(row))

    @extend_schema(
        parameters=[message_serializers.Deleting], responses={204: None}, operation_id="conversation_message_delete"
    )
    def delete(self, request: Request, id: int, seq: int) -> Response:
        """For everyone it stays in its place without its words; for yourself alone it is gone."""
        given = checked(message_serializers.Deleting(data=request.query_params))
        delete = change_actions.delete_message if given["whose"] == "everyone" else own_actions.hide_message
        delete(actor=member(request), conversation_id=id, seq=seq)
        return Response(status=204)


class Pin(APIView):
    scopes = scopes.Scopes(change=scopes.CHAT_WRITE)

    @extend_schema(request=None, responses=message_serializers.MessageOut, operation_id="conversation_message_pin")
    def put(self, request: Request, id: int, seq: int) -> Response:
        """Stands first for everybody; in groups admins choose."""
        return self._set(request, id, seq, pinned=True)

    @extend_schema(responses=message_serializers.MessageOut, operation_id="conversation_message_unpin")
    def delete(self, request: Request, id: int, seq: int) -> Response:
        return self._set(request, id, seq, pinned=False)

    def _set(self, request: Request, id: int, seq: int, *, pinned: bool) -> Response:
        return Response(
            message_serializers.shown(
                change_actions.set_pinned(actor=member(request), conversation_id=id, seq=seq, pinned=pinned)
            )
        )


class Star(APIView):
    scopes = scopes.Scopes(change=scopes.CHAT_WRITE)

    @extend_schema(request=None, responses={204: None}, operation_id="conversation_message_star")
    def put(self, request: Request, id: int, seq: int) -> Response:
        """To find it again; only you know."""
        own_actions.star_message(actor=member(request), conversation_id=id, seq=seq, starred=True)
        return Response(status=204)

    @extend_schema(responses={204: None}, operation_id="conversation_message_unstar")
    def delete(self, request: Request, id: int, seq: int) -> Response:
        own_actions.star_message(actor=member(request), conversation_id=id, seq=seq, starred=False)
        return Response(status=204)


class Forward(APIView):
    scopes = scopes.Scopes(change=scopes.CHAT_WRITE)

    @extend_schema(
        request=message_serializers.Forwarding,
        responses={201: message_serializers.Ack, 200: message_serializers.Ack},
        operation_id="conversation_message_forward",
    )
    def post(self, request: Request, id: int, seq: int) -> Response:
        """Says it again in another conversation, without who said it first."""
        given = checked(message_serializers.Forwarding(data=request.data))
        ack = message_actions.forward_message(actor=member(request), conversation_id=id, seq=seq, **given)
        return Response(msgspec.structs.asdict(message_serializers.sent(ack)), status=200 if ack.again else 201)


class Pinned(APIView):
    scopes = scopes.Scopes(look=scopes.CHAT_READ)

    @extend_schema(responses=message_serializers.MessageOut(many=True), operation_id="conversation_pinned")
    def get(self, request: Request, id: int) -> Response:
        """What is pinned, the latest first; 50 at most."""
        return Response([message_serializers.shown(row) for row in message_queries.pinned(request.user, id)])


class Starred(APIView):
    scopes = scopes.Scopes(look=scopes.CHAT_READ)

    @extend_schema(parameters=[CURSOR], responses=message_serializers.StarredList, operation_id="conversation_starred")
    def get(self, request: Request) -> Response:
        """What you starred, in all conversations, the latest first."""
        page = own_queries.starred(request.user, request.query_params.get("cursor", ""))
        return Response({"results": [message_serializers.shown(row) for row in page.rows], "next": page.next or None})
