"""What stands around every page: the site's name and colour, the navigation, the rail. Rooms register their parts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise


@dataclass(frozen=True)
class NavItem:
    """A room in the navigation. `badge` counts what is new for a member, from columns, not by counting rows."""

    key: str
    label: str | Promise
    icon: str
    url_name: str
    order: int
    tab: bool = False
    badge: Callable[[Any], int] | None = None
    needs_member: bool = True


@dataclass(frozen=True)
class RailPart:
    """A box of the right rail: `context` makes what its template shows for a member, with a fixed number of queries."""

    key: str
    template: str
    context: Callable[[Any], dict[str, Any]]
    order: int


nav_items: dict[str, NavItem] = {}
rail_parts: dict[str, RailPart] = {}


def register_nav(item: NavItem) -> None:
    nav_items[item.key] = item


def register_rail(part: RailPart) -> None:
    rail_parts[part.key] = part


@dataclass(frozen=True)
class Site:
    """The owner's name and colour; hue in degrees and chroma as in the tokens."""

    name: str
    tagline: str | Promise
    welcome: str = ""
    accent_h: int = 166
    accent_c: float = 0.095


@dataclass(frozen=True)
class NavLink:
    key: str
    label: str
    url: str
    icon: str
    current: bool
    badge: int
    tab: bool


def site() -> Site:
    """As the owner has it; what they left empty is as the environment says."""
    from core import options, site  # tables; the frame is needed before there are any

    return Site(
        name=options.read(site.NAME) or settings.SITE_NAME,
        tagline=options.read(site.TAGLINE) or settings.SITE_TAGLINE,
        welcome=options.read(site.WELCOME),
    )


class Rail:
    """The rail's boxes, made only when a template shows the rail."""

    def __init__(self, user: Any) -> None:
        self.user = user

    def __iter__(self) -> Any:
        if self.user is None or not self.user.is_authenticated:
            return
        for part in sorted(rail_parts.values(), key=lambda part: part.order):
            yield {"template": part.template, "context": part.context(self.user)}


def links(request: HttpRequest) -> list[NavLink]:
    user = getattr(request, "user", None)
    member = user is not None and user.is_authenticated
    shown = [item for item in nav_items.values() if member or not item.needs_member]
    made = []
    for item in sorted(shown, key=lambda item: item.order):
        url = user.get_absolute_url() if item.key == "you" and member else reverse(item.url_name)  # type: ignore[union-attr]
        made.append(
            NavLink(
                key=item.key,
                label=str(item.label),
                url=url,
                icon=item.icon,
                current=request.path == url or (item.key != "home" and request.path.startswith(url)),
                badge=item.badge(user) if item.badge and member else 0,
                tab=item.tab,
            )
        )
    return made


def frame(request: HttpRequest) -> dict[str, Any]:
    """The context processor. Everything is made when first used: a fragment pays for nothing."""
    from django.utils.functional import SimpleLazyObject

    return {
        "site": site(),
        "nav": SimpleLazyObject(lambda: links(request)),
        "rail": Rail(getattr(request, "user", None)),
        "theme": request.COOKIES.get("theme", "") if request.COOKIES.get("theme") in {"light", "dark"} else "",
        "ws_url": settings.REALTIME_URL or "/ws/",
    }
