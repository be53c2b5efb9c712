"""Every write of reactions, under the lock of what they are about."""

from collections import Counter

from django.db import transaction

from accounts.models.people import User
from core import limits, outbox, reactions
from feed import events, realtime
from feed.access import comments as comment_access
from feed.access import posts as post_access
from feed.models.comments import Comment
from feed.models.posts import Post
from feed.models.reactions import Reaction

ANSWERING = limits.Limit("answering", 120, 60)  # reactions and votes of one member, given and taken back


@transaction.atomic
def react(*, actor: User, post_id: int, kind: str) -> Post:
    """One reaction a person: the same again changes nothing, another kind replaces it."""
    return _react_to_post(actor, post_id, reactions.clean_reaction(kind))


@transaction.atomic
def unreact(*, actor: User, post_id: int) -> Post:
    return _react_to_post(actor, post_id, "")


@transaction.atomic
def react_to_comment(*, actor: User, comment_id: int, kind: str) -> Comment:
    return _react_to_comment(actor, comment_id, reactions.clean_reaction(kind))


@transaction.atomic
def unreact_to_comment(*, actor: User, comment_id: int) -> Comment:
    return _react_to_comment(actor, comment_id, "")


def _react_to_post(actor: User, post_id: int, kind: str) -> Post:
    post = post_access.access_post(actor, post_id, to="react", lock=True)
    if _set_reaction(Reaction(user=actor, post=post, kind=kind), post, "post"):
        outbox.emit(events.PostReacted(post_id=post.pk, user_id=actor.pk, kind=kind))
        realtime.counts_changed(post)
    return post


def _react_to_comment(actor: User, comment_id: int, kind: str) -> Comment:
    row = comment_access.access_comment(actor, comment_id, to="react", lock=True)
    if _set_reaction(Reaction(user=actor, comment=row, kind=kind), row, "comment"):
        outbox.emit(events.CommentReacted(comment_id=row.pk, post_id=row.post_id, user_id=actor.pk, kind=kind))
        realtime.comment_counts_changed(row)
    return row


def _set_reaction(wanted: Reaction, target: Post | Comment, field: str) -> bool:
    """Writes the reaction and its counts under the target's lock; False when it stood so already."""
    own = Reaction.objects.filter(user_id=wanted.user_id, **{field: target})
    before = own.values_list("kind", flat=True).first() or ""
    if before == wanted.kind:
        return False
    if wanted.kind:
        Reaction.objects.bulk_create(
            [wanted], update_conflicts=True, unique_fields=["user", field], update_fields=["kind", "created_at"]
        )
    else:
        own.delete()
    counts = Counter(target.reactions)
    counts.subtract({before: 1} if before else {})
    counts.update({wanted.kind: 1} if wanted.kind else {})
    target.reactions = {kind: count for kind, count in sorted(counts.items()) if count > 0}
    target.reactions_count = sum(target.reactions.values())
    target.save(update_fields=["reactions", "reactions_count"])
    return True
