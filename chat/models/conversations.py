"""Conversations, who is in them, how far they have read, and how one comes in."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

NAME_LIMIT = 80
ABOUT_LIMIT = 300
DRAFT_LIMIT = 5000
MEMBERS_LIMIT = 1000  # of a group, those who were asked counted in
PICTURES = 4  # drawn ones, for groups without their own
LIFETIMES = {  # seconds after which messages disappear, where a group wants that
    0: _("Never"),
    24 * 3600: _("After a day"),
    7 * 24 * 3600: _("After a week"),
    30 * 24 * 3600: _("After 30 days"),
    90 * 24 * 3600: _("After 90 days"),
}
REQUEST_LIMIT = 5  # messages to somebody who has not accepted yet


class Kind(models.TextChoices):
    DIRECT = "direct", _("Two people")
    GROUP = "group", _("Group")


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    MEMBER = "member", _("Member")


class Who(models.TextChoices):
    """Who may do something in a group."""

    ADMINS = "admins", _("Admins")
    MEMBERS = "members", _("All members")


class Conversation(models.Model):
    """Its row lock is the order of all that happens in it.

    `last_seq` numbers messages without holes, `rev` numbers changes, `info_rev` is the latest that changed the
    conversation itself, `members_version` is raised by whatever changes who may see what is said here.
    """

    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.DIRECT)
    direct_key = models.CharField(max_length=41, null=True, unique=True, help_text="low:high ids of the two.")
    last_seq = models.BigIntegerField(default=0)
    rev = models.BigIntegerField(default=0)
    info_rev = models.BigIntegerField(default=0, db_default=0)
    members_version = models.BigIntegerField(default=1)
    members_count = models.PositiveIntegerField(default=0, db_default=0, help_text="Of a group, requests left out.")
    name = models.CharField(max_length=NAME_LIMIT, blank=True, default="", db_default="")
    about = models.CharField(max_length=ABOUT_LIMIT, blank=True, default="", db_default="")
    picture = models.ForeignKey(
        "uploads.Upload", on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    shows_history = models.BooleanField(
        default=False, db_default=False, help_text="Who joins sees what was said before their time."
    )
    who_adds = models.CharField(max_length=8, choices=Who.choices, default=Who.MEMBERS, db_default=Who.MEMBERS)
    who_writes = models.CharField(max_length=8, choices=Who.choices, default=Who.MEMBERS, db_default=Who.MEMBERS)
    lifetime = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Seconds after which what is said from now on disappears; 0: never."
    )
    last_message_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind=Kind.DIRECT, direct_key__isnull=False)
                | (~models.Q(kind=Kind.DIRECT) & models.Q(direct_key__isnull=True)),
                name="conversation_direct_has_key",
            )
        ]
        indexes = [
            models.Index(fields=["picture"], condition=models.Q(picture__isnull=False), name="conversation_of_picture"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} conversation {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("chat:conversation", args=[self.pk])

    @property
    def is_group(self) -> bool:
        return self.kind != Kind.DIRECT

    @property
    def picture_url(self) -> str:
        """Of a group; a drawn one where it has none. `picture` is fetched with the row."""
        return self.picture.url(320) if self.picture else static(f"img/avatars/group-{(self.pk or 0) % PICTURES}.svg")

    @staticmethod
    def key_of(one: int, other: int) -> str:
        return f"{min(one, other)}:{max(one, other)}"


class Membership(models.Model):
    """One person in one conversation.

    `own_after` counts the member's own messages after `read_seq`, so unread is last_seq - read_seq - own_after.
    `unread` says whether that is above zero: it changes once per reading, not per message, and the badge counts it
    over a partial index. `active_at` is the conversation's last activity, right to a minute, for the inbox's index.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations")
    joined_seq = models.BigIntegerField(default=0, help_text="Messages up to here were before this member's time.")
    joined_rev = models.BigIntegerField(
        default=0, db_default=0, help_text="Who has an older state has it from an earlier time in this conversation."
    )
    read_seq = models.BigIntegerField(default=0)
    own_after = models.IntegerField(default=0)
    unread = models.BooleanField(default=False)
    active_at = models.DateTimeField(null=True)
    role = models.CharField(max_length=8, choices=Role.choices, default=Role.MEMBER, db_default=Role.MEMBER)
    is_request = models.BooleanField(
        default=False, db_default=False, help_text="Asked and not answered yet: may read, and is told nothing."
    )
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    joined_at = models.DateTimeField(default=timezone.now, db_default=Now())
    delivered_seq = models.BigIntegerField(default=0, db_default=0, help_text="A device of theirs has it.")
    cleared_seq = models.BigIntegerField(
        default=0, db_default=0, help_text="They cleared the conversation for themselves up to here."
    )
    muted_until = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    pinned_at = models.DateTimeField(null=True, help_text="Stands first in their list.")
    draft = models.CharField(max_length=DRAFT_LIMIT, blank=True, default="", db_default="")
    draft_at = models.DateTimeField(null=True)
    sync = models.BigIntegerField(
        default=0, db_default=0, help_text="The member's own number of the latest change of what is theirs alone."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "user"], name="membership_once")]
        indexes = [
            models.Index(
                fields=["user", "-active_at", "-id"],
                condition=models.Q(active_at__isnull=False),
                name="membership_inbox",
            ),
            models.Index(fields=["user"], condition=models.Q(unread=True), name="membership_unread"),
            models.Index(fields=["user", "sync"], condition=models.Q(sync__gt=0), name="membership_sync"),
            models.Index(
                fields=["user", "-pinned_at"], condition=models.Q(pinned_at__isnull=False), name="membership_pinned"
            ),
            models.Index(fields=["user", "-id"], condition=models.Q(is_request=True), name="membership_request"),
            models.Index(fields=["invited_by"], condition=models.Q(invited_by__isnull=False), name="membership_by"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.conversation_id}"

    @property
    def leads(self) -> bool:
        return self.role in (Role.OWNER, Role.ADMIN)

    def unread_of(self, conversation: Conversation) -> int:
        """How much of what others said is unread; `conversation` is this one's row as it is now."""
        return conversation.last_seq - self.read_seq - self.own_after


class Removal(models.Model):
    """An admin has removed this member: no link lets them in, and only an admin adds them again (the row goes then)."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="removals", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "user"], name="removal_once")]

    def __str__(self) -> str:
        return f"{self.user_id} removed from {self.conversation_id}"


class InviteLink(models.Model):
    """Who follows it joins the group, as long as it stands."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="links")
    code = models.CharField(max_length=32, unique=True, help_text="Shown again to admins, so kept in clear.")
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    uses = models.PositiveIntegerField(default=0)
    most_uses = models.PositiveIntegerField(null=True)
    ended_at = models.DateTimeField(null=True, db_index=True)

    def __str__(self) -> str:
        return f"link {self.pk} into {self.conversation_id}"
