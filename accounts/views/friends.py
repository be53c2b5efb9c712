"""Pages of friends, and what one does with them."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.actions import friends
from accounts.models.people import User
from accounts.queries import friends as friends_queries
from accounts.queries import people as people_queries
from accounts.views.asking import asks
from accounts.views.base import ROW, Request, gone
from accounts.views.people import back, by_post
from core.views import members_only


@members_only
@require_safe
def own(request: Request) -> HttpResponse:
    page = friends_queries.own_friends(viewer=request.user, cursor=request.GET.get("cursor", ""))
    return render(request, "accounts/friends.html", {"people": page.rows, "next": page.next, "tab": "friends"})


@members_only
@require_safe
def close(request: Request) -> HttpResponse:
    page = friends_queries.own_friends(viewer=request.user, cursor=request.GET.get("cursor", ""))
    return render(request, "accounts/close_friends.html", {"people": page.rows, "next": page.next, "tab": "close"})


@members_only
@by_post
def ask(request: Request, handle: str) -> HttpResponse:
    who, _state = friends.ask(actor=request.user, person=handle)
    return _after(request, who)


@members_only
@by_post
def accept(request: Request, handle: str) -> HttpResponse:
    return _after(request, friends.accept(actor=request.user, person=handle))


@members_only
@by_post
def decline(request: Request, handle: str) -> HttpResponse:
    who = friends.decline(actor=request.user, person=handle)
    if ROW in request.POST:
        return gone(request, _("Declined. They are not told."), "accounts:requests")
    return _after(request, who)


@members_only
@by_post
@asks("unfriend")
def part(request: Request, handle: str) -> HttpResponse:
    who = friends.part(actor=request.user, person=handle)
    if ROW in request.POST:
        words = _("Your request to %(name)s is taken back.") % {"name": who.display_name}
        return gone(request, words, "accounts:sent_requests")
    return _after(request, who)


@members_only
@by_post
def add_close(request: Request, handle: str) -> HttpResponse:
    return _after(request, friends.add_close(actor=request.user, person=handle), "accounts/_close.html")


@members_only
@by_post
def remove_close(request: Request, handle: str) -> HttpResponse:
    return _after(request, friends.remove_close(actor=request.user, person=handle), "accounts/_close.html")


@members_only
@by_post
def dismiss(request: Request, handle: str) -> HttpResponse:
    friends.dismiss(actor=request.user, person=handle)
    return HttpResponse() if request.headers.get("HX-Request") else back(request, "/people/")


def _after(request: Request, person: User, fragment: str = "accounts/_friend.html") -> HttpResponse:
    if request.headers.get("HX-Request"):
        found = people_queries.person(viewer=request.user, person=person.pk)
        return render(request, fragment, {"person": found})
    return back(request, person.get_absolute_url())
