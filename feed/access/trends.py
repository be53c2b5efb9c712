"""What may be shown of what is talked about. Counted is only what all members may see; shown is, of that, what the
viewer hears now."""

from django.db.models import OuterRef, QuerySet, Subquery

from accounts.access.people import Viewer
from feed.access import posts as post_access
from feed.models.posts import COUNTED, Post
from feed.models.sources import Filing
from feed.models.trends import TagTrend

USES_ASKED = 50  # of a hashtag, the newest


def counted_posts() -> QuerySet[Post]:
    """Posts whose author shares them with all members."""
    return Post.objects.filter(
        audience__in=COUNTED, author__is_private=False, is_brought=False, deleted_at__isnull=True
    )


def trending_posts(viewer: Viewer) -> QuerySet[Post]:
    return post_access.heard_posts(viewer).filter(audience__in=COUNTED, author__is_private=False)


def trending_tags(viewer: Viewer) -> QuerySet[TagTrend]:
    """Hashtags with a newer use that the viewer hears: nobody learns of one by what they may not see."""
    newest = Filing.objects.filter(source=OuterRef(OuterRef("pk"))).order_by("-post").values("post")[:USES_ASKED]
    # A value, and not whether it exists: that, PostgreSQL turns around and looks at every post for every hashtag.
    heard = Subquery(trending_posts(viewer).filter(pk__in=newest).values("pk")[:1])
    return TagTrend.objects.alias(heard=heard).filter(heard__isnull=False)
