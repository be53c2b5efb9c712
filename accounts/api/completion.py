"""Completing mentions while one types."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import people as people_access
from accounts.queries import completion
from accounts.serializers import people as people_serializers
from core import scopes


class CompletePeople(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(
        parameters=[OpenApiParameter("q", str, description="What stands behind the @; nothing: those near to you.")],
        responses=people_serializers.People,
        operation_id="complete_people",
    )
    def get(self, request: Request) -> Response:
        """Whom you may mean: at most 8, friends and those you follow first."""
        found = completion.mentionable(people_access.access_member(request.user), request.query_params.get("q", ""))
        return Response(people_serializers.people(found, ""))
