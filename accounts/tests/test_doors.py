"""The five ways in: each mode at the function, at the form, early and in the last moment; blocked addresses; age."""

import math
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.access import doors
from accounts.actions import doors as door_actions
from accounts.actions import invitations, joining
from accounts.models.applications import Application
from accounts.models.doors import BlockedAddress, Mode
from accounts.models.invitations import Arrival, Invitation
from accounts.models.people import User
from accounts.tests.factories import make_user
from accounts.tests.test_entrance import newest_code
from core import errors, options
from core.models import AuditEntry, Mail, Setting

pytestmark = [pytest.mark.django_db, pytest.mark.both]

FORM = {
    "email": "new@lab.example",
    "handle": "new_person",
    "display_name": "New Person",
    "password": "four quiet grey geese",
}
PERSON = {"email": "new@lab.example", "handle": "new_person", "display_name": "New", "password_hash": "!"}


def decide(**values: Any) -> None:
    options.decide(actor_id=None, **{f"accounts__{name}": value for name, value in values.items()})
    options._known = (math.inf, dict(Setting.objects.values_list("key", "value")))  # read just now, and never old


def token_of(**changes: Any) -> str:
    return invitations.invite(actor=None, **changes)[1].rstrip("/").rpartition("/")[2]


def prove(client: Client) -> Any:
    return client.post("/signup/code/", {"code": newest_code()})


# mode, with an invitation, is let in ("member"), asks ("asks"), or not ("")
WAYS = [
    ("open", False, "member"),
    ("open", True, "member"),
    ("invitation", False, ""),
    ("invitation", True, "member"),
    ("domains", False, ""),
    ("domains", True, "member"),
    ("approval", False, "asks"),
    ("approval", True, "member"),
    ("closed", False, ""),
    ("closed", True, ""),
]


@pytest.mark.parametrize(("mode", "invited", "outcome"), WAYS)
def test_each_mode_at_the_function(mode: str, invited: bool, outcome: str) -> None:
    decide(sign_up=mode, domains="other.example")
    token = token_of() if invited else ""
    if outcome == "member":
        assert joining.join(**PERSON, invitation=token) == User.objects.get()
        assert Arrival.objects.exists() is invited
    else:
        with pytest.raises((errors.NotAllowed, errors.Invalid)) as refused:
            joining.join(**PERSON, invitation=token)
        assert isinstance(refused.value, doors.NeedsApproval) is (outcome == "asks")
        assert not User.objects.exists()
    assert not Invitation.objects.filter(used__gt=0).exists() or outcome == "member"


@pytest.mark.parametrize(("mode", "invited", "outcome"), WAYS)
def test_each_mode_at_the_form(client: Client, mode: str, invited: bool, outcome: str) -> None:
    decide(sign_up=mode, domains="other.example")
    form = {**FORM, "reason": "I sing."}
    if invited:
        token = token_of()
        page = client.get(f"/join/{token}/")
        assert page.status_code == 200
        assert ("form" in page.context) is (mode != "closed")
        form["invitation"] = token
    answer = client.post("/signup/", form)
    if not outcome:
        assert answer.status_code == (422 if mode == "domains" else 403)
        assert not Mail.objects.exists(), "nobody is asked for a code in vain"
        assert "_auth_user_id" not in client.session
        return
    assert answer["Location"] == "/signup/code/"
    assert prove(client)["Location"] == ("/signup/waiting/" if outcome == "asks" else "/welcome/")
    assert User.objects.exists() is (outcome == "member")
    assert Application.objects.exists() is (outcome == "asks")


@pytest.mark.parametrize(
    ("mode", "status"), [("closed", 403), ("invitation", 403), ("domains", 422), ("approval", 422)]
)
def test_a_door_that_closes_in_the_last_moment_lets_nobody_in(client: Client, mode: str, status: int) -> None:
    """The form began when the site was open; what decides is asked when the code comes."""
    client.post("/signup/", FORM)
    decide(sign_up=mode, domains="other.example")
    answer = prove(client)
    assert answer["Location"] == "/signup/"
    assert not User.objects.exists()
    assert not Application.objects.exists(), "a request needs a reason"
    page = client.get("/signup/")
    if mode in ("domains", "approval"):
        field = "email" if mode == "domains" else "reason"
        assert page.status_code == 422
        assert list(page.context["form"].errors) == [field]
        assert page.context["form"]["email"].value() == FORM["email"]
    else:
        assert page.status_code == 200
        assert "form" not in page.context
    assert client.post("/signup/", FORM).status_code == status


