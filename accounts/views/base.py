"""What all pages of accounts share."""

from django.http import HttpRequest

from accounts.models.logins import Device
from accounts.models.people import User
from accounts.queries import logins as login_queries


class Request(HttpRequest):
    """A request of somebody logged in."""

    user: User


def own_device(request: HttpRequest) -> Device | None:
    """The login behind this request."""
    return login_queries.device_of_session(request.session.session_key or "")


def own_login(request: HttpRequest) -> int:
    """Its id, for what ends all others; 0 if there is none."""
    device = own_device(request)
    return device.pk if device else 0
