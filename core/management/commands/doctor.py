"""`manage.py doctor`: checks every part end to end and says how to mend what fails."""

import asyncio
import json
import secrets
import shutil
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import redis
from channels.layers import get_channel_layer
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail import get_connection
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from core import checkup, chores, health, outbox
from core.checkup import Finding
from core.events import DoctorAsked
from core.models import Pulse

ANSWER_SECONDS = 15
BEAT_SECONDS = 90
MAINTENANCE_SECONDS = 300
LAG_SECONDS = 60
DISK_FREE = 0.1  # of the whole
CLOCK_SECONDS = 2.0
MIGRATE = "Run `manage.py migrate`."


class Command(BaseCommand):
    help = "Checks every part of the running site end to end. Exit code 1 when something fails."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for scripts")
        parser.add_argument(
            "--wait", type=float, default=ANSWER_SECONDS, help="seconds the worker has to answer (%(default)s)"
        )

    def handle(self, *args: Any, json: bool, wait: float, **options: Any) -> None:
        findings = []
        for finding in examine(wait):
            findings.append(finding)
            if not json:
                self.show(finding)
        if json:
            self.stdout.write(as_json(findings))
        failed = [finding for finding in findings if finding.level == "fail"]
        if not json:
            self.stdout.write(
                "Everything answers." if not failed else f"{len(failed)} of {len(findings)} parts need care."
            )
        if failed:
            sys.exit(1)

    def show(self, finding: Finding) -> None:
        styles = {"ok": self.style.SUCCESS, "warn": self.style.WARNING, "fail": self.style.ERROR}
        self.stdout.write(f"{styles[finding.level](f'{finding.level:4}')} {finding.part:16} {finding.says}")
        if finding.mend:
            self.stdout.write(f"     {'':16} -> {finding.mend}")
        self.stdout.flush()


def as_json(findings: list[Finding]) -> str:
    return json.dumps(
        {"ok": all(f.level != "fail" for f in findings), "parts": [asdict(f) for f in findings]}, indent=2
    )


def examine(wait: float) -> Iterator[Finding]:
    """All checks, in the order in which one failure explains the next."""
    first = database()
    yield first
    checks: list[Callable[[], Finding | Iterable[Finding]]] = [bus, channel_layer, mail, storage, disk, clock]
    if first.level == "ok":
        checks = [migrations, durability, *checks, partial(worker, wait), beat, partial(maintenance, wait)]
        checks += [log_lag, dead_letters, chores.findings, *checkup.parts]
    for check in checks:
        try:
            found = check()
            yield from [found] if isinstance(found, Finding) else found
        except DatabaseError as error:
            name = getattr(check, "func", check).__name__.replace("_", " ")
            full = "full" in str(error) or "No space" in str(error)
            says = "the disk is full" if full else f"the database refuses ({type(error).__name__})"
            yield Finding(name, "fail", says, "Make room on the database's disk." if full else MIGRATE)
    yield from unsafe_settings()


def database() -> Finding:
    part = health.database()
    if part.ok:
        return Finding("database", "ok", f"{part.says} answers")
    return Finding(
        "database", "fail", f"no answer ({part.says})", "Start it, check DATABASE_URL, run `manage.py migrate`."
    )


def migrations() -> Finding:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        return Finding("migrations", "fail", f"{len(missing)} are missing", MIGRATE)
    return Finding("migrations", "ok", "all applied")


def durability() -> Finding:
    """What is acknowledged must survive the power: the database writes through to disk before it says so."""
    if connection.vendor != "postgresql":
        return Finding("durability", "ok", "SQLite writes through to disk at every commit")
    off = []
    with connection.cursor() as cursor:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            cursor.execute(f"SHOW {name}")
            if cursor.fetchone()[0] == "off":
                off.append(name)
    if off:
        return Finding(
            "durability", "fail", f"{', '.join(off)} off", "Switch it on in PostgreSQL, or a crash loses messages."
        )
    return Finding("durability", "ok", "PostgreSQL writes through to disk at every commit")


