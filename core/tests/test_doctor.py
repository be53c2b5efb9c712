"""`manage.py doctor`: what is broken, in a sentence that says how to mend it, and an exit code for scripts."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from typing import Any, NamedTuple

import pytest
from django.core.management import call_command
from django.db import OperationalError, ProgrammingError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from accounts import checkup
from accounts.models.archives import Export, Import
from accounts.models.life import Departure
from accounts.tests.factories import make_user
from core import health, outbox, tasks
from core.events import DoctorAsked
from core.management.commands import doctor
from core.models import Parked, Pulse, Subscriber

NOWHERE = "redis://127.0.0.1:1/0"


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ANSWER_SECONDS", 0.3)


@pytest.fixture
def _beat(db: None) -> None:
    for name in ("beat", "films", "maintenance"):
        Pulse.objects.create(name=name)


def said() -> tuple[int, dict[str, Any]]:
    """Exit code, and what --json says by part."""
    out, code = StringIO(), 0
    try:
        call_command("doctor", "--json", stdout=out)
    except SystemExit as ended:
        code = int(ended.code or 0)
    told = json.loads(out.getvalue())
    assert told["ok"] is (code == 0)
    return code, {part["part"]: part for part in told["parts"]}


def finding(check: Callable[[], doctor.Finding], level: str, says: str, mend: str = "") -> None:
    found = check()
    assert found.level == level
    assert says in found.says
    assert mend in found.mend
    assert bool(found.mend) is (level != "ok")


@pytest.fixture
def worker() -> Iterator[None]:
    """What a worker does, in a thread."""
    ended = threading.Event()

    def work() -> None:
        try:
            while not ended.wait(0.05):
                outbox.drain()
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    ended.set()
    thread.join(10)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_beat", "worker")
def test_all_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ANSWER_SECONDS", 20)
    code, parts = said()
    assert code == 0, parts
    assert {part["level"] for part in parts.values()} == {"ok"}
    assert parts["worker"]["says"].startswith("did a task in ")


@pytest.mark.django_db
@pytest.mark.usefixtures("_beat")
def test_the_report_for_people_names_the_part_and_the_remedy() -> None:
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", stdout=out)
    assert ended.value.code == 1
    assert "fail worker" in out.getvalue()
    assert "Start the worker (Procfile: worker)" in out.getvalue()
    assert re.search(r"^1 of \d+ parts need care\.$", out.getvalue(), re.M)


def test_without_a_database_the_rest_is_still_told(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """This test may not use the database: nothing that needs it is asked."""

    def gone() -> health.Part:
        return health.Part("database", ok=False, says="OperationalError")

    def clock_without() -> doctor.Finding:
        return doctor.Finding("clock", "ok", "")

    monkeypatch.setattr(health, "database", gone)
    monkeypatch.setattr(doctor, "clock", clock_without)
    code, parts = said()
    assert code == 1
    assert parts["database"]["says"] == "no answer (OperationalError)"
    assert "check DATABASE_URL" in parts["database"]["mend"]
    assert parts["storage"]["level"] == "ok"
    assert not {"migrations", "worker", "beat", "maintenance", "erasures", "event log"} & parts.keys()


def test_a_database_that_does_not_answer_is_a_part_that_is_not_well(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        def cursor(self) -> Any:
            raise OperationalError("with a password")

    monkeypatch.setattr(health, "connection", Gone())
    assert health.database() == health.Part("database", ok=False, says="OperationalError")


@pytest.mark.django_db
def test_missing_migrations() -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied("core", max(name for room, name in recorder.applied_migrations() if room == "core"))
    finding(doctor.migrations, "fail", "are missing", "manage.py migrate")


@pytest.mark.django_db
def test_a_table_that_is_missing_is_a_finding_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def log_lag() -> doctor.Finding:
        raise ProgrammingError("no such table")

    monkeypatch.setattr(doctor, "log_lag", log_lag)
    code, parts = said()
    assert code == 1
    assert parts["log lag"]["mend"] == "Run `manage.py migrate`."


@pytest.mark.django_db
@pytest.mark.usefixtures("_beat")
def test_a_full_disk_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    def emit(_event: Any) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(doctor.outbox, "emit", emit)
    code, parts = said()
    assert code == 1
    assert parts["worker"] | {"level": ""} == {
        "part": "worker",
        "level": "",
        "says": "the disk is full",
        "mend": "Make room on the database's disk.",
    }


def test_redis_away(settings: Any) -> None:
    settings.REDIS_URL = NOWHERE
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [NOWHERE]}}
    }
    finding(doctor.bus, "fail", "Redis does not answer (ConnectionError)", "check REDIS_URL")
    finding(doctor.channel_layer, "fail", "no round trip", "Check Redis and REDIS_URL")


@pytest.mark.redis
def test_redis_there(settings: Any, redis_url: str) -> None:
    settings.REDIS_URL = redis_url
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [redis_url], "prefix": "doctor-test"},
        }
    }
    finding(doctor.bus, "ok", "redis")
    finding(doctor.channel_layer, "ok", "round trip in ")


@pytest.mark.django_db(transaction=True)
def test_no_worker() -> None:
    finding(lambda: doctor.worker(0.3), "fail", "no answer within 0.3 s", "check CELERY_BROKER_URL")


@pytest.mark.django_db
def test_beat() -> None:
    finding(doctor.beat, "fail", "has never ticked", "exactly one of it")
    Pulse.objects.create(name="beat")
    finding(doctor.beat, "ok", "last tick 0 s ago")
    Pulse.objects.update(at=timezone.now() - timedelta(seconds=91))
    finding(doctor.beat, "fail", "last tick 91 s ago", "exactly one of it")


@pytest.mark.django_db
def test_a_queue_of_long_jobs_that_nobody_reads() -> None:
    finding(lambda: doctor.maintenance(0.3), "fail", "nobody has ever done its work", "the queue `maintenance`")
    tasks.upkeep()
    finding(lambda: doctor.maintenance(0), "ok", "last done 0 s ago")
    Pulse.objects.update(at=timezone.now() - timedelta(seconds=301))
    finding(lambda: doctor.maintenance(0), "fail", "last done 301 s ago", "look at its log")


@pytest.mark.django_db
def test_zips_whose_turn_does_not_come() -> None:
    finding(lambda: next(checkup.archives()), "ok", "no export or import waits")
    who = [make_user(f"person{number}") for number in range(3)]
    soon, long_ago = timezone.now() - timedelta(minutes=50), timezone.now() - timedelta(minutes=61)
    Export.objects.create(user=who[0], due_at=soon)
    finding(lambda: next(checkup.archives()), "ok", "no export or import waits")
    Export.objects.create(user=who[1], due_at=long_ago, state="working")
    Import.objects.create(user=who[2], due_at=long_ago)
    Import.objects.create(user=who[0], due_at=None, state="failed")
    finding(lambda: next(checkup.archives()), "fail", "2 exports or imports have waited", "another worker machine")


@pytest.mark.django_db
def test_members_whose_day_has_come_and_gone() -> None:
    for days in (30, 0):
        due_at = timezone.now() + timedelta(days=days)
        Departure.objects.create(user=make_user(), take_messages=False, due_at=due_at)
    finding(lambda: next(checkup.erasures()), "ok", "nobody is overdue")
    first = timezone.now() - timedelta(hours=30)
    for hours in (2, 30):
        due_at = timezone.now() - timedelta(hours=hours)
        Departure.objects.create(user=make_user(), take_messages=False, due_at=due_at)
    says = f"2 overdue, the first since {first:%Y-%m-%d %H:%M} UTC"
    finding(lambda: next(checkup.erasures()), "fail", says, "could not be erased")


@pytest.mark.django_db
@pytest.mark.usefixtures("_beat")
def test_what_the_clock_leaves_undone_is_a_part_that_fails() -> None:
    due_at = timezone.now() - timedelta(days=2)
    Departure.objects.create(user=make_user(), take_messages=False, due_at=due_at)
    Pulse.objects.filter(name="maintenance").update(at=timezone.now() - timedelta(hours=1))
    code, parts = said()
    assert code == 1
    assert (parts["maintenance"]["level"], parts["erasures"]["level"], parts["archives"]["level"]) == (
        "fail",
        "fail",
        "ok",
    )


@pytest.mark.django_db
def test_a_log_that_nobody_reads() -> None:
    with transaction.atomic():
        outbox.emit(DoctorAsked(nonce="x"))
    finding(doctor.log_lag, "ok", "slowest subscriber 0 s behind")
    outbox.Event.objects.update(created_at=timezone.now() - timedelta(seconds=61))
    finding(doctor.log_lag, "fail", "slowest subscriber 61 s behind", "More workers on the queue `events`")


@pytest.mark.django_db
def test_dead_letters() -> None:
    finding(doctor.dead_letters, "ok", "none")
    event = outbox.Event.objects.create(name="core.DoctorAsked", subject="doctor", number=1)
    subscriber = Subscriber.objects.create(name="t")
    Parked.objects.create(subscriber=subscriber, event=event, subject="doctor", dead=True)
    finding(doctor.dead_letters, "warn", "1 wait", "replay_dead_letters")


def test_mail(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 1, 2
    finding(doctor.mail, "fail", "no connection (ConnectionRefusedError)", "Check EMAIL_URL")
    settings.EMAIL_BACKEND = "core.mail.KeptBackend"
    settings.EMAIL_FILE_PATH = settings.DATA_DIR / "mail"
    settings.EMBEDDED = True
    finding(doctor.mail, "ok", "printed and kept as files")
    settings.EMBEDDED = False
    finding(doctor.mail, "warn", "printed and kept as files", "Set EMAIL_URL")


def test_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    finding(doctor.storage, "ok", "written, read back, removed")

    def read_only(*args: Any, **kwargs: Any) -> str:
        raise PermissionError

    monkeypatch.setattr(doctor.default_storage, "save", read_only)
    finding(doctor.storage, "fail", "cannot be written (PermissionError)", "Check STORAGE_URL and its rights")


def test_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: Usage(100 << 30, 99 << 30, 1 << 30))
    finding(doctor.disk, "fail", "1.0 of 100 GiB free", "Free space")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: Usage(1000 << 30, 950 << 30, 50 << 30))
    finding(doctor.disk, "ok", "50.0 of 1000 GiB free")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: Usage(5 << 30, 5 << 30, 1 << 20))
    assert health.disk().ok is False
    finding(doctor.disk, "fail", "0.0 of 5 GiB free", "Free space")


@pytest.mark.redis
def test_clock(settings: Any, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Other:
        vendor = "sqlite"

    monkeypatch.setattr(doctor, "connection", Other())
    settings.REDIS_URL = redis_url
    finding(doctor.clock, "ok", "ms off")

    class Late(doctor.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return super().now(tz) + timedelta(seconds=5)

    monkeypatch.setattr(doctor, "datetime", Late)
    finding(doctor.clock, "fail", "s off", "Run a time service")


@pytest.mark.parametrize(
    ("changes", "level", "says"),
    [
        ({"DEBUG": True}, "fail", "DEBUG is on"),
        ({"SITE_URL": "http://example.org", "HTTPS": False}, "fail", "SITE_URL is not https"),
        ({"ALLOWED_HOSTS": ["*"]}, "fail", "ALLOWED_HOSTS allows every host"),
        ({"EMBEDDED": True}, "warn", "open to the world on SQLite"),
        ({"HOST": "127.0.0.1", "TRUSTED_PROXIES": []}, "warn", "TLS ends elsewhere"),
    ],
)
def test_unsafe_settings(settings: Any, changes: dict[str, Any], level: str, says: str) -> None:
    good = {
        "DEBUG": False,
        "SITE_URL": "https://example.org",
        "HTTPS": True,
        "ALLOWED_HOSTS": ["example.org"],
        "EMBEDDED": False,
        "HOST": "127.0.0.1",
        "TRUSTED_PROXIES": ["10.0.0.1"],
    }
    for name, value in (good | changes).items():
        setattr(settings, name, value)
    (found,) = doctor.unsafe_settings()
    assert (found.level, found.part) == (level, "settings")
    assert says in found.says
    assert found.mend
    for name, value in good.items():
        setattr(settings, name, value)
    assert [found.says for found in doctor.unsafe_settings()] == ["nothing unsafe seen"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_database_that_forgets_is_found() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    try:
        finding = doctor.durability()
    finally:
        connection.close()
    assert finding.level == "fail"
    assert "synchronous_commit" in finding.says
