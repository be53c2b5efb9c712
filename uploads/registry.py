"""What uploads are for. The room that attaches them says here, from its apps.py, who may see them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, QuerySet
from django.utils.translation import gettext as _

from core import errors
from uploads.models import Upload

Visible = Callable[[Any, QuerySet[Upload]], QuerySet[Upload]]
Ends = Callable[[Any, Upload], datetime | None]


@dataclass(frozen=True)
class Kind:
    """`visible(viewer, uploads)` narrows uploads of this kind to those that hang on something the viewer may see
    (viewer may be None). `public`: links never end and are cached for a year, as befits avatars. `shape`: width by
    height of what the room shows; pictures are cut to it. `films`: a video or a sound may come in place of pictures.
    `files`: whatever is none of these may come, too, to be kept and never shown. `sounds`: sounds alone. `outlives`:
    what it hangs on may stay when its owner goes; the room disowns it then. `ends(viewer, upload)`: when the last of
    what shows it to them ends, None for never; no link that is asked for by its key is good after that."""

    name: str
    visible: Visible
    public: bool = False
    shape: float | None = None
    films: bool = False
    files: bool = False
    sounds: bool = False
    outlives: bool = False
    ends: Ends | None = None


kinds: dict[str, Kind] = {}


@dataclass(frozen=True)
class CardRoom:
    """A room that shows cards of links. `shows(viewer)` is true for uploads that are the picture of one on something
    that the viewer may see, `uses()` for cards that still stand somewhere; `tell(actor=None, preview_id=...)` is called
    in the transaction that has stored what a worker found."""

    shows: Callable[[Any], Exists]
    uses: Callable[[], Exists]
    tell: Callable[..., None]


card_rooms: list[CardRoom] = []


# Who else sees what rooms attached, for a reason of their own: (viewer, uploads) -> those of them.
overseers: list[Visible] = []


def register(
    name: str,
    *,
    visible: Visible,
    public: bool = False,
    shape: float | None = None,
    films: bool = False,
    files: bool = False,
    sounds: bool = False,
    outlives: bool = False,
    ends: Ends | None = None,
) -> None:
    kinds[name] = Kind(name, visible, public, shape, films, files, sounds, outlives, ends)


def kind(name: str) -> Kind:
    try:
        return kinds[name]
    except KeyError:
        raise errors.Invalid(_("Nothing takes such uploads."), field="purpose") from None
