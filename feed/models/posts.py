"""Posts and their pictures.

Counts stand in the row they are about. `reactions` ({"like": 3}) is changed only under the lock of its row, so it is
exact on every database and a list reads no further table; `manage.py recount` can make it anew from Reaction.
"""

import hashlib

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.models.relations import Audience
from core import text as core_text
from core.addresses import address
from feed.models.reactions import top_kinds
from uploads.models import LinkPreview, Upload

TEXT_LIMIT = 5000  # characters of a post
WARNING_LIMIT = 200
PICTURES_LIMIT = 10
WORDS = ("text", "warning", "poll__choices")  # what of a post a muted word may stand in: `said`
PINS = 3  # posts that stand first on their author's profile
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


BARE = Q(is_share=True, text="")  # a share without words is nothing by itself


class Post(models.Model):
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="posts", db_index=False)
    text = models.TextField(blank=True, validators=[MaxLengthValidator(TEXT_LIMIT)])
    html = models.TextField(blank=True, help_text=_("Made from the text by core.text.render, once."))
    warning = models.CharField(
        max_length=WARNING_LIMIT,
        blank=True,
        default="",
        db_default="",
        help_text=_("What to know before it is unfolded."),
    )
    audience = models.CharField(max_length=20, choices=Audience.choices, default=Audience.MEMBERS)
    place = models.ForeignKey(
        "feed.Source",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text=_("Where it was posted, unless on its author's own page."),
    )
    client_id = models.CharField(max_length=64, null=True, blank=True, help_text=_("So that a repeat stands once."))
    is_brought = models.BooleanField(
        default=False, db_default=False, help_text=_("Imported: on the profile, and on nobody's home.")
    )
    preview = models.ForeignKey(
        LinkPreview, on_delete=models.SET_NULL, null=True, blank=True, related_name="posts", db_index=False
    )
    show_preview = models.BooleanField(default=True, db_default=True, help_text=_("The author may take it away."))
    comments_off = models.BooleanField(default=False, db_default=False, help_text=_("Nobody writes under it."))
    is_share = models.BooleanField(default=False, db_default=False, help_text=_("Says something of another post."))
    shared = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="shares",
        db_index=False,
        help_text=_("That post; empty when it is gone for good. Never a share itself."),
    )
    shares_count = models.PositiveIntegerField(default=0, db_default=0)
    comments_count = models.PositiveIntegerField(default=0)
    reactions_count = models.PositiveIntegerField(default=0)
    reactions = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    pinned_at = models.DateTimeField(null=True, blank=True, help_text=_("Since when it stands first on the profile."))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["author", "client_id"], name="post_client_once"),
            models.UniqueConstraint(
                fields=["author", "shared"], condition=Q(BARE, deleted_at__isnull=True), name="post_shared_once"
            ),
        ]
        indexes = [
            models.Index(fields=["author", "-id"], name="post_of_author"),
            models.Index(fields=["audience", "-id"], name="post_of_audience"),
            models.Index(fields=["preview", "-id"], condition=Q(preview__isnull=False), name="post_of_preview"),
            models.Index(fields=["place", "-id"], condition=Q(place__isnull=False), name="post_of_place"),
            models.Index(fields=["author", "-pinned_at"], condition=Q(pinned_at__isnull=False), name="post_pinned"),
            models.Index(fields=["shared", "-id"], condition=Q(shared__isnull=False), name="post_of_shared"),
            models.Index(fields=["deleted_at"], condition=Q(deleted_at__isnull=False), name="post_deleted"),
        ]

    def __str__(self) -> str:
        return f"post {self.pk}"

    def get_absolute_url(self) -> str:
        return address("feed:post", self.pk)

    @property
    def menu_id(self) -> str:
        return f"post-{self.pk}-menu"

    @property
    def pick_id(self) -> str:
        return f"post-{self.pk}-pick"

    @property
    def is_bare(self) -> bool:
        """A share without words: nothing by itself."""
        return self.is_share and not self.text

    @property
    def is_counted(self) -> bool:
        """What a profile counts as a post of its member."""
        return self.audience in COUNTED and not self.is_bare

    @property
    def original(self) -> "Post | None":
        """What it shares, if the viewer may see that; asks for what `queries` annotated."""
        return self.shared if getattr(self, "shows_shared", False) else None

    @property
    def subject(self) -> "Post | None":
        """What is shared when somebody shares this: the first original, if the viewer may see that."""
        return self.original if self.is_share else self

    @property
    def is_shareable(self) -> bool:
        """Whom it reaches is all members at least; asks for the author."""
        return self.reach in COUNTED

    @cached_property
    def attached(self) -> list["PostPicture"]:
        """What hangs on it; pages fetch it of all their posts at once."""
        return list(self.pictures.all())

    @property
    def photos(self) -> list["PostPicture"]:
        return [row for row in self.attached if not row.upload.is_film]

    @property
    def shown_pictures(self) -> list["PostPicture"]:
        """Pictures, and the poster of a video."""
        return [row for row in self.attached if row.upload.variants]

    @property
    def film(self) -> "PostPicture | None":
        """Its one video or sound."""
        return next((row for row in self.attached if row.upload.is_film), None)

    @property
    def is_big(self) -> bool:
        """Short words alone are set larger; asks for the pictures that `queries` fetched."""
        return len(self.text) < BIG_TEXT and "\n" not in self.text and not self.attached

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
    def opening(self) -> str:
        """Its words where they are only hinted at: what is folded stays folded there."""
        return self.warning or self.text

    @property
    def said(self) -> str:
        """All its words; asks for the poll."""
        poll = getattr(self, "poll", None)
        return "\n".join(filter(None, [self.warning, self.text, *(poll.choices if poll else ())]))

    @property
    def body(self) -> SafeString:
        return core_text.trusted(self.html)

    @property
    def link_card(self) -> LinkPreview | None:
        """What is shown of its first link; asks for the preview that `queries` fetched along."""
        shown = self.show_preview and self.preview is not None and self.preview.is_ready
        return self.preview if shown else None

    @property
    def version(self) -> str:
        """Another one when its card is another one, beyond counts. Asks for author, preview and poll, as `queries`
        fetch."""
        card = self.link_card
        poll = getattr(self, "poll", None)
        parts = (
            *(self.edited_at, self.reach.value, card and (card.pk, card.fetched_at)),
            *(self.comments_off, self.pinned_at, poll is not None and poll.is_over()),
        )
        return hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()

    @property
    def top_kinds(self) -> list[str]:
        return top_kinds(self.reactions)


class PostPicture(models.Model):
    """What hangs on a post: pictures in their order, or one video or sound alone (uploads.Upload.medium)."""

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
        return self.shown.url(FULL_WIDTH)

    @property
    def shown(self) -> Upload:
        """The upload, which knows then whether everybody may see it."""
        self.upload.is_shared = self.post.is_public
        return self.upload
