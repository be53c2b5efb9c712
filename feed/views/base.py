"""What all pages of the feed share."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.vary import vary_on_headers
from django_htmx.middleware import HtmxDetails

from accounts.access import people as accounts_access
from accounts.models.people import User
from core import errors, limits
from feed.actions import reactions as reaction_actions

fragments = vary_on_headers("HX-Request")


class Request(HttpRequest):
    """A request as our middleware hands it on. `user` may be anonymous: access and actions find out, not doors."""

    user: User
    htmx: HtmxDetails


def answering(request: Request) -> User:
    """The member who reacts or votes once more."""
    member = accounts_access.access_member(request.user)
    limits.check(reaction_actions.ANSWERING, member.pk)
    return member


def complain(form: Any, error: errors.SocialError) -> None:
    """Puts a refusal where the person can mend it."""
    if form.errors:
        return
    field = {"uploads": "files", "file": "files", "alt": "descriptions"}.get(error.field or "", error.field)
    form.add_error(field if field in form.fields else None, str(error.message))


def next_url(request: Request, cursor: str, path: str = "", query: str = "") -> str:
    return f"{path or request.path}?cursor={cursor}{query}" if cursor else ""


def back(request: Request, anchor: str, otherwise: Callable[[], str]) -> HttpResponseRedirect:
    """To the page of ours the person came from, at the thing they touched. A refused comment shows its post at an
    address that answers nothing to a look: `otherwise`."""
    came = request.headers.get("Referer", "").partition("#")[0]
    is_page = not came.partition("?")[0].endswith(reverse("feed:write_comment"))
    if is_page and url_has_allowed_host_and_scheme(
        came, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return HttpResponseRedirect(f"{came}#{anchor}")
    return HttpResponseRedirect(otherwise())
