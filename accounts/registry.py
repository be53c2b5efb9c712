"""What higher rooms add to a person: tabs and buttons of the profile, and what must happen when somebody is blocked."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists
from django.utils.functional import Promise

from accounts.models.people import User


@dataclass(frozen=True)
class ProfileTab:
    """A tab of the profile. `context(viewer, person, cursor)` makes what `template` shows, with a fixed number of
    queries; its key "next", if any, is the cursor of the next page."""

    key: str
    label: str | Promise
    order: int
    template: str
    context: Callable[[Any, User, str], dict[str, Any]]


@dataclass(frozen=True)
class ProfileBox:
    """A box beside the tab, where there is room. `context(viewer, person)` makes what `template` shows, with a fixed
    number of queries; nothing, and the box is not there."""

    key: str
    template: str
    context: Callable[[Any, User], dict[str, Any]]
    order: int = 0


@dataclass(frozen=True)
class PersonAction:
    """A button beside Follow, for members who look at somebody else. `url(person)` is where it leads; no query."""

    key: str
    label: str | Promise
    icon: str
    url: Callable[[User], str]
    order: int = 0


@dataclass(frozen=True)
class OfficePage:
    """A page of another room in the site's office, for those with the permission; site_base.html names it."""

    key: str
    url_name: str
    permission: str


profile_tabs: dict[str, ProfileTab] = {}
profile_boxes: dict[str, ProfileBox] = {}
person_actions: dict[str, PersonAction] = {}
office_pages: dict[str, OfficePage] = {}
# Called with the two ids (in any order) in the transaction of a block or unblock, after its rows are written.
block_listeners: list[Callable[[int, int], None]] = []
# Called with followers, whom, and whether they follow now, in the transaction of it, after its rows are written.
follow_listeners: list[Callable[[Collection[int], int, bool], None]] = []
# What ties two members, in other rooms: takes an id, gives what is true for members (rows of User) tied to it. Who is
# tied to somebody may send them away also while they hide.
ties: list[Callable[[int], Exists]] = []
# Counters of other rooms on the member's row; each recomputes them and returns how many rows were wrong.
recounts: dict[str, Callable[[], int]] = {}
# What the site's roles may do, by "room.codename"; an admin may what a moderator may. Rooms add theirs in apps.py.
role_permissions: dict[str, set[str]] = {"moderator": set(), "admin": set()}


def register_tab(tab: ProfileTab) -> None:
    profile_tabs[tab.key] = tab


def register_box(box: ProfileBox) -> None:
    profile_boxes[box.key] = box


def register_action(action: PersonAction) -> None:
    person_actions[action.key] = action


def register_office(page: OfficePage) -> None:
    office_pages[page.key] = page


def tabs() -> list[ProfileTab]:
    return sorted(profile_tabs.values(), key=lambda tab: tab.order)


def boxes() -> list[ProfileBox]:
    return sorted(profile_boxes.values(), key=lambda box: box.order)


def actions() -> list[PersonAction]:
    return sorted(person_actions.values(), key=lambda action: action.order)
