"""What owners hear of their uploads."""

from typing import Any

from core.frames import Event, says


@says("upload.ready")
class Ready(Event, frozen=True):
    """As GET /api/v1/uploads/{key} answers."""

    upload: dict[str, Any]


@says("upload.failed")
class Failed(Event, frozen=True):
    """The same, with the reason."""

    upload: dict[str, Any]


@says("upload.progress")
class Progress(Event, frozen=True):
    key: str
    state: str
    progress: int
