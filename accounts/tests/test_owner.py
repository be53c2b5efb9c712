"""The one-time link of the owner, and the admin behind it."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.actions import joining, logins, relations
from accounts.models.joining import OwnerLink
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.queries import joining as joining_queries
from accounts.queries import people as people_queries
from accounts.tests.factories import Cast, log_in, make_user
from core import errors

pytestmark = pytest.mark.django_db

FORM = {"email": "o@example.org", "handle": "olga", "display_name": "Olga", "password": "four quiet grey geese"}


def path(link: str) -> str:
    return "/owner/" + link.split("/owner/")[1]


def test_link_makes_the_owner_once(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    assert joining_queries.owner_missing()
    call_command("owner_link")
    link = path(capsys.readouterr().out.strip())
    assert client.get(link).status_code == 200
    assert client.post(link, {**FORM, "password": "short"}).status_code == 422
    assert client.post(link, FORM)["Location"] == "/welcome/"
    owner = User.objects.get()
    assert owner.is_staff
    assert owner.is_superuser
    assert EmailAddress.objects.get(user=owner).verified
    assert client.get("/admin/").status_code == 200
    assert not joining_queries.owner_missing()
    assert Client().get(link).status_code == 404
    assert Client().post(link, {**FORM, "email": "b@example.org", "handle": "b_b"}).status_code == 404
    with pytest.raises(CommandError):
        call_command("owner_link")


def test_new_link_ends_the_one_before(client: Client) -> None:
    old, new = path(joining.make_owner_link()), path(joining.make_owner_link())
    assert client.get(old).status_code == 404
    assert client.get(new).status_code == 200
    assert OwnerLink.objects.count() == 1
    assert OwnerLink.objects.get().digest not in new, "what the table holds opens nothing"


def test_no_link_once_there_is_an_owner(client: Client) -> None:
    link = path(joining.make_owner_link())
    make_user("root_person", is_superuser=True)
    assert client.get(link).status_code == 404
    with pytest.raises(errors.Conflict):
        joining.make_owner_link()


def test_taken_handle_does_not_use_up_the_link(client: Client) -> None:
    link = path(joining.make_owner_link())
    make_user("olga")
    assert client.post(link, FORM).status_code == 422
    assert client.post(link, {**FORM, "handle": "olga2"}).status_code == 302


def test_admin_goes_through_our_login(cast: Cast, client: Client) -> None:
    for address in ("/admin/", "/admin/login/?next=/admin/"):
        assert client.get(address, follow=True).redirect_chain[-1][0].startswith("/login/?next=")
    log_in(client, cast.bob)
    assert client.get("/admin/login/").status_code == 403


def test_admin_lists_without_asking_per_row(client: Client, cast: Cast, django_assert_max_num_queries) -> None:
    log_in(client, make_user("chief", is_staff=True, is_superuser=True))
    for name in ("user", "follow", "block", "device"):
        with django_assert_max_num_queries(14) as asked:
            answer = client.get(f"/admin/accounts/{name}/?q=a")
        assert answer.status_code == 200
        before = len(asked)
        for _turn in range(3):
            person = make_user()
            relations.follow(actor=person, person="alice")
            relations.block(actor=person, person="bob")
            logins.start_device(actor=person, session_key="")
        with django_assert_max_num_queries(14) as asked:
            client.get(f"/admin/accounts/{name}/?q=a")
        assert len(asked) == before


def test_suspending_in_the_admin_ends_access_and_keeps_counters(client: Client, cast: Cast) -> None:
    log_in(client, make_user("chief", is_staff=True, is_superuser=True))
    page = client.get(f"/admin/accounts/user/{cast.alice.pk}/change/")
    assert page.status_code == 200
    data = {"handle": "alice", "display_name": "Alice", "bio": "", "language": ""}
    answer = client.post(f"/admin/accounts/user/{cast.alice.pk}/change/", data)
    assert answer.status_code == 302
    cast.alice.refresh_from_db()
    assert not cast.alice.is_active
    assert cast.alice.followers_count == 2
    with pytest.raises(errors.NotFound):
        people_queries.person(viewer=cast.bob, person="alice")


@pytest.fixture
def helper(cast: Cast, client: Client) -> Client:
    """Somebody of the staff who may change members and roles, as far as permissions go, and is no superuser."""
    names = ["view_user", "change_user", "view_group", "change_group", "add_group", "delete_group"]
    cast.mod.user_permissions.set(Permission.objects.filter(codename__in=names))
    log_in(client, cast.mod)
    return client


def test_staff_make_nobody_staff_and_give_themselves_no_roles(helper: Client, cast: Cast) -> None:
    role = Group.objects.create(name="everything")
    data = {"handle": "mod", "display_name": "Mod", "is_active": "on", "is_staff": "on", "groups": [role.pk]}
    assert helper.post(f"/admin/accounts/user/{cast.mod.pk}/change/", data).status_code == 302
    data = {"handle": "bob", "display_name": "Bobby", "is_active": "on", "is_staff": "on"}
    assert helper.post(f"/admin/accounts/user/{cast.bob.pk}/change/", data).status_code == 302
    cast.bob.refresh_from_db()
    assert (cast.bob.display_name, cast.bob.is_staff) == ("Bobby", False)
    assert not cast.mod.groups.exists()
    assert helper.post(f"/admin/auth/group/{role.pk}/change/", {"name": "mine"}).status_code == 403
    assert helper.post("/admin/auth/group/add/", {"name": "mine"}).status_code == 403


def test_staff_leave_superusers_alone(helper: Client) -> None:
    chief = make_user("chief", is_staff=True, is_superuser=True)
    data = {"handle": "chief", "display_name": "Gone"}
    assert helper.post(f"/admin/accounts/user/{chief.pk}/change/", data).status_code == 403
    chief.refresh_from_db()
    assert chief.is_active


def test_the_admin_has_no_ways_of_its_own_to_passwords_and_out(helper: Client, cast: Cast) -> None:
    """Its own would leave apps, other browsers and sockets logged in."""
    assert helper.post("/admin/password_change/", {}, follow=True).redirect_chain == [("/settings/account/", 302)]
    device = Device.objects.get(user=cast.mod)
    assert helper.post("/admin/logout/").status_code == 302
    device.refresh_from_db()
    assert device.ended_at is not None
