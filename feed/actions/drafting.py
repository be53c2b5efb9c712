"""Parts of actions: what drafts hold, and how it comes to a post."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models.people import User
from feed.actions import writing
from feed.models.drafts import Draft, DraftPicture
from uploads import access as upload_access
from uploads.actions import using as uploads_using


def become_post(*, author: User, client_id: str | None, keys: Sequence[Any]) -> None:
    """Part of making a post: the draft of its name is no more, and no draft holds its pictures any longer."""
    if not client_id and not keys:
        return
    rows = locked_drafts(author, client_id, keys)
    let_go(
        DraftPicture.objects.filter(
            Q(draft__client_id=client_id) | Q(upload__key__in=upload_access.as_keys(keys)), draft__in=rows
        )
    )
    Draft.objects.filter(pk__in=[row.pk for row in rows if row.client_id == client_id]).delete()


def locked_drafts(author: User, client_id: str | None, keys: Sequence[Any] = ()) -> list[Draft]:
    """The author's draft of this name and those that hold these pictures, locked in order of id."""
    mine = Draft.objects.filter(author=author)
    holding = DraftPicture.objects.filter(draft__in=mine, upload__key__in=upload_access.as_keys(keys)).values("draft")
    return _locked(mine.filter(Q(client_id=client_id) | Q(pk__in=holding)))


def all_locked(author: User) -> list[Draft]:
    """All of the author's: for who makes one more."""
    return _locked(Draft.objects.filter(author=author))


def _locked(rows: QuerySet[Draft]) -> list[Draft]:
    return list(rows.select_for_update(no_key=True).order_by("pk"))


def hold(draft: Draft, author: User, keys: Sequence[Any], alts: Iterable[str], limit: int) -> None:
    """Pictures of a draft whose lock the caller has, as of every other draft that holds one of them now."""
    words = [writing.alt(alt) for alt in alts]
    words += [""] * (len(keys) - len(words))
    described = dict(zip(upload_access.as_keys(keys), words, strict=False))
    mine = DraftPicture.objects.filter(
        Q(draft=draft) | Q(upload__key__in=upload_access.as_keys(keys)), draft__author=author
    )
    let_go(mine)
    uploads = uploads_using.attach_uploads(actor=author, keys=keys, purpose="post", limit=limit)
    DraftPicture.objects.bulk_create(
        DraftPicture(draft=draft, upload=upload, position=place, alt=described[upload.key] or upload.alt)
        for place, upload in enumerate(uploads)
    )


def let_go(rows: Any) -> None:
    """These pictures are unused again: taken into use by whoever is next, or swept."""
    ids = [id for id in rows.values_list("upload_id", flat=True) if id]
    rows.delete()
    uploads_using.release_uploads(actor=None, upload_ids=ids)
