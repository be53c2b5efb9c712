"""Lists of people: private, named, bounded."""

from typing import Any

import pytest
from django.test import Client

from accounts.actions import lists, relations
from accounts.models.lists import ListedPerson, PeopleList
from accounts.queries import lists as lists_queries
from accounts.tests.factories import Cast, make_user
from core import errors

pytestmark = pytest.mark.django_db


def on(row: PeopleList) -> set[str]:
    return set(ListedPerson.objects.filter(list=row).values_list("person__handle", flat=True))


def test_a_list_has_a_name_once_and_people(cast: Cast) -> None:
    row = lists.make_list(actor=cast.carol, name="  The   choir ")
    assert row.name == "The choir"
    for name in ("the CHOIR", "", " ", "x" * 61):
        with pytest.raises(errors.Invalid):
            lists.make_list(actor=cast.carol, name=name)
    assert lists.make_list(actor=cast.bob, name="The choir"), "others have their own"
    for _turn in range(2):
        lists.add(actor=cast.carol, list_id=row.pk, person="bob")
    assert on(row) == {"bob"}
    for _turn in range(2):
        lists.remove(actor=cast.carol, list_id=row.pk, person="bob")
    assert on(row) == set()


def test_one_lists_whom_one_sees_on_lists_of_ones_own(cast: Cast) -> None:
    row = lists.make_list(actor=cast.mallory, name="Them")
    with pytest.raises(errors.NotFound):
        lists.add(actor=cast.mallory, list_id=row.pk, person="alice")
    for act in (
        lambda: lists.add(actor=cast.bob, list_id=row.pk, person="carol"),
        lambda: lists.remove(actor=cast.bob, list_id=row.pk, person="carol"),
        lambda: lists.rename_list(actor=cast.bob, list_id=row.pk, name="Mine"),
        lambda: lists.delete_list(actor=cast.bob, list_id=row.pk),
        lambda: lists.delete_list(actor=cast.bob, list_id=9**9),
    ):
        with pytest.raises(errors.NotFound):
            act()


def test_there_is_an_end_of_lists_and_of_people(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "LISTS_LIMIT", 1)
    monkeypatch.setattr(lists, "PEOPLE_LIMIT", 1)
    row = lists.make_list(actor=cast.carol, name="One")
    lists.add(actor=cast.carol, list_id=row.pk, person="bob")
    lists.add(actor=cast.carol, list_id=row.pk, person="bob")
    with pytest.raises(errors.Conflict):
        lists.add(actor=cast.carol, list_id=row.pk, person="dan")
    with pytest.raises(errors.Conflict):
        lists.make_list(actor=cast.carol, name="Two")


@pytest.mark.parametrize("blocker", ["bob", "carol"])
def test_a_block_takes_both_off_each_others_lists(cast: Cast, blocker: str) -> None:
    rows = [lists.make_list(actor=one, name="Some") for one in (cast.bob, cast.carol)]
    lists.add(actor=cast.bob, list_id=rows[0].pk, person="carol")
    lists.add(actor=cast.carol, list_id=rows[1].pk, person="bob")
    pair = {"bob": cast.bob, "carol": cast.carol}
    relations.block(actor=pair.pop(blocker), person=pair.popitem()[1].pk)
    assert on(rows[0]) == on(rows[1]) == set()


def test_over_pages(cast: Cast, client: Client) -> None:
    assert client.get("/lists/")["Location"] == "/login/?next=/lists/"
    client.force_login(cast.carol)
    assert "No lists yet" in client.get("/lists/").content.decode()
    assert client.post("/lists/", {"name": ""}).status_code == 422
    client.post("/lists/", {"name": "Choir"})
    row = PeopleList.objects.get()
    again = client.post("/lists/", {"name": "choir"})
    assert (again.status_code, "of this name already" in again.content.decode()) == (422, True)
    edit = f"/lists/{row.pk}/edit/"
    assert client.post(f"/lists/{row.pk}/add/", {"person": "@bob"})["Location"] == edit
    refused = client.post(f"/lists/{row.pk}/add/", {"person": "nobody"})
    assert (refused.status_code, 'value="nobody"' in refused.content.decode()) == (422, True)
    assert "@bob" in client.get(edit).content.decode()
    assert client.post(edit, {"name": "Band"})["Location"] == edit
    assert "1 person" in client.get("/lists/").content.decode()
    assert "checked" in client.get("/@bob/lists/").content.decode()
    client.post("/@dan/lists/", {"lists": [row.pk, "rubbish", 9**18]})
    client.post("/@bob/lists/", {})
    assert on(row) == {"dan"}
    assert client.post(f"/lists/{row.pk}/remove/dan/")["Location"] == edit
    assert on(row) == set()
    for path in (edit, f"/lists/{row.pk}/"):
        other = Client()
        other.force_login(cast.bob)
        assert other.get(path).status_code == 404
    assert client.post(f"/lists/{row.pk}/delete/")["Location"] == "/lists/"
    assert client.get(edit).status_code == 404


def test_over_the_api(cast: Cast, client: Client) -> None:
    assert client.get("/api/v1/me/lists").status_code == 401
    client.force_login(cast.carol)
    json: dict[str, Any] = {"content_type": "application/json"}
    made = client.post("/api/v1/me/lists", {"name": "Choir"}, **json)
    path = f"/api/v1/me/lists/{made.json()['id']}"
    assert made.status_code == 201
    for _turn in range(2):
        assert client.put(f"{path}/people/bob").status_code == 204
    assert client.put(f"{path}/people/nobody").status_code == 404
    assert [one["handle"] for one in client.get(f"{path}/people").json()["results"]] == ["bob"]
    assert client.patch(path, {"name": "Band"}, **json).json()["name"] == "Band"
    assert client.get(path).json()["name"] == "Band"
    assert client.get("/api/v1/me/lists").json()["results"] == [{"id": made.json()["id"], "name": "Band", "people": 1}]
    assert client.delete(f"{path}/people/bob").status_code == 204
    other = Client()
    other.force_login(cast.bob)
    hidden, absent = other.get(path), other.get("/api/v1/me/lists/999999")
    assert (hidden.status_code, hidden.content) == (404, absent.content)
    assert client.delete(path).status_code == 204
    assert client.delete(path).status_code == 404


def test_they_cost_the_same_however_long(cast: Cast, django_assert_num_queries: Any) -> None:
    row = lists.make_list(actor=cast.carol, name="Choir")
    for number in range(25):
        lists.add(actor=cast.carol, list_id=row.pk, person=make_user(f"singer_{number}").pk)
    with django_assert_num_queries(4):  # who asks, the list, candidates, whom of them one may see
        _row, page = lists_queries.people(viewer=cast.carol, list_id=row.pk)
    assert (len(page.rows), bool(page.next)) == (20, True)
    with django_assert_num_queries(1):
        assert [one.people_count for one in lists_queries.own_lists(viewer=cast.carol)] == [25]
    plan = ListedPerson.objects.filter(list=row).order_by("-id")[:21].explain()
    assert "listed_in" in plan
    assert "TEMP B-TREE" not in plan
