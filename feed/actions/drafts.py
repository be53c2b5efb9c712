"""Every write of drafts and scheduled posts.

A draft is found by its `client_id`, which the composer chooses and the post then has: whatever is repeated, saved late
or done twice at once, there is one draft and one post of it. Drafts are locked before everything a post needs.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.access import people as accounts_access
from accounts.models.people import User
from accounts.models.relations import Audience
from core import errors, limits
from feed.access import drafts as draft_access
from feed.actions import drafting, writing
from feed.actions import posts as post_actions
from feed.models.drafts import DRAFTS_LIMIT, TROUBLE_LIMIT, Draft, DraftPicture, new_client_id
from feed.models.posts import PICTURES_LIMIT, TEXT_LIMIT, Post

SAVING = limits.Limit("drafts", 120, 60)  # saves of one member: a pause in typing is one
SOONEST, LATEST = timedelta(minutes=1), timedelta(days=366)
Place = Literal["composer", "kept", "scheduled"]


@transaction.atomic
def save_draft(
    *,
    actor: User,
    place: Place = "kept",
    client_id: str | None = None,
    revision: int | None = None,
    publish_at: datetime | None = None,
    text: str = "",
    audience: str = Audience.MEMBERS,
    pictures: Sequence[Any] = (),
    alts: Sequence[str] = (),
    show_preview: bool = True,
    **parts: Any,
) -> Draft:
    """What `create_post` would take, kept for later, in full. `place`: it stands in the composer (what stood there goes
    to the kept ones; a kept one stays there), is kept, or is published at `publish_at`. A `revision` other than the
    last one's, 0 before the first, is a Conflict: somebody has saved it meanwhile."""
    accounts_access.access_member(actor)
    words = writing.words(text, TEXT_LIMIT)
    if not words and not pictures and not any(parts.values()):
        raise errors.Invalid(_("Write something, or add a picture."), field="text")
    name = writing.client(client_id) or new_client_id()
    is_new = not draft_access.own_drafts(actor).filter(client_id=name).exists()
    rows = drafting.all_locked(actor) if is_new else drafting.locked_drafts(actor, name, pictures)
    if Post.objects.filter(author=actor, client_id=name).exists():  # asked under the lock that posting takes
        raise errors.Conflict(_("This has been posted meanwhile."), field="client_id")
    row = _named(rows, name) or _begun(actor, name, place)
    new = {
        "text": words,
        "audience": writing.audience(audience),
        "show_preview": show_preview,
        "parts": {key: value for key, value in parts.items() if value},
    }
    if revision is not None and row.revision != revision:
        if _is_same(row, new, pictures, alts):
            return row
        raise errors.Conflict(_("This draft has been changed on another device."), field="revision")
    if place == "composer" and row.publish_at:
        raise errors.Conflict(_("This post is scheduled. Open it there to change it."), field="client_id")
    row.publish_at = _moment(publish_at, before=row.publish_at) if place == "scheduled" else None
    row.is_kept = row.is_kept or place != "composer"
    _fill(row, new)
    if not _holds(row, pictures, alts):
        drafting.hold(row, actor, pictures, alts, PICTURES_LIMIT)
    return row


@transaction.atomic
def change_draft(*, actor: User, draft_id: int, revision: int | None = None, **changes: Any) -> Draft:
    """Of a draft only what is named, by the names that `save_draft` knows; a `publish_at` of None: not scheduled."""
    row = draft_access.access_draft(actor, draft_id, lock=True)
    content = {**row.content, **changes}
    if "pictures" not in changes:
        content["pictures"] = [key for key in content["pictures"] if key]
    moment = changes.get("publish_at", row.publish_at)
    place: Place = "scheduled" if moment else "kept" if row.is_kept else "composer"
    content.pop("publish_at", None)
    return save_draft(
        actor=actor, place=place, client_id=row.client_id, revision=revision, publish_at=moment, **content
    )


@transaction.atomic
def delete_draft(*, actor: User, draft_id: int) -> None:
    """Nothing brings it back; its pictures go within a day."""
    _drop(draft_access.access_draft(actor, draft_id, lock=True))


