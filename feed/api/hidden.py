"""Hidden posts through /api/v1."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from core import scopes
from core.api import paged
from feed.actions import hidden as hidden_actions
from feed.api import base
from feed.queries import hidden as hidden_queries
from feed.serializers import hidden as hidden_serializers


class HidePost(APIView):
    scopes = scopes.Scopes(change=scopes.WRITE)

    @extend_schema(request=None, responses={204: None}, operation_id="post_hide")
    def put(self, request: base.Request, id: int) -> Response:
        """This post is not put before you any more; nobody is told. It stays at its address and on its profile."""
        hidden_actions.hide_post(actor=request.user, post_id=id)
        return Response(status=204)

    @extend_schema(responses={204: None}, operation_id="post_unhide")
    def delete(self, request: base.Request, id: int) -> Response:
        hidden_actions.unhide_post(actor=request.user, post_id=id)
        return Response(status=204)


class HiddenPosts(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(
        parameters=[base.CURSOR], responses=hidden_serializers.HiddenPostPage, operation_id="hidden_post_list"
    )
    def get(self, request: base.Request) -> Response:
        """What you hide, the latest hidden first."""
        page = hidden_queries.hidden_posts(request.user, request.query_params.get("cursor", ""))
        return paged(page, [hidden_serializers.hidden_post(row) for row in page.rows])
