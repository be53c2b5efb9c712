"""What posts and comments have in common when they are written."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models.relations import Audience
from core import errors, text


def words(given: str, limit: int) -> str:
    return text.clean(given, limit=limit)


def render(words: str) -> str:
    return text.render(words) if words else ""


def audience(given: str) -> str:
    if given not in Audience.values:
        raise errors.Invalid(_("Choose who may see this."), field="audience")
    return str(given)


def client(given: str | None) -> str | None:
    if given and (len(given) > 64 or "\0" in given):
        raise errors.Invalid(field="client_id")
    return given or None


def insert(row: Any) -> Any:
    """Inserts, or returns what the same author made with the same client_id before."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        earlier = type(row).objects.filter(author_id=row.author_id, client_id=row.client_id, client_id__isnull=False)
        found = earlier.select_related("author").first()
        if found is None:
            raise
        if found.deleted_at is not None:
            raise errors.Conflict(_("This has been deleted meanwhile."), field="client_id") from None
        return found
    return None
