"""How conversations begin, and who sees them."""

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.access import people as accounts_access
from accounts.models.people import User
from chat import realtime
from chat.access import groups as group_access
from chat.models.conversations import Conversation, Kind, Membership
from core import errors


@transaction.atomic
def open_direct(*, actor: User, person_id: int) -> Conversation:
    """The one conversation of these two, made if need be; two who open it at once get the same."""
    accounts_access.access_member(actor)
    person = accounts_access.access_person(actor, person_id)
    if person.pk == actor.pk:
        raise errors.Invalid(_("That would be talking to yourself."), field="user")
    key = Conversation.key_of(actor.pk, person.pk)
    conversation = Conversation.objects.filter(direct_key=key).first()
    if conversation is None or conversation.last_seq == 0:
        conversation = _begin(actor, person, key)
    return conversation


def _begin(actor: User, person: User, key: str) -> Conversation:
    """Nothing was said yet: whoever opens it may write, if the other lets them; who does not know them is asked."""
    if person.pk not in group_access.reachable([person.pk], by=actor.pk):
        raise errors.NotAllowed(_("This person does not take messages from people they do not know."))
    Conversation.objects.bulk_create([Conversation(kind=Kind.DIRECT, direct_key=key)], ignore_conflicts=True)
    conversation = Conversation.objects.select_for_update(no_key=True).get(direct_key=key)
    if conversation.last_seq:  # somebody was faster, and has written
        return conversation
    asked = {actor.pk: False, person.pk: not group_access.acquainted([person.pk], actor.pk)}
    Membership.objects.bulk_create(
        [Membership(conversation=conversation, user_id=id, is_request=asked[id]) for id in sorted(asked)],
        ignore_conflicts=True,
    )
    Membership.objects.filter(conversation=conversation, user=actor).update(is_request=False)
    return conversation


@transaction.atomic
def sight_changed(*, one_id: int, other_id: int) -> None:
    """A block between these two came or went: whoever remembers who sees what in their conversations looks again.

    Runs inside the transaction of the block, so that no message can be sent past it.
    """
    theirs = Membership.objects.filter(user=one_id).values("conversation")
    shared = Membership.objects.filter(user=other_id, conversation__in=theirs).values("conversation")
    conversations = Conversation.objects.select_for_update(no_key=True).filter(pk__in=shared).order_by("pk")
    versions = {row.pk: row.members_version + 1 for row in conversations}
    changed = Conversation.objects.filter(pk__in=versions)
    changed.update(members_version=F("members_version") + 1, rev=F("rev") + 1)
    realtime.push_changed(versions, versions)
