"""Where posts come to people from: sources, who subscribes to them, which posts are filed under them, and each member's
home made of that. Decision 0015.

A home is what was copied (HomeEntry), what still waits to be copied (Filing.is_waiting) and what is never copied
because too many subscribe (SubscriptionState.MERGED). All three are candidates; what of them is shown is decided anew
by every read.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

TAG_LIMIT = 50  # characters of a hashtag


class SourceKind(models.TextChoices):
    PERSON = "person", _("Person")
    TAG = "tag", _("Hashtag")


class Source(models.Model):
    """One person or one hashtag; groups, pages and channels are further kinds."""

    kind = models.CharField(max_length=10, choices=SourceKind.choices)
    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="source"
    )
    name = models.CharField(max_length=TAG_LIMIT, null=True, blank=True, help_text=_("Of a hashtag, folded."))
    subscribers_count = models.PositiveIntegerField(default=0)
    is_merged = models.BooleanField(default=False, help_text=_("Too many subscribe: read at its place, never copied."))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "name"], name="source_name_once"),
            models.CheckConstraint(
                condition=Q(kind="person", person__isnull=False, name__isnull=True)
                | Q(kind="tag", person__isnull=True, name__isnull=False),
                name="source_names_one",
            ),
        ]
        indexes = [models.Index(fields=["name"], name="source_begins", opclasses=["varchar_pattern_ops"])]

    def __str__(self) -> str:
        return f"#{self.name}" if self.kind == SourceKind.TAG else f"posts of {self.person_id}"


class SubscriptionState(models.IntegerChoices):
    COPIED = 0  # posts of the source come as entries
    WAITING = 1  # they will, once the earlier ones are copied; until then the source is read
    MERGED = 2  # the source is read


class Subscription(models.Model):
    """A member's home shows this source. Everybody who has written subscribes to themselves."""

    # The constraints and indexes below begin with these columns.
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="subscriptions", db_index=False)
    kind = models.CharField(
        max_length=10,
        choices=SourceKind.choices,
        default=SourceKind.PERSON,
        db_default=SourceKind.PERSON,
        help_text=_("As of the source: so that a list of hashtags does not go through everybody one follows."),
    )
    state = models.PositiveSmallIntegerField(choices=SubscriptionState.choices, default=SubscriptionState.WAITING)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "source"], name="subscription_once")]
        indexes = [
            models.Index(fields=["source", "state", "member"], name="subscribers"),
            models.Index(fields=["member", "source"], name="subscription_read", condition=Q(state__gt=0)),
            models.Index(fields=["id"], name="subscription_waiting", condition=Q(state=1)),
            models.Index(fields=["member", "-id"], name="subscription_tags", condition=Q(kind="tag")),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} reads source {self.source_id}"


class Filing(models.Model):
    """A post stands under a source."""

    pk = models.CompositePrimaryKey("source_id", "post_id")
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="filings", db_index=False)
    post = models.ForeignKey("feed.Post", on_delete=models.CASCADE, related_name="filings")
    is_waiting = models.BooleanField(default=False, help_text=_("Not copied to its subscribers yet."))

    class Meta:
        indexes = [models.Index(fields=["-post"], name="filing_waiting", condition=Q(is_waiting=True))]

    def __str__(self) -> str:
        return f"post {self.post_id} under source {self.source_id}"


class HomeEntry(models.Model):
    """A copied candidate for a member's home."""

    # Without constraints: for them PostgreSQL would lock, and so write, the rows of two thousand members for a post.
    # An entry of what is gone is shown to nobody, and trimmed.
    pk = models.CompositePrimaryKey("member_id", "post_id")
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    post = models.ForeignKey("feed.Post", on_delete=models.CASCADE, related_name="+", db_constraint=False)

    def __str__(self) -> str:
        return f"post {self.post_id} at {self.member_id}'s"


class HomeTab(models.TextChoices):
    LATEST = "latest", pgettext_lazy("home", "Latest")
    FOR_YOU = "for_you", _("For you")


class Home(models.Model):
    """Down to where a member's entries reach: those of all COPIED subscriptions are there above the post `floor`."""

    member = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="home"
    )
    floor = models.PositiveBigIntegerField(default=0)
    tab = models.CharField(
        max_length=8,
        choices=HomeTab.choices,
        default=HomeTab.LATEST,
        db_default=HomeTab.LATEST,
        help_text=_("What the member looked at last."),
    )

    def __str__(self) -> str:
        return f"home of {self.member_id}"
