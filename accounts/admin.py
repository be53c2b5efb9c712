"""Members for staff. Log in is the site's own, with its limits and its second factor."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from accounts.access import factors as factor_access
from accounts.actions import profiles
from accounts.models.addresses import AddressChange
from accounts.models.api_tokens import ApiToken
from accounts.models.applications import Application
from accounts.models.archives import Export, Import
from accounts.models.doors import BlockedAddress
from accounts.models.fields import ProfileField
from accounts.models.friends import FriendRequest
from accounts.models.handles import FormerHandle
from accounts.models.invitations import Arrival, Invitation
from accounts.models.life import Departure
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.models.relations import Block, Follow, FollowRequest, Friendship
from accounts.models.sso import AppLogin, Identity, IdentityProvider, LogoutHeard

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.unregister(Group)
admin.site.unregister(Authenticator)
admin.site.unregister(EmailAddress)


def _is_superuser(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser


@admin.register(Group)
class GroupAdmin(ModelAdmin):
    """Roles. Whoever could change them could give themselves every permission there is: superusers only."""

    search_fields = ["name"]
    filter_horizontal = ["permissions"]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Each permission is called by its content type, too."""
        if db_field.name == "permissions":
            options["queryset"] = Permission.objects.select_related("content_type")
        return super().formfield_for_manytomany(db_field, request, **options)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return _is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return _is_superuser(request)


@admin.register(User)
class UserAdmin(ModelAdmin):
    """Passwords, addresses and counters are not edited here: each has its own way with its own checks.

    Staff who are no superusers suspend and rename, but make nobody staff, give no roles and leave superusers alone.
    """

    list_display = ["handle", "display_name", "email", "is_active", "is_staff", "suspended_until", "created_at"]
    list_filter = ["is_active", "is_staff", "is_superuser", "created_at"]
    search_fields = ["handle", "display_name", "email"]
    ordering = ["-id"]
    show_full_result_count = False
    fields = [
        "handle",
        "display_name",
        "email",
        "bio",
        "language",
        "is_private",
        "is_active",
        "hidden_at",
        "suspended_until",
        "is_bot",
        "bot_owner",
        "is_staff",
        "is_superuser",
        "groups",
        "second_factor",
        "followers_count",
        "following_count",
        "requests_count",
        "friends_count",
        "friend_requests_count",
        "posts_count",
        "created_at",
        "last_login",
    ]
    readonly_fields = [
        "email",
        "second_factor",
        "is_private",
        "hidden_at",
        "followers_count",
        "following_count",
        "requests_count",
        "friends_count",
        "friend_requests_count",
        "posts_count",
        "created_at",
        "last_login",
        "is_superuser",
        "is_bot",
        "bot_owner",
    ]
    filter_horizontal = ["groups"]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        return [*self.readonly_fields, *([] if _is_superuser(request) else ["is_staff", "groups"])]

    @admin.display(description=_("second factor"))
    def second_factor(self, member: User) -> str:
        """Whether there is one, and the way to take away a lost one."""
        if not factor_access.has_factor(member):
            return gettext("None")
        where = reverse("accounts:factor_reset", args=[member.handle])
        return format_html('{} · <a href="{}">{}</a>', gettext("Set up"), where, gettext("Lost: take it away"))

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        above = obj is not None and obj.is_superuser and not _is_superuser(request)
        return not above and super().has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        assert isinstance(request.user, User)
        profiles.edit_member(actor=request.user, member=obj, fields=form.changed_data)


class RowAdmin(ModelAdmin):
    """Rows that only actions write, because counters and sockets hang on them."""

    ordering = ["-id"]
    paginator = InfinitePaginator  # which does not count the whole table for every page
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Follow)
class FollowAdmin(RowAdmin):
    list_display = ["follower", "followed", "created_at"]
    list_select_related = ["follower", "followed"]
    search_fields = ["follower__handle", "followed__handle"]
    list_filter = ["created_at"]


@admin.register(FollowRequest)
class FollowRequestAdmin(RowAdmin):
    list_display = ["asker", "asked", "created_at", "declined_at"]
    list_select_related = ["asker", "asked"]
    search_fields = ["asker__handle", "asked__handle"]
    list_filter = ["created_at"]


@admin.register(FormerHandle)
class FormerHandleAdmin(RowAdmin):
    list_display = ["handle", "person", "left_at"]
    list_select_related = ["person"]
    search_fields = ["handle", "person__handle"]
    list_filter = ["left_at"]


@admin.register(ProfileField)
class ProfileFieldAdmin(RowAdmin):
    """Values that are not for everybody are not for staff either."""

    list_display = ["person", "kind", "label", "audience", "position"]
    list_select_related = ["person"]
    search_fields = ["person__handle"]
    list_filter = ["kind", "audience"]
    exclude = ["value"]


@admin.register(Friendship)
class FriendshipAdmin(RowAdmin):
    """Each stands twice, once from each side. Close friends, lists and mutes are nobody's but their owners'."""

    list_display = ["person", "friend", "created_at"]
    list_select_related = ["person", "friend"]
    search_fields = ["person__handle", "friend__handle"]
    list_filter = ["created_at"]


