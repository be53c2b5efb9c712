"""What the chat holds of a member: how they take it along, and how it goes when they go."""

from collections.abc import Iterable, Iterator

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from accounts import personal
from accounts.access import people as people_access
from accounts.models.people import User
from accounts.models.relations import Block
from chat.access import conversations as conversation_access
from chat.actions import files, groups, keeping, notices
from chat.actions import words as word_actions
from chat.models.conversations import Conversation, InviteLink, Kind, Membership, Removal
from chat.models.files import MESSAGE, VOICE, MessageFile
from chat.models.members import ChatMember
from chat.models.messages import Message, MessageKind, MessageMark, MessageVersion
from chat.models.polls import Poll, Vote
from chat.queries import gists, speakers
from uploads.actions import using as uploads_using

BATCH = 200


def messages(member: User) -> Iterator[personal.Row]:
    """What the member wrote and got, in every conversation that they see now."""
    mine = conversation_access.visible_memberships(member).select_related("conversation")
    own = Vote.objects.filter(message=OuterRef("pk"), member=member)
    for membership in personal.walk(mine):
        others = Membership.objects.filter(conversation=membership.conversation_id).exclude(user=member)
        parted = conversation_access.severed(member, others.values_list("user_id", flat=True))
        seen = others.exclude(user__in=parted).filter(user__in=people_access.visible_people(member))
        names = list(seen.order_by("pk").values_list("user__handle", flat=True)[:BATCH])
        said = (
            conversation_access.visible_messages(member)
            .filter(conversation=membership.conversation_id)
            .exclude(kind=MessageKind.SYSTEM)
            .annotate(handle=speakers.of(member, field="handle"), chosen=Subquery(own.values("chosen")))
            .prefetch_related("files__upload")
        )
        for message in personal.walk(said):
            if message.sender_id in parted:
                continue
            yield {
                "conversation": membership.conversation_id,
                "with": names,
                "from": message.handle,
                "mine": message.sender_id == member.pk,
                "text": message.text if message.text or not message.sticker else gists.gist(message),
                "files": [_file(one, member) for one in message.carried],
                "created_at": message.created_at,
                **({"poll": _poll(Poll(message.data), message.chosen)} if message.data else {}),
            }


def _file(one: MessageFile, member: User) -> personal.Row:
    """The member's own lie in the archive; of others' it says what they were called."""
    own = one.upload.owner_id == member.pk
    file = f"media/{one.upload.file_name}" if own else None
    return {"kind": one.kind, "name": one.name, "alt": one.upload.alt, "file": file}


def _poll(poll: Poll, chosen: list[int] | None) -> personal.Row:
    """How it stands, and what the member chose; the question is the message's text."""
    return {
        "choices": [
            {"text": text, "votes": votes, "mine": place in (chosen or ())}
            for place, (text, votes) in enumerate(zip(poll.choices, poll.votes, strict=True))
        ],
        "voters": poll.voters,
        "ends_at": poll.ends_at,
        "closed_at": poll.closed_at,
    }


def reactions(member: User) -> Iterator[personal.Row]:
    """What the member gave to messages that they see still."""
    marks = MessageMark.objects.filter(user=member, message__in=_seen(member)).exclude(reaction="")
    for mark in personal.walk(marks.select_related("message")):
        message = mark.message
        yield {"conversation": message.conversation_id, "seq": message.seq, "reaction": mark.reaction}


def votes(member: User) -> Iterator[personal.Row]:
    """How the member voted in polls that they see still."""
    for vote in personal.walk(Vote.objects.filter(member=member, message__in=_seen(member)).select_related("message")):
        message = vote.message
        choices = (message.data or {}).get("choices", [])
        yield {
            "conversation": message.conversation_id,
            "question": message.text,
            "chosen": [choices[place] for place in vote.chosen if place < len(choices)],
            "created_at": vote.created_at,
        }


def _seen(member: User) -> QuerySet[Message]:
    """Messages that stand and are not closed to the member."""
    parted = Block.objects.filter(
        Q(blocker=member, blocked=OuterRef("sender_id")) | Q(blocked=member, blocker=OuterRef("sender_id"))
    )
    seen = conversation_access.visible_messages(member).filter(deleted_at__isnull=True)
    return seen.exclude(Exists(parted))


def starred(member: User) -> Iterator[personal.Row]:
    """What the member starred and sees still."""
    seen = conversation_access.visible_messages(member).filter(
        marks__user=member, marks__starred_at__isnull=False, deleted_at__isnull=True
    )
    parted = conversation_access.severed(member, seen.values_list("sender_id", flat=True).distinct())
    rows = seen.exclude(sender__in=parted).annotate(handle=speakers.of(member, field="handle"))
    for message in personal.walk(rows):
        yield {
            "conversation": message.conversation_id,
            "from": message.handle,
            "mine": message.sender_id == member.pk,
            "text": gists.gist(message),
            "created_at": message.created_at,
        }


