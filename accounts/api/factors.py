"""The REST door of second factors: how one stands."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import Request
from accounts.queries import factors as factor_queries
from accounts.serializers import factors as factor_serializers
from core import scopes


class FactorsView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(tags=["auth"], responses=factor_serializers.FactorsOut)
    def get(self, request: Request) -> Response:
        """What protects your account."""
        known = factor_queries.protection(viewer=request.user)
        return Response(factor_serializers.FactorsOut(known).data)
