"""Muting people and words, until an hour, a day, a week has passed, or for ever. Nobody is told."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.access import mutes as mutes_access
from accounts.access import people as people_access
from accounts.models.mutes import WORD_LENGTH, WORDS_LIMIT, Mute, MutedWord, Span
from accounts.models.people import User
from core import errors, folding


@transaction.atomic
def mute(*, actor: User, person: int | str, span: str = Span.EVER) -> User:
    """What a member posts and says is not put before the actor any more. Muting again sets another end."""
    actor = people_access.access_member(actor)
    who = people_access.access_person(actor, person)
    if who.pk == actor.pk:
        raise errors.Invalid(_("You can always choose to be silent."))
    row = Mute(muter=actor, muted=who, until=mutes_access.end_of(span))
    Mute.objects.bulk_create([row], update_conflicts=True, unique_fields=["muter", "muted"], update_fields=["until"])
    return who


@transaction.atomic
def unmute(*, actor: User, person: int | str) -> None:
    """Doing it again changes nothing. Says nothing about members whom the actor does not mute."""
    actor = people_access.access_member(actor)
    people = people_access.by_reference(User.objects.all(), person)
    Mute.objects.filter(muter=actor, muted__in=people.values("pk")).delete()


@transaction.atomic
def mute_word(*, actor: User, phrase: str, span: str = Span.EVER) -> MutedWord:
    """Posts and comments of others with this word or phrase are not put before the actor any more. The same word again
    sets another end."""
    actor = people_access.access_member(actor)
    words, until = " ".join(phrase.replace("\x00", "").split()), mutes_access.end_of(span)
    folded = folding.needle(words)
    if not folded:
        raise errors.Invalid(_("Write a word or a phrase."), field="phrase")
    if len(words) > WORD_LENGTH or len(folded) > 4 * WORD_LENGTH:
        raise errors.Invalid(_("At most 100 characters, please."), field="phrase")
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)  # so that the number of words is right
    own = MutedWord.objects.filter(muter=actor)
    if own.exclude(folded=folded).count() >= WORDS_LIMIT:
        raise errors.Conflict(_("That are many words. Take some off the list first."), field="phrase")
    row, _made = own.update_or_create(
        muter=actor, folded=folded, defaults={"until": until}, create_defaults={"phrase": words, "until": until}
    )
    return row


@transaction.atomic
def unmute_word(*, actor: User, word_id: int) -> None:
    """Doing it again changes nothing."""
    actor = people_access.access_member(actor)
    if 0 < word_id < 2**63:
        MutedWord.objects.filter(muter=actor, pk=word_id).delete()


@transaction.atomic
def tidy() -> None:
    """Forgets mutes that have ended; nothing shows of them in any case."""
    for model in (Mute, MutedWord):
        model.objects.exclude(mutes_access.standing()).delete()
