"""Who may see whom. Blocks hide both ways, at once; suspended, deactivated and leaving members are gone.

A private account shows who it is; what its member does is for themselves and their followers."""

from typing import Any, Literal

from django.contrib.auth.models import AnonymousUser
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts import registry
from accounts.models.handles import FormerHandle
from accounts.models.people import User
from accounts.models.relations import Audience, Block, CloseFriend, Follow, FollowRequest, Friendship
from core import errors, prepared
from uploads.models import Upload

Viewer = User | AnonymousUser | None
PRIVATE = _("This account is private. Only followers see posts, followers and whom this person follows.")


def viewer_id(viewer: Viewer) -> int | None:
    """The id of a logged-in viewer, else None."""
    return viewer.pk if viewer is not None and viewer.is_authenticated else None


def blocked_between(viewer: Viewer, person: str = "pk") -> Exists | None:
    """True for rows whose `person` column blocks the viewer or is blocked; None when nobody is logged in."""
    me = viewer_id(viewer)
    if me is None:
        return None
    return Exists(
        Block.objects.filter(
            Q(blocker_id=me, blocked_id=OuterRef(person)) | Q(blocked_id=me, blocker_id=OuterRef(person))
        )
    )


def present(prefix: str = "") -> Q:
    """Members who are here: admitted, and not hiding. `prefix` is the path to the member, such as "author__"."""
    return admitted(prefix) & Q(**{f"{prefix}hidden_at__isnull": True})


def admitted(prefix: str = "") -> Q:
    """Members who may log in: active and not suspended. Among them those whom nobody sees, because they hide."""
    return Q(**{f"{prefix}is_active": True}) & (
        Q(**{f"{prefix}suspended_until__isnull": True}) | Q(**{f"{prefix}suspended_until__lte": prepared.now()})
    )


def visible_people(viewer: Viewer) -> QuerySet[User]:
    """Everybody the viewer may see, themselves always; the one definition that all others start from."""
    me = viewer_id(viewer)
    people = User.objects.filter(present() if me is None else present() | (admitted() & Q(pk=me)))
    blocked = blocked_between(viewer)
    return people if blocked is None else people.exclude(blocked)


def dismissable_people(viewer: Viewer) -> QuerySet[User]:
    """Whom the viewer may send away: everybody they see, and of those who hide who is tied to them, for they may come
    back."""
    me = viewer_id(viewer) or 0
    pk = OuterRef("pk")
    tied = (
        Q(Exists(Follow.objects.filter(follower_id=pk, followed_id=me)))
        | Q(Exists(Follow.objects.filter(follower_id=me, followed_id=pk)))
        | Q(Exists(FollowRequest.objects.filter(asker_id=pk, asked_id=me)))
        | Q(Exists(Friendship.objects.filter(person_id=me, friend_id=pk)))
    )
    for tie in registry.ties:
        tied |= Q(tie(me))
    seen = Q(pk__in=visible_people(viewer).values("pk"))
    hidden = User.objects.filter(seen | (admitted() & tied))
    blocked = blocked_between(viewer)
    return hidden if blocked is None else hidden.exclude(blocked)


def by_reference(people: QuerySet[User], id: int | str) -> QuerySet[User]:
    """Narrows to one member by id, or by handle in any case (with or without @), over the index. A handle that nobody
    has leads to whoever had it last."""
    if isinstance(id, int):
        return people.filter(pk=id) if 0 < id < 2**63 else people.none()
    handle = id.removeprefix("@").lower().replace("\x00", "")
    nobody_has_it = ~Exists(User.objects.alias(lowered=Lower("handle")).filter(lowered=handle))
    former = FormerHandle.objects.filter(nobody_has_it, handle=handle).order_by("-left_at").values("person_id")[:1]
    return people.alias(lowered=Lower("handle")).filter(Q(lowered=handle) | Q(pk=Subquery(former)))


def open_to(viewer: Viewer, prefix: str = "") -> Q:
    """Members whose posts and lists the viewer may see, blocks aside: not private, or the viewer, or followed by them,
    or their friend. `prefix` is the path to the member, such as "author__"."""
    anybody = Q(**{f"{prefix}is_private": False})
    me = viewer_id(viewer)
    if me is None:
        return anybody
    follows = Exists(followed_by(viewer).filter(followed_id=OuterRef(f"{prefix}pk")))
    friend = Exists(Friendship.objects.filter(person_id=me, friend_id=OuterRef(f"{prefix}pk")))
    return anybody | Q(**{f"{prefix}pk": me}) | Q(follows) | Q(friend)


