"""Stickers through /api/v1."""

import hashlib
import json

from django.http import HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.queries import stickers as sticker_queries
from chat.serializers import stickers as sticker_serializers
from core import scopes


class Stickers(APIView):
    scopes = scopes.Scopes(look=scopes.CHAT_READ)

    @extend_schema(responses=sticker_serializers.PackList, operation_id="stickers")
    def get(self, request: Request) -> HttpResponse:
        """The packs with what can be sent of them, in their order. With `If-None-Match` it answers 304 when nothing is
        another."""
        found = {"results": [sticker_serializers.pack(pack) for pack in sticker_queries.packs()]}
        etag = f'"{hashlib.sha256(json.dumps(found).encode()).hexdigest()[:24]}"'
        answer: HttpResponse = get_conditional_response(request._request, etag=etag) or Response(found)
        answer["ETag"] = etag
        patch_cache_control(answer, private=True, no_cache=True)
        return answer
