"""Saved posts and their collections through /api/v1. Only their owner ever learns of them."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from core import scopes
from core.api import paged
from feed.access import saved as saved_access
from feed.actions import saved as saved_actions
from feed.api import base
from feed.queries import saved as saved_queries
from feed.serializers import posts as post_serializers
from feed.serializers import saved as saved_serializers

GO = OpenApiParameter("posts", str, enum=["keep", "go"], description="What becomes of the posts in it; keep if absent.")


class SavePost(APIView):
    scopes = scopes.Scopes(change=scopes.WRITE)

    @extend_schema(request=saved_serializers.SaveIn, responses={204: None}, operation_id="post_save")
    def put(self, request: base.Request, id: int) -> Response:
        """Keeps a post, in a collection if you say so. Doing it again changes nothing else."""
        given = base.checked(saved_serializers.SaveIn(data=request.data))
        if "collection" in given:
            saved_actions.put_post(actor=request.user, post_id=id, collection_id=given["collection"])
        else:
            saved_actions.save_post(actor=request.user, post_id=id)
        return Response(status=204)

    @extend_schema(responses={204: None}, operation_id="post_unsave")
    def delete(self, request: base.Request, id: int) -> Response:
        saved_actions.unsave_post(actor=request.user, post_id=id)
        return Response(status=204)


class SavedPosts(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(parameters=[base.CURSOR], responses=post_serializers.PostPage, operation_id="saved_list")
    def get(self, request: base.Request) -> Response:
        """What you have saved, the latest saved first. What you may not see now comes back when you may."""
        page = saved_queries.saved(request.user, request.query_params.get("cursor", ""))
        return paged(page, [post_serializers.post(post) for post in page.rows])


class Collections(APIView):
    scopes = scopes.Scopes(look=scopes.READ, change=scopes.WRITE)

    @extend_schema(responses=saved_serializers.Collections, operation_id="collection_list")
    def get(self, request: base.Request) -> Response:
        """All your collections, by name."""
        rows = saved_queries.collections(request.user)
        return Response({"results": [saved_serializers.collection(row) for row in rows], "next": None})

    @extend_schema(
        request=saved_serializers.CollectionIn,
        responses={201: saved_serializers.CollectionOut},
        operation_id="collection_create",
    )
    def post(self, request: base.Request) -> Response:
        given = base.checked(saved_serializers.CollectionIn(data=request.data))
        row = saved_actions.make_collection(actor=request.user, **given)
        return Response(saved_serializers.collection(row), status=201)


class OneCollection(APIView):
    scopes = scopes.Scopes(look=scopes.READ, change=scopes.WRITE)

    @extend_schema(responses=saved_serializers.CollectionOut, operation_id="collection_retrieve")
    def get(self, request: base.Request, id: int) -> Response:
        return Response(saved_serializers.collection(saved_access.access_collection(request.user, id)))

    @extend_schema(
        request=saved_serializers.CollectionIn,
        responses=saved_serializers.CollectionOut,
        operation_id="collection_update",
    )
    def patch(self, request: base.Request, id: int) -> Response:
        given = base.checked(saved_serializers.CollectionIn(data=request.data))
        row = saved_actions.rename_collection(actor=request.user, collection_id=id, **given)
        return Response(saved_serializers.collection(row))

    @extend_schema(parameters=[GO], responses={204: None}, operation_id="collection_delete")
    def delete(self, request: base.Request, id: int) -> Response:
        keep = request.query_params.get("posts") != "go"
        saved_actions.delete_collection(actor=request.user, collection_id=id, keep_posts=keep)
        return Response(status=204)


class CollectionPosts(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(parameters=[base.CURSOR], responses=post_serializers.PostPage, operation_id="collection_posts")
    def get(self, request: base.Request, id: int) -> Response:
        """What one of your collections holds, the latest saved first."""
        row = saved_access.access_collection(request.user, id)
        page = saved_queries.saved(request.user, request.query_params.get("cursor", ""), collection=row)
        return paged(page, [post_serializers.post(post) for post in page.rows])
