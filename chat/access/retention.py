"""How long the site keeps what is said, the owner's to decide."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import errors, options

DAYS = {  # what may be chosen
    0: _("For ever"),
    30: _("30 days"),
    90: _("90 days"),
    180: _("Half a year"),
    365: _("A year"),
    730: _("Two years"),
    1825: _("Five years"),
}


def _clean(given: Any) -> int:
    if isinstance(given, bool) or given not in DAYS:
        raise errors.Invalid(_("Choose one of these."))
    return int(given)


KEPT_DAYS = options.declare(options.Option("chat.kept_days", 0, _clean))


def oldest() -> datetime | None:
    """What is older is deleted; None: nothing is."""
    days = options.sure(KEPT_DAYS)
    return timezone.now() - timedelta(days=days) if days else None
