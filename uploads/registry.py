"""What uploads are for. The room that attaches them says here, from its apps.py, who may see them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core import errors
from uploads.models import Upload

Visible = Callable[[Any, QuerySet[Upload]], QuerySet[Upload]]


@dataclass(frozen=True)
class Kind:
    """`visible(viewer, uploads)` narrows uploads of this kind to those that hang on something the viewer may see
    (viewer may be None). `public`: links never end and are cached for a year, as befits avatars. `shape`: width by
    height of what the room shows; pictures are cut to it. `films`: a video or a sound may come in place of pictures."""

    name: str
    visible: Visible
    public: bool = False
    shape: float | None = None
    films: bool = False


kinds: dict[str, Kind] = {}


def register(
    name: str, *, visible: Visible, public: bool = False, shape: float | None = None, films: bool = False
) -> None:
    kinds[name] = Kind(name, visible, public, shape, films)


def kind(name: str) -> Kind:
    try:
        return kinds[name]
    except KeyError:
        raise errors.Invalid(_("Nothing takes such uploads."), field="purpose") from None
