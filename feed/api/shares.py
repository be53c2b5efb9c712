"""Shares through /api/v1. To edit, delete or bring back a share is to do so to its post."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from core import limits, scopes
from core.api import paged
from feed.actions import shares as share_actions
from feed.api import base
from feed.queries import posts as post_queries
from feed.queries import shares as share_queries
from feed.serializers import posts as post_serializers
from feed.serializers import shares as share_serializers


class PostShares(APIView):
    scopes = scopes.Scopes(look=scopes.READ, change=scopes.WRITE)

    @extend_schema(parameters=[base.CURSOR], responses=post_serializers.PostPage, operation_id="post_share_list")
    def get(self, request: base.Request, id: int) -> Response:
        """The shares of a post that you may see, newest first. The count knows those that all members may see."""
        _post, page = share_queries.shares_of(request.user, id, request.query_params.get("cursor", ""))
        return paged(page, [post_serializers.post(post) for post in page.rows])

    @extend_schema(
        request=share_serializers.ShareIn, responses={201: post_serializers.PostOut}, operation_id="post_share_create"
    )
    def post(self, request: base.Request, id: int) -> Response:
        """Shares a post in your own feed: a post of yours. Of a share, that of what it shares. Again without words: the
        share that there is."""
        limits.check(limits.WRITING, request.user.pk)
        given = base.checked(share_serializers.ShareIn(data=request.data))
        made = share_actions.share_post(actor=request.user, post_id=id, **given)
        return Response(post_serializers.post(post_queries.post(request.user, made.pk)), status=201)


class LostShares(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(
        parameters=[base.CURSOR], responses=share_serializers.LostSharePage, operation_id="me_lost_share_list"
    )
    def get(self, request: base.Request) -> Response:
        """Your shares without words of posts that you cannot see any more, newest first; delete one as every post."""
        page = share_queries.lost_shares(request.user, request.query_params.get("cursor", ""))
        return paged(page, [share_serializers.lost_share(row) for row in page.rows])
