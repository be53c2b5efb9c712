"""Videos and sounds from the file to what is shown: step by step, killed at each, with storage and disk in trouble."""

import errno
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from core import errors, realtime, wake
from core.models import Pulse
from core.storage import Away
from uploads import checkup, child, lanes, queries, reasons, storage, tasks
from uploads.actions import attempts, films, preparing, receiving, sweeps, using
from uploads.models import Stored, Upload
from uploads.tests import factories
from uploads.tests import films as made_films

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _films(_purpose):
    from uploads import registry

    registry.register(factories.PURPOSE, visible=lambda viewer, uploads: uploads, films=True)


@pytest.fixture
def pushed(monkeypatch):
    heard = []
    monkeypatch.setattr(realtime, "push", lambda group, said: heard.append((group, said.type, said)))
    return heard


def receive(owner, file=None, **options):
    file = file or made_films.made(size=(960, 540), seconds=0.5)
    return receiving.receive_upload(actor=owner, purpose=factories.PURPOSE, file=file, name="a.mp4", **options)


def due_again():
    Upload.objects.filter(due_at__isnull=False).update(due_at=timezone.now() - timedelta(seconds=1))


def process(upload):
    due_again()
    return preparing.process_upload(upload_id=upload.pk)


def names(files, folder=""):
    folders, found = files.listdir(folder)
    inner = {f"{one}/{name}" for one in folders for name in names(files, f"{folder}/{one}".lstrip("/"))}
    return inner | set(found)


def test_a_video_becomes_ready(owner, files, pushed):
    upload = receive(owner)
    assert (upload.state, upload.medium) == ("received", "video")
    done = process(upload)
    assert (done.state, done.reason, done.progress) == ("ready", "", 100)
    assert (done.width, done.height, done.codec) == (960, 540, "h264, aac")
    assert 400 <= done.duration <= 700
    assert {name: (one["w"], one["h"]) for name, one in done.renditions.items()} == {
        "480p": (854, 480),
        "720p": (960, 540),
    }
    assert set(done.variants) == {"320", "640", "1280"}
    assert [one["width"] for one in done.sources] == [960, 854]
    assert done.poster_url
    assert names(files) == {f"processed/images/{done.key}/{name}.{storage.ending(name)}" for name in kept_of(done)}
    assert pushed[-1][:2] == (f"user:{owner.pk}", "upload.ready")
    told = [payload.progress for _group, kind, payload in pushed if kind == "upload.progress"]
    assert told == sorted(told)
    assert told[0] > 0


def kept_of(upload):
    return {*upload.variants, *upload.renditions}


def test_a_small_video_is_made_once(owner, files):
    done = process(receive(owner, made_films.made(size=(320, 180), seconds=0.3)))
    assert set(done.renditions) == {"480p"}


def test_a_sound_becomes_ready(owner, files):
    done = process(receive(owner, made_films.made("mp3", codec="", sound="libmp3lame")))
    assert (done.state, done.medium, done.width, done.variants) == ("ready", "audio", 0, {})
    assert [one["type"] for one in done.sources] == ["audio/mp4"]
    assert (done.src, done.srcset, done.poster_url) == ("", "", "")


def test_a_sound_in_a_film_is_a_sound(owner, files):
    """What a browser has recorded: only preparing shows that there is nothing to see."""
    upload = receive(owner, made_films.made("webm", codec="", sound="libopus"))
    assert upload.medium == "video"
    assert process(upload).medium == "audio"


STEPS = [
    ("uploads.storage", "fetch", 1),
    ("uploads.child", "step", 1),  # probe
    ("uploads.child", "step", 2),  # poster
    ("uploads.child", "run", 1),
    ("uploads.storage", "keep", 1),
    ("uploads.storage", "keep", 3),
    ("uploads.child", "step", 3),  # the small one
    ("uploads.storage", "keep", 4),
    ("uploads.child", "step", 4),  # the large one
    ("uploads.storage", "keep", 5),
    ("uploads.actions.attempts", "done", 1),
    ("uploads.storage", "drop_originals", 1),
]


# In the middle, where the most is there already; all of them in `make test`.
@pytest.mark.parametrize(
    ("module", "name", "turn"),
    [pytest.param(*step, marks=[] if step == ("uploads.storage", "keep", 4) else pytest.mark.slow) for step in STEPS],
)
def test_killed_at_each_step_the_next_attempt_goes_on(owner, files, pushed, monkeypatch, module, name, turn):
    """Nobody sees anything half done meanwhile, and nothing is left over at the end."""
    from importlib import import_module

    upload, calls = receive(owner), []
    place = import_module(module)
    real = getattr(place, name)

    def deadly(*args, **options):
        calls.append(args)
        if len(calls) == turn:
            raise SystemExit  # no handler of ours catches it, like a kill
        return real(*args, **options)

    monkeypatch.setattr(place, name, deadly)
    with pytest.raises(SystemExit):
        preparing.process_upload(upload_id=upload.pk)
    left = Upload.objects.get()
    if name != "drop_originals":  # after the last one everything is there
        assert left.state == "processing"
        assert (left.url(), left.sources, left.srcset) == ("", [], "")
        with pytest.raises(errors.Conflict):
            using.attach_uploads(actor=owner, keys=[upload.key], purpose=factories.PURPOSE, limit=1)
    steps = []
    real_step = child.step
    monkeypatch.setattr(child, "step", lambda folder, name, **job: steps.append(name) or real_step(folder, name, **job))
    if left.state == "processing":
        assert process(upload).state == "ready"
        assert not set(left.renditions) & set(steps), "what was noted is not made again"
    sweeps.sweep_originals()
    done = Upload.objects.get()
    assert set(done.renditions) == {"480p", "720p"}
    assert names(files) == {f"processed/images/{done.key}/{name}.{storage.ending(name)}" for name in kept_of(done)}
    assert Stored.objects.get().due_at is None


