"""Every write of accounts: joining, logins, profile, follow, requests and block."""

import secrets
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import access, events, queries, registry, rules, tokens
from accounts.models import Block, Device, Follow, FollowRequest, FollowState, OwnerLink, User
from core import errors, outbox, realtime
from core.events import AccessChanged
from uploads import actions as upload_actions

GRACE = timedelta(seconds=30)  # an app that lost our answer may refresh with the same token again
KEPT = timedelta(days=30)
ASK_AGAIN = timedelta(days=1)  # after a request was declined
BATCH = 500


# -- Joining ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def join(*, email: str, handle: str, display_name: str, password_hash: str, language: str = "") -> User:
    """Makes a member whose address has just been proven. Invalid("handle") or Conflict when somebody was faster."""
    user = _make_user(email=email, handle=handle, display_name=display_name, password=password_hash, language=language)
    outbox.emit(events.UserJoined(user_id=user.pk))
    return user


@transaction.atomic
def make_owner_link() -> str:
    """A fresh one-time link for the owner's account; the one before ends. Conflict when there is an owner."""
    if not queries.owner_missing():
        raise errors.Conflict(_("This site has an owner already."))
    OwnerLink.objects.all().delete()
    token = secrets.token_urlsafe(32)
    OwnerLink.objects.create(digest=OwnerLink.digest_of(token))
    return settings.SITE_URL + reverse("accounts:owner", args=[token])


@transaction.atomic
def make_owner(*, token: str, email: str, handle: str, display_name: str, password_hash: str) -> User:
    """Uses up the owner's link: a staff superuser with a proven address. NotFound for a link that is not good."""
    link = OwnerLink.objects.select_for_update().filter(digest=OwnerLink.digest_of(token)).first()
    if link is None or not queries.owner_missing():
        raise errors.NotFound
    user = _make_user(
        email=email,
        handle=handle,
        display_name=display_name,
        password=password_hash,
        is_staff=True,
        is_superuser=True,
    )
    link.delete()
    outbox.emit(events.UserJoined(user_id=user.pk))
    return user


def _make_user(**fields: object) -> User:
    try:
        with transaction.atomic():
            user = User.objects.create(**fields)
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    except IntegrityError:
        if queries.handle_taken(str(fields["handle"])):
            raise errors.Invalid(rules.TAKEN, field="handle") from None
        raise errors.Conflict(_("This address belongs to an account by now. Please log in."), field="email") from None
    return user


# -- Logins -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """What an app holds for one login."""

    access: str
    refresh: str


@transaction.atomic
def start_device(*, actor: User, session_key: str, client: str = "") -> Device:
    """Remembers a browser's login."""
    return Device.objects.create(user=actor, key=uuid.uuid4(), session_key=session_key, client=client[:200])


@transaction.atomic
def move_session(*, actor: User, old: str, new: str) -> None:
    """The same login goes on under another session key."""
    Device.objects.filter(user=actor, session_key=old, ended_at__isnull=True).update(session_key=new)


@transaction.atomic
def log_in_app(*, actor: User, client: str = "") -> Pair:
    """A login of an app, whose member has proven who they are."""
    device = Device.objects.create(
        user=actor, key=uuid.uuid4(), client=client[:200], refresh_id=uuid.uuid4().hex, refreshed_at=timezone.now()
    )
    return _pair(device)


@transaction.atomic
def refresh_tokens(*, refresh: str) -> Pair | None:
    """Rotates a refresh token under the lock of its login. The one before gets the same successor for 30 s; any older
    one was stolen or lost: it ends the login, and the answer is None."""
    claims = tokens.read_refresh(refresh)
    standing = queries.live_devices().filter(pk=claims.device_id, user_id=claims.user_id)
    device = standing.select_for_update(of=("self",)).first()
    if device is None or not device.refresh_id or device.refreshed_at is None:
        return None
    now = timezone.now()
    if claims.id == device.refresh_id:
        device.previous_id, device.refresh_id = device.refresh_id, uuid.uuid4().hex
        device.refreshed_at = device.seen_at = now
        device.save(update_fields=["previous_id", "refresh_id", "refreshed_at", "seen_at"])
        return _pair(device)
    if claims.id == device.previous_id and now - device.refreshed_at <= GRACE:
        return _pair(device)
    _end(Device.objects.filter(pk=device.pk), device.user_id)
    return None


