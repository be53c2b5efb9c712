"""What a member lets others know of their being there, and when members were last here."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import realtime as accounts_realtime
from accounts.access import people as accounts_access
from accounts.models.people import User
from chat.models.members import ChatMember, Circle, Writers
from core import errors

CHOICES: dict[str, list[Any]] = {"writers": Writers.values, "presence": Circle.values, "shows_reading": [True, False]}


@transaction.atomic
def change_settings(*, actor: User, changes: Mapping[str, Any]) -> ChatMember:
    """`writers` (who may begin a conversation with the actor), `presence`, `shows_reading`: whichever are given. The
    sockets of both sides look again at once."""
    actor = accounts_access.access_member(actor)
    for name, value in changes.items():
        if value not in CHOICES[name]:
            raise errors.Invalid(field=name)
    ChatMember.objects.bulk_create([ChatMember(user=actor)], ignore_conflicts=True)
    before = ChatMember.objects.select_for_update(no_key=True).get(pk=actor.pk)
    columns = {name: value for name, value in changes.items() if getattr(before, name) != value}
    if columns:
        if columns.get("presence") == Circle.NOBODY:
            columns["seen_at"] = None  # what nobody may know is not kept
        ChatMember.objects.filter(pk=actor.pk).update(**columns)
    if columns.keys() - {"writers"}:
        accounts_realtime.access_changed(actor.pk)
    return ChatMember.objects.get(pk=actor.pk)


@transaction.atomic
def keep_seen(*, seen: Mapping[int, datetime]) -> None:
    """Writes down when these members were last here; of those who let nobody know it, nothing. Never back."""
    here = set(User.objects.filter(pk__in=seen).values_list("pk", flat=True))  # erased meanwhile
    ChatMember.objects.bulk_create([ChatMember(user_id=id) for id in sorted(here)], ignore_conflicts=True)
    rows = ChatMember.objects.filter(pk__in=here).exclude(presence=Circle.NOBODY)
    ours = list(rows.select_for_update(no_key=True, skip_locked=True).order_by("pk").only("pk", "seen_at"))
    later = [row for row in ours if row.seen_at is None or row.seen_at < seen[row.pk]]
    for row in later:
        row.seen_at = seen[row.pk]
    ChatMember.objects.bulk_update(later, ["seen_at"])
