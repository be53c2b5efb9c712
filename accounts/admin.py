"""Members for staff. Log in is the site's own, with its limits and its second factor."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from accounts.actions import profiles
from accounts.models.friends import FriendRequest
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.models.relations import Block, Follow, FollowRequest, Friendship

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.unregister(Group)


def _is_superuser(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser


@admin.register(Group)
class GroupAdmin(ModelAdmin):
    """Roles. Whoever could change them could give themselves every permission there is: superusers only."""

    search_fields = ["name"]
    filter_horizontal = ["permissions"]

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
        "suspended_until",
        "is_staff",
        "is_superuser",
        "groups",
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
        "is_private",
        "followers_count",
        "following_count",
        "requests_count",
        "friends_count",
        "friend_requests_count",
        "posts_count",
        "created_at",
        "last_login",
        "is_superuser",
    ]
    filter_horizontal = ["groups"]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        return [*self.readonly_fields, *([] if _is_superuser(request) else ["is_staff", "groups"])]

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


@admin.register(Device)
class DeviceAdmin(RowAdmin):
    list_display = ["user", "client", "created_at", "seen_at", "ended_at"]
    list_select_related = ["user"]
    search_fields = ["user__handle", "client"]
    list_filter = ["ended_at", "created_at"]
    exclude = ["session_key", "refresh_id", "previous_id", "address"]
