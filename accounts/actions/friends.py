"""Friends: asking, answering, parting; and who of them is close. Under the lock of both rows, as all ties.

Friends follow each other, so that each sees what the other posts. A follow that came with the friendship goes with it;
one that was chosen stays. So whoever is taken out of the friends of a private member is not left looking inside.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import events, realtime
from accounts.access import friends as friends_access
from accounts.access import people as people_access
from accounts.actions import relations
from accounts.models.friends import DismissedSuggestion, FriendRequest, FriendState
from accounts.models.lists import ListedPerson
from accounts.models.people import User
from accounts.models.relations import CloseFriend, Follow, Friendship
from core import errors, outbox

ASK_AGAIN = timedelta(days=1)  # after a request was declined
FRIENDS_LIMIT = 5000
BATCH = 500


@transaction.atomic
def ask(*, actor: User, person: int | str) -> tuple[User, FriendState]:
    """Asks a member (id or handle) to be friends; two who ask each other are. Repeats change nothing. TooMany within a
    day of being declined."""
    actor, who = relations._both(actor, person)
    if who.pk == actor.pk:
        raise errors.Invalid(_("Be a good friend to yourself; the site need not know."))
    if friends_access.are_friends(actor.pk, who.pk):
        return who, FriendState.FRIENDS
    if friends_access.waiting_requests().filter(asker=who, asked=actor).exists():
        _befriend(asker=who.pk, asked=actor.pk)
        return who, FriendState.FRIENDS
    own = FriendRequest.objects.filter(asker=actor, asked=who)
    if own.filter(declined_at__gt=timezone.now() - ASK_AGAIN).exists():
        raise errors.TooMany(_("You have asked already. You may ask again tomorrow."), retry_after=86400)
    own.filter(declined_at__isnull=False).delete()
    _row, made = own.get_or_create(asker=actor, asked=who)
    if made:
        User.objects.filter(pk=who.pk).update(friend_requests_count=F("friend_requests_count") + 1)
        outbox.emit(events.FriendAsked(asker_id=actor.pk, asked_id=who.pk))
        realtime.requests_changed(who.pk)
    return who, FriendState.ASKED


@transaction.atomic
def accept(*, actor: User, person: int | str) -> User:
    """Friends with a member who asked. NotFound if nothing waits; accepting again changes nothing."""
    actor, who = relations._both(actor, person)
    if friends_access.visible_requests(actor).filter(asker=who).exists():
        _befriend(asker=who.pk, asked=actor.pk)
    elif not friends_access.are_friends(actor.pk, who.pk):
        raise errors.NotFound
    return who


@transaction.atomic
def decline(*, actor: User, person: int | str) -> User:
    """A member's request is gone, without a word to them; declining again changes nothing."""
    actor, who = relations._both(actor, person)
    if _drop_request(asker=who.pk, asked=actor.pk):
        FriendRequest.objects.create(asker=who, asked=actor, declined_at=timezone.now())
        outbox.emit(events.FriendRequestDropped(asker_id=who.pk, asked_id=actor.pk))
    return who


@transaction.atomic
def part(*, actor: User, person: int | str) -> User:
    """Friends no more, or the actor's request withdrawn; doing it again changes nothing."""
    actor, who = relations._both(actor, person)
    if _drop_request(asker=actor.pk, asked=who.pk):
        outbox.emit(events.FriendRequestDropped(asker_id=actor.pk, asked_id=who.pk))
    if _drop_friendship(actor.pk, who.pk):
        for user_id in sorted((actor.pk, who.pk)):
            realtime.access_changed(user_id)  # posts for friends are watched no more
    return who


@transaction.atomic
def add_close(*, actor: User, person: int | str) -> User:
    """Counts a friend among the close ones, who are not told. Adding again changes nothing."""
    actor, who = relations._both(actor, person)
    if not friends_access.are_friends(actor.pk, who.pk):
        raise errors.Conflict(_("Only friends can be close friends."))
    CloseFriend.objects.get_or_create(owner=actor, friend=who)
    return who