@admin.register(FriendRequest)
class FriendRequestAdmin(RowAdmin):
    list_display = ["asker", "asked", "created_at", "declined_at"]
    list_select_related = ["asker", "asked"]
    search_fields = ["asker__handle", "asked__handle"]
    list_filter = ["created_at"]


@admin.register(Block)
class BlockAdmin(RowAdmin):
    list_display = ["blocker", "blocked", "created_at"]
    list_select_related = ["blocker", "blocked"]
    search_fields = ["blocker__handle", "blocked__handle"]
    list_filter = ["created_at"]


@admin.register(AddressChange)
class AddressChangeAdmin(RowAdmin):
    list_display = ["user", "created_at", "done_at", "undone_at"]
    list_select_related = ["user"]
    search_fields = ["user__handle"]
    list_filter = ["created_at", "done_at", "undone_at"]
    exclude = ["undo_digest"]


@admin.register(EmailAddress)
class EmailAddressAdmin(RowAdmin):
    """allauth's copy of a member's address. It changes with the code that came there, and not by hand."""

    list_display = ["email", "user", "primary", "verified"]
    list_select_related = ["user"]
    search_fields = ["email", "user__handle"]
    list_filter = ["primary", "verified"]


@admin.register(Authenticator)
class AuthenticatorAdmin(RowAdmin):
    """Which factors members have; what they are made of is shown to nobody."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_select_related = ["user"]
    search_fields = ["user__handle"]
    list_filter = ["type", "created_at"]
    exclude = ["data"]


@admin.register(Departure)
class DepartureAdmin(RowAdmin):
    list_display = ["user", "asked_at", "due_at", "take_messages", "begun_at"]
    list_select_related = ["user"]
    search_fields = ["user__handle"]
    list_filter = ["due_at"]


@admin.register(Export, Import)
class ArchiveAdmin(RowAdmin):
    """How far they are; what is in them is nobody's business."""

    list_display = ["user", "state", "attempts", "bytes", "created_at", "finished_at", "expires_at"]
    list_select_related = ["user"]
    search_fields = ["user__handle"]
    list_filter = ["state", "created_at"]
    exclude = ["key", "report"]


@admin.register(Device)
class DeviceAdmin(RowAdmin):
    list_display = ["user", "client", "created_at", "seen_at", "ended_at"]
    list_select_related = ["user"]
    search_fields = ["user__handle", "client"]
    list_filter = ["ended_at", "created_at"]
    exclude = ["session_key", "refresh_id", "previous_id", "address", "provider_sid"]


@admin.register(IdentityProvider)
class IdentityProviderAdmin(RowAdmin):
    """Changed on the owner's page, where it can be tested."""

    list_display = ["key", "name", "issuer", "is_enabled", "created_at"]
    search_fields = ["key", "name", "issuer"]
    exclude = ["secret"]


@admin.register(Identity)
class IdentityAdmin(RowAdmin):
    list_display = ["user", "provider", "created_at", "used_at"]
    list_select_related = ["user"]
    search_fields = ["user__handle", "provider"]
    list_filter = ["provider", "created_at"]


@admin.register(LogoutHeard)
class LogoutHeardAdmin(RowAdmin):
    list_display = ["id", "until"]
    exclude = ["digest"]


@admin.register(AppLogin)
class AppLoginAdmin(RowAdmin):
    list_display = ["user", "expires_at"]
    list_select_related = ["user"]
    exclude = ["digest", "challenge"]


@admin.register(BlockedAddress)
class BlockedAddressAdmin(RowAdmin):
    list_display = ["pattern", "blocked_by", "created_at"]
    list_select_related = ["blocked_by"]
    search_fields = ["pattern"]


@admin.register(Invitation)
class InvitationAdmin(RowAdmin):
    list_display = ["id", "inviter", "uses", "used", "expires_at", "revoked_at", "created_at"]
    list_select_related = ["inviter"]
    search_fields = ["inviter__handle"]
    list_filter = ["revoked_at", "created_at"]
    exclude = ["digest", "mail"]


@admin.register(Arrival)
class ArrivalAdmin(RowAdmin):
    list_display = ["person", "inviter", "created_at"]
    list_select_related = ["person", "inviter"]
    search_fields = ["person__handle", "inviter__handle"]


@admin.register(Application)
class ApplicationAdmin(RowAdmin):
    list_display = ["handle", "display_name", "email", "state", "decided_by", "decided_at", "created_at"]
    list_select_related = ["decided_by"]
    search_fields = ["handle", "email"]
    list_filter = ["state", "created_at"]
    exclude = ["password_hash"]


@admin.register(ApiToken)
class ApiTokenAdmin(RowAdmin):
    list_display = ["name", "user", "scopes", "expires_at"]
    list_select_related = ["user"]
    search_fields = ["user__handle", "name"]
    exclude = ["digest"]
