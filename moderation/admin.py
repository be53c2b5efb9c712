from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import ModelAdmin

from moderation import access, registry
from moderation.models import Report


@admin.register(Report)
class ReportAdmin(ModelAdmin):
    """Moderators look here; what is done about a report is done on the site. Nobody reads what is said about them."""

    list_display = ("id", "kind", "subject_id", "member", "reason", "state", "created_at", "place")
    list_select_related = ("member", "reporter")
    list_filter = ("state", "kind", "reason")
    search_fields = ("words", "copy", "member__handle")
    raw_id_fields = ("reporter", "member")
    ordering = ("-id",)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        return access.readable_reports(request.user)

    @admin.display(description="")
    def place(self, report: Report) -> str:
        kind = registry.kinds.get(report.kind)
        return format_html('<a href="{}">look</a>', kind.url(report.member, report.subject_id)) if kind else ""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
