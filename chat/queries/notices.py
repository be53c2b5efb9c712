"""Notices in the words of who reads them. The rows carry ids only."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from accounts.models.people import User
from chat.access import conversations as conversation_access
from chat.models.conversations import Role
from chat.models.messages import Message, MessageKind
from core import errors

NAMED = 3  # people named in one notice; the others are counted


def tell(messages: Iterable[Message], me: int) -> None:
    """Puts `words` on every notice among these: one query for the names, none without notices. Who the reader may not
    see is somebody."""
    notices = [row for row in messages if row.kind == MessageKind.SYSTEM]
    ids = {id for row in notices for id in [row.sender_id, *_people(row)[: NAMED + 1]] if id}
    if not notices:
        return
    seen = accounts_access.visible_people(User(pk=me)).filter(pk__in=ids)
    names = dict(seen.values_list("pk", "display_name"))
    for row in notices:
        row.words = _words(row, names, me)  # type: ignore[attr-defined]


def notice(viewer: Viewer, conversation_id: int, seq: int) -> str:
    """The words of one notice of a conversation that the viewer sees."""
    rows = conversation_access.visible_messages(viewer).filter(conversation_id=conversation_id, seq=seq)
    row = rows.filter(kind=MessageKind.SYSTEM).first() if 0 < seq < 2**63 and 0 < conversation_id < 2**63 else None
    if row is None:
        raise errors.NotFound
    tell([row], accounts_access.viewer_id(viewer) or 0)
    return str(row.words)  # type: ignore[attr-defined]


def _people(row: Message) -> list[int]:
    return list((row.data or {}).get("people", []))


def _words(row: Message, names: dict[int, str], me: int) -> str:
    data: dict[str, Any] = row.data or {}
    by_me = row.sender_id == me
    who = names.get(row.sender_id or 0) or _("Somebody")
    whom = _list(_people(row), names, me)
    what = data.get("what")
    if what == "role":
        return _role(data.get("role", ""), by_me=by_me, alone=row.sender_id is None, who=who, whom=whom)
    if what == "changed":
        return _changed(data.get("fields", []), by_me=by_me, who=who)
    mine, theirs = {
        "created": (_("You made this group"), _("%(who)s made this group")),
        "added": (_("You added %(whom)s"), _("%(who)s added %(whom)s")),
        "joined": (_("You joined"), _("%(who)s joined")),
        "removed": (_("You removed %(whom)s"), _("%(who)s removed %(whom)s")),
        "left": (_("You left"), _("%(who)s left")),
    }.get(str(what), (_("Something changed"), _("Something changed")))
    return (mine if by_me else theirs) % {"who": who, "whom": whom}


def _role(role: str, *, by_me: bool, alone: bool, who: str, whom: str) -> str:
    if alone:
        return _("Now the owner: %(whom)s") % {"whom": whom}
    mine, theirs = {
        Role.OWNER.value: (_("You made %(whom)s an owner"), _("%(who)s made %(whom)s an owner")),
        Role.ADMIN.value: (_("You made %(whom)s an admin"), _("%(who)s made %(whom)s an admin")),
    }.get(role, (_("You made %(whom)s a plain member"), _("%(who)s made %(whom)s a plain member")))
    return (mine if by_me else theirs) % {"who": who, "whom": whom}


def _changed(fields: list[str], *, by_me: bool, who: str) -> str:
    kinds = {
        "name": (_("You gave the group another name"), _("%(who)s gave the group another name")),
        "picture": (_("You changed the picture of the group"), _("%(who)s changed the picture of the group")),
        "about": (_("You changed what the group is about"), _("%(who)s changed what the group is about")),
    }
    others = (_("You changed the settings of the group"), _("%(who)s changed the settings of the group"))
    mine, theirs = kinds.get(fields[0], others) if len(fields) == 1 else others
    return (mine if by_me else theirs) % {"who": who}


def _list(people: list[int], names: dict[int, str], me: int) -> str:
    """'you, Ben and 3 more'."""
    first = sorted(people, key=lambda id: (id != me, id))[:NAMED]
    words = [_("you") if id == me else names.get(id) or _("somebody") for id in first]
    more = len(people) - len(first)
    if more:
        words.append(ngettext("%(n)s more", "%(n)s more", more) % {"n": more})
    if len(words) < 2:
        return "".join(words)
    return _("%(first)s and %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}