def bus() -> Finding:
    part = health.bus()
    if part.ok:
        return Finding("bus", "ok", part.says)
    return Finding("bus", "fail", f"Redis does not answer ({part.says})", "Start Redis, check REDIS_URL.")


def channel_layer() -> Finding:
    async def round_trip() -> bool:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        nonce = secrets.token_hex(8)
        receiving = asyncio.create_task(layer.receive(channel))
        await asyncio.sleep(0.05)
        await layer.send(channel, {"type": "doctor", "nonce": nonce})
        return bool((await asyncio.wait_for(receiving, 5))["nonce"] == nonce)

    began = time.monotonic()
    try:
        good = asyncio.run(round_trip())
    except (redis.RedisError, OSError, TimeoutError) as error:
        return Finding("channel layer", "fail", f"no round trip ({type(error).__name__})", "Check Redis and REDIS_URL.")
    milliseconds = (time.monotonic() - began) * 1000
    return Finding("channel layer", "ok" if good else "fail", f"round trip in {milliseconds:.0f} ms")


def worker(wait: float) -> Finding:
    """A fact goes into the log, beat or a wake-up brings it to a worker, its handler answers."""
    nonce = secrets.token_hex(8)
    began = time.monotonic()
    with transaction.atomic():
        outbox.emit(DoctorAsked(nonce=nonce))
    while time.monotonic() - began < wait:
        if Pulse.objects.filter(name="doctor", detail=nonce).exists():
            return Finding("worker", "ok", f"did a task in {time.monotonic() - began:.1f} s")
        time.sleep(0.2)
    return Finding(
        "worker",
        "fail",
        f"no answer within {wait:g} s",
        "Start the worker (Procfile: worker), check CELERY_BROKER_URL; on the embedded site start it with `make up`.",
    )


def beat() -> Finding:
    pulse = Pulse.objects.filter(name="beat").first()
    mend = "Start beat (Procfile: beat); exactly one of it."
    if pulse is None:
        return Finding("beat", "fail", "has never ticked", mend)
    age = (timezone.now() - pulse.at).total_seconds()
    if age > BEAT_SECONDS:
        return Finding("beat", "fail", f"last tick {age:.0f} s ago", mend)
    return Finding("beat", "ok", f"last tick {age:.0f} s ago")


def maintenance(wait: float) -> Finding:
    """Whether somebody works on the queue of the clock's long jobs; right after a start that takes a moment."""
    began = time.monotonic()
    while (pulse := Pulse.objects.filter(name="maintenance").first()) is None and time.monotonic() - began < wait:
        time.sleep(0.2)
    mend = "Have a worker read the queue `maintenance` (Procfile: worker), and look at its log."
    if pulse is None:
        return Finding("maintenance", "fail", "nobody has ever done its work", mend)
    age = (timezone.now() - pulse.at).total_seconds()
    if age > MAINTENANCE_SECONDS:
        return Finding("maintenance", "fail", f"last done {age:.0f} s ago", mend)
    return Finding("maintenance", "ok", f"last done {age:.0f} s ago")


def log_lag() -> Finding:
    state = outbox.state()
    worst = max((lag["seconds"] for lag in state["lag"].values()), default=0.0)
    worst = max(worst, state["unnumbered_seconds"])
    says = f"{state['kept']} events kept, slowest subscriber {worst:.0f} s behind, {state['parked']} parked"
    if worst > LAG_SECONDS:
        return Finding(
            "event log", "fail", says, "More workers on the queue `events`, or look at the parked events in the admin."
        )
    return Finding("event log", "ok", says)


def dead_letters() -> Finding:
    dead = outbox.state()["dead"]
    if dead:
        return Finding(
            "dead letters", "warn", f"{dead} wait", "Look at them in the admin, then `manage.py replay_dead_letters`."
        )
    return Finding("dead letters", "ok", "none")


