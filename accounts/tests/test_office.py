"""The site's office and the roles: who finds which page, what can be done there, and the shell's promote."""

import json

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.access import doors
from accounts.actions import applications, joining, roles
from accounts.models.doors import BlockedAddress
from accounts.models.people import User
from accounts.tests.factories import Cast, log_in, make_user
from accounts.tests.test_doors import PERSON, decide
from core import errors, frame, options
from core.models import AuditEntry, Mail

pytestmark = [pytest.mark.django_db, pytest.mark.both]

EVERYBODY = ("visitor", "member", "moderator", "admin", "owner")
MINDERS = {"moderator", "admin", "owner"}
PAGES = [
    ("GET", "/site/", MINDERS),
    ("GET", "/site/settings/", {"admin", "owner"}),
    ("POST", "/site/settings/", {"admin", "owner"}),
    ("GET", "/site/applications/", MINDERS),
    ("POST", "/site/applications/{application}/accept/", MINDERS),
    ("GET", "/site/applications/{application}/decline/", MINDERS),
    ("POST", "/site/applications/{application}/decline/", MINDERS),
    ("GET", "/site/invitations/", MINDERS),
    ("GET", "/site/invitations/@alice/", MINDERS),
    ("GET", "/site/blocked/", MINDERS),
    ("POST", "/site/blocked/", MINDERS),
    ("POST", "/site/blocked/{blocked}/remove/", MINDERS),
    ("GET", "/settings/invitations/", {"member", *MINDERS}),
    ("GET", "/api/v1/applications", MINDERS),
    ("GET", "/api/v1/site", set(EVERYBODY)),
]


@pytest.fixture
def office(cast: Cast) -> dict[str, Client]:
    decide(sign_up="approval")
    made = {who: Client() for who in EVERYBODY}
    people = {"member": cast.alice, "owner": make_user("owner_", is_superuser=True, is_staff=True)}
    for role in ("moderator", "admin"):
        people[role] = make_user(f"{role}_")
        roles.set_role(actor=None, handle=f"{role}_", role=role)
    for who, user in people.items():
        log_in(made[who], User.objects.get(pk=user.pk))
    return made


@pytest.mark.parametrize(("method", "path", "allowed"), PAGES)
def test_who_finds_which_page(office: dict[str, Client], method: str, path: str, allowed: set[str]) -> None:
    """To visitors the way to the log-in, to others who may not 404, as for all that is hidden."""
    for who, browser in office.items():
        blocked = BlockedAddress.objects.create(pattern=f"{who}.example")
        row = applications.apply(**{**PERSON, "email": f"{who}@x.example", "handle": f"asks_{who}"}, reason="I sing.")
        where = path.format(application=row.pk, blocked=blocked.pk)
        answer = browser.generic(method, where)
        if who in allowed:
            assert answer.status_code in {200, 302, 422}, (who, where)
            assert "/login/" not in answer.get("Location", "")
        elif who == "visitor":
            assert answer.status_code == (401 if path.startswith("/api/") else 302)
            row.refresh_from_db()
            assert row.state == "waiting"
        else:
            assert answer.status_code == 404, (who, where)
            row.refresh_from_db()
            assert row.state == "waiting"
            assert BlockedAddress.objects.filter(pk=blocked.pk).exists()


def test_each_finds_the_pages_that_are_theirs_in_the_menu(office: dict[str, Client]) -> None:
    assert office["moderator"].get("/site/")["Location"] == "/site/applications/"
    assert office["admin"].get("/site/")["Location"] == "/site/settings/"
    page = office["moderator"].get("/site/applications/").content.decode()
    assert "/site/blocked/" in page
    assert "/site/settings/" not in page
    assert 'href="/site/"' in page
    assert 'href="/site/"' not in office["member"].get("/settings/").content.decode()


def settings_form(**changes: object) -> dict[str, object]:
    return {
        "site__name": "",
        "site__tagline": "",
        "site__welcome": "",
        "accounts__sign_up": "open",
        "accounts__domains": "",
        "accounts__minimum_age": "",
        "accounts__inviters": "members",
        **changes,
    }


def test_the_owner_sets_the_site(office: dict[str, Client], django_capture_on_commit_callbacks) -> None:
    words = {"site__name": "Harbour Club", "site__tagline": "Boats and soup", "site__welcome": "Come\r\n\r\n<i>in</i>."}
    door = {
        "accounts__sign_up": "domains",
        "accounts__domains": "a.example\r\nb.example",
        "accounts__minimum_age": "16",
    }
    with django_capture_on_commit_callbacks(execute=True):
        answer = office["owner"].post("/site/settings/", settings_form(**words, **door))
    assert answer.status_code == 302
    assert frame.site().name == "Harbour Club"
    page = Client().get("/").content.decode()
    assert "Harbour Club" in page
    assert "Boats and soup" in page
    assert "&lt;i&gt;in&lt;/i&gt;" in page
    page = Client().get("/signup/").content.decode()
    assert "a.example, b.example" in page
    assert "birth_date" in page
    site = Client().get("/api/v1/site").json()
    assert (site["name"], site["sign_up"], site["domains"]) == ("Harbour Club", "domains", ["a.example", "b.example"])
    assert (site["minimum_age"], site["can_join"], site["invitation"]) == (16, True, None)
    count = AuditEntry.objects.count()
    form = office["owner"].get("/site/settings/").context["form"]
    same = {name: form[name].value() or "" for name in form.fields}
    assert office["owner"].post("/site/settings/", same).status_code == 302
    assert AuditEntry.objects.count() == count, "what is not changed is not decided"
    joining.join(**{**PERSON, "email": "x@a.example"}, of_age=16)
    applications.mails.send_application_accepted(User.objects.get(email="x@a.example"))
    assert Mail.objects.latest("pk").subject == "Welcome to Harbour Club"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"accounts__sign_up": "domains"}, "accounts__domains"),
        ({"accounts__domains": "not one"}, "accounts__domains"),
        ({"accounts__minimum_age": "many"}, "accounts__minimum_age"),
        ({"accounts__sign_up": "ajar"}, "accounts__sign_up"),
    ],
)
def test_bad_fields_are_marked_and_nothing_is_saved(office: dict[str, Client], changes: dict, field: str) -> None:
    page = office["owner"].post("/site/settings/", settings_form(site__name="Kept", **changes))
    assert page.status_code == 422
    assert list(page.context["form"].errors) == [field]
    assert page.context["form"]["site__name"].value() == "Kept"
    assert options.sure(doors.MODE) == "approval"


