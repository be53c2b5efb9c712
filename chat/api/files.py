"""Files of messages through /api/v1."""

import uuid

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.actions import describing
from chat.api.base import checked, member
from chat.queries import files as file_queries
from chat.serializers import files as file_serializers
from chat.serializers import messages as message_serializers
from core import scopes
from core.openapi import a_file
from core.streams import attachment
from uploads import magic
from uploads import serializers as upload_serializers


class Files(APIView):
    scopes = scopes.Scopes(look=scopes.CHAT_READ)

    @extend_schema(
        parameters=[file_serializers.FilesAsked],
        responses=file_serializers.FileList,
        operation_id="conversation_files",
    )
    def get(self, request: Request, id: int) -> Response:
        """Pictures and videos, files, or voice messages of a conversation, the latest first."""
        page = file_queries.files(request.user, id, **checked(file_serializers.FilesAsked(data=request.query_params)))
        return Response({"results": [file_serializers.listed(row) for row in page.rows], "next": page.next or None})


class OneFile(APIView):
    scopes = scopes.Scopes(look=scopes.CHAT_READ, change=scopes.CHAT_WRITE)

    @extend_schema(
        responses=a_file("application/octet-stream"),
        operation_id="conversation_file",
    )
    def get(self, request: Request, id: int, seq: int, key: uuid.UUID) -> HttpResponseBase:
        """The file of a message, to be kept."""
        row = file_queries.file(request.user, id, seq, key)
        return attachment(file_queries.opened(row), name=row.taken_name, kind=magic.UNKNOWN)

    @extend_schema(
        request=upload_serializers.DescriptionIn,
        responses=message_serializers.MessageOut,
        operation_id="conversation_file_describe",
    )
    def patch(self, request: Request, id: int, seq: int, key: uuid.UUID) -> Response:
        """What a picture of yours shows, for those who do not see it."""
        alt = checked(upload_serializers.DescriptionIn(data=request.data))["alt"]
        row = describing.describe_pictures(actor=member(request), conversation_id=id, seq=seq, alts={key: alt})
        return Response(message_serializers.shown(row))
