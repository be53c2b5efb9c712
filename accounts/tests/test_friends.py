"""Friends: asking, answering, parting, who is close; suggestions."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts import tasks
from accounts.access import people as people_access
from accounts.actions import friends, relations
from accounts.models.friends import FriendRequest, FriendState
from accounts.models.people import User
from accounts.models.relations import CloseFriend, Follow, Friendship
from accounts.queries import friends as friends_queries
from accounts.queries import people as people_queries
from accounts.tests.factories import Cast, make_friends, make_user
from accounts.tests.test_private import said
from core import errors
from core.models import Event

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


def follows(one: User, other: User) -> bool:
    return Follow.objects.filter(follower=one, followed=other).exists()


def fresh(person: User) -> User:
    person.refresh_from_db()
    return person


def test_a_request_accepted_makes_friends_who_follow_each_other(cast: Cast) -> None:
    for _turn in range(2):
        assert friends.ask(actor=cast.carol, person="bob") == (cast.bob, FriendState.ASKED)
    assert fresh(cast.bob).friend_requests_count == 1
    for _turn in range(2):
        friends.accept(actor=cast.bob, person=cast.carol.pk)
    assert (fresh(cast.bob).friends_count, cast.bob.friend_requests_count, fresh(cast.carol).friends_count) == (1, 0, 1)
    assert follows(cast.bob, cast.carol)
    assert follows(cast.carol, cast.bob)
    assert said() == ["FriendAsked", "FriendshipMade", "UserFollowed", "UserFollowed"]
    assert friends.ask(actor=cast.carol, person="bob")[1] == FriendState.FRIENDS


def test_two_who_ask_each_other_are_friends(cast: Cast) -> None:
    friends.ask(actor=cast.carol, person="bob")
    assert friends.ask(actor=cast.bob, person="carol")[1] == FriendState.FRIENDS
    assert not FriendRequest.objects.exists()
    assert relations.recount() == 0


def test_a_request_declined_can_be_made_again_tomorrow(cast: Cast) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        friends.ask(actor=cast.carol, person="bob")
        for _turn in range(2):
            friends.decline(actor=cast.bob, person="carol")
        assert fresh(cast.bob).friend_requests_count == 0
        assert people_queries.person(viewer=cast.carol, person="bob").is_friend_asked is False
        clock.shift(timedelta(hours=23))
        with pytest.raises(errors.TooMany):
            friends.ask(actor=cast.carol, person="bob")
        assert friends.ask(actor=cast.bob, person="carol")[1] == FriendState.ASKED, "who declined may ask"
        friends.part(actor=cast.bob, person="carol")
        clock.shift(timedelta(hours=2))
        tasks.tidy_ties()
        assert friends.ask(actor=cast.carol, person="bob")[1] == FriendState.ASKED


def test_a_request_withdrawn_is_gone(cast: Cast) -> None:
    friends.ask(actor=cast.carol, person="bob")
    for _turn in range(2):
        friends.part(actor=cast.carol, person="bob")
    with pytest.raises(errors.NotFound):
        friends.accept(actor=cast.bob, person="carol")
    assert fresh(cast.bob).friend_requests_count == 0
    assert said() == ["FriendAsked", "FriendRequestDropped"]


def test_parting_takes_the_follows_that_came_and_leaves_those_that_were_chosen(cast: Cast) -> None:
    relations.follow(actor=cast.carol, person="bob")
    friends.ask(actor=cast.carol, person="bob")
    friends.accept(actor=cast.bob, person="carol")
    friends.add_close(actor=cast.bob, person="carol")
    for _turn in range(2):
        friends.part(actor=cast.bob, person="carol")
    assert follows(cast.carol, cast.bob), "she chose to"
    assert not follows(cast.bob, cast.carol), "this came with the friendship"
    assert not CloseFriend.objects.exists()
    assert (fresh(cast.bob).friends_count, relations.recount()) == (0, 0)


def test_who_is_unfriended_by_a_private_member_looks_inside_no_more(cast: Cast) -> None:
    relations.set_private(actor=cast.bob, private=True)
    friends.ask(actor=cast.carol, person="bob")
    friends.accept(actor=cast.bob, person="carol")
    relations.unfollow(actor=cast.carol, person="bob")
    assert people_access.access_person(cast.carol, "bob", to="look_inside"), "as a friend"
    relations.follow(actor=cast.carol, person="bob")
    assert follows(cast.carol, cast.bob), "a friend need not ask"
    friends.part(actor=cast.bob, person="carol")
    with pytest.raises(errors.NotAllowed):
        people_access.access_person(cast.carol, "bob", to="look_inside")


def test_a_follow_chosen_while_friends_stays(cast: Cast) -> None:
    friends.ask(actor=cast.carol, person="bob")
    friends.accept(actor=cast.bob, person="carol")
    relations.follow(actor=cast.carol, person="bob")
    friends.part(actor=cast.carol, person="bob")
    assert follows(cast.carol, cast.bob)


def test_a_block_ends_all_of_it_both_ways(cast: Cast) -> None:
    friends.add_close(actor=cast.alice, person="dan")
    friends.ask(actor=cast.carol, person="alice")
    relations.block(actor=cast.dan, person="alice")
    relations.block(actor=cast.alice, person="carol")
    assert not Friendship.objects.exists()
    assert not CloseFriend.objects.exists()
    assert not FriendRequest.objects.exists()
    assert relations.recount() == 0


@pytest.mark.parametrize("act", [friends.ask, friends.accept, friends.decline, friends.part, friends.add_close])
def test_one_does_this_only_with_whom_one_sees(cast: Cast, act: Any) -> None:
    for person in ("mallory", "nobody", 10**9):
        with pytest.raises(errors.NotFound):
            act(actor=cast.alice, person=person)


def test_refusals(cast: Cast) -> None:
    with pytest.raises(errors.Invalid):
        friends.ask(actor=cast.alice, person="alice")
    with pytest.raises(errors.Conflict):
        friends.add_close(actor=cast.alice, person="bob")
    User.objects.filter(pk=cast.bob.pk).update(friends_count=friends.FRIENDS_LIMIT)
    friends.ask(actor=cast.carol, person="bob")
    with pytest.raises(errors.Conflict):
        friends.accept(actor=cast.bob, person="carol")


def test_what_people_ask_who_are_gone_is_tidied(cast: Cast) -> None:
    friends.ask(actor=cast.carol, person="bob")
    User.objects.filter(pk=cast.carol.pk).update(is_active=False)
    assert friends_queries.requests(viewer=cast.bob).rows == []
    tasks.tidy_ties()
    assert (fresh(cast.bob).friend_requests_count, FriendRequest.objects.count()) == (0, 0)


def test_nobody_is_told_who_is_close(cast: Cast, client: Client) -> None:
    friends.add_close(actor=cast.alice, person="dan")
    assert said() == []
    client.force_login(cast.dan)
    assert client.get("/api/v1/users/alice").json()["close_friend"] is False
    assert "lose friend" not in client.get("/people/friends/").content.decode().partition('id="people"')[2]
    friends.remove_close(actor=cast.alice, person="dan")
    assert Event.objects.get().name == "core.AccessChanged", "his sockets look again, and say nothing"


# -- Suggestions --


def test_friends_of_friends_are_suggested_by_how_many_are_in_common(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    make_friends(cast.alice, cast.bob)
    far, near, shy = make_user("far"), make_user("near"), make_user("shy", is_private=True)
    for one in (cast.dan, cast.bob):
        make_friends(one, near)
        make_friends(one, shy)
    make_friends(cast.dan, far)
    cast.alice.refresh_from_db()
    with django_assert_max_num_queries(3):
        found = friends_queries.suggestions(viewer=cast.alice)
    assert [(person.handle, person.common_friends) for person in found] == [("near", 2), ("far", 1)]
    friends.dismiss(actor=cast.alice, person="near")
    assert [person.handle for person in friends_queries.suggestions(viewer=cast.alice)] == ["far"]
    assert [person.handle for person in friends_queries.rail(cast.alice)["people"]][0] == "far"


def test_a_hidden_list_of_friends_suggests_nobody(cast: Cast) -> None:
    make_friends(cast.dan, make_user("far"))
    viewer = fresh(cast.alice)
    assert [person.handle for person in friends_queries.suggestions(viewer=viewer)] == ["far"]
    User.objects.filter(pk=cast.dan.pk).update(friends_audience="only_me")
    assert friends_queries.friends(viewer=viewer, person="dan")[1].rows == []
    assert friends_queries.suggestions(viewer=viewer) == []


def test_suggestions_over_the_api(cast: Cast, client: Client) -> None:
    make_friends(cast.dan, make_user("far"))
    client.force_login(cast.alice)
    cast.alice.refresh_from_db()
    [found] = client.get("/api/v1/me/suggestions").json()["results"]
    assert (found["handle"], found["why"]) == ("far", "1 friend in common")
    assert client.delete("/api/v1/me/suggestions/far").status_code == 204
    assert client.get("/api/v1/me/suggestions").json()["results"] == []


# -- Doors --


def test_friends_over_the_api(cast: Cast, client: Client) -> None:
    carol, bob = Client(), client
    carol.force_login(cast.carol)
    bob.force_login(cast.bob)
    assert carol.post("/api/v1/users/bob/friend").json()["friend_state"] == "asked"
    assert bob.get("/api/v1/users/carol").json()["friend_state"] == "asks_you"
    assert bob.get("/api/v1/me").json()["friend_requests"] == 1
    assert [one["handle"] for one in bob.get("/api/v1/me/friend-requests").json()["results"]] == ["carol"]
    assert bob.post("/api/v1/me/friend-requests/carol/accept").json()["friend_state"] == "friends"
    assert [one["handle"] for one in carol.get("/api/v1/me/friends").json()["results"]] == ["bob"]
    assert carol.put("/api/v1/me/close-friends/bob").status_code == 204
    assert [one["handle"] for one in carol.get("/api/v1/me/close-friends").json()["results"]] == ["bob"]
    assert carol.delete("/api/v1/me/close-friends/bob").status_code == 204
    assert carol.delete("/api/v1/users/bob/friend").json()["friend_state"] == "none"
    assert carol.post("/api/v1/users/bob/friend").json()["friend_state"] == "asked"
    assert bob.delete("/api/v1/me/friend-requests/carol").status_code == 204
    refused = carol.post("/api/v1/users/bob/friend")
    assert (refused.status_code, int(refused["Retry-After"]) > 0) == (429, True)
    assert Client().post("/api/v1/users/bob/friend").status_code == 401


def test_pages_work_with_and_without_script(cast: Cast, client: Client) -> None:
    client.force_login(cast.carol)
    assert "Add friend" in client.get("/@bob/").content.decode()
    fragment = client.post("/@bob/befriend/", headers=HX).content.decode()
    assert "Friendship asked" in fragment
    assert "<html" not in fragment
    bob = Client()
    bob.force_login(cast.bob)
    assert "/@carol/befriend/accept/" in bob.get("/people/requests/").content.decode()
    assert "Accept as friend" in bob.get("/@carol/").content.decode()
    assert bob.post("/@carol/befriend/accept/", {"next": "/people/requests/"})["Location"] == "/people/requests/"
    assert "@carol" in bob.get("/people/friends/").content.decode()
    assert "Close friend" in bob.post("/@carol/close/", headers=HX).content.decode()
    assert 'aria-pressed="true"' in bob.get("/people/close/").content.decode()
    assert bob.post("/@carol/unfriend/")["Location"] == "/@carol/"
    assert bob.get("/@carol/unfriend/")["Location"] == "/@carol/", "a GET does nothing"
    for path in ("/people/friends/", "/people/close/"):
        assert Client().get(path)["Location"] == f"/login/?next={path}"


def test_lists_of_friends_cost_the_same_and_go_by_their_index(cast: Cast, django_assert_num_queries: Any) -> None:
    made = [make_user(f"friend_{number}") for number in range(25)]
    for one in made:
        make_friends(cast.carol, one)
    with django_assert_num_queries(2):
        first = friends_queries.own_friends(viewer=cast.carol)
    second = friends_queries.own_friends(viewer=cast.carol, cursor=first.next)
    assert [one.handle for one in first.rows + second.rows] == [one.handle for one in reversed(made)]
    plan = Friendship.objects.filter(person=cast.carol).order_by("-id")[:21].explain()
    assert "friends_of" in plan
    assert "TEMP B-TREE" not in plan


def test_the_badge_moves_at_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    pushed: list[tuple[str, str]] = []
    monkeypatch.setattr("accounts.realtime.realtime.push", lambda group, said: pushed.append((group, said.type)))
    friends.ask(actor=cast.carol, person="bob")
    friends.accept(actor=cast.bob, person="carol")
    relations.set_private(actor=cast.alice, private=True)
    relations.follow(actor=cast.carol, person="alice")
    to_bob, to_alice = [(f"user:{one.pk}", "people.requests") for one in (cast.bob, cast.alice)]
    assert pushed == [to_bob, to_bob, to_alice]
