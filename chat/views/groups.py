"""Pages of groups: choosing people, who is in one, its settings. All of them work without script."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.forms.profiles import PictureForm
from accounts.models.people import User
from accounts.queries import completion
from accounts.views.asking import asks
from accounts.views.base import Request
from chat.access import groups as group_access
from chat.actions import groups as group_actions
from chat.forms import GroupForm, GroupSettingsForm, RoleForm
from chat.queries import conversations as conversation_queries
from chat.queries import groups as group_queries
from core import errors
from core.views import members_only

FORM = ["GET", "HEAD", "POST"]


def chosen(request: Request) -> dict[str, Any]:
    """Whom one has chosen so far, and whom the words find: every button of the page sends all of it."""
    given = request.POST.getlist("people") + request.POST.getlist("add")
    ids = [int(one) for one in given if one.isdecimal() and len(one) < 19]
    dropped = request.POST.getlist("drop")
    people = group_queries.people_for(request.user, [id for id in ids if str(id) not in dropped])
    words = request.POST.get("words", "")[:60]
    found = completion.mentionable(request.user, words, without=[one.pk for one in people])
    return {"people": people, "found": found, "words": words}


@members_only
@require_http_methods(FORM)
def new(request: Request) -> HttpResponse:
    """One person is a conversation of two; several, or a name, a group."""
    making = "make" in request.POST
    form = GroupForm(request.POST if making else None, initial=request.POST.dict())
    page = chosen(request)
    if making and form.is_valid() and page["people"]:
        with form.mending():
            return redirect(_make(request.user, page["people"], **form.cleaned_data))
    if making and not page["people"]:
        form.add_error(None, _("Choose somebody first."))
    return render(request, "chat/new.html", {**page, "form": form}, status=422 if making else 200)


def _make(actor: User, people: list[User], name: str, about: str) -> Any:
    ids = [person.pk for person in people]
    return group_actions.create_group(actor=actor, name=name, about=about, people=ids)


@members_only
@require_http_methods(FORM)
def add(request: Request, id: int) -> HttpResponse:
    group_access.access_group(request.user, id, to="add")
    page = chosen(request)
    error = ""
    if "make" in request.POST and page["people"]:
        try:
            ids = [person.pk for person in page["people"]]
            group_actions.add_people(actor=request.user, conversation_id=id, people=ids)
        except (errors.Conflict, errors.NotAllowed) as refusal:
            error = str(refusal.message)
        else:
            return redirect("chat:details", id)
    elif "make" in request.POST:
        error = _("Choose somebody first.")
    context = {**page, "error": error, "chat": conversation_queries.chat(request.user, id)}
    return render(request, "chat/add.html", context, status=422 if error else 200)


@members_only
@require_safe
def details(request: Request, id: int) -> HttpResponse:
    """What the group is, and who is in it."""
    chat = conversation_queries.chat(request.user, id)
    if not chat.is_group:
        raise errors.NotFound
    context = {
        "chat": chat,
        "members": group_queries.members(request.user, id, request.GET.get("cursor", "")),
        "links": group_queries.links(request.user, id) if chat.mine.leads else [],
        "roles": RoleForm().fields["role"].choices,  # type: ignore[attr-defined]
    }
    return render(request, "chat/details.html", context)


@members_only
@require_safe
def card(request: Request, id: int) -> HttpResponse:
    """Its name, picture and people as they are now, for scripts to put in place."""
    chat = conversation_queries.chat(request.user, id)
    if not chat.is_group:
        raise errors.NotFound
    members = group_queries.members(request.user, id, size=group_queries.SHOWN)
    return render(request, "chat/_card.html", {"chat": chat, "members": members})


@members_only
@require_http_methods(FORM)
def settings(request: Request, id: int) -> HttpResponse:
    group, _mine = group_access.access_group(request.user, id, to="lead")
    form = GroupSettingsForm(request.POST if request.method == "POST" else None, initial=vars(group))
    if form.is_valid():
        with form.mending():
            group_actions.change_group(actor=request.user, conversation_id=id, **form.cleaned_data)
            return redirect("chat:details", id)
    return _settings_page(request, id, form, PictureForm(prefix="picture"))


def _settings_page(request: Request, id: int, form: GroupSettingsForm, picture: PictureForm) -> HttpResponse:
    context = {
        "chat": conversation_queries.chat(request.user, id),
        "form": form,
        "picture_form": picture,
    }
    return render(request, "chat/group_settings.html", context, status=422 if form.errors or picture.errors else 200)


@members_only
@require_POST
def picture(request: Request, id: int) -> HttpResponse:
    if "remove" in request.POST:
        group_actions.set_picture(actor=request.user, conversation_id=id, key=None)
        return redirect("chat:group_settings", id)
    form = PictureForm(request.POST, request.FILES, prefix="picture")
    if form.is_valid():
        file, crop = form.cleaned_data["picture"], form.cleaned_data["crop"]
        with form.mending("picture"):
            group_actions.receive_picture(actor=request.user, conversation_id=id, file=file, name=file.name, crop=crop)
            return redirect("chat:group_settings", id)
    group, _mine = group_access.access_group(request.user, id, to="lead")
    return _settings_page(request, id, GroupSettingsForm(initial=vars(group)), form)


@members_only
@require_POST
def role(request: Request, id: int, user: int) -> HttpResponse:
    try:
        group_actions.change_role(
            actor=request.user, conversation_id=id, person_id=user, role=request.POST.get("role", "")
        )
    except errors.Conflict as refusal:
        messages.error(request, str(refusal.message))
    return redirect("chat:details", id)


@members_only
@require_POST
@asks("remove_from_group")
def remove(request: Request, id: int, user: int) -> HttpResponse:
    group_actions.remove_person(actor=request.user, conversation_id=id, person_id=user)
    return redirect("chat:details", id)


@members_only
@require_POST
@asks("leave_group")
def leave(request: Request, id: int) -> HttpResponse:
    group_actions.leave(actor=request.user, conversation_id=id)
    return redirect(reverse("chat:inbox"))
