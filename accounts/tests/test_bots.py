"""Bots: who makes them, what they may, who answers for them."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.access import factors as factor_access
from accounts.actions import api_tokens, bots, factors
from accounts.models.api_tokens import ApiToken
from accounts.models.handles import FormerHandle
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.tests.factories import PASSWORD, Cast, log_in, make_user
from accounts.tests.test_api import App, problem
from accounts.tests.test_factors import set_up_app
from accounts.tests.test_tokens import ALL, FORM, script
from core import options
from core.models import AuditEntry, Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(cast: Cast) -> User:
    """Staff who may manage bots, and no superuser."""
    cast.mod.user_permissions.add(Permission.objects.get(codename="manage_bots"))
    return User.objects.get(pk=cast.mod.pk)


def test_a_bot_from_page_to_post(owner: User, client: Client) -> None:
    log_in(client, owner)
    made = client.post("/site/bots/", {"display_name": "Weather", "handle": "weather"})
    bot = User.objects.get(handle="weather")
    assert made["Location"] == f"/site/bots/{bot.pk}/"
    assert (bot.is_bot, bot.bot_owner, bot.has_usable_password(), bot.is_staff) == (True, owner, False, False)
    assert Event.objects.filter(name="accounts.UserJoined", data={"user_id": bot.pk}).exists()
    answer = client.post(f"{made['Location']}tokens/", FORM)
    app = App()
    app.access = re.findall(r"sst_\w{38}", answer.content.decode())[0]
    assert app.ask("GET", "me").json()["is_bot"] is True
    assert app.ask("POST", "posts", {"text": "Rain", "audience": "public"}).status_code == 201
    assert App().ask("GET", "users/weather").json()["is_bot"] is True
    assert '<span class="badge">Bot</span>' in Client().get("/@weather/").content.decode()
    assert '<span class="badge">Bot</span>' not in Client().get(f"/@{owner.handle}/").content.decode()
    changed = client.post(made["Location"], {"display_name": "Weather report", "bio": "Rain or not"})
    assert changed.status_code == 302
    assert App().ask("GET", "users/weather").json()["name"] == "Weather report"
    for path in ("/site/bots/", made["Location"], f"{made['Location']}tokens/"):
        assert client.get(path).status_code == 200
    assert {"accounts.make_bot", "accounts.make_token", "accounts.rename_bot"} == set(
        AuditEntry.objects.filter(subject=f"user:{bot.pk}", actor_id=owner.pk).values_list("action", flat=True)
    )


def test_nobody_logs_in_as_a_bot(cast: Cast, owner: User) -> None:
    bot = bots.make_bot(actor=owner, handle="weather", display_name="Weather")
    bot.set_password(PASSWORD)  # even if it had one
    bot.save()
    problem(App().log_in("weather"), 401, "sign_in_needed")
    browser = Client()
    assert browser.post("/login/", {"login": "weather", "password": PASSWORD})["Location"] == "/login/inactive/"
    assert browser.get("/settings/").status_code == 302
    assert App().ask("POST", "auth/reset", {"email": bot.email}).status_code == 202
    assert not Device.objects.filter(user=bot).exists()
    assert bot.email.endswith(".invalid")


def test_a_bot_that_rests_is_not_here(cast: Cast, owner: User, client: Client) -> None:
    bot = bots.make_bot(actor=owner, handle="weather", display_name="Weather")
    app = App()
    app.access = api_tokens.make_token(actor=owner, name="x", may=ALL, bot=bot.pk).raw
    log_in(client, owner)
    for _turn in range(2):
        assert client.post(f"/site/bots/{bot.pk}/rest/").status_code == 302
    problem(app.ask("GET", "me"), 401, "token_ended")
    problem(App().ask("GET", "users/weather"), 404, "not_found")
    assert client.post(f"/site/bots/{bot.pk}/tokens/", FORM).status_code == 422
    assert "Rests" in client.get("/site/bots/").content.decode()
    assert client.post(f"/site/bots/{bot.pk}/wake/").status_code == 302
    problem(app.ask("GET", "me"), 401, "token_ended")
    assert App().ask("GET", "users/weather").status_code == 200


def test_a_bot_whose_owner_is_gone_is_silent(cast: Cast, owner: User) -> None:
    bot = bots.make_bot(actor=owner, handle="weather", display_name="Weather")
    app = App()
    app.access = api_tokens.make_token(actor=owner, name="x", may=ALL, bot=bot.pk).raw
    User.objects.filter(pk=owner.pk).update(is_active=False)
    problem(app.ask("GET", "me"), 401, "token_ended")
    boss = make_user("boss", is_staff=True, is_superuser=True)
    bots.wake_bot(actor=boss, bot=bot.pk)
    assert app.ask("GET", "me").status_code == 200
    boss.delete()
    assert User.objects.get(pk=bot.pk).bot_owner is None
    problem(app.ask("GET", "me"), 401, "token_ended")


@pytest.mark.parametrize("who", ["alice", "mod", "once"])
def test_who_may_not_manage_bots_sees_and_does_nothing(cast: Cast, owner: User, client: Client, who: str) -> None:
    """alice is no staff but has the permission, mod's was taken away, once is staff without it."""
    bot = bots.make_bot(actor=owner, handle="weather", display_name="Weather")
    token = api_tokens.make_token(actor=owner, name="x", may=ALL, bot=bot.pk).token
    permission = Permission.objects.get(codename="manage_bots")
    if who == "alice":
        cast.alice.user_permissions.add(permission)
    owner.user_permissions.clear()
    person = {"alice": cast.alice, "mod": cast.mod, "once": make_user("once", is_staff=True)}[who]
    log_in(client, person)
    base = f"/site/bots/{bot.pk}/"
    for path in ("/site/bots/", base, f"{base}tokens/"):
        assert client.get(path).status_code == 403
        assert client.post(path, {**FORM, "display_name": "Mine", "handle": "mine"}).status_code == 403
    for path in ("rest/", "wake/", f"tokens/{token.pk}/revoke/"):
        assert client.post(f"{base}{path}").status_code == 403
    assert "/site/bots/" not in client.get("/settings/").content.decode()
    bot.refresh_from_db()
    assert (bot.is_active, bot.display_name, ApiToken.objects.count()) == (True, "Weather", 1)


