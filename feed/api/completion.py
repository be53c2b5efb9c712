"""Completing hashtags while one types."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from core import scopes
from feed.api import base
from feed.queries import completion
from feed.serializers import completion as completion_serializers


class CompleteTags(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(
        parameters=[OpenApiParameter("q", str, description="What stands behind the #; nothing: those you follow.")],
        responses=completion_serializers.Tags,
        operation_id="complete_tags",
    )
    def get(self, request: base.Request) -> Response:
        """Which hashtag you may mean: at most 8, those you follow first; none that only stand in what you may not
        see."""
        found = completion.tags_beginning(request.user, request.query_params.get("q", ""))
        return Response({"results": [completion_serializers.tag(name) for name in found]})
