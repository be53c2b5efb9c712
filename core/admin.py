"""The event log for staff: read it, replay or give up what is dead."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from core import audit, outbox
from core.models import AuditEntry, Event, Parked, Subscriber


class ReadOnly(ModelAdmin):
    """Rows that only the program writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class NameFilter(admin.SimpleListFilter):
    """The facts that the rooms announce, without looking through the log for them."""

    title = _("name")
    parameter_name = "name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in sorted(outbox.kinds)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        return queryset.filter(name=self.value()) if self.value() else queryset


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ["number", "name", "subject", "created_at"]
    list_filter = [NameFilter]
    paginator = InfinitePaginator
    search_fields = ["subject"]
    show_full_result_count = False

    def get_ordering(self, request: HttpRequest) -> list[str]:
        """Those of one name by number: so they stand in the index of names."""
        return ["-number"] if request.GET.get(NameFilter.parameter_name) else ["-id"]


@admin.register(Subscriber)
class SubscriberAdmin(ReadOnly):
    list_display = ["name", "position", "moved_at"]


@admin.register(Parked)
class ParkedAdmin(ReadOnly):
    list_display = ["subscriber", "event", "attempts", "dead", "due_at", "error"]
    list_filter = ["dead", "subscriber"]
    search_fields = ["subject"]
    list_select_related = ["subscriber", "event"]
    actions = ["replay", "give_up"]

    @admin.action(description=_("Try again, in order"))
    def replay(self, request: HttpRequest, rows: QuerySet[Parked]) -> None:
        count = outbox.replay(subjects=rows.values_list("subject", flat=True))
        messages.success(request, ngettext("%d is due again.", "%d are due again.", count) % count)

    @admin.action(description=_("Give up for good"))
    def give_up(self, request: HttpRequest, rows: QuerySet[Parked]) -> None:
        for row in rows:
            outbox.discard(row.pk)
        messages.success(request, _("Given up. What waited behind goes on."))


class ActionFilter(admin.SimpleListFilter):
    """What has ever been done, read off the index."""

    title = _("action")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(action, action) for action in audit.actions()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditAdmin(ReadOnly):
    list_display = ["created_at", "actor_id", "action", "subject", "data"]
    list_filter = [ActionFilter, "created_at"]
    paginator = InfinitePaginator  # which does not count the whole table for every page
    search_fields = ["=subject", "=actor_id"]
    ordering = ["-id"]
    show_full_result_count = False
