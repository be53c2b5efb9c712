"""Posts that a member keeps, and the collections they keep them in."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from feed.models.posts import Post

COLLECTIONS_LIMIT = 100  # of one member
NAME_LENGTH = 60


class Collection(models.Model):
    """Only its owner knows of it."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=NAME_LENGTH)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint("owner", Lower("name"), name="collection_name_once")]
        indexes = [models.Index(fields=["owner", "-id"], name="collections_of")]

    def __str__(self) -> str:
        return f"collection {self.pk} of {self.owner_id}"

    def get_absolute_url(self) -> str:
        return reverse("feed:collection", args=[self.pk])


class SavedPost(models.Model):
    """A post is kept once, in one collection of its keeper's or in none; its id is the order of saving."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    collection = models.ForeignKey(Collection, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "post"], name="saved_post_once")]
        indexes = [
            models.Index(fields=["owner", "-id"], name="saved_posts_of"),
            models.Index(fields=["collection", "-id"], name="saved_posts_in"),
        ]

    def __str__(self) -> str:
        return f"post {self.post_id} saved by {self.owner_id}"
