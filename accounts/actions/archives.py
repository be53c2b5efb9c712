"""Exports and imports. A worker makes or reads the zip outside of any transaction: it claims the row for some minutes,
says at every step how far it is, which prolongs the claim, and stops when the claim is somebody else's or the member
is gone. Killed at any line, another attempt begins anew (export) or goes on (import); there is one file for each row.
"""

import errno
import hashlib
import logging
import math
import time
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import IO, Any, TypeVar

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import bundles, mails, personal
from accounts.access import people as people_access
from accounts.actions import fields, filming, profiles
from accounts.models.archives import OPEN, Archive, ArchiveState, Export, Import
from accounts.models.fields import LIMITS, ONCE, ProfileField
from accounts.models.people import User
from accounts.models.relations import Audience
from core import audit, errors, limits, scratch, wake
from uploads import held, storage
from uploads.actions import holding as uploads_holding
from uploads.actions import receiving as uploads_receiving

log = logging.getLogger(__name__)

EVERY = timedelta(days=1)
KEPT = timedelta(days=7)  # the file of an export; the report of an import
TO_FETCH = timedelta(hours=6)  # a large one is kept so long in any case
SHARES = 20  # parts of the room for all exports; one of them is what a member may take for the whole week
CLAIM = timedelta(minutes=5)
FILM_CLAIM = timedelta(minutes=90)  # longer than a video takes
STORING = timedelta(hours=1)  # the way of a large file to the storage, during which nobody says anything
RECEIVING = timedelta(hours=1)
# Before the 2nd, 3rd, ... attempt, where the one before failed.
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
ATTEMPTS = len(BACK_OFF) + 1
TELL_EVERY = 2.0  # seconds between two notes of how far it is
PEOPLE = 500  # handles in a report
MOST_FIELDS = sum(LIMITS.values()) + len(ONCE)
MOST_BROUGHT = 200_000  # rows of one import: twenty posts a day for a good quarter of a century
IMPORTS = limits.Limit("imports", 10, 24 * 60 * 60)  # of one member

One = TypeVar("One", Export, Import)


class Lost(Exception):
    """The claim is another worker's by now, or the member is gone."""


# -- Taking along -----------------------------------------------------------------------------------------------------


@transaction.atomic
def start_export(*, actor: User) -> Export:
    """The export that is being made, or a new one. TooMany within a day of the last one."""
    export = _start(actor)
    if export.is_open:
        return export
    wait = export.created_at + EVERY - timezone.now()
    raise errors.TooMany(_("There is one from today already. Tomorrow you can make another."), retry_after=wait.seconds)


@transaction.atomic
def start_export_of(*, actor: User | None, member: User) -> Export:
    """Staff (nobody: the shell) want a member's export: that of the last day, or a new one."""
    audit.record("accounts.export_user", subject=f"user:{member.pk}", actor_id=actor.pk if actor else None)
    return _start(member)


def _start(member: User) -> Export:
    """The member's open export, or one of the last day, else a new one."""
    list(User.objects.select_for_update(no_key=True).filter(pk=member.pk).values_list("pk"))
    rows = Export.objects.filter(user=member).order_by("-pk")
    standing = rows.filter(state__in=OPEN).first()
    latest = rows.filter(state=ArchiveState.READY, created_at__gt=timezone.now() - EVERY).first()
    if found := standing or latest:
        return found
    export = Export.objects.create(user=member)
    wake.after_commit("accounts.export", str(export.pk))
    return export


def build_export(*, export_id: int) -> bool:
    """One attempt, if one is due and nobody else is at it; True when the file is there."""
    export = _claim(Export.objects.all(), export_id)
    if export is None:
        return False
    name = storage.archive("export", export.key)
    try:
        with scratch.folder(f"export-{export.key}") as folder:
            path = folder / "export.zip"
            teller = _Teller(export)
            _check_room(export)
            bundles.write(export.user, path, tick=teller.tell)
            _check_room(export, path.stat().st_size)
            teller.tell(export.total, export.total, claim=STORING)
            with path.open("rb") as file:
                storage.keep(name, file)
            done = _finish_export(export, path.stat().st_size)
    except Lost:
        done = False
    except OSError as error:
        _release(export, error)
        return False
    if not done and not Export.objects.filter(pk=export.pk).exists():
        storage.drop(name)  # the member went meanwhile
    return done


