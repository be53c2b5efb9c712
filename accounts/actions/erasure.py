"""What accounts itself holds of a member goes, batch by batch. The life of an account is in `life`."""

from collections.abc import Iterable
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from accounts import moving, personal
from accounts.models.applications import Application
from accounts.models.friends import FriendRequest
from accounts.models.invitations import Arrival, Invitation
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.models.relations import Follow, FollowRequest, Friendship
from core import delivery
from uploads.actions import using as uploads_using

BATCH = 200


@transaction.atomic
def erase_rows(*, member: User, table: personal.Table) -> int:
    """A batch of a table whose rows can simply go."""
    gone = 0
    for column in table.columns:
        rows = table.model._default_manager.filter(**{column: member.pk}).order_by("pk")
        ids = list(rows.values_list("pk", flat=True)[:BATCH])
        if ids:
            table.model._default_manager.filter(pk__in=ids).delete()
        gone += len(ids)
    return gone


@transaction.atomic
def erase_follows(*, member: User, take_messages: bool) -> int:
    """The others' counts become right in the same transaction."""
    rows = list(_batch(Follow.objects.filter(Q(follower=member) | Q(followed=member))))
    _lock({row.follower_id for row in rows} | {row.followed_id for row in rows})
    still = list(Follow.objects.filter(pk__in=[row.pk for row in rows]))
    Follow.objects.filter(pk__in=[row.pk for row in still]).delete()
    _less("followers_count", [row.followed_id for row in still])
    _less("following_count", [row.follower_id for row in still])
    return len(rows)


@transaction.atomic
def erase_requests(*, member: User, take_messages: bool) -> int:
    return _erase_requests(member, FollowRequest, "requests_count")


@transaction.atomic
def erase_friend_requests(*, member: User, take_messages: bool) -> int:
    return _erase_requests(member, FriendRequest, "friend_requests_count")


def _erase_requests(member: User, model: type[FollowRequest] | type[FriendRequest], counter: str) -> int:
    """Both ways; whoever was asked and has not answered counts one less."""
    mine = model.objects.filter(Q(asker=member) | Q(asked=member))
    rows = list(_batch(mine))
    _lock({row.asked_id for row in rows})
    still = mine.filter(pk__in=[row.pk for row in rows])
    asked = list(still.filter(declined_at__isnull=True).values_list("asked_id", flat=True))
    still.delete()
    _less(counter, asked)
    return len(rows)


@transaction.atomic
def erase_friendships(*, member: User, take_messages: bool) -> int:
    rows = list(_batch(Friendship.objects.filter(Q(person=member) | Q(friend=member))))
    _lock({row.person_id for row in rows} | {row.friend_id for row in rows})
    still = list(Friendship.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", "person_id"))
    Friendship.objects.filter(pk__in=[pk for pk, _person in still]).delete()
    _less("friends_count", [person for _pk, person in still])
    return len(rows)


@transaction.atomic
def erase_mails(*, member: User, take_messages: bool) -> int:
    """Mails to any address of theirs, sent or waiting."""
    return delivery.forget(to=_addresses(member))


@transaction.atomic
def erase_applications(*, member: User, take_messages: bool) -> int:
    """What they asked when they joined, under any address of theirs; what they decided as moderators stays decided."""
    own = Application.objects.filter(Q(member=member) | Q(email__in=_addresses(member)))
    return own.delete()[0]


@transaction.atomic
def erase_invitations(*, member: User, take_messages: bool) -> int:
    """Those they made go; those that others sent to any address of theirs lose it, and let nobody else in instead."""
    made = _batch(Invitation.objects.filter(inviter=member))
    gone = Invitation.objects.filter(pk__in=made.values("pk")).delete()[0]
    sent = Invitation.objects.filter(email__in=_addresses(member))
    revoked = Coalesce(F("revoked_at"), timezone.now())
    return gone + sent.update(email="", only_email=False, revoked_at=revoked)


@transaction.atomic
def erase_arrivals(*, member: User, take_messages: bool) -> int:
    """How they came goes; those whom they brought came by nobody."""
    gone = Arrival.objects.filter(person=member).delete()[0]
    brought = _batch(Arrival.objects.filter(inviter=member))
    return gone + Arrival.objects.filter(pk__in=brought.values("pk")).update(inviter=None)


@transaction.atomic
def erase_addresses(*, member: User, take_messages: bool) -> int:
    return EmailAddress.objects.filter(user=member).delete()[0]


@transaction.atomic
def erase_staff_log(*, member: User, take_messages: bool) -> int:
    """What the admin noted: rows by them go; rows about them keep the deed and lose the name."""
    gone, _by_model = LogEntry.objects.filter(pk__in=_batch(LogEntry.objects.filter(user=member)).values("pk")).delete()
    about = Q(content_type=ContentType.objects.get_for_model(User), object_id=str(member.pk))
    named = about | Q(object_repr__in=[str(member), *_addresses(member)])
    return gone + LogEntry.objects.filter(named).exclude(object_repr="").update(object_repr="", change_message="")


@transaction.atomic
def erase_uploads(*, member: User, take_messages: bool) -> int:
    """Rows now, and what has not become one yet; their files within seconds."""
    return uploads_using.delete_uploads(actor=None, owner_id=member.pk, limit=BATCH)


@transaction.atomic
def erase_sessions(*, member: User, take_messages: bool) -> int:
    """Sessions of their logins, before the logins go, and the one in which a move waits. Steps that nobody finished, in
    which an address of theirs may stand, end within a day (accounts.sessions)."""
    keys = Device.objects.filter(user=member).exclude(session_key="").values("session_key")
    theirs = Q(session_key__in=keys) | Q(session_key=moving.session_key(member.pk))
    return Session.objects.filter(theirs).delete()[0]


def _addresses(member: User) -> list[str]:
    known = EmailAddress.objects.filter(user=member).values_list("email", flat=True)
    return sorted({member.email.lower(), *(address.lower() for address in known)} - {""})


def _batch(rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    return rows.order_by("pk")[:BATCH]


def _lock(ids: Iterable[int]) -> None:
    """Their rows in order of id, as every action on two members does."""
    people = User.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    list(people.values_list("pk"))


def _less(column: str, ids: Iterable[int]) -> None:
    """One less for each of them; the leaver's own row goes in any case."""
    User.objects.filter(pk__in=ids).update(**{column: Greatest(F(column) - 1, 0)})
