"""Voting through /api/v1."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from core import scopes
from feed.actions import polls as poll_actions
from feed.api import base
from feed.queries import posts as post_queries
from feed.serializers import polls as poll_serializers


class PostVote(base.AnswerView):
    scopes = scopes.Scopes(change=scopes.WRITE)

    @extend_schema(request=poll_serializers.VoteIn, responses=poll_serializers.PollOut, operation_id="post_vote")
    def put(self, request: base.Request, id: int) -> Response:
        """Your vote in the poll of this post, instead of what you chose before."""
        given = base.checked(poll_serializers.VoteIn(data=request.data))
        poll_actions.vote(actor=request.user, post_id=id, **given)
        return Response(poll_serializers.poll(post_queries.post(request.user, id)))

    @extend_schema(responses=poll_serializers.PollOut, operation_id="post_vote_take_back")
    def delete(self, request: base.Request, id: int) -> Response:
        poll_actions.take_back_vote(actor=request.user, post_id=id)
        return Response(poll_serializers.poll(post_queries.post(request.user, id)))
