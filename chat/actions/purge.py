"""What has disappeared goes from the tables, too; nobody sees it from its time on, whether or not the clock came by.
And what is older than the owner keeps."""

from django.db import transaction
from django.utils import timezone

from chat.access import retention
from chat.actions import files
from chat.models.files import MessageFile
from chat.models.messages import Message

BATCH = 500


@transaction.atomic
def purge_disappeared() -> int:
    """One batch, over its own index; returns how many. Numbers are not given again: what follows keeps its place."""
    gone = Message.objects.filter(expires_at__lte=timezone.now()).order_by("expires_at")
    ids = list(gone.values_list("pk", flat=True)[:BATCH])
    files.let_go(MessageFile.objects.filter(message__in=ids))
    Message.objects.filter(pk__in=ids).delete()
    return len(ids)


@transaction.atomic
def purge_old() -> int:
    """One batch from the beginning of the table, which is the oldest; returns how many."""
    limit = retention.oldest()
    if limit is None:
        return 0
    first = Message.objects.order_by("pk").values_list("pk", "created_at")[:BATCH]
    ids = [pk for pk, created_at in first if created_at < limit]
    files.let_go(MessageFile.objects.filter(message__in=ids))
    Message.objects.filter(pk__in=ids).delete()
    return len(ids)
