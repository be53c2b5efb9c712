"""What the author of a post switches on and off."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from feed.actions import switches as switch_actions
from feed.views import base


@require_POST
def comments(request: base.Request, id: int) -> HttpResponse:
    """`on`: yes or no."""
    on = request.POST.get("on") == "yes"
    one = switch_actions.switch_comments(actor=request.user, post_id=id, on=on)
    messages.success(request, _("Comments are on.") if on else _("Comments are off. Those that are there stay."))
    return redirect(one)
