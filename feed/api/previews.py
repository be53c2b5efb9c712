"""The card of a post's link, through /api/v1."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from core import scopes
from feed.actions import previews as preview_actions
from feed.api import base
from feed.queries import posts as post_queries
from feed.serializers import posts as post_serializers


class PostPreview(APIView):
    scopes = scopes.Scopes(change=scopes.WRITE)

    @extend_schema(request=None, responses=post_serializers.PostOut, operation_id="post_preview_show")
    def put(self, request: base.Request, id: int) -> Response:
        """Your post shows a card of its first link."""
        return change(request, id, shown=True)

    @extend_schema(responses=post_serializers.PostOut, operation_id="post_preview_hide")
    def delete(self, request: base.Request, id: int) -> Response:
        """Your post shows no card of its link."""
        return change(request, id, shown=False)


def change(request: base.Request, id: int, *, shown: bool) -> Response:
    preview_actions.show_preview(actor=request.user, post_id=id, shown=shown)
    return Response(post_serializers.post(post_queries.post(request.user, id)))
