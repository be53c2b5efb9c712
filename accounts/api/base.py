"""What all REST doors of accounts share."""

from drf_spectacular.utils import OpenApiParameter
from rest_framework import request as rest_request

from accounts.models.people import User


class Request(rest_request.Request):
    """A request of somebody logged in."""

    user: User


CURSOR = OpenApiParameter("cursor", str, description="`next` of the page before.")
ID = OpenApiParameter("id", str, OpenApiParameter.PATH, description="Id, or handle.")


def reference(raw: str) -> int | str:
    """A member as an address names them: digits are an id (no handle is digits only), the rest is a handle."""
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 20 else raw


def cursor(request: Request) -> str:
    return request.query_params.get("cursor", "")
