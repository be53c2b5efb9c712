"""What all pages of accounts share."""

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.models.logins import Device
from accounts.models.people import User
from accounts.queries import logins as login_queries

ROW = "row"  # in the form of a row that goes when its button is pressed


class Request(HttpRequest):
    """A request of somebody logged in."""

    user: User


def gone(request: HttpRequest, words: str, url: str) -> HttpResponse:
    """After the deed of a row: a script takes the row away and hears the words; others read them on the page `url`."""
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Trigger": json.dumps({"toast": {"text": words}})})
    messages.success(request, words)
    return redirect(url)


def emptied(response: HttpResponse) -> HttpResponse:
    """Whoever has just logged out leaves nothing in this browser; static/js/leaving.js does it where the header is not
    known."""
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


def own_device(request: HttpRequest) -> Device | None:
    """The login behind this request."""
    return login_queries.device_of_session(request.session.session_key or "")


def own_login(request: HttpRequest) -> int:
    """Its id, for what ends all others; 0 if there is none."""
    device = own_device(request)
    return device.pk if device else 0
