"""Parts of actions: what posts and comments have in common when they are written."""

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models.people import User
from accounts.models.relations import Audience
from core import errors, text
from feed.models.posts import ALT_LIMIT

DISCARD_AFTER = timedelta(seconds=35)  # pictures of what is deleted, which can then no longer be taken back
LOOKED_AFTER = timedelta(days=7)  # so long the clock looks every few minutes, and then once a day
BATCH = 200


def words(given: str, limit: int) -> str:
    return text.clean(given, limit=limit)


def line(given: str, limit: int, *, field: str) -> str:
    """Plain words on one line."""
    return " ".join(text.clean(given, limit=limit, field=field).split())


def render(words: str) -> str:
    return text.render(words) if words else ""


def alt(given: str) -> str:
    return text.clean(given, limit=ALT_LIMIT, field="alt")


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


def gone(deleted_at: str, *, ever: bool) -> Q:
    """What can no longer be taken back: of what was deleted lately, for all that ever was is too much to look at each
    time; or of that. `deleted_at` names the column."""
    now = timezone.now()
    over = Q((f"{deleted_at}__lt", now - DISCARD_AFTER))
    return over if ever else over & Q((f"{deleted_at}__gt", now - LOOKED_AFTER))


def change_posts_count(user_id: int, step: int) -> None:
    """The one column of a member that this room keeps; `accounts` gives it to us by its registry of recounts."""
    User.objects.filter(pk=user_id).update(posts_count=stepped("posts_count", step))


def stepped(column: str, step: int) -> Greatest:
    """A count that is wrong already (rows written by hand) must not keep anybody from deleting."""
    return Greatest(F(column) + step, 0)