def included(viewer: Viewer, owner: str = "author", column: str = "audience") -> Q:
    """Rows whose audience holds the viewer, blocks and private accounts aside. `owner` is the column of whose it is."""
    me = viewer_id(viewer)
    if me is None:
        return Q(**{column: Audience.PUBLIC})
    whose = OuterRef(f"{owner}_id")
    friend = Exists(Friendship.objects.filter(person_id=me, friend_id=whose))
    follower = Exists(Follow.objects.filter(follower_id=me, followed_id=whose))
    close = Exists(CloseFriend.objects.filter(owner_id=whose, friend_id=me))
    return (
        Q(**{f"{column}__in": (Audience.PUBLIC, Audience.MEMBERS)})
        | Q(**{f"{owner}_id": me})
        | (Q(**{column: Audience.FOLLOWERS}) & (Q(follower) | Q(friend)))
        | (Q(**{column: Audience.FRIENDS}) & Q(friend))
        | (Q(**{column: Audience.CLOSE_FRIENDS}) & Q(close))
    )


def circle(owner_id: int, audience: str) -> QuerySet[Any, Any]:
    """The ids of a member's friends or close friends, for subqueries."""
    if audience == Audience.CLOSE_FRIENDS:
        return CloseFriend.objects.filter(owner_id=owner_id).values("friend_id")
    return Friendship.objects.filter(person_id=owner_id).values("friend_id")


def with_openness(people: QuerySet[User], viewer: Viewer) -> QuerySet[User]:
    """Annotates `is_open`: the viewer may see this member's posts and lists."""
    return people.annotate(is_open=ExpressionWrapper(open_to(viewer), output_field=BooleanField()))


def access_person(
    viewer: Viewer, id: int | str, *, to: Literal["see", "look_inside", "dismiss"] = "see", lock: bool = False
) -> User:
    """One visible member by id or handle; hidden and absent answer alike. To "look_inside" (posts, followers, whom
    they follow) the account must be open to the viewer; to "dismiss" (block, remove) they may hide."""
    people = dismissable_people(viewer) if to == "dismiss" else visible_people(viewer)
    if lock:
        people = people.select_for_update(of=("self",), no_key=True)
    if to == "look_inside":
        people = with_openness(people, viewer)
    person = by_reference(people, id).first()
    if person is None:
        raise errors.NotFound
    if to == "look_inside" and not person.is_open:  # type: ignore[attr-defined]
        raise errors.NotAllowed(PRIVATE)
    return person


def access_member(viewer: Viewer) -> User:
    """The viewer as somebody who acts: logged in, here, not suspended."""
    if viewer is None or not viewer.is_authenticated:
        raise errors.SignInNeeded
    if not User.objects.filter(present(), pk=viewer.pk).exists():
        raise errors.NotAllowed
    assert isinstance(viewer, User)
    return viewer


def followed_by(viewer: Viewer) -> QuerySet[Follow]:
    """Whom the viewer follows, as rows of Follow (for subqueries of other rooms)."""
    return Follow.objects.filter(follower_id=viewer_id(viewer) or 0)


def waiting_requests() -> QuerySet[FollowRequest]:
    """Requests that nobody has answered yet."""
    return FollowRequest.objects.filter(declined_at__isnull=True)


def visible_requests(viewer: Viewer) -> QuerySet[FollowRequest]:
    """Requests to the viewer that wait, by people whom the viewer may see."""
    waiting = waiting_requests().filter(asked_id=viewer_id(viewer) or 0)
    return waiting.filter(Exists(visible_people(viewer).filter(pk=OuterRef("asker_id"))))


def visible_avatars(viewer: Viewer, uploads: QuerySet[Upload]) -> QuerySet[Upload]:
    """Pictures of members whom the viewer may see."""
    return uploads.filter(Exists(visible_people(viewer).filter(avatar_id=OuterRef("pk"))))


def visible_covers(viewer: Viewer, uploads: QuerySet[Upload]) -> QuerySet[Upload]:
    """Covers of members whom the viewer may see."""
    return uploads.filter(Exists(visible_people(viewer).filter(cover_id=OuterRef("pk"))))
