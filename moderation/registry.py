"""What can be reported. Every room that makes something that members see of each other has its line: a room above or
beside this one cannot be, so all lines stand in apps.py. A house test fails for what is in none."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.functional import Promise

from accounts.access.people import Viewer
from accounts.models.people import User
from chat.models.files import MessageFile


@dataclass(frozen=True)
class Thing:
    """What somebody reports, as it stands then: whose it is, whether they may see that member, and its words."""

    id: int
    member: User
    text: str
    is_named: bool = True


@dataclass(frozen=True)
class Reportable:
    """A kind of thing. `find(viewer, id or name)` raises NotFound alike for hidden and absent; `url(member, id)` is
    where it stands. `shows` are the tables, `uploads` the kinds of files, that are looked at when it is.
    `files(ids)`: what such things, which are messages, carry where moderators do not come; who handles a report sees
    them as long as it waits."""

    key: str
    label: str | Promise
    find: Callable[[Viewer, int | str], Thing]
    url: Callable[[User, int], str]
    shows: tuple[type[Model], ...]
    uploads: tuple[str, ...] = ()
    files: Callable[[Any], QuerySet[MessageFile]] | None = None


kinds: dict[str, Reportable] = {}


def register(kind: Reportable) -> None:
    kinds[kind.key] = kind
