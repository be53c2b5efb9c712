"""Conversations that somebody mutes."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from feed.models.posts import Post


class MutedPost(models.Model):
    """The conversation under a post says nothing by itself to this member any more; only they know. `until` empty: for
    ever."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "post"], name="muted_post_once")]
        indexes = [
            models.Index(fields=["member", "-id"], name="muted_posts_of"),
            models.Index(fields=["until"], name="muted_post_ends", condition=models.Q(until__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"post {self.post_id} muted by {self.member_id}"
