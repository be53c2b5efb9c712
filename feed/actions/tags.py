"""Following hashtags."""

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.access import people as accounts_access
from accounts.models.people import User
from core import errors, wake
from feed.access import tags as tag_access
from feed.actions import filing
from feed.models.sources import Filing, Source, SourceKind, Subscription

MOST = 200  # hashtags that one follows
BATCH = 1000


@transaction.atomic
def follow_tag(*, actor: User, name: str) -> str:
    """What stands under the hashtag comes to the actor's home; again changes nothing. Returns its folded name."""
    member = accounts_access.access_member(actor)
    name = tag_access.access_tag(name)
    User.objects.select_for_update(no_key=True).get(pk=member.pk)  # so that the number of hashtags is right
    if tag_access.followed_tags(member).exclude(source__name=name).count() >= MOST:
        raise errors.Invalid(_("You follow %(n)s hashtags already. Let one go first.") % {"n": MOST}, field="name")
    filing.subscribe([member.pk], filing.tag_sources([name])[0])
    wake.after_commit("feed.settle")
    return name


@transaction.atomic
def unfollow_tag(*, actor: User, name: str) -> str:
    member = accounts_access.access_member(actor)
    name = tag_access.access_tag(name)
    for row in tag_access.followed_tags(member).filter(source__name=name).select_related("source"):
        filing.unsubscribe([member.pk], row.source)
    return name


@transaction.atomic
def sweep_tags(*, after: int = 0) -> int | None:
    """Takes hashtags away that nothing stands under and nobody follows, of a batch of them above the id `after`. The
    last id of the batch; None at the end. Who is using one at this moment shares its lock, and it stays."""
    tags = Source.objects.filter(kind=SourceKind.TAG)
    ids = list(tags.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:BATCH])
    if not ids:
        return None
    filed = Exists(Filing.objects.filter(source=OuterRef("pk")))
    followed = Exists(Subscription.objects.filter(source=OuterRef("pk")))
    unused = tags.filter(pk__in=ids).exclude(filed).exclude(followed)
    idle = list(unused.select_for_update(skip_locked=True, of=("self",)).order_by("pk").values_list("pk", flat=True))
    unused.filter(pk__in=idle).delete()  # asked again: what was filed before the lock is seen now
    return ids[-1]
