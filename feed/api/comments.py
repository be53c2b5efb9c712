"""Comments and reactions to them through /api/v1."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from core import limits, scopes
from core.api import paged
from feed.access import posts as post_access
from feed.actions import comments as comment_actions
from feed.actions import reactions as reaction_actions
from feed.api import base
from feed.queries import comments as comment_queries
from feed.serializers import comments as comment_serializers
from feed.serializers import reactions as reaction_serializers


class Comments(APIView):
    scopes = scopes.Scopes(look=scopes.READ, change=scopes.WRITE)

    @extend_schema(parameters=[base.CURSOR], responses=comment_serializers.CommentPage, operation_id="comment_list")
    def get(self, request: base.Request, id: int) -> Response:
        """The comments of a post, newest first."""
        post = post_access.access_post(request.user, id)
        page = comment_queries.comments(request.user, post, request.query_params.get("cursor", ""))
        return paged(page, [comment_serializers.comment(row) for row in page.rows])

    @extend_schema(
        request=comment_serializers.CommentIn,
        responses={201: comment_serializers.CommentOut},
        operation_id="comment_create",
    )
    def post(self, request: base.Request, id: int) -> Response:
        limits.check(limits.WRITING, request.user.pk)
        given = base.checked(comment_serializers.CommentIn(data=request.data))
        made = comment_actions.comment(actor=request.user, post_id=id, **given)
        return Response(comment_serializers.comment(comment_queries.comment(request.user, made.pk)), status=201)


class OneComment(APIView):
    scopes = scopes.Scopes(look=scopes.READ, change=scopes.WRITE)

    @extend_schema(responses=comment_serializers.CommentOut, operation_id="comment_retrieve")
    def get(self, request: base.Request, id: int) -> Response:
        return Response(comment_serializers.comment(comment_queries.comment(request.user, id)))

    @extend_schema(responses={204: None}, operation_id="comment_delete")
    def delete(self, request: base.Request, id: int) -> Response:
        """One's own comment, or any under one's own post."""
        comment_actions.delete_comment(actor=request.user, comment_id=id)
        return Response(status=204)


class CommentReaction(APIView):
    scopes = scopes.Scopes(change=scopes.WRITE)

    @extend_schema(
        request=reaction_serializers.ReactionIn,
        responses=reaction_serializers.Reactions,
        operation_id="comment_reaction_put",
    )
    def put(self, request: base.Request, id: int) -> Response:
        kind = base.checked(reaction_serializers.ReactionIn(data=request.data))["kind"]
        return Response(
            base.reactions(reaction_actions.react_to_comment(actor=request.user, comment_id=id, kind=kind), kind)
        )

    @extend_schema(responses=reaction_serializers.Reactions, operation_id="comment_reaction_delete")
    def delete(self, request: base.Request, id: int) -> Response:
        return Response(base.reactions(reaction_actions.unreact_to_comment(actor=request.user, comment_id=id), None))
