"""What members say about themselves."""

import uuid
from collections.abc import Callable

from django.db import IntegrityError, transaction

from accounts import realtime, rules
from accounts.access import people as people_access
from accounts.models.people import User
from core import errors
from uploads import actions as upload_actions


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
    actor = people_access.access_member(actor)
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
    realtime.access_changed(member.pk)


@transaction.atomic
def set_avatar(*, actor: User, key: str | uuid.UUID | None) -> User:
    """Shows the actor's ready upload `key` as their picture, or none; the one before goes."""
    actor = people_access.access_member(actor)
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