def register() -> None:
    """One line for each table; see accounts.personal."""
    personal.holds(Message, "sender", erase=erase_messages)
    personal.holds(Message, "deleted_by", erase=personal.with_the_member)  # stays deleted, by nobody
    personal.holds(MessageMark, "user", erase=erase_marks)
    personal.holds(Vote, "member", erase=erase_votes)
    personal.register(personal.Chapter("reactions-to-messages.json", _("Your reactions to messages"), reactions))
    personal.register(personal.Chapter("votes-in-conversations.json", _("Your votes in conversations"), votes))
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
        fields={
            "writers": "writers",
            "presence": "presence",
            "shows_reading": "shows_reading",
            "last_seen_at": "seen_at",
        },
    )
    personal.register(personal.Chapter("messages.json", _("Messages"), messages, "archives/_message.html"))


@transaction.atomic
def erase_messages(*, member: User, take_messages: bool) -> int:
    """Messages stay in their places, by nobody; those that the leaver takes along stay without their words. The others'
    pages take them as changes."""
    rows = list(Message.objects.filter(sender=member).order_by("pk").values_list("pk", "conversation_id")[:BATCH])
    if not rows:  # what hangs on others' messages, who forwarded it, stays with them
        uploads_using.disown_uploads(actor=None, owner_id=member.pk, purposes=(MESSAGE, VOICE))
        return uploads_using.delete_uploads(actor=None, owner_id=member.pk)
    conversations = _lock({conversation for _pk, conversation in rows})
    messages = list(Message.objects.filter(pk__in=[pk for pk, _conversation in rows]).order_by("conversation", "seq"))
    if take_messages:
        keeping.strip(messages)
    for message in messages:
        message.sender_id = None
        if take_messages:
            conversation = conversations[message.conversation_id]
            conversation.rev += 1
            message.rev, message.text, message.sticker, message.files_count = conversation.rev, "", "", 0
            message.mentions, message.reply_seq, message.pinned_at = [], None, None
    if take_messages:
        files.let_go(MessageFile.objects.filter(message__in=messages))
        MessageVersion.objects.filter(message__in=messages).delete()
    changed = ["sender", "rev", "text", "sticker", "files_count", "reactions", "data", "link"]
    changed += ["mentions", "reply_seq", "pinned_at"]
    Message.objects.bulk_update(messages, changed)
    word_actions.index_rows(rows=messages)
    Conversation.objects.bulk_update(conversations.values(), ["rev"])
    return len(rows)


@transaction.atomic
def erase_marks(*, member: User, take_messages: bool) -> int:
    """The numbers under messages without the member's reactions; the others' pages take them as changes."""
    ids = list(MessageMark.objects.filter(user=member).order_by("pk").values_list("message_id", flat=True)[:BATCH])
    messages = _locked_messages(ids)
    marks = {mark.message_id: mark for mark in MessageMark.objects.filter(user=member, message__in=ids)}
    for message, conversation in messages:
        if message.pk in marks and (given := marks[message.pk].reaction):
            message.reactions = keeping.recount(message, given, "")
            _turn(conversation, message, "reactions")
    MessageMark.objects.filter(pk__in=[mark.pk for mark in marks.values()]).delete()
    return len(ids)


@transaction.atomic
def erase_votes(*, member: User, take_messages: bool) -> int:
    """The same of polls."""
    ids = list(Vote.objects.filter(member=member).order_by("pk").values_list("message_id", flat=True)[:BATCH])
    messages = _locked_messages(ids)
    votes = {vote.message_id: vote for vote in Vote.objects.filter(member=member, message__in=ids)}
    for message, conversation in messages:
        if message.pk in votes and message.data:
            poll = Poll(message.data)
            poll.count(votes[message.pk].chosen, -1)
            message.data = poll.as_data()
            _turn(conversation, message, "data")
    Vote.objects.filter(pk__in=[vote.pk for vote in votes.values()]).delete()
    return len(ids)


def _locked_messages(ids: Iterable[int]) -> list[tuple[Message, Conversation]]:
    """As they are once their conversations are locked, in order: what hangs on them is read after this."""
    rows = Message.objects.filter(pk__in=list(ids))
    conversations = _lock(set(rows.values_list("conversation_id", flat=True)))
    return [(message, conversations[message.conversation_id]) for message in rows.order_by("conversation", "seq")]


def _turn(conversation: Conversation, message: Message, column: str) -> None:
    conversation.rev += 1
    message.rev = conversation.rev
    message.save(update_fields=["rev", column])
    conversation.save(update_fields=["rev"])


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
            files.let_go(MessageFile.objects.filter(message__in=words))
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
