"""Members."""

import unicodedata
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.addresses import address, drawing

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


PLAIN = str.maketrans({"đ": "d", "ł": "l", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe"})  # which have no marks to lose


def folded(text: str) -> str:
    """As names are searched and sorted: small letters without marks."""
    flat = unicodedata.normalize("NFKD", text.casefold().translate(PLAIN))
    return "".join(char for char in flat if not unicodedata.combining(char))[:120]


class Folded(models.CharField):  # type: ignore[type-arg]
    """Follows the name whenever the row is saved; after `update()` of the name, actions.names sets it."""

    def pre_save(self, model_instance: Any, add: bool) -> str:
        key = folded(model_instance.display_name)
        setattr(model_instance, self.attname, key)
        return key


class Welcome(models.TextChoices):
    """The first step that a new member has not done; empty for all who are through."""

    PICTURE = "picture", _("A picture and a few words")
    PEOPLE = "people", _("People to follow")
    PRIVACY = "privacy", _("Who sees what")


class UserManager(BaseUserManager["User"]):
    """Looks members up by e-mail, as allauth and the admin do. `actions.joining` makes them."""


class User(AbstractBaseUser, PermissionsMixin):
    """A member. Counters are kept by the write that changes them and recomputed by `manage.py recount`."""

    email = models.EmailField(_("e-mail"), unique=True)
    handle = models.CharField(
        _("handle"),
        max_length=30,
        db_index=True,
        # A letter, so that it is never taken for an id; no dot at its ends, where a sentence would swallow it.
        validators=[RegexValidator(r"^(?=.*[a-z])[a-z0-9_][a-z0-9_.]{0,28}[a-z0-9_]\Z", HANDLE_RULE)],
    )
    display_name = models.CharField(_("name"), max_length=60)
    name_key = Folded(max_length=120, default="", db_default="", editable=False)
    # What the rows of NamePart were made of. Whoever is called something else now is caught up with by the clock.
    parts_name = models.CharField(max_length=60, default="", db_default="", editable=False)
    parts_handle = models.CharField(max_length=30, default="", db_default="", editable=False)
    bio = models.CharField(_("about you"), max_length=500, blank=True)
    avatar = models.ForeignKey("uploads.Upload", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    avatar_path = models.CharField(
        max_length=200, blank=True, help_text="Address of the picture, kept so that lists need no join."
    )
    cover = models.ForeignKey("uploads.Upload", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    cover_path = models.CharField(max_length=200, blank=True, default="", db_default="")
    language = models.CharField(max_length=10, blank=True)
    followers_count = models.PositiveIntegerField(default=0)
    following_count = models.PositiveIntegerField(default=0)
    posts_count = models.PositiveIntegerField(default=0)
    friends_count = models.PositiveIntegerField(default=0, db_default=0)
    # db_default: while a new version is brought out, the one before still makes members and knows no such columns.
    is_private = models.BooleanField(_("private account"), default=False, db_default=False)
    requests_count = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Requests to follow that wait for an answer."
    )
    is_listed = models.BooleanField(_("in the directory"), default=True, db_default=True)
    # An Audience of accounts.models.relations.
    friends_audience = models.CharField(max_length=20, default="friends", db_default="friends")
    welcome = models.CharField(max_length=12, choices=Welcome.choices, blank=True, default="", db_default="")
    friend_requests_count = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Requests to be friends that wait for an answer."
    )
    unread_chats = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    is_bot = models.BooleanField(
        default=False, db_default=False, help_text="Speaks by its tokens; nobody logs in as it."
    )
    bot_owner = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="bots",
        help_text="Who answers for a bot; without one its tokens rest.",
    )
    hidden_at = models.DateTimeField(
        null=True, blank=True, help_text="Deactivated, or about to leave: nobody sees this member, who may log in."
    )
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
        indexes = [
            models.Index(fields=["name_key", "id"], name="user_by_name"),
            models.Index(fields=["-created_at", "-id"], name="user_newest"),
            models.Index(fields=["-followers_count", "-id"], condition=models.Q(is_listed=True), name="user_popular"),
            models.Index(fields=["id"], condition=models.Q(is_staff=True), name="user_staff"),
            models.Index(
                fields=["id"],
                condition=~models.Q(parts_name=models.F("display_name"), parts_handle=models.F("handle")),
                name="user_parts_stale",
            ),
            models.Index(fields=["id"], condition=models.Q(is_bot=True), name="user_bots"),
        ]

    def __str__(self) -> str:
        return f"@{self.handle}"

    @property
    def is_present(self) -> bool:
        """The same as `access.present`, for a row in the hand."""
        return self.may_log_in and self.hidden_at is None

    @property
    def may_log_in(self) -> bool:
        """The same as `access.admitted`: who hides may log in and come back."""
        return self.is_active and (self.suspended_until is None or self.suspended_until <= timezone.now())

    @property
    def can_log_in(self) -> bool:
        """Nobody logs in as a bot, by whatever way."""
        return self.may_log_in and not self.is_bot

    @property
    def avatar_url(self) -> str:
        return self.avatar_path or drawing(f"img/avatars/none-{(self.pk or 0) % PIPS}.svg")

    def get_absolute_url(self) -> str:
        return address("accounts:profile", self.handle)

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name
