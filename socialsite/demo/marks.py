"""What people of Willowbank gave to each other's messages, and what they asked and voted."""

import uuid
from collections import Counter
from datetime import timedelta

from django.db.models import F

from chat.models.conversations import Conversation, Membership
from chat.models.messages import Message, MessageKind, MessageMark
from chat.models.polls import Poll, Vote

# Beginning of a message -> place of a member in the group and what they gave.
GIVEN = {
    "That light this morning!": ((0, "love"), (2, "love"), (3, "wow"), (5, "love"), (8, "like")),
    "Count me in. My knee": ((1, "laugh"), (4, "laugh"), (6, "laugh")),
    "Soup at mine afterwards": ((0, "love"), (1, "love"), (2, "like"), (7, "love")),
    "And 411 candles.": ((1, "laugh"), (0, "wow")),
}
ASKED_IN, QUESTION = "Lantern Walk crew", "Where do we light them?"
CHOICES = ["At the mill", "On the bridge", "Down at the landing"]
VOTES = ((0, 1), (1, 2), (2, 1), (3, 1))  # place of a member, and of what they chose


def write() -> None:
    """After the groups."""
    for beginning, given in GIVEN.items():
        for message in Message.objects.filter(conversation__name__gt="", text__startswith=beginning):
            _react(message, given)
    for group in Conversation.objects.filter(name=ASKED_IN):
        _ask(group)


def _members(conversation_id: int) -> list[int]:
    rows = Membership.objects.filter(conversation=conversation_id).order_by("pk")
    return list(rows.values_list("user_id", flat=True))


def _react(message: Message, given: tuple[tuple[int, str], ...]) -> None:
    members = _members(message.conversation_id)
    MessageMark.objects.bulk_create(
        MessageMark(user_id=members[place], message=message, reaction=kind, sync=0) for place, kind in given
    )
    message.reactions = dict(sorted(Counter(kind for _place, kind in given).items()))
    message.save(update_fields=["reactions"])


def _ask(group: Conversation) -> None:
    members = _members(group.pk)
    poll = Poll(Poll.fresh(CHOICES, is_multiple=False, is_anonymous=False, ends_at=None))
    for _place, choice in VOTES:
        poll.count([choice], +1)
    last = Message.objects.filter(conversation=group).latest("seq")
    group.last_seq, group.rev = group.last_seq + 1, group.rev + 1
    asked = Message.objects.create(
        conversation=group,
        seq=group.last_seq,
        rev=group.rev,
        sender_id=members[0],
        client_id=uuid.uuid4(),
        kind=MessageKind.POLL,
        text=QUESTION,
        data=poll.as_data(),
        created_at=last.created_at + timedelta(minutes=1),
    )
    Vote.objects.bulk_create(Vote(message=asked, member_id=members[place], chosen=[choice]) for place, choice in VOTES)
    group.last_message_at = asked.created_at
    group.save(update_fields=["last_seq", "rev", "last_message_at"])
    Membership.objects.filter(conversation=group).update(read_seq=F("read_seq") + 1)
