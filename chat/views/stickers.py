"""Choosing a sticker without script, and the page of the site's office where staff minds the packs."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.views import office
from accounts.views.base import Request
from chat.actions import messages as message_actions
from chat.actions import stickers as sticker_actions
from chat.forms import NewStickerForm, PackForm, StickerForm
from chat.queries import conversations as conversation_queries
from chat.queries import stickers as sticker_queries
from chat.views.conversations import to_end
from core import errors
from core.views import members_only

FORM = ["GET", "HEAD", "POST"]


@members_only
@require_http_methods(FORM)
def choose(request: Request, id: int) -> HttpResponse:
    """Every sticker is a button that sends it."""
    form = StickerForm(request.POST or None, initial={"reply": request.GET.get("reply")})
    error = _("Choose a sticker.") if form.is_bound else ""
    if form.is_valid():
        try:
            message_actions.send_message(actor=request.user, conversation_id=id, **form.sending)
        except (errors.Invalid, errors.Conflict) as refusal:
            error = str(refusal.message)
        else:
            return to_end(id)
    chat = conversation_queries.chat(request.user, id)
    context = {"chat": chat, "form": form, "error": error, "packs": sticker_queries.packs()}
    return render(request, "chat/stickers.html", context, status=422 if form.is_bound else 200)


@members_only
@never_cache
@require_http_methods(FORM)
def packs(request: Request) -> HttpResponse:
    """All packs in their order; a new one at the end."""
    found = sticker_queries.office(request.user)
    making = "name" in request.POST
    form = PackForm(request.POST if making else None)
    if making and form.is_valid():
        with form.mending("name"):
            made = sticker_actions.make_pack(actor=request.user, name=form.cleaned_data["name"])
            return redirect("chat:site_sticker_pack", made.key)
    elif request.method == "POST" and not making:
        change_pack(request, request.POST)
        return redirect("chat:site_stickers")
    context = {**office.of(request, "stickers"), "packs": found, "form": form}
    return render(request, "chat/site_stickers.html", context, status=422 if form.errors else 200)


def change_pack(request: Request, given: Any) -> None:
    """Each button of a row says what is to be done, and to which pack."""
    if "up" in given:
        sticker_actions.move_pack_up(actor=request.user, key=given["up"])
    elif "hide" in given:
        sticker_actions.set_pack_shown(actor=request.user, key=given["hide"], shown=False)
    elif "show" in given:
        sticker_actions.set_pack_shown(actor=request.user, key=given["show"], shown=True)
    else:
        raise errors.Invalid


@members_only
@never_cache
@require_http_methods(FORM)
def pack(request: Request, pack: str) -> HttpResponse:
    """One pack: its name, its stickers, and another one."""
    found = sticker_queries.office_pack(request.user, pack)
    adding, naming = "file" in request.FILES or "add" in request.POST, "rename_pack" in request.POST
    form = NewStickerForm(request.POST, request.FILES) if adding else NewStickerForm()
    name = PackForm(request.POST if naming else None, initial={"name": found.name}, prefix="pack")
    if adding and form.is_valid():
        with form.mending("file"):
            file, words = form.cleaned_data["file"], form.cleaned_data["name"]
            sticker_actions.receive_sticker(actor=request.user, key=pack, file=file, name=words, file_name=file.name)
            return done(request, pack)
    elif naming and name.is_valid():
        with name.mending("name"):
            sticker_actions.rename_pack(actor=request.user, key=pack, name=name.cleaned_data["name"])
            return done(request, pack)
    elif request.method == "POST" and not adding and not naming:
        change_sticker(request, pack)
        return done(request, pack)
    context = {**office.of(request, "stickers"), "pack": found, "form": form, "pack_form": name}
    return render(request, "chat/site_sticker_pack.html", context, status=422 if form.errors or name.errors else 200)


def change_sticker(request: Request, pack: str) -> None:
    given = request.POST
    sticker: dict[str, Any] = {"actor": request.user, "key": pack, "sticker": given.get("sticker", "")}
    if "up" in given:
        sticker_actions.move_sticker_up(**sticker)
    elif "withdraw" in given:
        sticker_actions.set_withdrawn(**sticker, withdrawn=True)
    elif "give" in given:
        sticker_actions.set_withdrawn(**sticker, withdrawn=False)
    elif "rename" in given:
        try:
            sticker_actions.rename_sticker(**sticker, name=given.get("name", ""))
        except (errors.Invalid, errors.Conflict) as refusal:
            messages.error(request, str(refusal.message))
    else:
        raise errors.Invalid


def done(request: Request, pack: str) -> HttpResponse:
    messages.success(request, _("Saved."))
    return redirect("chat:site_sticker_pack", pack)
