"""Every write of link previews. A worker fetches them, between short transactions; killed at any line it leaves a row
whose claim ends, and at most an unused upload that the sweep of uploads finds.
"""

import functools
import hashlib
import io
import operator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from core import errors, fetch, limits, opengraph, wake
from uploads import registry
from uploads.actions import receiving as uploads_receiving
from uploads.actions import using as uploads_using
from uploads.models import LinkPreview, Upload

PAGES = ("text/html", "application/xhtml+xml")
PAGE_BYTES = 512 * 1024
PICTURE_BYTES = 5 * 1024 * 1024
ATTEMPTS = 3
BACK_OFF = (timedelta(minutes=1), timedelta(minutes=10))
CLAIM = timedelta(minutes=4)  # longer than a page, a picture and its preparing together
KEPT = timedelta(days=7)
UNUSED = timedelta(days=1)
WANTED = timedelta(hours=1)  # so long nobody says again that they want it: all who post one link would stand in line
BATCH = 200
FETCHES = limits.Limit("link-cards", 30, 600)  # for one member; each may take its time, and others wait for theirs


@transaction.atomic
def want(*, actor: Any, link: str) -> LinkPreview | None:
    """The preview of a link; a worker fetches what is new or too old. None: no link, the site fetches none, or the
    actor has had very many fetched; who gives no actor has counted. Lock what shows it afterwards: a worker that has
    fetched it locks the preview first, too."""
    url = _address(link) if link and settings.LINK_PREVIEWS else ""
    if not url:
        return None
    now = timezone.now()
    row = LinkPreview(url=url, digest=hashlib.sha256(url.encode()).hexdigest(), due_at=now, wanted_at=now)
    same = LinkPreview.objects.filter(digest=row.digest)
    kept = same.first()
    if kept is None and not _may_fetch(actor):
        return None
    if kept is None or kept.wanted_at <= now - WANTED:
        # Locks it until what shows it is there: the sweep takes only what nobody wants, for much longer than this.
        LinkPreview.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["digest"], update_fields=["wanted_at"]
        )
        kept = same.get()
    if kept.due_at is None and kept.expires_at is not None and kept.expires_at <= now and _may_fetch(actor):
        same.filter(due_at__isnull=True, expires_at__lte=now).update(due_at=now, attempts=0)
        kept = same.get()
    if kept.due_at is not None:
        wake.after_commit("uploads.fetch_previews")
    return kept


def fetch_due() -> bool:
    """Fetches the preview that has waited longest; False if none is due. It waits for the network: for workers only."""
    mine = _claim() if settings.LINK_PREVIEWS else None
    if mine is None:
        return False
    try:
        if mine.attempts > ATTEMPTS:  # the workers of all attempts died
            raise fetch.Refused("gave up")
        page = _page(mine.url)
    except fetch.Refused:
        _finish(mine, None, state=LinkPreview.State.NONE, title="", description="", site_name="")
    except fetch.Unreachable:
        _later(mine)
    else:
        words = {"title": page.title, "description": page.description, "site_name": page.site}
        _finish(mine, _picture(page.picture), state=LinkPreview.State.READY, **words)
    return True


@transaction.atomic
def sweep_previews() -> int:
    """Forgets a batch of previews that nothing uses; the clock calls it."""
    now = timezone.now()
    used = functools.reduce(operator.or_, (room.uses() for room in registry.card_rooms), Q(pk__in=[]))
    rows = LinkPreview.objects.select_for_update(skip_locked=True, of=("self",))
    gone = list(rows.filter(~used, wanted_at__lt=now - UNUSED).order_by("wanted_at")[:BATCH])
    pictures = [row.upload_id for row in gone if row.upload_id]
    LinkPreview.objects.filter(pk__in=[row.pk for row in gone]).delete()
    uploads_using.delete_found_uploads(actor=None, upload_ids=pictures)
    return len(gone)


# Parts


def _address(link: str) -> str:
    try:
        return fetch.target(link).url
    except fetch.Refused:
        return ""


def _may_fetch(actor: Any) -> bool:
    return actor is None or limits.take(FETCHES, actor.pk).allowed


def _claim() -> LinkPreview | None:
    """The one that has waited longest, ours alone until `due_at`, which is also the proof at the end."""
    now = timezone.now()
    with transaction.atomic(durable=True):
        due = LinkPreview.objects.select_for_update(skip_locked=True).filter(due_at__lte=now)
        mine = due.order_by("due_at", "id").first()
        if mine is not None:
            mine.due_at, mine.attempts = now + CLAIM, mine.attempts + 1
            mine.save(update_fields=["due_at", "attempts"])
    return mine


def _page(url: str) -> opengraph.Page:
    answer = fetch.get(url, kinds=PAGES, most=PAGE_BYTES, cut=True)
    page = opengraph.read(answer.body, charset=answer.charset, url=answer.url)
    if not page.title:
        raise fetch.Refused("no title")
    return page


def _picture(url: str) -> Upload | None:
    """As our own pictures are prepared; a card without one is a card as well."""
    if not url:
        return None
    try:
        answer = fetch.get(url, kinds=("image/",), most=PICTURE_BYTES)
        return uploads_receiving.receive_ready_upload(
            actor=None, purpose="preview", file=io.BytesIO(answer.body), max_bytes=PICTURE_BYTES
        )
    except (fetch.Refused, fetch.Unreachable, errors.SocialError):
        return None


def _later(mine: LinkPreview) -> None:
    """Another attempt after a pause, or the end of it; what was ready once stays as it was."""
    now = timezone.now()
    if mine.attempts < ATTEMPTS:
        state = mine.state if mine.is_ready else LinkPreview.State.FAILED
        _write(mine, state=state, due_at=now + BACK_OFF[mine.attempts - 1])
    elif mine.is_ready:
        _write(mine, due_at=None, expires_at=now + KEPT)
    else:
        _finish(mine, None, state=LinkPreview.State.NONE)


def _write(mine: LinkPreview, **changes: Any) -> None:
    """If this process still holds the claim."""
    with transaction.atomic(durable=True):
        LinkPreview.objects.filter(pk=mine.pk, due_at=mine.due_at).update(**changes)


def _finish(mine: LinkPreview, picture: Upload | None, **found: Any) -> None:
    """Writes what came out, if this process still holds the claim, and has open pages ask again."""
    now = timezone.now()
    with transaction.atomic(durable=True):
        rows = LinkPreview.objects.select_for_update(of=("self",), no_key=True)
        held = rows.filter(pk=mine.pk, due_at=mine.due_at).first()
        if held is None:
            return
        before = held.upload_id
        if picture is not None and not uploads_using.attach_found_upload(actor=None, upload_id=picture.pk):
            picture = None
        LinkPreview.objects.filter(pk=mine.pk).update(
            **found, upload=picture, due_at=None, attempts=0, fetched_at=now, expires_at=now + KEPT
        )
        uploads_using.delete_found_uploads(actor=None, upload_ids=[before] if before else [])
        for room in registry.card_rooms:
            room.tell(actor=None, preview_id=mine.pk)
