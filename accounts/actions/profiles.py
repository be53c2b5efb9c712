"""What members say about themselves."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from django.db import transaction

from accounts import realtime, rules
from accounts.access import people as people_access
from accounts.actions import fields as field_actions
from accounts.actions import handles, names
from accounts.models.handles import FormerHandle
from accounts.models.people import User
from uploads.actions import receiving as uploads_receiving
from uploads.actions import using as uploads_using
from uploads.actions.attempts import Crop
from uploads.models import Upload


@transaction.atomic
def update_profile(
    *,
    actor: User,
    display_name: str | None = None,
    bio: str | None = None,
    language: str | None = None,
) -> User:
    """Changes what is given. Invalid names the field: display_name, bio, language."""
    actor = people_access.access_member(actor)
    given: dict[str, tuple[str | None, Callable[[str], str]]] = {
        "display_name": (display_name, rules.clean_name),
        "bio": (bio, rules.clean_bio),
        "language": (language, rules.clean_language),
    }
    changes = {field: clean(value) for field, (value, clean) in given.items() if value is not None}
    if changes:
        User.objects.filter(pk=actor.pk).update(**changes)
    if "display_name" in changes:
        names.write_parts(people=[actor.pk])
    actor.refresh_from_db(fields=["display_name", "bio", "language"])
    return actor


@transaction.atomic
def change_me(
    *,
    actor: User,
    name: str | None = None,
    handle: str | None = None,
    is_listed: bool | None = None,
    friends_audience: str | None = None,
    fields: Sequence[Mapping[str, str]] | None = None,
    **rest: str | None,
) -> None:
    """What one changes about oneself in one request, all of it or nothing; `rest` as in update_profile."""
    update_profile(actor=actor, display_name=name, **rest)
    set_visibility(actor=actor, is_listed=is_listed, friends_audience=friends_audience)
    if handle is not None:
        handles.change_handle(actor=actor, handle=handle)
    if fields is not None:
        field_actions.set_fields(actor=actor, fields=fields)


@transaction.atomic
def set_visibility(*, actor: User, is_listed: bool | None = None, friends_audience: str | None = None) -> User:
    """Whether the actor stands in the directory, and who sees the list of their friends."""
    actor = people_access.access_member(actor)
    changes: dict[str, bool | str] = {} if is_listed is None else {"is_listed": is_listed}
    if friends_audience is not None:
        changes["friends_audience"] = rules.clean_audience(friends_audience)
    if changes:
        User.objects.filter(pk=actor.pk).update(**changes)
    actor.refresh_from_db(fields=["is_listed", "friends_audience"])
    return actor


@transaction.atomic
def edit_member(*, actor: User, member: User, fields: list[str]) -> None:
    """Staff changed these fields of a member's row; sockets and logins look again at what the member may do."""
    columns = [name for name in fields if name not in {"groups", "user_permissions"}]
    before = User.objects.select_for_update(no_key=True).get(pk=member.pk).handle
    if before != member.handle:
        FormerHandle.objects.create(person=member, handle=before)
    member.save(update_fields=columns)
    if {"display_name", "handle"} & set(columns):
        names.write_parts(people=[member.pk])
    realtime.access_changed(member.pk)


# -- Pictures ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Where a picture of a member stands: the purpose of its upload, its columns, how wide the kept address is."""

    purpose: str
    column: str
    path: str
    width: int


PLACES = {"avatar": Place("avatar", "avatar", "avatar_path", 320), "cover": Place("cover", "cover", "cover_path", 1280)}


def receive_picture(*, actor: User, place: str, file: IO[bytes], crop: Crop | None = None, name: str = "") -> User:
    """A file of a form becomes the actor's picture at once, cut to its shape. Invalid or TooLarge name "file"."""
    made = uploads_receiving.receive_ready_upload(actor=actor, purpose=place, file=file, name=name, crop=crop)
    return set_picture(actor=actor, place=place, key=made.key)


def cut_picture(*, actor: User, place: str, key: str | uuid.UUID, crop: Crop | None = None) -> User:
    """The same out of the actor's ready upload, which stays as it is and goes by itself after a day."""
    made = uploads_receiving.cut_upload(actor=actor, key=key, purpose=place, crop=crop)
    return set_picture(actor=actor, place=place, key=made.key)


@transaction.atomic
def set_picture(*, actor: User, place: str, key: str | uuid.UUID | None) -> User:
    """Shows the actor's ready upload `key` as their avatar or cover, or none; the one before goes."""
    where = PLACES[place]
    actor = people_access.access_member(actor)
    row = User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    before: int | None = getattr(row, f"{where.column}_id")
    if before:
        uploads_using.detach_uploads(actor=actor, upload_ids=[before])
    upload: Upload | None = None
    if key is not None:
        [upload] = uploads_using.attach_uploads(actor=actor, keys=[key], purpose=where.purpose, limit=1)
    setattr(row, where.column, upload)
    setattr(row, where.path, upload.url(where.width) if upload else "")
    row.save(update_fields=[where.column, where.path])
    return row
