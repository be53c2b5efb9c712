"""The pages of groups and requests without script, and the same through /api/v1."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models.people import User
from accounts.queries import completion
from accounts.tests.factories import Cast, make_friends, make_user
from chat.access import groups as group_access
from chat.actions import conversations as conversation_actions
from chat.actions import groups as group_actions
from chat.actions import links as link_actions
from chat.models.conversations import Conversation, InviteLink, Membership, Role
from chat.models.members import ChatMember
from chat.tests.factories import make_group, membership, say
from uploads.models import Upload
from uploads.tests.factories import make_upload

pytestmark = pytest.mark.django_db
BASE = "/api/v1/conversations"


def as_(who: User) -> Client:
    client = Client()
    client.force_login(who)
    return client


def read(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


def test_one_chooses_people_and_makes_a_group_by_plain_forms(cast: Cast) -> None:
    alice = as_(cast.alice)
    assert "Dan" in read(alice, "/chat/new/")
    page = alice.post("/chat/new/", {"words": "car", "search": "1"}).content.decode()
    assert f'name="add" value="{cast.carol.pk}"' in page
    one = alice.post("/chat/new/", {"add": cast.carol.pk}).content.decode()
    assert "/chat/with/carol/" in one
    chosen = {"people": [cast.carol.pk, cast.dan.pk], "name": "Walkers", "about": "At nine"}
    assert "1 person chosen" in alice.post("/chat/new/", {**chosen, "drop": cast.dan.pk}).content.decode()
    for wrong in ({**chosen, "name": "", "make": "1"}, {"name": "Walkers", "make": "1"}):
        assert alice.post("/chat/new/", wrong).status_code == 422
    answer = alice.post("/chat/new/", {**chosen, "make": "1"})
    group = Conversation.objects.get()
    assert answer["Location"] == f"/chat/{group.pk}/"
    page = read(alice, f"/chat/{group.pk}/")
    for words in ("Walkers", "2 members", "You made this group", "You added Dan", "At nine", 'class="from"'):
        assert words in page
    assert "Walkers" in read(as_(cast.dan), "/chat/")
    assert "1 conversation waits" in read(as_(cast.carol), "/chat/")
    assert "Walkers" in read(as_(cast.carol), "/chat/requests/")


def test_who_is_chosen_takes_no_place_from_who_may_be(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(completion, "MOST", 2)
    friends = [make_user(f"friend{number}") for number in range(4)]
    for friend in friends:
        make_friends(cast.alice, friend)
    chosen = [friends[2].pk, friends[3].pk]
    page = as_(cast.alice).post("/chat/new/", {"people": chosen}).content.decode()
    assert [f'value="{friend.pk}"' in page for friend in friends] == [True] * 4


def test_who_speaks_stands_at_the_start_of_a_run(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob, cast.dan)
    for who in (cast.bob, cast.bob, cast.dan):
        say(who, group, "hello")
    page = read(as_(cast.alice), f"/chat/{group.pk}/").split("<template")[0]
    assert re.findall(r'class="from"[^>]*?( hidden)?>(\w+)<', page) == [("", "Bob"), (" hidden", "Bob"), ("", "Dan")]
    assert "Dan: hello" in page  # in the list
    assert as_(cast.bob).get(f"/chat/{group.pk}/").status_code == 200
    assert 'data-unread="1"' in read(as_(cast.bob), "/chat/") or "hello" in read(as_(cast.bob), "/chat/")


def test_a_request_is_answered_on_its_page(cast: Cast) -> None:
    talk = conversation_actions.open_direct(actor=cast.carol, person_id=cast.alice.pk)
    say(cast.carol, talk, "may I?")
    alice = as_(cast.alice)
    assert "may I?" not in read(alice, "/chat/")
    assert "may I?" in read(alice, "/chat/requests/")
    page = read(alice, f"/chat/{talk.pk}/")
    assert "would like to write to you" in page
    assert "data-compose" not in page
    assert alice.post(f"/chat/{talk.pk}/decline/")["Location"] == "/chat/requests/"
    assert "Nobody is waiting" in read(alice, "/chat/requests/")
    for _turn in range(4):
        say(cast.carol, talk, "please")
    assert "have not answered yet" in read(as_(cast.carol), f"/chat/{talk.pk}/")
    assert alice.post(f"/chat/{talk.pk}/accept/")["Location"] == f"/chat/{talk.pk}/"
    assert "data-compose" in read(alice, f"/chat/{talk.pk}/")


def test_admins_settle_the_group_on_its_pages(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob, cast.dan)
    at, alice = f"/chat/{group.pk}", as_(cast.alice)
    form = {"name": "Choir", "about": "", "who_writes": "admins", "who_adds": "admins", "lifetime": "86400"}
    assert alice.post(f"{at}/settings/", {**form, "name": ""}).status_code == 422
    assert alice.post(f"{at}/settings/", form).status_code == 302
    group.refresh_from_db()
    assert (group.name, group.who_writes, group.lifetime) == ("Choir", "admins", 86400)
    assert "Here admins write" in read(as_(cast.bob), f"{at}/")
    assert alice.post(f"{at}/members/{cast.bob.pk}/role/", {"role": "admin"}).status_code == 302
    assert membership(group, cast.bob).role == Role.ADMIN
    assert "Remove Dan?" in alice.post(f"{at}/members/{cast.dan.pk}/remove/", {"ask": "Dan"}).content.decode()
    assert alice.post(f"{at}/members/{cast.dan.pk}/remove/").status_code == 302
    assert alice.post(f"{at}/add/", {"people": cast.dan.pk, "make": "1"})["Location"] == f"{at}/details/"
    assert alice.post(f"{at}/links/", {"days": "7", "most_uses": "0"}).status_code == 422
    assert alice.post(f"{at}/links/", {"days": "7", "most_uses": "2"}).status_code == 302
    link = InviteLink.objects.get()
    assert f"/chat/join/{link.code}/" in read(alice, f"{at}/links/")
    page = read(as_(cast.carol), f"/chat/join/{link.code}/")
    assert "Choir" in page
    assert "3 members" in page
    assert as_(cast.carol).post(f"/chat/join/{link.code}/")["Location"] == f"{at}/"
    assert as_(cast.carol).get(f"/chat/join/{link.code}/")["Location"] == f"{at}/"
    assert alice.post(f"{at}/links/{link.pk}/end/").status_code == 302
    assert as_(cast.mod).get(f"/chat/join/{link.code}/").status_code == 404
    details = read(alice, f"{at}/details/")
    assert [name for name in ("Alice", "Bob", "Carol", "Dan") if f">{name}</b>" not in details] == []
    assert "Leave Choir?" in alice.post(f"{at}/leave/", {"ask": "Choir"}).content.decode()
    assert alice.post(f"{at}/leave/")["Location"] == "/chat/"
    assert alice.get(f"{at}/").status_code == 404
    assert membership(group, cast.bob).role == Role.OWNER


def test_what_is_for_admins_or_members_is_not_for_others(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob)
    talk = conversation_actions.open_direct(actor=cast.alice, person_id=cast.bob.pk)
    carol, bob = as_(cast.carol), as_(cast.bob)
    for page in ("details", "card", "add", "settings", "links", "report", "notices/1"):
        for id in (group.pk, 999_999):
            assert carol.get(f"/chat/{id}/{page}/").status_code == 404, page
        status = {"settings": 403, "links": 403}.get(page, 200)
        assert bob.get(f"/chat/{group.pk}/{page}/").status_code == status, page
        assert bob.get(f"/chat/{talk.pk}/{page}/").status_code == 404, page
    for page in ("leave", "picture", "accept", "decline", "links/1/end", f"members/{cast.alice.pk}/remove"):
        for id in (group.pk, 999_999):
            assert carol.post(f"/chat/{id}/{page}/", {"remove": "1"}).status_code == 404, page
    for page in ("new/", "requests/", f"{group.pk}/details/", "join/x/"):
        assert "login" in Client().get(f"/chat/{page}")["Location"]


def test_the_picture_of_a_group_is_for_who_sees_it(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob)
    picture = make_upload(cast.alice, purpose="group")
    group_actions.set_picture(actor=cast.alice, conversation_id=group.pk, key=picture.key)
    used = Upload.objects.filter(pk=picture.pk)
    assert group_access.visible_pictures(cast.bob, used).exists()
    assert not group_access.visible_pictures(cast.carol, used).exists()
    picture.refresh_from_db()
    assert picture.attached_at
    assert as_(cast.alice).post(f"/chat/{group.pk}/picture/", {"remove": "1"}).status_code == 302
    picture.refresh_from_db()
    assert picture.discarded_at
    assert as_(cast.alice).post(f"/chat/{group.pk}/picture/", {}).status_code == 422


def test_who_may_write_to_one_is_a_setting(cast: Cast) -> None:
    alice = as_(cast.alice)
    assert "checked" in read(alice, "/settings/chat/")
    assert alice.post("/settings/chat/", {"writers": "x"}).status_code == 422
    whole = {"writers": "known", "presence": "everyone", "shows_reading": "on"}
    assert alice.post("/settings/chat/", whole).status_code == 302
    assert ChatMember.objects.get(pk=cast.alice.pk).writers == "known"
    assert as_(cast.carol).post("/chat/with/alice/", {}).status_code == 403


def test_the_cost_of_a_groups_page_is_fixed(cast: Cast, django_assert_max_num_queries: Any) -> None:
    group = make_group(cast.alice, cast.bob, *(make_user() for _turn in range(20)))
    for _turn in range(10):
        say(cast.alice, group)
    bob = as_(cast.bob)
    bob.get(f"/chat/{group.pk}/")
    say(cast.alice, group)
    with django_assert_max_num_queries(31):
        bob.get(f"/chat/{group.pk}/")
    with django_assert_max_num_queries(11):
        bob.get("/chat/")


def send(client: Client, method: str, path: str, **data: Any) -> Any:
    return getattr(client, method)(f"{BASE}{path}", data, content_type="application/json")


def test_groups_through_the_api(cast: Cast) -> None:
    alice, carol = as_(cast.alice), as_(cast.carol)
    made = send(alice, "post", "/groups", name="Walkers", people=[cast.bob.pk, cast.carol.pk])
    assert made.status_code == 201
    body = made.json()
    assert (body["title"], body["role"], body["members_count"], body["kind"]) == ("Walkers", "owner", 2, "group")
    at = f"/{body['id']}"
    assert [row["id"] for row in carol.get(f"{BASE}/requests").json()["results"]] == [body["id"]]
    assert carol.get(BASE).json()["results"] == []
    assert send(carol, "post", f"{at}/accept").json()["is_request"] is False
    changed = send(alice, "patch", at, name="Choir", who_adds="admins", picture=None).json()
    assert (changed["title"], changed["who_adds"]) == ("Choir", "admins")
    assert send(alice, "patch", at, lifetime=3).status_code == 422
    assert send(alice, "post", f"{at}/members", people=[cast.dan.pk]).json()["members_count"] == 4
    names = [row["user"]["handle"] for row in carol.get(f"{BASE}{at}/members").json()["results"]]
    assert names == ["alice", "bob", "carol", "dan"]
    assert send(alice, "patch", f"{at}/members/{cast.bob.pk}", role="admin").status_code == 204
    assert send(as_(cast.bob), "delete", f"{at}/members/{cast.dan.pk}").status_code == 204
    link = send(alice, "post", f"{at}/links", hours=2, most_uses=1).json()
    assert link["url"].endswith(f"/chat/join/{link['code']}/")
    assert as_(cast.mod).get(f"{BASE}/join/{link['code']}").json()["members_count"] == 3
    assert send(as_(cast.dan), "post", f"/join/{link['code']}").status_code == 404
    assert send(as_(cast.mod), "post", f"/join/{link['code']}").json()["id"] == body["id"]
    assert alice.get(f"{BASE}{at}/links").json()["results"] == []
    assert send(alice, "delete", f"{at}/links/{link['id']}").status_code == 204
    assert send(alice, "post", f"{at}/leave").status_code == 204
    assert alice.get(f"{BASE}{at}").status_code == 404
    assert Membership.objects.get(user=cast.bob).role == Role.OWNER
    own = alice.get("/api/v1/me/chat").json()
    assert own == {"writers": "everyone", "presence": "everyone", "shows_reading": True}
    changed = alice.patch("/api/v1/me/chat", {"writers": "nobody"}, content_type="application/json")
    assert changed.json() == own | {"writers": "nobody"}
    assert send(carol, "post", "", user=cast.alice.pk).status_code == 403


def test_the_api_refuses_alike(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob)
    link = link_actions.make_link(actor=cast.alice, conversation_id=group.pk)
    talk = conversation_actions.open_direct(actor=cast.alice, person_id=cast.bob.pk)
    for id, who in ((group.pk, cast.carol), (999_999, cast.carol), (2**70, cast.carol), (talk.pk, cast.bob)):
        client = as_(who)
        for method, path, data in (
            ("patch", "", {"name": "x"}),
            ("get", "/members", {}),
            ("post", "/members", {"people": [cast.mod.pk]}),
            ("patch", f"/members/{cast.alice.pk}", {"role": "admin"}),
            ("delete", f"/members/{cast.alice.pk}", {}),
            ("post", "/leave", {}),
            ("get", "/links", {}),
            ("post", "/links", {}),
            ("delete", f"/links/{link.pk}", {}),
        ):
            assert send(client, method, f"/{id}{path}", **data).status_code == 404, (id, method, path)
    assert send(as_(cast.carol), "post", f"/{group.pk}/accept").status_code == 404
    for code in ("x", "\x00", link.code[:-1]):
        assert as_(cast.carol).get(f"{BASE}/join/{code}").status_code == 404
    assert send(as_(cast.bob), "delete", f"/{group.pk}/members/{cast.alice.pk}").status_code == 403
    assert send(as_(cast.alice), "delete", f"/{group.pk}/members/{cast.carol.pk}").status_code == 404
    other = make_group(cast.carol)
    assert send(as_(cast.carol), "delete", f"/{other.pk}/links/{link.pk}").status_code == 404
    link.refresh_from_db()
    assert link.ended_at is None
