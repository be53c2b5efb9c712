"""The REST door of exports and imports."""

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import archives as archive_access
from accounts.access.life import open_to_hidden
from accounts.actions import archives
from accounts.api.base import Request
from accounts.queries import archives as archive_queries
from accounts.serializers import life as life_serializers
from core import errors, scopes
from core.openapi import a_file
from core.streams import attachment


@open_to_hidden
@extend_schema(tags=["me"])
class ExportView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(responses=life_serializers.ExportOut)
    def get(self, request: Request) -> Response:
        """How far your latest export is; 404 before the first one."""
        found = archive_queries.data(request.user).export
        if found is None:
            raise errors.NotFound
        return Response(life_serializers.archive(found))

    @extend_schema(request=None, responses={202: life_serializers.ExportOut})
    def post(self, request: Request) -> Response:
        """Begins an export of everything you put in, once a day; while one is being made it is that one."""
        export = archives.start_export(actor=request.user)
        return Response(life_serializers.archive(export), status=202)


@open_to_hidden
@extend_schema(tags=["me"])
class ExportFileView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(
        responses=a_file("application/zip"),
    )
    def get(self, request: Request) -> HttpResponseBase:
        """The zip of your latest export, for a week."""
        found = archive_access.access_export(request.user)
        return attachment(archive_queries.download(found), name=found.file_name, kind="application/zip")


@extend_schema(tags=["me"])
class ImportView(APIView):
    scopes = scopes.CLOSED

    parser_classes = [MultiPartParser]

    @extend_schema(responses=life_serializers.ImportOut)
    def get(self, request: Request) -> Response:
        """How far your latest import is, and at its end what came; 404 before the first one."""
        found = archive_queries.data(request.user).came
        if found is None:
            raise errors.NotFound
        return Response(life_serializers.bringing(found))

    @extend_schema(request=life_serializers.ImportIn, responses={202: life_serializers.ImportOut})
    def post(self, request: Request) -> Response:
        """Brings your profile and posts from the export of another site. Nobody is notified of them."""
        form = life_serializers.ImportIn(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        row = archives.start_import(
            actor=request.user, file=given["file"], size=given["file"].size, only_me=given["only_me"]
        )
        return Response(life_serializers.bringing(row), status=202)