@transaction.atomic
def remove_close(*, actor: User, person: int | str) -> User:
    """A friend, but not a close one any more. Removing again changes nothing."""
    actor, who = relations._both(actor, person)
    if CloseFriend.objects.filter(owner=actor, friend=who).delete()[0]:
        realtime.access_changed(who.pk)
    return who


@transaction.atomic
def dismiss(*, actor: User, person: int | str) -> None:
    """This member is not suggested any more."""
    actor = people_access.access_member(actor)
    who = people_access.access_person(actor, person)
    DismissedSuggestion.objects.get_or_create(viewer=actor, person=who)


@transaction.atomic
def cut(*, one: int, other: int) -> None:
    """Part of a block, which holds both rows: friendship, requests and places on lists go, both ways."""
    _drop_friendship(one, other)
    for asker, asked in ((one, other), (other, one)):
        if _drop_request(asker=asker, asked=asked):
            outbox.emit(events.FriendRequestDropped(asker_id=asker, asked_id=asked))
        ListedPerson.objects.filter(list__owner_id=asker, person_id=asked).delete()


def tidy() -> None:
    """Drops what people ask who are gone, and forgets what was declined a day ago."""
    gone = friends_access.waiting_requests().filter(~people_access.present("asker__"))
    for pair in list(gone.order_by("pk").values_list("asker_id", "asked_id")[:BATCH]):
        with transaction.atomic():
            relations._lock_people(*pair)
            still = gone.filter(asker_id=pair[0], asked_id=pair[1]).exists()
            if still and _drop_request(asker=pair[0], asked=pair[1]):
                outbox.emit(events.FriendRequestDropped(asker_id=pair[0], asked_id=pair[1]))
    FriendRequest.objects.filter(declined_at__lt=timezone.now() - ASK_AGAIN).delete()


def _befriend(*, asker: int, asked: int) -> None:
    """Both are locked, and not friends yet."""
    if User.objects.filter(pk__in=(asker, asked), friends_count__gte=FRIENDS_LIMIT).exists():
        raise errors.Conflict(_("Nobody can have more than %(n)s friends.") % {"n": FRIENDS_LIMIT})
    _drop_request(asker=asker, asked=asked)
    _drop_request(asker=asked, asked=asker)
    Friendship.objects.bulk_create(
        [Friendship(person_id=asker, friend_id=asked), Friendship(person_id=asked, friend_id=asker)]
    )
    User.objects.filter(pk__in=(asker, asked)).update(friends_count=F("friends_count") + 1)
    outbox.emit(events.FriendshipMade(asker_id=asker, asked_id=asked))
    relations._add_followers(asker, [asked], by_friendship=True)
    relations._add_followers(asked, [asker], by_friendship=True)


def _drop_request(*, asker: int, asked: int) -> bool:
    gone = bool(friends_access.waiting_requests().filter(asker_id=asker, asked_id=asked).delete()[0])
    if gone:
        User.objects.filter(pk=asked).update(friend_requests_count=relations._stepped("friend_requests_count", -1))
        realtime.requests_changed(asked)
    return gone


def _drop_friendship(ender: int, other: int) -> bool:
    pair = (ender, other)
    if not Friendship.objects.filter(person_id__in=pair, friend_id__in=pair).delete()[0]:
        return False
    User.objects.filter(pk__in=pair).update(friends_count=relations._stepped("friends_count", -1))
    CloseFriend.objects.filter(owner_id__in=pair, friend_id__in=pair).delete()
    outbox.emit(events.FriendshipEnded(ender_id=ender, other_id=other))
    came = Follow.objects.filter(follower_id__in=pair, followed_id__in=pair, by_friendship=True)
    for follower, followed in came.values_list("follower_id", "followed_id"):
        relations._drop_follow(follower, followed)
    return True
