"""Staff see that a conversation is, and who is in it; what was said they see only through reports."""

from django.contrib import admin
from unfold.admin import ModelAdmin, TabularInline

from chat.models.conversations import Conversation, InviteLink, Membership, Removal
from chat.models.members import ChatMember


class ReadOnly:
    """Conversations are not changed from here."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class MembershipInline(ReadOnly, TabularInline):
    model = Membership
    fields = ["user", "role", "is_request", "read_seq", "active_at"]
    extra = 0


@admin.register(Conversation)
class ConversationAdmin(ReadOnly, ModelAdmin):
    list_display = ["id", "kind", "name", "members_count", "last_seq", "last_message_at", "created_at"]
    list_filter = ["kind"]
    search_fields = ["=id", "=direct_key"]
    ordering = ["-id"]
    show_full_result_count = False
    inlines = [MembershipInline]

    def get_search_results(self, request, queryset, search_term):
        """By id of the conversation, or by handle of a member."""
        if search_term and not search_term.isdecimal():
            return queryset.filter(memberships__user__handle=search_term.lstrip("@").lower()).distinct(), True
        return super().get_search_results(request, queryset, search_term)


@admin.register(Membership)
class MembershipAdmin(ReadOnly, ModelAdmin):
    list_display = ["id", "conversation", "user", "read_seq", "active_at"]
    list_select_related = ["conversation", "user"]
    search_fields = ["=user__handle"]
    ordering = ["-id"]
    show_full_result_count = False


@admin.register(InviteLink)
class InviteLinkAdmin(ReadOnly, ModelAdmin):
    """The code is for the group's admins alone."""

    list_display = ["id", "conversation", "maker", "uses", "most_uses", "expires_at", "ended_at"]
    list_select_related = ["conversation", "maker"]
    exclude = ["code"]
    ordering = ["-id"]
    show_full_result_count = False


@admin.register(Removal)
class RemovalAdmin(ReadOnly, ModelAdmin):
    list_display = ["id", "conversation", "user", "created_at"]
    list_select_related = ["conversation", "user"]
    ordering = ["-id"]
    show_full_result_count = False


@admin.register(ChatMember)
class ChatMemberAdmin(ReadOnly, ModelAdmin):
    list_display = ["user", "writers"]
    list_select_related = ["user"]
    search_fields = ["=user__handle"]
    ordering = ["-user"]
    show_full_result_count = False
