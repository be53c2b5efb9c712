"""Staff see that a conversation is, and who is in it; what was said they see only through reports."""

from django.contrib import admin
from unfold.admin import ModelAdmin, TabularInline

from chat.models.conversations import Conversation, InviteLink, Membership, Removal
from chat.models.files import MessageFile
from chat.models.members import ChatMember
from chat.models.messages import MessageMark
from chat.models.polls import Vote
from chat.models.stickers import Sticker, StickerPack


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
    list_display = ["user", "writers", "presence", "shows_reading"]
    list_select_related = ["user"]
    search_fields = ["=user__handle"]
    ordering = ["-user"]
    show_full_result_count = False


@admin.register(MessageFile)
class MessageFileAdmin(ReadOnly, ModelAdmin):
    """That a message carries something, of what kind and size; what it is stands in reports alone."""

    list_display = ["id", "conversation", "message", "kind", "bytes"]
    list_select_related = ["conversation", "message", "upload"]
    list_filter = ["kind"]
    search_fields = ["=conversation__id"]
    fields = ["conversation", "message", "kind", "position", "bytes"]
    readonly_fields = ["bytes"]
    ordering = ["-id"]
    show_full_result_count = False

    @admin.display(description="bytes")
    def bytes(self, row):
        return row.upload.bytes


@admin.register(MessageMark)
class ReactionAdmin(ReadOnly, ModelAdmin):
    """Reactions, which others see. What one stars or hides is one's own."""

    list_display = ["id", "message", "user", "reaction"]
    list_select_related = ["message", "user"]
    list_filter = ["reaction"]
    search_fields = ["=user__handle"]
    fields = ["message", "user", "reaction"]
    ordering = ["-id"]
    show_full_result_count = False

    def get_queryset(self, request):
        return super().get_queryset(request).exclude(reaction="")


@admin.register(Vote)
class VoteAdmin(ReadOnly, ModelAdmin):
    """That somebody voted. For what is for the conversation, and in anonymous polls for nobody."""

    list_display = ["id", "message", "member", "created_at"]
    list_select_related = ["message", "member"]
    search_fields = ["=member__handle"]
    fields = ["message", "member", "created_at"]
    ordering = ["-id"]
    show_full_result_count = False


class StickerInline(ReadOnly, TabularInline):
    model = Sticker
    fields = ["key", "name", "upload", "place", "is_withdrawn"]
    extra = 0


@admin.register(StickerPack)
class StickerPackAdmin(ReadOnly, ModelAdmin):
    """They are changed on the site's own page, /site/stickers/."""

    list_display = ["key", "name", "is_shown", "place"]
    ordering = ["place", "pk"]
    inlines = [StickerInline]