@transaction.atomic
def clear_composer(*, actor: User, client_id: str) -> None:
    """What stood in the composer under this name was taken away by its author; what they keep stays."""
    accounts_access.access_member(actor)
    row = _named(drafting.locked_drafts(actor, writing.client(client_id)), client_id)
    if row is not None and not row.is_kept:
        _drop(row)


@transaction.atomic
def publish_draft(*, actor: User, draft_id: int) -> Post:
    """Now, whatever time it was scheduled for."""
    return _publish(draft_access.access_draft(actor, draft_id, lock=True), actor)


@transaction.atomic
def publish_due(*, actor: None, draft_id: int) -> Post | None:
    """The worker's: makes the post if it is due and nobody else is at it. What refuses it is written down for the
    author, and nothing is lost."""
    due = Draft.objects.filter(pk=draft_id, publish_at__lte=timezone.now(), trouble="").select_related("author")
    row = due.select_for_update(of=("self",), no_key=True, skip_locked=True).first()
    if row is None:
        return None
    with translation.override(row.author.language or settings.LANGUAGE_CODE):
        try:
            with transaction.atomic():
                return _publish(row, row.author)
        except errors.SocialError as error:
            Draft.objects.filter(pk=row.pk).update(trouble=_trouble(error)[:TROUBLE_LIMIT])
    return None


# Parts


def _named(rows: list[Draft], client_id: str) -> Draft | None:
    return next((row for row in rows if row.client_id == client_id), None)


def _begun(actor: User, client_id: str, place: Place) -> Draft:
    """A new row, before its first save. The locks of the others make the number of drafts right."""
    mine = draft_access.own_drafts(actor)
    if mine.count() >= DRAFTS_LIMIT:  # a statement of its own: it sees what came while it waited for the locks
        text = _("You keep %(n)s drafts. Delete one first.") % {"n": DRAFTS_LIMIT}
        raise errors.Conflict(text, field="drafts")
    if place == "composer":
        mine.filter(is_kept=False).update(is_kept=True)
    row = Draft(author=actor, client_id=client_id, is_kept=place != "composer", revision=0)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # another device was faster
        raise errors.Conflict(_("This draft has been changed on another device."), field="revision") from None
    return row


def _is_same(row: Draft, new: dict[str, Any], keys: Sequence[Any], alts: Sequence[str]) -> bool:
    """The answer to the same save was lost on its way."""
    same = all(getattr(row, name) == value for name, value in new.items())
    return bool(row.revision) and same and _holds(row, keys, alts)


def _holds(row: Draft, keys: Sequence[Any], alts: Sequence[str]) -> bool:
    held = [(one.upload and str(one.upload.key), one.alt) for one in row.pictures.select_related("upload")]
    words = [*alts, *[""] * (len(keys) - len(alts))]
    return held == list(zip([str(key).lower() for key in keys], words, strict=False))


def _fill(row: Draft, new: dict[str, Any]) -> None:
    for name, value in new.items():
        setattr(row, name, value)
    row.trouble, row.updated_at, row.revision = "", timezone.now(), row.revision + 1
    row.save()


def _moment(given: datetime | None, *, before: datetime | None) -> datetime:
    now = timezone.now()
    if given is None or timezone.is_naive(given):
        raise errors.Invalid(_("Choose when it shall appear."), field="publish_at")
    if given == before and given > now:
        return given
    if given < now + SOONEST:
        raise errors.Invalid(_("Choose a time at least a minute from now."), field="publish_at")
    if given > now + LATEST:
        raise errors.Invalid(_("Choose a time within a year."), field="publish_at")
    return given


def _publish(row: Draft, author: User) -> Post:
    post = post_actions.create_post(actor=author, client_id=row.client_id, **row.content)
    _drop(row)  # also when the post stood already
    return post


def _drop(row: Draft) -> None:
    drafting.let_go(DraftPicture.objects.filter(draft=row))
    Draft.objects.filter(pk=row.pk).delete()


def _trouble(error: errors.SocialError) -> str:
    if isinstance(error, errors.NotAllowed | errors.SignInNeeded):
        return _("Your account could not post at that time.")
    if isinstance(error, errors.NotFound):
        return _("A picture of it is gone.")
    return str(error.message)
