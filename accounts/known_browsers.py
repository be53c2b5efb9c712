"""Browsers in which a member has logged in before. Wrong passwords from there are counted apart, so that no stranger
who spends the guesses at a name keeps its owner out.

A signed cookie holds, for the members who have logged in here, their numbers and what both their names come to under
our key. Nothing is looked up, so a wrong password takes the same steps whoever's name it is. The count is the member's,
not the browser's: many cookies are no more guesses. One who has had a name, and whose cookie still says so, has five
guesses of their own at whoever has it now, and no more.
"""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from accounts.access import logins as login_access
from accounts.models.people import User

COOKIE = "known"
LASTS = timedelta(days=180)
MOST = 5  # members of one browser
SALT = "accounts.known_browsers"
Entry = tuple[int, str, str]


def counted_as(request: HttpRequest, login: str) -> str:
    """Under what a wrong password for this login (as people type it, in small letters) is counted."""
    mark = _mark(login)
    return next(
        (login_access.counted_apart(member, login) for member, *names in _entries(request) if mark in names), login
    )


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """After a whole login, second factor and all."""
    mine = (user.pk, _mark(user.email), _mark(user.handle))
    others = [entry for entry in _entries(request) if entry[0] != user.pk]
    response.set_cookie(
        COOKIE,
        signing.dumps([mine, *others][:MOST], salt=SALT),
        max_age=LASTS,
        path="/login/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _entries(request: HttpRequest) -> list[Entry]:
    try:
        kept: list[Entry] = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=LASTS)
    except signing.BadSignature:
        return []
    return kept


def _mark(login: str) -> str:
    return salted_hmac(SALT, login.lower(), algorithm="sha256").hexdigest()[:32]
