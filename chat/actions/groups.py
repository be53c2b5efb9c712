"""Groups: who is in them, as what, and what they are called. All under the lock of the conversation's row."""

import uuid
from collections.abc import Collection, Mapping
from typing import IO, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import realtime as accounts_realtime
from accounts.access import people as accounts_access
from accounts.models.people import User
from chat import realtime
from chat.access import groups as group_access
from chat.actions import files, notices
from chat.models.conversations import (
    ABOUT_LIMIT,
    LIFETIMES,
    MEMBERS_LIMIT,
    NAME_LIMIT,
    Conversation,
    Kind,
    Membership,
    Removal,
    Role,
    Who,
)
from chat.models.files import MessageFile
from core import errors, text
from uploads.actions import receiving as uploads_receiving
from uploads.actions import using as uploads_using
from uploads.actions.attempts import Crop

SETTINGS = ("who_adds", "who_writes", "shows_history", "lifetime")


@transaction.atomic
def create_group(
    *, actor: User, name: str, people: Collection[int], about: str = "", picture: str | uuid.UUID | None = None
) -> Conversation:
    """The actor owns it. Who knows them is in it at once; others are asked first."""
    accounts_access.access_member(actor)
    words = {"name": _name(name), "about": _about(about)}
    chosen = group_access.people_to_add(actor, people)
    if len(chosen) >= MEMBERS_LIMIT:
        raise errors.Conflict(_("A group holds 1,000 people at most."), field="people")
    now = timezone.now()
    group = Conversation.objects.create(kind=Kind.GROUP, members_count=1, last_message_at=now, created_at=now, **words)
    Membership.objects.create(conversation=group, user=actor, role=Role.OWNER, active_at=now)
    if picture:
        _show_picture(actor, group, picture)
        group.save(update_fields=["picture"])
    made = [notices.add_notice(group, "created", by=actor.pk)]
    notices.keep(group, [*made, *_take_in(actor, group, chosen, joined_seq=0)], sight=True)
    return group


@transaction.atomic
def add_people(*, actor: User, conversation_id: int, people: Collection[int]) -> Conversation:
    """Who is in already, or asked already, stays as they are. Adding nobody new changes nothing."""
    group, mine = group_access.access_group(actor, conversation_id, to="add", lock=True)
    chosen = group_access.people_to_add(actor, people)
    ids = [person.pk for person in chosen]
    there = set(Membership.objects.filter(conversation=group, user__in=ids).values_list("user_id", flat=True))
    fresh = [person for person in chosen if person.pk not in there]
    removed = Removal.objects.filter(conversation=group, user__in=fresh)
    if not mine.leads and removed.exists():
        raise errors.NotAllowed(_("An admin has removed one of these people, so only an admin can add them."))
    if Membership.objects.filter(conversation=group).count() + len(fresh) > MEMBERS_LIMIT:
        raise errors.Conflict(_("A group holds 1,000 people at most."), field="people")
    if fresh:
        removed.delete()
        made = _take_in(actor, group, fresh, joined_seq=_begin_of(group))
        notices.keep(group, made, sight=True)
    return group


def _begin_of(group: Conversation) -> int:
    return 0 if group.shows_history else group.last_seq


def _take_in(actor: User, group: Conversation, people: Collection[User], *, joined_seq: int) -> list[Any]:
    """Adds rows for people who are not in the group; who does not know the actor is asked."""
    ids = sorted(person.pk for person in people)
    if not ids:
        return []
    if len(group_access.reachable(ids, by=actor.pk)) < len(ids):
        text = _("Not everybody of these lets you add them. Send them an invite link instead.")
        raise errors.Conflict(text, field="people")
    known = group_access.acquainted(ids, actor.pk)
    now = timezone.now()
    Membership.objects.bulk_create(
        Membership(
            conversation=group,
            user_id=id,
            joined_seq=joined_seq,
            joined_rev=group.rev,
            read_seq=group.last_seq,
            is_request=id not in known,
            invited_by=actor,
            active_at=now,
            joined_at=now,
        )
        for id in ids
    )
    group.members_count += len(known)
    realtime.push_membership(ids, group.pk, is_member=True)
    return [notices.add_notice(group, "added", by=actor.pk, people=known)] if known else []


