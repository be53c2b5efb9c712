"""What posts said before they were edited."""

from django.db import models
from django.utils import timezone
from django.utils.safestring import SafeString

from core import text as core_text
from feed.models.posts import WARNING_LIMIT, Post

REVISIONS_LIMIT = 100  # of one post: the first, and the newest


class Revision(models.Model):
    """One former version of a post's words. Whoever may see the post may see what it said before."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="revisions", db_index=False)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    warning = models.CharField(max_length=WARNING_LIMIT, blank=True)
    written_at = models.DateTimeField(default=timezone.now, help_text="From when the post said this.")

    class Meta:
        indexes = [models.Index(fields=["post", "-id"], name="revision_of_post")]

    def __str__(self) -> str:
        return f"former version of post {self.post_id}"

    @property
    def body(self) -> SafeString:
        return core_text.trusted(self.html)
