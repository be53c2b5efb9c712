"""The cards of links in messages: a worker has found one, and whether the sender shows it."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from chat import realtime, rules
from chat.access import conversations as conversation_access
from chat.actions import keeping
from chat.models.conversations import Conversation
from chat.models.messages import Message, MessageKind
from core import errors
from uploads.actions import previews as card_actions

TOLD = 100  # the newest messages with one link; older ones are hardly on anybody's screen
FRESH = timedelta(hours=1)  # later it is seen by who looks there anew


@transaction.atomic
def show_card(*, actor: User, conversation_id: int, seq: int, shown: bool) -> Message:
    """The sender shows the card of a message's link, or takes it away. Doing it again changes nothing."""
    words = conversation_access.access_message(actor, conversation_id, seq).text if shown else ""
    link = rules.first_link(words)
    card = card_actions.want(actor=actor, link=link)  # before the lock
    conversation, message = keeping.take(actor, conversation_id, seq)
    if message.sender_id != actor.pk:
        raise errors.NotAllowed(_("Only who wrote a message decides about its card."))
    if shown and (card is None or message.kind == MessageKind.SYSTEM):
        raise errors.Conflict(_("There is no link in it that can be shown."))
    wanted = card.pk if card and rules.first_link(message.text) == link else None
    if message.link_id != wanted:
        keeping.keep(conversation, message, link_id=wanted)
    return message


@transaction.atomic
def tell(*, actor: None, preview_id: int) -> None:
    """What was fetched is shown where it was written lately. A message that was deleted or has disappeared meanwhile
    shows nothing."""
    now = timezone.now()
    rows = Message.objects.filter(
        conversation_access.lasting(), link=preview_id, deleted_at__isnull=True, created_at__gt=now - FRESH
    )
    found = dict(rows.order_by("-id").values_list("pk", "conversation_id")[:TOLD])
    locked = Conversation.objects.select_for_update(no_key=True).filter(pk__in=found.values()).order_by("pk").in_bulk()
    told = [
        row
        for row in rows.filter(pk__in=found).select_related("link__upload").order_by("conversation", "seq")
        if row.link is not None and row.link.is_ready
    ]
    for row in told:
        conversation = locked[row.conversation_id]
        conversation.rev += 1
        row.rev = conversation.rev
    Message.objects.bulk_update(told, ["rev"])
    Conversation.objects.bulk_update(locked.values(), ["rev"])
    realtime.push_messages(told, {id: row.members_version for id, row in locked.items()}, only="card")
