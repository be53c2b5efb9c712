"""Files that members bring, and what of them lies in storage."""

import re
import uuid
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from uploads import languages, links, magic, reasons, storage

POSTER_WIDTH = 1280
EXTENSION = re.compile(r"\.([A-Za-z0-9]{1,8})$")


class Upload(models.Model):
    """One file of one member, or of nobody. `key` is its public name everywhere; the number is for rows only."""

    class State(models.TextChoices):
        RECEIVED = "received", _("Received")
        PROCESSING = "processing", _("Being prepared")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")

    class Medium(models.TextChoices):
        PICTURE = "picture", _("Picture")
        VIDEO = "video", _("Video")
        AUDIO = "audio", _("Sound")
        FILE = "file", _("File")

    ALT_LENGTH = 500

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="uploads",
        db_index=False,
        null=True,
        help_text="Empty: no member brought it, a worker found it.",
    )
    purpose = models.CharField(max_length=32, help_text="The kind in uploads.registry: post, avatar.")
    public = models.BooleanField(default=False, help_text="Links without an end, cached for a year.")
    state = models.CharField(max_length=12, choices=State.choices, default=State.RECEIVED)
    reason = models.CharField(max_length=32, blank=True, help_text="A code of uploads.reasons.")
    name = models.CharField(
        max_length=255, blank=True, help_text="As its owner called it; others see it of files only."
    )
    type = models.CharField(max_length=40, help_text="By content, never by name.")
    bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField(default=0, help_text="Upright; 0 while unknown.")
    height = models.PositiveIntegerField(default=0)
    color = models.CharField(max_length=7, blank=True, help_text="#rrggbb, shown until the picture is there.")
    animated = models.BooleanField(default=False)
    alt = models.CharField(max_length=ALT_LENGTH, blank=True)
    variants = models.JSONField(default=dict, blank=True, help_text='{"320": {"w": 320, "h": 240, "bytes": 9000}}')
    medium = models.CharField(max_length=8, choices=Medium.choices, default=Medium.PICTURE, db_default=Medium.PICTURE)
    renditions = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        help_text='Of a video or sound, those made so far: {"480p": {"w": 854, "h": 480, "bytes": 9000000}}.',
    )
    duration = models.PositiveIntegerField(default=0, db_default=0, help_text="Milliseconds; 0 for pictures.")
    codec = models.CharField(max_length=60, default="", db_default="", blank=True, help_text="As it came: h264, aac.")
    progress = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="Percent prepared, now and then.")
    captions = models.JSONField(
        default=list,
        db_default=[],
        blank=True,
        help_text='What Caption holds, without words: [{"id": 1, "language": "en"}].',
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(
        null=True, default=timezone.now, help_text="Next attempt; also the end of a worker's claim. Empty when done."
    )
    original = models.BooleanField(default=True, help_text="The file as it came, place data and all, still lies there.")
    taken = models.CharField(
        max_length=20, default="", db_default="", blank=True, help_text="Which copy of it counts: Slot.taking that won."
    )
    held = models.BooleanField(default=False, db_default=False, help_text="What is shown lies in Held, on its way.")
    piece = models.JSONField(
        null=True, blank=True, help_text='Cut out of another: {"of": "<key>", "variant": "2048", "crop": [0, 0, 1, 1]}.'
    )
    created_at = models.DateTimeField(default=timezone.now)
    attached_at = models.DateTimeField(null=True, blank=True, help_text="Empty: unused, gone after a day.")
    discarded_at = models.DateTimeField(null=True, blank=True, help_text="What showed it is deleted; gone in seconds.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(due_at__isnull=True, state__in=("ready", "failed"))
                | Q(due_at__isnull=False, state__in=("received", "processing")),
                name="upload_due_while_open",
            ),
            models.CheckConstraint(
                condition=~Q(state="ready") | Q(width__gt=0, height__gt=0) | Q(medium__in=("audio", "file")),
                name="upload_ready_has_size",
            ),
            models.CheckConstraint(
                condition=Q(attached_at__isnull=True) | Q(state="ready"), name="upload_attached_is_ready"
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-id"], name="upload_of_owner"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="upload_due"),
            models.Index(fields=["created_at"], condition=Q(attached_at__isnull=True), name="upload_unused"),
            models.Index(fields=["discarded_at"], condition=Q(discarded_at__isnull=False), name="upload_discarded"),
            models.Index(fields=["id"], condition=Q(state="ready", original=True), name="upload_original_left"),
        ]

    # What shows it is open to everybody: caches between us and a reader may keep it. Set by whoever shows it.
    is_shared = False
    # What shows it ends then, and no link is good after that. Set by whoever shows it.
    ends_at: datetime | None = None

    def __str__(self) -> str:
        return f"{self.purpose} {self.key}"

    @property
    def original_name(self) -> str:
        """Where the file as it came lies in the storage."""
        return storage.original(self.key, self.taken)

    @property
    def is_ready(self) -> bool:
        return self.state == self.State.READY

    @property
    def trouble(self) -> Promise | str:
        """Why it failed, as a sentence; empty otherwise."""
        return reasons.sentence(self.reason) if self.state == self.State.FAILED else ""

    def url(self, width: int = 640) -> str:
        """Link to the smallest variant at least this wide (the largest, if none is). Empty while not ready."""
        wide = [name for name, one in self._by_width() if one["w"] >= width]
        name = wide[0] if wide else self.largest
        return self._link(name) if name else ""

    @property
    def can_retry(self) -> bool:
        """It failed for a reason that may have passed, and its file is still there."""
        return self.state == self.State.FAILED and self.original and self.reason in reasons.AGAIN

    @property
    def is_film(self) -> bool:
        """A video or a sound."""
        return self.medium in (self.Medium.VIDEO, self.Medium.AUDIO)

    @property
    def is_file(self) -> bool:
        """Nothing that is shown: it is kept as it came, and others take it along."""
        return self.medium == self.Medium.FILE

    @property
    def peaks(self) -> list[int]:
        """How loud a sound is from its beginning to its end, of 100."""
        made: list[int] = self.renditions.get(storage.SOUND, {}).get("peaks", [])
        return made

    @property
    def sources(self) -> list[dict[str, Any]]:
        """What a player chooses from, the best one first."""
        shown = self.is_ready and self.is_film
        made = sorted(self.renditions.items(), key=lambda item: -item[1]["h"]) if shown else []
        return [
            {
                "url": self._link(name),
                "type": storage.CONTENT_TYPES[storage.ending(name)],
                "width": one["w"],
                "height": one["h"],
                "bytes": one["bytes"],
            }
            for name, one in made
        ]

    @property
    def tracks(self) -> list[dict[str, str]]:
        """Its captions, in the order of their languages. Always our own links: a track comes from the page's origin."""
        return [
            {
                "url": links.captions_url(self.key, one["id"], public=self.public, until=self.ends_at),
                "language": one["language"],
                "label": languages.name(one["language"]),
            }
            for one in self.captions
        ]

    @property
    def poster_url(self) -> str:
        return self.url(POSTER_WIDTH)

    @property
    def exact_seconds(self) -> float:
        return self.duration / 1000

    @property
    def clock(self) -> str:
        """How long it takes, as players say it: 1:05."""
        minutes, seconds = divmod(round(self.duration / 1000), 60)
        return f"{minutes}:{seconds:02}"

    @property
    def largest(self) -> str:
        """The name of the largest variant; empty while not ready."""
        return next((name for name, _one in reversed(self._by_width())), "")

    @property
    def best(self) -> str:
        """The name of the variant that its owner takes along."""
        films = sorted(self.renditions, key=lambda name: self.renditions[name]["h"])
        return films[-1] if films else self.largest

    @property
    def file_name(self) -> str:
        own = EXTENSION.search(self.name) if self.is_file else None
        return f"{self.key}.{own[1].lower() if own else storage.ending(self.best)}"

    @property
    def src(self) -> str:
        return self.url()

    @property
    def srcset(self) -> str:
        return ", ".join(f"{self._link(name)} {one['w']}w" for name, one in self._by_width())

    @property
    def address(self) -> str:
        """The same as `src`, for who comes from elsewhere: with our name before it, where it lies with us."""
        return urljoin(settings.SITE_URL, self.src)

    def _link(self, name: str) -> str:
        until = self.ends_at
        return links.url(self.key, name, public=self.public, shared=self.is_shared, until=until, ours=self.held)

    def _by_width(self) -> list[tuple[str, dict[str, int]]]:
        return sorted(self.variants.items(), key=lambda item: item[1]["w"]) if self.is_ready else []


class Caption(models.Model):
    """What is said in a video or sound, in one language. Never changed: a new one takes its place, under a link of its
    own. Which there are stands in the upload's row, too, so that a card asks for nothing."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="+", db_index=False)
    language = models.CharField(max_length=16, help_text="As in <track srclang>: en, pt-BR.")
    text = models.TextField(help_text="WebVTT, checked and written anew by uploads.captions.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["upload", "language"], name="caption_once_a_language")]

    def __str__(self) -> str:
        return f"captions {self.language} of upload {self.upload_id}"


class Slot(models.Model):
    """A place for a file that is on its way, straight to the storage. Becomes the upload of the same key; what does not
    goes after a day."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    purpose = models.CharField(max_length=32)
    name = models.CharField(max_length=255, blank=True)
    alt = models.CharField(max_length=Upload.ALT_LENGTH, blank=True)
    type = models.CharField(max_length=100, blank=True, help_text="As the client says.")
    bytes = models.PositiveBigIntegerField(help_text="As the client says; what comes is held to it.")
    part_bytes = models.PositiveBigIntegerField(help_text="Of every part but the last.")
    multipart = models.CharField(max_length=1024, blank=True, help_text="The storage's own name for it.")
    reason = models.CharField(max_length=32, blank=True, help_text="Why what came was not taken over.")
    due_at = models.DateTimeField(
        null=True, help_text="Its owner says that everything is sent: next attempt at taking it over. Empty otherwise."
    )
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    claimed_until = models.DateTimeField(default=timezone.now, help_text="Somebody is taking it over until then.")
    asked_at = models.DateTimeField(null=True, help_text="Its owner waits for a worker to ask the bucket.")
    seen = models.JSONField(null=True, help_text='What it said: {"parts": {"1": 5242880}} or {"reason": "away"}.')
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(bytes__gt=0, part_bytes__gt=0), name="slot_has_size"),
        ]
        indexes = [
            models.Index(fields=["owner", "-id"], name="slot_of_owner"),
            models.Index(fields=["created_at"], name="slot_age"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="slot_due"),
            models.Index(fields=["asked_at"], condition=Q(asked_at__isnull=False), name="slot_asked"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.key}"

    @property
    def taking(self) -> str:
        """The name of the copy that who has claimed it makes. No two claims have the same, so that who was stalled for
        longer than its claim writes where nobody looks."""
        return str(round(self.claimed_until.timestamp() * 1_000_000))

    @property
    def is_refused(self) -> bool:
        """For good: what came is gone."""
        return self.due_at is None and self.reason not in ("", reasons.INCOMPLETE, *reasons.AGAIN)

    @property
    def can_retry(self) -> bool:
        """What was sent may still be there, and the storage was in trouble."""
        return self.due_at is None and self.reason in reasons.AGAIN

    @property
    def is_finished(self) -> bool:
        """Everything is sent, its owner has said; perhaps it was not, or not the right thing."""
        return self.due_at is not None or self.reason != ""

    @property
    def upload(self) -> Upload:
        """As its owner sees it once it is finished, until there is such a row; never saved."""
        said = magic.medium_of(self.type)
        return Upload(
            key=self.key,
            owner_id=self.owner_id,
            purpose=self.purpose,
            name=self.name,
            alt=self.alt,
            type=self.type[:40],
            medium=said if said in Upload.Medium.values else Upload.Medium.PICTURE,
            bytes=self.bytes,
            state=Upload.State.FAILED if self.due_at is None else Upload.State.RECEIVED,
            reason=self.reason,
            due_at=self.due_at,
        )

    @property
    def parts(self) -> int:
        return -(-self.bytes // self.part_bytes)

    def size_of(self, number: int) -> int:
        """Of the part with this number, counted from 1; 0 when there is none."""
        if not 1 <= number <= self.parts:
            return 0
        return min(self.part_bytes, self.bytes - (number - 1) * self.part_bytes)


class Stored(models.Model):
    """What lies in storage under one key. Written before the first byte and gone after the last one, so that no file is
    ever forgotten, however its upload went: by an action, with its owner, or because the process died on the way."""

    key = models.UUIDField(unique=True)
    due_at = models.DateTimeField(null=True, help_text="When its files go; empty while an upload uses them.")
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "stored"
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="stored_due")]

    def __str__(self) -> str:
        return str(self.key)


