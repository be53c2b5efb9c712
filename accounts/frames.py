"""What people's lines hear about themselves."""

from core.frames import Event, says


@says("people.requests")
class Requests(Event, frozen=True):
    """Somebody asks this member something, or no longer does: ask for the number again."""
