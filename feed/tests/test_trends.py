"""What is talked about: counted once a day and person, exactly, and shown to those alone who hear it."""

import math
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models.mutes import Mute, MutedWord
from accounts.models.people import User
from accounts.tests.factories import Cast, make_block, make_user
from core import errors, folding, outbox
from feed.access import trends as trend_access
from feed.actions import comments as comment_actions
from feed.actions import hidden as hidden_actions
from feed.actions import posts as post_actions
from feed.actions import reactions as reaction_actions
from feed.actions import tags as tag_actions
from feed.actions import trends
from feed.models.posts import Post
from feed.models.reactions import Reaction
from feed.models.sources import Filing, Source, SourceKind
from feed.models.trends import KEPT, PostTrend, PostVote, TagTrend, TagVote, lately, warmth
from feed.queries import trends as trend_queries
from feed.tests.factories import make_post, make_reaction

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def post(author: User, text: str = "Hello", audience: str = "public") -> int:
    return post_actions.create_post(actor=author, text=text, audience=audience).pk


def react(post_id: int, *people: User) -> None:
    for one in people:
        reaction_actions.react(actor=one, post_id=post_id, kind="like")
    outbox.drain()


def warm(viewer: User | None) -> list[int]:
    return [row.pk for row in trend_queries.trending_posts(viewer).rows]


def tags(viewer: User | None) -> list[str | None]:
    return [row.source.name for row in trend_queries.trending_tags(viewer).rows]


def heat(post_id: int) -> float:
    return PostTrend.objects.get(pk=post_id).heat


def summed(post_id: int) -> float:
    """The heat as its votes make it, in plain arithmetic."""
    found = [vote.warmth for vote in PostVote.objects.filter(post=post_id)]
    return max(found) + math.log(sum(math.exp(one - max(found)) for one in found))


def test_posts_stand_in_the_order_of_how_many_answered(cast: Cast) -> None:
    one, two, three = post(cast.alice), post(cast.dan), post(cast.alice)
    react(two, cast.alice, cast.bob, cast.carol)
    react(one, cast.bob)
    comment_actions.comment(actor=cast.carol, post_id=one, text="Yes")
    outbox.drain()
    assert warm(cast.bob) == warm(None) == [two, one]
    assert three not in warm(cast.alice), "nobody has said anything"
    assert abs(lately(heat(two), timezone.now()) - 3) < 0.01


def test_a_member_counts_once_a_day_however_much_they_do(cast: Cast) -> None:
    one = post(cast.alice, "#soup")
    react(one, cast.bob)
    before = heat(one)
    for kind in ("love", "wow", "like"):
        reaction_actions.react(actor=cast.bob, post_id=one, kind=kind)
    reaction_actions.unreact(actor=cast.bob, post_id=one)
    comment_actions.comment(actor=cast.bob, post_id=one, text="And again")
    comment_actions.comment(actor=cast.alice, post_id=one, text="My own")
    react(one, cast.alice)
    assert (heat(one), PostVote.objects.count()) == (before, 1)
    for number in range(3):
        post(cast.alice, f"{number} #soup")
    outbox.drain()
    assert TagVote.objects.count() == 1
    assert round(lately(TagTrend.objects.get().heat, timezone.now()), 2) == 1


def test_yesterday_counts_half(cast: Cast) -> None:
    now = timezone.now()
    one = post(cast.alice)
    Reaction.objects.create(user=cast.bob, post_id=one, kind="like", created_at=now - timedelta(days=1))
    Reaction.objects.create(user=cast.dan, post_id=one, kind="like", created_at=now)
    Reaction.objects.create(user=cast.carol, post_id=one, kind="like", created_at=now - KEPT - timedelta(hours=1))
    for user in (cast.bob, cast.dan, cast.carol):
        trends.count_reaction(post_id=one, user_id=user.pk)
    assert PostVote.objects.count() == 2, "what is weeks old is no news"
    assert abs(lately(heat(one), now) - 1.5) < 1e-6


def test_the_order_holds_for_all_times() -> None:
    now = timezone.now() + timedelta(days=3650)
    assert abs(lately(warmth(now) + math.log(5), now) - 5) < 1e-6
    assert lately(None, now) == lately(warmth(now - timedelta(days=4000)), now) == 0
    assert lately(warmth(now + timedelta(days=4000)), now) > 1, "a clock that was wrong breaks no page"


