"""Who is on their way out, and who may go."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.access.people import Viewer, viewer_id
from accounts.models.life import Departure
from accounts.models.people import User
from core import errors, prepared

View = TypeVar("View", bound=Callable[..., Any])


class Hidden(errors.NotAllowed):
    """Whoever hides sees nothing of the others either: they stop the deletion first."""

    code = "hidden"
    default = _("Your account is hidden. Would you like to be back?")


def open_to_hidden(view: View) -> View:
    """Marks a view of the API that members may use while they hide."""
    view.open_to_hidden = True  # type: ignore[attr-defined]
    return view


def check_shown(user: User, view: Any) -> None:
    """Hidden for members who hide, unless the view is open to them."""
    if user.hidden_at is not None and not getattr(view, "open_to_hidden", False):
        raise Hidden


def is_hidden(user_id: int) -> bool:
    return bool(prepared.execute(*HIDDEN.among(people=[user_id])))


def _hidden(people: Any) -> QuerySet[Any, Any]:
    return User.objects.filter(id__among=people, hidden_at__isnull=False).values_list("pk")


HIDDEN = prepared.Question(_hidden, "people")


def departure_of(viewer: Viewer) -> Departure | None:
    """The viewer's own deletion, if one was asked for."""
    me = viewer_id(viewer)
    return Departure.objects.filter(user_id=me).first() if me else None


def is_last_owner(user: User) -> bool:
    """Without this member nobody could run the site. Ask with the owners' rows locked."""
    others = User.objects.filter(is_superuser=True, is_active=True, hidden_at__isnull=True).exclude(pk=user.pk)
    return user.is_superuser and not others.exists()
