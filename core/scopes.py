"""What a personal or a bot's token may do. Every operation of the API says which scope it needs, on its view:

    scopes = Scopes(look=READ, change=WRITE)

A view that says nothing, and a method without a scope, is closed to tokens. Logins of browsers and apps have no scopes:
they may whatever their member may.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core import errors

READ: Final = "read"
WRITE: Final = "write"
PEOPLE_WRITE: Final = "people:write"
CHAT_READ: Final = "chat:read"
CHAT_WRITE: Final = "chat:write"
ACCOUNT: Final = "account"

NAMES: dict[str, str | Promise] = {
    READ: _("Read posts, comments and profiles"),
    WRITE: _("Write posts and comments, react, upload pictures"),
    PEOPLE_WRITE: _("Follow, unfollow, answer requests, block"),
    CHAT_READ: _("Read conversations"),
    CHAT_WRITE: _("Write messages"),
    ACCOUNT: _("Change the profile and its settings"),
}
SAFE = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True)
class Scopes:
    """What looking (GET) and changing (all else) need: one scope, or several; None is closed to tokens."""

    look: str | tuple[str, ...] | None = None
    change: str | tuple[str, ...] | None = None

    def needed(self, method: str) -> tuple[str, ...] | None:
        found = self.look if method in SAFE else self.change
        return (found,) if isinstance(found, str) else found


CLOSED: Final = Scopes()


class ScopeMissing(errors.NotAllowed):
    """The token is good, but not for this."""

    code = "scope_missing"

    def __init__(self, scope: str | None) -> None:
        words = _("This token has no scope “%(scope)s”.") % {"scope": scope} if scope else _("No token may do this.")
        super().__init__(words)
        self.more = {"scope": scope}


def check(given: Collection[str], needed: tuple[str, ...] | None) -> None:
    """ScopeMissing names the first scope that is not given, or none where tokens may not go at all."""
    if needed is None:
        raise ScopeMissing(None)
    for scope in needed:
        if scope not in given:
            raise ScopeMissing(scope)


def of(view: Any, method: str) -> tuple[str, ...] | None:
    """What a view has decided; closed where it has not."""
    decided: Scopes = getattr(view, "scopes", CLOSED)
    return decided.needed(method)
