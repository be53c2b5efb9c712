"""What the doors of the composer share: its form from a draft and back, files that become pictures, and what else can be
done with it than posting. Without script every button leads back here, with everything that was written.
"""

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.models.people import User
from core import errors, limits
from feed.actions import drafts as draft_actions
from feed.forms import PostForm
from feed.models.drafts import Draft
from feed.queries import drafts as draft_queries
from feed.views import base
from uploads import actions as upload_actions
from uploads import queries as upload_queries

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
    form = PostForm(initial={**row.parts, **initial})
    form.uploads = {str(one.upload.key): one.upload for one in held if one.upload}
    return form


def page(request: base.Request, form: PostForm, *, draft: Draft | None = None, status: int = 200) -> HttpResponse:
    if form.is_bound:
        keys = form["pictures"].value()
        form.uploads = {str(one.key): one for one in upload_queries.own_pictures(request.user, keys)}
    return render(request, "feed/compose.html", {"form": form, "draft": draft}, status=status)


def content(request: base.Request, form: PostForm) -> dict[str, object]:
    """What making a post takes. Files of the plain form become uploads first, which a refused form then keeps."""
    if not form.is_valid():
        field = next(iter(form.errors))
        raise errors.Invalid(str(form.errors[field][0]), field=field)
    limits.check(limits.WRITING, request.user.pk)
    given = form.content()
    keys, alts = given["pictures"], given["alts"] + [""] * (len(given["pictures"]) - len(given["alts"]))
    for place, file in enumerate(form.cleaned_data["files"]):
        alt = (form.lines() + [""] * len(form.cleaned_data["files"]))[place]
        made = upload_actions.receive_ready_upload(
            actor=request.user, purpose="post", file=file, name=file.name, alt=alt
        )
        keys, alts = [*keys, str(made.key)], [*alts, alt]
        keep(form, keys, alts)
    return {**given, "pictures": keys, "alts": alts}


def keep(form: PostForm, keys: list[str], alts: list[str]) -> None:
    assert isinstance(form.data, QueryDict)
    data = form.data.copy()
    data.setlist("pictures", keys)
    data.setlist("alts", alts)
    form.data = data


def other_deed(request: base.Request, form: PostForm) -> HttpResponse | None:
    """What the button that was pressed asks for, if it is not posting."""
    deed, _colon, place = request.POST.get("do", "").partition(":")
    if deed in {"drop", *STEPS}:
        move(form, deed, place)
        return page(request, form)
    if deed == "add":
        content(request, form)
        return page(request, form)
    if deed == "keep":
        draft_actions.save_draft(actor=request.user, **content(request, form))  # type: ignore[arg-type]
        messages.success(request, _("Kept among your drafts."))
        return redirect("feed:drafts")
    if deed == "schedule":
        given = {**content(request, form), "publish_at": form.cleaned_data["publish_at"]}
        draft_actions.save_draft(actor=request.user, place="scheduled", **given)  # type: ignore[arg-type]
        messages.success(request, _("Scheduled. Nobody sees it before its time."))
        return redirect("feed:scheduled")
    return None


def move(form: PostForm, deed: str, place: str) -> None:
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