def _check_room(export: Export, size: int = 0) -> None:
    """Whether a file of this size fits: on the disk, and beside the others' that are kept. The largest give way."""
    scratch.check_room(size)
    others = Export.objects.filter(expires_at__gt=timezone.now()).exclude(user=export.user_id)
    over = size + (others.aggregate(sum=Sum("bytes"))["sum"] or 0) - settings.MAX_EXPORTS_BYTES
    if over > 0 and not _make_room(others, over):
        raise OSError(errno.ENOSPC, "the exports that are kept fill their part")


@transaction.atomic
def _make_room(others: QuerySet[Export], over: int) -> bool:
    """Ends the largest of these exports until so many bytes are free, if that is enough: only those that are more than
    one member's share, once there was time to fetch them. Their members can make another."""
    large = others.filter(bytes__gt=settings.MAX_EXPORTS_BYTES // SHARES, finished_at__lt=timezone.now() - TO_FETCH)
    going = []
    for row in large.select_for_update().order_by("-bytes", "pk")[:SHARES]:
        if over > 0:
            going.append(row.pk)
            over -= row.bytes
    if over > 0:
        return False
    Export.objects.filter(pk__in=going).update(expires_at=timezone.now())
    return True


@transaction.atomic
def _finish_export(export: Export, size: int) -> bool:
    now = timezone.now()
    expires_at = now + KEPT
    ours = _ours(export).update(
        state=ArchiveState.READY,
        reason="",
        due_at=None,
        finished_at=now,
        expires_at=expires_at,
        bytes=size,
        done=F("total"),
    )
    if ours:
        older = Export.objects.filter(user=export.user_id, expires_at__gt=now).exclude(pk=export.pk)
        older.update(expires_at=now)  # one file for each member
        mails.send_export_ready(member=export.user, expires_at=expires_at)
    return bool(ours)


# -- Bringing ---------------------------------------------------------------------------------------------------------


def start_import(*, actor: User, file: IO[bytes], size: int, only_me: bool) -> Import:
    """Keeps the zip; a worker reads it. Conflict while another one is being read, TooLarge beyond the limit, Busy where
    there is no room for it or the storage is away."""
    if size > settings.MAX_IMPORT_BYTES:
        raise errors.TooLarge(bundles.REASONS["too_large"], field="file")
    people_access.access_member(actor)
    row = _new_import(actor, size, only_me=only_me)
    name = storage.archive("import", row.key)
    try:
        scratch.check_room(size)
        uploads_holding.keep(name, file, key=row.key, after=uploads_holding.SOON)
    except (OSError, DatabaseError) as error:  # it may be held there
        reason = _fail(row, error)
        uploads_holding.let_go(name)
        raise errors.Busy(bundles.REASONS[reason], field="file") from error
    with transaction.atomic(durable=True):
        Import.objects.filter(pk=row.pk, attempts=0).update(due_at=timezone.now())
        wake.after_commit("accounts.import", str(row.pk))
    return row


@transaction.atomic
def _new_import(actor: User, size: int, *, only_me: bool) -> Import:
    """Before the first byte, so that no file is ever without a row."""
    _lock(actor)
    if Import.objects.filter(user=actor, state__in=OPEN).exists():
        raise errors.Conflict(_("One import is on its way already. Let it finish first."), field="file")
    turn = limits.take_sure(IMPORTS, actor.pk)
    if not turn.allowed:
        words = _("That were many imports for one day. Please go on tomorrow.")
        raise errors.TooMany(words, retry_after=math.ceil(turn.wait))
    return Import.objects.create(user=actor, bytes=size, only_me=only_me, due_at=timezone.now() + RECEIVING)


def read_import(*, import_id: int) -> bool:
    """One attempt, which goes on where the one before got to; True when it is done, be it that it was refused."""
    row = _claim(Import.objects.all(), import_id)
    if row is None:
        return False
    try:
        with scratch.folder(f"import-{row.key}") as folder:
            path = folder / "import.zip"
            scratch.check_room(row.bytes)
            held.fetch(storage.archive("import", row.key), path)
            with bundles.read(path) as bundle:
                report = _bring(row, bundle, folder)
        _finish_import(row, ArchiveState.READY, report=report)
    except bundles.Bad as bad:
        _finish_import(row, ArchiveState.FAILED, reason=str(bad))
    except ValueError as error:  # a value from outside that nobody thought of; another attempt would meet it again
        log.warning("import %s: %s", row.pk, type(error).__name__)
        _finish_import(row, ArchiveState.FAILED, reason="broken")
    except FileNotFoundError:
        _finish_import(row, ArchiveState.FAILED, reason="lost")
    except Lost:
        return False
    except OSError as error:
        _release(row, error)
        return False
    uploads_holding.drop(storage.archive("import", row.key))
    return True


def _bring(row: Import, bundle: bundles.Bundle, folder: Path) -> dict[str, Any]:
    """Everything in it that belongs here, in its order; what `row.done` counts came with an earlier attempt."""
    report: dict[str, Any] = {"posts": 0, "before": 0, "refused": 0, "pictures": 0, **row.report}
    total = sum(1 for file in personal.brings for _row in bundle.rows(file))
    if total > MOST_BROUGHT:
        raise bundles.Bad("too_large")
    _bring_profile(row.user, bundle, folder)
    origin = hashlib.sha256(f"{bundle.origin} {bundle.handle}".encode()).hexdigest()[:24]
    teller = _Teller(row)

    used: set[str] = set()

    def picture(name: object) -> Any:
        file = name.get("file") if isinstance(name, dict) else name
        if not isinstance(file, str) or file in used:  # one file in a thousand posts would be a thousand pictures
            return None
        used.add(file)
        if isinstance(name, dict):
            return filming.bring(row.user, bundle, name, folder / "film", wait=lambda: teller.hold(FILM_CLAIM))
        there = bundle.fetch(name, folder / "picture")
        return _receive(row.user, "post", folder / "picture") if there else None

    rows = ((bring, given) for file, bring in personal.brings.items() for given in bundle.rows(file))
    for place, (bring, given) in enumerate(rows):
        if place < row.done:
            continue
        came = bring(member=row.user, origin=origin, row=given, picture=picture, only_me=row.only_me)
        for name, count in came.items():
            report[name] += count
        teller.tell(place + 1, total, report=report)
    teller.tell(total, total, report=report, at_once=True)
    report["people"] = _people(row.user, bundle)
    report["left"] = {name: sum(1 for _row in bundle.rows(f"{name}.json")) for name in ("comments", "messages")}
    return report


def _bring_profile(member: User, bundle: bundles.Bundle, folder: Path) -> None:
    """Fills what the member has left empty here; says nothing over what they wrote."""
    given = next(bundle.rows("profile.json"), {})
    if not member.bio and isinstance(given.get("about"), str):
        profiles.update_profile(actor=member, bio=given["about"][:500])
    for place, name, there in (("avatar", "picture", member.avatar_id), ("cover", "cover", member.cover_id)):
        if there is None and bundle.fetch(given.get(name), folder / place):
            key = _receive(member, place, folder / place)
            if key is not None:
                profiles.set_picture(actor=member, place=place, key=key)
    if not ProfileField.objects.filter(person=member).exists():
        _bring_fields(member, bundle)


def _bring_fields(member: User, bundle: bundles.Bundle) -> None:
    """One by one, so that what does not fit here keeps none of the others away; unknown audiences see nothing."""
    good: list[dict[str, str]] = []
    for given in islice(bundle.rows("fields.json"), 2 * MOST_FIELDS):
        field = {name: str(given.get(name) or "")[:500] for name in ("kind", "label", "value", "audience")}
        if field["audience"] not in Audience.values:
            field["audience"] = Audience.ONLY_ME
        try:
            with transaction.atomic():
                fields.set_fields(actor=member, fields=[*good, field])
            good.append(field)
        except errors.Invalid:
            continue
        if len(good) == MOST_FIELDS:
            return


def _receive(member: User, purpose: str, path: Path) -> Any:
    """The key of a picture that this site takes; None for one that it does not."""
    try:
        with path.open("rb") as file:
            return uploads_receiving.receive_ready_upload(actor=member, purpose=purpose, file=file).key
    except (errors.Invalid, errors.TooLarge, errors.TooMany):
        return None


def _people(member: User, bundle: bundles.Bundle) -> list[str]:
    """Whom they followed or were friends with, by handle, as far as somebody here is called so: not always the same."""
    named: set[str] = set()
    for name in ("following.json", "friends.json"):
        for given in bundle.rows(name):
            if len(named) < 20 * PEOPLE and isinstance(given.get("handle"), str):
                named.add(given["handle"][:30].lower())
    listed = sorted(named)
    found: list[str] = []
    for start in range(0, len(listed), PEOPLE):
        here = people_access.visible_people(member).filter(handle__in=listed[start : start + PEOPLE])
        found += here.exclude(pk=member.pk).order_by("handle").values_list("handle", flat=True)
    return found[:PEOPLE]


@transaction.atomic
def _finish_import(row: Import, state: str, *, report: dict[str, Any] | None = None, reason: str = "") -> None:
    """A failed one keeps what an attempt before has noted."""
    now, more = timezone.now(), {} if report is None else {"report": report}
    _ours(row).update(state=state, reason=reason, due_at=None, finished_at=now, expires_at=now + KEPT, **more)


# -- Parts ------------------------------------------------------------------------------------------------------------


def _lock(member: User) -> None:
    """What one member asks for at the same time comes one after the other."""
    list(User.objects.select_for_update(no_key=True).filter(pk=member.pk).values_list("pk"))


def _claim(rows: QuerySet[One], id: int) -> One | None:
    """Makes this process the only one at work on the row until `due_at`; `attempts` is the proof of it."""
    now = timezone.now()
    with transaction.atomic(durable=True):
        row = rows.select_for_update().filter(pk=id, state__in=OPEN, due_at__lte=now).first()
        if row is None:
            return None
        row.attempts += 1
        if row.attempts > ATTEMPTS:
            row.state, row.due_at, row.expires_at = ArchiveState.FAILED, None, now + KEPT
            row.save(update_fields=["state", "due_at", "expires_at"])
            return None
        row.state, row.due_at = ArchiveState.WORKING, now + CLAIM
        row.save(update_fields=["attempts", "state", "due_at"])
    return rows.select_related("user").get(pk=id)


def _ours(row: Archive) -> QuerySet[Any]:
    return type(row)._default_manager.filter(pk=row.pk, attempts=row.attempts, state=ArchiveState.WORKING)


def _release(row: Archive, error: OSError) -> None:
    """The disk was full, the storage did not answer: another attempt, each time later, or the end of it."""
    if row.attempts >= ATTEMPTS:
        _fail(row, error)
        return
    with transaction.atomic(durable=True):
        later = timezone.now() + BACK_OFF[row.attempts - 1]
        _ours(row).update(state=ArchiveState.WAITING, reason=_reason(row, error), due_at=later)


def _fail(row: Archive, error: OSError | DatabaseError) -> str:
    """The end of it, if nobody else is at it; returns the reason. What lies there goes a week later, or with
    the member."""
    reason, now = _reason(row, error), timezone.now()
    rows = type(row)._default_manager.filter(pk=row.pk, attempts=row.attempts, state__in=OPEN)
    with transaction.atomic(durable=True):
        rows.update(state=ArchiveState.FAILED, reason=reason, due_at=None, finished_at=now, expires_at=now + KEPT)
    return reason


def _reason(row: Archive, error: OSError | DatabaseError) -> str:
    log.warning("%s: %s %s", row, type(error).__name__, error)
    return "no_room" if getattr(error, "errno", None) in scratch.FULL else "away"


class _Teller:
    """Notes how far it is, now and then, and prolongs the claim with it."""

    def __init__(self, row: Archive) -> None:
        self.row = row
        self.at = 0.0

    def hold(self, claim: timedelta) -> None:
        """Keeps the claim for longer, and says nothing new."""
        with transaction.atomic(durable=True):
            if not _ours(self.row).update(due_at=timezone.now() + claim):
                raise Lost
        self.at = 0.0  # the next word makes it short again

    def tell(
        self,
        done: int,
        total: int,
        *,
        claim: timedelta = CLAIM,
        report: dict[str, Any] | None = None,
        at_once: bool = False,
    ) -> None:
        self.row.total = total
        if time.monotonic() - self.at < TELL_EVERY and claim == CLAIM and not at_once:
            return
        self.at = time.monotonic()
        more = {} if report is None else {"report": report}
        scratch.check_room()
        with transaction.atomic(durable=True):
            if not _ours(self.row).update(done=done, total=total, due_at=timezone.now() + claim, **more):
                raise Lost