def _pair(device: Device) -> Pair:
    assert device.refreshed_at is not None
    refresh = tokens.refresh_token(device, id=device.refresh_id, at=device.refreshed_at)
    return Pair(access=tokens.access_token(device), refresh=refresh)


@transaction.atomic
def end_device(*, actor: User, device_id: int) -> None:
    """Ends one of the actor's logins: its session, its tokens, its sockets."""
    _end(Device.objects.filter(pk=device_id, user=actor), actor.pk)


@transaction.atomic
def end_session(*, actor: User, session_key: str) -> None:
    """Ends the login of a browser's session."""
    _end(Device.objects.filter(session_key=session_key, user=actor).exclude(session_key=""), actor.pk)


@transaction.atomic
def end_devices(*, actor: User, keep: str = "") -> int:
    """Ends all of the actor's logins but that of the session `keep`; returns how many."""
    devices = Device.objects.filter(user=actor)
    return _end(devices.exclude(session_key=keep) if keep else devices, actor.pk)


@transaction.atomic
def set_password(*, actor: User, password: str, keep: str = "") -> None:
    """Sets a new password and ends the other logins (all but that of the session `keep`)."""
    actor.set_password(password)
    User.objects.filter(pk=actor.pk).update(password=actor.password)
    end_devices(actor=actor, keep=keep)


@transaction.atomic
def forget_logins() -> int:
    """A batch of sessions past their end (sign-ups that were never finished stand in them, too) and of logins over for
    a month; the clock calls it until nothing is left."""
    now = timezone.now()
    sessions = Session.objects.filter(expire_date__lt=now).order_by("expire_date").values_list("pk", flat=True)[:BATCH]
    over = Q(ended_at__lt=now - KEPT)
    lapsed = Q(session_key="", refreshed_at__lt=now - KEPT)  # a refresh token is good for a week
    # A browser's login whose session is gone: nothing can bring it back.
    lost = (
        ~Q(session_key="") & Q(created_at__lt=now - KEPT) & ~Exists(Session.objects.filter(pk=OuterRef("session_key")))
    )
    devices = Device.objects.filter(over | lapsed | lost).order_by("pk").values_list("pk", flat=True)[:BATCH]
    gone, _by_model = Session.objects.filter(pk__in=list(sessions)).delete()
    gone_devices, _by_model = Device.objects.filter(pk__in=list(devices)).delete()
    return gone + gone_devices


def _end(devices: QuerySet[Device], user_id: int) -> int:
    rows = list(devices.select_for_update().filter(ended_at__isnull=True).order_by("pk"))
    Device.objects.filter(pk__in=[row.pk for row in rows]).update(ended_at=timezone.now())
    Session.objects.filter(session_key__in=[row.session_key for row in rows if row.session_key]).delete()
    if rows:
        _access_changed(user_id)
    return len(rows)


def _access_changed(user_id: int) -> None:
    outbox.emit(AccessChanged(user_id=user_id))
    realtime.access_changed(user_id)


# -- Profile ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def update_profile(
    *,
    actor: User,
    display_name: str | None = None,
    handle: str | None = None,
    bio: str | None = None,
    language: str | None = None,
) -> User:
    """Changes what is given. Invalid names the field: display_name, handle, bio, language."""
    actor = access.access_member(actor)
    given: dict[str, tuple[str | None, Callable[[str], str]]] = {
        "display_name": (display_name, rules.clean_name),
        "handle": (handle, rules.clean_handle),
        "bio": (bio, rules.clean_bio),
        "language": (language, rules.clean_language),
    }
    changes = {field: clean(value) for field, (value, clean) in given.items() if value is not None}
    if changes.get("handle") == actor.handle:
        del changes["handle"]
    if changes:
        try:
            with transaction.atomic():
                User.objects.filter(pk=actor.pk).update(**changes)
        except IntegrityError:
            raise errors.Invalid(rules.TAKEN, field="handle") from None
    actor.refresh_from_db(fields=["display_name", "handle", "bio", "language"])
    return actor


@transaction.atomic
def edit_member(*, actor: User, member: User, fields: list[str]) -> None:
    """Staff changed these fields of a member's row; sockets and logins look again at what the member may do."""
    columns = [name for name in fields if name not in {"groups", "user_permissions"}]
    member.save(update_fields=columns)
    _access_changed(member.pk)


