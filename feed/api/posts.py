"""Posts through /api/v1."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import people as accounts_access
from core import limits, scopes
from core.api import paged
from feed.actions import posts as post_actions
from feed.api import base
from feed.queries import home as home_queries
from feed.queries import posts as post_queries
from feed.serializers import posts as post_serializers


class Posts(APIView):
    scopes = scopes.Scopes(look=scopes.READ, change=scopes.WRITE)

    @extend_schema(parameters=[base.CURSOR], responses=post_serializers.PostPage, operation_id="home_list")
    def get(self, request: base.Request) -> Response:
        """The home feed: one's own posts and those of whom one follows, newest first."""
        page = home_queries.home(request.user, request.query_params.get("cursor", ""))
        return paged(page, [post_serializers.post(post) for post in page.rows])

    @extend_schema(
        request=post_serializers.PostIn, responses={201: post_serializers.PostOut}, operation_id="post_create"
    )
    def post(self, request: base.Request) -> Response:
        """A new post. With a `client_id` a repeat answers with the post made the first time."""
        limits.check(limits.WRITING, request.user.pk)
        given = base.checked(post_serializers.PostIn(data=request.data))
        rows = given.pop("pictures")
        keys, alts = [row["key"] for row in rows], [row["alt"] for row in rows]
        post = post_actions.create_post(actor=request.user, pictures=keys, alts=alts, **given)
        return Response(post_serializers.post(post_queries.post(request.user, post.pk)), status=201)


class OnePost(APIView):
    scopes = scopes.Scopes(look=scopes.READ, change=scopes.WRITE)

    @extend_schema(responses=post_serializers.PostOut, operation_id="post_retrieve")
    def get(self, request: base.Request, id: int) -> Response:
        return Response(post_serializers.post(post_queries.post(request.user, id)))

    @extend_schema(request=post_serializers.PostPatch, responses=post_serializers.PostOut, operation_id="post_update")
    def patch(self, request: base.Request, id: int) -> Response:
        """One's own post: its words, its audience, its pictures (all of them, in their order)."""
        limits.check(limits.WRITING, request.user.pk)
        given = base.with_keys(base.checked(post_serializers.PostPatch(data=request.data)))
        post_actions.edit_post(actor=request.user, post_id=id, **given)
        return Response(post_serializers.post(post_queries.post(request.user, id)))

    @extend_schema(responses={204: None}, operation_id="post_delete")
    def delete(self, request: base.Request, id: int) -> Response:
        post_actions.delete_post(actor=request.user, post_id=id)
        return Response(status=204)


class UndoDeletePost(APIView):
    scopes = scopes.Scopes(change=scopes.WRITE)

    @extend_schema(request=None, responses=post_serializers.PostOut, operation_id="post_undo_delete")
    def post(self, request: base.Request, id: int) -> Response:
        """Takes a deletion back, within half a minute."""
        post_actions.undo_delete_post(actor=request.user, post_id=id)
        return Response(post_serializers.post(post_queries.post(request.user, id)))


class ListPosts(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(parameters=[base.CURSOR], responses=post_serializers.PostPage, operation_id="me_lists_posts")
    def get(self, request: base.Request, id: int) -> Response:
        """What the people on a list of yours post, newest first."""
        _row, page = home_queries.list_posts(request.user, id, request.query_params.get("cursor", ""))
        return paged(page, [post_serializers.post(post) for post in page.rows])


class PostsOf(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(
        parameters=[base.CURSOR, OpenApiParameter("media", bool, description="Only those with pictures.")],
        responses=post_serializers.PostPage,
        operation_id="user_posts_list",
    )
    def get(self, request: base.Request, id: str) -> Response:
        """One person's posts, newest first; by id or handle."""
        number = id.isascii() and id.isdigit() and len(id) < 20
        person = accounts_access.access_person(request.user, int(id) if number else id, to="look_inside")
        asked = request.query_params
        query = post_queries.posts_with_pictures if asked.get("media") in ("true", "1") else post_queries.posts_of
        page = query(request.user, person, asked.get("cursor", ""))
        return paged(page, [post_serializers.post(post) for post in page.rows])
