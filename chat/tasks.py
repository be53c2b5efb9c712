"""The clock of the chat."""

from celery import shared_task

from chat.actions import purge
from core import chores

SCHEDULE = {
    "chat-purge": {"task": "chat.purge", "schedule": 300.0, "options": {"queue": "maintenance", "expires": 300}},
}


@shared_task(name="chat.purge", queue="maintenance")
def purge_messages() -> None:
    """Messages that have disappeared or are older than the owner keeps, in batches until none is left."""
    chores.run(purge.purge_disappeared, purge.purge_old)
