"""Posts, their pictures, comments and reactions.

Counts stand in the row they are about. `reactions` ({"like": 3}) is changed only under the lock of its row, so it is
exact on every database and a list reads no further table; `manage.py` can recompute it from Reaction.
"""

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models.relations import Audience
from core import text as core_text

TEXT_LIMIT = 5000  # characters of a post
COMMENT_LIMIT = 2000
PICTURES_LIMIT = 10
ALT_LIMIT = 500
FULL_WIDTH = 2048  # pixels of a picture that is looked at alone
LONG_TEXT, LONG_LINES = 1500, 20  # a longer post, or one of more lines, is folded in lists
BIG_TEXT = 90  # a shorter post without pictures is set larger


COUNTED = (Audience.PUBLIC, Audience.MEMBERS)  # what a profile counts: whom all members may see
AUDIENCE_ICONS = {
    "public": "globe",
    "members": "groups",
    "followers": "user",
    "friends": "heart",
    "close_friends": "star",
    "only_me": "lock",
}


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


class Post(models.Model):
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="posts")
    text = models.TextField(blank=True, validators=[MaxLengthValidator(TEXT_LIMIT)])
    html = models.TextField(blank=True, help_text=_("Made from the text by core.text.render, once."))
    audience = models.CharField(max_length=20, choices=Audience.choices, default=Audience.MEMBERS)
    client_id = models.CharField(max_length=64, null=True, blank=True, help_text=_("So that a repeat stands once."))
    is_brought = models.BooleanField(
        default=False, db_default=False, help_text=_("Imported: on the profile, and on nobody's home.")
    )
    comments_count = models.PositiveIntegerField(default=0)
    reactions_count = models.PositiveIntegerField(default=0)
    reactions = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["author", "client_id"], name="post_client_once")]
        indexes = [
            models.Index(fields=["author", "-id"], name="post_of_author"),
            models.Index(fields=["audience", "-id"], name="post_of_audience"),
        ]

    def __str__(self) -> str:
        return f"post {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("feed:post", args=[self.pk])

    @property
    def menu_id(self) -> str:
        return f"post-{self.pk}-menu"

    @property
    def is_big(self) -> bool:
        """Short words alone are set larger; asks for the pictures that `queries` fetched."""
        return len(self.text) < BIG_TEXT and "\n" not in self.text and not self.pictures.all()

    @property
    def is_long(self) -> bool:
        """Takes more of a feed than one post should; a list shows the beginning."""
        return len(self.text) > LONG_TEXT or self.text.count("\n") > LONG_LINES

    @property
    def reach(self) -> Audience:
        """The audience as it is: what a private account shares reaches its followers. Asks for the author."""
        narrowed = self.author.is_private and self.audience in COUNTED
        return Audience.FOLLOWERS if narrowed else Audience(self.audience)

    @property
    def is_public(self) -> bool:
        return self.reach == Audience.PUBLIC

    @property
    def reach_icon(self) -> str:
        return AUDIENCE_ICONS[self.reach]

    @property
    def body(self) -> SafeString:
        return core_text.trusted(self.html)

    @property
    def top_kinds(self) -> list[str]:
        return top_kinds(self.reactions)


class PostPicture(models.Model):
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="pictures")
    upload = models.OneToOneField("uploads.Upload", on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)
    alt = models.CharField(max_length=ALT_LIMIT, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["post", "position"], name="picture_place_once")]

    def __str__(self) -> str:
        return f"picture {self.position} of post {self.post_id}"

    @property
    def full_url(self) -> str:
        return self.upload.url(FULL_WIDTH)


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


class Reaction(models.Model):
    """One person's reaction to one post or one comment; a person has one at most on each."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reactions")
    post = models.ForeignKey(Post, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    comment = models.ForeignKey(Comment, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
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
