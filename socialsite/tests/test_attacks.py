"""What an attacker tries at every door: routes are found by walking them, so a new one is tried as well.

Guessing, tokens, second factors and single sign-on have tests of their own in accounts."""

import ipaddress
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models.people import User
from accounts.tests.factories import PASSWORD, Cast, just_now, log_in, make_user
from core.models import Mail
from socialsite.tests.test_scopes import OPEN

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _patient(settings: Any) -> None:
    """Who tries every door is soon asked to wait; that has tests of its own."""
    settings.RATE_LIMIT_EXEMPT = [ipaddress.ip_network("127.0.0.1/32")]


# The rest of an address is made of ones.
SAMPLES = {
    "handle": "alice",
    "id": "1",
    "key": "00000000-0000-4000-8000-000000000000",
    "tab": "posts",
    "emoji": "like",
    "name": "bread",
    "language": "en",
    "seq": "1",
}
# Addresses that need no CSRF token, and why.
WITHOUT_TOKEN: dict[str, str] = {
    **dict.fromkeys(OPEN, "reads no cookie and sets none"),
    "/accounts/sso/1/backchannel/": "a provider's server asks, without cookies; its signature is checked",
}
# Tables that reading a page may write: where one was seen, how often one came.
READING_WRITES = {"django_session", "accounts_device", "core_count"}
# Of alice: Cyrillic letters, full width, no width, no dot, other case, text turned around.
LOOK_ALIKES = [
    "\u0430lice",
    "\uff41\uff4c\uff49\uff43\uff45",
    "alice\u200b",
    "ali\u0441e",
    "al\u0131ce",
    "ALICE",
    "@alice",
    "alice\u202e",
]
EVIL = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "///evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    " https://evil.example",
    "https://testserver@evil.example/",
    "https://testserver.evil.example/",
    "/%09/evil.example",
]