def test_blocking_on_the_page(office: dict[str, Client]) -> None:
    assert office["moderator"].post("/site/blocked/", {"pattern": "nonsense"}).status_code == 422
    assert office["moderator"].post("/site/blocked/", {"pattern": "Spam.example"}).status_code == 302
    row = BlockedAddress.objects.get(pattern="spam.example")
    assert "spam.example" in office["admin"].get("/site/blocked/").content.decode()
    assert office["admin"].post(f"/site/blocked/{row.pk}/remove/").status_code == 302
    assert not BlockedAddress.objects.filter(pk=row.pk).exists()
    assert office["admin"].post(f"/site/blocked/{row.pk}/remove/").status_code == 302


# -- Roles --


def test_promote(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    def promote(*words: str) -> dict:
        call_command("promote", *words, "--json")
        return json.loads(capsys.readouterr().out)

    other = Group.objects.create(name="gardeners")
    cast.alice.groups.add(other)
    assert promote("@Alice", "admin")["changed"] is True
    assert promote("alice", "admin")["changed"] is False
    alice = User.objects.get(handle="alice")
    assert alice.is_staff
    assert alice.has_perm(doors.SITE)
    assert set(alice.groups.values_list("name", flat=True)) == {"admin", "gardeners"}
    assert promote("alice", "moderator")["changed"] is True
    alice = User.objects.get(handle="alice")
    assert not alice.has_perm(doors.SITE)
    assert alice.has_perm(doors.QUEUE)
    assert promote("alice", "member")["changed"] is True
    alice = User.objects.get(handle="alice")
    assert (alice.is_staff, alice.has_perm(doors.QUEUE)) == (False, False)
    assert [group.name for group in alice.groups.all()] == ["gardeners"]
    assert alice.is_active
    told = AuditEntry.objects.filter(action="accounts.set_role", subject=f"user:{alice.pk}").order_by("pk")
    assert [row.data["role"] for row in told] == ["admin", "moderator", "member"]


def test_promote_refuses(cast: Cast) -> None:
    make_user("owner_", is_superuser=True)
    for words in (["nobody_here", "admin"], ["alice", "emperor"], ["owner_", "member"]):
        with pytest.raises(CommandError):
            call_command("promote", *words)
    with pytest.raises(errors.NotAllowed):
        roles.set_role(actor=cast.mod, handle="mod", role="admin")
    assert not AuditEntry.objects.exists()


def test_the_owner_has_roles_to_give() -> None:
    link = joining.make_owner_link().rstrip("/").rpartition("/")[2]
    joining.make_owner(token=link, email="o@x.org", handle="olga", display_name="O", password_hash="!")
    assert set(Group.objects.values_list("name", flat=True)) == {"moderator", "admin"}
    moderators, admins = Group.objects.get(name="moderator"), Group.objects.get(name="admin")
    assert set(moderators.permissions.all()) < set(admins.permissions.all())


def test_what_the_owner_gave_a_role_besides_stays(cast: Cast) -> None:
    moderators = roles.settle(actor=None)["moderator"]
    more = Group.objects.get(name="admin").permissions.exclude(pk__in=moderators.permissions.values("pk")).first()
    moderators.permissions.add(more)
    roles.settle(actor=None)
    assert more in moderators.permissions.all()


def test_an_admin_enters_the_admin_but_gives_no_roles(office: dict[str, Client], cast: Cast) -> None:
    assert office["admin"].get("/admin/").status_code == 200
    role = Group.objects.get(name="moderator")
    data = {"handle": "alice", "display_name": "A", "is_active": "on", "is_staff": "on", "groups": [role.pk]}
    office["admin"].post(f"/admin/accounts/user/{cast.alice.pk}/change/", data)
    cast.alice.refresh_from_db()
    assert (cast.alice.display_name, cast.alice.is_staff) == ("A", False)
    assert not cast.alice.groups.exists()


def test_the_new_tables_are_in_the_admin_without_secrets(office: dict[str, Client]) -> None:
    row = applications.apply(**{**PERSON, "password_hash": "bcrypt$secret"}, reason="I sing.")
    for name in ("application", "invitation", "arrival", "blockedaddress"):
        assert office["owner"].get(f"/admin/accounts/{name}/").status_code == 200
    page = office["owner"].get(f"/admin/accounts/application/{row.pk}/change/").content.decode()
    assert "I sing." in page
    assert "bcrypt$secret" not in page
