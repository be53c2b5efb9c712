"""What the owner decides about the chat."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.access import doors
from accounts.views import office as office_views
from accounts.views.base import Request
from chat.access import retention as retention_access
from chat.actions import retention
from chat.forms import RetentionForm
from core import options
from core.views import members_only


@members_only
@never_cache
def office(request: Request) -> HttpResponse:
    doors.access_office(request.user, doors.SITE)
    initial = {"kept_days": options.sure(retention_access.KEPT_DAYS)}
    form = RetentionForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        retention.decide(actor=request.user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("chat:site_chat")
    context = {"form": form, **office_views.of(request, "chat")}
    return render(request, "chat/site_chat.html", context, status=422 if form.is_bound else 200)
