"""What the lines of members hear about themselves."""

from accounts import frames
from core import outbox, realtime
from core.events import AccessChanged


def access_changed(user_id: int) -> None:
    """What this member may see or do has changed: their sockets and logins look again, everywhere."""
    outbox.emit(AccessChanged(user_id=user_id))
    realtime.access_changed(user_id)


def requests_changed(user_id: int) -> None:
    """Somebody asks this member something, or no longer does: the number at People is asked for again."""
    realtime.push(f"user:{user_id}", frames.Requests())
