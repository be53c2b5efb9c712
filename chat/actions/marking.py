"""Parts of actions: what is one member's alone is written under the next number of theirs."""

from typing import Any

from django.db.models import F

from accounts.models.people import User
from chat import realtime
from chat.models.members import ChatMember
from chat.models.messages import Message, MessageMark


def mark(actor: User, message: Message, **changes: Any) -> None:
    values = {**changes, "sync": next_sync(actor)}
    MessageMark.objects.bulk_create(
        [MessageMark(user=actor, message=message, **values)],
        update_conflicts=True,
        unique_fields=["user", "message"],
        update_fields=list(values),
    )
    realtime.push_own(actor.pk, values["sync"])


def next_sync(actor: User) -> int:
    """The next number of what is the actor's alone; the row is locked until the end of the transaction."""
    own = ChatMember.objects.filter(pk=actor.pk)
    if not own.update(sync=F("sync") + 1):
        ChatMember.objects.bulk_create([ChatMember(user=actor)], ignore_conflicts=True)
        own.update(sync=F("sync") + 1)
    return own.values_list("sync", flat=True).get()
