"""The REST door of one's own pictures, and of the directory."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.actions import profiles
from accounts.api.base import CURSOR, Request, cursor
from accounts.queries import directory
from accounts.queries import people as people_queries
from accounts.serializers import fields as field_serializers
from accounts.serializers import people as people_serializers
from core import scopes


class PictureView(APIView):
    """One's avatar or cover; the route says which."""

    scopes = scopes.Scopes(change=scopes.ACCOUNT)

    place = ""

    @extend_schema(tags=["people"], request=field_serializers.OwnPictureIn, responses=people_serializers.Me)
    def put(self, request: Request) -> Response:
        """Cuts your upload to its shape and shows it; the picture before goes."""
        given = field_serializers.OwnPictureIn(data=request.data)
        given.is_valid(raise_exception=True)
        crop = given.validated_data.get("crop")
        piece = (crop["x"], crop["y"], crop["width"], crop["height"]) if crop else None
        profiles.cut_picture(actor=request.user, place=self.place, key=given.validated_data["upload"], crop=piece)
        return Response(people_serializers.me(people_queries.person(viewer=request.user, person=request.user.pk)))

    @extend_schema(tags=["people"], responses={204: None})
    def delete(self, request: Request) -> Response:
        profiles.set_picture(actor=request.user, place=self.place, key=None)
        return Response(status=204)


class AvatarView(PictureView):
    place = "avatar"


class CoverView(PictureView):
    place = "cover"


class DirectoryView(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(
        tags=["people"],
        operation_id="users_list",
        parameters=[
            OpenApiParameter(
                "q",
                str,
                description="Words: each begins a word of the name or the handle. After an @: how the handle begins.",
            ),
            OpenApiParameter("filter", str, enum=directory.Which.values),
            OpenApiParameter("sort", str, enum=directory.Sort.values),
            CURSOR,
        ],
        responses=people_serializers.People,
    )
    def get(self, request: Request) -> Response:
        """Members who are listed, the newest first."""
        asked = request.query_params
        page = directory.people(
            viewer=request.user,
            words=asked.get("q", ""),
            which=asked.get("filter", directory.Which.ALL),
            sort=asked.get("sort", directory.Sort.NEWEST),
            cursor=cursor(request),
        )
        return Response(people_serializers.people(page.rows, page.next))
