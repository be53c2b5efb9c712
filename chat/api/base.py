"""What the API views of the chat share."""

from typing import Any, cast

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from accounts.models.people import User

CURSOR = OpenApiParameter("cursor", str, description="`next` of the page before.")


def checked(form: BaseSerializer) -> dict[str, Any]:
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


def member(request: Request) -> User:
    return cast(User, request.user)  # IsAuthenticated has seen to it
