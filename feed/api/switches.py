"""What the author of a post switches on and off, through /api/v1."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from core import scopes
from feed.actions import switches as switch_actions
from feed.api import base
from feed.queries import posts as post_queries
from feed.serializers import posts as post_serializers


class PostComments(APIView):
    scopes = scopes.Scopes(change=scopes.WRITE)

    @extend_schema(request=None, responses=post_serializers.PostOut, operation_id="post_comments_on")
    def put(self, request: base.Request, id: int) -> Response:
        """Others may write under your post."""
        return change(request, id, on=True)

    @extend_schema(responses=post_serializers.PostOut, operation_id="post_comments_off")
    def delete(self, request: base.Request, id: int) -> Response:
        """Nobody writes under your post any more; what is there stays."""
        return change(request, id, on=False)


def change(request: base.Request, id: int, *, on: bool) -> Response:
    switch_actions.switch_comments(actor=request.user, post_id=id, on=on)
    return Response(post_serializers.post(post_queries.post(request.user, id)))
