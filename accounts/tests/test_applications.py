"""Asking to join where a moderator looks at each request, and the answers."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import tasks
from accounts.actions import applications, doors, invitations, joining, roles
from accounts.models.applications import Application
from accounts.models.doors import BlockedAddress
from accounts.models.people import User
from accounts.queries.people import PAGE
from accounts.tests.factories import Cast, log_in, make_user
from accounts.tests.test_api import App, problem
from accounts.tests.test_doors import FORM, PERSON, decide, prove
from core import errors
from core.models import AuditEntry, Event, Mail

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def mod(cast: Cast) -> User:
    decide(sign_up="approval")
    roles.set_role(actor=None, handle="mod", role="moderator")
    return User.objects.get(handle="mod")


def ask(number: int = 1, **changes: Any) -> Application:
    person = {**PERSON, "email": f"n{number}@lab.example", "handle": f"n{number}_n", "reason": "I sing."}
    return applications.apply(**{**person, **changes})


def test_one_mailbox_waits_once_and_each_address_stays_as_it_was_written(mod: User, client: Client) -> None:
    """me+1@ and me+2@ are read by one person: they hold one handle, not many, and learn nothing by asking."""
    first = ask(email="jo+site@lab.example", handle="jo_first")
    again = ask(email="Jo+new@lab.example".lower(), handle="jo_second")
    assert (again.pk, Application.objects.get().email) == (first.pk, "jo+new@lab.example")
    assert ask(2, handle="jo_first").handle == "jo_first", "free again"
    plain = ask(email="jo@lab.example", handle="jo_third")
    other = ask(email="jo@other.example", handle="jo_fourth")
    assert (plain.pk, len({first.pk, other.pk})) == (first.pk, 2)
    user = applications.accept(actor=mod, application_id=other.pk)
    assert user.email == "jo@other.example"
    answers = []
    for name in ("jo+site", "jo+new", "nobody+x"):
        answer = Client().post("/signup/", {**FORM, "email": f"{name}@lab.example", "reason": "I sing."})
        answers.append((answer.status_code, answer["Location"]))
    assert len(set(answers)) == 1
    assert len(set(Mail.objects.order_by("-pk").values_list("subject", flat=True)[:3])) == 1
    decide(sign_up="open")
    member = joining.join(**{**PERSON, "email": "jo+in@lab.example", "handle": "jo_third"})
    assert (member.email, Application.objects.filter(pk=first.pk).exists()) == ("jo+in@lab.example", False)


def test_a_blocked_mailbox_is_blocked_with_every_plus(mod: User) -> None:
    row = ask(email="jo+1@lab.example")
    doors.block_address(actor=make_user("chief", is_superuser=True), pattern="Jo+9@lab.example")
    for email in ("jo@lab.example", "jo+2@lab.example"):
        with pytest.raises(errors.Invalid, match="cannot be used"):
            ask(email=email)
    with pytest.raises(errors.Invalid, match="cannot be used"):
        applications.accept(actor=mod, application_id=row.pk)


def test_from_the_form_to_membership(mod: User, client: Client) -> None:
    assert client.post("/signup/", FORM).status_code == 422, "why one would like to join is asked"
    client.post("/signup/", {**FORM, "reason": "I sing.\r\nLoudly."})
    assert not Application.objects.exists(), "nothing is asked before the address is proven"
    answer = prove(client)
    assert answer["Location"] == "/signup/waiting/"
    assert client.get("/signup/waiting/").status_code == 200
    assert "_auth_user_id" not in client.session
    row = Application.objects.get()
    assert (row.email, row.handle, row.reason) == (FORM["email"], FORM["handle"], "I sing.\nLoudly.")

    office = Client()
    log_in(office, mod)
    page = office.get("/site/applications/").content.decode()
    assert "New Person" in page
    assert "Loudly." in page
    assert office.post(f"/site/applications/{row.pk}/accept/", follow=True).status_code == 200
    user = User.objects.get(handle=FORM["handle"])
    assert EmailAddress.objects.get(user=user).verified
    mail = Mail.objects.latest("pk")
    assert (mail.to, mail.subject) == (FORM["email"], "Welcome to Willowbank")
    assert "/login/" in mail.body
    row.refresh_from_db()
    assert (row.state, row.password_hash, row.decided_by) == ("accepted", "", mod)
    assert AuditEntry.objects.get(action="accounts.application_accepted").data == {"user_id": user.pk}
    assert Event.objects.get(name="accounts.ApplicationDecided").data == {"application_id": row.pk, "accepted": True}
    assert client.post("/login/", {"login": FORM["handle"], "password": FORM["password"]})["Location"] == "/welcome/"


def test_moderators_hear_that_somebody_waits_once_a_day(mod: User, cast: Cast) -> None:
    User.objects.filter(pk=cast.bob.pk).update(is_superuser=True, hidden_at=timezone.now())
    owner = make_user("owner_", is_superuser=True, is_staff=True)

    def told() -> list[str]:
        found = Mail.objects.filter(subject="Somebody asks to join Willowbank").order_by("pk")
        return list(found.values_list("to", flat=True))

    with time_machine.travel("2030-01-01 10:00:00", tick=False) as clock:
        ask(1)
        assert told() == [mod.email, owner.email], "nobody who hides, and nobody who may not answer"
        assert "/site/applications/" in Mail.objects.latest("pk").body
        ask(1, reason="I sing louder.")
        ask(2)
        clock.shift(timedelta(hours=23))
        ask(3)
        assert len(told()) == 2
        clock.shift(timedelta(days=2))
        ask(4)
        assert told()[2:] == [mod.email, owner.email]


def test_declined_with_the_moderators_words(mod: User, client: Client) -> None:
    row = ask()
    log_in(client, mod)
    assert client.get(f"/site/applications/{row.pk}/decline/").status_code == 200
    client.post(f"/site/applications/{row.pk}/decline/", {"answer": "We are <b>full</b>."})
    mail = Mail.objects.latest("pk")
    assert mail.to == row.email
    assert "We are <b>full</b>." in mail.body
    assert "We are &lt;b&gt;full" in mail.html
    assert not User.objects.filter(handle=row.handle).exists()
    assert client.get(f"/site/applications/{row.pk}/decline/").status_code == 404
    assert "full" not in str(AuditEntry.objects.get(action="accounts.application_declined").data)
    ask()  # they may ask again


def test_who_decides_second_is_told(mod: User, client: Client) -> None:
    row = ask()
    applications.accept(actor=mod, application_id=row.pk)
    with pytest.raises(errors.Conflict):
        applications.decline(actor=mod, application_id=row.pk)
    log_in(client, mod)
    for act in ("accept", "decline"):
        page = client.post(f"/site/applications/{row.pk}/{act}/", follow=True)
        assert "Somebody has accepted this request already." in page.content.decode()
    assert User.objects.filter(handle=row.handle).count() == 1


def test_handle_and_address_are_kept_while_one_waits(mod: User) -> None:
    row = ask(1, handle="same_one")
    with pytest.raises(errors.Invalid) as refused:
        ask(2, handle="Same_One".lower())
    assert refused.value.field == "handle"
    decide(sign_up="open")
    with pytest.raises(errors.Invalid) as refused:
        joining.join(**{**PERSON, "handle": "same_one"})
    assert refused.value.field == "handle"
    applications.decline(actor=mod, application_id=row.pk)
    joining.join(**{**PERSON, "handle": "same_one"})


def test_who_asks_again_asks_with_the_newer_words(mod: User) -> None:
    first = ask(1)
    second = ask(1, handle="another_one", reason="I dance.")
    assert first.pk == second.pk
    row = Application.objects.get()
    assert (row.handle, row.reason) == ("another_one", "I dance.")
    assert Event.objects.filter(name="accounts.ApplicationArrived").count() == 1


def test_who_waits_and_comes_by_an_invitation_waits_no_more(mod: User) -> None:
    row = ask(1)
    token = invitations.invite(actor=mod)[1].rstrip("/").rpartition("/")[2]
    joining.join(email=row.email, handle=row.handle, display_name="N", password_hash="!", invitation=token)
    assert not Application.objects.exists()


def test_a_handle_lost_in_spite_of_all_becomes_one_like_it(mod: User) -> None:
    row = ask(1, handle="x" * 30)
    make_user("x" * 30)
    user = applications.accept(actor=mod, application_id=row.pk)
    assert user.handle == "x" * 27 + "_2"
    assert f"@{user.handle}" in Mail.objects.latest("pk").body


def test_an_address_that_got_an_account_meanwhile(mod: User) -> None:
    row = ask(1)
    make_user("first", email=row.email)
    with pytest.raises(errors.Conflict):
        applications.accept(actor=mod, application_id=row.pk)
    with pytest.raises(errors.Conflict):
        ask(1, handle="again")


def test_blocked_meanwhile_or_closed_meanwhile(mod: User) -> None:
    row = ask(1)
    decide(sign_up="closed")
    with pytest.raises(errors.Conflict):
        applications.accept(actor=mod, application_id=row.pk)
    decide(sign_up="open")
    BlockedAddress.objects.create(pattern="lab.example")
    with pytest.raises(errors.Invalid):
        applications.accept(actor=mod, application_id=row.pk)
    applications.decline(actor=mod, application_id=row.pk)


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 1001])
def test_a_reason_is_asked(mod: User, reason: str) -> None:
    with pytest.raises(errors.Invalid) as refused:
        ask(reason=reason)
    assert refused.value.field == "reason"


def test_nobody_asks_where_nobody_has_to(cast: Cast) -> None:
    with pytest.raises(errors.Conflict):
        ask()
    decide(sign_up="closed")
    with pytest.raises(errors.NotAllowed):
        ask()


def test_the_clock_forgets(mod: User) -> None:
    now = timezone.now()
    ask(1)
    applications.decline(actor=mod, application_id=ask(2).pk, answer="No.")
    applications.accept(actor=mod, application_id=ask(3).pk)
    assert applications.forget_applications() == 0
    with time_machine.travel(now + applications.KEPT + timedelta(hours=1)):
        tasks.forget()
    assert [row.state for row in Application.objects.all()] == ["waiting"]
    with time_machine.travel(now + applications.PATIENCE + timedelta(hours=1)):
        assert applications.forget_applications() == 1
    assert User.objects.filter(handle="n3_n").exists()


def test_many_come_page_by_page_at_the_same_cost(mod: User, client: Client) -> None:
    log_in(client, mod)

    def cost(path: str = "/site/applications/") -> tuple[int, Any]:
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(path)
        return len(asked), answer

    ask(0)
    cost()  # the first sight of a day is written down
    few, _page = cost()
    for number in range(1, PAGE + 3):
        ask(number)
    many, page = cost()
    assert many == few
    _cost, rest = cost(f"/site/applications/?cursor={page.context['next']}")
    handles = [row.handle for row in [*page.context["rows"], *rest.context["rows"]]]
    assert handles == [f"n{number}_n" for number in range(PAGE + 3)]


def test_by_api(mod: User) -> None:
    one, two = ask(1), ask(2)
    app, stranger = App(), App()
    app.log_in("mod")
    stranger.log_in("alice")
    rows = app.ask("GET", "applications").json()["results"]
    assert [(row["id"], row["email"], row["reason"]) for row in rows] == [
        (one.pk, one.email, "I sing."),
        (two.pk, two.email, "I sing."),
    ]
    for path, method in (("applications", "GET"), (f"applications/{one.pk}/accept", "POST")):
        problem(stranger.ask(method, path), 404, "not_found")
        assert App().ask(method, path).status_code == 401
    assert app.ask("POST", f"applications/{one.pk}/accept").json()["handle"] == one.handle
    problem(app.ask("POST", f"applications/{one.pk}/accept"), 409, "conflict")
    assert app.ask("POST", f"applications/{two.pk}/decline", {"answer": "No."}).status_code == 204
    problem(app.ask("POST", f"applications/{two.pk}/decline", {}), 409, "conflict")
    problem(app.ask("POST", f"applications/{2**70}/accept"), 404, "not_found")