@transaction.atomic
def set_avatar(*, actor: User, key: str | uuid.UUID | None) -> User:
    """Shows the actor's ready upload `key` as their picture, or none; the one before goes."""
    actor = access.access_member(actor)
    row = User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    if row.avatar_id:
        upload_actions.detach_uploads(actor=actor, upload_ids=[row.avatar_id])
    upload = None
    if key is not None:
        [upload] = upload_actions.attach_uploads(actor=actor, keys=[key], purpose="avatar", limit=1)
    row.avatar = upload
    row.avatar_path = upload.url(320) if upload else ""
    row.save(update_fields=["avatar", "avatar_path"])
    return row


def set_private(*, actor: User, private: bool) -> User:
    """Closes the actor's account to all but present followers, or opens it: then whoever waits follows."""
    with transaction.atomic():
        actor = access.access_member(actor)
        row = User.objects.select_for_update(no_key=True).get(pk=actor.pk)
        if row.is_private != private:
            row.is_private = private
            row.save(update_fields=["is_private"])
            outbox.emit(events.PrivacyChanged(user_id=row.pk, private=private))
    while not private and _take_in(row.pk):
        pass  # nobody has asked since the switch
    return row


# -- Follow, requests and block ---------------------------------------------------------------------------------------


@transaction.atomic
def follow(*, actor: User, person: int | str) -> tuple[User, FollowState]:
    """Follows a member (id or handle), or asks to if the account is private; repeats change nothing. TooMany within a
    day of being declined."""
    actor = access.access_member(actor)
    who = access.access_person(actor, person)
    if who.pk == actor.pk:
        raise errors.Invalid(_("You are with yourself all day anyway."))
    _lock_people(actor.pk, who.pk)
    who = access.access_person(actor, who.pk)  # nobody blocked meanwhile, and the lock keeps it so
    if who.is_private and not Follow.objects.filter(follower=actor, followed=who).exists():
        _ask(actor.pk, who.pk)
        return who, FollowState.ASKED
    _add_followers(who.pk, [actor.pk])
    return who, FollowState.FOLLOWING


@transaction.atomic
def unfollow(*, actor: User, person: int | str) -> User:
    """The actor follows a member no more, or withdraws their request; doing it again changes nothing."""
    actor = access.access_member(actor)
    who = access.access_person(actor, person)
    _lock_people(actor.pk, who.pk)
    _answer(who.pk, [actor.pk], events.FollowRequestDropped)
    if _drop_follow(actor.pk, who.pk):
        _access_changed(actor.pk)  # posts for followers are watched no more
    return who


@transaction.atomic
def remove_follower(*, actor: User, person: int | str) -> User:
    """A member follows the actor no more, and is not told; doing it again changes nothing."""
    actor = access.access_member(actor)
    who = access.access_person(actor, person)
    _lock_people(actor.pk, who.pk)
    if _drop_follow(who.pk, actor.pk):
        _access_changed(who.pk)
    return who


@transaction.atomic
def accept_request(*, actor: User, person: int | str) -> User:
    """A member who asked follows the actor from now on. NotFound if nothing waits; accepting again changes nothing."""
    actor = access.access_member(actor)
    who = access.access_person(actor, person)
    _lock_people(actor.pk, who.pk)
    if access.visible_requests(actor).filter(asker=who).exists():
        _add_followers(actor.pk, [who.pk])
    elif not Follow.objects.filter(follower=who, followed=actor).exists():
        raise errors.NotFound
    return who


@transaction.atomic
def decline_request(*, actor: User, person: int | str) -> User:
    """A member's request is gone, without a word to them; declining again changes nothing."""
    actor = access.access_member(actor)
    who = access.access_person(actor, person)
    _lock_people(actor.pk, who.pk)
    if _answer(actor.pk, [who.pk], events.FollowRequestDropped):
        FollowRequest.objects.create(asker=who, asked=actor, declined_at=timezone.now())
    return who


