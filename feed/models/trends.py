"""What is talked about. A vote is one person who did something with a post, or used a hashtag, on one day; heat is the
sum of the votes, each worth half of what it was worth a day before.

Heat is kept as the logarithm of the sum of e^warmth, where the warmth of a vote grows with its moment. So nothing ever
has to be cooled down: the order over the index is right for all times, and now counts by `warmth(now)` alone.
"""

import math
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import models

from feed.models.posts import Post
from feed.models.sources import Source

HALF_LIFE = timedelta(days=1)
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
KEPT = timedelta(days=14)  # a vote is worth a sixteen-thousandth then


def warmth(at: datetime) -> float:
    return math.log(2) * ((at - EPOCH) / HALF_LIFE)


def lately(heat: float | None, now: datetime) -> float:
    """How many people that is: those of today count whole, of yesterday half."""
    return 0.0 if heat is None else math.exp(min(heat - warmth(now), 700))


class Trend(models.Model):
    """Only posts and uses are counted that all members may see."""

    heat = models.FloatField()

    class Meta:
        abstract = True

    @property
    def mark(self) -> str:
        """Heat as cursors keep it, to the last bit."""
        return repr(self.heat)


class PostTrend(Trend):
    post = models.OneToOneField(Post, on_delete=models.CASCADE, primary_key=True, related_name="trend")

    class Meta:
        indexes = [models.Index(fields=["-heat", "-post"], name="warmest_posts")]

    def __str__(self) -> str:
        return f"heat of post {self.post_id}"


class TagTrend(Trend):
    source = models.OneToOneField(Source, on_delete=models.CASCADE, primary_key=True, related_name="trend")

    class Meta:
        indexes = [models.Index(fields=["-heat", "-source"], name="warmest_tags")]

    def __str__(self) -> str:
        return f"heat of source {self.source_id}"


class Vote(models.Model):
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    warmth = models.FloatField()

    class Meta:
        abstract = True


class PostVote(Vote):
    """This member reacted to the post, said or shared something about it, on this day."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "member", "day"], name="post_vote_once")]
        indexes = [models.Index(fields=["day"], name="post_votes_by_day")]

    def __str__(self) -> str:
        return f"{self.member_id} for post {self.post_id}"


class TagVote(Vote):
    """This member wrote a post with the hashtag on this day."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "member", "day"], name="tag_vote_once")]
        indexes = [models.Index(fields=["day"], name="tag_votes_by_day")]

    def __str__(self) -> str:
        return f"{self.member_id} for source {self.source_id}"
