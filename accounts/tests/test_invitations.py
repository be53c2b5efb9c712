"""Invitations: who may make them, how often they are good, who came by whom."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.access import doors
from accounts.actions import invitations, joining, relations, roles
from accounts.models.invitations import Arrival, Invitation
from accounts.models.people import User
from accounts.queries import invitations as invitation_queries
from accounts.queries.people import PAGE
from accounts.tests.factories import Cast, log_in, make_user
from accounts.tests.test_api import App
from accounts.tests.test_doors import FORM, PERSON, decide, prove
from core import errors, outbox
from core.models import AuditEntry, Event, Mail

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def invite(actor: User | None, **given: Any) -> tuple[Invitation, str]:
    row, link = invitations.invite(actor=actor, **given)
    return row, link.rstrip("/").rpartition("/")[2]


def join(token: str, number: int = 1) -> User:
    return joining.join(**{**PERSON, "email": f"n{number}@lab.example", "handle": f"n{number}_n"}, invitation=token)


# -- Becoming a member by one --


def test_from_the_link_to_membership(cast: Cast, client: Client) -> None:
    decide(sign_up="invitation")
    row, token = invite(cast.alice)
    page = client.get(f"/join/{token}/")
    assert page.status_code == 200
    assert "Alice invites you." in page.content.decode()
    client.post("/signup/", {**FORM, "invitation": token})
    row.refresh_from_db()
    assert row.used == 0, "an unfinished sign-up holds no use"
    assert prove(client)["Location"] == "/welcome/"
    row.refresh_from_db()
    assert row.used == 1
    new = User.objects.get(handle="new_person")
    assert Arrival.objects.get(person=new).inviter == cast.alice
    event = Event.objects.get(name="accounts.InvitationUsed")
    assert event.data == {"invitation_id": row.pk, "inviter_id": cast.alice.pk, "user_id": new.pk}


def test_what_the_table_holds_opens_nothing(cast: Cast, client: Client) -> None:
    row, token = invite(cast.alice)
    assert token not in str(vars(row))
    assert client.get(f"/join/{row.digest}/").status_code == 404


def end(kind: str, row: Invitation, actor: User) -> None:
    if kind == "revoked":
        invitations.revoke(actor=actor, invitation_id=row.pk)
    elif kind == "expired":
        Invitation.objects.filter(pk=row.pk).update(expires_at=timezone.now())
    elif kind == "used up":
        Invitation.objects.filter(pk=row.pk).update(used=1)
    elif kind == "made anew":
        invitations.renew(actor=actor, invitation_id=row.pk)
    else:
        User.objects.filter(pk=actor.pk).update(suspended_until=timezone.now() + timedelta(days=1))


@pytest.mark.parametrize("kind", ["revoked", "expired", "used up", "made anew", "inviter suspended"])
def test_what_is_over_answers_alike_and_lets_nobody_in(cast: Cast, client: Client, kind: str) -> None:
    decide(sign_up="invitation")
    row, token = invite(cast.alice)
    client.post("/signup/", {**FORM, "invitation": token})
    end(kind, row, cast.alice)
    assert prove(client)["Location"] == "/signup/", "in the last moment, too"
    client.get("/signup/")
    over, never = client.get(f"/join/{token}/"), client.get("/join/never-was/")
    assert over.status_code == never.status_code == 404
    assert over.content == never.content
    assert "This invitation is over" in over.content.decode()
    assert client.post("/signup/", {**FORM, "invitation": token}).status_code == 403
    with pytest.raises(errors.NotAllowed):
        join(token)
    assert not User.objects.filter(handle="new_person").exists()


def test_the_same_link_again_after_its_last_use_is_refused(cast: Cast) -> None:
    decide(sign_up="invitation")
    _row, token = invite(cast.alice, uses=2)
    join(token, 1)
    join(token, 2)
    with pytest.raises(errors.NotAllowed):
        join(token, 3)
    assert Invitation.objects.get().used == Arrival.objects.count() == 2


def test_who_does_not_become_a_member_uses_nothing_up(cast: Cast) -> None:
    _row, token = invite(cast.alice)
    with pytest.raises(errors.Invalid):
        joining.join(**{**PERSON, "handle": "bob"}, invitation=token)
    with pytest.raises(errors.Conflict):
        joining.join(**{**PERSON, "email": "bob@example.org"}, invitation=token)
    assert Invitation.objects.get().used == 0


def test_in_an_open_house_an_invitation_that_is_over_counts_as_none(cast: Cast, client: Client) -> None:
    row, token = invite(cast.alice)
    invitations.revoke(actor=cast.alice, invitation_id=row.pk)
    page = client.get(f"/join/{token}/")
    assert "Join without it" in page.content.decode()
    client.post("/signup/", {**FORM, "invitation": token})
    assert prove(client)["Location"] == "/welcome/"
    assert not Arrival.objects.exists()


@pytest.mark.parametrize(("only", "good"), [(True, False), (False, True)])
def test_another_address_is_good_unless_the_inviter_ticked_otherwise(cast: Cast, only: bool, good: bool) -> None:
    decide(sign_up="invitation")
    _row, token = invite(cast.alice, email="Friend@Example.org", only_email=only)
    if good:
        join(token)
        return
    with pytest.raises(errors.Invalid) as refused:
        join(token)
    assert refused.value.field == "email"
    joining.join(**{**PERSON, "email": "friend@example.org"}, invitation=token)


def test_members_who_open_a_link_are_told(cast: Cast, client: Client) -> None:
    _row, token = invite(cast.alice)
    log_in(client, cast.bob)
    assert client.get(f"/join/{token}/")["Location"] == "/"
    assert Invitation.objects.get().used == 0


# -- Making them --


def test_by_mail_the_link_stands_only_in_the_mail(cast: Cast) -> None:
    row, token = invite(cast.alice, email="Friend@Example.org")
    mail = Mail.objects.get()
    assert (mail.to, row.email, row.mail) == ("friend@example.org", "friend@example.org", mail)
    assert f"/join/{token}/" in mail.body
    assert f"/join/{token}/" in mail.html
    assert mail.subject == "Alice invites you to Willowbank"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"uses": 0}, "uses"),
        ({"uses": 101}, "uses"),
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
        ({"email": "no address"}, "email"),
        ({"only_email": True}, "email"),
    ],
)
def test_what_cannot_be(cast: Cast, given: dict, field: str) -> None:
    with pytest.raises(errors.Invalid) as refused:
        invite(cast.alice, **given)
    assert refused.value.field == field


def test_only_so_many_are_open_at_a_time(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "MOST_OPEN", 3)
    rows = [invite(cast.alice)[0] for _number in range(3)]
    with pytest.raises(errors.Conflict):
        invite(cast.alice)
    invite(cast.bob)
    invitations.revoke(actor=cast.alice, invitation_id=rows[0].pk)
    invite(cast.alice)


def test_only_so_many_mails_a_day(cast: Cast) -> None:
    """Also for whoever takes each back at once."""
    for number in range(invitations.MAILS.amount):
        row, _token = invite(cast.alice, email=f"{number}@example.org")
        invitations.revoke(actor=cast.alice, invitation_id=row.pk)
    with pytest.raises(errors.TooMany):
        invite(cast.alice, email="one.more@example.org")
    assert Mail.objects.count() == invitations.MAILS.amount
    invite(cast.alice)


@pytest.mark.parametrize(
    ("inviters", "may"),
    [
        ("members", {"member", "moderator", "admin", "owner"}),
        ("moderators", {"moderator", "admin", "owner"}),
        ("admins", {"admin", "owner"}),
    ],
)
def test_who_may_invite(inviters: str, may: set[str]) -> None:
    decide(inviters=inviters)
    did = set()
    for role in ("member", "moderator", "admin", "owner"):
        who = make_user(role + "_", is_superuser=role == "owner")
        if role != "owner":
            roles.set_role(actor=None, handle=who.handle, role=role)
        who = User.objects.get(pk=who.pk)
        try:
            invite(who)
            did.add(role)
        except errors.NotAllowed:
            pass
    assert did == may


def test_revoking(cast: Cast) -> None:
    row, _token = invite(cast.alice)
    with pytest.raises(errors.NotFound):
        invitations.revoke(actor=cast.bob, invitation_id=row.pk)
    with pytest.raises(errors.NotFound):
        invitations.renew(actor=cast.bob, invitation_id=row.pk)
    roles.set_role(actor=None, handle="mod", role="moderator")
    invitations.revoke(actor=User.objects.get(handle="mod"), invitation_id=row.pk)
    invitations.revoke(actor=cast.alice, invitation_id=row.pk)
    assert AuditEntry.objects.filter(action="accounts.revoke_invitation").count() == 1
    with pytest.raises(errors.Conflict):
        invitations.renew(actor=cast.alice, invitation_id=row.pk)
    with pytest.raises(errors.NotFound):
        invitations.revoke(actor=cast.mod, invitation_id=2**40)


def test_who_may_not_invite_any_more_makes_no_new_link(cast: Cast) -> None:
    row, token = invite(cast.alice)
    decide(inviters="moderators")
    with pytest.raises(errors.NotAllowed):
        invitations.renew(actor=cast.alice, invitation_id=row.pk)
    assert doors.door(token).invitation == row, "what was given stands until it is taken back"
    invitations.revoke(actor=cast.alice, invitation_id=row.pk)


def test_sending_again_waits_a_minute(cast: Cast) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        row, old = invite(cast.alice, email="friend@example.org")
        with pytest.raises(errors.TooMany):
            invitations.renew(actor=cast.alice, invitation_id=row.pk)
        clock.shift(timedelta(seconds=61))
        _row, link = invitations.renew(actor=cast.alice, invitation_id=row.pk)
    assert Mail.objects.count() == 2
    assert doors.door(old).invitation is None
    assert doors.door(link.rstrip("/").rpartition("/")[2]).invitation == row


def test_addresses_of_those_who_were_invited_are_forgotten(cast: Cast) -> None:
    over, _token = invite(cast.alice, email="a@example.org", days=30)
    still, _token = invite(cast.alice, email="b@example.org", days=365)
    with time_machine.travel(timezone.now() + invitations.REMEMBERED + timedelta(days=1)):
        assert invitations.forget_addresses() == 1
    over.refresh_from_db()
    still.refresh_from_db()
    assert (over.email, still.email) == ("", "b@example.org")


def test_invitations_that_are_over_go_and_who_came_by_them_is_still_known(cast: Cast) -> None:
    long = invitations.REMEMBERED + timedelta(days=1)
    now = timezone.now()
    expired, _token = invite(cast.alice, days=7)
    revoked, _token = invite(cast.alice, days=None)
    invitations.revoke(actor=cast.alice, invitation_id=revoked.pk)
    used, token = invite(cast.alice, days=None)
    guest = join(token, 1)
    _used_late, token = invite(cast.alice, days=None, uses=2)
    join(token, 2)
    endless, _token = invite(cast.alice, days=None)
    with time_machine.travel(now + timedelta(days=60)):
        late = join(token, 3)
        assert invitations.forget_invitations() == 0, "none of them is over for so long"
    with time_machine.travel(now + long):
        assert invitations.forget_invitations() == 2, "one counts from its end, which was a week later"
        assert invitations.forget_invitations() == 0
        assert not Invitation.objects.filter(pk__in=[revoked.pk, used.pk]).exists()
    with time_machine.travel(now + long + timedelta(days=7)):
        assert invitations.forget_invitations() == 1
        assert not Invitation.objects.filter(pk=expired.pk).exists()
    with time_machine.travel(now + long + timedelta(days=60)):
        assert invitations.forget_invitations() == 1
    assert list(Invitation.objects.all()) == [endless]
    came = set(Arrival.objects.filter(inviter=cast.alice).values_list("person", flat=True))
    assert {guest.pk, late.pk} <= came
    assert len(came) == 3
    tree = invitation_queries.tree(viewer=make_user("chief", is_superuser=True), handle="alice")
    assert {row.person_id for row in tree.rows} == came


# -- The pages and the API --


def test_the_page_shows_the_link_once(cast: Cast, client: Client) -> None:
    log_in(client, cast.alice)
    page = client.post("/settings/invitations/", {"uses": 3, "days": 7})
    link = page.context["link"]
    assert page.status_code == 200
    assert (
        Client().get(link.split("8000")[-1] if "8000" in link else "/join/" + link.split("/join/")[1]).status_code
        == 200
    )
    assert link not in client.get("/settings/invitations/").content.decode()
    row = Invitation.objects.get()
    assert (row.uses, row.inviter) == (3, cast.alice)
    anew = client.post(f"/settings/invitations/{row.pk}/renew/").context["link"]
    assert anew != link
    assert client.post(f"/settings/invitations/{row.pk}/revoke/").status_code == 302
    assert Client().get("/join/" + anew.split("/join/")[1]).status_code == 404


def test_bad_fields_are_marked_and_kept(cast: Cast, client: Client) -> None:
    log_in(client, cast.alice)
    page = client.post("/settings/invitations/", {"uses": 3, "days": 7, "email": "nobody"})
    assert page.status_code == 422
    assert list(page.context["form"].errors) == ["email"]
    assert page.context["form"]["uses"].value() == "3"
    page = client.post("/settings/invitations/", {"uses": 3, "days": 8})
    assert page.status_code == 422


def test_many_come_page_by_page_at_the_same_cost(cast: Cast, client: Client) -> None:
    log_in(client, cast.alice)

    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).status_code == 200
        return len(asked)

    _row, token = invite(cast.alice, uses=50)
    join(token, 1)
    paths = ["/settings/invitations/", "/settings/invitations/people/", "/api/v1/me/invitations"]
    few = [cost(path) for path in paths]
    for number in range(2, PAGE + 5):
        join(token, number)
    Invitation.objects.bulk_create(
        Invitation(inviter=cast.alice, digest=str(number), email=f"{number}@x.org") for number in range(PAGE + 3)
    )
    assert [cost(path) for path in paths] == few
    first = invitation_queries.people_brought(viewer=cast.alice)
    rest = invitation_queries.people_brought(viewer=cast.alice, cursor=first.next)
    assert len(first.rows) + len(rest.rows) == PAGE + 4
    assert not rest.next


def test_whom_one_blocks_is_not_among_those_one_brought(cast: Cast) -> None:
    _row, token = invite(cast.alice)
    new = join(token)
    relations.block(actor=new, person=cast.alice.pk)
    assert invitation_queries.people_brought(viewer=cast.alice).rows == []
    assert invitation_queries.people_brought(viewer=cast.bob).rows == []


def test_by_api(cast: Cast) -> None:
    app = App()
    assert app.ask("GET", "me/invitations").status_code == 401
    app.log_in()
    made = app.ask("POST", "me/invitations", {"uses": 2})
    assert made.status_code == 201
    row = made.json()
    assert row["link"].startswith("http")
    token = row["link"].rstrip("/").rpartition("/")[2]
    assert Client().get("/api/v1/site", headers={"X-Invitation": token}).json()["invitation"] is True
    assert Client().get("/api/v1/site", headers={"X-Invitation": "x"}).json()["invitation"] is False
    anew = app.ask("POST", f"me/invitations/{row['id']}/link", {}).json()["link"]
    assert anew != row["link"]
    listed = app.ask("GET", "me/invitations").json()
    assert [one["id"] for one in listed["results"]] == [row["id"]]
    assert "link" not in listed["results"][0]
    assert app.ask("DELETE", f"me/invitations/{row['id']}").status_code == 204
    assert app.ask("DELETE", f"me/invitations/{2**70}").status_code == 404
    assert app.ask("GET", "me/invitations").json()["results"][0]["is_open"] is False
    came = join(invite(cast.alice)[1])
    assert [one["id"] for one in app.ask("GET", "me/invitations/people").json()["results"]] == [came.pk]
    foreign, _token = invite(cast.bob)
    assert app.ask("DELETE", f"me/invitations/{foreign.pk}").status_code == 404
    assert app.ask("POST", "me/invitations", {"uses": 1000}).status_code == 422


# -- The tree --


def test_the_tree_of_who_invited_whom(cast: Cast, client: Client) -> None:
    people = [cast.alice]
    for number in range(3):
        _row, token = invite(people[-1])
        people.append(join(token, number))
    log_in(client, make_user("chief", is_superuser=True))
    page = client.get(f"/site/invitations/@{people[2].handle}/")
    tree = page.context["tree"]
    assert tree.above == [people[0], people[1]]
    assert [row.person for row in tree.rows] == [people[3]]
    whole = client.get("/site/invitations/").context["rows"]
    assert [(row.person, row.brought) for row in whole] == [(people[3], 0), (people[2], 1), (people[1], 1)]
    assert client.get("/site/invitations/@nobody_here/").status_code == 404


def test_a_long_chain_and_a_ring_end(cast: Cast) -> None:
    people = [make_user(f"p{number}_") for number in range(30)]
    for one, other in zip(people, [*people[1:], people[0]], strict=True):
        Arrival.objects.create(person=one, inviter=other)
    chief = make_user("chief", is_superuser=True)
    assert len(invitation_queries.tree(viewer=chief, handle="p0_").above) == invitation_queries.CHAIN


def test_the_tree_costs_the_same_for_many(cast: Cast, client: Client) -> None:
    log_in(client, make_user("chief", is_superuser=True))
    _row, token = invite(cast.alice, uses=60)

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get("/site/invitations/@alice/")
        return len(asked)

    join(token, 0)
    few = cost()
    for number in range(1, PAGE + 5):
        join(token, number)
    assert cost() == few


# -- The shell --


def test_manage_invite(capsys: pytest.CaptureFixture[str], client: Client) -> None:
    decide(sign_up="invitation")
    call_command("invite", "--uses", "2", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["uses"] == 2
    page = client.get("/join/" + told["link"].split("/join/")[1])
    assert "You are invited." in page.content.decode()
    call_command("invite", "--email", "a@example.org")
    assert "/join/" in capsys.readouterr().out
    assert Mail.objects.get().subject == "An invitation to Willowbank"
    with pytest.raises(CommandError):
        call_command("invite", "--uses", "0")
    made = Invitation.objects.order_by("pk").values_list("pk", flat=True)
    said = AuditEntry.objects.filter(action="accounts.invite").order_by("pk")
    assert [(one.subject, one.actor_id) for one in said] == [(f"invitation:{pk}", None) for pk in made]
    assert "example.org" not in str([one.data for one in said])
    assert outbox.kinds["accounts.InvitationUsed"]
    join(told["link"].rstrip("/").rpartition("/")[2])
    assert Arrival.objects.get().inviter is None
