"""Comments under posts, and the replies to them: two levels, the second in one row however deep the talk goes."""

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils import timezone
from django.utils.safestring import SafeString

from core import text as core_text
from core.addresses import address
from feed.models.posts import ALT_LIMIT, FULL_WIDTH, Post
from feed.models.reactions import top_kinds

COMMENT_LIMIT = 2000


class Comment(models.Model):
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="comments")
    # Nobody: whoever wrote it left the site, and what others replied stands.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="comments"
    )
    # Here and at the picture an index or constraint below begins with the column.
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="replies", db_index=False
    )
    text = models.TextField(blank=True, validators=[MaxLengthValidator(COMMENT_LIMIT)])
    html = models.TextField(blank=True)
    picture = models.ForeignKey(
        "uploads.Upload", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    alt = models.CharField(max_length=ALT_LIMIT, blank=True, db_default="")
    client_id = models.CharField(max_length=64, null=True, blank=True)
    replies_count = models.PositiveIntegerField(default=0, db_default=0)
    reactions_count = models.PositiveIntegerField(default=0)
    reactions = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["author", "client_id"], name="comment_client_once"),
            models.UniqueConstraint(
                fields=["picture"], condition=models.Q(picture__isnull=False), name="comment_picture_once"
            ),
        ]
        indexes = [
            models.Index(fields=["post", "-id"], condition=models.Q(parent__isnull=True), name="comment_of_post_first"),
            models.Index(fields=["author", "-id"], name="comment_of_author"),
            models.Index(fields=["parent", "-id"], condition=models.Q(parent__isnull=False), name="comment_reply"),
            models.Index(
                fields=["deleted_at"],
                condition=models.Q(deleted_at__isnull=False, picture__isnull=False),
                name="comment_picture_deleted",
            ),
        ]

    def __str__(self) -> str:
        return f"comment {self.pk}"

    def get_absolute_url(self) -> str:
        """Where it stands in its thread, however far down the page of its post."""
        return f"{address('feed:thread', self.pk)}#comment-{self.pk}"

    @property
    def said(self) -> str:
        """All its words."""
        return self.text

    @property
    def pick_id(self) -> str:
        return f"comment-{self.pk}-pick"

    @property
    def picture_url(self) -> str:
        return self.picture.url(FULL_WIDTH) if self.picture else ""

    @property
    def body(self) -> SafeString:
        return core_text.trusted(self.html)

    @property
    def top_kinds(self) -> list[str]:
        return top_kinds(self.reactions)
