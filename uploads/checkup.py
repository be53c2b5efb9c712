"""What `manage.py doctor` looks at in the storage beyond whether it answers."""

from collections.abc import Iterable

from core.checkup import Finding
from core.storage import asking
from uploads import queries, storage


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
