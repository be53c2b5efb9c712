"""Parts of actions: a video or a sound that a member brings from elsewhere, with its captions. It is prepared before
the post that shows it is written, by the worker that reads the import: however long that takes, and anew if that is
killed."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings

from accounts import bundles
from accounts.models.people import User
from core import errors
from uploads import captions
from uploads.actions import captioning, preparing, receiving
from uploads.models import Upload

LANGUAGE = re.compile(r"media/[0-9a-f-]{36}\.([A-Za-z-]{2,16})\.vtt")
PAUSE = 1.0  # seconds between looks at what another worker prepares


def bring(member: User, bundle: bundles.Bundle, given: dict[str, Any], path: Path, *, wait: Callable[[], None]) -> Any:
    """The key of the upload, ready; None for what this site does not take. `wait` is called now and then meanwhile."""
    if not bundle.fetch(given.get("file"), path, most=settings.MAX_VIDEO_BYTES):
        return None
    try:
        with path.open("rb") as file:
            upload = receiving.receive_upload(actor=member, purpose="post", file=file, name=path.name)
    except (errors.Invalid, errors.TooLarge, errors.TooMany):
        return None
    if _prepared(upload, wait) is None:
        return None
    listed = given.get("captions")
    for name in listed if isinstance(listed, list) else []:
        _caption(member, bundle, upload, name, path)
    return upload.key


def _prepared(upload: Upload, wait: Callable[[], None]) -> Upload | None:
    while True:
        wait()
        fresh = preparing.process_upload(upload_id=upload.pk)
        if fresh is None or fresh.state == Upload.State.FAILED:
            return None
        if fresh.is_ready:
            return fresh
        time.sleep(PAUSE)


def _caption(member: User, bundle: bundles.Bundle, upload: Upload, name: object, path: Path) -> None:
    """One that does not fit here keeps none of the others away."""
    match = LANGUAGE.fullmatch(name) if isinstance(name, str) else None
    if match is None or not upload.is_film or not bundle.fetch(name, path, most=captions.BYTES):
        return
    try:
        captioning.set_captions(actor=member, key=upload.key, language=match[1], file=path.read_bytes())
    except errors.Invalid:
        return
