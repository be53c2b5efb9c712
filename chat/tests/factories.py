"""Conversations for tests."""

import uuid
from typing import Any

from accounts.models.people import User
from chat.actions import conversations as conversation_actions
from chat.actions import groups as group_actions
from chat.actions import messages as message_actions
from chat.actions import requests as request_actions
from chat.models.conversations import Conversation, Membership


def make_chat(one: User, other: User, *texts: str) -> Conversation:
    """The conversation of two who both want it, in which the first has said `texts`."""
    conversation = conversation_actions.open_direct(actor=one, person_id=other.pk)
    Membership.objects.filter(conversation=conversation).update(is_request=False)
    for text in texts:
        say(one, conversation, text)
    conversation.refresh_from_db()
    return conversation


def say(
    who: User, conversation: Conversation, text: str = "hello", client_id: uuid.UUID | None = None
) -> message_actions.Ack:
    return message_actions.send_message(
        actor=who, conversation_id=conversation.pk, client_id=client_id or uuid.uuid4(), text=text
    )


def draft(who: User, conversation: Conversation, text: str = "hello") -> message_actions.Draft:
    return message_actions.Draft(who.pk, conversation.pk, uuid.uuid4(), text)


def membership(conversation: Conversation, who: User) -> Membership:
    return Membership.objects.get(conversation=conversation, user=who)


def make_group(owner: User, *people: User, name: str = "Walkers", **settings: Any) -> Conversation:
    """A group of people who have all accepted."""
    group = group_actions.create_group(actor=owner, name=name, people=[person.pk for person in people])
    for person in people:
        request_actions.accept(actor=person, conversation_id=group.pk)
    if settings:
        group_actions.change_group(actor=owner, conversation_id=group.pk, **settings)
    group.refresh_from_db()
    return group
