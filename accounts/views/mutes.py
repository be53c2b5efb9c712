"""Muting people and words, and the settings that show what is muted. Conversations are the feed's."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actions import mutes
from accounts.forms.ties import MuteForm, WordForm
from accounts.models.mutes import Span
from accounts.queries import mutes as mutes_queries
from accounts.queries import people as people_queries
from accounts.views.base import ROW, Request, gone
from accounts.views.people import back, by_post
from core.views import members_only


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
def mute(request: Request, handle: str) -> HttpResponse:
    """Asks how long. Scripts send no `span`: until it is taken back, which they offer."""
    if request.method != "POST":
        person = people_queries.person(viewer=request.user, person=handle)
        return render(request, "accounts/mute.html", {"person": person, "form": MuteForm()})
    person = mutes.mute(actor=request.user, person=handle, span=request.POST.get("span", Span.EVER))
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204)
    words = _("%(name)s is muted. They are not told, and you can take it back here.")
    messages.success(request, words % {"name": person.display_name})
    return back(request, person.get_absolute_url())


@members_only
@by_post
def unmute(request: Request, handle: str) -> HttpResponse:
    mutes.unmute(actor=request.user, person=handle)
    if ROW in request.POST:
        return gone(request, _("Not muted any more."), "accounts:settings_muted")
    return HttpResponse() if request.headers.get("HX-Request") else back(request, "/settings/muted/")


@members_only
@never_cache
@require_safe
def muted_people(request: Request) -> HttpResponse:
    page = mutes_queries.people(viewer=request.user, cursor=request.GET.get("cursor", ""))
    context = {"here": "muted", "which": "people", "rows": page.rows, "next": page.next}
    return render(request, "accounts/settings_muted.html", context)


@members_only
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def muted_words(request: Request) -> HttpResponse:
    form = WordForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with form.mending("phrase"):
            mutes.mute_word(actor=request.user, **form.cleaned_data)
            return redirect("accounts:settings_muted_words")
    page = mutes_queries.words(viewer=request.user, cursor=request.GET.get("cursor", ""))
    context = {"here": "muted", "which": "words", "form": form, "rows": page.rows, "next": page.next}
    return render(request, "accounts/settings_muted_words.html", context, status=422 if form.is_bound else 200)


@members_only
@require_POST
def unmute_word(request: Request, id: int) -> HttpResponse:
    mutes.unmute_word(actor=request.user, word_id=id)
    return gone(request, _("This word is not muted any more."), "accounts:settings_muted_words")
