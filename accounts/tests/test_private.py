"""Private accounts: asking, answering, and who sees what meanwhile."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts import tasks
from accounts.access import people as people_access
from accounts.actions import relations
from accounts.models.people import User
from accounts.models.relations import Follow, FollowRequest, FollowState
from accounts.queries import people as people_queries
from accounts.tests.factories import Cast, log_in, make_user
from accounts.tests.test_at_once import assert_counters_are_right
from core import errors
from core.models import Event
from feed.tests.factories import make_post

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(cast: Cast) -> Cast:
    """As ever, but alice is private."""
    User.objects.filter(pk=cast.alice.pk).update(is_private=True)
    cast.alice.refresh_from_db()
    return cast


def waiting(person: User) -> int:
    """How many ask; the counter says the same."""
    person.refresh_from_db()
    assert person.requests_count == people_access.waiting_requests().filter(asked=person).count()
    return person.requests_count


def said() -> list[str]:
    return [name.partition(".")[2] for name in Event.objects.order_by("pk").values_list("name", flat=True)]


# -- Asking and answering --


def test_following_a_private_member_asks(cast: Cast) -> None:
    for _turn in range(2):
        assert relations.follow(actor=cast.carol, person="alice") == (cast.alice, FollowState.ASKED)
    assert waiting(cast.alice) == 1
    assert said() == ["FollowAsked"]
    assert not Follow.objects.filter(follower=cast.carol).exists()
    assert relations.follow(actor=cast.bob, person="alice") == (cast.alice, FollowState.FOLLOWING), "as before"
    assert relations.follow(actor=cast.carol, person="bob") == (cast.bob, FollowState.FOLLOWING)
    assert_counters_are_right()


def test_a_request_accepted_is_a_follow(cast: Cast) -> None:
    relations.follow(actor=cast.carol, person="alice")
    for _turn in range(2):
        relations.accept_request(actor=cast.alice, person=cast.carol.pk)
    assert waiting(cast.alice) == 0
    assert Follow.objects.filter(follower=cast.carol, followed=cast.alice).exists()
    assert said() == ["FollowAsked", "FollowRequestAccepted", "UserFollowed"]
    assert_counters_are_right()


def test_a_request_declined_can_be_made_again_tomorrow(cast: Cast) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        relations.follow(actor=cast.carol, person="alice")
        for _turn in range(2):
            relations.decline_request(actor=cast.alice, person="carol")
        assert waiting(cast.alice) == 0
        assert people_queries.person(viewer=cast.carol, person="alice").is_asked is False
        clock.shift(timedelta(hours=23))
        with pytest.raises(errors.TooMany):
            relations.follow(actor=cast.carol, person="alice")
        assert waiting(cast.alice) == 0
        clock.shift(timedelta(hours=2))
        relations.follow(actor=cast.carol, person="alice")
    assert waiting(cast.alice) == 1
    assert said() == ["FollowAsked", "FollowRequestDropped", "FollowAsked"]


def test_a_block_does_not_shorten_the_day_after_a_refusal(cast: Cast) -> None:
    relations.follow(actor=cast.carol, person="alice")
    relations.decline_request(actor=cast.alice, person="carol")
    relations.block(actor=cast.carol, person="alice")
    relations.unblock(actor=cast.carol, person="alice")
    with pytest.raises(errors.TooMany):
        relations.follow(actor=cast.carol, person="alice")


def test_a_request_withdrawn_is_gone_and_may_be_made_again(cast: Cast) -> None:
    relations.follow(actor=cast.carol, person="alice")
    for _turn in range(2):
        relations.unfollow(actor=cast.carol, person="alice")
    assert waiting(cast.alice) == 0
    with pytest.raises(errors.NotFound):
        relations.accept_request(actor=cast.alice, person="carol")
    relations.follow(actor=cast.carol, person="alice")
    assert said() == ["FollowAsked", "FollowRequestDropped", "FollowAsked"]


@pytest.mark.parametrize("blocker", ["alice", "carol"])
def test_a_block_drops_requests_both_ways(cast: Cast, blocker: str) -> None:
    relations.set_private(actor=cast.carol, private=True)
    relations.follow(actor=cast.carol, person="alice")
    relations.follow(actor=cast.alice, person="carol")
    pair = {"alice": cast.alice, "carol": cast.carol}
    relations.block(actor=pair.pop(blocker), person=pair.popitem()[1].pk)
    assert not FollowRequest.objects.exists()
    assert waiting(cast.alice) == waiting(cast.carol) == 0


@pytest.mark.parametrize("act", [relations.accept_request, relations.decline_request, relations.remove_follower])
def test_one_answers_only_whom_one_sees(cast: Cast, act: Callable[..., Any]) -> None:
    for person in ("mallory", "nobody", 10**9):
        with pytest.raises(errors.NotFound):
            act(actor=cast.alice, person=person)


def test_nobody_answers_for_another(cast: Cast) -> None:
    relations.follow(actor=cast.carol, person="alice")
    with pytest.raises(errors.NotFound):
        relations.accept_request(actor=cast.bob, person="carol")
    relations.decline_request(actor=cast.bob, person="carol")
    with pytest.raises(errors.NotFound):
        relations.accept_request(actor=cast.carol, person="alice")
    assert waiting(cast.alice) == 1


@pytest.mark.parametrize("private", [True, False])
def test_a_follower_can_be_removed(cast: Cast, private: bool) -> None:
    relations.set_private(actor=cast.alice, private=private)
    Event.objects.all().delete()
    for _turn in range(2):
        relations.remove_follower(actor=cast.alice, person="bob")
    assert not Follow.objects.filter(follower=cast.bob).exists()
    assert said() == ["UserUnfollowed", "AccessChanged"], "whose sockets then look again"
    assert Event.objects.get(name="core.AccessChanged").data == {"user_id": cast.bob.pk}
    assert_counters_are_right()


# -- The switch --


def test_who_follows_stays_when_an_account_becomes_private(cast: Cast) -> None:
    relations.set_private(actor=cast.dan, private=True)
    assert Follow.objects.filter(followed=cast.dan).count() == 1
    assert Event.objects.get().data == {"user_id": cast.dan.pk, "private": True}
    relations.set_private(actor=cast.dan, private=True)
    assert Event.objects.count() == 1


def test_who_waits_follows_when_the_account_opens(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(relations, "BATCH", 3)
    relations.follow(actor=cast.carol, person="alice")
    relations.decline_request(actor=cast.alice, person="carol")
    fans = [make_user() for _number in range(7)]
    for fan in fans:
        relations.follow(actor=fan, person="alice")
    Event.objects.all().delete()
    with django_assert_max_num_queries(75):
        relations.set_private(actor=cast.alice, private=False)
    assert waiting(cast.alice) == 0
    assert set(Follow.objects.filter(followed=cast.alice).values_list("follower", flat=True)) == {
        cast.bob.pk, cast.dan.pk, *(fan.pk for fan in fans),
    }  # fmt: skip
    assert said().count("UserFollowed") == said().count("FollowRequestAccepted") == 7
    assert_counters_are_right()


def test_the_clock_goes_on_where_an_opening_stood_still(cast: Cast) -> None:
    relations.follow(actor=cast.carol, person="alice")
    User.objects.filter(pk=cast.alice.pk).update(is_private=False)
    tasks.tidy_requests()
    assert Follow.objects.filter(follower=cast.carol, followed=cast.alice).exists()
    assert waiting(cast.alice) == 0
    assert_counters_are_right()


@pytest.mark.parametrize("change", [{"is_active": False}, {"suspended_until": timezone.now() + timedelta(days=9)}])
def test_what_people_ask_who_are_gone_does_not_show(cast: Cast, change: dict[str, Any]) -> None:
    relations.follow(actor=cast.carol, person="alice")
    relations.follow(actor=cast.mod, person="alice")
    User.objects.filter(pk=cast.carol.pk).update(**change)
    assert [person.handle for person in people_queries.requests(viewer=cast.alice).rows] == ["mod"]
    with pytest.raises(errors.NotFound):
        relations.accept_request(actor=cast.alice, person="carol")
    tasks.tidy_requests()
    assert waiting(cast.alice) == 1, "the clock takes it off the badge"


def test_the_clock_forgets_what_was_declined_a_day_ago(cast: Cast) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        relations.follow(actor=cast.carol, person="alice")
        relations.decline_request(actor=cast.alice, person="carol")
        tasks.tidy_requests()
        assert FollowRequest.objects.exists()
        clock.shift(timedelta(days=1, seconds=1))
        tasks.tidy_requests()
    assert not FollowRequest.objects.exists()


def test_recount_mends_the_counter_of_requests(cast: Cast) -> None:
    relations.follow(actor=cast.carol, person="alice")
    User.objects.filter(pk=cast.alice.pk).update(requests_count=9)
    assert (relations.recount(), relations.recount()) == (1, 0)
    assert waiting(cast.alice) == 1


# -- Who sees what --


@pytest.mark.parametrize(
    ("viewer", "sees"), [("alice", True), ("bob", True), ("dan", True), ("carol", False), ("mod", False), (None, False)]
)
def test_lists_and_posts_are_for_followers_and_the_profile_for_all(cast: Cast, viewer: str | None, sees: bool) -> None:
    make_post(cast.alice, "behind the curtain")
    client = Client()
    if viewer:
        client.force_login(getattr(cast, viewer))
    profile = client.get("/api/v1/users/alice").json()
    assert (profile["is_private"], profile["can_see"], profile["followers"], profile["posts"]) == (True, sees, 2, 1)
    page = client.get("/@alice/")
    assert page.status_code == 200
    assert ("behind the curtain" in page.content.decode()) is sees
    assert ("This account is private" in page.content.decode()) is not sees
    for path in ("followers", "following"):
        page = client.get(f"/@alice/{path}/")
        assert page.status_code == 200
        assert ("@dan" in page.content.decode().partition("<main")[2].partition("</main>")[0]) is sees
        assert ("This account is private" in page.content.decode()) is not sees
    for path in ("followers", "following", "posts") if viewer else ("followers", "following"):
        answer = client.get(f"/api/v1/users/alice/{path}")
        assert answer.status_code == (200 if sees else 403)
        assert sees or answer.json()["type"].endswith("not_allowed")
        assert sees or "private" in answer.json()["detail"]
    assert ("behind the curtain" in client.get("/@alice/posts/").content.decode()) is sees


def test_who_is_blocked_finds_nothing_at_all(cast: Cast, client: Client) -> None:
    client.force_login(cast.mallory)
    for path in ("/@alice/", "/@alice/followers/", "/api/v1/users/alice", "/api/v1/users/alice/followers"):
        assert client.get(path).status_code == 404


def test_asking_opens_nothing_and_being_accepted_does(cast: Cast, client: Client) -> None:
    log_in(client, cast.carol)
    relations.follow(actor=cast.carol, person="alice")
    assert client.get("/api/v1/users/alice/followers").status_code == 403
    relations.accept_request(actor=cast.alice, person="carol")
    assert client.get("/api/v1/users/alice/followers").status_code == 200
    relations.remove_follower(actor=cast.alice, person="carol")
    assert client.get("/api/v1/users/alice/followers").status_code == 403


# -- Pages --


def test_the_button_has_three_states_with_and_without_script(cast: Cast, client: Client) -> None:
    log_in(client, cast.carol)
    assert "Ask to follow" in client.get("/@alice/").content.decode()
    fragment = client.post("/@alice/follow/", headers={"HX-Request": "true"}).content.decode()
    assert "Asked" in fragment
    assert "/@alice/unfollow/" in fragment
    assert "<html" not in fragment
    assert "Asked" in client.get("/people/").content.decode()
    relations.accept_request(actor=cast.alice, person="carol")
    assert "Following" in client.get("/@alice/").content.decode()
    assert client.post("/@alice/unfollow/")["Location"] == "/@alice/"
    assert client.post("/@alice/follow/")["Location"] == "/@alice/"
    assert client.post("/@alice/unfollow/", headers={"HX-Request": "true"}).content.decode().count("Ask to follow") == 1
    assert waiting(cast.alice) == 0


def test_requests_are_answered_on_their_page(cast: Cast, client: Client) -> None:
    log_in(client, cast.alice)
    assert "Nobody is waiting" in client.get("/people/requests/").content.decode()
    for person in (cast.carol, cast.mod):
        relations.follow(actor=person, person="alice")
    page = client.get("/people/requests/").content.decode()
    assert page.index("@mod") < page.index("@carol")
    assert 'href="/people/requests/"' in client.get("/people/").content.decode()
    assert client.post("/@carol/accept/")["Location"] == "/people/requests/"
    assert client.post("/@mod/decline/")["Location"] == "/people/requests/"
    assert client.post("/@mod/accept/").status_code == 404
    assert "Nobody is waiting" in client.get("/people/requests/").content.decode()
    assert set(cast.alice.followers.values_list("follower__handle", flat=True)) == {"bob", "dan", "carol"}


def test_the_badge_comes_from_a_column(cast: Cast, client: Client, django_assert_max_num_queries: Any) -> None:
    log_in(client, cast.alice)
    client.get("/people/requests/")
    with django_assert_max_num_queries(20) as before:
        client.get("/people/requests/")
    for _number in range(5):
        relations.follow(actor=make_user(), person="alice")
    with django_assert_max_num_queries(20) as after:
        page = client.get("/people/requests/").content.decode()
    assert len(after) - len(before) == 1, "the people on the page"
    assert '<span aria-hidden="true">5</span>' in page.partition('data-nav="people"')[2].partition("</a>")[0]


def test_followers_are_removed_from_the_list_and_from_the_profile(cast: Cast, client: Client) -> None:
    log_in(client, cast.alice)
    page = client.get("/@alice/followers/").content.decode()
    assert "/@bob/remove/" in page
    assert "/remove/" not in client.get("/@alice/following/").content.decode()
    assert "/@bob/remove/" in client.get("/@bob/").content.decode()
    assert "/@carol/remove/" not in client.get("/@carol/").content.decode()
    assert client.post("/@bob/remove/")["Location"] == "/@alice/followers/"
    assert client.post("/@dan/remove/", {"next": "/@dan/"})["Location"] == "/@dan/"
    assert not cast.alice.followers.exists()
    assert "/remove/" not in client.get("/@dan/followers/").content.decode()


def test_the_switch_stands_in_the_settings(cast: Cast, client: Client) -> None:
    log_in(client, cast.bob)
    assert (
        client.post("/settings/privacy/", {"is_private": "on", "friends_audience": "friends"})["Location"]
        == "/settings/privacy/"
    )
    cast.bob.refresh_from_db()
    assert cast.bob.is_private
    assert "checked" in client.get("/settings/privacy/").content.decode()
    relations.follow(actor=cast.carol, person="bob")
    client.post("/settings/privacy/", {"friends_audience": "friends"})
    cast.bob.refresh_from_db()
    assert (cast.bob.is_private, cast.bob.followers_count, cast.bob.requests_count) == (False, 1, 0)


def test_visitors_are_sent_to_the_door(cast: Cast, client: Client) -> None:
    for path in ("/people/requests/", "/settings/privacy/"):
        assert client.get(path)["Location"] == f"/login/?next={path}"
    for path in ("/@bob/accept/", "/@bob/decline/", "/@bob/remove/"):
        assert client.post(path)["Location"].startswith("/login/?next=")
    log_in(client, cast.alice)
    assert client.get("/@bob/accept/")["Location"] == "/@bob/"


# -- API --


def test_asking_and_answering_over_the_api(cast: Cast, client: Client) -> None:
    carol, alice = Client(), client
    carol.force_login(cast.carol)
    alice.force_login(cast.alice)
    assert carol.get("/api/v1/users/alice").json()["follow_state"] == "none"
    for _turn in range(2):
        answer = carol.post("/api/v1/users/alice/follow")
        assert (answer.status_code, answer.json()["follow_state"], answer.json()["followed"]) == (200, "asked", False)
    assert alice.get("/api/v1/me").json()["follow_requests"] == 1
    asked = alice.get("/api/v1/me/follow-requests").json()
    assert ([one["handle"] for one in asked["results"]], asked["next"]) == (["carol"], None)
    assert alice.post(f"/api/v1/me/follow-requests/{cast.carol.pk}/accept").json()["follows_you"] is True
    assert carol.get("/api/v1/users/alice").json()["follow_state"] == "following"
    for _turn in range(2):
        assert alice.delete("/api/v1/users/carol/follower").status_code == 204
    assert carol.post("/api/v1/users/alice/follow").json()["follow_state"] == "asked"
    for _turn in range(2):
        assert alice.delete(f"/api/v1/me/follow-requests/{cast.carol.pk}").status_code == 204
    refused = carol.post("/api/v1/users/alice/follow")
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/too_many")
    assert int(refused["Retry-After"]) > 0
    assert carol.delete("/api/v1/users/alice/follow").json()["follow_state"] == "none"


def test_the_switch_over_the_api(cast: Cast, client: Client) -> None:
    client.force_login(cast.alice)
    relations.follow(actor=cast.carol, person="alice")
    json = {"content_type": "application/json"}
    assert client.patch("/api/v1/me", {"bio": "Soup"}, **json).json()["is_private"] is True
    assert client.patch("/api/v1/me", {"is_private": "perhaps"}, **json).status_code == 422
    answer = client.patch("/api/v1/me", {"is_private": False}, **json).json()
    assert (answer["is_private"], answer["followers"], answer["follow_requests"]) == (False, 3, 0)
    assert client.patch("/api/v1/me", {"is_private": True}, **json).json()["is_private"] is True


@pytest.mark.parametrize(
    ("method", "path"),
    [("post", "me/follow-requests/{}/accept"), ("delete", "me/follow-requests/{}"), ("delete", "users/{}/follower")],
)
def test_refusals_of_the_api(cast: Cast, client: Client, method: str, path: str) -> None:
    address = "/api/v1/" + path
    assert getattr(client, method)(address.format(cast.carol.pk)).status_code == 401
    client.force_login(cast.alice)
    hidden, absent = [getattr(client, method)(address.format(id)) for id in (cast.mallory.pk, 10**9)]
    assert hidden.status_code == absent.status_code == 404
    assert hidden.content == absent.content
    assert client.put(address.format(cast.carol.pk)).status_code == 405


def test_requests_come_by_cursor_over_their_index(cast: Cast, client: Client, django_assert_num_queries: Any) -> None:
    assert client.get("/api/v1/me/follow-requests").status_code == 401
    fans = [make_user(f"fan_{number}") for number in range(25)]
    for fan in fans:
        relations.follow(actor=fan, person="alice")
    with django_assert_num_queries(2):  # candidates, whom of them one may see
        first = people_queries.requests(viewer=cast.alice)
    second = people_queries.requests(viewer=cast.alice, cursor=first.next)
    assert [fan.handle for fan in first.rows + second.rows] == [fan.handle for fan in reversed(fans)]
    plan = people_access.waiting_requests().filter(asked=cast.alice).order_by("-id")[:21].explain()
    assert "request_waiting" in plan
    assert "TEMP B-TREE" not in plan
    log_in(client, cast.alice)
    assert client.get("/api/v1/me/follow-requests?cursor=rubbish").status_code == 422
