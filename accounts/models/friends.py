"""Who asks whom to be friends. Friendship itself stands with the other ties, in models.relations."""

from django.db import models
from django.utils import timezone

from accounts.models.people import User


class FriendState(models.TextChoices):
    """How the viewer stands to a member."""

    NONE = "none"
    ASKED = "asked"
    ASKS_YOU = "asks_you"
    FRIENDS = "friends"


class FriendRequest(models.Model):
    """`asker` would like to be friends with `asked`. It waits until it is answered; one that was declined stays for a
    day, so that it is not asked again at once."""

    asker = models.ForeignKey(User, on_delete=models.CASCADE, related_name="friend_requests_made")
    asked = models.ForeignKey(User, on_delete=models.CASCADE, related_name="friend_requests_got")
    created_at = models.DateTimeField(default=timezone.now)
    declined_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["asker", "asked"], name="friend_request_once"),
            models.CheckConstraint(condition=~models.Q(asker=models.F("asked")), name="friend_request_not_self"),
        ]
        indexes = [
            models.Index(fields=["asked", "-id"], name="friend_waiting", condition=models.Q(declined_at__isnull=True)),
            models.Index(fields=["asker", "-id"], name="friend_sent", condition=models.Q(declined_at__isnull=True)),
            models.Index(fields=["declined_at"], name="friend_declined", condition=models.Q(declined_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.asker_id} asks {self.asked_id} to be friends"


class DismissedSuggestion(models.Model):
    """`viewer` does not want `person` to be suggested any more."""

    viewer = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["viewer", "person"], name="dismissed_once")]

    def __str__(self) -> str:
        return f"{self.viewer_id} does not want {self.person_id} suggested"
