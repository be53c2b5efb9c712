"""What comes to whose home behind the requests, and when somebody goes. Decision 0015.

Copying must not miss a post whose transaction is still open. Whoever files a post shares a lock of the source; whoever
turns a subscription into a copied one takes the source's row for update, and so waits for them.
"""

from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models.people import User
from feed.actions import filing
from feed.models.posts import Post
from feed.models.sources import Filing, Home, HomeEntry, Source, Subscription, SubscriptionState

KEPT = 1000  # entries of a member
SLACK = 200  # more than that many too many are taken away
BATCH = 200
LATE = timedelta(minutes=1)
FILLED_AT_ONCE = 10  # homes, while nobody can file under the source
COPIED, WAITING, MERGED = SubscriptionState.COPIED, SubscriptionState.WAITING, SubscriptionState.MERGED
REBUILT_SOURCES = (
    """INSERT INTO feed_source (kind, person_id, subscribers_count, is_merged)
    SELECT 'person', id, 0, FALSE FROM accounts_user WHERE id BETWEEN %(first)s AND %(last)s
    ON CONFLICT DO NOTHING""",
    """INSERT INTO feed_source (kind, person_id, subscribers_count, is_merged)
    SELECT DISTINCT 'person', followed_id, 0, FALSE FROM accounts_follow
    WHERE follower_id BETWEEN %(first)s AND %(last)s
    ON CONFLICT DO NOTHING""",
)
REBUILT = (
    """DELETE FROM feed_subscription WHERE member_id BETWEEN %(first)s AND %(last)s
    AND EXISTS (
        SELECT 1 FROM feed_source s WHERE s.id = feed_subscription.source_id AND s.kind = 'person'
        AND s.person_id <> feed_subscription.member_id
        AND NOT EXISTS (SELECT 1 FROM accounts_follow f
                        WHERE f.follower_id = feed_subscription.member_id AND f.followed_id = s.person_id)
    )""",
    """INSERT INTO feed_subscription (member_id, source_id, state, created_at)
    SELECT f.follower_id, s.id, CASE WHEN s.is_merged THEN 2 ELSE 1 END, f.created_at
    FROM accounts_follow f JOIN feed_source s ON s.person_id = f.followed_id
    WHERE f.follower_id BETWEEN %(first)s AND %(last)s
    ON CONFLICT DO NOTHING""",
    """INSERT INTO feed_subscription (member_id, source_id, state, created_at)
    SELECT s.person_id, s.id, CASE WHEN s.is_merged THEN 2 ELSE 1 END, u.created_at
    FROM feed_source s JOIN accounts_user u ON u.id = s.person_id
    WHERE s.person_id BETWEEN %(first)s AND %(last)s
    AND EXISTS (SELECT 1 FROM feed_post p WHERE p.author_id = s.person_id)
    ON CONFLICT DO NOTHING""",
    "DELETE FROM feed_homeentry WHERE member_id BETWEEN %(first)s AND %(last)s",
    "UPDATE feed_home SET floor = 0 WHERE member_id BETWEEN %(first)s AND %(last)s",
    "UPDATE feed_subscription SET state = 1 WHERE member_id BETWEEN %(first)s AND %(last)s AND state = 0",
    # Of whom others have copies, what was not filed waits to be copied to them.
    """INSERT INTO feed_filing (source_id, post_id, is_waiting)
    SELECT s.id, p.id, EXISTS (SELECT 1 FROM feed_subscription r WHERE r.source_id = s.id AND r.state = 0)
    FROM feed_post p JOIN feed_source s ON s.person_id = p.author_id
    WHERE p.author_id BETWEEN %(first)s AND %(last)s AND NOT p.is_brought
    ON CONFLICT DO NOTHING""",
)
# Entries of what the member no longer subscribes to: no page shows them in any case.
FORGET = """
    DELETE FROM feed_homeentry WHERE member_id = %s AND NOT EXISTS (
        SELECT 1 FROM feed_filing f JOIN feed_subscription s ON s.source_id = f.source_id
        WHERE f.post_id = feed_homeentry.post_id AND s.member_id = feed_homeentry.member_id
    )
"""


