"""Indexes of posts, comments and reactions: built while others go on writing, each old one dropped only
once the one that takes its place is there. A run that was cut off can be repeated."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from core import indexes


def of_reactions(column: str) -> list[indexes.AddIndex | indexes.UnindexField]:
    there = Q(**{f"{column}__isnull": False})
    field = models.ForeignKey(
        blank=True,
        db_index=False,
        null=True,
        on_delete=django.db.models.deletion.CASCADE,
        related_name="+",
        to=f"feed.{column}",
    )
    newest = models.Index(fields=[column, "-id"], condition=there, name=f"reaction_of_{column}")
    kinds = models.Index(fields=[column, "kind", "-id"], condition=there, name=f"reaction_of_{column}_kind")
    return [
        indexes.AddIndex("reaction", newest),
        indexes.AddIndex("reaction", kinds),
        indexes.UnindexField("reaction", column, field),
    ]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("feed", "0009_previews")]

    operations = [
        indexes.AddIndex(
            "comment",
            models.Index(fields=["post", "-id"], condition=Q(parent__isnull=True), name="comment_of_post_first"),
        ),
        indexes.RemoveIndex("comment", "comment_of_post"),
        indexes.AddIndex(
            "comment",
            models.Index(fields=["parent", "-id"], condition=Q(parent__isnull=False), name="comment_reply"),
        ),
        indexes.AddUnique(
            "comment",
            models.UniqueConstraint(
                fields=["picture"], condition=Q(picture__isnull=False), name="comment_picture_once"
            ),
        ),
        *of_reactions("post"),
        *of_reactions("comment"),
        indexes.AddIndex(
            "post",
            models.Index(fields=["preview", "-id"], condition=Q(preview__isnull=False), name="post_of_preview"),
        ),
        indexes.UnindexField(
            "post",
            "author",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="posts",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