@pytest.mark.parametrize(
    "why", ["deleted", "narrowed", "private", "suspended", "blocked", "muted", "hidden", "word", "friends"]
)
def test_what_one_does_not_hear_is_in_no_trend(cast: Cast, why: str) -> None:
    one = post(cast.alice, "A bowl of #soup", audience="friends" if why == "friends" else "members")
    react(one, *([cast.dan] if why == "friends" else [cast.bob, cast.dan]))
    viewer = cast.dan if why == "friends" else cast.carol
    assert (warm(viewer), tags(viewer)) == (([], []) if why == "friends" else ([one], ["soup"]))
    assert (warm(None), tags(None)) == ([], []), "visitors see what is for everybody"
    if why == "deleted":
        post_actions.delete_post(actor=cast.alice, post_id=one)
    elif why == "narrowed":
        post_actions.edit_post(actor=cast.alice, post_id=one, audience="friends")
    elif why == "private":
        User.objects.filter(pk=cast.alice.pk).update(is_private=True)
    elif why == "suspended":
        User.objects.filter(pk=cast.alice.pk).update(suspended_until=timezone.now() + timedelta(days=1))
    elif why == "blocked":
        make_block(cast.alice, cast.carol)
    elif why == "muted":
        Mute.objects.create(muter=cast.carol, muted=cast.alice)
    elif why == "hidden":
        hidden_actions.hide_post(actor=cast.carol, post_id=one)
    elif why == "word":
        MutedWord.objects.create(muter=cast.carol, phrase="soup", folded=folding.needle("soup"))
    outbox.drain()
    assert (warm(viewer), tags(viewer)) == ([], [])


def test_a_tag_used_only_where_one_may_not_look_is_no_news(cast: Cast) -> None:
    post(cast.alice, "#secret", audience="friends")
    outbox.drain()
    assert not TagTrend.objects.exists()
    one = post(cast.alice, "#bread", audience="friends")
    post_actions.edit_post(actor=cast.alice, post_id=one, audience="members", text="More #bread")
    outbox.drain()
    assert tags(cast.carol) == ["bread"]


def test_pages_meet_nothing_twice_while_others_react(cast: Cast) -> None:
    made = [post(cast.alice, f"{number}") for number in range(50)]
    for at, one in enumerate(made):
        react(one, *[cast.bob, cast.dan, cast.carol][: at % 3 + 1])
    page = trend_queries.trending_posts(cast.bob)
    seen = [row.pk for row in page.rows]
    late = [one for one in made if one not in seen]
    while page.next:
        react(seen[0], make_user())
        page = trend_queries.trending_posts(cast.bob, page.next)
        seen += [row.pk for row in page.rows]
    assert len(seen) == len(set(seen)) == 50
    assert set(late) <= set(seen)
    with pytest.raises(errors.Invalid):
        trend_queries.trending_posts(cast.bob, "rubbish")


def test_sweeping_takes_what_is_cold(cast: Cast) -> None:
    one, two = post(cast.alice), post(cast.dan)
    react(one, cast.bob)
    react(two, cast.bob)
    old = timezone.now() - KEPT - timedelta(days=2)
    PostVote.objects.filter(post=one).update(day=old.date(), warmth=warmth(old))
    PostTrend.objects.filter(post=one).update(heat=warmth(old))
    assert trends.sweep() == 2
    assert (trends.sweep(), warm(cast.carol)) == (0, [two])


def test_recounting_makes_the_same_of_what_there_is(cast: Cast) -> None:
    one = post(cast.alice, "#soup and #bread")
    react(one, cast.bob, cast.dan)
    comment_actions.comment(actor=cast.carol, post_id=one, text="Yes")
    outbox.drain()
    before = [*PostTrend.objects.values_list("heat", flat=True), *TagTrend.objects.values_list("heat", flat=True)]
    assert trends.recount() == 0
    PostVote.objects.all().delete()
    TagVote.objects.all().delete()
    PostTrend.objects.update(heat=1)
    TagTrend.objects.all().delete()
    assert trends.recount() == 3
    after = [*PostTrend.objects.values_list("heat", flat=True), *TagTrend.objects.values_list("heat", flat=True)]
    assert after == pytest.approx(before, abs=1e-6)


@pytest.mark.parametrize("number", [2, 30])
def test_cost_does_not_grow(cast: Cast, number: int, django_assert_num_queries: Any) -> None:
    for at in range(number):
        made = make_post(cast.alice, f"#tag{'abcdefghijklmnopqrstuvwxyzäöüß'[at]}x", pictures=1)
        make_reaction(made, cast.bob)
    trends.recount()
    with django_assert_num_queries(5):  # muted words, candidates, seen, cards, pictures
        assert len(trend_queries.trending_posts(cast.dan).rows) == min(number, 20)
    with django_assert_num_queries(3):  # muted words, candidates, seen
        assert len(trend_queries.trending_tags(cast.dan).rows) == min(number, 20)


