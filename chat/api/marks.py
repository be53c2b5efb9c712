"""Reactions to messages, polls, and cards of links, through /api/v1."""

from typing import Any

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as rest
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.actions import cards as card_actions
from chat.actions import polls as poll_actions
from chat.actions import reactions as reaction_actions
from chat.api.base import CURSOR, checked, member
from chat.models.polls import CHOICES_MOST
from chat.queries import answers as answer_queries
from chat.queries import cards as card_queries
from chat.serializers import marks as mark_serializers
from chat.serializers import messages as message_serializers
from core import limits, scopes


class Answering(APIView):
    """Each reaction and vote counts against one limit."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method in ("PUT", "DELETE"):
            limits.check(reaction_actions.ANSWERING, request.user.pk)


class Reaction(Answering):
    scopes = scopes.Scopes(change=scopes.CHAT_WRITE)

    @extend_schema(
        request=mark_serializers.MessageReactionIn,
        responses=message_serializers.MessageOut,
        operation_id="conversation_message_react",
    )
    def put(self, request: Request, id: int, seq: int) -> Response:
        """Yours, instead of what you gave before. `reaction` in your own changes says what you gave."""
        given = checked(mark_serializers.MessageReactionIn(data=request.data))
        return Response(
            message_serializers.shown(
                reaction_actions.react(actor=member(request), conversation_id=id, seq=seq, **given)
            )
        )

    @extend_schema(responses=message_serializers.MessageOut, operation_id="conversation_message_unreact")
    def delete(self, request: Request, id: int, seq: int) -> Response:
        return Response(
            message_serializers.shown(
                reaction_actions.react(actor=member(request), conversation_id=id, seq=seq, kind="")
            )
        )


class Who(APIView):
    scopes = scopes.Scopes(look=scopes.CHAT_READ)

    @extend_schema(
        parameters=[mark_serializers.ReactorsOf, CURSOR],
        responses=mark_serializers.MessageReactorPage,
        operation_id="conversation_message_reactors",
    )
    def get(self, request: Request, id: int, seq: int) -> Response:
        """Who reacted, of those whom you may see."""
        kind = checked(mark_serializers.ReactorsOf(data=request.query_params)).get("kind", "")
        _row, page = answer_queries.reactors(
            request.user, id, seq, kind=kind, cursor=request.query_params.get("cursor", "")
        )
        return Response({"results": [mark_serializers.reactor(row) for row in page.rows], "next": page.next or None})


class Polls(APIView):
    scopes = scopes.Scopes(change=scopes.CHAT_WRITE)

    @extend_schema(
        request=mark_serializers.MessagePollIn,
        responses={201: message_serializers.Ack, 200: message_serializers.Ack},
        operation_id="conversation_poll_create",
    )
    def post(self, request: Request, id: int) -> Response:
        """A message in which the others vote. With the same `client_id` again it answers 200."""
        given = checked(mark_serializers.MessagePollIn(data=request.data))
        ack = poll_actions.create_poll(actor=member(request), conversation_id=id, **given)
        return Response(msgspec.structs.asdict(message_serializers.sent(ack)), status=200 if ack.again else 201)


class Vote(Answering):
    scopes = scopes.Scopes(look=scopes.CHAT_READ, change=scopes.CHAT_WRITE)

    @extend_schema(responses=mark_serializers.MessageVoteOut, operation_id="conversation_vote")
    def get(self, request: Request, id: int, seq: int) -> Response:
        """What you have chosen."""
        return Response({"choices": answer_queries.own_vote(request.user, id, seq)})

    @extend_schema(
        request=mark_serializers.MessageVoteIn,
        responses=message_serializers.MessageOut,
        operation_id="conversation_vote_set",
    )
    def put(self, request: Request, id: int, seq: int) -> Response:
        """Until the poll is over it can be changed and taken back."""
        given = checked(mark_serializers.MessageVoteIn(data=request.data))
        return Response(
            message_serializers.shown(poll_actions.vote(actor=member(request), conversation_id=id, seq=seq, **given))
        )

    @extend_schema(responses=message_serializers.MessageOut, operation_id="conversation_vote_take_back")
    def delete(self, request: Request, id: int, seq: int) -> Response:
        return Response(
            message_serializers.shown(poll_actions.vote(actor=member(request), conversation_id=id, seq=seq, choices=[]))
        )


class ChoiceOf(rest.Serializer[Any]):
    choice = rest.IntegerField(
        required=False, min_value=0, max_value=CHOICES_MOST - 1, help_text="Who chose this, by its place."
    )


class Voters(APIView):
    scopes = scopes.Scopes(look=scopes.CHAT_READ)

    @extend_schema(
        parameters=[ChoiceOf, CURSOR], responses=mark_serializers.MessageVoterPage, operation_id="conversation_voters"
    )
    def get(self, request: Request, id: int, seq: int) -> Response:
        """Who voted for what, of those whom you may see; of an anonymous poll nobody is told."""
        given = checked(ChoiceOf(data=request.query_params))
        _row, page = answer_queries.voters(
            request.user, id, seq, choice=given.get("choice"), cursor=request.query_params.get("cursor", "")
        )
        return Response({"results": [mark_serializers.voter(row) for row in page.rows], "next": page.next or None})


class ClosePoll(APIView):
    scopes = scopes.Scopes(change=scopes.CHAT_WRITE)

    @extend_schema(request=None, responses=message_serializers.MessageOut, operation_id="conversation_poll_close")
    def post(self, request: Request, id: int, seq: int) -> Response:
        """Ends your poll; nobody votes any more."""
        return Response(
            message_serializers.shown(poll_actions.close_poll(actor=member(request), conversation_id=id, seq=seq))
        )


class Card(APIView):
    scopes = scopes.Scopes(change=scopes.CHAT_WRITE)

    @extend_schema(request=None, responses=message_serializers.MessageOut, operation_id="conversation_card_show")
    def put(self, request: Request, id: int, seq: int) -> Response:
        """Your message shows the card of its first link."""
        return self._set(request, id, seq, shown=True)

    @extend_schema(responses=message_serializers.MessageOut, operation_id="conversation_card_hide")
    def delete(self, request: Request, id: int, seq: int) -> Response:
        return self._set(request, id, seq, shown=False)

    def _set(self, request: Request, id: int, seq: int, **given: Any) -> Response:
        row = card_actions.show_card(actor=member(request), conversation_id=id, seq=seq, **given)
        card_queries.fill([row])
        return Response(message_serializers.shown(row))
