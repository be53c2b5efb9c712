"""Comments and their threads through /api/v1."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from core import limits, scopes
from core.api import paged
from feed.access import posts as post_access
from feed.actions import comments as comment_actions
from feed.api import base
from feed.queries import comments as comment_queries
from feed.serializers import comments as comment_serializers


class Comments(APIView):
    scopes = scopes.Scopes(look=scopes.READ, change=scopes.WRITE)

    @extend_schema(parameters=[base.CURSOR], responses=comment_serializers.CommentPage, operation_id="comment_list")
    def get(self, request: base.Request, id: int) -> Response:
        """The first-level comments of a post, newest first, each with its last replies."""
        post = post_access.access_post(request.user, id)
        page = comment_queries.comments(request.user, post, request.query_params.get("cursor", ""))
        return paged(page, [comment_serializers.comment(row) for row in page.rows])

    @extend_schema(
        request=comment_serializers.CommentIn,
        responses={201: comment_serializers.CommentOut},
        operation_id="comment_create",
    )
    def post(self, request: base.Request, id: int) -> Response:
        """A comment, or with `parent` an answer to one."""
        limits.check(limits.WRITING, request.user.pk)
        given = base.checked(comment_serializers.CommentIn(data=request.data))
        picture = given.pop("picture") or {}
        made = comment_actions.comment(
            actor=request.user, post_id=id, picture=picture.get("key"), alt=picture.get("alt", ""), **given
        )
        return Response(comment_serializers.comment(comment_queries.comment(request.user, made.pk)), status=201)


class OneComment(APIView):
    scopes = scopes.Scopes(look=scopes.READ, change=scopes.WRITE)

    @extend_schema(responses=comment_serializers.CommentOut, operation_id="comment_retrieve")
    def get(self, request: base.Request, id: int) -> Response:
        return Response(comment_serializers.comment(comment_queries.comment(request.user, id)))

    @extend_schema(
        request=comment_serializers.CommentPatch,
        responses=comment_serializers.CommentOut,
        operation_id="comment_update",
    )
    def patch(self, request: base.Request, id: int) -> Response:
        """One's own comment: its words."""
        limits.check(limits.WRITING, request.user.pk)
        given = base.checked(comment_serializers.CommentPatch(data=request.data))
        comment_actions.edit_comment(actor=request.user, comment_id=id, **given)
        return Response(comment_serializers.comment(comment_queries.comment(request.user, id)))

    @extend_schema(responses={204: None}, operation_id="comment_delete")
    def delete(self, request: base.Request, id: int) -> Response:
        """One's own comment, or any under one's own post. Replies to it stay."""
        comment_actions.delete_comment(actor=request.user, comment_id=id)
        return Response(status=204)


class UndoDeleteComment(APIView):
    scopes = scopes.Scopes(change=scopes.WRITE)

    @extend_schema(request=None, responses=comment_serializers.CommentOut, operation_id="comment_undo_delete")
    def post(self, request: base.Request, id: int) -> Response:
        """Takes a deletion back, within half a minute."""
        comment_actions.undo_delete_comment(actor=request.user, comment_id=id)
        return Response(comment_serializers.comment(comment_queries.comment(request.user, id)))


class Replies(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(parameters=[base.CURSOR], responses=comment_serializers.CommentPage, operation_id="reply_list")
    def get(self, request: base.Request, id: int) -> Response:
        """The replies of the thread that a comment stands in, newest first."""
        page = comment_queries.replies(request.user, id, request.query_params.get("cursor", ""))
        return paged(page, [comment_serializers.comment(row) for row in page.rows])
