"""Pages about people, and what one does to them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.actions import relations
from accounts.models.people import User
from accounts.queries import friends as friends_queries
from accounts.queries import people as people_queries
from accounts.views.asking import asks
from accounts.views.base import ROW, Request, gone
from core import errors
from core.views import members_only, ours

KNOWN = 5  # suggestions above the list of everybody


def by_post(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Acts on POST. A GET comes from somebody who had to log in first: to the person, to press the button again."""

    @wraps(view)
    def guarded(request: HttpRequest, handle: str) -> HttpResponse:
        return view(request, handle) if request.method == "POST" else redirect("accounts:profile", handle)

    return guarded


@require_safe
def profile(request: HttpRequest, handle: str, tab: str = "") -> HttpResponse:
    cursor = request.GET.get("cursor", "")
    page = people_queries.profile(viewer=request.user, handle=handle, tab=tab, cursor=cursor)
    context = {"profile": page, "person": page.person, **page.content}
    return _moved(request, page.person, handle) or render(request, "accounts/profile.html", context)


def _moved(request: HttpRequest, person: User, handle: str) -> HttpResponse | None:
    """From an address with a former handle to the same page at the one of now. Nobody keeps the answer: handles may be
    taken back, and who is hidden from whom changes."""
    if person.handle == handle.lower():
        return None
    match = request.resolver_match
    assert match is not None
    address = reverse(match.view_name, kwargs={**match.kwargs, "handle": person.handle})
    query = request.META.get("QUERY_STRING", "")
    response = redirect(f"{address}?{query}" if query else address, permanent=True)
    add_never_cache_headers(response)
    return response


@require_safe
def followers(request: HttpRequest, handle: str) -> HttpResponse:
    return list_of_people(request, handle, people_queries.followers, "followers")


@require_safe
def following(request: HttpRequest, handle: str) -> HttpResponse:
    return list_of_people(request, handle, people_queries.following, "following")


def list_of_people(request: HttpRequest, handle: str, query: Callable[..., Any], which: str) -> HttpResponse:
    try:
        person, page = query(viewer=request.user, person=handle, cursor=request.GET.get("cursor", ""))
    except errors.NotAllowed as error:  # the profile is there to see, so its lists say why they are not
        person = people_queries.person(viewer=request.user, person=handle)
        context = {"person": person, "which": which, "closed": error.message}
    else:
        context = {"person": person, "people": page.rows, "next": page.next, "which": which}
    return _moved(request, person, handle) or render(request, "accounts/people.html", context)


@members_only
@require_safe
def requests(request: Request) -> HttpResponse:
    """Both kinds, each with pages of its own."""
    page = people_queries.requests(viewer=request.user, cursor=request.GET.get("cursor", ""))
    asking = friends_queries.requests(viewer=request.user, cursor=request.GET.get("friends", ""))
    context = {"people": page.rows, "next": page.next, "asking": asking.rows, "asking_next": asking.next}
    return render(request, "accounts/requests.html", {**context, "tab": "requests"})


@members_only
@require_safe
def sent(request: Request) -> HttpResponse:
    """Both kinds of what the viewer asks others, each with pages of its own."""
    page = people_queries.sent_requests(viewer=request.user, cursor=request.GET.get("cursor", ""))
    asked = friends_queries.sent_requests(viewer=request.user, cursor=request.GET.get("friends", ""))
    context = {"people": page.rows, "next": page.next, "asked": asked.rows, "asked_next": asked.next}
    return render(request, "accounts/requests_sent.html", {**context, "tab": "requests"})


@members_only
@by_post
def follow(request: Request, handle: str) -> HttpResponse:
    who, _state = relations.follow(actor=request.user, person=handle)
    return _after_follow(request, who)


@members_only
@by_post
def unfollow(request: Request, handle: str) -> HttpResponse:
    who = relations.unfollow(actor=request.user, person=handle)
    if ROW in request.POST:
        words = _("Your request to %(name)s is taken back.") % {"name": who.display_name}
        return gone(request, words, "accounts:sent_requests")
    return _after_follow(request, who)


def _after_follow(request: Request, person: User) -> HttpResponse:
    if request.headers.get("HX-Request"):
        found = people_queries.person(viewer=request.user, person=person.pk)
        return render(request, "accounts/_follow.html", {"person": found})
    return back(request, person.get_absolute_url())


@members_only
@by_post
def accept(request: Request, handle: str) -> HttpResponse:
    who = relations.accept_request(actor=request.user, person=handle)
    words = _("%(name)s follows you from now on.") % {"name": who.display_name}
    return gone(request, words, "accounts:requests")


@members_only
@by_post
def decline(request: Request, handle: str) -> HttpResponse:
    relations.decline_request(actor=request.user, person=handle)
    return gone(request, _("Declined. They are not told."), "accounts:requests")


@members_only
@by_post
@asks("remove_follower")
def remove(request: Request, handle: str) -> HttpResponse:
    relations.remove_follower(actor=request.user, person=handle)
    return back(request, f"/@{request.user.handle}/followers/")


@members_only
@by_post
@asks("block")
def block(request: Request, handle: str) -> HttpResponse:
    relations.block(actor=request.user, person=handle)
    return back(request, "/settings/blocked/")


@members_only
@by_post
def unblock(request: Request, handle: str) -> HttpResponse:
    relations.unblock(actor=request.user, person=handle)
    return back(request, "/settings/blocked/")


def back(request: HttpRequest, url: str) -> HttpResponse:
    return redirect(ours(request, request.POST.get("next", "")) or url)
