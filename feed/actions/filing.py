"""Parts of actions: who subscribes to what, and where a post stands. Decision 0015.

Rows of members are locked before those of sources.
"""

from collections.abc import Collection

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.db.models.functions import Greatest

from accounts.models.relations import Audience
from core import text, wake
from feed.models.posts import COUNTED, Post
from feed.models.sources import Filing, HomeEntry, Source, SourceKind, Subscription, SubscriptionState

COPY = """
    INSERT INTO feed_homeentry (member_id, post_id)
    SELECT member_id, %s FROM feed_subscription WHERE source_id = %s AND state = 0
    ON CONFLICT DO NOTHING
"""
SHARE = "SELECT id FROM feed_source WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE"

# -- Who reads what ----------------------------------------------------------------------------------------------------


def follows_changed(followers: Collection[int], followed: int, follows: bool) -> None:
    """Part of a follow or unfollow, in its transaction: what the homes show is true at their next read."""
    source = source_of(followed)
    if follows:
        subscribe(followers, source)
        wake.after_commit("feed.settle")
    else:
        unsubscribe(followers, source)


def source_of(person_id: int) -> Source:
    source = Source.objects.filter(person_id=person_id).first()
    if source is None:
        Source.objects.bulk_create([Source(kind=SourceKind.PERSON, person_id=person_id)], ignore_conflicts=True)
        source = Source.objects.get(person_id=person_id)
    return source


def subscribe(members: Collection[int], source: Source, state: SubscriptionState = SubscriptionState.WAITING) -> None:
    mine = Subscription.objects.filter(source=source, member__in=members)
    if len(set(mine.values_list("member_id", flat=True))) == len(set(members)):
        return
    source = Source.objects.select_for_update(no_key=True).get(pk=source.pk)
    new = sorted(set(members) - set(mine.values_list("member_id", flat=True)))
    state = SubscriptionState.MERGED if source.is_merged else state
    Subscription.objects.bulk_create(Subscription(member_id=one, source=source, state=state) for one in new)
    Source.objects.filter(pk=source.pk).update(subscribers_count=F("subscribers_count") + len(new))


def unsubscribe(members: Collection[int], source: Source) -> None:
    source = Source.objects.select_for_update(no_key=True).get(pk=source.pk)  # before what hangs on it
    gone, _by_model = Subscription.objects.filter(source=source, member__in=members).delete()
    if gone:
        Source.objects.filter(pk=source.pk).update(subscribers_count=Greatest(F("subscribers_count") - gone, 0))


# -- Where a post stands -----------------------------------------------------------------------------------------------


def file_post(post: Post) -> None:
    """Part of making a post: it stands under its author and its hashtags, and comes to few readers at once; to more of
    them by `homes.copy_post`, and until then their reads make up for it."""
    source = source_of(post.author_id)
    subscribe([post.author_id], source, SubscriptionState.COPIED)
    _file(post, [source, *_tags_of(post)])
    refile_post(post)


def refile_tags(post: Post) -> bool:
    """Part of an edit: the post stands under the hashtags of its words, and under no others. Whether some are new: then
    `refile_post` belongs after it."""
    filed = Source.objects.filter(filings__post=post, kind=SourceKind.TAG)
    wanted = _tags_of(post)
    Filing.objects.filter(post=post, source__in=filed).exclude(source__in=wanted).delete()
    new = [source for source in wanted if source not in filed]
    if new:
        _file(post, new)
    return bool(new)


def _tags_of(post: Post) -> list[Source]:
    """Where strangers would look for it: nothing that is for few, and nothing that was brought."""
    found = post.audience in COUNTED and not post.is_brought
    return tag_sources(text.tags(post.text)) if found else []


def tag_sources(names: list[str]) -> list[Source]:
    """Sources of hashtags, made where there are none; until the end of the transaction nobody sweeps them away."""
    found = _shared_tags(names)
    while missing := [Source(kind=SourceKind.TAG, name=name) for name in sorted(names) if name not in found]:
        Source.objects.bulk_create(missing, ignore_conflicts=True)
        found = _shared_tags(names)
    return [found[name] for name in names]


def _shared_tags(names: list[str]) -> dict[str | None, Source]:
    there = Source.objects.filter(kind=SourceKind.TAG, name__in=names)
    _share(list(there.values_list("pk", flat=True)) if names else [])
    return {one.name: one for one in there}  # after the lock


def _file(post: Post, sources: list[Source]) -> None:
    _share([source.pk for source in sources])
    Filing.objects.bulk_create((Filing(source=source, post=post) for source in sources), ignore_conflicts=True)


def _share(source_ids: Collection[int]) -> None:
    """Until the end of the transaction nobody changes how these sources come to their readers; others may file
    meanwhile. SQLite has one writer at a time. (The foreign key takes this lock as well, but only at the commit.)"""
    if source_ids and connection.features.has_select_for_update:
        with connection.cursor() as cursor:
            cursor.execute(SHARE, [list(source_ids)])


def refile_post(post: Post) -> None:
    """Part of a post's change for more readers: copies it to them, or says that it waits for that."""
    # Read after the lock that was taken with the filing, which keeps what it says.
    for source in Source.objects.filter(filings__post=post, is_merged=False).order_by("pk"):
        if post.audience == Audience.ONLY_ME:
            HomeEntry.objects.bulk_create([HomeEntry(member_id=post.author_id, post=post)], ignore_conflicts=True)
        elif source.subscribers_count <= settings.HOME_COPY_AT_ONCE:
            copy(post.pk, source.pk)
        else:
            Filing.objects.filter(source=source, post=post).update(is_waiting=True)


def copy(post_id: int, source_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(COPY, [post_id, source_id])
