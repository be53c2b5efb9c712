"""What the chat holds of a member: how they take it along, and how it goes when they go."""

from collections.abc import Iterator

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts import personal
from accounts.models.people import User
from chat import realtime
from chat.access import conversations as conversation_access
from chat.models.conversations import Conversation, Membership
from chat.models.messages import Message

BATCH = 200


def messages(member: User) -> Iterator[personal.Row]:
    """What the member wrote and got, in every conversation that they see now."""
    mine = conversation_access.visible_memberships(member).select_related("conversation")
    for membership in personal.walk(mine):
        others = Membership.objects.filter(conversation=membership.conversation_id).exclude(user=member)
        names = list(others.order_by("pk").values_list("user__handle", flat=True)[:BATCH])
        said = (
            conversation_access.visible_messages(member)
            .filter(conversation=membership.conversation_id)
            .select_related("sender")
        )
        for message in personal.walk(said):
            yield {
                "conversation": membership.conversation_id,
                "with": names,
                "from": message.sender.handle if message.sender else None,
                "mine": message.sender_id == member.pk,
                "text": message.text,
                "created_at": message.created_at,
            }


def register() -> None:
    """One line for each table; see accounts.personal."""
    personal.holds(Message, "sender", erase=erase_messages)
    personal.holds(Membership, "user", erase=erase_memberships)
    personal.register(personal.Chapter("messages.json", _("Messages"), messages, "archives/_message.html"))


@transaction.atomic
def erase_messages(*, member: User, take_messages: bool) -> int:
    """Messages stay in their places, by nobody; those that the leaver takes along stay without their words. The others'
    pages take them as changes."""
    rows = list(Message.objects.filter(sender=member).order_by("pk").values_list("pk", "conversation_id")[:BATCH])
    conversations = _lock({conversation for _pk, conversation in rows})
    messages = list(Message.objects.filter(pk__in=[pk for pk, _conversation in rows]).order_by("conversation", "seq"))
    for message in messages:
        message.sender_id = None
        if take_messages:
            conversation = conversations[message.conversation_id]
            conversation.rev += 1
            message.rev, message.text = conversation.rev, ""
    Message.objects.bulk_update(messages, ["sender", "rev", "text"])
    Conversation.objects.bulk_update(conversations.values(), ["rev"])
    return len(rows)


@transaction.atomic
def erase_memberships(*, member: User, take_messages: bool) -> int:
    """Who stays sees the conversation on, with a deleted member; one that nobody is in any more goes, too."""
    rows = list(Membership.objects.filter(user=member).order_by("pk").values_list("conversation_id", flat=True)[:BATCH])
    conversations = _lock(set(rows))
    others = Membership.objects.filter(conversation__in=conversations).exclude(user=member)
    peopled = set(others.values_list("conversation_id", flat=True))
    for id in conversations.keys() - peopled:
        words = list(Message.objects.filter(conversation=id).order_by("pk").values_list("pk", flat=True)[:BATCH])
        if words:
            Message.objects.filter(pk__in=words).delete()
            return len(words)
        Conversation.objects.filter(pk=id).delete()
    Membership.objects.filter(user=member, conversation__in=peopled).delete()
    changed = Conversation.objects.filter(pk__in=peopled)
    changed.update(members_version=F("members_version") + 1, rev=F("rev") + 1)
    realtime.push_changed(sorted(peopled), dict(changed.values_list("pk", "members_version")))
    return len(rows)


def _lock(ids: set[int]) -> dict[int, Conversation]:
    """In order of id, as whoever sends messages does."""
    rows = Conversation.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    return {row.pk: row for row in rows}
