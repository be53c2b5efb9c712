"""What the screens of people need, each with a fixed number of queries."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import BooleanField, Exists, Model, OuterRef, Prefetch, QuerySet, Value

from accounts import registry
from accounts.access import fields as fields_access
from accounts.access import people as people_access
from accounts.models.people import User
from accounts.models.relations import Block, Follow
from accounts.queries import handles as handle_queries
from accounts.queries import ties
from core import errors, paging, prepared

PAGE = 20


def with_ties(people: QuerySet[User], viewer: people_access.Viewer) -> QuerySet[User]:
    """Annotates `is_followed`, `is_asked` and `follows_viewer`, so that a row can draw its button."""
    me = people_access.viewer_id(viewer)
    if me is None:
        no = Value(False, output_field=BooleanField())
        return people.annotate(is_followed=no, is_asked=no, follows_viewer=no)
    return people.annotate(
        is_followed=Exists(Follow.objects.filter(follower_id=me, followed_id=OuterRef("pk"))),
        is_asked=Exists(people_access.waiting_requests().filter(asker_id=me, asked_id=OuterRef("pk"))),
        follows_viewer=Exists(Follow.objects.filter(followed_id=me, follower_id=OuterRef("pk"))),
    )


def person(*, viewer: people_access.Viewer, person: int | str) -> User:
    """One member with all their ties to the viewer, `is_open`, `shown_fields` (what the viewer may see, in order) and
    `shows_friends` (there are some the viewer may see). Hidden and absent answer alike."""
    people = people_access.with_openness(with_ties(people_access.visible_people(viewer), viewer), viewer)
    people = ties.with_friendship(people, viewer)
    people = people.annotate(
        shows_friends=Exists(fields_access.visible_friendships(viewer).filter(person=OuterRef("pk")))
    ).prefetch_related(
        Prefetch("fields", fields_access.visible_fields(viewer).order_by("position"), to_attr="shown_fields")
    )
    found = people_access.by_reference(people, person).first()
    if found is None:
        raise errors.NotFound
    return found


@dataclass(frozen=True)
class ProfilePage:
    person: User
    tabs: Sequence[registry.ProfileTab]
    tab: registry.ProfileTab | None
    content: dict[str, Any]
    boxes: list[dict[str, Any]]
    actions: list[dict[str, Any]]


def profile(*, viewer: people_access.Viewer, handle: str, tab: str = "", cursor: str = "") -> ProfilePage:
    """The profile with one of its tabs (the first, when `tab` is empty), or none if the account is not open."""
    who = person(viewer=viewer, person=handle)
    tabs = registry.tabs()
    if tab and tab not in registry.profile_tabs:
        raise errors.NotFound
    shown = registry.profile_tabs[tab] if tab else (tabs[0] if tabs else None)
    if not who.is_open:  # type: ignore[attr-defined]
        tabs, shown = [], None
    content = shown.context(viewer, who, cursor) if shown else {}
    made = [(box, box.context(viewer, who)) for box in registry.boxes()] if shown else []
    boxes = [{"template": box.template, "context": context} for box, context in made if context]
    me = people_access.viewer_id(viewer)
    buttons = (
        []
        if me is None or me == who.pk
        else [{"key": one.key, "label": one.label, "icon": one.icon, "url": one.url(who)} for one in registry.actions()]
    )
    return ProfilePage(person=who, tabs=tabs, tab=shown, content=content, boxes=boxes, actions=buttons)


@dataclass(frozen=True)
class People:
    """A page of members."""

    rows: list[User]
    next: str


def followers(*, viewer: people_access.Viewer, person: int | str, cursor: str = "") -> tuple[User, People]:
    """Who follows this member, newest first, with the viewer's ties. NotAllowed if the account is not open."""
    who = people_access.access_person(viewer, person, to="look_inside")
    return who, page_of_people(Follow.objects.filter(followed=who), "follower_id", viewer, cursor)


def following(*, viewer: people_access.Viewer, person: int | str, cursor: str = "") -> tuple[User, People]:
    """Whom this member follows, newest first, with the viewer's ties. NotAllowed if the account is not open."""
    who = people_access.access_person(viewer, person, to="look_inside")
    return who, page_of_people(Follow.objects.filter(follower=who), "followed_id", viewer, cursor)


def requests(*, viewer: User, cursor: str = "") -> People:
    """Who asks to follow the viewer, newest first, with the viewer's ties."""
    return page_of_people(people_access.waiting_requests().filter(asked=viewer), "asker_id", viewer, cursor)


def sent_requests(*, viewer: User, cursor: str = "") -> People:
    """Whom the viewer asks to follow and who has not answered, newest first, with the viewer's ties."""
    return page_of_people(people_access.waiting_requests().filter(asker=viewer), "asked_id", viewer, cursor)


Tie = TypeVar("Tie", bound=Model)


def page_of_people(
    rows: QuerySet[Tie],
    side: str,
    viewer: people_access.Viewer,
    cursor: str,
    *,
    also: Callable[[QuerySet[User], people_access.Viewer], QuerySet[User]] | None = None,
) -> People:
    """The members in the column `side` of a page of rows, as far as the viewer may see them, with ties and what `also`
    annotates. Two queries."""
    seen: dict[int, User] = {}

    def keep(candidates: list[Tie]) -> list[Tie]:
        found = prepared.rows(_people, viewer, [getattr(row, side) for row in candidates], also)
        seen.update({person.pk: person for person in found})
        return [row for row in candidates if getattr(row, side) in seen]

    page = paging.page(rows, cursor=cursor, size=PAGE, keep=keep)
    return People([seen[getattr(row, side)] for row in page.rows], page.next)


def _people(viewer: people_access.Viewer) -> QuerySet[User]:
    return with_ties(people_access.visible_people(viewer), viewer)


def blocked_people(*, viewer: User, cursor: str = "") -> paging.Page[Block]:
    """Whom the viewer blocks, newest first. Names are shown although these people are otherwise absent."""
    return paging.page(Block.objects.filter(blocker=viewer).select_related("blocked"), cursor=cursor, size=PAGE)


def somebody(id: int) -> User | None:
    """A member's row, whoever asks; for ways in, which know who it is."""
    return User.objects.filter(pk=id).first()


def handle_taken(handle: str) -> bool:
    return handle_queries.is_taken(handle)
