"""Uploads as staff sees them: facts and troubles, never the pictures."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

from uploads.actions import preparing
from uploads.models import Caption, Held, LinkPreview, Missing, Slot, Stored, Upload


class ReadOnly(ModelAdmin):
    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Upload)
class UploadAdmin(ReadOnly):
    list_display = ("key", "owner", "purpose", "medium", "state", "reason", "attempts", "type", "bytes", "created_at")
    list_filter = ("state", "reason", "purpose", "medium")
    list_select_related = ("owner",)
    search_fields = ("key",)
    show_full_result_count = False
    actions = ("retry",)

    @admin.action(description=_("Try again"), permissions=["view"])
    def retry(self, request, queryset):
        again = sum(
            preparing.retry_upload(actor=request.user, upload_id=pk) for pk in queryset.values_list("pk", flat=True)
        )
        text = ngettext("One upload is tried again.", "%(count)d uploads are tried again.", again)
        self.message_user(request, text % {"count": again})


@admin.register(Stored)
class StoredAdmin(ReadOnly):
    list_display = ("key", "due_at", "attempts", "created_at")
    show_full_result_count = False


@admin.register(Held)
class HeldAdmin(ReadOnly):
    list_display = ("name", "number", "due_at", "attempts")
    search_fields = ("key",)
    exclude = ("body",)
    show_full_result_count = False

    def get_queryset(self, request):
        return super().get_queryset(request).defer("body")


@admin.register(Slot)
class SlotAdmin(ReadOnly):
    list_display = ("key", "owner", "purpose", "bytes", "reason", "created_at")
    list_select_related = ("owner",)
    search_fields = ("key",)
    show_full_result_count = False


@admin.register(Missing)
class MissingAdmin(ReadOnly):
    list_display = ("upload", "noticed_at")
    list_select_related = ("upload",)


@admin.register(Caption)
class CaptionAdmin(ReadOnly):
    list_display = ("upload", "language", "created_at")
    list_select_related = ("upload",)
    exclude = ("text",)
    show_full_result_count = False


@admin.register(LinkPreview)
class LinkPreviewAdmin(ReadOnly):
    list_display = ("id", "url", "state", "title", "attempts", "due_at", "fetched_at", "wanted_at")
    list_filter = ("state",)
    search_fields = ("url", "title")
    raw_id_fields = ("upload",)
    ordering = ("-id",)
    show_full_result_count = False
