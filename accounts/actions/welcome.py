"""The first steps of a new member."""

from django.db import transaction

from accounts.models.people import User, Welcome

STEPS = list(Welcome)


@transaction.atomic
def finish_step(*, actor: User, step: str) -> str:
    """This step is done or skipped: the one to do now, empty at the end. What is done already stays done."""
    done = STEPS[: STEPS.index(Welcome(step)) + 1]
    after = STEPS[len(done)] if len(done) < len(STEPS) else ""
    User.objects.filter(pk=actor.pk, welcome__in=done).update(welcome=after)
    return User.objects.values_list("welcome", flat=True).get(pk=actor.pk)


@transaction.atomic
def finish_welcome(*, actor: User) -> None:
    """The steps are never shown again."""
    User.objects.filter(pk=actor.pk).update(welcome="")
