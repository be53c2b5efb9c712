"""Passkeys through the API: as a whole login, and as the second factor."""

from typing import Any

import pytest

from accounts.models.logins import Device
from accounts.models.people import User
from accounts.tests.factories import Cast
from accounts.tests.soft_key import SoftKey
from accounts.tests.test_api import App, problem
from accounts.tests.test_flows import asked, held, is_in, two_steps

pytestmark = pytest.mark.django_db


def test_a_passkey_is_a_whole_login(cast: Cast) -> None:
    passkey, app = SoftKey.known(cast.alice), App()
    two_steps(cast.alice)
    begun = asked(app)
    given = {"flow": begun["flow"], "credential": passkey.get(begun["options"])}
    is_in(app, app.ask("POST", "auth/passkey", given))
    problem(App().ask("POST", "auth/passkey", given), 410, "flow_ended")
    other = asked(App())
    replayed = {"flow": other["flow"], "credential": given["credential"]}
    problem(App().ask("POST", "auth/passkey", replayed), 422, "invalid")
    assert Device.objects.count() == 1


def test_a_passkey_that_saw_nobody_is_no_whole_login(cast: Cast) -> None:
    passkey = SoftKey.known(cast.alice, verified=False)
    begun = asked(App())
    given = {"flow": begun["flow"], "credential": passkey.get(begun["options"])}
    problem(App().ask("POST", "auth/passkey", given), 422, "invalid")


def test_a_passkey_as_second_factor(cast: Cast) -> None:
    passkey, app = SoftKey.known(cast.alice), App()
    body = held(app)
    assert body["factors"] == ["webauthn"]
    flow = body["flow"]
    early = {"flow": flow, "credential": passkey.get(asked(App())["options"])}
    problem(app.ask("POST", "auth/second-factor", early), 422, "invalid")
    options = asked(app, "second-factor/options", {"flow": flow})["options"]
    bobs = SoftKey.known(cast.bob).get(options)
    problem(app.ask("POST", "auth/second-factor", {"flow": flow, "credential": bobs}), 422, "invalid")
    options = asked(app, "second-factor/options", {"flow": flow})["options"]
    is_in(app, app.ask("POST", "auth/second-factor", {"flow": flow, "credential": passkey.get(options)}))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"id": 1},
        {"rawId": "!"},
        {"response": None},
        {"response": []},
        {"response": {}},
        {"response": {"userHandle": None}},
        {"response": {"userHandle": "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"}},
        {"response": {"signature": "AAAA"}},
        {"response": {"clientDataJSON": "x" * 100_000}},
    ],
)
def test_rubbish_instead_of_a_passkey_is_refused(cast: Cast, change: dict[str, Any]) -> None:
    begun = asked(App())
    good = SoftKey.known(cast.alice).get(begun["options"])
    credential = {**good, **change} if change else {}
    if "response" in change and isinstance(change["response"], dict) and change["response"]:
        credential["response"] = {**good["response"], **change["response"]}
    answer = App().ask("POST", "auth/passkey", {"flow": begun["flow"], "credential": credential})
    problem(answer, 422, "invalid")
    assert not Device.objects.exists()


def test_passkeys_of_bots_and_of_who_is_gone_open_nothing(cast: Cast) -> None:
    for user, change in ((cast.alice, {"is_active": False}), (cast.bob, {"is_bot": True})):
        passkey = SoftKey.known(user)
        User.objects.filter(pk=user.pk).update(**change)
        begun = asked(App())
        given = {"flow": begun["flow"], "credential": passkey.get(begun["options"])}
        problem(App().ask("POST", "auth/passkey", given), 401, "sign_in_needed")
    assert not Device.objects.exists()
