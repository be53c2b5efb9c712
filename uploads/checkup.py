"""What `manage.py doctor` looks at in the storage beyond whether it answers."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from core.checkup import Finding
from core.storage import asking
from uploads import child, lanes, queries, storage

LATE = timedelta(minutes=5)
PATIENCE = timedelta(minutes=10)


def bucket() -> Iterable[Finding]:
    """Whether browsers may send to it, and whether it clears what is never finished."""
    s3 = storage.s3()
    if s3 is None:
        return
    try:
        with asking():
            faults = s3.faults()
    except OSError as error:
        yield Finding("bucket", "fail", f"does not say how it stands ({error})", "Check STORAGE_URL and its rights.")
        return
    if faults:
        yield Finding("bucket", "fail", "; ".join(faults), "Run `manage.py set_up_bucket`.")
    else:
        yield Finding("bucket", "ok", "CORS and lifecycle are set")


def decoder() -> Iterable[Finding]:
    """Whether files of strangers are decoded where nothing leads out."""
    try:
        offline = child.is_offline()
    except OSError as error:  # no room, or no more processes
        yield Finding("decoder", "fail", f"does not start ({error})", "See to the disk and the limits of this machine.")
        return
    if offline:
        yield Finding("decoder", "ok", "runs without network")
    else:
        says = "pictures and films are decoded by a process that can reach the network"
        mend = "Run the workers on Linux (x86-64 or ARM64), and let them set seccomp filters."
        yield Finding("decoder", "warn", says, mend)


def films() -> Iterable[Finding]:
    """Whether somebody works on videos and sounds; who is at one for long is not asked meanwhile."""
    seen, waiting = queries.films_seen_at(), len(queries.due_upload_ids(lanes.FILMS, late=LATE))
    age = (timezone.now() - seen).total_seconds() if seen else None
    if queries.films_at_work():
        yield Finding("films", "ok", "a worker is at a video")
    elif age is not None and age <= LATE.total_seconds():
        yield Finding("films", "ok", f"its worker answered {age:.0f} s ago")
    else:
        says = "nobody has read the queue `films`" + (f" for {age:.0f} s" if age else " yet")
        says += f"; {waiting} videos or sounds wait" if waiting else ""
        mend = "Start a worker for it (Procfile: films), and look at its log; the embedded site has one (`make up`)."
        yield Finding("films", "fail" if age or waiting else "warn", says, mend)


def held() -> Iterable[Finding]:
    """Whether what came with forms gets to the bucket."""
    if waiting := queries.held_in_vain():
        size, room, since = queries.held_bytes() >> 20, settings.MAX_HELD_BYTES >> 20, queries.held_since()
        says = f"{waiting} files wait in the database for the bucket; {size} of {room} MiB are taken"
        says += f", by the oldest since {since:%Y-%m-%d %H:%M} UTC" if since else ""
        yield Finding("media", "warn", says, "They are shown meanwhile. See why the bucket does not take them.")


def missing() -> Iterable[Finding]:
    """What is shown and lies nowhere."""
    lost = queries.missing_count()
    if lost:
        yield Finding(
            "media", "warn", f"{lost} uploads have lost their files", "Bring them back from a backup of the storage."
        )


def moving() -> Iterable[Finding]:
    if storage.is_moving():
        mend = "Run `manage.py migrate_media` to its end, then take STORAGE_OLD_URL away."
        yield Finding("media", "warn", "files may still lie in the old storage", mend)


def previews() -> Iterable[Finding]:
    """Whether links are looked at, and whether a worker gets to it."""
    if not settings.LINK_PREVIEWS:
        yield Finding("link previews", "ok", "Off (LINK_PREVIEWS): nothing is fetched.")
        return
    late = queries.previews_waiting(since=timezone.now() - PATIENCE)
    if late:
        yield Finding(
            "link previews",
            "warn",
            f"{late} have waited for more than ten minutes.",
            "See that a worker runs with the queue media, and that it gets out to the web.",
        )
    else:
        yield Finding("link previews", "ok", "Fetched by the workers.")
