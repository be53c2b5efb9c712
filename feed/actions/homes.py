"""What comes to whose home behind the requests, and when somebody goes. Decision 0015.

Copying must not miss a post whose transaction is still open. Whoever files a post shares a lock of the source; whoever
turns a subscription into a copied one takes the source's row for update, and so waits for them.
"""

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from accounts.models.people import User
from feed.actions import filing
from feed.models.sources import Filing, Home, HomeEntry, Source, Subscription, SubscriptionState

KEPT = 1000  # entries of a member
SLACK = 200  # more than that many too many are taken away
BATCH = 200
FILLED_AT_ONCE = 10  # homes, while nobody can file under the source
COPIED, WAITING, MERGED = SubscriptionState.COPIED, SubscriptionState.WAITING, SubscriptionState.MERGED
REBUILT = (
    """INSERT INTO feed_source (kind, person_id, subscribers_count, is_merged)
    SELECT 'person', id, 0, FALSE FROM accounts_user WHERE id BETWEEN %(first)s AND %(last)s
    ON CONFLICT DO NOTHING""",
    """INSERT INTO feed_source (kind, person_id, subscribers_count, is_merged)
    SELECT DISTINCT 'person', followed_id, 0, FALSE FROM accounts_follow
    WHERE follower_id BETWEEN %(first)s AND %(last)s
    ON CONFLICT DO NOTHING""",
    """INSERT INTO feed_filing (source_id, post_id, is_waiting)
    SELECT s.id, p.id, FALSE FROM feed_post p JOIN feed_source s ON s.person_id = p.author_id
    WHERE p.author_id BETWEEN %(first)s AND %(last)s AND NOT p.is_brought
    ON CONFLICT DO NOTHING""",
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
    for row in Filing.objects.filter(post_id=post_id, is_waiting=True):
        filing.copy(post_id, row.source_id)
        Filing.objects.filter(pk=row.pk).update(is_waiting=False)


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
    Subscription.objects.filter(source=source).update(state=MERGED if merged else WAITING)
    Filing.objects.filter(source=source, is_waiting=True).update(is_waiting=False)


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
    # Nobody of them follows or unfollows meanwhile, and nobody settles what they read.
    list(User.objects.select_for_update(no_key=True).filter(pk__range=(first, last)).order_by("pk").values_list("pk"))
    read = Subscription.objects.filter(member_id__gte=first, member_id__lte=last).values("source")
    list(Source.objects.select_for_update(no_key=True).filter(pk__in=read).order_by("pk").values_list("pk"))
    with connection.cursor() as cursor:
        for statement in REBUILT:
            cursor.execute(statement, span)


@transaction.atomic
def recount() -> int:
    """Source.subscribers_count from the subscriptions there are; returns how many were wrong."""
    rows = Subscription.objects.filter(source=OuterRef("pk")).order_by().values("source")
    number = Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n")), 0)
    return Source.objects.exclude(subscribers_count=number).update(subscribers_count=number)
