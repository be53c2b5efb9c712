"""Parts of actions: what can be chosen in a poll."""

from collections.abc import Sequence

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from core import errors
from feed.actions import writing
from feed.models.polls import CHOICE_LIMIT, CHOICES_LEAST, CHOICES_MOST, LONGEST, Poll


def clean(given: Sequence[str]) -> list[str]:
    choices = [writing.line(one, CHOICE_LIMIT, field="poll") for one in given]
    if not CHOICES_LEAST <= len(choices) <= CHOICES_MOST or not all(choices):
        raise errors.Invalid(_("A poll has two to ten choices, none of them empty."), field="poll")
    if len({one.casefold() for one in choices}) < len(choices):
        raise errors.Invalid(_("Two of these choices are the same."), field="poll")
    return choices


def brought(given: object) -> Poll | None:
    """The poll of a post from elsewhere, before its post is there. A file can say anything: nobody here has voted."""
    row = given if isinstance(given, dict) else {}
    listed = row.get("choices")
    texts = [one.get("text") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    try:
        choices = clean([one for one in texts if isinstance(one, str)])
        ends_at = parse_datetime(str(row.get("ends_at")))
    except (errors.Invalid, ValueError):
        return None
    if ends_at is not None:
        ends_at = None if timezone.is_naive(ends_at) else min(ends_at, timezone.now() + LONGEST)
    is_multiple = row.get("is_multiple") is True
    return Poll(choices=choices, votes=[0] * len(choices), is_multiple=is_multiple, ends_at=ends_at)