def mail() -> Finding:
    try:
        with get_connection() as backend:
            name = type(backend).__module__.rsplit(".", 1)[-1]
    except OSError as error:
        return Finding("mail", "fail", f"no connection ({type(error).__name__})", "Check EMAIL_URL.")
    if settings.EMAIL_BACKEND == "core.mail.KeptBackend":
        level = "ok" if settings.EMBEDDED else "warn"
        mend = "" if settings.EMBEDDED else "Set EMAIL_URL, so that mail leaves the machine."
        return Finding("mail", level, "printed and kept as files", mend)
    return Finding("mail", "ok", f"{name} answers")


def storage() -> Finding:
    body = secrets.token_bytes(64)
    name = ""
    try:
        name = default_storage.save("uploads/temp/doctor", ContentFile(body))
        with default_storage.open(name) as file:
            same = file.read() == body
    except Exception as error:  # supervisor: every storage has errors of its own
        return Finding(
            "storage", "fail", f"cannot be written ({type(error).__name__})", "Check STORAGE_URL and its rights."
        )
    finally:
        if name:
            default_storage.delete(name)
    return Finding(
        "storage", "ok" if same else "fail", "written, read back, removed" if same else "read back other bytes"
    )


def disk() -> Finding:
    """Earlier than /readyz, which looks whether it is full."""
    part, usage = health.disk(), shutil.disk_usage(settings.DATA_DIR)
    low = usage.free < DISK_FREE * usage.total and usage.free < 5 * 2**30
    if low or not part.ok:
        return Finding("disk", "fail", part.says, "Free space or move DATA_DIR.")
    return Finding("disk", "ok", part.says)


def clock() -> Finding:
    """Compares with the database's or Redis' clock, where there is another machine to compare with."""
    other: datetime | None = None
    try:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT clock_timestamp()")
                other = cursor.fetchone()[0]
        elif settings.REDIS_URL:
            seconds, micros = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2).time()
            other = datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=micros)
    except (DatabaseError, redis.RedisError) as error:
        return Finding("clock", "warn", f"nothing to compare with ({type(error).__name__})")
    if other is None:
        sane = datetime.now(UTC) > datetime(2026, 1, 1, tzinfo=UTC)
        return Finding("clock", "ok" if sane else "fail", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC")
    off = abs((datetime.now(UTC) - other).total_seconds())
    if off > CLOCK_SECONDS:
        return Finding(
            "clock", "fail", f"{off:.1f} s off the database's", "Run a time service (chrony, systemd-timesyncd)."
        )
    return Finding("clock", "ok", f"{off * 1000:.0f} ms off the database's")


def unsafe_settings() -> Iterator[Finding]:
    """What is fine at home and not in the open."""
    local = settings.SITE_URL.startswith(("http://localhost", "http://127.0.0.1"))
    found = False
    for wrong, says, mend in (
        (settings.DEBUG, "DEBUG is on", "Unset DEBUG: error pages would show the inside."),
        (not settings.HTTPS and not local, "SITE_URL is not https", "Serve it behind TLS and set SITE_URL=https://..."),
        ("*" in settings.ALLOWED_HOSTS, "ALLOWED_HOSTS allows every host", "Name the hosts."),
        (
            settings.HTTPS and settings.EMBEDDED,
            "open to the world on SQLite",
            "Fine for a club; see README for PostgreSQL.",
        ),
        (
            settings.HTTPS and not settings.TRUSTED_PROXIES and settings.HOST == "127.0.0.1",
            "TLS ends elsewhere, but TRUSTED_PROXIES is empty",
            "Name the proxy's address, or all visitors share one rate limit and plain HTTP is not sent on to HTTPS.",
        ),
    ):
        if wrong:
            found = True
            level = "fail" if says.startswith(("DEBUG", "SITE_URL", "ALLOWED")) and not local else "warn"
            yield Finding("settings", level, says, mend)
    if not found:
        yield Finding("settings", "ok", "nothing unsafe seen")
