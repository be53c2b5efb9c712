"""Groups of the chat in Willowbank, with what was said in them lately."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models.people import User
from chat.models.conversations import Conversation, InviteLink, Kind, Membership, Role
from chat.models.messages import Message, MessageKind
from socialsite.demo import people


@dataclass(frozen=True)
class Told:
    """A group: who is in it by their place among the known (the first owns it), and who said what."""

    name: str
    about: str
    members: tuple[int, ...]
    lines: tuple[tuple[int, str], ...]
    unread: int = 0  # of the first known one


CREW = "Lantern Walk crew"
# What carries something: demo.sent.
LIST_LINE = "Final count is 412 lanterns."
PHOTO_LINE = "Last year’s, and where we walk."
TUNE_LINE = "And this is what we hum."
GROUPS = [
    Told(
        "Saturday Walkers",
        "Slow walks, long soups. Every Saturday at nine from the mill.",
        (6, 0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13),
        (
            (6, "The path behind the mill is open again."),
            (0, "That light this morning! Are we still on for nine on Saturday?"),
            (0, "I can take two people from the station."),
            (9, "Count me in. My knee says seven kilometres, my heart twelve."),
            (13, "Soup at mine afterwards then. I have a pot that fits fourteen."),
            (13, "Allergies to me by Friday, please!"),
            (4, "Bringing bread, and proof of the heron."),
            (4, "sticker:things/bread"),
            (6, "sticker:pip/party"),
            (9, "🥾☀️"),
        ),
        unread=4,
    ),
    Told(
        "Choir, altos",
        "Tuesday at seven. Water, pencil, the blue folder.",
        (2, 0, 8, 1, 15),
        (
            (2, "The second verse is a third lower than we sang it. Sorry."),
            (8, "I knew it. My throat knew it."),
            (0, "Shall we meet a quarter of an hour earlier?"),
            (2, "Yes please. And bar 32: breathe before the long one."),
        ),
        unread=1,
    ),
    Told(
        CREW,
        "",
        (3, 0, 4, 7),
        (
            (3, LIST_LINE),
            (4, "And 411 candles. I have a spare one."),
            (0, "You are a hero."),
            (4, "sticker:pip/love"),
            (4, PHOTO_LINE),
            (7, TUNE_LINE),
        ),
    ),
]


def write(users: list[User], now: datetime) -> None:
    """`users` in the order of people.KNOWN; a small demo has no groups."""
    if len(users) < len(people.KNOWN):
        return
    for turn, told in enumerate(GROUPS):
        _write(told, [users[place] for place in told.members], users, now - timedelta(minutes=7, hours=5 * turn))


def said(words: str) -> dict[str, str]:
    """Words, or "sticker:" and the id of one."""
    sticker = words.partition("sticker:")[2]
    return {"text": "", "sticker": sticker} if sticker else {"text": words}


def _write(told: Told, members: list[User], users: list[User], last: datetime) -> None:
    owner = members[0]
    count = len(told.lines) + 2
    group = Conversation.objects.create(
        kind=Kind.GROUP,
        name=told.name,
        about=told.about,
        last_seq=count,
        rev=count,
        info_rev=2,
        members_count=len(members),
        last_message_at=last,
        created_at=last - timedelta(days=40),
    )
    Membership.objects.bulk_create(
        Membership(
            conversation=group,
            user=member,
            role=Role.OWNER if member == owner else Role.MEMBER,
            invited_by=None if member == owner else owner,
            read_seq=count - (told.unread if member == users[0] else 0),
            unread=bool(told.unread) and member == users[0],
            active_at=last,
            joined_at=group.created_at,
        )
        for member in members
    )
    added = sorted(member.pk for member in members[1:])
    rows = [
        Message(sender=owner, kind=MessageKind.SYSTEM, text="", data={"what": "created"}, created_at=group.created_at),
        Message(
            sender=owner,
            kind=MessageKind.SYSTEM,
            text="",
            data={"what": "added", "people": added},
            created_at=group.created_at,
        ),
    ]
    began = last - timedelta(minutes=9 * len(told.lines))
    for place, (who, words) in enumerate(told.lines, 1):
        rows.append(Message(sender=users[who], **said(words), created_at=began + timedelta(minutes=9 * place)))
    for seq, row in enumerate(rows, 1):
        row.conversation, row.seq, row.rev, row.client_id = group, seq, seq, uuid.uuid4()
    Message.objects.bulk_create(rows)
    InviteLink.objects.create(
        conversation=group, code=f"demo-{group.pk}-{uuid.uuid4().hex[:12]}", maker=owner, created_at=group.created_at
    )
