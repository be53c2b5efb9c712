"""The REST door of the first steps."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.actions import welcome
from accounts.api.base import Request
from accounts.api.entering import checked
from accounts.serializers import welcome as welcome_serializers
from core import scopes


@extend_schema(tags=["people"])
class WelcomeView(APIView):
    scopes = scopes.Scopes(change=scopes.ACCOUNT)

    @extend_schema(request=welcome_serializers.WelcomeIn, responses=welcome_serializers.WelcomeOut)
    def post(self, request: Request) -> Response:
        """This step is done or skipped, and those before it; what is done stays done. What a step asks has its own
        calls."""
        step = checked(welcome_serializers.WelcomeIn(data=request.data))["step"]
        return Response({"welcome": welcome.finish_step(actor=request.user, step=step)})

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """The first steps are never shown again. Doing it again changes nothing."""
        welcome.finish_welcome(actor=request.user)
        return Response(status=204)
