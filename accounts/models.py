"""Members, their logins, and who follows, asks to follow or blocks whom."""

import hashlib

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

PIPS = 8  # drawings for people without a picture


# Handles that would pass for a page, an office or the site itself.
RESERVED_WORDS = """
about accessibility account accounts admin administrator all api apps auth blog channel channels chat compose
contact deleted discover events everyone explore faq feed group groups guest help home info jobs legal login logout
mail me media member members messages mod moderation moderator moderators news none notifications null official
offline owner page pages people pip policy post posts privacy root rules saved search security settings share signup
site socialsite staff static status stories story styleguide support system team terms undefined upload uploads user
users webmaster welcome www ws you
"""
RESERVED = frozenset(RESERVED_WORDS.split())
HANDLE_RULE = _("A handle has 2 to 30 small letters, digits, dots or underscores, and at least one letter.")


class UserManager(BaseUserManager["User"]):
    """Looks members up by e-mail, as allauth and the admin do. `actions.joining` makes them."""


class User(AbstractBaseUser, PermissionsMixin):
    """A member. Counters are kept by the write that changes them and recomputed by `manage.py recount`."""

    email = models.EmailField(_("e-mail"), unique=True)
    handle = models.CharField(
        _("handle"),
        max_length=30,
        # A letter, so that it is never taken for an id; no dot at its ends, where a sentence would swallow it.
        validators=[RegexValidator(r"^(?=.*[a-z])[a-z0-9_][a-z0-9_.]{0,28}[a-z0-9_]\Z", HANDLE_RULE)],
    )
    display_name = models.CharField(_("name"), max_length=60)
    bio = models.CharField(_("about you"), max_length=500, blank=True)
    avatar = models.ForeignKey("uploads.Upload", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    avatar_path = models.CharField(
        max_length=200, blank=True, help_text="Address of the picture, kept so that lists need no join."
    )
    language = models.CharField(max_length=10, blank=True)
    followers_count = models.PositiveIntegerField(default=0)
    following_count = models.PositiveIntegerField(default=0)
    posts_count = models.PositiveIntegerField(default=0)
    # db_default: while a new version is brought out, the one before still makes members and knows no such columns.
    is_private = models.BooleanField(_("private account"), default=False, db_default=False)
    requests_count = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Requests to follow that wait for an answer."
    )
    unread_chats = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    suspended_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["handle", "display_name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("handle"), name="handle_once"),
            models.UniqueConstraint(Lower("email"), name="email_once"),
        ]

    def __str__(self) -> str:
        return f"@{self.handle}"

    @property
    def is_present(self) -> bool:
        """The same as `access.present`, for a row in the hand."""
        return self.is_active and (self.suspended_until is None or self.suspended_until <= timezone.now())

    @property
    def avatar_url(self) -> str:
        return self.avatar_path or static(f"img/avatars/none-{(self.pk or 0) % PIPS}.svg")

    def get_absolute_url(self) -> str:
        return reverse("accounts:profile", args=[self.handle])

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name


class Follow(models.Model):
    follower = models.ForeignKey(User, on_delete=models.CASCADE, related_name="following")
    followed = models.ForeignKey(User, on_delete=models.CASCADE, related_name="followers")
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
            models.Index(
                fields=["declined_at"], name="request_declined", condition=models.Q(declined_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asker_id} asks {self.asked_id}"


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


class Device(models.Model):
    """One login. The session, the refresh family and the sockets of it hang on this row; ending it ends them all."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="devices")
    key = models.UUIDField(unique=True)
    session_key = models.CharField(max_length=40, blank=True, db_index=True)
    refresh_id = models.CharField(
        max_length=40, blank=True, help_text="The one refresh token of the family that is good."
    )
    previous_id = models.CharField(max_length=40, blank=True, help_text="The one before; good for some seconds more.")
    refreshed_at = models.DateTimeField(null=True, blank=True)
    client = models.CharField(max_length=200, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True, help_text="Gone as soon as the login ends.")
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["user", "-seen_at", "-id"], condition=models.Q(ended_at__isnull=True), name="device_standing"
            )
        ]

    def __str__(self) -> str:
        return f"{self.client} of {self.user_id}"


class OwnerLink(models.Model):
    """The one-time link that makes the owner's account. Only its digest is kept; a new one replaces it."""

    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"owner link of {self.created_at:%Y-%m-%d %H:%M}"

    @staticmethod
    def digest_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()
