"""Homes: true at the next read whatever the workers do, and the same whether copied, waited for or read."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actions import relations
from accounts.models.people import User
from accounts.models.relations import Follow
from accounts.tests.conftest import Cast
from accounts.tests.factories import log_in, make_user
from core import outbox
from feed import checkup, handlers, tasks
from feed.actions import homes, tags
from feed.actions import posts as post_actions
from feed.events import PostCreated
from feed.models.posts import Post
from feed.models.sources import Filing, Home, HomeEntry, Source, Subscription, SubscriptionState
from feed.queries import home as home_queries
from feed.tests.factories import make_post

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def shown(member: User) -> list[int]:
    """The whole home, page by page."""
    page = home_queries.home(member)
    found = list(page.rows)
    while page.next:
        page = home_queries.home(member, page.next)
        found += page.rows
    return [post.pk for post in found]


def state_of(member: User, person: User) -> int:
    return Subscription.objects.get(member=member, source__person=person).state


def entries(member: User) -> list[int]:
    return list(HomeEntry.objects.filter(member=member).order_by("-post").values_list("post_id", flat=True))


def post(author: User, **given: Any) -> int:
    return post_actions.create_post(actor=author, text="Hello", **given).pk


def test_a_follow_shows_everything_at_once_and_an_unfollow_nothing(cast: Cast) -> None:
    old, new = post(cast.dan), post(cast.dan)
    assert shown(cast.carol) == []
    relations.follow(actor=cast.carol, person="dan")
    assert (shown(cast.carol), entries(cast.carol)) == ([new, old], []), "read, as nobody has copied yet"
    homes.settle_waiting()
    assert state_of(cast.carol, cast.dan) == SubscriptionState.COPIED
    assert shown(cast.carol) == entries(cast.carol) == [new, old]
    relations.unfollow(actor=cast.carol, person="dan")
    assert (shown(cast.carol), entries(cast.carol)) == ([], [new, old]), "what is left is not shown"
    homes.trim()
    assert entries(cast.carol) == []


def test_few_readers_get_it_in_the_same_transaction(cast: Cast) -> None:
    homes.settle_waiting()
    made = post(cast.alice)
    assert entries(cast.bob) == [made]
    assert not Filing.objects.filter(is_waiting=True).exists()


@override_settings(HOME_COPY_AT_ONCE=0)
def test_many_read_it_until_it_is_copied_behind_the_request(cast: Cast) -> None:
    homes.settle_waiting()
    made = post(cast.alice)
    assert (shown(cast.bob), entries(cast.bob)) == ([made], [])
    for _again in range(2):
        handlers.copy(PostCreated(post_id=made, author_id=cast.alice.pk, audience="members"))
        assert shown(cast.bob) == entries(cast.bob) == [made]
    assert not Filing.objects.filter(is_waiting=True).exists()


def test_very_many_read_the_source_and_fewer_get_copies_again(cast: Cast) -> None:
    first = post(cast.alice)
    followers = [make_user() for _number in range(6)]
    with override_settings(HOME_COPY_LIMIT=6):
        for one in followers:
            relations.follow(actor=one, person="alice")
            homes.settle_waiting()
        source = Source.objects.get(person=cast.alice)
        assert source.is_merged
        assert set(source.subscriptions.values_list("state", flat=True)) == {SubscriptionState.MERGED}
        second = post(cast.alice)
        assert second not in entries(followers[0])
        assert shown(followers[0]) == shown(cast.alice) == [second, first]
        for one in followers:
            relations.unfollow(actor=one, person="alice")
        homes.trim()
        homes.settle_waiting()
        assert not Source.objects.get(person=cast.alice).is_merged
        assert shown(cast.bob) == entries(cast.bob) == [second, first]


def test_for_nobody_but_oneself_and_then_for_all(cast: Cast) -> None:
    homes.settle_waiting()
    made = post(cast.alice, audience="only_me")
    assert (shown(cast.alice), shown(cast.bob), entries(cast.bob)) == ([made], [], [])
    post_actions.edit_post(actor=cast.alice, post_id=made, audience="members")
    assert shown(cast.bob) == entries(cast.bob) == [made]
    post_actions.edit_post(actor=cast.alice, post_id=made, audience="friends")
    assert shown(cast.bob) == []


def test_a_deletion_and_its_undoing(cast: Cast) -> None:
    made = post(cast.alice)
    post_actions.delete_post(actor=cast.alice, post_id=made)
    assert shown(cast.bob) == []
    post_actions.undo_delete_post(actor=cast.alice, post_id=made)
    assert shown(cast.bob) == [made]


def test_what_is_kept_is_bounded_and_what_is_shown_is_not(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homes, "KEPT", 10)
    monkeypatch.setattr(homes, "SLACK", 5)
    homes.settle_waiting()
    made = [post(author) for _turn in range(20) for author in (cast.alice, cast.dan)]
    relations.follow(actor=cast.bob, person="dan")
    homes.settle_waiting()
    assert Home.objects.get(pk=cast.bob.pk).floor > 0
    assert shown(cast.bob) == made[::-1], "what was older of dan's than is kept is read"
    homes.trim()
    assert len(entries(cast.bob)) <= 15
    assert shown(cast.bob) == made[::-1]
    assert [one.pk for one in home_queries.new_posts(cast.bob, after=made[3]).rows] == made[:3:-1]


def test_pages_below_the_floor_begin_where_those_above_end(cast: Cast) -> None:
    homes.settle_waiting()
    made = [post(cast.alice) for _turn in range(60)]
    Home.objects.update_or_create(member=cast.bob, defaults={"floor": made[29]})
    HomeEntry.objects.filter(member=cast.bob, post__lte=made[29]).delete()
    assert shown(cast.bob) == made[::-1]


def test_rebuilding_makes_it_as_it_should_be(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    made = post(cast.alice)
    homes.settle_waiting()
    Filing.objects.all().delete()
    Subscription.objects.all().delete()
    Source.objects.update(subscribers_count=7)
    HomeEntry.objects.create(member=cast.carol, post_id=made)
    assert shown(cast.bob) == []
    call_command("rebuild_feeds")
    assert "The homes are made anew." in capsys.readouterr().out
    assert shown(cast.bob) == shown(cast.alice) == [made]
    assert shown(cast.carol) == entries(cast.carol) == []
    assert homes.recount() == 0
    call_command("rebuild_feeds", "bob")
    with pytest.raises(CommandError, match="Nobody here"):
        call_command("rebuild_feeds", "nobody")


def test_rebuilding_mends_what_an_older_version_wrote(cast: Cast) -> None:
    """It files nothing and subscribes nobody; others have copies of the same sources meanwhile."""
    tags.follow_tag(actor=cast.carol, name="soup")
    homes.settle_waiting()
    assert not list(checkup.homes())[0].mend
    made = Post.objects.create(author=cast.alice, text="Fresh #soup", audience="public").pk
    Follow.objects.create(follower=cast.mod, followed=cast.alice)
    assert home_queries.unfiled() == 2
    [found] = checkup.homes()
    assert (found.level, "rebuild_feeds" in found.mend) == ("warn", True)
    call_command("rebuild_feeds", "alice")
    assert shown(cast.bob) == shown(cast.carol) == shown(cast.alice) == [made]
    homes.settle_waiting()
    assert (homes.copy_late(), home_queries.waiting_since() is None) == (0, False), "the sure lane's first minute"
    Post.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    assert list(checkup.homes())[0].level == "warn"
    tasks.settle()
    assert entries(cast.bob) == entries(cast.carol) == shown(cast.bob) == shown(cast.carol) == [made]
    call_command("rebuild_feeds")
    assert shown(cast.mod) == entries(cast.mod) == [made]
    assert home_queries.unfiled() == 0
    assert list(checkup.homes())[0].level == "ok"


@override_settings(HOME_COPY_AT_ONCE=0)
def test_the_clock_copies_what_the_lane_gave_up(cast: Cast) -> None:
    homes.settle_waiting()
    made = post(cast.alice)
    Post.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    assert (homes.copy_late(), homes.copy_late()) == (1, 0)
    assert entries(cast.bob) == [made]


@override_settings(HOME_COPY_AT_ONCE=4)
def test_all_that_is_copied_in_the_request_is_one_statement(cast: Cast) -> None:
    """However many hashtags a post has; and as many readers as are copied to at once, not as many for each."""
    for name in ("one_a", "two_b", "three_c"):
        tags.follow_tag(actor=cast.carol, name=name)
    tags.follow_tag(actor=cast.mod, name="three_c")
    homes.settle_waiting()
    with CaptureQueriesContext(connection) as caught:
        made = post_actions.create_post(actor=cast.dan, text="#one_a #two_b #three_c", audience="public").pk
    copying = [one["sql"] for one in caught.captured_queries if "INTO feed_homeentry" in one["sql"]]
    assert len(copying) == 1
    assert set(Filing.objects.filter(is_waiting=True).values_list("source__name", flat=True)) == {"three_c"}
    assert (entries(cast.carol), entries(cast.mod), shown(cast.mod)) == ([made], [], [made])


def test_who_reads_only_themselves_is_trimmed_too(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homes, "KEPT", 10)
    monkeypatch.setattr(homes, "SLACK", 5)
    alone = make_user("alone")
    made = [post(alone) for _turn in range(30)]
    homes.trim()
    assert len(entries(alone)) == 10
    assert shown(alone) == made[::-1]


def test_trimming_between_two_looks_leaves_no_hole(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homes, "KEPT", 10)
    monkeypatch.setattr(homes, "SLACK", 5)
    homes.settle_waiting()
    made = [post(cast.alice) for _turn in range(30)]
    looked = home_queries._of_sources

    def trimmed_meanwhile(*given: Any) -> list[int]:
        monkeypatch.setattr(home_queries, "_of_sources", looked)
        homes.trim()
        return looked(*given)

    monkeypatch.setattr(home_queries, "_of_sources", trimmed_meanwhile)
    first = home_queries.home(cast.bob)
    assert len(entries(cast.bob)) == 10
    assert [row.pk for row in first.rows] == made[:9:-1]


def test_brought_posts_come_to_nobody(cast: Cast) -> None:
    make_post(cast.alice, is_brought=True)
    homes.rebuild(first=cast.alice.pk, last=cast.alice.pk)
    assert shown(cast.bob) == []


def plan(statement: str, values: dict[str, int]) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'' if connection.vendor == 'postgresql' else 'QUERY PLAN '}{statement}", values)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def test_every_part_of_a_home_is_found_over_an_index(cast: Cast) -> None:
    homes.settle_waiting()
    made = Post.objects.bulk_create(Post(author=cast.alice, text=f"{number}") for number in range(3000))
    source = Source.objects.get(person=cast.alice)
    Filing.objects.bulk_create(Filing(source=source, post=one, is_waiting=one is made[-1]) for one in made)
    HomeEntry.objects.bulk_create(HomeEntry(member=cast.bob, post=one) for one in made[:-1])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    values = {"member": cast.bob.pk, "below": made[-1].pk + 1, "above": 0, "number": 81}
    found = plan(home_queries.COPIED_OR_WAITING, values)
    newest = plan(home_queries.NEWEST.format(sources=home_queries.ALL), values)
    assert "filing_waiting" in found, found
    for steps in (found, newest):
        assert "SCAN feed_" not in steps, steps
        for table in ("feed_filing", "feed_homeentry"):
            assert f"Seq Scan on {table}" not in steps, steps


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_no_post_is_lost_between_copying_and_settling(cast: Cast) -> None:
    """Writers, followers and the worker at once; in the end copies and sources say the same."""
    people = [make_user() for _number in range(4)]  # with all the others as many as the pool has connections
    stop = threading.Event()
    faults: list[BaseException] = []

    def guarded(work: Any) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  told below
            faults.append(error)
        finally:
            connection.close()

    def write() -> None:
        for _turn in range(25):
            post(cast.alice)

    def follow(one: User) -> None:
        for _turn in range(8):
            relations.follow(actor=one, person="alice")
            relations.unfollow(actor=one, person="alice")
        relations.follow(actor=one, person="alice")

    def settle() -> None:
        while not stop.is_set():
            homes.settle_waiting()

    worker = threading.Thread(target=guarded, args=(settle,))
    threads = [threading.Thread(target=guarded, args=(write,)) for _number in range(2)]
    threads += [threading.Thread(target=guarded, args=(lambda one=one: follow(one),)) for one in people]
    for thread in (worker, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    worker.join()
    assert faults == []
    homes.settle_waiting()
    outbox.drain()
    every = list(Post.objects.filter(author=cast.alice).order_by("-pk").values_list("pk", flat=True))
    assert len(every) == 50
    for one in people:
        assert state_of(one, cast.alice) == SubscriptionState.COPIED
        assert entries(one) == every
    assert homes.recount() == 0


def test_more_that_is_new_than_is_shown_at_once_is_said(cast: Cast, client: Client, monkeypatch: Any) -> None:
    """Put above what stands there already it would leave a hole, so scripts begin the page anew."""
    monkeypatch.setattr(home_queries, "NEW_LIMIT", 3)
    made = [make_post(cast.alice).pk for _turn in range(5)]
    log_in(client, cast.bob)
    for after, is_part in ((made[1], False), (made[0], True)):
        page = home_queries.new_posts(cast.bob, after=after)
        assert [row.pk for row in page.rows] == made[:1:-1]
        assert bool(page.next) == is_part
        assert ("data-part" in client.get(f"/feed/new?after={after}").content.decode()) == is_part