@transaction.atomic
def copy_post(*, post_id: int) -> None:
    """Copies a post that waits to all who subscribe to what it stands under. Again changes nothing."""
    waiting = Filing.objects.filter(post_id=post_id, is_waiting=True)
    ids = list(waiting.order_by("source").values_list("source", flat=True))
    filing.copy(post_id, ids)
    waiting.filter(source__in=ids).update(is_waiting=False)


def copy_late() -> int:
    """Posts that the sure lane has not copied within a minute, or has given up; the clock calls it until there are
    none. Returns how many."""
    late = Filing.objects.filter(is_waiting=True, post__created_at__lt=timezone.now() - LATE)
    ids = sorted(set(late.order_by("post").values_list("post", flat=True)[:BATCH]))
    for post_id in ids:
        copy_post(post_id=post_id)
    return len(ids)


# -- What becomes copied, and what is copied no more -------------------------------------------------------------------


@transaction.atomic
def settle(*, source_id: int) -> int:
    """After who subscribes has changed: a source with very many readers is read from now on, one with fewer is copied
    again; and some of the subscriptions that wait get what they have missed. Returns how many."""
    source = Source.objects.select_for_update().filter(pk=source_id).first()  # and nobody files meanwhile
    if source is None:
        return 0
    if not source.is_merged and source.subscribers_count > settings.HOME_COPY_LIMIT:
        _switch(source, merged=True)
    elif source.is_merged and source.subscribers_count < _few():
        _switch(source, merged=False)
    waiting = Subscription.objects.filter(source=source, state=WAITING)
    if source.is_merged:
        return waiting.update(state=MERGED)
    rows = list(waiting.order_by("member")[:FILLED_AT_ONCE])
    _fill(source.pk, [row.member_id for row in rows])
    Subscription.objects.filter(pk__in=[row.pk for row in rows]).update(state=COPIED)
    return len(rows)


def _few() -> int:
    """Well below the limit, so that a source does not go to and fro."""
    return settings.HOME_COPY_LIMIT * 3 // 4


def _switch(source: Source, *, merged: bool) -> None:
    source.is_merged = merged
    source.save(update_fields=["is_merged"])
    # What waits under it goes on doing so until it is copied to nobody: a read that has begun before still finds it.
    Subscription.objects.filter(source=source).update(state=MERGED if merged else WAITING)


def _fill(source_id: int, member_ids: list[int]) -> None:
    """What of a source belongs among the members' entries. Where that is more than is kept, what is older than the last
    of it is read from the sources."""
    Home.objects.bulk_create((Home(member_id=id) for id in member_ids), ignore_conflicts=True)
    homes = Home.objects.select_for_update(no_key=True).filter(pk__in=member_ids).order_by("pk")
    floors = dict(homes.values_list("pk", "floor"))
    newest = Filing.objects.filter(source_id=source_id, post__gt=min(floors.values(), default=0)).order_by("-post")
    ids = list(newest.values_list("post_id", flat=True)[: KEPT + 1])
    bottom = ids.pop() if len(ids) > KEPT else 0
    Home.objects.filter(pk__in=member_ids, floor__lt=bottom).update(floor=bottom)
    HomeEntry.objects.bulk_create(
        # In the order in which posts are copied, so that two who copy the same wait for each other one way.
        (
            HomeEntry(member_id=member, post_id=id)
            for id in sorted(ids)
            for member, floor in sorted(floors.items())
            if id > floor
        ),
        ignore_conflicts=True,
        batch_size=5000,
    )


def settle_waiting() -> int:
    """The sources of a batch of subscriptions that wait; the clock calls it until there are none."""
    waiting = Subscription.objects.filter(state=WAITING).order_by("pk").values_list("source_id", flat=True)[:BATCH]
    for source_id in sorted(set(waiting)):
        while settle(source_id=source_id):
            pass
    return len(waiting)