@pytest.mark.parametrize("turn", [1, 3, 5])
def test_deleted_while_it_is_prepared(owner, files, monkeypatch, turn):
    upload, calls, real = receive(owner), [], storage.keep

    def keep(*args):
        calls.append(args)
        real(*args)
        if len(calls) == turn:
            using.delete_upload(actor=owner, key=upload.key)

    monkeypatch.setattr(storage, "keep", keep)
    preparing.process_upload(upload_id=upload.pk)
    assert not Upload.objects.exists()
    Stored.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    sweeps.remove_due_files()
    assert (names(files), Stored.objects.count()) == (set(), 0)


@pytest.mark.parametrize(
    ("trouble", "reason", "words"),
    [
        (Away("EndpointConnectionError"), reasons.AWAY, "does not answer"),
        pytest.param(OSError(errno.EIO, "disk"), reasons.AWAY, "does not answer", marks=pytest.mark.slow),
        pytest.param(OSError(errno.ENOSPC, "full"), reasons.FULL, "no room", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("name", ["fetch", "keep"])
def test_storage_away_or_full_is_tried_three_times_and_then_told(
    owner, files, pushed, monkeypatch, name, trouble, reason, words
):
    upload, real = receive(owner), getattr(storage, name)

    def fail(*args):
        raise trouble

    monkeypatch.setattr(storage, name, fail)
    for attempt in (1, 2):
        before = timezone.now()
        left = process(upload)
        assert (left.state, left.reason, left.attempts) == ("received", reason, attempt)
        assert left.due_at > before + attempts.BACK_OFF[attempt - 1] - timedelta(seconds=2)
    failed = process(upload)
    assert (failed.state, failed.can_retry) == ("failed", True)
    assert words in str(failed.trouble)
    assert pushed[-1][1] == "upload.failed"
    monkeypatch.setattr(storage, name, real)
    again = preparing.retry_own_upload(actor=owner, key=upload.key)
    assert (again.state, again.attempts, again.progress) == ("received", 0, 0)
    assert process(upload).is_ready


def test_only_its_owner_tries_again_and_only_where_it_may_help(owner, stranger, files):
    upload = receive(owner, factories.cut(made_films.made(seconds=2), 0.3))
    failed = process(upload)
    assert (failed.state, failed.reason, failed.can_retry) == ("failed", reasons.BROKEN, False)
    with pytest.raises(errors.NotFound):
        preparing.retry_own_upload(actor=stranger, key=upload.key)
    with pytest.raises(errors.Conflict):
        preparing.retry_own_upload(actor=owner, key=upload.key)
    assert Upload.objects.get().state == "failed"


def test_a_claim_lasts_as_long_as_the_work(owner, files, monkeypatch):
    """However long a step takes, nobody else begins; who has lost the claim stops and writes nothing."""
    upload = receive(owner)
    monkeypatch.setattr(films, "NOTE_SECONDS", 0)
    monkeypatch.setattr(child, "TICK_SECONDS", 0.01)
    seen = []
    real = films.Attempt.note

    def note(attempt, **changes):
        before = Upload.objects.get().due_at
        real(attempt, **changes)
        seen.append(Upload.objects.get().due_at > before)

    monkeypatch.setattr(films.Attempt, "note", note)
    assert preparing.process_upload(upload_id=upload.pk).is_ready
    assert len(seen) > 4
    assert all(seen)

    second = receive(owner)

    def stolen(attempt, **changes):
        Upload.objects.filter(pk=second.pk).update(due_at=timezone.now() + timedelta(hours=1))
        real(attempt, **changes)

    monkeypatch.setattr(films.Attempt, "note", stolen)
    left = preparing.process_upload(upload_id=second.pk)
    assert (left.state, left.renditions) == ("processing", {})


def test_films_have_a_lane_of_their_own(owner, files, monkeypatch):
    woken = []
    monkeypatch.setattr(wake, "after_commit", lambda task, argument="": woken.append((task, argument)))
    film = receive(owner)
    picture = receiving.receive_upload(actor=owner, purpose=factories.PURPOSE, file=factories.png())
    assert woken == [("uploads.film", str(film.pk)), ("uploads.process", str(picture.pk))]
    assert queries.due_upload_ids(lanes.FILMS) == [film.pk]
    assert queries.due_upload_ids(lanes.PICTURES) == [picture.pk]
    tasks.note_films()
    now = []
    monkeypatch.setattr(wake, "now", lambda task, argument="": now.append((task, argument)))
    due_again()
    Upload.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    tasks.sweep()
    assert sorted(now) == sorted(woken)


def test_every_queue_has_somebody_who_works_on_it():
    from pathlib import Path

    from django.conf import settings

    from socialsite import embedded

    lines = Path(settings.BASE_DIR, "Procfile").read_text()
    queues = {
        name for line in lines.splitlines() if " -Q " in line for name in line.split(" -Q ")[1].split()[0].split(",")
    }
    for lane in (lanes.PICTURES, lanes.FILMS):
        assert lane.queue in queues
        assert lane.queue in embedded.QUEUES


def test_doctor_knows_whether_somebody_works_on_films(owner, files, monkeypatch):
    def level():
        [finding] = checkup.films()
        assert finding.level == "ok" or "Procfile: films" in finding.mend
        return finding.level

    woken = []
    monkeypatch.setattr(wake, "now", lambda task, *words: woken.append(task))
    assert level() == "warn"
    tasks.sweep()
    assert woken == ["uploads.note_films"]
    tasks.note_films()
    tasks.sweep()
    assert (level(), len(woken)) == ("ok", 1)
    Pulse.objects.update(at=timezone.now() - checkup.LATE * 2)
    assert level() == "fail"
    upload = receive(owner)
    Upload.objects.update(state="processing", due_at=timezone.now() + timedelta(minutes=1))
    assert level() == "ok", "it is at one, and answers afterwards"
    Upload.objects.update(state="received", due_at=timezone.now() - timedelta(hours=1))
    Pulse.objects.all().delete()
    assert level() == "fail", f"{upload} waits"


def test_forms_do_not_wait_for_films(owner, files):
    """The plain form hands it to a worker, and says how far that is until it can be posted."""
    given = {"actor": owner, "purpose": factories.PURPOSE, "file": made_films.made(seconds=0.3)}
    upload = receiving.receive_ready_upload(**given)
    assert upload.state == "received"
    with pytest.raises(errors.Conflict, match="still being prepared"):
        using.attach_uploads(actor=owner, keys=[upload.key], purpose=factories.PURPOSE, limit=10)


def test_limits_and_purposes(owner, files, settings):
    from uploads import registry

    settings.MAX_IMAGE_BYTES, settings.MAX_VIDEO_BYTES = 2000, 60_000
    assert receive(owner, made_films.made(seconds=0.2)).bytes > 2000
    settings.MAX_VIDEO_BYTES = 2000
    with pytest.raises(errors.TooLarge):
        receive(owner)
    registry.register("avatar", visible=lambda viewer, uploads: uploads)
    with pytest.raises(errors.Invalid, match="not a picture"):
        receiving.receive_upload(
            actor=owner, purpose="avatar", file=made_films.made("mp3", codec="", sound="libmp3lame", seconds=0.1)
        )
    settings.MAX_VIDEO_BYTES, settings.MAX_VIDEO_SECONDS = 10**7, 1
    done = process(receive(owner, made_films.made(seconds=3)))
    assert (done.state, done.reason) == ("failed", reasons.TOO_LONG)


@pytest.mark.slow
def test_a_worker_killed_with_its_child_leaves_neither(owner, files, tmp_path):
    """For real: the process that waits is killed in the middle of a step, and its child goes with it."""
    import os
    import signal
    import subprocess
    import sys
    import time

    (tmp_path / "original").write_bytes(made_films.made(seconds=20, size=(1280, 720), fps=30, sound="").getvalue())
    code = (
        "import sys, pathlib\n"
        "from uploads import child\n"
        f"folder, given = pathlib.Path({str(tmp_path)!r}), dict(kind='video/mp4', max_seconds=60, max_pixels=10**8)\n"
        "facts = child.step(folder, 'probe', told=lambda percent: None, **given)\n"
        "child.step(folder, '720p', told=lambda percent: None, facts=facts, **given)\n"
    )
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "socialsite.settings"}
    waits = subprocess.Popen([sys.executable, "-c", f"import django; django.setup()\n{code}"], env=environ)
    end = time.monotonic() + 30
    while not (tmp_path / "progress").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert waits.poll() is None
    os.kill(waits.pid, signal.SIGKILL)
    waits.wait()
    while (left := working_in(tmp_path)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not left


def working_in(path):
    import os

    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{name}/cwd") == str(path):
                found.append(name)
        except OSError:
            continue
    return found


def test_rubbish_that_calls_itself_a_film(owner, files):
    done = process(receive(owner, io.BytesIO(b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + b"\xff" * 5000)))
    assert (done.state, done.reason) == ("failed", reasons.BROKEN)
    assert "damaged" in str(done.trouble)
