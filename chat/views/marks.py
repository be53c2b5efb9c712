"""Who has read a message, and whom it has reached."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.views.base import Request
from chat.queries import conversations as conversation_queries
from chat.queries import marks as mark_queries
from core.views import members_only


@members_only
@require_safe
@vary_on_headers("HX-Request")
def marks(request: Request, id: int, seq: int) -> HttpResponse:
    which: mark_queries.Which = "delivered" if request.GET.get("which") == "delivered" else "read"
    found = mark_queries.marks(request.user, id, seq, which, request.GET.get("cursor", ""))
    context = {"marks": found, "chat": conversation_queries.chat(request.user, id), "seq": seq}
    template = "chat/_marks.html" if "HX-Request" in request.headers else "chat/marks.html"
    return render(request, template, context)
