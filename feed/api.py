"""Posts, comments and reactions through /api/v1."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import request as rest_request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from accounts.access import people as accounts_access
from accounts.models.people import User
from accounts.serializers import ties as ties_serializers
from core import limits, scopes
from core.api import paged
from feed import access, actions, queries, serializers


class Request(rest_request.Request):
    """`user` is a member: the permission of every view sees to it, and the actions again."""

    user: User


CURSOR = OpenApiParameter("cursor", str, description="`next` of the page before.")


def checked(form: BaseSerializer) -> dict[str, Any]:
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


class Posts(APIView):
    scopes = scopes.Scopes(look=scopes.READ, change=scopes.WRITE)

    @extend_schema(parameters=[CURSOR], responses=serializers.PostPage, operation_id="home_list")
    def get(self, request: Request) -> Response:
        """The home feed: one's own posts and those of whom one follows, newest first."""
        page = queries.home(request.user, request.query_params.get("cursor", ""))
        return paged(page, [serializers.post(post) for post in page.rows])

    @extend_schema(request=serializers.PostIn, responses={201: serializers.PostOut}, operation_id="post_create")
    def post(self, request: Request) -> Response:
        """A new post. With a `client_id` a repeat answers with the post made the first time."""
        limits.check(limits.WRITING, request.user.pk)
        given = checked(serializers.PostIn(data=request.data))
        rows = given.pop("pictures")
        keys, alts = [row["key"] for row in rows], [row["alt"] for row in rows]
        post = actions.create_post(actor=request.user, pictures=keys, alts=alts, **given)
        return Response(serializers.post(queries.post(request.user, post.pk)), status=201)


class OnePost(APIView):
    scopes = scopes.Scopes(look=scopes.READ, change=scopes.WRITE)

    @extend_schema(responses=serializers.PostOut, operation_id="post_retrieve")
    def get(self, request: Request, id: int) -> Response:
        return Response(serializers.post(queries.post(request.user, id)))

    @extend_schema(request=serializers.PostPatch, responses=serializers.PostOut, operation_id="post_update")
    def patch(self, request: Request, id: int) -> Response:
        """One's own post: its words, its audience."""
        actions.edit_post(actor=request.user, post_id=id, **checked(serializers.PostPatch(data=request.data)))
        return Response(serializers.post(queries.post(request.user, id)))

    @extend_schema(responses={204: None}, operation_id="post_delete")
    def delete(self, request: Request, id: int) -> Response:
        actions.delete_post(actor=request.user, post_id=id)
        return Response(status=204)


class UndoDeletePost(APIView):
    scopes = scopes.Scopes(change=scopes.WRITE)

    @extend_schema(request=None, responses=serializers.PostOut, operation_id="post_undo_delete")
    def post(self, request: Request, id: int) -> Response:
        """Takes a deletion back, within half a minute."""
        actions.undo_delete_post(actor=request.user, post_id=id)
        return Response(serializers.post(queries.post(request.user, id)))


class PostReaction(APIView):
    scopes = scopes.Scopes(change=scopes.WRITE)

    @extend_schema(request=serializers.ReactionIn, responses=serializers.Reactions, operation_id="reaction_put")
    def put(self, request: Request, id: int) -> Response:
        """One's reaction is now this one; the same again changes nothing."""
        kind = checked(serializers.ReactionIn(data=request.data))["kind"]
        return Response(reactions(actions.react(actor=request.user, post_id=id, kind=kind), kind))

    @extend_schema(responses=serializers.Reactions, operation_id="reaction_delete")
    def delete(self, request: Request, id: int) -> Response:
        return Response(reactions(actions.unreact(actor=request.user, post_id=id), None))


class Comments(APIView):
    scopes = scopes.Scopes(look=scopes.READ, change=scopes.WRITE)

    @extend_schema(parameters=[CURSOR], responses=serializers.CommentPage, operation_id="comment_list")
    def get(self, request: Request, id: int) -> Response:
        """The comments of a post, newest first."""
        post = access.access_post(request.user, id)
        page = queries.comments(request.user, post, request.query_params.get("cursor", ""))
        return paged(page, [serializers.comment(row) for row in page.rows])

    @extend_schema(
        request=serializers.CommentIn, responses={201: serializers.CommentOut}, operation_id="comment_create"
    )
    def post(self, request: Request, id: int) -> Response:
        limits.check(limits.WRITING, request.user.pk)
        given = checked(serializers.CommentIn(data=request.data))
        made = actions.comment(actor=request.user, post_id=id, **given)
        return Response(serializers.comment(queries.comment(request.user, made.pk)), status=201)


