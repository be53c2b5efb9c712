"""Pinning to one's profile."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core import errors
from feed.actions import pins as pin_actions
from feed.views import base


@require_POST
def pin(request: base.Request, id: int) -> HttpResponse:
    """Leads to where it then stands."""
    try:
        pin_actions.pin_post(actor=request.user, post_id=id)
        messages.success(request, _("Pinned. It stands first on your profile."))
    except errors.Conflict as error:
        messages.error(request, str(error.message))
    return redirect(request.user)


@require_POST
def unpin(request: base.Request, id: int) -> HttpResponse:
    pin_actions.unpin_post(actor=request.user, post_id=id)
    messages.success(request, _("Not pinned any more."))
    return redirect(request.user)
