"""Who sees whom; follow and block; the pages about people."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts import registry
from accounts.access import people as people_access
from accounts.actions import relations
from accounts.models.people import User
from accounts.models.relations import Block, Follow
from accounts.queries import people as people_queries
from accounts.tests.factories import Cast, log_in, make_block, make_follow, make_user
from core import errors
from core.models import Event

pytestmark = pytest.mark.django_db
NAMES = ["alice", "bob", "carol", "dan", "mallory", "mod"]
UNSEEN = {("alice", "mallory"), ("mallory", "alice")}


def counts(user: User) -> tuple[int, int]:
    user.refresh_from_db()
    return user.followers_count, user.following_count


def body(page) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"|data-csrf="\w+"', "", page.content.decode())


# -- Access --


@pytest.mark.parametrize("viewer", [*NAMES, None])
@pytest.mark.parametrize("person", NAMES)
def test_everybody_sees_everybody_but_across_a_block(cast: Cast, viewer: str | None, person: str) -> None:
    who, other = getattr(cast, viewer) if viewer else None, getattr(cast, person)
    seen = (viewer, person) not in UNSEEN
    assert people_access.visible_people(who).filter(pk=other.pk).exists() is seen
    client = Client()
    if who is not None:
        client.force_login(who)
    assert client.get(f"/@{person}/").status_code == (200 if seen else 404)
    assert client.get(f"/api/v1/users/{other.pk}").status_code == (200 if seen else 404)
    assert client.get(f"/@{person}/followers/").status_code == (200 if seen else 404)
    if seen:
        assert people_access.access_person(who, person.upper()) == other
    else:
        with pytest.raises(errors.NotFound):
            people_access.access_person(who, other.pk)


@pytest.mark.parametrize("change", [{"is_active": False}, {"suspended_until": timezone.now() + timedelta(days=9)}])
def test_who_is_gone_is_gone_for_all(cast: Cast, change: dict) -> None:
    User.objects.filter(pk=cast.carol.pk).update(**change)
    for viewer in (None, AnonymousUser(), cast.alice, cast.mod):
        with pytest.raises(errors.NotFound):
            people_access.access_person(viewer, cast.carol.pk)
    cast.carol.refresh_from_db()
    with pytest.raises(errors.NotAllowed):
        people_access.access_member(cast.carol)
    with pytest.raises(errors.NotAllowed):
        relations.follow(actor=cast.carol, person="bob")


def test_hidden_and_absent_answer_byte_for_byte(cast: Cast, client: Client) -> None:
    log_in(client, cast.mallory)
    for path in ("/@{}/", "/@{}/followers/", "/@{}/following/", "/@{}/posts/", "/api/v1/users/{}"):
        hidden, absent = client.get(path.format("alice")), client.get(path.format("nobody"))
        assert hidden.status_code == absent.status_code == 404
        assert body(hidden).replace("alice", "nobody") == body(absent)
    for path in ("/@{}/follow/", "/@{}/unfollow/", "/@{}/block/"):
        hidden, absent = client.post(path.format("alice")), client.post(path.format("nobody"))
        assert hidden.status_code == absent.status_code == 404
        assert body(hidden).replace("alice", "nobody") == body(absent)
    assert client.post("/@alice/unblock/").status_code == client.post("/@nobody/unblock/").status_code == 302


def test_lists_leave_out_who_may_not_be_seen(cast: Cast, client: Client) -> None:
    make_follow(cast.mallory, cast.bob)
    make_follow(cast.carol, cast.bob)
    log_in(client, cast.alice)
    page = client.get("/@bob/followers/").content.decode()
    assert "@carol" in page
    assert "@mallory" not in page


# -- Follow --


def test_following_twice_counts_once(cast: Cast) -> None:
    for _turn in range(2):
        relations.follow(actor=cast.carol, person="alice")
    assert counts(cast.alice) == (3, 1)
    assert counts(cast.carol) == (0, 1)
    assert Event.objects.filter(name="accounts.UserFollowed").count() == 1
    for _turn in range(2):
        relations.unfollow(actor=cast.carol, person=cast.alice.pk)
    assert counts(cast.alice) == (2, 1)
    assert counts(cast.carol) == (0, 0)
    assert Event.objects.filter(name="accounts.UserUnfollowed").count() == 1


def test_nobody_follows_or_blocks_themselves(cast: Cast) -> None:
    with pytest.raises(errors.Invalid):
        relations.follow(actor=cast.alice, person="alice")
    with pytest.raises(errors.Invalid):
        relations.block(actor=cast.alice, person="alice")


# -- Block --


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    calls: list[set[int]] = []
    monkeypatch.setattr(registry, "block_listeners", [lambda one, other: calls.append({one, other})])
    return calls


def test_block_takes_follows_along_and_tells_everybody(cast: Cast, heard: list[set[int]]) -> None:
    for _turn in range(2):
        relations.block(actor=cast.dan, person="alice")
    assert counts(cast.alice) == (1, 0)
    assert counts(cast.dan) == (0, 0)
    assert heard == [{cast.alice.pk, cast.dan.pk}]
    changed = Event.objects.filter(name="core.AccessChanged").values_list("data__user_id", flat=True)
    assert sorted(changed) == sorted((cast.alice.pk, cast.dan.pk))
    assert Event.objects.filter(name="accounts.UserBlocked").count() == 1
    with pytest.raises(errors.NotFound):
        relations.follow(actor=cast.alice, person="dan")


def test_unblock_shows_both_again_and_brings_no_follow_back(cast: Cast, heard: list[set[int]]) -> None:
    relations.block(actor=cast.dan, person="alice")
    for _turn in range(2):
        relations.unblock(actor=cast.dan, person="alice")
    assert len(heard) == 2
    assert people_access.access_person(cast.alice, "dan") == cast.dan
    assert not Follow.objects.filter(follower=cast.dan).exists()


def test_only_the_blocker_unblocks(cast: Cast) -> None:
    relations.unblock(actor=cast.mallory, person="alice")
    assert Block.objects.filter(blocker=cast.alice, blocked=cast.mallory).exists()


def test_recount_mends_counters(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    User.objects.filter(pk__in=[cast.alice.pk, cast.carol.pk]).update(followers_count=77, following_count=5)
    assert relations.recount() == 2
    assert relations.recount() == 0
    assert counts(cast.alice) == (2, 1)
    assert counts(cast.carol) == (0, 0)
    call_command("recount")
    assert "follows: 0 mended" in capsys.readouterr().out


# -- Pages --


def test_follow_and_unfollow_from_the_profile(cast: Cast, client: Client) -> None:
    log_in(client, cast.carol)
    assert "/@alice/follow/" in client.get("/@alice/").content.decode()
    assert client.post("/@alice/follow/", {"next": "/@bob/"})["Location"] == "/@bob/"
    assert client.post("/@alice/follow/", {"next": "//evil.example"})["Location"] == "/@alice/"
    assert "/@alice/unfollow/" in client.get("/@alice/").content.decode()
    fragment = client.post("/@alice/unfollow/", headers={"HX-Request": "true"})
    assert fragment.status_code == 200
    assert "/@alice/follow/" in fragment.content.decode()
    assert "<html" not in fragment.content.decode()


def test_one_sees_no_follow_button_on_oneself(cast: Cast, client: Client) -> None:
    log_in(client, cast.alice)
    page = client.get("/@alice/").content.decode()
    assert "/@alice/follow/" not in page
    assert "/@alice/block/" not in page


def test_strangers_to_the_site_are_sent_to_the_door(cast: Cast, client: Client) -> None:
    assert client.get("/@alice/").status_code == 200
    for path in ("/@alice/follow/", "/@alice/block/", "/settings/avatar/"):
        answer = client.post(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login/?next=")
    log_in(client, cast.bob)
    assert client.get("/@alice/follow/")["Location"] == "/@alice/"


def test_whom_one_blocks_can_be_let_go_by_page_and_api_also_while_they_hide(cast: Cast, client: Client) -> None:
    """Somebody who is about to leave is nowhere else to be found."""
    log_in(client, cast.alice)
    for hidden in (None, timezone.now()):
        User.objects.filter(pk=cast.mallory.pk).update(hidden_at=hidden)
        assert 'action="/@mallory/unblock/"' in client.get("/settings/blocked/").content.decode()
        listed = client.get("/api/v1/me/blocks").json()
        assert [one["handle"] for one in listed["results"]] == ["mallory"]
    assert client.delete(f"/api/v1/users/{listed['results'][0]['id']}/block").status_code == 204
    assert client.get("/api/v1/me/blocks").json() == {"results": [], "next": None}
    make_block(cast.alice, cast.mallory)
    assert client.post("/@mallory/unblock/").status_code == 302
    assert not Block.objects.filter(blocker=cast.alice).exists()


def test_block_and_unblock_by_hand(cast: Cast, client: Client) -> None:
    log_in(client, cast.carol)
    assert client.post("/@alice/block/")["Location"] == "/settings/blocked/"
    assert "@alice" in client.get("/settings/blocked/").content.decode()
    assert client.get("/@alice/").status_code == 404
    client.post("/@alice/unblock/")
    assert "@alice" not in client.get("/settings/blocked/").content.decode()
    assert client.get("/@alice/").status_code == 200


def test_profile_and_lists_cost_the_same_however_many(
    cast: Cast, django_assert_num_queries, django_assert_max_num_queries
) -> None:
    def cost() -> tuple[int, ...]:
        found = []
        for call in (
            lambda: people_queries.person(viewer=cast.carol, person="alice"),
            lambda: people_queries.followers(viewer=cast.carol, person="alice"),
            lambda: people_queries.blocked_people(viewer=cast.alice),
        ):
            with django_assert_max_num_queries(10) as asked:
                call()
            found.append(len(asked))
        return tuple(found)

    before = cost()
    for _turn in range(12):
        make_follow(make_user(), cast.alice)
        make_block(cast.alice, make_user())
    assert cost() == before == (2, 3, 1)


def test_profile_page_asks_a_fixed_number(cast: Cast, client: Client, django_assert_max_num_queries) -> None:
    log_in(client, cast.carol)
    client.get("/@alice/")
    with django_assert_max_num_queries(14) as first:
        client.get("/@alice/")
    for _turn in range(5):
        make_follow(make_user(), cast.alice)
    with django_assert_max_num_queries(14) as second:
        client.get("/@alice/")
    assert len(first) == len(second)


def test_followers_come_page_by_page_without_holes(cast: Cast, client: Client) -> None:
    fans = [make_user(f"fan_{number}") for number in range(45)]
    for fan in fans:
        make_follow(fan, cast.carol)
    log_in(client, cast.bob)
    seen: list[str] = []
    address = "/@carol/followers/"
    for _turn in range(4):
        page = client.get(address).content.decode().partition("<aside")[0]  # the rail has people, too
        seen += re.findall(r'<span dir="ltr">@(fan_\d+)</span>', page)
        more = re.search(r'href="(\?cursor=[\w-]+)"', page)
        if more is None:
            break
        address = "/@carol/followers/" + more[1]
    assert seen == [fan.handle for fan in reversed(fans)]
    assert client.get("/@carol/followers/?cursor=rubbish").status_code == 422


def test_the_index_serves_the_list_of_followers(cast: Cast) -> None:
    plan = Follow.objects.filter(followed=cast.alice).order_by("-id")[:21].explain()
    assert "follow_followers" in plan
    assert "TEMP B-TREE" not in plan
