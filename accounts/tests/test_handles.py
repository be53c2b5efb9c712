"""Changing a handle: what leads on, what is kept, what looks like somebody else."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts import rules
from accounts.access import people as people_access
from accounts.actions import handles, joining, profiles, relations
from accounts.models.handles import FormerHandle
from accounts.models.people import RESERVED, User
from accounts.queries import people as people_queries
from accounts.tests.factories import Cast, log_in, make_user
from accounts.tests.test_at_once import at_once
from core import errors, text
from feed.tests.factories import make_post

pytestmark = pytest.mark.django_db


@pytest.fixture
def moved(cast: Cast) -> Cast:
    """As ever, but alice is called alma by now."""
    handles.change_handle(actor=cast.alice, handle="Alma")
    cast.alice.refresh_from_db()
    return cast


# -- What leads on --


@pytest.mark.parametrize(
    "path", ["/@{}/", "/@{}/about/", "/@{}/media/?cursor=", "/@{}/followers/", "/@{}/following/?cursor=&x=%2F"]
)
def test_pages_at_the_former_handle_lead_on(moved: Cast, client: Client, path: str) -> None:
    for old in ("alice", "ALICE"):
        answer = client.get(path.format(old))
        assert (answer.status_code, answer["Location"]) == (301, path.format("alma"))
        assert "no-store" in answer["Cache-Control"], "a handle may be taken back"
    assert client.get(path.format("alma")).status_code == 200
    assert client.head(path.format("alice")).status_code == 301


def test_a_private_members_lists_lead_on_too(moved: Cast, client: Client) -> None:
    User.objects.filter(pk=moved.alice.pk).update(is_private=True)
    assert client.get("/@alice/followers/")["Location"] == "/@alma/followers/"


def test_a_mention_in_an_old_post_leads_there(moved: Cast, client: Client) -> None:
    make_post(moved.bob, "Ask @alice about soup.")
    assert 'href="/@alice/"' in text.render("Ask @alice about soup.")
    assert client.get("/@alice/", follow=True).redirect_chain == [("/@alma/", 301)]


@pytest.mark.parametrize("old", ["alice", "nobody.at.all"])
def test_hidden_and_absent_answer_alike(moved: Cast, client: Client, old: str) -> None:
    """Whoever is blocked learns neither the new handle nor that there is one."""
    log_in(client, moved.mallory)
    pages = [client.get(f"/@{handle}/") for handle in (old, "never.was")]
    assert [page.status_code for page in pages] == [404, 404]
    assert b"alma" not in pages[0].content.lower()
    answers = [client.get(f"/api/v1/users/{handle}") for handle in (old, "never.was")]
    assert answers[0].content == answers[1].content
    assert answers[0].status_code == 404
    with pytest.raises(errors.NotFound):
        relations.follow(actor=moved.mallory, person=old)


def test_the_gone_are_not_told_of(moved: Cast, client: Client) -> None:
    User.objects.filter(pk=moved.alice.pk).update(is_active=False)
    assert client.get("/@alice/").status_code == client.get("/api/v1/users/alice").status_code == 404


def test_the_api_and_actions_take_the_former_handle(moved: Cast, client: Client) -> None:
    client.force_login(moved.carol)
    assert client.get("/api/v1/users/alice").json()["handle"] == "alma"
    assert client.post("/api/v1/users/Alice/follow").json()["handle"] == "alma"
    assert client.get("/api/v1/users/alice/followers").status_code == 200
    assert client.post("/@alice/unfollow/")["Location"] == "/@alma/"


def test_whoever_has_it_now_comes_first(moved: Cast, client: Client) -> None:
    other = make_user("alice", email="another@example.org")  # as if a year had passed
    assert people_queries.person(viewer=None, person="alice") == other
    assert client.get("/@alice/").status_code == 200
    User.objects.filter(pk=other.pk).update(is_active=False)
    assert client.get("/@alice/").status_code == 404, "and never the one before"


@pytest.mark.both
def test_a_handle_costs_two_index_lookups(moved: Cast) -> None:
    make_user("else")
    assert people_access.by_reference(people_access.visible_people(None), "alice").get() == moved.alice
    plan = people_access.by_reference(User.objects.all(), "alice").explain()
    assert "former_handle_newest" in plan or "Seq Scan" in plan  # PostgreSQL reads a table of five rows whole


# -- What is kept --


@pytest.mark.both
def test_nobody_else_takes_it_for_a_year(moved: Cast) -> None:
    for taker in (lambda: handles.change_handle(actor=moved.bob, handle="alice"), lambda: join("alice")):
        with pytest.raises(errors.Invalid) as refused:
            taker()
        assert refused.value.field == "handle"
    assert people_queries.handle_taken("alice")
    with time_machine.travel(timezone.now() + timedelta(days=366)):
        assert not people_queries.handle_taken("alice")
        handles.change_handle(actor=moved.bob, handle="alice")
    assert people_queries.person(viewer=None, person="alice") == moved.bob
    assert people_queries.person(viewer=None, person="bob") == moved.bob


def join(handle: str) -> User:
    return joining.join(email=f"{handle}@new.example", handle=handle, display_name="New", password_hash="!")


def test_one_takes_ones_own_back(moved: Cast, client: Client) -> None:
    handles.change_handle(actor=moved.alice, handle="alice")
    assert client.get("/@alice/").status_code == 200
    assert client.get("/@alma/")["Location"] == "/@alice/"
    with pytest.raises(errors.Invalid):
        handles.change_handle(actor=moved.bob, handle="alma")


@pytest.mark.both
def test_three_changes_in_thirty_days_whatever_they_are(cast: Cast) -> None:
    for handle in ("alma", "alice", "alma"):
        handles.change_handle(actor=cast.alice, handle=handle)
    handles.change_handle(actor=cast.alice, handle="alma")  # that is no change
    with pytest.raises(errors.TooMany):
        handles.change_handle(actor=cast.alice, handle="albert")
    assert User.objects.get(pk=cast.alice.pk).handle == "alma"
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        handles.change_handle(actor=cast.alice, handle="albert")


def test_a_refused_change_leaves_nothing(cast: Cast) -> None:
    for handle in ("bob", "admin", "no good", ""):
        with pytest.raises(errors.Invalid):
            handles.change_handle(actor=cast.alice, handle=handle)
    assert not FormerHandle.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.both
def test_one_of_many_who_ask_at_once_gets_it() -> None:
    people = [make_user(f"person{number}") for number in range(5)]
    at_once(*[lambda who=who: handles.change_handle(actor=who, handle="wanted") for who in people])
    assert User.objects.filter(handle="wanted").count() == 1
    assert FormerHandle.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.both
def test_who_waits_for_a_handle_does_not_get_it_when_it_is_left() -> None:
    for turn in range(6):
        leaver, taker = make_user(f"good{turn}"), make_user(f"taker{turn}")
        at_once(
            lambda who=leaver, turn=turn: handles.change_handle(actor=who, handle=f"better{turn}"),
            lambda who=taker, turn=turn: handles.change_handle(actor=who, handle=f"good{turn}"),
        )
        assert not User.objects.filter(handle=f"good{turn}").exclude(pk=leaver.pk).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.both
def test_the_limit_holds_for_changes_at_once() -> None:
    alice = make_user("alice")
    at_once(*[lambda number=number: handles.change_handle(actor=alice, handle=f"alma{number}") for number in range(8)])
    assert FormerHandle.objects.filter(person=alice).count() == handles.CHANGES


# -- What looks like somebody else --


@pytest.mark.parametrize(
    "handle",
    [
        "adm1n", "4dmin", "ad.min", "_admin_", "adrnin", "ADM1N", "supp0rt", "5upport", "m0derator", "he1p", "heip",
        "s0cialsite", "0fficial", "rn0d", "nevvs", "tearn", "acc0unt", "w_e_b_m_a_s_t_e_r", "admin", "r00t",
    ],
)  # fmt: skip
def test_what_can_be_taken_for_the_site_is_refused(handle: str) -> None:
    with pytest.raises(errors.Invalid, match="kept for the site"):
        rules.clean_handle(handle)


@pytest.mark.parametrize("handle", ["alice", "noor.h", "tomasz_z", "li", "amara", "ben10", "ida", "roots"])
def test_names_of_people_pass(handle: str) -> None:
    assert rules.clean_handle(handle) == handle


@pytest.mark.parametrize(
    "handle",
    [
        "аdmin",  # Cyrillic a
        "ɑlice", "alıce", "αlice", "ａｌｉｃｅ", "al\u200bice", "alice\u0301", "bo\u212a", "\u017ftaff", "ali\u00adce",
        "аlice",
        "alice\u3164", "\u202ealice", "ａdmin",
    ],
)  # fmt: skip
def test_foreign_look_alikes_cannot_enter(cast: Cast, client: Client, handle: str) -> None:
    with pytest.raises(errors.Invalid):
        rules.clean_handle(handle)
    log_in(client, cast.bob)
    assert client.post("/settings/handle/", {"handle": handle}).status_code == 422
    json = {"content_type": "application/json"}
    assert client.patch("/api/v1/me", {"handle": handle}, **json).status_code == 422
    assert User.objects.get(pk=cast.bob.pk).handle == "bob"


def test_nobody_is_taken_for_staff(cast: Cast) -> None:
    User.objects.filter(pk=cast.mod.pk).update(handle="noor.h")
    for handle in ("n00r.h", "noorh", "noor_h", "no0r.h"):
        with pytest.raises(errors.Invalid, match="kept for the site"):
            handles.change_handle(actor=cast.bob, handle=handle)
        with pytest.raises(errors.Invalid):
            join(handle)
        assert people_queries.handle_taken(handle)
    cast.mod.refresh_from_db()
    assert handles.change_handle(actor=cast.mod, handle="noorh").handle == "noorh", "staff may look like themselves"
    assert not User.objects.filter(email__endswith="@new.example").exists()


def test_every_reserved_word_is_refused_and_is_ascii() -> None:
    for word in RESERVED:
        with pytest.raises(errors.Invalid):
            rules.clean_handle(word)


def test_whom_staff_rename_is_still_found(cast: Cast, client: Client) -> None:
    cast.bob.handle = "robert"
    profiles.edit_member(actor=cast.mod, member=cast.bob, fields=["handle"])
    assert client.get("/@bob/")["Location"] == "/@robert/"
    profiles.edit_member(actor=cast.mod, member=cast.bob, fields=["display_name"])
    assert FormerHandle.objects.count() == 1


# -- The page --


def test_the_page_explains_changes_and_refuses_in_words(cast: Cast, client: Client) -> None:
    log_in(client, cast.alice)
    assert "go on leading to you" in client.get("/settings/handle/").content.decode()
    assert 'href="/settings/handle/"' in client.get("/settings/account/").content.decode()
    for handle in ("alma", "alba", "alda"):
        assert client.post("/settings/handle/", {"handle": f"@{handle.upper()}"})["Location"] == "/settings/handle/"
    refused = client.post("/settings/handle/", {"handle": "alfa"})
    assert refused.status_code == 422
    assert refused.context["form"].errors["handle"] == ["3 changes in 30 days, and you have had them."]


def test_the_directory_knows_handles_of_now(moved: Cast, client: Client) -> None:
    profiles.update_profile(actor=moved.alice, display_name="A. Baker")
    client.force_login(moved.carol)
    assert [one["handle"] for one in client.get("/api/v1/users?q=alm").json()["results"]] == ["alma"]
    assert client.get("/api/v1/users?q=alic").json()["results"] == []
