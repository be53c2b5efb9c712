"""Whose being there somebody sees, and when those were last here."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from accounts.models.people import User
from chat.access import presence as presence_access
from chat.models.members import ChatMember

TOLD = timedelta(days=7)  # longer ago is as who lets nobody know


def watchable(viewer_id: int, ids: Collection[int]) -> dict[int, datetime | None]:
    """Those of these members whose being there the viewer sees -> when they were last here, of the last days; one
    query."""
    seen = ChatMember.objects.filter(user_id=OuterRef("pk"), seen_at__gt=timezone.now() - TOLD)
    rows = (
        presence_access.visible_presence(User(pk=viewer_id))
        .filter(pk__in=ids)
        .annotate(seen=Subquery(seen.values("seen_at")))
    )
    return dict(rows.values_list("pk", "seen"))


def still_watched(person_id: int, viewer_ids: Collection[int]) -> set[int]:
    """Who of these sees whether this member is there. Asked one by one, and only when something about them changed."""
    people = {id: presence_access.visible_presence(User(pk=id)) for id in viewer_ids}
    return {id for id, seen in people.items() if seen.filter(pk=person_id).exists()}
