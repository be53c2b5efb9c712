"""Pages of what a conversation's messages carry."""

import uuid

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.views.base import Request
from chat.models.files import FileKind
from chat.queries import conversations as conversation_queries
from chat.queries import files as file_queries
from core import errors
from core.streams import attachment
from core.views import members_only
from uploads import magic


@members_only
@require_safe
def files(request: Request, id: int) -> HttpResponse:
    """Pictures and videos, files, or voice messages: `kind` says which."""
    kind = request.GET.get("kind", FileKind.MEDIA)
    if kind not in FileKind.values:
        raise errors.NotFound
    context = {
        "chat": conversation_queries.chat(request.user, id),
        "page": file_queries.files(request.user, id, kind=kind, cursor=request.GET.get("cursor", "")),
        "kind": kind,
        "kinds": FileKind.choices,
    }
    return render(request, "chat/files.html", context)


@members_only
@require_safe
def file(request: Request, id: int, seq: int, key: uuid.UUID) -> HttpResponseBase:
    """One of them, to be kept; never shown."""
    row = file_queries.file(request.user, id, seq, key)
    return attachment(file_queries.opened(row), name=row.taken_name, kind=magic.UNKNOWN)
