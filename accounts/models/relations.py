"""Who follows, asks to follow, befriends or blocks whom; and the circles one shows things to."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User


class Follow(models.Model):
    follower = models.ForeignKey(User, on_delete=models.CASCADE, related_name="following")
    followed = models.ForeignKey(User, on_delete=models.CASCADE, related_name="followers")
    by_friendship = models.BooleanField(
        default=False, db_default=False, help_text="Came with a friendship, not chosen, and goes with it."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["follower", "followed"], name="follow_once"),
            models.CheckConstraint(condition=~models.Q(follower=models.F("followed")), name="follow_not_self"),
        ]
        indexes = [
            models.Index(fields=["followed", "-id"], name="follow_followers"),
            models.Index(fields=["follower", "-id"], name="follow_following"),
        ]

    def __str__(self) -> str:
        return f"{self.follower_id} follows {self.followed_id}"


class FollowState(models.TextChoices):
    """How the viewer stands to a member."""

    NONE = "none"
    ASKED = "asked"
    FOLLOWING = "following"


class FollowRequest(models.Model):
    """`asker` would like to follow `asked`, whose account is private. It waits until it is answered; one that was
    declined stays for a day, so that it is not asked again at once."""

    asker = models.ForeignKey(User, on_delete=models.CASCADE, related_name="requests_made")
    asked = models.ForeignKey(User, on_delete=models.CASCADE, related_name="requests_got")
    created_at = models.DateTimeField(default=timezone.now)
    declined_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["asker", "asked"], name="request_once"),
            models.CheckConstraint(condition=~models.Q(asker=models.F("asked")), name="request_not_self"),
        ]
        indexes = [
            models.Index(fields=["asked", "-id"], name="request_waiting", condition=models.Q(declined_at__isnull=True)),
            models.Index(fields=["asker", "-id"], name="request_sent", condition=models.Q(declined_at__isnull=True)),
            models.Index(
                fields=["declined_at"], name="request_declined", condition=models.Q(declined_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asker_id} asks {self.asked_id}"


class Audience(models.TextChoices):
    """Who may see something of a member. Each circle holds all that follow it: friends count as followers, too."""

    PUBLIC = "public", _("Everybody")
    MEMBERS = "members", _("Members")
    FOLLOWERS = "followers", _("Followers")
    FRIENDS = "friends", _("Friends")
    CLOSE_FRIENDS = "close_friends", _("Close friends")
    ONLY_ME = "only_me", _("Only me")


class Friendship(models.Model):
    """`person` and `friend` are friends; the row stands twice, once from each side."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="friendships")
    friend = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "friend"], name="friend_once"),
            models.CheckConstraint(condition=~models.Q(person=models.F("friend")), name="friend_not_self"),
        ]
        indexes = [models.Index(fields=["person", "-id"], name="friends_of")]

    def __str__(self) -> str:
        return f"{self.person_id} and {self.friend_id}"


class CloseFriend(models.Model):
    """`owner` counts `friend`, who is one of their friends, among the close ones. Nobody else is told."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="close_friends")
    friend = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "friend"], name="close_friend_once"),
            models.CheckConstraint(condition=~models.Q(owner=models.F("friend")), name="close_friend_not_self"),
        ]
        indexes = [models.Index(fields=["owner", "-id"], name="close_friends_of")]

    def __str__(self) -> str:
        return f"{self.friend_id} is close to {self.owner_id}"


class Block(models.Model):
    """`blocker` and `blocked` are absent for each other, everywhere, at once."""

    blocker = models.ForeignKey(User, on_delete=models.CASCADE, related_name="blocks")
    blocked = models.ForeignKey(User, on_delete=models.CASCADE, related_name="blocked_by")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["blocker", "blocked"], name="block_once"),
            models.CheckConstraint(condition=~models.Q(blocker=models.F("blocked")), name="block_not_self"),
        ]
        indexes = [models.Index(fields=["blocked", "blocker"], name="block_reverse")]

    def __str__(self) -> str:
        return f"{self.blocker_id} blocks {self.blocked_id}"