class OneComment(APIView):
    scopes = scopes.Scopes(look=scopes.READ, change=scopes.WRITE)

    @extend_schema(responses=serializers.CommentOut, operation_id="comment_retrieve")
    def get(self, request: Request, id: int) -> Response:
        return Response(serializers.comment(queries.comment(request.user, id)))

    @extend_schema(responses={204: None}, operation_id="comment_delete")
    def delete(self, request: Request, id: int) -> Response:
        """One's own comment, or any under one's own post."""
        actions.delete_comment(actor=request.user, comment_id=id)
        return Response(status=204)


class CommentReaction(APIView):
    scopes = scopes.Scopes(change=scopes.WRITE)

    @extend_schema(request=serializers.ReactionIn, responses=serializers.Reactions, operation_id="comment_reaction_put")
    def put(self, request: Request, id: int) -> Response:
        kind = checked(serializers.ReactionIn(data=request.data))["kind"]
        return Response(reactions(actions.react_to_comment(actor=request.user, comment_id=id, kind=kind), kind))

    @extend_schema(responses=serializers.Reactions, operation_id="comment_reaction_delete")
    def delete(self, request: Request, id: int) -> Response:
        return Response(reactions(actions.unreact_to_comment(actor=request.user, comment_id=id), None))


class MutePost(APIView):
    scopes = scopes.Scopes(change=scopes.PEOPLE_WRITE)

    @extend_schema(request=ties_serializers.SpanIn, responses={204: None}, operation_id="post_mute")
    def put(self, request: Request, id: int) -> Response:
        """The conversation under this post says nothing by itself to you; nobody is told. Again: another end."""
        actions.mute_post(actor=request.user, post_id=id, **checked(ties_serializers.SpanIn(data=request.data)))
        return Response(status=204)

    @extend_schema(responses={204: None}, operation_id="post_unmute")
    def delete(self, request: Request, id: int) -> Response:
        actions.unmute_post(actor=request.user, post_id=id)
        return Response(status=204)


class MutedPosts(APIView):
    scopes = scopes.Scopes(look=scopes.PEOPLE_WRITE, change=scopes.PEOPLE_WRITE)

    @extend_schema(parameters=[CURSOR], responses=serializers.MutedPostPage, operation_id="muted_post_list")
    def get(self, request: Request) -> Response:
        """Conversations that you mute, newest first; what has ended is not here."""
        page = queries.muted_posts(request.user, request.query_params.get("cursor", ""))
        return paged(page, [serializers.muted_post(row) for row in page.rows])


class ListPosts(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(parameters=[CURSOR], responses=serializers.PostPage, operation_id="me_lists_posts")
    def get(self, request: Request, id: int) -> Response:
        """What the people on a list of yours post, newest first."""
        _row, page = queries.list_posts(request.user, id, request.query_params.get("cursor", ""))
        return paged(page, [serializers.post(post) for post in page.rows])


class PostsOf(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(
        parameters=[CURSOR, OpenApiParameter("media", bool, description="Only those with pictures.")],
        responses=serializers.PostPage,
        operation_id="user_posts_list",
    )
    def get(self, request: Request, id: str) -> Response:
        """One person's posts, newest first; by id or handle."""
        number = id.isascii() and id.isdigit() and len(id) < 20
        person = accounts_access.access_person(request.user, int(id) if number else id, to="look_inside")
        asked = request.query_params
        query = queries.posts_with_pictures if asked.get("media") in ("true", "1") else queries.posts_of
        page = query(request.user, person, asked.get("cursor", ""))
        return paged(page, [serializers.post(post) for post in page.rows])


def reactions(row: Any, mine: str | None) -> dict[str, Any]:
    return {"reactions": row.reactions, "reactions_count": row.reactions_count, "my_reaction": mine}
