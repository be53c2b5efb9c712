"""Who may do what in a group, and whom one may bring into one."""

from collections.abc import Collection
from typing import Literal

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from accounts.models.people import User
from accounts.models.relations import Follow, Friendship
from chat.access import conversations as conversation_access
from chat.models.conversations import Conversation, InviteLink, Kind, Membership, Removal, Role, Who
from chat.models.members import ChatMember, Writers
from core import errors
from uploads.models import Upload

To = Literal["see", "take_part", "add", "lead", "own"]


def access_group(viewer: Viewer, id: int, *, to: To = "see", lock: bool = False) -> tuple[Conversation, Membership]:
    """A group that the viewer sees, and their place in it. To "take_part" they have accepted; to "add" people the
    group lets them; to "lead" they are an admin; to "own" an owner."""
    conversation = conversation_access.access_conversation(viewer, id, lock=lock)
    if not conversation.is_group:
        raise errors.NotFound
    rows = conversation_access.visible_memberships(viewer).filter(conversation=conversation)
    mine = rows.first()
    if mine is None:
        raise errors.NotFound
    if to != "see" and mine.is_request:
        raise errors.Conflict(_("Accept first: you were asked, and have not answered."))
    mine.conversation = conversation
    if not may(mine, to):
        raise errors.NotAllowed(_("Only admins of the group may do that."))
    return conversation, mine


def may(mine: Membership, to: To) -> bool:
    """`mine` carries its conversation."""
    if to == "own":
        return mine.role == Role.OWNER
    if to == "lead" or (to == "add" and mine.conversation.who_adds == Who.ADMINS):
        return mine.leads
    return True


def members(conversation_id: int) -> QuerySet[Membership]:
    """Who is in a group: has come, or has accepted. Whoever asks has access to the group."""
    return Membership.objects.filter(conversation_id=conversation_id, is_request=False)


def access_membership(conversation: Conversation, person_id: int) -> Membership:
    """A place in a group whose admin asks: also of somebody whom they do not see, and of who was asked."""
    rows = Membership.objects.filter(conversation=conversation, user_id=person_id)
    row = rows.first() if 0 < person_id < 2**63 else None
    if row is None:
        raise errors.NotFound(field="user")
    return row


def visible_pictures(viewer: Viewer, uploads: QuerySet[Upload]) -> QuerySet[Upload]:
    """Of groups that the viewer sees; asked by the uploads room. A link shows the picture to who may join, too."""
    seen = conversation_access.visible_conversations(viewer).filter(picture=OuterRef("pk"))
    return uploads.filter(Exists(seen))


# -- Who knows whom --


def knowing(person: str, whom: int) -> Q:
    """Rows whose `person` (a path to an id) knows this member: follows them, is their friend, or has talked to them."""
    follows = Follow.objects.filter(follower_id=OuterRef(person), followed_id=whom)
    friend = Friendship.objects.filter(person_id=whom, friend_id=OuterRef(person))
    talked = Membership.objects.filter(
        user_id=OuterRef(person), is_request=False, conversation__kind=Kind.DIRECT, conversation__last_seq__gt=0
    ).filter(
        Exists(Membership.objects.filter(conversation_id=OuterRef("conversation_id"), user_id=whom, is_request=False))
    )
    return Q(Exists(follows)) | Q(Exists(friend)) | Q(Exists(talked))


def acquainted(ids: Collection[int], whom: int) -> set[int]:
    """Who of these knows this member."""
    return set(User.objects.filter(knowing("pk", whom), pk__in=ids).values_list("pk", flat=True))


def reachable(ids: Collection[int], by: int) -> set[int]:
    """Who of these lets this member begin a conversation with them, or add them to one."""
    closed = ChatMember.objects.filter(user_id=OuterRef("pk"))
    shut = Q(Exists(closed.filter(writers=Writers.NOBODY))) | (
        Q(Exists(closed.filter(writers=Writers.KNOWN))) & ~knowing("pk", by)
    )
    return set(User.objects.filter(pk__in=ids).exclude(shut).values_list("pk", flat=True))


def people_to_add(actor: User, ids: Collection[int]) -> list[User]:
    """Members whom the actor sees, in order of id; NotFound alike for hidden and absent ones."""
    wanted = {id for id in ids if 0 < id < 2**63 and id != actor.pk}
    found = list(accounts_access.visible_people(actor).filter(pk__in=wanted).order_by("pk"))
    if len(found) < len({id for id in ids if id != actor.pk}):
        raise errors.NotFound(_("Somebody of these is not here, or not for you to see."), field="people")
    return found


# -- Invite links --


def standing_links() -> QuerySet[InviteLink]:
    """Links that let somebody in now."""
    lasting = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
    free = Q(most_uses__isnull=True) | Q(uses__lt=F("most_uses"))
    peopled = Membership.objects.filter(conversation_id=OuterRef("conversation_id"), is_request=False)
    return InviteLink.objects.filter(lasting, free, Exists(peopled), ended_at__isnull=True)


def access_link(viewer: Viewer, code: str) -> InviteLink:
    """The link with this code, with its conversation, for who may use it. Ended, expired, used up, never made, and shut
    to this viewer answer alike. Who is in the group already comes through as long as it stands."""
    me = accounts_access.access_member(viewer)
    removed = Removal.objects.filter(conversation_id=OuterRef("conversation_id"), user=me)
    links = standing_links().exclude(Exists(removed)).select_related("conversation__picture")
    link = links.filter(code=code.replace("\x00", "")).first()
    if link is None:
        raise errors.NotFound(_("This link does not lead anywhere (any more). Ask for a new one."))
    return link
