"""Posts that somebody does not want to meet."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from feed.models.posts import Post


class HiddenPost(models.Model):
    """This post is not put before this member any more; only they know."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "post"], name="hidden_post_once")]
        indexes = [models.Index(fields=["member", "-id"], name="hidden_posts_of")]

    def __str__(self) -> str:
        return f"post {self.post_id} hidden by {self.member_id}"
