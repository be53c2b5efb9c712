"""Muted conversations through /api/v1."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.serializers import ties as ties_serializers
from core import scopes
from core.api import paged
from feed.actions import mutes as mute_actions
from feed.api import base
from feed.queries import mutes as mute_queries
from feed.serializers import mutes as mute_serializers


class MutePost(APIView):
    scopes = scopes.Scopes(change=scopes.PEOPLE_WRITE)

    @extend_schema(request=ties_serializers.SpanIn, responses={204: None}, operation_id="post_mute")
    def put(self, request: base.Request, id: int) -> Response:
        """The conversation under this post says nothing by itself to you; nobody is told. Again: another end."""
        mute_actions.mute_post(
            actor=request.user, post_id=id, **base.checked(ties_serializers.SpanIn(data=request.data))
        )
        return Response(status=204)

    @extend_schema(responses={204: None}, operation_id="post_unmute")
    def delete(self, request: base.Request, id: int) -> Response:
        mute_actions.unmute_post(actor=request.user, post_id=id)
        return Response(status=204)


class MutedPosts(APIView):
    scopes = scopes.Scopes(look=scopes.PEOPLE_WRITE, change=scopes.PEOPLE_WRITE)

    @extend_schema(parameters=[base.CURSOR], responses=mute_serializers.MutedPostPage, operation_id="muted_post_list")
    def get(self, request: base.Request) -> Response:
        """Conversations that you mute, newest first; what has ended is not here."""
        page = mute_queries.muted_posts(request.user, request.query_params.get("cursor", ""))
        return paged(page, [mute_serializers.muted_post(row) for row in page.rows])
