"""What the screens of people need, each with a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from django.contrib.sessions.models import Session
from django.db.models import BooleanField, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Lower
from django.utils import timezone

from accounts import access, registry, serializers
from accounts.models import Block, Device, Follow, FollowRequest, OwnerLink, User
from core import errors, paging

PAGE = 20


def with_ties(people: QuerySet[User], viewer: access.Viewer) -> QuerySet[User]:
    """Annotates `is_followed`, `is_asked` and `follows_viewer`, so that a row can draw its button."""
    me = access.viewer_id(viewer)
    if me is None:
        no = Value(False, output_field=BooleanField())
        return people.annotate(is_followed=no, is_asked=no, follows_viewer=no)
    return people.annotate(
        is_followed=Exists(Follow.objects.filter(follower_id=me, followed_id=OuterRef("pk"))),
        is_asked=Exists(access.waiting_requests().filter(asker_id=me, asked_id=OuterRef("pk"))),
        follows_viewer=Exists(Follow.objects.filter(followed_id=me, follower_id=OuterRef("pk"))),
    )


def person(*, viewer: access.Viewer, person: int | str) -> User:
    """One member with their ties to the viewer and `is_open`. Hidden and absent answer alike."""
    people = access.with_openness(with_ties(access.visible_people(viewer), viewer), viewer)
    found = access.by_reference(people, person).first()
    if found is None:
        raise errors.NotFound
    return found


@dataclass(frozen=True)
class ProfilePage:
    person: User
    tabs: Sequence[registry.ProfileTab]
    tab: registry.ProfileTab | None
    content: dict[str, Any]
    actions: list[dict[str, Any]]


def profile(*, viewer: access.Viewer, handle: str, tab: str = "", cursor: str = "") -> ProfilePage:
    """The profile with one of its tabs (the first, when `tab` is empty), or none if the account is not open."""
    who = person(viewer=viewer, person=handle)
    tabs = registry.tabs()
    if tab and tab not in registry.profile_tabs:
        raise errors.NotFound
    shown = registry.profile_tabs[tab] if tab else (tabs[0] if tabs else None)
    if not who.is_open:  # type: ignore[attr-defined]
        tabs, shown = [], None
    content = shown.context(viewer, who, cursor) if shown else {}
    me = access.viewer_id(viewer)
    buttons = (
        []
        if me is None or me == who.pk
        else [{"key": one.key, "label": one.label, "icon": one.icon, "url": one.url(who)} for one in registry.actions()]
    )
    return ProfilePage(person=who, tabs=tabs, tab=shown, content=content, actions=buttons)


@dataclass(frozen=True)
class People:
    """A page of members."""

    rows: list[User]
    next: str


def followers(*, viewer: access.Viewer, person: int | str, cursor: str = "") -> tuple[User, People]:
    """Who follows this member, newest first, with the viewer's ties. NotAllowed if the account is not open."""
    who = access.access_person(viewer, person, to="look_inside")
    return who, _people_of(Follow.objects.filter(followed=who), "follower_id", viewer, cursor)


def following(*, viewer: access.Viewer, person: int | str, cursor: str = "") -> tuple[User, People]:
    """Whom this member follows, newest first, with the viewer's ties. NotAllowed if the account is not open."""
    who = access.access_person(viewer, person, to="look_inside")
    return who, _people_of(Follow.objects.filter(follower=who), "followed_id", viewer, cursor)


def requests(*, viewer: User, cursor: str = "") -> People:
    """Who asks to follow the viewer, newest first, with the viewer's ties."""
    return _people_of(access.waiting_requests().filter(asked=viewer), "asker_id", viewer, cursor)


Tie = TypeVar("Tie", Follow, FollowRequest)


def _people_of(rows: QuerySet[Tie], side: str, viewer: access.Viewer, cursor: str) -> People:
    seen: dict[int, User] = {}

    def keep(candidates: list[Tie]) -> list[Tie]:
        found = with_ties(access.visible_people(viewer), viewer).in_bulk([getattr(row, side) for row in candidates])
        seen.update(found)
        return [row for row in candidates if getattr(row, side) in found]

    page = paging.page(rows, cursor=cursor, size=PAGE, keep=keep)
    return People([seen[getattr(row, side)] for row in page.rows], page.next)


def newcomers(*, viewer: User, cursor: str = "") -> paging.Page[User]:
    """Everybody the viewer may see but themselves, the newest first, with ties."""

    def keep(candidates: list[User]) -> list[User]:
        found = with_ties(access.visible_people(viewer), viewer).in_bulk([row.pk for row in candidates])
        return [found[row.pk] for row in candidates if row.pk in found]

    return paging.page(User.objects.exclude(pk=viewer.pk).only("pk"), cursor=cursor, size=PAGE, keep=keep)