def trim() -> None:
    """Keeps a thousand entries of each member, older pages are read from the sources; and takes back what is read since
    very many subscribed, where they have gone."""
    few = Source.objects.filter(is_merged=True, subscribers_count__lt=_few())
    for source_id in list(few.values_list("pk", flat=True)):
        settle(source_id=source_id)
    last = 0
    while members := list(Home.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        last = members[-1]
        for member_id in members:
            _trim(member_id)


@transaction.atomic
def _trim(member_id: int) -> None:
    Home.objects.select_for_update(no_key=True).get(pk=member_id)
    with connection.cursor() as cursor:
        cursor.execute(FORGET, [member_id])
    entries = HomeEntry.objects.filter(member_id=member_id).order_by("-post").values_list("post_id", flat=True)
    if entries[KEPT + SLACK :][:1]:
        oldest = entries[KEPT]
        Home.objects.filter(pk=member_id, floor__lt=oldest).update(floor=oldest)
        HomeEntry.objects.filter(member_id=member_id, post_id__lte=oldest).delete()


# -- Somebody goes -----------------------------------------------------------------------------------------------------


@transaction.atomic
def erase_entries(*, member: User, take_messages: bool) -> int:
    return HomeEntry.objects.filter(member=member).delete()[0]


@transaction.atomic
def erase_subscriptions(*, member: User, take_messages: bool) -> int:
    """What the member read; the sources count one less."""
    rows = Subscription.objects.filter(member=member).order_by("source__person").select_related("source")[:BATCH]
    for row in rows:
        filing.unsubscribe([member.pk], row.source)
    return len(rows)


@transaction.atomic
def erase_subscribers(*, member: User, take_messages: bool) -> int:
    """Who read the member; the source itself goes with their row."""
    rows = Subscription.objects.filter(source__person=member).order_by("pk").values_list("pk", flat=True)[:BATCH]
    return Subscription.objects.filter(pk__in=list(rows)).delete()[0]


# -- All anew ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def rebuild(*, first: int, last: int) -> None:
    """Sources, subscriptions and entries of the members with these ids, from their follows and posts, whatever stood
    there. Until `settle_waiting` has copied them, their homes are read from the sources. `recount` belongs after it."""
    span = {"first": first, "last": last}
    # Nobody of them follows or unfollows meanwhile, and nobody settles what they read or write.
    list(User.objects.select_for_update(no_key=True).filter(pk__range=(first, last)).order_by("pk").values_list("pk"))
    with connection.cursor() as cursor:
        for statement in REBUILT_SOURCES:
            cursor.execute(statement, span)
        read = Q(pk__in=Subscription.objects.filter(member__gte=first, member__lte=last).values("source"))
        theirs = Source.objects.filter(read | Q(person__gte=first, person__lte=last))
        list(theirs.select_for_update(no_key=True).order_by("pk").values_list("pk"))
        for statement in REBUILT:
            cursor.execute(statement, span)


@transaction.atomic
def rebuild_tags(*, after: int, first: int, last: int) -> int:
    """Files the next posts with hashtags that these members have written; where none is left, nothing is returned, else
    the id of the last. Belongs before `rebuild`."""
    rows = Post.objects.filter(pk__gt=after, author__gte=first, author__lte=last, text__contains="#").order_by("pk")
    posts = list(rows.select_for_update(no_key=True)[:BATCH])
    filing.file_tags(posts, is_waiting=True)
    return posts[-1].pk if posts else 0


@transaction.atomic
def recount() -> int:
    """Source.subscribers_count from the subscriptions there are; returns how many were wrong."""
    rows = Subscription.objects.filter(source=OuterRef("pk")).order_by().values("source")
    number = Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n")), 0)
    return Source.objects.exclude(subscribers_count=number).update(subscribers_count=number)
