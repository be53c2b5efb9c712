"""Follow, ask to follow, block: ties between two, under the lock of both rows."""

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import events, realtime, registry
from accounts.access import friends as friends_access
from accounts.access import people as people_access
from accounts.models.people import User
from accounts.models.relations import Block, Follow, FollowRequest, FollowState, Friendship
from core import errors, outbox

ASK_AGAIN = timedelta(days=1)  # after a request was declined
BATCH = 500


def set_private(*, actor: User, private: bool) -> User:
    """Closes the actor's account to all but present followers, or opens it: then whoever waits follows."""
    with transaction.atomic():
        actor = people_access.access_member(actor)
        row = User.objects.select_for_update(no_key=True).get(pk=actor.pk)
        if row.is_private != private:
            row.is_private = private
            row.save(update_fields=["is_private"])
            outbox.emit(events.PrivacyChanged(user_id=row.pk, private=private))
    while not private and _take_in(row.pk):
        pass  # nobody has asked since the switch
    return row


@transaction.atomic
def follow(*, actor: User, person: int | str) -> tuple[User, FollowState]:
    """Follows a member (id or handle), or asks to if the account is private; repeats change nothing. TooMany within a
    day of being declined."""
    actor = people_access.access_member(actor)
    who = people_access.access_person(actor, person)
    if who.pk == actor.pk:
        raise errors.Invalid(_("You are with yourself all day anyway."))
    _lock_people(actor.pk, who.pk)
    who = people_access.access_person(actor, who.pk)  # nobody blocked meanwhile, and the lock keeps it so
    if not who.is_private:
        _add_followers(who.pk, [actor.pk])
        Follow.objects.filter(follower=actor, followed=who, by_friendship=True).update(by_friendship=False)
    elif friends_access.are_friends(actor.pk, who.pk):  # they look inside already
        _add_followers(who.pk, [actor.pk], by_friendship=True)
    elif not Follow.objects.filter(follower=actor, followed=who).exists():
        _ask(actor.pk, who.pk)
        return who, FollowState.ASKED
    return who, FollowState.FOLLOWING


@transaction.atomic
def unfollow(*, actor: User, person: int | str) -> User:
    """The actor follows a member no more, or withdraws their request; doing it again changes nothing."""
    actor, who = _both(actor, person)
    _answer(who.pk, [actor.pk], events.FollowRequestDropped)
    if _drop_follow(actor.pk, who.pk):
        realtime.access_changed(actor.pk)  # posts for followers are watched no more
    return who


@transaction.atomic
def remove_follower(*, actor: User, person: int | str) -> User:
    """A member follows the actor no more, and is not told; doing it again changes nothing."""
    actor = people_access.access_member(actor)
    who = people_access.access_person(actor, person, to="dismiss")
    _lock_people(actor.pk, who.pk)
    if _drop_follow(who.pk, actor.pk):
        realtime.access_changed(who.pk)
    return who


@transaction.atomic
def accept_request(*, actor: User, person: int | str) -> User:
    """A member who asked follows the actor from now on. NotFound if nothing waits; accepting again changes nothing."""
    actor, who = _both(actor, person)
    if people_access.visible_requests(actor).filter(asker=who).exists():
        _add_followers(actor.pk, [who.pk])
    elif not Follow.objects.filter(follower=who, followed=actor).exists():
        raise errors.NotFound
    return who


@transaction.atomic
def decline_request(*, actor: User, person: int | str) -> User:
    """A member's request is gone, without a word to them; declining again changes nothing."""
    actor, who = _both(actor, person)
    if _answer(actor.pk, [who.pk], events.FollowRequestDropped):
        FollowRequest.objects.create(asker=who, asked=actor, declined_at=timezone.now())
    return who


def tidy_requests() -> None:
    """Takes in who still waits at an open account, drops what the gone ask, forgets what was declined a day ago."""
    waiting = people_access.waiting_requests()
    for asked in list(waiting.filter(asked__is_private=False).values_list("asked_id", flat=True).distinct()):
        while _take_in(asked):
            pass
    for asked in list(waiting.filter(~people_access.present("asker__")).values_list("asked_id", flat=True).distinct()):
        with transaction.atomic():
            _lock_people(asked)
            gone = waiting.filter(~people_access.present("asker__"), asked_id=asked).values_list("asker_id", flat=True)
            _answer(asked, list(gone), events.FollowRequestDropped)
    FollowRequest.objects.filter(declined_at__lt=timezone.now() - ASK_AGAIN).delete()


@transaction.atomic
def block(*, actor: User, person: int | str) -> None:
    """Both vanish for each other, everywhere, at once. Doing it again changes nothing."""
    actor = people_access.access_member(actor)
    if _own_block(actor, person) is not None:
        return
    who = people_access.access_person(actor, person, to="dismiss")
    if who.pk == actor.pk:
        raise errors.Invalid(_("You cannot block yourself, however hard it gets."))
    _lock_people(actor.pk, who.pk)
    _row, made = Block.objects.get_or_create(blocker=actor, blocked=who)
    if made:
        pair = (actor.pk, who.pk)
        for one, other in ((max(pair), min(pair)), (min(pair), max(pair))):  # in order of who is followed
            _drop_follow(one, other)
            _answer(one, [other], events.FollowRequestDropped)
        outbox.emit(events.UserBlocked(blocker_id=actor.pk, blocked_id=who.pk))
        _after_block(actor.pk, who.pk)


