"""What a member has decided about the chat."""

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from chat.models.members import ChatMember


def own(viewer: Viewer) -> ChatMember:
    """As it stands, or as it is for who has decided nothing."""
    me = accounts_access.access_member(viewer)
    return ChatMember.objects.filter(pk=me.pk).first() or ChatMember(user=me)