class Held(models.Model):
    """A piece of a file that came with a request, until a worker has put it into the bucket: no request waits for that.
    The first piece is written last: where it is, the file is whole."""

    name = models.CharField(max_length=120, help_text="In the storage.")
    number = models.PositiveIntegerField(help_text="Counted from 0.")
    key = models.UUIDField(db_index=True, help_text="Of the upload or the archive.")
    body = models.BinaryField()
    due_at = models.DateTimeField(null=True, help_text="Of the first piece: when the file goes to the bucket.")
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = "held"
        constraints = [models.UniqueConstraint(fields=["name", "number"], name="held_once")]
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="held_due")]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


class Missing(models.Model):
    """An upload that is shown and of which the sweep found nothing in storage. Gone once it is there again."""

    upload = models.OneToOneField(Upload, on_delete=models.CASCADE, related_name="+")
    noticed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"nothing of {self.upload_id}"


class LinkPreview(models.Model):
    """What the first link of some words leads to, as a worker found it: one row for all who write the same link."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed, to be tried again")
        NONE = "none", _("Nothing to show")

    url = models.TextField(help_text="In the one spelling of core.fetch.")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the address.")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    title = models.CharField(max_length=200, blank=True)
    description = models.CharField(max_length=400, blank=True)
    site_name = models.CharField(max_length=80, blank=True)
    upload = models.OneToOneField(
        Upload, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="Nobody's."
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(
        null=True, default=timezone.now, help_text="Next attempt; also the end of a worker's claim. Empty when done."
    )
    fetched_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Who writes it later has it fetched again.")
    wanted_at = models.DateTimeField(default=timezone.now, help_text="When something with this link was written last.")

    class Meta:
        db_table = "feed_linkpreview"  # where it was made
        constraints = [
            models.CheckConstraint(
                condition=Q(due_at__isnull=False) | Q(state__in=("ready", "none")), name="preview_due_while_open"
            ),
            models.CheckConstraint(condition=~Q(state="ready", title=""), name="preview_ready_has_title"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="preview_due"),
            models.Index(fields=["wanted_at"], name="preview_wanted"),
        ]

    def __str__(self) -> str:
        return f"preview {self.pk}"

    @property
    def is_ready(self) -> bool:
        return self.state == self.State.READY

    @property
    def host(self) -> str:
        """In ASCII, so that no letter looks like another."""
        return (urlsplit(self.url).hostname or "").removeprefix("www.")
