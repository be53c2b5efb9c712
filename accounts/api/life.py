"""The REST door of leaving."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access.life import open_to_hidden
from accounts.actions import life
from accounts.api.base import Request
from accounts.api.logins import own_device
from accounts.queries import archives as archive_queries
from accounts.serializers import life as life_serializers
from core import errors, scopes
from core.api import JSONParser


@extend_schema(tags=["me"])
class DeactivateView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        """Hides you and ends all your logins; the next login brings everything back."""
        life.deactivate(actor=request.user)
        return Response(status=204)


@open_to_hidden
@extend_schema(tags=["me"])
class DeletionView(APIView):
    scopes = scopes.CLOSED

    parser_classes = [JSONParser]

    @extend_schema(responses=life_serializers.DeletionOut)
    def get(self, request: Request) -> Response:
        """Whether and when you will be deleted; 404 if not."""
        found = archive_queries.departure(request.user)
        if found is None:
            raise errors.NotFound
        return Response(life_serializers.departure(found))

    @extend_schema(request=life_serializers.DeletionIn, responses=life_serializers.DeletionOut)
    def post(self, request: Request) -> Response:
        """Hides you, ends all your logins, and deletes everything in 30 days, unless you log in and stop it."""
        form = life_serializers.DeletionIn(data=request.data)
        form.is_valid(raise_exception=True)
        departure = life.request_deletion(actor=request.user, login=own_device(request), **form.validated_data)
        return Response(life_serializers.departure(departure))

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Stops the deletion. Doing it again changes nothing."""
        life.cancel_deletion(actor=request.user)
        return Response(status=204)
