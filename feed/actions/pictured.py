"""Parts of actions: the pictures of a post."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models.people import User
from core import errors
from feed.actions import drafting, writing
from feed.models.posts import PICTURES_LIMIT, Post, PostPicture
from uploads import access as upload_access
from uploads.actions import using as uploads_using

ASIDE = 1000  # places that no picture has: two may not stand at one


def set_pictures(post: Post, actor: User, keys: Sequence[Any], alts: Sequence[str], *, is_new: bool = False) -> bool:
    """Part of making or changing a post, whose lock the caller has: these pictures, in this order, each with its words.
    What comes is the actor's upload, unused or held by a draft; what goes is gone within seconds. Whether anything
    changed."""
    wanted = upload_access.as_keys(keys)
    words = [writing.alt(alt) for alt in alts]
    described = dict(zip(wanted, words + [""] * (len(wanted) - len(words)), strict=False))
    wanted = list(described)
    rows = [] if is_new else PostPicture.objects.filter(post=post).select_related("upload")
    there = {row.upload.key: row for row in rows}
    standing = [(key, row.alt) for key, row in sorted(there.items(), key=lambda one: one[1].position)]
    new = [key for key in wanted if key not in there]
    gone = [row for key, row in there.items() if key not in described]
    if not new and standing == [(key, described[key]) for key in wanted]:
        return False
    if len(wanted) > PICTURES_LIMIT:
        raise errors.Invalid(_("Ten pictures at most, please."), field="uploads")
    if not is_new:
        drafting.become_post(author=actor, client_id=None, keys=new)
    uploads = uploads_using.attach_uploads(actor=actor, keys=new, purpose="post", limit=PICTURES_LIMIT)
    shown = [*uploads, *(row.upload for key, row in there.items() if key in described)]
    if len(shown) > 1 and any(upload.is_film for upload in shown):
        raise errors.Invalid(_("A post shows pictures, or one video or sound."), field="uploads")
    if gone:
        PostPicture.objects.filter(pk__in=[row.pk for row in gone]).delete()
        uploads_using.detach_uploads(actor=actor, upload_ids=[row.upload_id for row in gone])
    place = {key: at for at, key in enumerate(wanted)}
    kept = [row for key, row in there.items() if key in place]
    if kept:
        PostPicture.objects.filter(post=post).update(position=F("position") + ASIDE)
        for row in kept:
            row.position, row.alt = place[row.upload.key], described[row.upload.key]
        PostPicture.objects.bulk_update(kept, ["position", "alt"])
    PostPicture.objects.bulk_create(
        PostPicture(post=post, upload=one, position=place[one.key], alt=described[one.key] or one.alt)
        for one in uploads
    )
    return True
