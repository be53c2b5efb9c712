"""Pinned posts through /api/v1."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from core import scopes
from feed.actions import pins as pin_actions
from feed.api import base
from feed.queries import posts as post_queries
from feed.serializers import posts as post_serializers


class PostPin(APIView):
    scopes = scopes.Scopes(change=scopes.WRITE)

    @extend_schema(request=None, responses=post_serializers.PostOut, operation_id="post_pin")
    def put(self, request: base.Request, id: int) -> Response:
        """Your post stands first on your profile; three at most."""
        pin_actions.pin_post(actor=request.user, post_id=id)
        return Response(post_serializers.post(post_queries.post(request.user, id)))

    @extend_schema(responses=post_serializers.PostOut, operation_id="post_unpin")
    def delete(self, request: base.Request, id: int) -> Response:
        pin_actions.unpin_post(actor=request.user, post_id=id)
        return Response(post_serializers.post(post_queries.post(request.user, id)))
