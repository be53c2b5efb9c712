"""The doors when several come at the same moment, with real transactions and threads."""

from typing import Any

import pytest

from accounts.actions import applications, invitations, joining, roles
from accounts.models.applications import Application
from accounts.models.invitations import Arrival, Invitation
from accounts.models.people import User
from accounts.tests.factories import make_user
from accounts.tests.test_at_once import at_once
from accounts.tests.test_doors import decide
from core import errors
from core.models import AuditEntry, Mail

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


def person(number: int) -> dict[str, str]:
    return {
        "email": f"{number}@example.org",
        "handle": f"person_{number}",
        "display_name": "P",
        "password_hash": "!",
    }


@pytest.mark.parametrize("uses", [1, 3])
def test_the_last_use_claimed_by_twenty_at_once_is_one_use(uses: int) -> None:
    decide(sign_up="invitation")
    inviter = make_user("inviter")
    token = invitations.invite(actor=inviter, uses=uses)[1].rstrip("/").rpartition("/")[2]
    answers = at_once(*[lambda n=n: joining.join(**person(n), invitation=token) for n in range(20)])
    assert sum(isinstance(one, User) for one in answers) == uses
    assert sum(isinstance(one, errors.NotAllowed) for one in answers) == 20 - uses
    assert Invitation.objects.get().used == Arrival.objects.filter(inviter=inviter).count() == uses
    assert User.objects.count() == 1 + uses


def test_an_invitation_taken_back_while_many_join_counts_who_came_in() -> None:
    decide(sign_up="invitation")
    inviter = make_user("inviter")
    row, link = invitations.invite(actor=inviter, uses=20)
    token = link.rstrip("/").rpartition("/")[2]
    calls: list[Any] = [lambda n=n: joining.join(**person(n), invitation=token) for n in range(10)]
    answers = at_once(*calls[:5], lambda: invitations.revoke(actor=inviter, invitation_id=row.pk), *calls[5:])
    came = sum(isinstance(one, User) for one in answers)
    row.refresh_from_db()
    assert row.used == came == Arrival.objects.count()
    assert row.revoked_at is not None
    with pytest.raises(errors.NotAllowed):
        joining.join(**person(99), invitation=token)


def test_the_last_open_invitation_made_by_many_at_once_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "MOST_OPEN", 2)
    inviter = make_user("inviter")
    answers = at_once(*[lambda: invitations.invite(actor=inviter)] * 8)
    assert sum(isinstance(one, errors.Conflict) for one in answers) == 6
    assert Invitation.objects.count() == 2


def test_of_two_moderators_at_once_one_decides_and_the_other_is_told() -> None:
    decide(sign_up="approval")
    for name in ("mod_one", "mod_two"):
        make_user(name)
        roles.set_role(actor=None, handle=name, role="moderator")
    for number in range(5):
        one, two = User.objects.get(handle="mod_one"), User.objects.get(handle="mod_two")
        row = applications.apply(**person(number), reason="I sing.")
        answers = at_once(
            lambda row=row, one=one: applications.accept(actor=one, application_id=row.pk),
            lambda row=row, two=two: applications.decline(actor=two, application_id=row.pk, answer="No."),
            lambda row=row: applications.accept(actor=User.objects.get(handle="mod_two"), application_id=row.pk),
        )
        assert sum(isinstance(answer, errors.Conflict) for answer in answers) == 2
        row.refresh_from_db()
        made = User.objects.filter(handle=f"person_{number}").count()
        assert (row.state, made) in {("accepted", 1), ("declined", 0)}
    assert Mail.objects.exclude(to__startswith="mod_").count() == 5
    assert AuditEntry.objects.filter(action__startswith="accounts.application_").count() == 5


def test_one_handle_is_kept_for_one_who_asks() -> None:
    decide(sign_up="approval")
    asks = [lambda n=n: applications.apply(**{**person(n), "handle": "same_one"}, reason="I sing.") for n in range(6)]
    again = [lambda: applications.apply(**person(77), reason="I sing.")] * 6
    answers = at_once(*asks, *again)
    assert sum(isinstance(one, errors.Invalid) for one in answers) == 5
    assert Application.objects.filter(handle="same_one").count() == 1
    assert Application.objects.filter(email="77@example.org").count() == 1


def test_a_role_given_many_times_at_once_is_given_once() -> None:
    make_user("alice")
    answers = at_once(*[lambda: roles.set_role(actor=None, handle="alice", role="moderator")] * 6)
    assert answers.count(True) == 1
    assert AuditEntry.objects.count() == 1
