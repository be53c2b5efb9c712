"""Settings about oneself: profile, pictures, handle, privacy."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.actions import handles, profiles, relations
from accounts.forms import base as base_forms
from accounts.forms import profiles as profile_forms
from accounts.queries import people as people_queries
from accounts.views.base import Request
from core import errors
from core.views import members_only


def page(request: HttpRequest, name: str, form: base_forms.RoomForm, **context: object) -> HttpResponse:
    forms = [form, *(one for one in context.values() if isinstance(one, base_forms.RoomForm))]
    broken = any(one.is_bound and one.errors for one in forms)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if broken else HTTPStatus.OK
    return render(request, f"accounts/settings_{name}.html", {"form": form, "here": name, **context}, status=status)


@members_only
@never_cache
def profile(request: Request) -> HttpResponse:
    form = _profile_form(request, request.POST if request.method == "POST" else None)
    if form.is_valid():
        with form.mending():
            words = {"name": form.cleaned_data["display_name"], "bio": form.cleaned_data["bio"]}
            profiles.change_me(actor=request.user, **words, fields=form.given)
            messages.success(request, _("Saved."))
            return redirect("accounts:settings")
    return _profile_page(request, form)


def _profile_form(request: Request, data: object = None) -> profile_forms.ProfileForm:
    found = people_queries.person(viewer=request.user, person=request.user.pk)
    initial = {"display_name": found.display_name, "bio": found.bio}
    return profile_forms.ProfileForm(data, initial=initial, fields=found.shown_fields)  # type: ignore[attr-defined]


def _profile_page(
    request: Request,
    form: profile_forms.ProfileForm,
    *,
    avatar_form: profile_forms.PictureForm | None = None,
    cover_form: profile_forms.PictureForm | None = None,
) -> HttpResponse:
    avatar_form = avatar_form or profile_forms.PictureForm(prefix="avatar")
    cover_form = cover_form or profile_forms.PictureForm(prefix="cover")
    return page(request, "profile", form, avatar_form=avatar_form, cover_form=cover_form)


@members_only
@require_POST
def avatar(request: Request) -> HttpResponse:
    form = take_picture(request, "avatar")
    return _profile_page(request, _profile_form(request), avatar_form=form) if form else redirect("accounts:settings")


@members_only
@require_POST
def cover(request: Request) -> HttpResponse:
    form = take_picture(request, "cover")
    return _profile_page(request, _profile_form(request), cover_form=form) if form else redirect("accounts:settings")


def take_picture(request: Request, place: str) -> profile_forms.PictureForm | None:
    """Shows the picture that was sent, or takes the one there away; the form, if it needs mending."""
    if "remove" in request.POST:
        profiles.set_picture(actor=request.user, place=place, key=None)
        return None
    form = profile_forms.PictureForm(request.POST, request.FILES, prefix=place)
    if form.is_valid():
        file, crop = form.cleaned_data["picture"], form.cleaned_data["crop"]
        with form.mending("picture"):
            profiles.receive_picture(actor=request.user, place=place, file=file, name=file.name, crop=crop)
            messages.success(request, _("A good picture."))
            return None
    return form


@members_only
@never_cache
def handle(request: Request) -> HttpResponse:
    form = profile_forms.HandleForm(
        request.POST if request.method == "POST" else None, initial={"handle": request.user.handle}
    )
    if form.is_valid():
        try:
            with form.mending():
                changed = handles.change_handle(actor=request.user, handle=form.cleaned_data["handle"])
                messages.success(request, _("You are @%(handle)s now.") % {"handle": changed.handle})
                return redirect("accounts:settings_handle")
        except errors.TooMany as error:
            form.add_error("handle", str(error.message))
    return page(request, "handle", form)


@members_only
@never_cache
def privacy(request: Request) -> HttpResponse:
    user = request.user
    initial = {name: getattr(user, name) for name in ("is_private", "is_listed", "friends_audience")}
    form = profile_forms.VisibilityForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        given = form.cleaned_data
        profiles.set_visibility(actor=user, is_listed=given["is_listed"], friends_audience=given["friends_audience"])
        relations.set_private(actor=user, private=given["is_private"])
        messages.success(request, _("Saved."))
        return redirect("accounts:settings_privacy")
    return page(request, "privacy", form)