def test_the_owners_link_works_behind_a_closed_door(client: Client) -> None:
    decide(sign_up=Mode.CLOSED, minimum_age=99)
    path = "/owner/" + joining.make_owner_link().split("/owner/")[1]
    assert client.post(path, FORM)["Location"] == "/welcome/"
    assert User.objects.get().is_superuser


@pytest.mark.parametrize(
    ("email", "good"),
    [
        ("a@lab.example", True),
        ("a@LAB.example", True),
        ("a@sub.lab.example", False),
        ("a@notlab.example", False),
        ("a@lab.example.evil.example", False),
        ("lab.example@evil.example", False),
        ("a@münchen.example", True),
        ("a@xn--mnchen-3ya.example", True),
    ],
)
def test_allowed_domains_are_exactly_these(email: str, good: bool) -> None:
    decide(sign_up="domains", domains="@Lab.example, münchen.example")
    if good:
        joining.join(**{**PERSON, "email": email.lower()})
    else:
        with pytest.raises(errors.Invalid) as refused:
            joining.join(**{**PERSON, "email": email.lower()})
        assert refused.value.field == "email"


def test_known_and_unknown_addresses_take_the_same_steps() -> None:
    """In every mode: the same answer, the same queries, whether or not there is an account."""
    for mode in Mode.values:
        make_user(f"old_{mode}", email=f"known-{mode}@lab.example")
        decide(sign_up=mode, domains="other.example")
        seen = []
        for email in (f"known-{mode}@lab.example", f"fresh-{mode}@lab.example"):
            Mail.objects.all().delete()
            browser = Client(REMOTE_ADDR=f"10.{len(mode)}.{len(email)}.1")
            browser.get("/signup/")
            with CaptureQueriesContext(connection) as asked:
                answer = browser.post("/signup/", {**FORM, "email": email, "reason": "I sing."})
            body = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
            body = body.replace(email, "ADDRESS")
            mails = Mail.objects.count()
            seen.append((answer.status_code, answer.get("Location"), body, len(asked), mails))
        assert seen[0] == seen[1], mode


# -- Blocked addresses --


@pytest.mark.parametrize(
    ("pattern", "kept", "email", "blocked"),
    [
        ("Jo@Example.org", "jo@example.org", "jo@example.org", True),
        ("jo+spam@example.org", "jo@example.org", "jo+other@example.org", True),
        ("jo@example.org", "jo@example.org", "joe@example.org", False),
        ("example.org", "example.org", "anybody@example.org", True),
        ("@example.org", "example.org", "anybody@deep.mail.EXAMPLE.org", True),
        ("*.example.org", "example.org", "anybody@mail.example.org", True),
        ("example.org", "example.org", "anybody@notexample.org", False),
        ("mail.example.org", "mail.example.org", "anybody@example.org", False),
        ("münchen.example", "xn--mnchen-3ya.example", "a@MÜNCHEN.example", True),
    ],
)
def test_blocked_addresses(pattern: str, kept: str, email: str, blocked: bool) -> None:
    owner = make_user("owner", is_superuser=True)
    assert door_actions.block_address(actor=owner, pattern=pattern).pattern == kept
    door_actions.block_address(actor=owner, pattern=pattern)
    assert BlockedAddress.objects.count() == 1
    if blocked:
        with pytest.raises(errors.Invalid) as refused:
            doors.check_address(email)
        assert refused.value.field == "email"
        for act in (
            lambda: joining.join(**{**PERSON, "email": email.lower()}),
            lambda: joining.join(**{**PERSON, "email": email.lower()}, invitation=token_of()),
            lambda: invitations.invite(actor=owner, email=email),
        ):
            with pytest.raises(errors.Invalid):
                act()
    else:
        doors.check_address(email)