@transaction.atomic
def come_in(*, actor: User, group: Conversation, what: str = "joined") -> None:
    """The actor joins by a link, or accepts; `group` is locked. Who is in it stays as they are."""
    mine = Membership.objects.filter(conversation=group, user=actor).first()
    if mine is not None and not mine.is_request:
        return
    now = timezone.now()
    if mine is None:
        if Membership.objects.filter(conversation=group).count() >= MEMBERS_LIMIT:
            raise errors.Conflict(_("A group holds 1,000 people at most."))
        Membership.objects.create(
            conversation=group,
            user=actor,
            joined_seq=_begin_of(group),
            joined_rev=group.rev,
            read_seq=group.last_seq,
            active_at=now,
        )
    else:
        Membership.objects.filter(pk=mine.pk).update(is_request=False, active_at=now, joined_at=now)
    group.members_count += 1
    realtime.push_membership([actor.pk], group.pk, is_member=True)
    notices.keep(group, [notices.add_notice(group, what, by=actor.pk)], sight=True)


@transaction.atomic
def remove_person(*, actor: User, conversation_id: int, person_id: int) -> None:
    """By an admin; admins and owners only by an owner. No link lets them in again."""
    group, mine = group_access.access_group(actor, conversation_id, to="lead", lock=True)
    theirs = group_access.access_membership(group, person_id)
    if theirs.user_id == actor.pk:
        raise errors.Conflict(_("Leave the group instead."))
    if theirs.leads and mine.role != Role.OWNER:
        raise errors.NotAllowed(_("Only an owner can remove admins."))
    Removal.objects.get_or_create(conversation=group, user_id=theirs.user_id)
    _take_out(group, theirs, "removed", by=actor.pk)


@transaction.atomic
def leave(*, actor: User, conversation_id: int) -> None:
    """Who was asked declines so. When the last owner leaves, the admin who has been in it longest owns it, or else the
    member who has; when the last member leaves, the group goes with all that was said in it."""
    group, mine = group_access.access_group(actor, conversation_id, lock=True)
    _take_out(group, mine, "left", by=actor.pk)


def _take_out(group: Conversation, row: Membership, what: str, *, by: int | None) -> None:
    row.delete()
    realtime.push_membership([row.user_id], group.pk, is_member=False)
    # Whoever remembers them as a member hears of it by the event log, too: the bus may lose it.
    accounts_realtime.access_changed(row.user_id)
    made = []
    if not row.is_request:
        group.members_count -= 1
        made.append(notices.add_notice(group, what, by=by, people=[row.user_id] if what == "removed" else []))
    made += hand_over(group=group)
    if group.members_count:
        notices.keep(group, made, sight=True)
    else:
        _end(group)


@transaction.atomic
def hand_over(*, group: Conversation) -> list[Any]:
    """Somebody owns the group, as long as anybody is in it."""
    rows = group_access.members(group.pk)
    if rows.filter(role=Role.OWNER).exists():
        return []
    heir = rows.filter(role=Role.ADMIN).order_by("pk").first() or rows.order_by("pk").first()
    if heir is None:
        return []
    Membership.objects.filter(pk=heir.pk).update(role=Role.OWNER)
    return [notices.add_notice(group, "role", by=None, people=[heir.user_id], role=Role.OWNER.value)]


def _end(group: Conversation) -> None:
    if group.picture_id:
        uploads_using.detach_uploads(actor=None, upload_ids=[group.picture_id])
    files.let_go(MessageFile.objects.filter(conversation=group))
    group.delete()


