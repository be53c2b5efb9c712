"""The owner's set of reactions. What leaves it stays counted and shown, and is given no more."""

from typing import Any

from django.db import transaction

from accounts.access import doors
from accounts.models.people import User
from core import errors, options, reactions

KEY = "feed__reactions"


@transaction.atomic
def decide(*, actor: User, kinds: list[dict[str, Any]]) -> None:
    """The whole set, in its order. The first is what one press gives."""
    member = doors.access_office(actor, doors.SITE)
    options.decide(actor_id=member.pk, **{KEY: kinds})


@transaction.atomic
def add(*, actor: User, kind: str = "", emoji: str = "", name: str = "") -> None:
    """One more at the end: drawn by us, or the owner's own."""
    stored = _stored(actor)
    one = {"kind": kind} if kind else {"emoji": reactions.clean_emoji(emoji), "name": name}
    decide(actor=actor, kinds=[*stored, one])


@transaction.atomic
def take_out(*, actor: User, kind: str) -> None:
    """Doing it again changes nothing."""
    decide(actor=actor, kinds=[one for one in _stored(actor) if _key(one) != kind])


@transaction.atomic
def move_up(*, actor: User, kind: str) -> None:
    """One place nearer to the front; the first stays."""
    kinds = _stored(actor)
    place = next((place for place, one in enumerate(kinds) if _key(one) == kind), None)
    if place is None:
        raise errors.NotFound
    if place:
        kinds[place - 1 : place + 1] = [kinds[place], kinds[place - 1]]
        decide(actor=actor, kinds=kinds)


def _stored(actor: User) -> list[dict[str, str]]:
    doors.access_office(actor, doors.SITE)
    return [one.as_stored() for one in reactions.sure_kinds()]


def _key(one: dict[str, str]) -> str:
    return reactions.kind_of(one["emoji"]) if "emoji" in one else one["kind"]
