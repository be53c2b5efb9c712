"""Parts of actions: who subscribes to what, and where a post stands. Decision 0015.

Rows of members are locked before those of sources.
"""

from collections.abc import Collection, Sequence
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.db.models.functions import Greatest

from accounts.models.relations import Audience
from core import text, wake
from feed.models.posts import COUNTED, Post
from feed.models.sources import Filing, Home, HomeEntry, Source, SourceKind, Subscription, SubscriptionState

# In order of members, so that two who copy the same wait for each other one way.
COPY = """
    INSERT INTO feed_homeentry (member_id, post_id)
    SELECT DISTINCT member_id, CAST(%s AS bigint) FROM feed_subscription WHERE source_id IN ({places}) AND state = 0
    ORDER BY member_id ON CONFLICT DO NOTHING
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
    return _sources(SourceKind.PERSON, "person_id", [person_id])[0]


def tag_sources(names: Sequence[str]) -> list[Source]:
    return _sources(SourceKind.TAG, "name", names)


def _sources(kind: SourceKind, column: str, values: Sequence[Any]) -> list[Source]:
    """In the order of the values; made where there are none."""
    rows = Source.objects.filter(kind=kind, **{f"{column}__in": values})
    found = {getattr(one, column): one for one in rows}
    if missing := [Source(kind=kind, **{column: value}) for value in sorted(values) if value not in found]:
        Source.objects.bulk_create(missing, ignore_conflicts=True)
        found = {getattr(one, column): one for one in rows.all()}
    return [found[value] for value in values]


def subscribe(members: Collection[int], source: Source, state: SubscriptionState = SubscriptionState.WAITING) -> None:
    mine = Subscription.objects.filter(source=source, member__in=members)
    if len(set(mine.values_list("member_id", flat=True))) == len(set(members)):
        return
    there = Source.objects.select_for_update(no_key=True).filter(pk=source.pk).first()
    if there is None:  # a hashtag, swept since it was found
        subscribe(members, tag_sources([source.name or ""])[0], state)
        return
    source = there
    new = sorted(set(members) - set(mine.values_list("member_id", flat=True)))
    state = SubscriptionState.MERGED if source.is_merged else state
    Subscription.objects.bulk_create(
        Subscription(member_id=one, source=source, kind=source.kind, state=state) for one in new
    )
    if state == SubscriptionState.COPIED:  # else their homes are made when the copies are
        Home.objects.bulk_create((Home(member_id=one) for one in new), ignore_conflicts=True)
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
    return file_tags([post], is_waiting=False)


def file_tags(posts: Sequence[Post], *, is_waiting: bool) -> bool:
    """The same for many; whether any is new. Where they wait, `homes.copy_late` copies them."""
    named = {post: _tag_names(post) for post in posts}
    sources = {one.name: one for one in tag_sources(sorted({name for names in named.values() for name in names}))}
    filed = Filing.objects.filter(post__in=posts, source__kind=SourceKind.TAG)
    there = set(filed.values_list("source_id", "post_id"))
    wanted = {(sources[name].pk, post.pk) for post, names in named.items() for name in names}
    for source_id, post_id in there - wanted:
        filed.filter(source=source_id, post=post_id).delete()
    for post, names in named.items():
        if new := [sources[name] for name in names if (sources[name].pk, post.pk) not in there]:
            _file(post, new, is_waiting=is_waiting)
    return bool(wanted - there)


def _tags_of(post: Post) -> list[Source]:
    return tag_sources(_tag_names(post))


def _tag_names(post: Post) -> list[str]:
    """Where strangers would look for it: nothing that is for few, and nothing that was brought."""
    found = post.audience in COUNTED and not post.is_brought
    return text.tags(post.text) if found else []


def _file(post: Post, sources: Sequence[Source], *, is_waiting: bool = False) -> None:
    there = _share([source.pk for source in sources])
    rows = (Filing(source_id=id, post=post, is_waiting=is_waiting) for id in there)
    Filing.objects.bulk_create(rows, ignore_conflicts=True)
    if swept := [source.name for source in sources if source.name and source.pk not in there]:
        _file(post, tag_sources(swept), is_waiting=is_waiting)


def _share(source_ids: Collection[int]) -> list[int]:
    """Until the end of the transaction nobody changes how these sources come to their readers; others may file
    meanwhile. SQLite has one writer at a time. (The foreign key takes this lock as well, but only at the commit.)
    Returns which of them are there."""
    if not connection.features.has_select_for_update:
        return list(Source.objects.filter(pk__in=source_ids).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(SHARE, [list(source_ids)])
        return [id for (id,) in cursor.fetchall()]


def refile_post(post: Post) -> None:
    """Part of a post's change for more readers: copies it to them while they are few, or says that it waits."""
    # Read after the lock that was taken with the filing, which keeps what it says.
    sources = Source.objects.filter(filings__post=post, is_merged=False).order_by("subscribers_count", "pk")
    if post.audience == Audience.ONLY_ME:
        HomeEntry.objects.bulk_create([HomeEntry(member_id=post.author_id, post=post)], ignore_conflicts=True)
        return
    room = settings.HOME_COPY_AT_ONCE
    at_once: list[int] = []
    later: list[int] = []
    for source in sources:
        room -= source.subscribers_count
        (at_once if room >= 0 else later).append(source.pk)
    copy(post.pk, at_once)
    if later:
        Filing.objects.filter(source__in=later, post=post).update(is_waiting=True)


def copy(post_id: int, source_ids: Collection[int]) -> None:
    if source_ids:
        with connection.cursor() as cursor:
            cursor.execute(COPY.format(places=", ".join(["%s"] * len(source_ids))), [post_id, *source_ids])