@transaction.atomic
def change_role(*, actor: User, conversation_id: int, person_id: int, role: str) -> None:
    """By an owner. The last owner stays one."""
    group, mine = group_access.access_group(actor, conversation_id, to="own", lock=True)
    theirs = group_access.access_membership(group, person_id)
    if role not in Role.values:
        raise errors.Invalid(field="role")
    if theirs.is_request:
        raise errors.Conflict(_("They have not accepted yet."))
    owners = group_access.members(group.pk).filter(role=Role.OWNER)
    if theirs.role == Role.OWNER and role != Role.OWNER and not owners.exclude(pk=theirs.pk).exists():
        raise errors.Conflict(_("A group needs an owner. Make somebody else one first."), field="role")
    if theirs.role != role:
        Membership.objects.filter(pk=theirs.pk).update(role=role)
        made = notices.add_notice(group, "role", by=actor.pk, people=[theirs.user_id], role=str(role))
        notices.keep(group, [made], sight=True)


@transaction.atomic
def change_group(
    *,
    actor: User,
    conversation_id: int,
    name: str | None = None,
    about: str | None = None,
    **settings: Any,
) -> Conversation:
    """Changes what is given, by an admin: name, about, and `SETTINGS`."""
    group, _mine = group_access.access_group(actor, conversation_id, to="lead", lock=True)
    given = {
        "name": None if name is None else _name(name),
        "about": None if about is None else _about(about),
        **_settings(settings),
    }
    changes = {key: value for key, value in given.items() if value is not None and value != getattr(group, key)}
    if changes:
        for key, value in changes.items():
            setattr(group, key, value)
        group.save(update_fields=list(changes))
        made = [notices.add_notice(group, "changed", by=actor.pk, fields=sorted(changes))]
        notices.keep(group, made)
    return group


def receive_picture(
    *, actor: User, conversation_id: int, file: IO[bytes], crop: Crop | None = None, name: str = ""
) -> Conversation:
    """A file of a form becomes the group's picture at once, cut to its shape. Invalid or TooLarge name "file"."""
    group_access.access_group(actor, conversation_id, to="lead")
    made = uploads_receiving.receive_ready_upload(actor=actor, purpose="group", file=file, name=name, crop=crop)
    return set_picture(actor=actor, conversation_id=conversation_id, key=made.key)


@transaction.atomic
def change_all(*, actor: User, conversation_id: int, given: Mapping[str, Any]) -> None:
    """What is changed in one request, the picture too: all of it or nothing."""
    rest = {key: value for key, value in given.items() if key != "picture"}
    change_group(actor=actor, conversation_id=conversation_id, **rest)
    if "picture" in given:
        set_picture(actor=actor, conversation_id=conversation_id, key=given["picture"])


@transaction.atomic
def set_picture(*, actor: User, conversation_id: int, key: str | uuid.UUID | None) -> Conversation:
    """Shows the actor's ready upload as the picture of the group, or none; by an admin."""
    group, _mine = group_access.access_group(actor, conversation_id, to="lead", lock=True)
    before = group.picture_id
    if key is None and before is None:
        return group
    group.picture = None
    if key is not None:
        _show_picture(actor, group, key)
    if before:
        uploads_using.detach_uploads(actor=actor, upload_ids=[before])
    group.save(update_fields=["picture"])
    notices.keep(group, [notices.add_notice(group, "changed", by=actor.pk, fields=["picture"])])
    return group


def _show_picture(actor: User, group: Conversation, key: str | uuid.UUID) -> None:
    [group.picture] = uploads_using.attach_uploads(actor=actor, keys=[key], purpose="group", limit=1)


def _settings(given: Mapping[str, Any]) -> dict[str, Any]:
    for key in given.keys() - set(SETTINGS):
        raise errors.Invalid(field=key)
    for key in ("who_adds", "who_writes"):
        if given.get(key) is not None and given[key] not in Who.values:
            raise errors.Invalid(field=key)
    if given.get("lifetime") is not None and given["lifetime"] not in LIFETIMES:
        raise errors.Invalid(field="lifetime")
    return dict(given)


def _name(raw: str) -> str:
    name = " ".join(text.clean(raw, limit=NAME_LIMIT, field="name").split())
    if not name:
        raise errors.Invalid(_("Give the group a name."), field="name")
    return name


def _about(raw: str) -> str:
    return text.clean(raw, limit=ABOUT_LIMIT, field="about")
