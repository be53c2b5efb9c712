"""Who may see the cards of links: whoever may see a message that shows one. Asked by the uploads room."""

from django.db.models import Exists, OuterRef, Q

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from accounts.models.relations import Block
from chat.access import conversations as conversation_access
from chat.models.messages import Message


def showing_picture(viewer: Viewer) -> Exists:
    """True for uploads that are the picture of a card on a message which the viewer may see, and which is not closed to
    them."""
    me = accounts_access.viewer_id(viewer) or 0
    parted = Block.objects.filter(
        Q(blocker=me, blocked=OuterRef("sender_id")) | Q(blocked=me, blocker=OuterRef("sender_id"))
    )
    shown = conversation_access.visible_messages(viewer).filter(link__upload=OuterRef("pk"), deleted_at__isnull=True)
    return Exists(shown.exclude(Exists(parted)))


def using_card() -> Exists:
    """True for cards that messages use."""
    return Exists(Message.objects.filter(link=OuterRef("pk")))
