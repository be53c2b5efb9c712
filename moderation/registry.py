"""What can be reported. Every room that makes something that members see of each other has its line: a room above or
beside this one cannot be, so all lines stand in apps.py. A house test fails for what is in none."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Model
from django.utils.functional import Promise

from accounts.access.people import Viewer
from accounts.models.people import User


@dataclass(frozen=True)
class Thing:
    """What somebody reports, as it stands then: whose it is, and its words."""

    id: int
    member: User
    text: str


@dataclass(frozen=True)
class Reportable:
    """A kind of thing. `find(viewer, id or name)` raises NotFound alike for hidden and absent; `url(member, id)` is
    where it stands. `shows` are the tables, `uploads` the kinds of files, that are looked at when it is."""

    key: str
    label: str | Promise
    find: Callable[[Viewer, int | str], Thing]
    url: Callable[[User, int], str]
    shows: tuple[type[Model], ...]
    uploads: tuple[str, ...] = ()


kinds: dict[str, Reportable] = {}


def register(kind: Reportable) -> None:
    kinds[kind.key] = kind