def routes(patterns: list[Any] | None = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every route of ours with an address that fits it; the admin's own are Django's."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if not route.startswith("admin/"):
                yield from routes(pattern.url_patterns, route)
        elif not route.startswith("admin/"):
            plain = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", route.strip("^$"))
            yield "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: SAMPLES.get(found[1], "1"), plain), pattern


class Forms(HTMLParser):
    """The forms of a page: where each posts to and the names of its fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.open = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.open = given.get("method", "get").lower() == "post"
            if self.open:
                self.found.append((given.get("action", ""), {}))
        elif self.open and tag in ("input", "textarea", "select", "button") and given.get("name"):
            kept = given.get("type") in ("hidden", "submit") or tag == "button"
            self.found[-1][1][given["name"]] = given.get("value", "") if kept else ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = False


@pytest.mark.slow
def test_no_door_takes_a_forged_form(cast: Cast) -> None:
    """A page elsewhere posts with the member's cookies and without the token."""
    client = Client(enforce_csrf_checks=True)
    log_in(client, cast.bob)
    taken = {}
    for address, _pattern in routes():
        for method in ("post", "put", "patch", "delete"):
            answer = getattr(client, method)(address, b"x=1", content_type="application/x-www-form-urlencoded")
            if address not in WITHOUT_TOKEN and answer.status_code not in (401, 403, 404, 405):
                taken[f"{method} {address}"] = answer.status_code
    assert not taken, "these answered a request without a CSRF token (or say why in WITHOUT_TOKEN)"
    assert User.objects.get(pk=cast.bob.pk).is_active


@pytest.mark.slow
def test_looking_changes_nothing(cast: Cast) -> None:
    """A picture or a link that points at a page of ours must not do anything in the reader's name."""
    client = Client()
    log_in(client, cast.bob)
    wrote = {}
    for address, _pattern in routes():
        if address == "/logout/":
            continue
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        for row in asked.captured_queries:
            found = re.match(r"(?:INSERT (?:OR IGNORE )?INTO|UPDATE|DELETE FROM) \"(\w+)\"", row["sql"])
            if found and found[1] not in READING_WRITES:
                wrote[address] = row["sql"][:100]
    assert not wrote


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_no_door_leads_elsewhere(cast: Cast) -> None:
    """`next` is followed within the site only, after whatever form it came with."""
    client = Client()
    led, follow = {}, []
    for address, _pattern in routes():
        if address.startswith("/api/"):
            continue
        for ask in (client.post, client.get):
            log_in(client, cast.bob)
            if ask(address, {"next": "/people/"}).get("Location") == "/people/":
                follow.append((ask, address))
            log_in(client, cast.bob)
            if leaves(answer := ask(address, {"next": EVIL[0]})):
                led[address] = (EVIL[0], answer["Location"])
    assert len(follow) > 5, "routes that go where `next` says"
    for wanted in EVIL:
        for ask, address in follow:
            log_in(client, cast.bob)
            if leaves(answer := ask(address, {"next": wanted})):
                led[address] = (wanted, answer["Location"])
        client.logout()
        cache.clear()
        answer = client.post(f"/login/?next={wanted}", {"login": "bob", "password": PASSWORD, "next": wanted})
        assert answer.status_code == 302
        assert not leaves(answer), wanted
    assert not led


def leaves(answer: HttpResponseBase) -> bool:
    if answer.status_code not in (301, 302, 303, 307, 308):
        return False
    where = answer["Location"].strip().replace("\\", "/")
    return where.startswith("//") or bool(re.match(r"[a-z][a-z0-9+.-]*:", where, re.I))


@pytest.mark.parametrize("door", ["login", "signup", "reset"])
def test_a_session_that_somebody_laid_is_not_taken_over(client: Client, door: str) -> None:
    """An attacker who set the cookie before must not share the session after."""
    user = make_user("alice")
    client.get("/login/")
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    if door == "login":
        client.post("/login/", {"login": "alice", "password": PASSWORD})
    elif door == "signup":
        person = {"email": "new@example.org", "handle": "newone", "display_name": "New", "password": "four quiet geese"}
        client.post("/signup/", person)
        laid = client.session.session_key
        assert laid != "a" * 32
        client.post("/signup/code/", {"code": code()})
        assert client.session.session_key != laid
    else:
        client.post("/reset/", {"email": user.email})
        laid = client.session.session_key
        assert laid != "a" * 32
        client.post("/reset/code/", {"code": code()})
        new = "seven loud brown bears"
        client.post("/reset/password/", {"password1": new, "password2": new, "password": new})
        client.post("/login/", {"login": "alice", "password": new})
        assert client.session.session_key != laid
    assert client.session.session_key != "a" * 32
    assert client.get("/settings/").status_code == 200


def code() -> str:
    found = re.search(r"\b(\d{6})\b", Mail.objects.latest("pk").body)
    assert found
    return found[1]


@pytest.mark.parametrize("header", ["HTTP_HOST", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED"])
def test_a_forged_host_reaches_no_mail(client: Client, header: str) -> None:
    user = make_user("alice")
    value = "host=evil.example" if header == "HTTP_FORWARDED" else "evil.example"
    for address, form in (
        ("/reset/", {"email": user.email}),
        ("/reset/", {"email": "nobody@example.org"}),
        (
            "/signup/",
            {"email": user.email, "handle": "other", "display_name": "Other", "password": "four quiet grey geese"},
        ),
    ):
        answer = Client().post(address, form, **{header: value})
        assert answer.status_code in (302, 400)
    for mail in Mail.objects.all():
        assert "evil.example" not in mail.body + mail.html + mail.subject
        for host in re.findall(r"https?://([^/\s\"<]+)", mail.body + mail.html):
            assert settings.SITE_URL.endswith(host), host


@pytest.mark.parametrize("wanted", ["abc", "accounts", "account_login", "a b", "?x=1"])
def test_a_way_on_that_is_no_address_leads_home(cast: Cast, client: Client, wanted: str) -> None:
    """Django's redirect takes words for names of routes, and fails where there is none."""
    given = {"login": "alice", "password": PASSWORD, "next": wanted}
    assert client.post("/login/", given)["Location"] == "/"
    assert client.get("/login/", {"next": wanted})["Location"] == "/"
    assert client.post("/settings/security/confirm/", {"password": PASSWORD, "next": wanted}).status_code == 302
    assert client.post("/@bob/block/", {"next": wanted})["Location"] == "/settings/blocked/"
    assert client.get("/welcome/", {"next": wanted})["Location"] == "/"


@pytest.mark.slow
@pytest.mark.both
def test_addresses_of_rubbish_are_answered(cast: Cast) -> None:
    """What no link of ours holds, in every place of an address and behind it: PostgreSQL keeps no NUL, and numbers have
    an end."""
    owner, client = make_user("owner_", is_superuser=True, is_staff=True), Client()
    log_in(client, owner)
    just_now(client, owner)
    rubbish = {"int": str(2**63), "str": "a%00b", "slug": "x" * 300, "path": "a%00b"}
    names = ("cursor", "q", "filter", "sort", "next", "state", "code", "of", "friends", "tab", "page", "language")
    query = "&".join(f"{name}=a%00b%F0%9F%98%80" for name in names)
    broken = {}
    for plain, pattern in routes():
        if "logout" in plain:
            continue
        kinds = iter(re.findall(r"<(?:(\w+):)?\w+>", str(pattern.pattern)))
        filled = (rubbish.get(kind or "str", "0") for kind in kinds)
        strange = re.sub(r"<(?:\w+:)?\w+>", lambda _one, filled=filled: next(filled), str(pattern.pattern))
        for address in (f"{plain}?{query}", f"{plain}?next=abc", "/" + strange.strip("^$")):
            with transaction.atomic():
                status = client.get(address).status_code
            if status >= 500 and status != 503:
                broken[address] = status
    assert not broken


@pytest.mark.slow
def test_fields_of_any_size_are_answered(cast: Cast) -> None:
    """Every form of every page a member reaches, each field filled far beyond what it is for."""
    client = Client()
    log_in(client, cast.bob)
    broken, tried = {}, 0
    for visitor in (Client(), client):
        for address, _pattern in routes():
            if address.startswith("/api/"):
                continue
            answer = visitor.get(address)
            if answer.status_code != 200 or "text/html" not in answer.get("Content-Type", ""):
                continue
            for action, fields in Forms(answer.content.decode()).found:
                if action in ("/logout/", "/settings/devices/end/"):
                    continue
                tried += 1
                huge = {name: value or "x" * 20_000 for name, value in fields.items()}
                said = visitor.post(action or address, huge)
                if said.status_code >= 500:
                    broken[address] = said.status_code
                nul = {name: value or "a\x00b" for name, value in fields.items()}
                if visitor.post(action or address, nul).status_code >= 500:
                    broken[address] = "NUL"
    assert tried > 10
    assert not broken


@pytest.mark.parametrize("handle", LOOK_ALIKES)
def test_nobody_gets_a_handle_that_looks_like_anothers(client: Client, handle: str) -> None:
    make_user("alice")
    form = {"email": "new@example.org", "handle": handle, "display_name": "Alice", "password": "four quiet grey geese"}
    assert client.post("/signup/", form).status_code == 422
