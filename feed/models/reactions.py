"""Reactions to posts and comments."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from core.reactions import KIND_LENGTH


def top_kinds(reactions: dict[str, int]) -> list[str]:
    """At most three kinds, the most frequent first."""
    return sorted(reactions, key=lambda kind: (-reactions[kind], kind))[:3]


class Reaction(models.Model):
    """One person's reaction to one post or one comment; a person has one at most on each."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reactions")
    post = models.ForeignKey(
        "feed.Post", null=True, blank=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    comment = models.ForeignKey(
        "feed.Comment", null=True, blank=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=KIND_LENGTH)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "post"], name="reaction_post_once"),
            models.UniqueConstraint(fields=["user", "comment"], name="reaction_comment_once"),
            models.CheckConstraint(
                condition=models.Q(post__isnull=False, comment__isnull=True)
                | models.Q(post__isnull=True, comment__isnull=False),
                name="reaction_one_target",
            ),
        ]
        indexes = [
            models.Index(fields=["post", "-id"], condition=models.Q(post__isnull=False), name="reaction_of_post"),
            models.Index(fields=["user", "-id"], condition=models.Q(post__isnull=False), name="reactions_to_posts_of"),
            models.Index(
                fields=["post", "kind", "-id"], condition=models.Q(post__isnull=False), name="reaction_of_post_kind"
            ),
            models.Index(
                fields=["comment", "-id"], condition=models.Q(comment__isnull=False), name="reaction_of_comment"
            ),
            models.Index(
                fields=["comment", "kind", "-id"],
                condition=models.Q(comment__isnull=False),
                name="reaction_of_comment_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.user_id}"
