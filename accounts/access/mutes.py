"""What a member does not want to hear of. This hides nothing from anybody: it decides what is put before the muter
unasked (home, comments, lists, the rail, suggestions, live words). The end of a mute is obeyed by the query itself."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import StrIndex
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import people as people_access
from accounts.models.mutes import Mute, MutedWord, Span
from core import errors, folding, prepared

Matches = Callable[[str], bool]
SPANS = {Span.HOUR: timedelta(hours=1), Span.DAY: timedelta(days=1), Span.WEEK: timedelta(weeks=1)}


def end_of(span: str) -> datetime | None:
    """When a mute that begins now ends; None: never."""
    if span not in Span.values:
        raise errors.Invalid(_("Choose how long."), field="span")
    length = SPANS.get(Span(span))
    return None if length is None else timezone.now() + length


def standing() -> Q:
    """Mutes that have not ended."""
    return Q(until__isnull=True) | Q(until__gt=prepared.now())


def standing_mutes(viewer: people_access.Viewer) -> QuerySet[Mute]:
    return Mute.objects.filter(standing(), muter_id=people_access.viewer_id(viewer) or 0)


def standing_words(viewer: people_access.Viewer) -> QuerySet[MutedWord]:
    return MutedWord.objects.filter(standing(), muter_id=people_access.viewer_id(viewer) or 0)


def muted(viewer: people_access.Viewer, column: str = "author_id") -> Exists:
    """True for rows whose `column` is a member whom the viewer mutes now."""
    return Exists(standing_mutes(viewer).filter(muted_id=OuterRef(column)))


def muted_until(viewer: people_access.Viewer, column: str = "author_id") -> Subquery:
    """Until when the viewer mutes the member in `column`; empty: for ever, where `muted` is true."""
    return Subquery(standing_mutes(viewer).filter(muted_id=OuterRef(column)).values("until")[:1])


def muted_words(viewer: people_access.Viewer) -> Matches | None:
    """Says of a text whether it has a word that the viewer mutes now; None if there are no such words. One query."""
    me = people_access.viewer_id(viewer)
    if me is None:
        return None
    needles = prepared.rows(standing_words, viewer, [me], _folded, by="muter__pk")
    if not needles:
        return None

    def matches(text: str) -> bool:
        folded = folding.fold(text)
        return any(needle in folded for needle in needles)

    return matches


def _folded(words: QuerySet[MutedWord], _viewer: people_access.Viewer) -> QuerySet[MutedWord, str]:
    return words.values_list("folded", flat=True)


def deaf_to(*, author_id: int, text: str, column: str) -> Q:
    """Rows whose `column` is a member who mutes this author, or a word of this text, now: for telling many at once."""
    return deaf_to_person(author_id=author_id, column=column) | deaf_to_words(text=text, column=column)


def deaf_to_person(*, author_id: int, column: str) -> Q:
    return Q(Exists(Mute.objects.filter(standing(), muter_id=OuterRef(column), muted_id=author_id)))


def deaf_to_words(*, text: str, column: str) -> Q:
    found = StrIndex(Value(folding.fold(text), output_field=TextField()), F("folded"))
    return Q(
        Exists(MutedWord.objects.filter(standing(), muter_id=OuterRef(column)).alias(place=found).filter(place__gt=0))
    )
