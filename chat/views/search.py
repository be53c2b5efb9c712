"""Messages by their words, a conversation from a day on, and a conversation as a file."""

from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models.people import User
from accounts.views.base import Request
from chat.forms import DayForm, SearchForm
from chat.queries import conversations as conversation_queries
from chat.queries import search as search_queries
from chat.queries import transcript as transcript_queries
from core import errors, limits, streams
from core.views import members_only

SAVING = limits.Limit("conversations-saved", 20, 3600)  # of one member


@members_only
@require_safe
def search(request: Request) -> HttpResponse:
    form = SearchForm(request.GET or None)
    asked = asked_of(request.user, form)
    page = search_queries.search(request.user, asked, request.GET.get("cursor", "")) if asked else None
    return render(request, "chat/search.html", context(request, form, page), status=422 if form.errors else 200)


def context(request: Request, form: SearchForm, page: object) -> dict[str, object]:
    place = form["conversation"].value() if form.is_bound and "conversation" not in form.errors else None
    given = request.GET.copy()
    given.pop("cursor", None)
    return {
        "form": form,
        "page": page,
        "place": conversation_queries.chat(request.user, int(place)) if place else None,
        "day": DayForm(),
        "given": given.urlencode(),
    }


def asked_of(member: User, form: SearchForm) -> search_queries.Asked | None:
    """None: nothing is asked yet, or not so that it could be answered."""
    if not form.is_valid():
        return None
    with form.mending("sender"):
        given = form.cleaned_data
        asked = search_queries.Asked(
            words=given["q"],
            conversation=given["conversation"],
            sender=search_queries.sender(member, given["sender"]) if given["sender"] else None,
            has=given["has"],
            since=given["since"],
            until=given["until"],
        )
        return None if asked.is_empty else asked
    return None


@members_only
@require_safe
def day(request: Request, id: int) -> HttpResponse:
    """The conversation from the first message of that day on."""
    form = DayForm(request.GET)
    if not form.is_valid():
        raise errors.Invalid(str(form.errors["day"][0]), field="day")
    place = search_queries.place_of_day(request.user, id, form.cleaned_data["day"])
    return HttpResponseRedirect(f"{reverse('chat:conversation', args=[id])}?after={place}#m{place + 1}")


@members_only
@require_safe
def save(request: Request, id: int) -> HttpResponseBase:
    """What the member sees of it, as one text."""
    chat = conversation_queries.chat(request.user, id)
    limits.check(SAVING, str(request.user.pk))
    pieces = transcript_queries.transcript(request.user, id)
    return streams.text(pieces, name=transcript_queries.file_name(chat.conversation))
