"""Single sign-on when several things happen at the same moment, and towards a provider that is strange."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.utils import timezone

from accounts import oidc
from accounts.actions import sso
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.models.sso import AppLogin, Identity, LogoutHeard
from accounts.providers import Provider
from accounts.tests.factories import make_user
from accounts.tests.test_at_once import at_once
from accounts.tests.test_sso_apps import CHALLENGE, REDIRECT, VERIFIER
from core import errors
from core.models import Mail

ARRIVAL = oidc.ShownIdentity(
    provider="oak", issuer="https://oak.example", subject="1", email="new@example.org", proven=True
)
database = pytest.mark.django_db(transaction=True)


@database
@pytest.mark.both
def test_an_identity_is_linked_once_however_often_it_is_sent() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    answers = at_once(*[lambda user=user: sso.link(actor=user, arrival=ARRIVAL) for user in (alice, bob, alice, bob)])
    owner = Identity.objects.get().user
    assert [isinstance(answer, errors.Conflict) for answer in answers].count(True) == 2
    assert Mail.objects.get().to == owner.email


@database
@pytest.mark.both
def test_of_two_ways_in_one_stays() -> None:
    alice = make_user("alice", password="!none")
    words = [{"provider": key, "issuer": f"https://{key}", "subject": "1"} for key in ("a", "b")]
    rows = [Identity.objects.create(user=alice, **one) for one in words]
    known = [Provider(key=key, name=key, issuer=f"https://{key}", client_id="me") for key in ("a", "b")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("accounts.queries.sso.providers", lambda: known)
        at_once(*[lambda pk=row.pk: sso.unlink(actor=alice, identity_id=pk) for row in rows])
    assert Identity.objects.count() == 1


@database
@pytest.mark.both
def test_a_log_out_token_is_obeyed_once() -> None:
    identity = Identity.objects.create(user=make_user("alice"), provider="oak", issuer=ARRIVAL.issuer, subject="1")
    words = {"provider": "oak", "issuer": ARRIVAL.issuer, "subject": "1", "sid": "", "token_id": "t"}
    until = timezone.now() + timedelta(minutes=1)
    answers = at_once(*[lambda: sso.log_out(**words, until=until)] * 4)
    assert [isinstance(answer, errors.Conflict) for answer in answers].count(True) == 3
    assert LogoutHeard.objects.count() == 1
    assert identity.devices.count() == 0


@database
@pytest.mark.both
def test_an_apps_code_is_swapped_once() -> None:
    code = sso.make_app_login(actor=make_user("alice"), device=None, challenge=CHALLENGE, redirect_uri=REDIRECT)
    answers = at_once(*[lambda: sso.log_in_app(code=code, verifier=VERIFIER, redirect_uri=REDIRECT)] * 4)
    assert answers.count(None) == 3
    assert (Device.objects.count(), AppLogin.objects.count()) == (1, 0)


@database
@pytest.mark.both
def test_one_address_joins_once() -> None:
    def join(number: int) -> Any:
        arrival = oidc.ShownIdentity(**{**vars(ARRIVAL), "subject": str(number)})
        return sso.join(arrival=arrival, handle=f"new_{number}", display_name="New", password_hash="!none")

    answers = at_once(*[lambda number=number: join(number) for number in range(3)])
    assert [isinstance(answer, errors.Conflict) for answer in answers].count(True) == 2
    assert (User.objects.count(), Identity.objects.count()) == (1, 1)


@database
def test_only_a_proven_address_joins_without_a_code() -> None:
    unproven = oidc.ShownIdentity(**{**vars(ARRIVAL), "proven": False})
    with pytest.raises(errors.NotAllowed):
        sso.join(arrival=unproven, handle="new", display_name="New", password_hash="!none")
    assert not User.objects.exists()


# -- A provider's server -----------------------------------------------------------------------------------------------


class Strange(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        kind = self.path.strip("/").partition("/")[0]
        if kind == "moved":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()
            return
        self.send_response(500 if kind == "broken" else 200)
        self.end_headers()
        if kind == "large":
            for _turn in range(200):
                self.wfile.write(b" " * 16_384)
        elif kind == "deep":
            self.wfile.write(b"[" * 100_000)
        else:
            self.wfile.write(b"no JSON at all")

    def log_message(self, *args: Any) -> None:
        """Nobody listens."""


@pytest.fixture(scope="module")
def strange() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Strange)
    server.handle_error = lambda *args: None  # type: ignore[method-assign]  # whoever asked has hung up
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("kind", ["moved", "broken", "large", "deep", "text"])
def test_a_strange_provider_is_one_that_does_not_answer(strange: str, kind: str) -> None:
    provider = Provider(key="oak", name="Oak", issuer=f"{strange}/{kind}", client_id="me")
    with pytest.raises(oidc.Unreachable):
        oidc.discovery(provider)
    assert oidc.fault_of(provider)


def test_a_provider_that_is_not_there(strange: str) -> None:
    provider = Provider(key="oak", name="Oak", issuer="http://127.0.0.1:9", client_id="me")
    with pytest.raises(oidc.Unreachable, match="does not answer"):
        oidc.discovery(provider)
