"""Which stickers there are: the drawn ones, and over them what staff has brought and decided.

Every process remembers them for some seconds, as the owner's options: a message with a sticker is shown without a
query, and one without pays nothing. What decides whether one may be sent is read anew.
"""

import re
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import Exists, OuterRef, QuerySet
from django.templatetags.static import static
from django.utils.translation import gettext

from accounts.access.people import Viewer
from chat.models.stickers import DRAWN, KEY_LENGTH, Sticker, StickerPack
from uploads.models import Upload

CHANGE = "chat.change_stickerpack"
OLD = 5.0  # seconds that a process may go on with what it has read
WIDTH = 320  # of what is shown: 160 pixels on a fine screen
ID = re.compile(rf"[a-z0-9-]{{1,{KEY_LENGTH}}}/[a-z0-9-]{{1,{KEY_LENGTH}}}", re.ASCII)
GONE = "img/blank.svg"


@dataclass(frozen=True)
class Shown:
    """A sticker as it is shown. `name` is the same for everybody; `label` in the words of who reads."""

    id: str
    name: str
    upload: Upload | None = None
    is_drawn: bool = False
    is_withdrawn: bool = False

    @property
    def label(self) -> str:
        return gettext(self.name) if self.is_drawn else self.name

    @property
    def key(self) -> str:
        return self.id.partition("/")[2]

    @property
    def url(self) -> str:
        if self.is_drawn:
            return static(f"img/stickers/{self.id}.svg")
        return (self.upload.url(WIDTH) if self.upload else "") or static(GONE)


@dataclass(frozen=True)
class Pack:
    key: str
    name: str
    is_drawn: bool = False
    is_shown: bool = True
    stickers: list[Shown] = field(default_factory=list)

    @property
    def label(self) -> str:
        return gettext(self.name) if self.is_drawn else self.name

    @property
    def given(self) -> list[Shown]:
        """What can be sent of it."""
        return [one for one in self.stickers if not one.is_withdrawn] if self.is_shown else []


class Shelf(NamedTuple):
    packs: list[Pack]
    by_id: dict[str, Shown]


_known: tuple[float, Shelf | None] = (0.0, None)


def shelf(*, age: float = OLD) -> Shelf:
    """All packs in their order, as this process knows them: at most so many seconds old."""
    global _known
    at, known = _known
    if known is None or time.monotonic() - at > age:
        _known = (time.monotonic(), known := sure())
    return known


def forget() -> None:
    """The next `shelf` asks the database."""
    global _known
    _known = (0.0, None)


def sure() -> Shelf:
    """As it stands in the database now: two queries."""
    rows: dict[int, list[Sticker]] = {}
    for row in Sticker.objects.select_related("upload").order_by("place", "pk"):
        rows.setdefault(row.pack_id, []).append(row)
    packs = [_pack(row, rows.get(row.pk, [])) for row in StickerPack.objects.order_by("place", "pk")]
    packs += [_drawn(key) for key in DRAWN if key not in {pack.key for pack in packs}]
    return Shelf(packs, {one.id: one for pack in packs for one in pack.stickers})


def _pack(row: StickerPack, stickers: Iterable[Sticker]) -> Pack:
    name, names = DRAWN.get(row.key, (row.name, {}))
    made = [
        Shown(
            id=f"{row.key}/{one.key}",
            name=names.get(one.key) or one.name or gettext("A sticker"),
            upload=one.upload,
            is_drawn=one.key in names,
            is_withdrawn=one.is_withdrawn,
        )
        for one in stickers
    ]
    known = {one.id for one in made}
    made += [one for one in _drawn(row.key).stickers if one.id not in known] if row.key in DRAWN else []
    return Pack(row.key, name, row.key in DRAWN, row.is_shown, made)


def _drawn(key: str) -> Pack:
    name, names = DRAWN[key]
    return Pack(key, name, True, True, [Shown(f"{key}/{one}", words, is_drawn=True) for one, words in names.items()])


def sticker(id: str) -> Shown:
    """The one that a message carries, sent any time ago; one nobody knows any more is a blank."""
    found = shelf().by_id.get(id)
    if found is None:  # another process may have it since a moment
        found = shelf(age=0).by_id.setdefault(id, Shown(id, gettext("A sticker")))
    return found


def named(shown: Shown) -> str:
    return gettext("Sticker: %(name)s") % {"name": shown.label}


def given(ids: Collection[str]) -> set[str]:
    """Those of these that may be sent now, as the database has it: two queries, none for none."""
    asked = {id for id in ids if ID.fullmatch(id)}
    if not asked:
        return set()
    keys = {id.partition("/")[0] for id in asked}
    hidden = set(StickerPack.objects.filter(key__in=keys, is_shown=False).values_list("key", flat=True))
    known = Sticker.objects.filter(pack__key__in=keys).values_list("pack__key", "key", "is_withdrawn")
    withdrawn = {f"{pack}/{key}": gone for pack, key, gone in known}
    drawn = {f"{pack}/{key}" for pack in keys & DRAWN.keys() for key in DRAWN[pack][1]}
    return {id for id in asked if id.partition("/")[0] not in hidden and not withdrawn.get(id, id not in drawn)}


def visible_pictures(viewer: Viewer, uploads: QuerySet[Upload]) -> QuerySet[Upload]:
    """Asked by the uploads room: they are the site's, and for everybody."""
    return uploads.filter(Exists(Sticker.objects.filter(upload=OuterRef("pk"))))