RAIL = 3


def strangers(viewer: User) -> dict[str, Any]:
    """The newest members whom the viewer neither follows nor asks yet, for the rail; one query."""
    followed = Exists(Follow.objects.filter(follower=viewer, followed_id=OuterRef("pk")))
    asked = Exists(access.waiting_requests().filter(asker=viewer, asked_id=OuterRef("pk")))
    people = with_ties(access.visible_people(viewer), viewer).exclude(pk=viewer.pk).exclude(followed).exclude(asked)
    return {"people": list(people.order_by("-pk")[:RAIL])}


def blocked_people(*, viewer: User, cursor: str = "") -> paging.Page[Block]:
    """Whom the viewer blocks, newest first. Names are shown although these people are otherwise absent."""
    return paging.page(Block.objects.filter(blocker=viewer).select_related("blocked"), cursor=cursor, size=PAGE)


def is_member_address(email: str) -> bool:
    """Whether an account has this address. Never let the answer show."""
    return User.objects.filter(email=email).exists()


def account_key(login: str) -> int | str:
    """What guesses at this address or handle count for: the account behind it, else the words themselves."""
    login = login.strip().lower()
    found = User.objects.alias(lowered=Lower("handle")).filter(Q(email=login) | Q(lowered=login.replace("\x00", "")))
    return found.values_list("pk", flat=True).first() or login


def handle_taken(handle: str) -> bool:
    return access.by_reference(User.objects.all(), handle).exists()


def owner_missing() -> bool:
    """No owner yet: the one-time link may be made and used."""
    return not User.objects.filter(is_superuser=True, is_active=True).exists()


def check_owner_link(token: str) -> None:
    """NotFound unless this is the link that makes the owner, and there is none yet."""
    if not (OwnerLink.objects.filter(digest=OwnerLink.digest_of(token)).exists() and owner_missing()):
        raise errors.NotFound


# -- Logins -----------------------------------------------------------------------------------------------------------

SEEN_EVERY = timedelta(minutes=5)  # a login's last sight is written at most this often


def device_of_session(session_key: str) -> Device | None:
    """The login of a browser's session, if session and login both stand."""
    session = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=timezone.now())
    return access.live_devices().filter(Exists(session), session_key=session_key).first() if session_key else None


def device(*, id: int, user_id: int) -> Device | None:
    """A standing login and its member, in one query."""
    return access.live_devices().select_related("user").filter(pk=id, user_id=user_id).first()


def device_stands(*, id: int, user_id: int) -> bool:
    """Whether a login still stands; a browser's also needs its session."""
    row = device(id=id, user_id=user_id)
    if row is None:
        return False
    return not row.session_key or device_of_session(row.session_key) is not None


def is_due(device: Device) -> bool:
    """Whether this login was last seen long enough ago to write it down again."""
    return device.seen_at < timezone.now() - SEEN_EVERY


def due_device() -> Subquery:
    """For a query of sessions: the login of each that `is_due`."""
    due = Device.objects.filter(ended_at__isnull=True, seen_at__lt=timezone.now() - SEEN_EVERY)
    return Subquery(due.filter(session_key=OuterRef("session_key")).values("pk")[:1])


def standing_logins(ids: list[int]) -> tuple[set[int], list[int]]:
    """Which of these logins stand, and which of those are due; one query."""
    rows = list(access.standing_devices().filter(pk__in=ids).only("pk", "seen_at"))
    return {row.pk for row in rows}, [row.pk for row in rows if is_due(row)]


def known_clients(*, user: User, but: int) -> list[str]:
    """What the member's other logins were made with, those that ended in the last month as well (whoever logs out
    every evening is not somebody new each morning); some dozens are enough."""
    others = Device.objects.filter(user=user).exclude(pk=but).order_by("-seen_at", "-id")
    return list(others.values_list("client", flat=True)[:50])


@dataclass(frozen=True)
class Devices:
    """A page of logins."""

    rows: list[serializers.DeviceDict]
    next: str


def devices(*, viewer: User, current: Device | None, cursor: str = "") -> Devices:
    """The viewer's standing logins: the one behind this request on top of the first page, the others by last sight."""

    def keep(candidates: list[Device]) -> list[Device]:
        found = access.visible_devices(viewer).in_bulk([row.pk for row in candidates])
        return [found[row.pk] for row in candidates if row.pk in found]

    others = Device.objects.filter(user=viewer, ended_at__isnull=True).exclude(pk=current.pk if current else 0)
    found = paging.page(others.only("pk", "seen_at"), cursor=cursor, size=PAGE, by=("-seen_at", "-id"), keep=keep)
    rows = [serializers.device(row) for row in found.rows]
    if current is not None and not cursor:
        rows.insert(0, serializers.device(current, current=True))
    return Devices(rows, found.next)
