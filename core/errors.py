"""What can go wrong below a door. Doors map these once each; nothing below a door knows about status codes."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


def problem(status: int, code: str, detail: str) -> dict[str, Any]:
    """The members that every problem has (RFC 9457)."""
    return {"type": f"/problems/{code}", "title": code.replace("_", " "), "status": status, "detail": detail}


class SocialError(Exception):
    """Base of all expected refusals. `message` is a plain sentence for the person; `field` names the input, if any;
    `more` is what an app needs to go on, beside the usual members of a problem."""

    status = 400
    code = "error"
    default: Text = _("That did not work.")

    def __init__(self, message: Text | None = None, *, field: str | None = None) -> None:
        self.message = message if message is not None else self.default
        self.field = field
        self.more: dict[str, Any] = {}
        super().__init__(str(self.message))


class NotFound(SocialError):
    """Absent, or hidden from this viewer: the two answer alike."""

    status = 404
    code = "not_found"
    default = _("This is not here, or not for you to see.")


class NotAllowed(SocialError):
    """The viewer may see the thing but not do this to it."""

    status = 403
    code = "not_allowed"
    default = _("You may not do that.")


class SignInNeeded(SocialError):
    status = 401
    code = "sign_in_needed"
    default = _("Please log in first.")


class Invalid(SocialError):
    """Input that cannot be used; `field` says which."""

    status = 422
    code = "invalid"
    default = _("Please check what you entered.")


class Conflict(SocialError):
    """The thing is in a state that does not allow this any more, or not yet."""

    status = 409
    code = "conflict"
    default = _("Somebody was faster, or this is no longer possible.")


class TooLarge(SocialError):
    status = 413
    code = "too_large"
    default = _("That is too large.")


class TooMany(SocialError):
    """Too many in too short a time; `retry_after` is in seconds."""

    status = 429
    code = "too_many"
    default = _("That was a bit fast. Please try again in a moment.")

    def __init__(self, message: Text | None = None, *, field: str | None = None, retry_after: int = 1) -> None:
        super().__init__(message, field=field)
        self.retry_after = retry_after


class Busy(SocialError):
    """The server cannot take this now; nothing was done. It says after how many seconds one may try again."""

    status = 503
    code = "busy"
    default = _("The site is very busy. Please try again.")
    retry_after = 1

    def __init__(self, message: Text | None = None, *, field: str | None = None) -> None:
        super().__init__(message, field=field)
        self.more = {"retry_after": self.retry_after}
