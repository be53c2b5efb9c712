"""What the OpenAPI document says beside the views: how one logs in, and the one error shape."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse

from core import scopes


class Schema(AutoSchema):
    """Says of each operation which scope a personal or a bot's token needs for it."""

    def get_description(self) -> str:  # type: ignore[override]  # stubs of an older one
        words: str = super().get_description() or ""
        if not self.view.authentication_classes:
            return words
        needed = scopes.of(self.view, self.method)
        names = " and ".join(f"`{scope}`" for scope in needed or ())
        line = f"Tokens need {names}." if names else "Closed to personal tokens."
        return f"{words}\n\n{line}".strip()


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.tokens.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.tokens.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "session"}


PROBLEM = {
    "type": "object",
    "description": "What went wrong, in one shape everywhere (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
    },
}


def document_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Adds the one error shape to every operation of the document."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    answer = {
        "description": "What went wrong.",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for operations in result.get("paths", {}).values():
        for operation in operations.values():
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"].setdefault("default", answer)
    return result


def a_file(kind: str) -> dict[Any, Any]:
    """The responses of an operation that hands out a file: its bytes, or where else it lies."""
    return {(200, kind): OpenApiTypes.BINARY, 302: OpenApiResponse(description="To where it lies.")}
