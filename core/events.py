"""Facts that belong to no room."""

from core import outbox


@outbox.event(subject="access:{user_id}")
class AccessChanged:
    """What this member may see or do became less (or other): log-out, revocation, suspension, removal, block.

    Every realtime process reads these from the log once a second, besides hearing them on the bus, and checks the
    member's sockets again.
    """

    user_id: int


@outbox.event(subject="doctor")
class DoctorAsked:
    """`manage.py doctor` wants to see this come back through the log, the broker and a worker."""

    nonce: str
