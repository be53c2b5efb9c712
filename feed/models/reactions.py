"""Reactions to posts and comments."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import pgettext_lazy


class ReactionKind(models.TextChoices):
    LIKE = "like", pgettext_lazy("reaction", "Like")
    LOVE = "love", pgettext_lazy("reaction", "Love")
    LAUGH = "laugh", pgettext_lazy("reaction", "Laugh")
    WOW = "wow", pgettext_lazy("reaction", "Wow")
    SAD = "sad", pgettext_lazy("reaction", "Sad")
    ANGRY = "angry", pgettext_lazy("reaction", "Angry")


def top_kinds(reactions: dict[str, int]) -> list[str]:
    """At most three kinds, the most frequent first."""
    return sorted(reactions, key=lambda kind: (-reactions[kind], kind))[:3]


class Reaction(models.Model):
    """One person's reaction to one post or one comment; a person has one at most on each."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reactions")
    post = models.ForeignKey("feed.Post", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    comment = models.ForeignKey("feed.Comment", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=ReactionKind.choices)
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

    def __str__(self) -> str:
        return f"{self.kind} by {self.user_id}"