def test_trends_are_found_over_indexes(cast: Cast) -> None:
    made = Post.objects.bulk_create(Post(author=cast.alice, text=f"{number}") for number in range(3000))
    PostTrend.objects.bulk_create(PostTrend(post=one, heat=one.pk % 97) for one in made)
    sources = Source.objects.bulk_create(Source(kind=SourceKind.TAG, name=f"tag{number}") for number in range(3000))
    TagTrend.objects.bulk_create(TagTrend(source=one, heat=one.pk % 97) for one in sources)
    Filing.objects.bulk_create(Filing(source=sources[0], post=one) for one in made)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    after = trend_queries._cooler(repr(50.0), 10**6)
    for rows, index in ((PostTrend.objects.all(), "warmest_posts"), (TagTrend.objects.all(), "warmest_tags")):
        for part in (rows, rows.filter(after)):
            steps = part.order_by("-heat", "-pk")[:81].explain()
            assert index in steps, steps
            assert "Sort" not in steps, steps
            assert "TEMP B-TREE" not in steps, steps
    steps = trend_access.trending_tags(cast.bob).filter(pk__in=[one.pk for one in sources[:80]]).explain()
    assert "Seq Scan on feed_filing" not in steps, steps
    assert "SCAN feed_filing" not in steps, steps
    assert "Semi Join" not in steps.partition("SubPlan")[0], steps  # of every post with every hashtag
    steps = trend_access.trending_posts(cast.bob).filter(pk__in=trend_queries.warmest_posts(100)).explain()
    assert "Seq Scan on feed_posttrend" not in steps, steps
    assert "Seq Scan on feed_post " not in steps, steps


def test_hashtags_that_nobody_uses_are_swept(cast: Cast) -> None:
    one = post(cast.alice, "#soup #bread")
    tag_actions.follow_tag(actor=cast.bob, name="followed")
    tag_actions.follow_tag(actor=cast.bob, name="left")
    tag_actions.unfollow_tag(actor=cast.bob, name="left")
    post_actions.edit_post(actor=cast.alice, post_id=one, text="#bread")
    last = tag_actions.sweep_tags()
    assert last is not None
    assert tag_actions.sweep_tags(after=last) is None
    assert set(Source.objects.filter(kind=SourceKind.TAG).values_list("name", flat=True)) == {"bread", "followed"}
    assert Source.objects.filter(kind=SourceKind.PERSON, person=cast.alice).exists()


def together(work: list[Any]) -> None:
    faults: list[BaseException] = []

    def guarded(one: Any) -> None:
        try:
            one()
        except BaseException as error:  # noqa: BLE001  told below
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=guarded, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_hundred_reactions_at_once_are_a_hundred(cast: Cast) -> None:
    """Whatever order they are written and counted in, by however many at once; and nobody who reacts waits for it."""
    one = post(cast.alice)
    people = [make_user() for _number in range(100)]

    def some(start: int) -> None:
        for person in people[start : start + 10]:
            reaction_actions.react(actor=person, post_id=one, kind="like")

    together([lambda start=start: some(start) for start in range(0, 100, 10)])
    outbox.drain()
    assert PostVote.objects.filter(post=one).count() == 100
    assert abs(heat(one) - summed(one)) < 1e-6
    PostVote.objects.all().delete()
    PostTrend.objects.all().delete()

    def count(start: int) -> None:
        for person in people[start : start + 20]:
            trends.count_reaction(post_id=one, user_id=person.pk)

    together([lambda start=start: count(start) for start in [*range(0, 100, 20), *range(0, 100, 20)]])
    assert PostVote.objects.filter(post=one).count() == 100
    assert abs(heat(one) - summed(one)) < 1e-6
    assert trends.recount() == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_sweeping_takes_no_hashtag_from_under_a_post(cast: Cast) -> None:
    stop = threading.Event()

    def write(author: User) -> None:
        for number in range(40):
            made = post(author, f"#soup{'abcd'[number % 4]}")
            post_actions.edit_post(actor=author, post_id=made, text="Nothing")
            tag_actions.follow_tag(actor=author, name="soupe")
            tag_actions.unfollow_tag(actor=author, name="soupe")

    def sweep() -> None:
        while not stop.is_set():
            tag_actions.sweep_tags()

    sweeper = threading.Thread(target=lambda: (sweep(), connection.close()))
    sweeper.start()
    try:
        together([lambda one=one: write(one) for one in (cast.alice, cast.dan, cast.bob)])
    finally:
        stop.set()
        sweeper.join()
    tag_actions.sweep_tags()
    assert not Source.objects.filter(kind=SourceKind.TAG).exists()
