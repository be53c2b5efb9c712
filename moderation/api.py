"""Reports through /api/v1."""

from drf_spectacular.utils import extend_schema
from rest_framework import request as rest_request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models.people import User
from core import limits, scopes
from moderation import actions, serializers


class Request(rest_request.Request):
    user: User


@extend_schema(tags=["reports"])
class Reports(APIView):
    scopes = scopes.Scopes(change=scopes.WRITE)

    @extend_schema(request=serializers.ReportIn, responses={201: serializers.ReportOut}, operation_id="report_create")
    def post(self, request: Request) -> Response:
        """Tells the moderators about somebody, a post or a comment. Nobody else learns of it. The same again writes
        your report anew."""
        given = serializers.ReportIn(data=request.data)
        given.is_valid(raise_exception=True)
        limits.check(limits.WRITING, request.user.pk)
        limits.check(actions.DAILY, request.user.pk)
        row = actions.report(actor=request.user, **given.validated_data)
        return Response(serializers.report(row), status=201)
