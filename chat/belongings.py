"""What the chat holds of a member: how they take it along, and how it goes when they go."""

from collections.abc import Iterator

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import personal
from accounts.models.people import User
from chat.access import conversations as conversation_access
from chat.actions import groups, notices
from chat.models.conversations import Conversation, InviteLink, Kind, Membership, Removal
from chat.models.members import ChatMember
from chat.models.messages import Message, MessageKind, MessageMark, MessageVersion

BATCH = 200


def messages(member: User) -> Iterator[personal.Row]:
    """What the member wrote and got, in every conversation that they see now."""
    mine = conversation_access.visible_memberships(member).select_related("conversation")
    for membership in personal.walk(mine):
        others = Membership.objects.filter(conversation=membership.conversation_id).exclude(user=member)
        parted = conversation_access.severed(member, others.values_list("user_id", flat=True))
        others = others.exclude(user__in=parted)
        names = list(others.order_by("pk").values_list("user__handle", flat=True)[:BATCH])
        said = (
            conversation_access.visible_messages(member)
            .filter(conversation=membership.conversation_id, kind=MessageKind.TEXT)
            .select_related("sender")
        )
        for message in personal.walk(said):
            if message.sender_id in parted:
                continue
            yield {
                "conversation": membership.conversation_id,
                "with": names,
                "from": message.sender.handle if message.sender else None,
                "mine": message.sender_id == member.pk,
                "text": message.text,
                "created_at": message.created_at,
            }


def starred(member: User) -> Iterator[personal.Row]:
    """What the member starred and sees still."""
    seen = conversation_access.visible_messages(member).filter(
        marks__user=member, marks__starred_at__isnull=False, deleted_at__isnull=True
    )
    parted = conversation_access.severed(member, seen.values_list("sender_id", flat=True).distinct())
    for message in personal.walk(seen.exclude(sender__in=parted).select_related("sender")):
        yield {
            "conversation": message.conversation_id,
            "from": message.sender.handle if message.sender else None,
            "mine": message.sender_id == member.pk,
            "text": message.text,
            "created_at": message.created_at,
        }


def register() -> None:
    """One line for each table; see accounts.personal."""
    personal.holds(Message, "sender", erase=erase_messages)
    personal.holds(Message, "deleted_by", erase=personal.with_the_member)  # stays deleted, by nobody
    personal.holds(MessageMark, "user", erase=personal.with_the_member)
    personal.register(
        personal.Chapter("starred-messages.json", _("Messages you starred"), starred, "archives/_message.html")
    )
    personal.holds(Membership, "user", erase=erase_memberships)
    personal.holds(Membership, "invited_by", erase=personal.with_the_member)  # who was brought in stays, by nobody
    personal.holds(InviteLink, "maker", erase=personal.with_the_member)  # lets people in as before, by nobody
    personal.holds(Removal, "user", erase=personal.with_the_member)
    personal.holds(
        ChatMember,
        "user",
        erase=personal.with_the_member,
        file="chat.json",
        title=_("Chat"),
        fields={"writers": "writers"},
    )
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
    if take_messages:
        MessageVersion.objects.filter(message__in=messages).delete()
    Message.objects.bulk_update(messages, ["sender", "rev", "text"])
    Conversation.objects.bulk_update(conversations.values(), ["rev"])
    return len(rows)


@transaction.atomic
def erase_memberships(*, member: User, take_messages: bool) -> int:
    """Who stays sees the conversation on, with a deleted member, and somebody owns it; one that nobody is in any more
    goes, too."""
    rows = list(Membership.objects.filter(user=member).order_by("pk")[:BATCH])
    conversations = _lock({row.conversation_id for row in rows})
    others = Membership.objects.filter(conversation__in=conversations).exclude(user=member)
    # In a group that only asked people are in, there is nobody.
    others = others.exclude(is_request=True, conversation__kind=Kind.GROUP)
    peopled = set(others.values_list("conversation_id", flat=True))
    for id in conversations.keys() - peopled:
        words = list(Message.objects.filter(conversation=id).order_by("pk").values_list("pk", flat=True)[:BATCH])
        if words:
            Message.objects.filter(pk__in=words).delete()
            return len(words)
        Conversation.objects.filter(pk=id).delete()
    Membership.objects.filter(user=member, conversation__in=peopled).delete()
    for row in rows:
        if row.conversation_id in peopled:
            _go_on(conversations[row.conversation_id], row)
    return len(rows)


def _go_on(conversation: Conversation, row: Membership) -> None:
    """Without a word about the one who is gone: nobody should read that they went."""
    made = []
    if conversation.is_group and not row.is_request:
        conversation.members_count -= 1
        made = groups.hand_over(group=conversation)
    conversation.rev += 1
    conversation.info_rev = conversation.rev
    notices.keep(conversation, made, sight=True)


def _lock(ids: set[int]) -> dict[int, Conversation]:
    """In order of id, as whoever sends messages does."""
    rows = Conversation.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    return {row.pk: row for row in rows}
