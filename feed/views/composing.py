"""What the doors of the composer share: its form from a draft and back, files that become pictures, and what else can
be done with it than posting. Without script every button leads back here, with everything that was written.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.models.people import User
from core import errors, limits
from feed.actions import drafts as draft_actions
from feed.forms import EditForm, PicturesForm, PostForm
from feed.models.drafts import Draft
from feed.models.posts import Post, PostPicture
from feed.queries import drafts as draft_queries
from feed.views import base
from uploads import queries as upload_queries
from uploads.actions import receiving as uploads_receiving

STEPS = {"earlier": -1, "later": 1}


def begun(member: User) -> PostForm:
    """The composer with what its member has begun, on whatever device."""
    row = draft_queries.in_composer(member)
    return form_of(row) if row else PostForm()


def form_of(row: Draft) -> PostForm:
    held = [one for one in row.pictures.all() if one.upload]
    initial = {
        "text": row.text,
        "audience": row.audience,
        "without_preview": not row.show_preview,
        "client_id": row.client_id,
        "revision": row.revision,
        "publish_at": f"{row.publish_at:%Y-%m-%dT%H:%M}" if row.publish_at else "",
        "pictures": [str(one.upload.key) for one in held if one.upload],
        "alts": [one.alt for one in held],
    }
    form = PostForm(initial={**PostForm.from_parts(row.parts), **initial})
    form.uploads = {str(one.upload.key): one.upload for one in held if one.upload}
    return form


def edit_form_of(post: Post, held: list[PostPicture]) -> EditForm:
    keys = [str(one.upload.key) for one in held]
    initial: dict[str, Any] = {"text": post.text, "warning": post.warning, "audience": post.audience}
    initial |= {"pictures": keys, "alts": [one.alt for one in held]}
    form = EditForm(initial=initial)
    form.uploads = {str(one.upload.key): one.upload for one in held}
    return form


def page(request: base.Request, form: PostForm, *, draft: Draft | None = None, status: int = 200) -> HttpResponse:
    show(request, form)
    return render(request, "feed/compose.html", {"form": form, "draft": draft}, status=status)


def show(request: base.Request, form: PicturesForm) -> None:
    """How the pictures look that came with a form."""
    if form.is_bound:
        keys = form["pictures"].value()
        form.uploads = {str(one.key): one for one in upload_queries.own_pictures(request.user, keys)}


def content(request: base.Request, form: PostForm) -> dict[str, Any]:
    """What making a post takes."""
    check(request, form)
    keys, alts = pictures(request, form)
    return {**form.content(), "pictures": keys, "alts": alts}


def changes(request: base.Request, form: EditForm) -> dict[str, Any]:
    """What changing a post takes."""
    check(request, form)
    given = {name: form.cleaned_data[name] for name in ("text", "warning", "audience")}
    if not form.cleaned_data["pictured"]:
        return given
    keys, alts = pictures(request, form)
    return {**given, "pictures": keys, "alts": alts}


def check(request: base.Request, form: PicturesForm) -> None:
    if not form.is_valid():
        field = next(iter(form.errors))
        raise errors.Invalid(str(form.errors[field][0]), field=field)
    limits.check(limits.WRITING, request.user.pk)


def pictures(request: base.Request, form: PicturesForm) -> tuple[list[str], list[str]]:
    """Keys and words. Files of the plain form become uploads first, which a refused form then keeps."""
    given = form.cleaned_data
    keys, alts = given["pictures"], given["alts"] + [""] * (len(given["pictures"]) - len(given["alts"]))
    for place, file in enumerate(given["files"]):
        alt = (form.lines() + [""] * len(given["files"]))[place]
        made = uploads_receiving.receive_ready_upload(
            actor=request.user, purpose="post", file=file, name=file.name, alt=alt
        )
        keys, alts = [*keys, str(made.key)], [*alts, alt]
        keep(form, keys, alts)
    return keys, alts


def keep(form: PicturesForm, keys: list[str], alts: list[str]) -> None:
    assert isinstance(form.data, QueryDict)
    data = form.data.copy()
    data.setlist("pictures", keys)
    data.setlist("alts", alts)
    form.data = data


def other_deed(request: base.Request, form: PostForm) -> HttpResponse | None:
    """What the button that was pressed asks for, if it is not posting."""
    if rearranged(request, form):
        return page(request, form)
    # Enter in a field presses no button: who has filled in a time does not mean now.
    deed = request.POST.get("do") or ("schedule" if request.POST.get("publish_at") else "post")
    if deed == "keep":
        draft_actions.save_draft(actor=request.user, **content(request, form))
        messages.success(request, _("Kept among your drafts."))
        return redirect("feed:drafts")
    if deed == "schedule":
        given = {**content(request, form), "publish_at": form.cleaned_data["publish_at"]}
        draft_actions.save_draft(actor=request.user, place="scheduled", **given)
        messages.success(request, _("Scheduled. Nobody sees it before its time."))
        return redirect("feed:scheduled")
    return None


def rearranged(request: base.Request, form: PicturesForm) -> bool:
    """A button beside a picture was pressed, or the one that adds some: the same page again."""
    deed, _colon, place = request.POST.get("do", "").partition(":")
    if deed == "add":
        check(request, form)
        pictures(request, form)
    elif deed in {"drop", *STEPS}:
        move(form, deed, place)
    else:
        return False
    return True


def move(form: PicturesForm, deed: str, place: str) -> None:
    """One picture away, or one place earlier or later."""
    data = form.data
    assert isinstance(data, QueryDict)
    keys, alts = data.getlist("pictures"), data.getlist("alts")
    rows = list(zip(keys, alts + [""] * (len(keys) - len(alts)), strict=False))
    at = int(place) if place.isdecimal() and len(place) < 4 else len(rows)
    if at < len(rows):
        row = rows.pop(at)
        if deed in STEPS:
            rows.insert(max(0, at + STEPS[deed]), row)
    keep(form, [key for key, _alt in rows], [alt for _key, alt in rows])
