"""Which reactions there are on this site: the owner's to decide, the same under posts, comments and messages."""

import unicodedata
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import errors, options, text

KIND_LENGTH = 80
SET_LIMIT = 12
NAME_LIMIT = 30
EMOJI_LIMIT = 12  # code points: the longest families and flags
OWN = "e-"  # begins the kinds that are the owner's; the code points of the emoji follow
JOINER, TAGS = "\u200d", range(0xE0020, 0xE0080)
FLAG_LETTERS = range(0x1F1E6, 0x1F200)


class Drawn(models.TextChoices):
    """The kinds that we have drawings of."""

    LIKE = "like", pgettext_lazy("reaction", "Like")
    LOVE = "love", pgettext_lazy("reaction", "Love")
    LAUGH = "laugh", pgettext_lazy("reaction", "Laugh")
    WOW = "wow", pgettext_lazy("reaction", "Wow")
    SAD = "sad", pgettext_lazy("reaction", "Sad")
    ANGRY = "angry", pgettext_lazy("reaction", "Angry")


@dataclass(frozen=True)
class Kind:
    """`kind` is what stands in rows and goes through the API; one of ours has a drawing and no emoji."""

    kind: str
    emoji: str
    name: str

    def as_stored(self) -> dict[str, str]:
        return {"emoji": self.emoji, "name": self.name} if self.emoji else {"kind": self.kind}


def _clean_set(given: Any) -> list[dict[str, str]]:
    if not isinstance(given, list) or not given or not all(isinstance(one, dict) for one in given):
        raise errors.Invalid(_("At least one reaction, please."))
    if len(given) > SET_LIMIT:
        raise errors.Invalid(_("At most %(limit)s reactions, please.") % {"limit": SET_LIMIT})
    kinds = [_clean_kind(one) for one in given]
    if len({one.kind for one in kinds}) < len(kinds):
        raise errors.Invalid(_("This reaction is there already."))
    return [one.as_stored() for one in kinds]


def _clean_kind(one: dict[str, Any]) -> Kind:
    if one.get("emoji"):
        name = text.clean(str(one.get("name") or ""), limit=NAME_LIMIT, field="name")
        name = " ".join(name.split())
        if not name:
            raise errors.Invalid(_("Give it a name: not everybody can see it."), field="name")
        emoji = clean_emoji(one["emoji"])
        return Kind(kind_of(emoji), emoji, name)
    if one.get("kind") not in Drawn.values:
        raise errors.Invalid(_("There is no such reaction."), field="kind")
    return known(str(one["kind"]))


def clean_emoji(given: Any) -> str:
    """One emoji, whatever it is composed of; Invalid for anything else, words above all."""
    emoji = given.strip() if isinstance(given, str) else ""
    pictures = [one for one in emoji if unicodedata.category(one) == "So"]
    rest = [one for one in emoji if unicodedata.category(one) != "So"]
    flag = len(emoji) == 2 and all(ord(one) in FLAG_LETTERS for one in emoji)
    one_only = flag or (len(pictures) - emoji.count(JOINER) == 1 and ord(pictures[0]) not in FLAG_LETTERS)
    parts = all(
        one == JOINER or ord(one) in TAGS or unicodedata.category(one) == "Sk" or one == "\ufe0f" for one in rest
    )
    if not pictures or not one_only or not parts or len(emoji) > EMOJI_LIMIT:
        raise errors.Invalid(_("One emoji, please."), field="emoji")
    return emoji


def kind_of(emoji: str) -> str:
    return OWN + "-".join(f"{ord(one):x}" for one in emoji)


SET: options.Option[list[dict[str, str]]] = options.declare(
    options.Option("feed.reactions", [{"kind": kind} for kind in Drawn.values], _clean_set)
)


def kinds() -> list[Kind]:
    """The set, in the owner's order, as it stood some seconds ago: for pages."""
    return [_clean_kind(one) for one in options.read(SET)]


def sure_kinds() -> list[Kind]:
    """The set as it stands now: what decides."""
    return [_clean_kind(one) for one in options.sure(SET)]


def known(kind: str) -> Kind:
    """A kind by itself, in the set or not: what was given once stays to be seen. Without a name it bears its emoji."""
    if kind in Drawn.values:
        return Kind(kind, "", str(Drawn(kind).label))
    try:
        emoji = "".join(chr(int(one, 16)) for one in kind.removeprefix(OWN).split("-"))
    except (ValueError, OverflowError):
        emoji = "?"
    return Kind(kind, emoji, emoji)


def clean_reaction(given: str) -> str:
    """A kind that may be given now."""
    if given not in {one.kind for one in sure_kinds()}:
        raise errors.Invalid(_("There is no such reaction."), field="kind")
    return given
