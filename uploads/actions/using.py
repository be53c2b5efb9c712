"""Uploads are taken into use, and let go."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import errors, wake
from uploads import access, registry
from uploads.actions import checks, removal
from uploads.models import Slot, Upload

BATCH = 200


@transaction.atomic
def attach_uploads(
    *, actor: Any, keys: Sequence[str | uuid.UUID], purpose: str | tuple[str, ...], limit: int
) -> list[Upload]:
    """Takes the actor's ready and unused uploads of this purpose (or these) into use, in the order of `keys`. Errors
    name the field "uploads"."""
    purposes = [purpose] if isinstance(purpose, str) else purpose
    wanted = list(dict.fromkeys(access.as_keys(keys)))
    if len(wanted) > limit:
        text = ngettext("One picture at most, please.", "%(limit)d pictures at most, please.", limit)
        raise errors.Invalid(text % {"limit": limit}, field="uploads")
    own = access.own_uploads(actor).filter(key__in=wanted, purpose__in=purposes)
    found = {upload.key: upload for upload in own.select_for_update().order_by("id")}
    if len(found) < len(wanted):
        for slot in access.own_slots(actor).filter(key__in=wanted, purpose__in=purposes).order_by("id"):
            if slot.is_finished:
                checks.refuse_unready(slot.upload)
        raise errors.NotFound(field="uploads")
    uploads = [found[key] for key in wanted]
    for upload in uploads:
        checks.refuse_unusable(upload)
    now = timezone.now()
    Upload.objects.filter(pk__in=[upload.pk for upload in uploads]).update(attached_at=now)
    for upload in uploads:
        upload.attached_at = now
    return uploads


@transaction.atomic
def attach_found_upload(*, actor: None, upload_id: int) -> bool:
    """Takes a ready upload of nobody's into use, which a worker received with `actor=None`; False if it is gone."""
    found = Upload.objects.filter(pk=upload_id, owner__isnull=True, state=Upload.State.READY, attached_at__isnull=True)
    return bool(found.update(attached_at=timezone.now()))


@transaction.atomic
def delete_found_uploads(*, actor: None, upload_ids: Sequence[int]) -> int:
    """Uploads of nobody's that hang on nothing any more."""
    rows = Upload.objects.select_for_update().filter(pk__in=upload_ids, owner__isnull=True)
    return removal.delete(list(rows.order_by("id")))


@transaction.atomic
def detach_uploads(*, actor: Any, upload_ids: Sequence[int], after: timedelta = timedelta(0)) -> int:
    """What these hung on was deleted by `actor` (its author, a moderator): nobody sees them from now on, and the files
    go within seconds, or `after` that can no longer be undone. The caller has checked that actor may delete that; ids
    are its own rows', never a client's."""
    rows = Upload.objects.filter(pk__in=upload_ids, attached_at__isnull=False, discarded_at__isnull=True)
    wake.after_commit("uploads.remove")
    return rows.update(discarded_at=timezone.now() + after)


@transaction.atomic
def hold_uploads(*, actor: Any, upload_ids: Sequence[int]) -> list[Upload]:
    """Locks those of these that are in use until the end of the transaction: who shows them once more and who lets go
    of them come one after the other. Ids are the caller's own rows', never a client's."""
    rows = Upload.objects.filter(pk__in=upload_ids, attached_at__isnull=False, discarded_at__isnull=True)
    return list(rows.select_for_update(no_key=True).order_by("id"))


@transaction.atomic
def disown_uploads(*, actor: Any, owner_id: int, purposes: Sequence[str]) -> int:
    """The owner is erased, and what these hang on stays: they are nobody's from now on. The caller has checked that
    actor may ask for it."""
    rows = Upload.objects.filter(owner_id=owner_id, purpose__in=purposes)
    return rows.filter(attached_at__isnull=False, discarded_at__isnull=True).update(owner=None)


@transaction.atomic
def keep_uploads(*, actor: Any, upload_ids: Sequence[int]) -> int:
    """What these hung on is back: they are in use again, as far as they are not gone."""
    return Upload.objects.filter(pk__in=upload_ids, attached_at__isnull=False).update(discarded_at=None)


@transaction.atomic
def release_uploads(*, actor: None, upload_ids: Sequence[int]) -> int:
    """What these hung on lets go of them: they are unused again. Ids are the caller's own rows', never a client's."""
    return Upload.objects.filter(pk__in=upload_ids, attached_at__isnull=False).update(attached_at=None)


@transaction.atomic
def delete_upload(*, actor: Any, key: str | uuid.UUID) -> None:
    """The owner no longer wants an upload that is not in use."""
    found = access.access_sent(actor, key, lock=True)
    if isinstance(found, Slot):
        removal.delete_slots([found])
        return
    if found.attached_at:
        raise errors.Conflict(_("This picture is in use. Delete it where it is shown."))
    removal.delete([found])


@transaction.atomic
def delete_uploads(*, actor: Any, owner_id: int, limit: int = BATCH) -> int:
    """A batch of what one member brought: erasure. What hangs on something that may outlive them is left to its room.
    The caller has checked that actor may ask for it."""
    outliving = [kind.name for kind in registry.kinds.values() if kind.outlives]
    left = Q(purpose__in=outliving, attached_at__isnull=False, discarded_at__isnull=True)
    uploads = Upload.objects.select_for_update().filter(owner_id=owner_id).exclude(left).order_by("id")[:limit]
    slots = Slot.objects.select_for_update().filter(owner_id=owner_id).order_by("id")[:limit]
    return removal.delete(list(uploads)) + removal.delete_slots(list(slots))


@transaction.atomic
def describe_upload(*, actor: Any, key: str | uuid.UUID, alt: str, where_shown: bool = False) -> Upload:
    """Sets the words for those who do not see the picture. What others may have sent on is described `where_shown`
    alone: its room has checked that this is the actor's to say, and tells who sees it."""
    upload = access.access_upload(actor, key, lock=True)
    if upload.attached_at and not where_shown and registry.kind(upload.purpose).outlives:
        raise errors.Conflict(_("This picture is in use. Describe it where it is shown."))
    upload.alt = checks.described(alt)
    upload.save(update_fields=["alt"])
    return upload
