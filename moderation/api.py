"""Reports through /api/v1."""

import uuid

from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import request as rest_request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models.people import User
from chat.queries import files as file_queries
from core import limits, scopes
from core.api import paged
from core.openapi import a_file
from core.streams import attachment
from moderation import access, actions, queries, serializers
from uploads import magic


class Request(rest_request.Request):
    user: User


CURSOR = OpenApiParameter("cursor", str, description="`next` of the page before.")


@extend_schema(tags=["moderation"])
class Reports(APIView):
    scopes = scopes.Scopes(change=scopes.WRITE)

    @extend_schema(parameters=[CURSOR], responses=serializers.ReportGroups, operation_id="report_list")
    def get(self, request: Request) -> Response:
        """For moderators: what is reported and waits, together for each thing, the one that waits longest first."""
        page = queries.open_groups(viewer=request.user, cursor=request.query_params.get("cursor", ""))
        return paged(page, [serializers.group(row.group) for row in page.rows])  # type: ignore[attr-defined]

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


@extend_schema(tags=["moderation"])
class CloseReports(APIView):
    scopes = scopes.CLOSED

    @extend_schema(request=serializers.CloseIn, responses={204: None}, operation_id="report_close")
    def post(self, request: Request, id: int) -> Response:
        """For moderators: all that the list told about the thing of this report has been looked at. 409 when somebody
        has closed it before, or when there is something new about it."""
        given = serializers.CloseIn(data=request.data)
        given.is_valid(raise_exception=True)
        actions.close_reports(actor=request.user, report_id=id, **given.validated_data)
        return Response(status=204)


@extend_schema(tags=["moderation"])
class ReportedFile(APIView):
    scopes = scopes.CLOSED

    @extend_schema(
        responses=a_file("application/octet-stream"),
        operation_id="report_file",
    )
    def get(self, request: Request, id: int, key: uuid.UUID) -> HttpResponseBase:
        """For moderators: a file of the message that this report is about, as long as it waits."""
        row = access.access_file(request.user, id, key)
        return attachment(file_queries.opened(row), name=row.taken_name, kind=magic.UNKNOWN)
