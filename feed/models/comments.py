"""Comments under posts."""

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from core import text as core_text
from feed.models.posts import Post
from feed.models.reactions import top_kinds

COMMENT_LIMIT = 2000


class Comment(models.Model):
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="comments")
    text = models.TextField(validators=[MaxLengthValidator(COMMENT_LIMIT)])
    html = models.TextField()
    client_id = models.CharField(max_length=64, null=True, blank=True)
    reactions_count = models.PositiveIntegerField(default=0)
    reactions = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["author", "client_id"], name="comment_client_once")]
        indexes = [models.Index(fields=["post", "-id"], name="comment_of_post")]

    def __str__(self) -> str:
        return f"comment {self.pk}"

    def get_absolute_url(self) -> str:
        return f"{reverse('feed:post', args=[self.post_id])}#comment-{self.pk}"

    @property
    def body(self) -> SafeString:
        return core_text.trusted(self.html)

    @property
    def top_kinds(self) -> list[str]:
        return top_kinds(self.reactions)