def tidy_requests() -> None:
    """Takes in who still waits at an open account, drops what the gone ask, forgets what was declined a day ago."""
    waiting = access.waiting_requests()
    for asked in list(waiting.filter(asked__is_private=False).values_list("asked_id", flat=True).distinct()):
        while _take_in(asked):
            pass
    for asked in list(waiting.filter(~access.present("asker__")).values_list("asked_id", flat=True).distinct()):
        with transaction.atomic():
            _lock_people(asked)
            gone = waiting.filter(~access.present("asker__"), asked_id=asked).values_list("asker_id", flat=True)
            _answer(asked, list(gone), events.FollowRequestDropped)
    FollowRequest.objects.filter(declined_at__lt=timezone.now() - ASK_AGAIN).delete()


@transaction.atomic
def block(*, actor: User, person: int | str) -> None:
    """Both vanish for each other, everywhere, at once. Doing it again changes nothing."""
    actor = access.access_member(actor)
    if _own_block(actor, person) is not None:
        return
    who = access.access_person(actor, person)
    if who.pk == actor.pk:
        raise errors.Invalid(_("You cannot block yourself, however hard it gets."))
    _lock_people(actor.pk, who.pk)
    _row, made = Block.objects.get_or_create(blocker=actor, blocked=who)
    if made:
        for one, other in ((actor.pk, who.pk), (who.pk, actor.pk)):
            _drop_follow(one, other)
            _answer(one, [other], events.FollowRequestDropped)
        outbox.emit(events.UserBlocked(blocker_id=actor.pk, blocked_id=who.pk))
        _after_block(actor.pk, who.pk)


@transaction.atomic
def unblock(*, actor: User, person: int | str) -> None:
    """Takes the actor's block of a member back. Says nothing about members whom the actor does not block."""
    actor = access.access_member(actor)
    row = _own_block(actor, person)
    if row is None:
        return
    _lock_people(actor.pk, row.blocked_id)
    if Block.objects.filter(pk=row.pk).delete()[0]:
        outbox.emit(events.UserUnblocked(blocker_id=actor.pk, blocked_id=row.blocked_id))
        _after_block(actor.pk, row.blocked_id)


def _own_block(actor: User, person: int | str) -> Block | None:
    people = access.by_reference(User.objects.all(), person)
    return Block.objects.filter(blocker=actor, blocked__in=people).first()


def _after_block(one: int, other: int) -> None:
    for listener in registry.block_listeners:
        listener(one, other)
    for user_id in sorted((one, other)):
        _access_changed(user_id)


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


def _answer(asked: int, askers: Collection[int], fact: Callable[..., object]) -> bool:
    """Requests of these that waited wait no more, and `fact` says so. `asked` is locked."""
    waited = access.waiting_requests().filter(asked_id=asked, asker_id__in=askers)
    ids = sorted(waited.values_list("asker_id", flat=True))
    if ids:
        waited.delete()
        User.objects.filter(pk=asked).update(requests_count=_stepped("requests_count", -len(ids)))
        outbox.emit_all(fact(asker_id=id, asked_id=asked) for id in ids)
    return bool(ids)


def _add_followers(followed: int, ids: Collection[int]) -> None:
    """Those who do not follow yet do, and what they asked is answered. All are locked."""
    _answer(followed, ids, events.FollowRequestAccepted)
    there = set(Follow.objects.filter(followed_id=followed, follower_id__in=ids).values_list("follower_id", flat=True))
    new = sorted(set(ids) - there)
    if new:
        Follow.objects.bulk_create(Follow(follower_id=id, followed_id=followed) for id in new)
        User.objects.filter(pk__in=new).update(following_count=F("following_count") + 1)
        User.objects.filter(pk=followed).update(followers_count=F("followers_count") + len(new))
        outbox.emit_all(events.UserFollowed(follower_id=id, followed_id=followed) for id in new)


@transaction.atomic
def _take_in(asked: int) -> bool:
    """A batch of requests at an open account become follows; False when none waits."""
    askers = access.waiting_requests().filter(asked_id=asked).order_by("pk").values_list("asker_id", flat=True)
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
                "requests_count": _counted(access.waiting_requests(), "asked"),
            }
            wrong += User.objects.filter(pk__in=ids).exclude(**right).update(**right)
            last = ids[-1]


def _counted(rows: QuerySet[Any], side: str) -> Coalesce:
    mine = rows.filter(**{side: OuterRef("pk")}).order_by().values(side).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(mine), 0)
