"""What has disappeared goes from the tables, too. Nobody sees it from its time on, whether or not the clock came by."""

from django.db import transaction
from django.utils import timezone

from chat.models.messages import Message

BATCH = 500


@transaction.atomic
def purge_disappeared() -> int:
    """One batch, over its own index; returns how many. Numbers are not given again: what follows keeps its place."""
    gone = Message.objects.filter(expires_at__lte=timezone.now()).order_by("expires_at")
    ids = list(gone.values_list("pk", flat=True)[:BATCH])
    Message.objects.filter(pk__in=ids).delete()
    return len(ids)
