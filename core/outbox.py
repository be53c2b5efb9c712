"""The sure lane: an append-only log of facts, numbered after commit and delivered to every subscriber in order.

`emit` writes the fact in the action's own transaction. The dispatcher numbers what is committed; each subscriber
reads on from its own position in batches, and its position moves in the same transaction as its writes: effects
inside happen once. A failing event is parked, later ones of its subject wait behind it, other subjects go on. Who
takes many gets a whole batch in one call; where that fails, each event alone.
"""

import dataclasses
import json
import logging
import traceback
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any, TypeVar, dataclass_transform

from django.db import connection, transaction
from django.db.models import F, Max, Min, Q, Subquery
from django.utils import timezone

from core import prepared, wake
from core.models import Event, Head, Parked, Subscriber

log = logging.getLogger(__name__)

BATCH = 50
MANY = 500  # events a batch for who takes many
NUMBERED_AT_ONCE = 1000
BACK_OFF = (5, 30, 120, 600, 3600)  # seconds before the 2nd, 3rd, ... attempt; then it is a dead letter
KEPT = timedelta(days=7)

Fact = TypeVar("Fact")
Handler = Callable[[Any], None]


@dataclasses.dataclass(frozen=True)
class Kind:
    """What the log knows about one class of facts."""

    name: str
    subject: str
    fact: type


@dataclasses.dataclass(frozen=True)
class Subscription:
    name: str
    handler: Handler
    kinds: tuple[str, ...]
    takes_many: bool = False

    @property
    def batch(self) -> int:
        return MANY if self.takes_many else BATCH


kinds: dict[str, Kind] = {}
subscriptions: dict[str, Subscription] = {}
_by_class: dict[type, Kind] = {}


@dataclass_transform(frozen_default=True, kw_only_default=True)
def event(*, subject: str) -> Callable[[type[Fact]], type[Fact]]:
    """Declares a fact: a frozen dataclass of ids and plain values. `subject` is a format such as "post:{post_id}"."""

    def declare(cls: type[Fact]) -> type[Fact]:
        made = dataclasses.dataclass(frozen=True, kw_only=True)(cls)
        kind = Kind(name=f"{cls.__module__.split('.')[0]}.{cls.__name__}", subject=subject, fact=made)
        if kind.name in kinds:
            raise TypeError(f"{kind.name} is declared twice")
        kinds[kind.name] = _by_class[made] = kind
        return made

    return declare


def subscribes(*facts: type, name: str, many: bool = False) -> Callable[[Handler], Handler]:
    """Registers a handler under a name that never changes, because its position in the log is kept under it. `many`: it
    takes a list of facts."""

    def register(handler: Handler) -> Handler:
        if name in subscriptions:
            raise TypeError(f"subscriber {name} is registered twice")
        subscriptions[name] = Subscription(name, handler, tuple(_by_class[fact].name for fact in facts), many)
        return handler

    return register


def emit(fact: object) -> None:
    """Appends a fact. Call it inside the action's transaction, after the subject's row is locked or inserted."""
    emit_all((fact,))


def emit_all(facts: Iterable[object]) -> None:
    """Appends several facts in one statement, in this order."""
    if rows := list(facts):
        prepared.execute(*emitting(rows))


def emitting(facts: Sequence[object]) -> prepared.Statement:
    """The statement that appends these facts, for an action that says it together with others of its own."""
    if not connection.in_atomic_block:
        raise RuntimeError("emit() belongs inside the transaction of an action")
    rows = []
    now = timezone.now()
    for fact in facts:
        kind = _by_class[type(fact)]
        data = dataclasses.asdict(fact)  # type: ignore[call-overload]
        rows.append((kind.name, kind.subject.format(**data), json.dumps(data), now))
    wake.after_commit("core.dispatch")
    return prepared.text(APPEND, APPENDED), APPENDED.values(rows)


APPENDED = prepared.Given("appended", name="text", subject="text", data="jsonb", created_at="timestamptz")
APPEND = "INSERT INTO core_event (name, subject, data, created_at) SELECT * FROM [appended]"


def fact_of(row: Event) -> Any:
    """The dataclass of a row; fields that newer code no longer has are dropped."""
    kind = kinds[row.name]
    known = {field.name for field in dataclasses.fields(kind.fact)}
    return kind.fact(**{key: value for key, value in row.data.items() if key in known})


# -- Numbering --------------------------------------------------------------------------------------------------------


