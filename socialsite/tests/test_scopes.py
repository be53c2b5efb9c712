"""Every operation of the API against tokens of every kind. The list is read from the routes: a new operation that has
decided nothing fails here, and is closed until it has."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.actions import api_tokens
from accounts.tests.factories import Cast
from core import consumers, frames, scopes

ARGUMENTS = {"id": 1, "key": "00000000-0000-4000-8000-000000000000", "token_id": 1, "person": "carol", "name": "bread"}
ARGUMENTS |= {"language": "en", "code": "x", "user": 1, "link": 1}
ARGUMENTS["seq"] = 1
# What changes the account's safety, by the beginning of its address: no token may, whatever its scopes.
# Operations that look at no token: the ways in. Each of those that give tokens asks for the second factor: whoever adds
# one adds its test to accounts/tests/test_flows.py.
OPEN = {
    f"/api/v1/auth/{name}"
    for name in ("login", "refresh", "signup", "signup/code", "signup/resend", "second-factor", "second-factor/options")
    + ("passkey", "passkey/options", "reset", "reset/code", "reset/password", "providers", "exchange")
} | {"/api/v1/schema/", "/api/v1/docs/"}
CLOSED = (
    "/api/v1/auth/",
    *(
        f"/api/v1/me/{name}"
        for name in ("tokens", "devices", "email", "factors", "identities", "invitations", "export", "import")
    ),
    "/api/v1/applications",
    "/api/v1/me/de",  # deactivate, deletion, devices
)
TICKET = "/api/v1/auth/ticket"


def walk(patterns: Any, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else namespace)
        else:
            yield namespace, pattern


def operations(*, open: bool = False) -> Iterator[tuple[str, str, Any]]:
    """(method, address, view class) of every operation that looks at a token, or of those that do not."""

    for namespace, pattern in walk(get_resolver().url_patterns):
        view = getattr(pattern.callback, "view_class", None)
        if not hasattr(view, "authentication_classes"):
            continue
        decided = getattr(pattern.callback, "initkwargs", {})  # of as_view(...)
        if open == bool(decided.get("authentication_classes", view.authentication_classes)):
            continue
        given = {name: ARGUMENTS[name] for name in pattern.pattern.converters}
        for method in view.http_method_names:
            if hasattr(view, method) and method not in {"options", "head"}:
                yield method.upper(), reverse(f"{namespace}{pattern.name}", kwargs=given), view


OPERATIONS = sorted(operations(), key=lambda one: (one[1], one[0]))


def ids(one: tuple[str, str, Any]) -> str:
    return f"{one[0]} {one[1].removeprefix('/api/v1/')}"


def test_every_operation_has_decided() -> None:
    silent = {view for _method, _path, view in OPERATIONS if not isinstance(getattr(view, "scopes", 0), scopes.Scopes)}
    names = sorted(f"{view.__module__}.{view.__name__}" for view in silent)
    form = "class Posts(APIView):\n    scopes = scopes.Scopes(look=scopes.READ, change=scopes.WRITE), or scopes.CLOSED"
    assert not names, f"{form}\nbut: {', '.join(names)}"
    named = {scope for method, _path, view in OPERATIONS for scope in scopes.of(view, method) or ()}
    assert named == set(scopes.NAMES), "every scope opens something, and every one that is asked for exists"


def test_nothing_else_stands_under_the_api() -> None:
    """Who hides and who lacks a second factor is asked where an operation reads its login (accounts.tokens)."""
    under = [pattern for _namespace, pattern in walk(get_resolver().url_patterns) if str(pattern.pattern)[:4] == "api/"]
    plain = {str(one.pattern) for one in under if not hasattr(one.callback, "cls")}
    assert len(under) > 40
    assert plain == {"api/"}, "the redirect to the document"


def test_the_ways_in_are_known() -> None:
    assert {path for _method, path, _view in operations(open=True)} == OPEN


@pytest.mark.django_db
def test_the_document_tells_the_scopes(client: Client) -> None:
    document = client.get("/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    told = {
        (method, path): "\n".join(operation.get("description", "").split("\n\n")[-1:])
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert told["get", "/api/v1/conversations"] == "Tokens need `chat:read`."
    assert told["post", "/api/v1/auth/ticket"] == "Tokens need `chat:read` and `chat:write`."
    assert told["post", "/api/v1/me/tokens"] == "Closed to personal tokens."
    assert "oken" not in told["post", "/api/v1/auth/signup"]


def test_every_operation_of_the_api_is_looked_at() -> None:
    assert len(OPERATIONS) > 40
    assert all(path.startswith("/api/v1/") for _method, path, _view in OPERATIONS)
    assert set(settings.REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"]) == {
        "accounts.tokens.TokenAuthentication",
        "accounts.tokens.SessionAuthentication",
    }


def ask(method: str, path: str, may: list[str], cast: Cast) -> Any:
    token = api_tokens.make_token(actor=cast.alice, name="t", may=may)
    headers = {"Authorization": f"Bearer {token.raw}"}
    return Client(enforce_csrf_checks=True).generic(
        method, path, "{}", content_type="application/json", headers=headers
    )


@pytest.mark.django_db
@pytest.mark.parametrize("operation", OPERATIONS, ids=ids)
def test_tokens_go_as_far_as_their_scopes(operation: tuple[str, str, Any], cast: Cast) -> None:
    method, path, view = operation
    needed = scopes.of(view, method)
    everything = list(scopes.NAMES)
    answer = ask(method, path, everything, cast)
    if needed is None:
        assert answer.status_code == 403
        assert (answer.json()["type"], answer.json()["scope"]) == ("/problems/scope_missing", None)
        return
    assert "scope_missing" not in answer.content.decode()
    assert answer.status_code != 401
    for scope in needed:
        answer = ask(method, path, [one for one in everything if one != scope], cast)
        assert answer.status_code == 403
        assert (answer.json()["type"], answer.json()["scope"]) == ("/problems/scope_missing", scope)
        assert scope in answer.json()["detail"]


@pytest.mark.parametrize("operation", OPERATIONS, ids=ids)
def test_what_guards_the_account_is_closed(operation: tuple[str, str, Any]) -> None:
    method, path, view = operation
    if path.startswith(CLOSED) and path != TICKET:
        assert scopes.of(view, method) is None
    if method != "GET":
        assert scopes.READ not in (scopes.of(view, method) or ()), "what only reads changes nothing"


def test_every_frame_of_the_socket_has_decided() -> None:
    assert consumers.needs.keys() == consumers.handlers.keys() == frames.asked.keys()
    assert {kind for kind, needed in consumers.needs.items() if needed is None} == set(), "a frame names its scope"
    assert consumers.needs["ping"] == ()
    assert {scope for needed in consumers.needs.values() for scope in needed or ()} <= set(scopes.NAMES)
