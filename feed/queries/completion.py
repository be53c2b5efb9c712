"""Which hashtag somebody means who has typed a # and the beginning of a word."""

from django.db.models import OuterRef, Subquery

from accounts.models.people import User
from core import folding
from feed.access import posts as post_access
from feed.access import tags as tag_access
from feed.models.sources import Filing, Source, SourceKind

MOST = 8
CANDIDATES = 24
LATEST = 3  # posts under each that are looked at


def tags_beginning(viewer: User, words: str) -> list[str]:
    """At most 8 folded names: those that the viewer follows, then those under whose latest posts there is one that they
    may see. What stands only in posts for others is nobody's to guess by its letters."""
    begins = "_".join(folding.fold(words.strip().removeprefix("#")).split())
    mine = tag_access.followed_tags(viewer)
    if begins:
        mine = mine.filter(source__name__startswith=begins)
    names = [name or "" for name in mine.order_by("-pk").values_list("source__name", flat=True)[:MOST]]
    if begins and len(names) < MOST:
        names += [name for name in _seen(viewer, begins) if name not in names]
    return names[:MOST]


def _seen(viewer: User, begins: str) -> list[str]:
    under = Filing.objects.filter(source=OuterRef("pk")).order_by("-post").values("post")
    latest = {f"latest_{at}": Subquery(under[at : at + 1]) for at in range(LATEST)}
    rows = list(
        Source.objects.filter(kind=SourceKind.TAG, name__startswith=begins)
        .order_by("-subscribers_count", "name")
        .annotate(**latest)
        .values_list("name", *latest)[:CANDIDATES]
    )
    posts = {id for _name, *ids in rows for id in ids if id}
    visible = set(post_access.visible_posts(viewer).filter(pk__in=posts).values_list("pk", flat=True))
    return [name for name, *ids in rows if visible & set(ids)]