@transaction.atomic
def unblock(*, actor: User, person: int | str) -> None:
    """Takes the actor's block of a member back. Says nothing about members whom the actor does not block."""
    actor = people_access.access_member(actor)
    row = _own_block(actor, person)
    if row is None:
        return
    _lock_people(actor.pk, row.blocked_id)
    if Block.objects.filter(pk=row.pk).delete()[0]:
        outbox.emit(events.UserUnblocked(blocker_id=actor.pk, blocked_id=row.blocked_id))
        _after_block(actor.pk, row.blocked_id)


def _own_block(actor: User, person: int | str) -> Block | None:
    people = people_access.by_reference(User.objects.all(), person)
    return Block.objects.filter(blocker=actor, blocked__in=people).first()


def _after_block(one: int, other: int) -> None:
    for listener in registry.block_listeners:
        listener(one, other)
    for user_id in sorted((one, other)):
        realtime.access_changed(user_id)


def _both(actor: User, person: int | str) -> tuple[User, User]:
    """Who acts and a member they may see, both locked."""
    actor = people_access.access_member(actor)
    who = people_access.access_person(actor, person)
    _lock_people(actor.pk, who.pk)
    return actor, people_access.access_person(actor, who.pk)  # nobody blocked meanwhile, and the lock keeps it so


def _lock_people(*ids: int) -> None:
    """Their rows, in order of id. NO KEY: rows that point at these members can be written meanwhile."""
    list(User.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))


def _ask(asker: int, asked: int) -> None:
    own = FollowRequest.objects.filter(asker_id=asker, asked_id=asked)
    if own.filter(declined_at__gt=timezone.now() - ASK_AGAIN).exists():
        raise errors.TooMany(_("You have asked already. You may ask again tomorrow."), retry_after=86400)
    own.filter(declined_at__isnull=False).delete()
    _row, made = own.get_or_create(asker_id=asker, asked_id=asked)
    if made:
        User.objects.filter(pk=asked).update(requests_count=F("requests_count") + 1)
        outbox.emit(events.FollowAsked(asker_id=asker, asked_id=asked))
        realtime.requests_changed(asked)


def _answer(asked: int, askers: Collection[int], fact: Callable[..., object]) -> bool:
    """Requests of these that waited wait no more, and `fact` says so. `asked` is locked."""
    waited = people_access.waiting_requests().filter(asked_id=asked, asker_id__in=askers)
    ids = sorted(waited.values_list("asker_id", flat=True))
    if ids:
        waited.delete()
        User.objects.filter(pk=asked).update(requests_count=_stepped("requests_count", -len(ids)))
        outbox.emit_all(fact(asker_id=id, asked_id=asked) for id in ids)
        realtime.requests_changed(asked)
    return bool(ids)


def _add_followers(followed: int, ids: Collection[int], *, by_friendship: bool = False) -> None:
    """Those who do not follow yet do, and what they asked is answered. All are locked."""
    _answer(followed, ids, events.FollowRequestAccepted)
    there = set(Follow.objects.filter(followed_id=followed, follower_id__in=ids).values_list("follower_id", flat=True))
    new = sorted(set(ids) - there)
    if new:
        Follow.objects.bulk_create(
            Follow(follower_id=id, followed_id=followed, by_friendship=by_friendship) for id in new
        )
        User.objects.filter(pk__in=new).update(following_count=F("following_count") + 1)
        User.objects.filter(pk=followed).update(followers_count=F("followers_count") + len(new))
        for listener in registry.follow_listeners:
            listener(new, followed, True)
        outbox.emit_all(events.UserFollowed(follower_id=id, followed_id=followed) for id in new)


@transaction.atomic
def _take_in(asked: int) -> bool:
    """A batch of requests at an open account become follows; False when none waits."""
    askers = people_access.waiting_requests().filter(asked_id=asked).order_by("pk").values_list("asker_id", flat=True)
    _lock_people(asked, *(ids := list(askers[:BATCH])))
    still = User.objects.filter(pk=asked, is_private=False).exists()
    if ids and still:
        _add_followers(asked, list(askers.filter(asker_id__in=ids)))
    return bool(ids) and still


def _drop_follow(follower: int, followed: int) -> bool:
    gone = bool(Follow.objects.filter(follower_id=follower, followed_id=followed).delete()[0])
    if gone:
        User.objects.filter(pk=follower).update(following_count=_stepped("following_count", -1))
        User.objects.filter(pk=followed).update(followers_count=_stepped("followers_count", -1))
        for listener in registry.follow_listeners:
            listener([follower], followed, False)
        outbox.emit(events.UserUnfollowed(follower_id=follower, followed_id=followed))
    return gone


def _stepped(column: str, step: int) -> Greatest:
    """A counter one up or down. One that was wrong before is for `recount`, not a reason to fail here."""
    return Greatest(F(column) + step, 0)


def recount() -> int:
    """Sets the counters of ties to what is there, a batch of locked rows at a time; returns how many were wrong."""
    wrong, last = 0, 0
    while True:
        with transaction.atomic():
            people = User.objects.select_for_update(no_key=True).filter(pk__gt=last).order_by("pk")
            ids = list(people.values_list("pk", flat=True)[:BATCH])
            if not ids:
                return wrong
            right = {
                "followers_count": _counted(Follow.objects.all(), "followed"),
                "following_count": _counted(Follow.objects.all(), "follower"),
                "requests_count": _counted(people_access.waiting_requests(), "asked"),
                "friends_count": _counted(Friendship.objects.all(), "person"),
                "friend_requests_count": _counted(friends_access.waiting_requests(), "asked"),
            }
            wrong += User.objects.filter(pk__in=ids).exclude(**right).update(**right)
            last = ids[-1]


def _counted(rows: QuerySet[Any], side: str) -> Coalesce:
    mine = rows.filter(**{side: OuterRef("pk")}).order_by().values(side).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(mine), 0)
