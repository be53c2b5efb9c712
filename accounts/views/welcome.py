"""The first steps after joining: each can be skipped, left and taken up again; once through they are never shown."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.actions import profiles, relations, welcome
from accounts.forms import profiles as profile_forms
from accounts.models.people import Welcome
from accounts.queries import invitations as invitation_queries
from accounts.queries import welcome as welcome_queries
from accounts.views.base import Request
from accounts.views.profiles import take_picture
from core.views import members_only, ours


@members_only
@never_cache
def begin(request: Request) -> HttpResponse:
    return _onwards(request, request.user.welcome)


@members_only
@require_POST
def end(request: Request) -> HttpResponse:
    welcome.finish_welcome(actor=request.user)
    return _onwards(request, "")


@members_only
@never_cache
def step(request: Request, step: str) -> HttpResponse:
    if step not in Welcome.values:
        raise Http404
    if not request.user.welcome:
        return _onwards(request, "")
    context: dict[str, Any] = DO[step](request)
    if request.method == "POST" and not context:
        return _onwards(request, welcome.finish_step(actor=request.user, step=step))
    number = Welcome.values.index(step) + 1
    steps = [(one, place + 1) for place, one in enumerate(Welcome)]
    context |= {"step": step, "number": number, "steps": steps, "next": _next(request)}
    broken = any(getattr(one, "errors", None) for one in context.values())
    return render(request, f"accounts/welcome_{step}.html", context, status=422 if broken else 200)


def _picture(request: Request) -> dict[str, Any]:
    words = profile_forms.WordsForm(
        request.POST if request.method == "POST" else None, initial={"bio": request.user.bio}
    )
    picture = profile_forms.PictureForm(prefix="avatar")
    if request.method == "POST":
        if words.is_valid():
            with words.mending():
                profiles.update_profile(actor=request.user, bio=words.cleaned_data["bio"])
        if request.FILES or "remove" in request.POST:
            picture = take_picture(request, "avatar") or profile_forms.PictureForm(prefix="avatar")
    done = request.method == "POST" and not (words.errors or picture.errors)
    return {} if done else {"form": words, "picture_form": picture}


def _people(request: Request) -> dict[str, Any]:
    if request.method == "POST":
        return {}
    inviter = invitation_queries.inviter(request.user)
    found = [one for one in welcome_queries.suggestions(request.user) if one not in inviter]
    return {"people": inviter + found}


def _privacy(request: Request) -> dict[str, Any]:
    initial = {"is_private": request.user.is_private, "is_listed": request.user.is_listed}
    form = profile_forms.PrivacyForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        profiles.set_visibility(actor=request.user, is_listed=form.cleaned_data["is_listed"])
        relations.set_private(actor=request.user, private=form.cleaned_data["is_private"])
        return {}
    return {"form": form}


DO = {Welcome.PICTURE.value: _picture, Welcome.PEOPLE.value: _people, Welcome.PRIVACY.value: _privacy}


def _next(request: Request) -> str:
    """Where one wanted to go before the steps came in between."""
    return ours(request, request.POST.get("next") or request.GET.get("next", ""))


def _onwards(request: Request, step: str) -> HttpResponse:
    wanted = _next(request)
    if not step:
        return redirect(wanted or "/")
    address = reverse("accounts:welcome_step", args=[step])
    return redirect(f"{address}?{urlencode({'next': wanted})}" if wanted else address)