def number_events() -> int:
    """Gives committed rows without a number their place, by id; returns how many. One dispatcher at a time.

    Rows of one subject are inserted under the subject's lock, so whoever sees the later one sees the earlier one too,
    and ids give their order. A transaction that is still open is simply not seen yet, and is numbered when it is.
    """
    with transaction.atomic():
        head = _locked_head()
        _enrol(head.number)
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE core_event SET number = fresh.place + %s
                FROM (SELECT id AS fresh_id, ROW_NUMBER() OVER (ORDER BY id) AS place FROM core_event
                      WHERE number IS NULL ORDER BY id LIMIT %s) AS fresh
                WHERE core_event.id = fresh.fresh_id RETURNING core_event.name
                """,
                [head.number, NUMBERED_AT_ONCE],
            )
            names = [name for (name,) in cursor.fetchall()]
        if names:
            Head.objects.filter(pk=1).update(number=F("number") + len(names))
            _pass_over(head.number, len(names), set(names))
    return len(names)


def _pass_over(head: int, count: int, names: set[str]) -> None:
    """Whoever has read all before, and reads nothing of what came, is past it without a task of their own."""
    if not names <= kinds.keys():  # newer code runs beside, whose subscribers this process does not know
        return
    idle = [one.name for one in subscriptions.values() if names.isdisjoint(one.kinds)]
    free = Subscriber.objects.select_for_update(skip_locked=True).filter(name__in=idle, position=head)
    past = list(free.order_by("pk").values_list("pk", flat=True))
    Subscriber.objects.filter(pk__in=past).update(position=head + count, moved_at=timezone.now())


def _locked_head() -> Head:
    head = Head.objects.select_for_update().filter(pk=1).first()
    if head is None:
        Head.objects.bulk_create([Head(pk=1)], ignore_conflicts=True)
        head = Head.objects.select_for_update().get(pk=1)
    return head


def _enrol(position: int) -> None:
    """New subscribers begin at the head as it was before this batch, so they miss nothing that comes from now on."""
    known = set(Subscriber.objects.values_list("name", flat=True))
    Subscriber.objects.bulk_create(
        [Subscriber(name=name, position=position) for name in subscriptions if name not in known],
        ignore_conflicts=True,
    )


def behind() -> list[str]:
    """Subscribers that have something to read, or a parked event that is due."""
    head = Head.objects.filter(pk=1).values_list("number", flat=True).first() or 0
    due = Parked.objects.filter(dead=False, due_at__lte=timezone.now()).values("subscriber_id")
    rows = Subscriber.objects.filter(Q(position__lt=head) | Q(pk__in=due), name__in=list(subscriptions))
    return list(rows.order_by("name").values_list("name", flat=True))


def is_behind(name: str) -> bool:
    """Whether this subscriber has something to read."""
    return Subscriber.objects.filter(name=name, position__lt=Subquery(Head.objects.values("number")[:1])).exists()


# -- Delivery ---------------------------------------------------------------------------------------------------------


def deliver(name: str) -> int | None:
    """Reads the next batch for one subscriber; returns how far its position moved (0: nothing is left), or None when
    another worker is at it: waiting for a slow subscriber would use up the workers of all."""
    subscription = subscriptions[name]
    with transaction.atomic():
        subscriber = Subscriber.objects.select_for_update(skip_locked=True).filter(name=name).first()
        if subscriber is None:
            return None
        head = Head.objects.get(pk=1).number
        batch = list(
            Event.objects.filter(
                number__gt=subscriber.position, number__lte=head, name__in=subscription.kinds
            ).order_by("number")[: subscription.batch]
        )
        blocked = set(
            Parked.objects.filter(subscriber=subscriber, subject__in={row.subject for row in batch}).values_list(
                "subject", flat=True
            )
        )
        free = [row for row in batch if row.subject not in blocked]
        is_done = subscription.takes_many and bool(free) and _run(subscription, free) is None
        for row in batch:
            if row.subject in blocked:
                Parked.objects.create(subscriber=subscriber, event=row, subject=row.subject)
            elif not is_done and (error := _run(subscription, [row])) is not None:
                blocked.add(row.subject)
                Parked.objects.create(
                    subscriber=subscriber, event=row, subject=row.subject, attempts=1, error=error, due_at=_due(1)
                )
        reached = int(batch[-1].number or 0) if len(batch) == subscription.batch else head
        moved = reached - subscriber.position
        if moved:
            Subscriber.objects.filter(pk=subscriber.pk).update(position=reached, moved_at=timezone.now())
    return moved


def retry(name: str) -> int:
    """Tries the due parked events of one subscriber, each with those behind it; returns how many went through."""
    subscription = subscriptions[name]
    done = 0
    with transaction.atomic():
        subscriber = Subscriber.objects.select_for_update(skip_locked=True).filter(name=name).first()
        if subscriber is None:
            return 0
        due = Parked.objects.filter(subscriber=subscriber, dead=False, due_at__lte=timezone.now())
        for first in list(due.order_by("due_at")[:BATCH]):
            waiting = Parked.objects.filter(subscriber=subscriber, subject=first.subject).select_related("event")
            for row in list(waiting.order_by("event__number")[:BATCH]):
                error = _run(subscription, [row.event])
                if error is not None:
                    _fail(row, error)
                    break
                row.delete()
                done += 1
            else:
                _next_in_line(subscriber, first.subject)
    return done


def _run(subscription: Subscription, rows: list[Event]) -> str | None:
    """Runs the handler in a savepoint; returns kind and place of a failure, never the data that caused it. Several rows
    only for who takes many."""
    facts = [fact_of(row) for row in rows]
    try:
        with transaction.atomic():
            subscription.handler(facts if subscription.takes_many else facts[0])
    except Exception as error:  # supervisor: recorded, parked, retried
        place = traceback.extract_tb(error.__traceback__)[-1]
        log.warning("%s failed on event %s (%s)", subscription.name, rows[0].number, type(error).__name__)
        return f"{type(error).__name__} at {place.filename.rsplit('/', 1)[-1]}:{place.lineno}"[:200]
    return None


def _fail(row: Parked, error: str) -> None:
    row.attempts += 1
    row.error = error
    row.due_at = _due(row.attempts)
    row.dead = row.due_at is None
    row.save(update_fields=["attempts", "error", "due_at", "dead"])


def _due(attempts: int) -> Any:
    if attempts > len(BACK_OFF):
        return None
    return timezone.now() + timedelta(seconds=BACK_OFF[attempts - 1])


def _next_in_line(subscriber: Subscriber, subject: str) -> None:
    """The first of what still waits for this subject is due now."""
    first = Parked.objects.filter(subscriber=subscriber, subject=subject).order_by("event__number").first()
    if first is not None:
        Parked.objects.filter(pk=first.pk).update(due_at=timezone.now(), dead=False)


# -- Dead letters -----------------------------------------------------------------------------------------------------


def replay(*, subscriber: str | None = None, subjects: Iterable[str] | None = None) -> int:
    """Makes dead letters due again, in order, with all attempts before them; returns how many subjects."""
    with transaction.atomic():
        dead = Parked.objects.filter(dead=True)
        if subscriber is not None:
            dead = dead.filter(subscriber__name=subscriber)
        if subjects is not None:
            dead = dead.filter(subject__in=list(subjects))
        count: int = dead.update(dead=False, attempts=0, due_at=timezone.now())
        wake.after_commit("core.dispatch")
    return count


def discard(parked_id: int) -> None:
    """Gives one parked event up for good; what waits behind it goes on."""
    with transaction.atomic():
        row = Parked.objects.select_related("subscriber").get(pk=parked_id)
        Subscriber.objects.select_for_update().get(pk=row.subscriber_id)
        row.delete()
        _next_in_line(row.subscriber, row.subject)
        wake.after_commit("core.dispatch")


# -- Housekeeping -----------------------------------------------------------------------------------------------------


def prune(*, at_once: int = 5000) -> int:
    """Deletes events that every subscriber has passed and that are older than 7 days; returns how many."""
    passed = Subscriber.objects.filter(name__in=list(subscriptions)).aggregate(least=Min("position"))["least"]
    if passed is None:
        return 0
    old = Event.objects.filter(number__lte=passed, created_at__lt=timezone.now() - KEPT, parked__isnull=True)
    count, _by_model = Event.objects.filter(
        pk__in=list(old.order_by("number").values_list("pk", flat=True)[:at_once])
    ).delete()
    return count


def state() -> dict[str, Any]:
    """Size, age and lag of the log, for doctor and metrics. Ages are in seconds."""
    now = timezone.now()
    head = Head.objects.filter(pk=1).values_list("number", flat=True).first() or 0
    unnumbered = Event.objects.filter(number__isnull=True).aggregate(oldest=Min("created_at"))
    lags = {}
    for row in Subscriber.objects.filter(name__in=list(subscriptions)):
        kinds_read = subscriptions[row.name].kinds
        oldest = (
            Event.objects.filter(number__gt=row.position, name__in=kinds_read)
            .order_by("number")
            .values_list("created_at", flat=True)
            .first()
        )
        lags[row.name] = {"events": head - row.position, "seconds": _age(oldest, now)}
    return {
        "head": head,
        "kept": head - (Event.objects.aggregate(first=Min("number"))["first"] or head),
        "unnumbered_seconds": _age(unnumbered["oldest"], now),
        "last_event_at": Event.objects.aggregate(last=Max("created_at"))["last"],
        "lag": lags,
        "parked": Parked.objects.filter(dead=False).count(),
        "dead": Parked.objects.filter(dead=True).count(),
    }


def _age(moment: Any, now: Any) -> float:
    return round((now - moment).total_seconds(), 1) if moment else 0.0


def drain() -> None:
    """Numbers and delivers all there is, here and now; for commands and tests, where no worker runs."""
    while number_events():
        pass
    for name in subscriptions:
        while deliver(name):
            pass
        retry(name)
