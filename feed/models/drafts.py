"""Posts that are none yet: the one in the composer, kept ones, and those that wait for their time.

They are rows of their own, so that no query of posts ever meets them; a post is made of one by `create_post` when its
time comes, and stands in feeds where its id then puts it.
"""

import uuid
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.relations import Audience
from feed.models.posts import ALT_LIMIT, AUDIENCE_ICONS, TEXT_LIMIT

DRAFTS_LIMIT = 100  # of one member, scheduled ones included
TROUBLE_LIMIT = 300


def new_client_id() -> str:
    return str(uuid.uuid4())


class Draft(models.Model):
    """Only its author knows of it. Its `client_id` becomes the post's: that is how the post is made of it once."""

    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    client_id = models.CharField(max_length=64, default=new_client_id)
    text = models.TextField(blank=True, validators=[MaxLengthValidator(TEXT_LIMIT)])
    audience = models.CharField(max_length=20, choices=Audience.choices, default=Audience.MEMBERS)
    show_preview = models.BooleanField(default=True)
    parts = models.JSONField(
        default=dict, blank=True, encoder=DjangoJSONEncoder, help_text=_("What else create_post takes, by its names.")
    )
    is_kept = models.BooleanField(default=True, help_text=_("No: it is what stands in the composer."))
    publish_at = models.DateTimeField(null=True, blank=True, help_text=_("Becomes a post then, by itself."))
    trouble = models.CharField(max_length=TROUBLE_LIMIT, blank=True, help_text=_("Why it did not become a post."))
    revision = models.PositiveIntegerField(default=1, help_text=_("How often it was saved."))
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["author", "client_id"], name="draft_client_once"),
            models.UniqueConstraint(fields=["author"], condition=Q(is_kept=False), name="draft_in_composer_once"),
            models.CheckConstraint(
                condition=Q(publish_at__isnull=True) | Q(is_kept=True), name="draft_scheduled_is_kept"
            ),
        ]
        indexes = [
            models.Index(fields=["author", "-updated_at", "-id"], name="drafts_of"),
            models.Index(
                fields=["author", "publish_at", "id"], condition=Q(publish_at__isnull=False), name="scheduled_of"
            ),
            models.Index(
                fields=["publish_at"], condition=Q(publish_at__isnull=False, trouble=""), name="scheduled_due"
            ),
        ]

    def __str__(self) -> str:
        return f"draft {self.pk} of {self.author_id}"

    def get_absolute_url(self) -> str:
        return reverse("feed:draft", args=[self.pk])

    @property
    def reach_icon(self) -> str:
        return AUDIENCE_ICONS[self.audience]

    @property
    def content(self) -> dict[str, Any]:
        """What `create_post` takes; asks for the pictures with their uploads. A picture that is gone is None."""
        rows = list(self.pictures.all())
        return {
            "text": self.text,
            "audience": self.audience,
            "show_preview": self.show_preview,
            "pictures": [row.upload and str(row.upload.key) for row in rows],
            "alts": [row.alt for row in rows],
            **self.parts,
        }


class DraftPicture(models.Model):
    """Holds an upload, so that it is not swept as unused. Without one: it is gone, and the author is told."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="pictures", db_index=False)
    upload = models.OneToOneField("uploads.Upload", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)
    alt = models.CharField(max_length=ALT_LIMIT, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["draft", "position"], name="draft_picture_place_once")]

    def __str__(self) -> str:
        return f"picture {self.position} of draft {self.draft_id}"
