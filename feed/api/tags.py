"""Hashtags through /api/v1."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from core import scopes
from core.api import paged
from feed.actions import tags as tag_actions
from feed.api.base import CURSOR, Request
from feed.queries import tags as tag_queries
from feed.serializers import posts as post_serializers
from feed.serializers import tags as tag_serializers


class TagPosts(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(parameters=[CURSOR], responses=post_serializers.PostPage, operation_id="tag_posts_list")
    def get(self, request: Request, name: str) -> Response:
        """What stands under a hashtag, newest first; without people and words that you mute."""
        _name, page = tag_queries.tag_posts(request.user, name, request.query_params.get("cursor", ""))
        return paged(page, [post_serializers.post(post) for post in page.rows])


class FollowedTags(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(parameters=[CURSOR], responses=tag_serializers.TagPage, operation_id="me_tags_list")
    def get(self, request: Request) -> Response:
        """Hashtags that you follow, the latest first."""
        page = tag_queries.followed_tags(request.user, request.query_params.get("cursor", ""))
        return paged(page, [tag_serializers.tag(row) for row in page.rows])


class FollowTag(APIView):
    scopes = scopes.Scopes(change=scopes.PEOPLE_WRITE)

    @extend_schema(request=None, responses={204: None}, operation_id="tag_follow")
    def put(self, request: Request, name: str) -> Response:
        """What stands under it comes to your home; again changes nothing."""
        tag_actions.follow_tag(actor=request.user, name=name)
        return Response(status=204)

    @extend_schema(responses={204: None}, operation_id="tag_unfollow")
    def delete(self, request: Request, name: str) -> Response:
        tag_actions.unfollow_tag(actor=request.user, name=name)
        return Response(status=204)