@pytest.mark.parametrize("pattern", ["", "@", "no domain", "org", "a@b@c", "x" * 250 + ".org"])
def test_what_is_no_address_cannot_be_blocked(pattern: str) -> None:
    with pytest.raises(errors.Invalid) as refused:
        door_actions.block_address(actor=make_user("owner", is_superuser=True), pattern=pattern)
    assert refused.value.field == "pattern"


def test_a_blocked_address_at_the_form_is_marked_and_gets_no_mail(client: Client) -> None:
    BlockedAddress.objects.create(pattern="lab.example")
    answer = client.post("/signup/", FORM)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["email"]
    assert answer.context["form"]["handle"].value() == FORM["handle"]
    assert not Mail.objects.exists()


# -- The age --


def years_ago(years: int, *, days: int = 0) -> str:
    today = timezone.localdate()
    leap = today.month == 2 and today.day == 29
    return str(date(today.year - years, today.month, 28 if leap else today.day) + timedelta(days=days))


@pytest.mark.parametrize(
    ("born", "good"),
    [
        (years_ago(16), True),
        (years_ago(16, days=1), False),
        (years_ago(40), True),
        (years_ago(-1), False),
        ("1850-01-01", False),
        ("", False),
        ("yesterday", False),
    ],
)
def test_the_gate_of_age(client: Client, born: str, good: bool) -> None:
    decide(minimum_age=16)
    assert 'name="birth_date"' in client.get("/signup/").content.decode()
    answer = client.post("/signup/", {**FORM, "birth_date": born})
    if not good:
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == ["birth_date"]
        assert not Mail.objects.exists()
        return
    assert born not in str(dict(client.session)), "the date itself is kept nowhere"
    assert prove(client)["Location"] == "/welcome/"


def test_who_is_too_young_hears_it_kindly(client: Client) -> None:
    decide(minimum_age=16)
    page = client.post("/signup/", {**FORM, "birth_date": years_ago(12)}).content.decode()
    assert "You have to be 16 years old to join. We would be glad to see you then." in page


def test_no_gate_asks_for_no_date(client: Client) -> None:
    assert "birth_date" not in client.get("/signup/").content.decode()


def test_a_gate_raised_meanwhile_asks_again(client: Client) -> None:
    decide(minimum_age=13)
    client.post("/signup/", {**FORM, "birth_date": years_ago(14)})
    decide(minimum_age=18)
    assert prove(client)["Location"] == "/signup/"
    assert not User.objects.exists()
    page = client.get("/signup/")
    assert list(page.context["form"].errors) == ["birth_date"]


def test_an_invitation_does_not_open_the_gate_of_age() -> None:
    decide(minimum_age=16)
    with pytest.raises(errors.Invalid) as refused:
        joining.join(**PERSON, invitation=token_of())
    assert refused.value.field == "birth_date"
    joining.join(**PERSON, invitation=token_of(), of_age=16)


# -- Deciding --


def test_the_owner_decides_and_the_trail_tells(client: Client) -> None:
    owner = make_user("owner", is_superuser=True)
    door_actions.decide(actor=owner, accounts__sign_up="domains", accounts__domains="b.example a.example")
    assert options.sure(doors.MODE) == Mode.DOMAINS
    assert options.sure(doors.DOMAINS) == ["a.example", "b.example"]
    told = AuditEntry.objects.filter(action="core.decide", actor_id=owner.pk)
    assert set(told.values_list("subject", flat=True)) == {"option:accounts.sign_up", "option:accounts.domains"}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"accounts__sign_up": "ajar"}, "accounts__sign_up"),
        ({"accounts__domains": "not a domain"}, "accounts__domains"),
        ({"accounts__sign_up": "domains"}, "accounts__domains"),
        ({"accounts__minimum_age": -1}, "accounts__minimum_age"),
        ({"accounts__minimum_age": True}, "accounts__minimum_age"),
        ({"accounts__inviters": "nobody"}, "accounts__inviters"),
        ({"site__name": "x" * 61}, "site__name"),
    ],
)
def test_what_cannot_be_decided_names_its_field(values: dict, field: str) -> None:
    with pytest.raises(errors.Invalid) as refused:
        door_actions.decide(actor=make_user("owner", is_superuser=True), **values)
    assert refused.value.field == field
    assert options.sure(doors.MODE) == Mode.OPEN
