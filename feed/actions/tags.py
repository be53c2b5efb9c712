"""Following hashtags."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import people as accounts_access
from accounts.models.people import User
from core import errors, wake
from feed.access import tags as tag_access
from feed.actions import filing

MOST = 200  # hashtags that one follows


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