def test_a_members_tokens_are_not_in_a_bot_managers_reach(cast: Cast, owner: User, client: Client) -> None:
    script(cast.alice)
    token = ApiToken.objects.get()
    log_in(client, owner)
    assert client.get(f"/site/bots/{cast.alice.pk}/tokens/").status_code == 404
    assert client.post(f"/site/bots/{cast.alice.pk}/tokens/{token.pk}/revoke/").status_code == 404
    bot = bots.make_bot(actor=owner, handle="weather", display_name="Weather")
    assert client.post(f"/site/bots/{bot.pk}/tokens/{token.pk}/revoke/").status_code == 404
    assert Device.objects.get(pk=token.device_id).ended_at is None


def test_a_bots_handle_follows_the_rules(owner: User, client: Client) -> None:
    log_in(client, owner)
    for handle in ("alice", "admin", "x", "ALICE"):
        answer = client.post("/site/bots/", {"display_name": "Weather", "handle": handle})
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == ["handle"]
    assert not User.objects.filter(is_bot=True).exists()


def test_a_bot_takes_no_handle_that_is_kept_and_none_like_staffs(owner: User, client: Client) -> None:
    FormerHandle.objects.create(person=make_user("anew"), handle="before")
    log_in(client, owner)
    for handle in ("before", "m0d"):
        answer = client.post("/site/bots/", {"display_name": "Weather", "handle": handle})
        assert answer.status_code == 422, handle
        assert list(answer.context["form"].errors) == ["handle"]
    assert not User.objects.filter(is_bot=True).exists()


@pytest.mark.parametrize("who", ["staff", "everybody"])
def test_a_bot_is_as_protected_as_its_owner(cast: Cast, owner: User, who: str) -> None:
    bot = bots.make_bot(actor=owner, handle="weather", display_name="Weather")
    app = App()
    app.access = api_tokens.make_token(actor=owner, name="x", may=ALL, bot=bot.pk).raw
    factors.require(actor=make_user("chief", is_staff=True, is_superuser=True), who=who)
    options.forget()
    problem(app.ask("GET", "me"), 403, "second_factor_required")
    set_up_app(owner)
    assert app.ask("GET", "me").status_code == 200
    assert not factor_access.factor_missing(bot)


def test_a_powerful_bot_needs_a_protected_owner(cast: Cast, owner: User) -> None:
    """Although the owner has lost what made a factor a must."""
    bot = bots.make_bot(actor=owner, handle="weather", display_name="Weather")
    bot.user_permissions.add(Permission.objects.get(codename="change_user"))
    User.objects.filter(pk=bot.pk).update(bot_owner=cast.alice)
    factors.require(actor=make_user("chief", is_staff=True, is_superuser=True), who="staff")
    options.forget()
    assert factor_access.factor_missing(bot)
    assert not factor_access.factor_missing(cast.alice)
    set_up_app(cast.alice)
    assert not factor_access.factor_missing(bot)
