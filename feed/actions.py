"""Every write of posts, comments and reactions.

Whatever changes a count holds the lock of the row the count stands in; the post's lock comes before the comment's, and
both before a member's, so that nothing deadlocks.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import mutes as mutes_access
from accounts.access import people as accounts_access
from accounts.models.mutes import Span
from accounts.models.people import User
from accounts.models.relations import Audience
from core import errors, outbox, text
from feed import access, events, realtime
from feed.models import (
    ALT_LIMIT,
    COMMENT_LIMIT,
    COUNTED,
    PICTURES_LIMIT,
    TEXT_LIMIT,
    Comment,
    MutedPost,
    Post,
    PostPicture,
    Reaction,
    ReactionKind,
)
from uploads import actions as upload_actions

DISCARD_AFTER = timedelta(hours=1)
BATCH = 200


# -- Posts ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def create_post(
    *,
    actor: User,
    text: str = "",
    audience: str = Audience.MEMBERS,
    pictures: Sequence[Any] = (),
    alts: Sequence[str] = (),
    client_id: str | None = None,
) -> Post:
    """A post with the actor's uploads (keys) and their descriptions. A `client_id` used before: that post again."""
    accounts_access.access_member(actor)
    words = _words(text, TEXT_LIMIT)
    if not words and not pictures:
        raise errors.Invalid(_("Write something, or add a picture."), field="text")
    post = Post(
        author=actor, text=words, html=_render(words), audience=_audience(audience), client_id=_client(client_id)
    )
    earlier = _insert(post)
    if earlier is not None:
        return earlier
    described = dict(zip([str(key).lower() for key in pictures], alts, strict=False))
    uploads = upload_actions.attach_uploads(actor=actor, keys=pictures, purpose="post", limit=PICTURES_LIMIT)
    PostPicture.objects.bulk_create(
        PostPicture(post=post, upload=upload, position=place, alt=_alt(described.get(str(upload.key)) or upload.alt))
        for place, upload in enumerate(uploads)
    )
    _count_post(post, +1)
    outbox.emit(events.PostCreated(post_id=post.pk, author_id=actor.pk, audience=post.audience))
    return post


@transaction.atomic
def edit_post(*, actor: User, post_id: int, text: str | None = None, audience: str | None = None) -> Post:
    """Changes words or audience; None leaves them."""
    post = access.access_post(actor, post_id, to="edit", lock=True)
    group, counted = realtime.post_group(post), post.audience in COUNTED
    words = post.text if text is None else _words(text, TEXT_LIMIT)
    if not words and not PostPicture.objects.filter(post=post).exists():
        raise errors.Invalid(_("Write something, or delete the post."), field="text")
    wanted = post.audience if audience is None else _audience(audience)
    if (words, wanted) == (post.text, post.audience):
        return post
    if words != post.text:
        post.text, post.html, post.edited_at = words, _render(words), timezone.now()
    post.audience = wanted
    post.save(update_fields=["text", "html", "audience", "edited_at"])
    if counted != (post.audience in COUNTED):
        _change_posts_count(post.author_id, -1 if counted else +1)
    outbox.emit(events.PostEdited(post_id=post.pk, author_id=post.author_id, audience=post.audience))
    realtime.post_changed(post, group=group)
    return post


@transaction.atomic
def delete_post(*, actor: User, post_id: int) -> Post:
    """Gone for everybody at once; `undo_delete_post` brings it back for half a minute."""
    post = access.access_post(actor, post_id, to="edit", lock=True)
    post.deleted_at = timezone.now()
    post.save(update_fields=["deleted_at"])
    _count_post(post, -1)
    outbox.emit(events.PostDeleted(post_id=post.pk, author_id=post.author_id))
    realtime.post_removed(post)
    return post


@transaction.atomic
def undo_delete_post(*, actor: User, post_id: int) -> Post:
    post = access.access_deleted_post(actor, post_id)
    post.deleted_at = None
    post.save(update_fields=["deleted_at"])
    _count_post(post, +1)
    outbox.emit(events.PostRestored(post_id=post.pk, author_id=post.author_id))
    return post


@transaction.atomic
def discard_pictures() -> int:
    """Gives up the pictures of posts whose deletion can no longer be undone; the clock calls it."""
    since = timezone.now() - DISCARD_AFTER
    gone = PostPicture.objects.filter(post__deleted_at__lt=since, upload__discarded_at__isnull=True)
    ids = list(gone.order_by("pk").values_list("upload_id", flat=True)[:BATCH])
    return upload_actions.detach_uploads(actor=None, upload_ids=ids) if ids else 0


# -- Comments ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def comment(*, actor: User, post_id: int, text: str, client_id: str | None = None) -> Comment:
    """A comment under a post; a `client_id` used before: that comment."""
    post = access.access_post(actor, post_id, to="comment", lock=True)
    words = _words(text, COMMENT_LIMIT)
    if not words:
        raise errors.Invalid(_("Write something first."), field="text")
    made = Comment(post=post, author=actor, text=words, html=_render(words), client_id=_client(client_id))
    earlier = _insert(made)
    if earlier is not None:
        if earlier.post_id != post.pk:
            raise errors.Conflict(field="client_id")
        return earlier
    _count_comment(post, +1)
    outbox.emit(events.CommentCreated(comment_id=made.pk, post_id=post.pk, author_id=actor.pk))
    realtime.comment_added(post, made)
    realtime.counts_changed(post)
    return made


@transaction.atomic
def delete_comment(*, actor: User, comment_id: int) -> Comment:
    """By its author or the author of the post; `undo_delete_comment` brings it back for half a minute."""
    seen = access.access_comment(actor, comment_id, to="delete")
    post = access.access_post(actor, seen.post_id, lock=True)
    gone = access.access_comment(actor, comment_id, to="delete", lock=True)
    gone.deleted_at, gone.deleted_by = timezone.now(), actor
    gone.save(update_fields=["deleted_at", "deleted_by"])
    _count_comment(post, -1)
    outbox.emit(events.CommentDeleted(comment_id=gone.pk, post_id=post.pk, author_id=gone.author_id))
    realtime.comment_removed(post, gone)
    realtime.counts_changed(post)
    return gone


@transaction.atomic
def undo_delete_comment(*, actor: User, comment_id: int) -> Comment:
    """Whoever deleted it takes that back."""
    seen = access.access_deleted_comment(actor, comment_id)
    post = access.access_post(actor, seen.post_id, lock=True)
    back = access.access_deleted_comment(actor, comment_id, lock=True)
    back.deleted_at = back.deleted_by = None
    back.save(update_fields=["deleted_at", "deleted_by"])
    _count_comment(post, +1)
    outbox.emit(events.CommentRestored(comment_id=back.pk, post_id=post.pk, author_id=back.author_id))
    realtime.comment_added(post, back)
    realtime.counts_changed(post)
    return back


# -- Reactions --------------------------------------------------------------------------------------------------------


@transaction.atomic
def react(*, actor: User, post_id: int, kind: str) -> Post:
    """One reaction a person: the same again changes nothing, another kind replaces it."""
    return _react_to_post(actor, post_id, _kind(kind))


@transaction.atomic
def unreact(*, actor: User, post_id: int) -> Post:
    return _react_to_post(actor, post_id, "")


@transaction.atomic
def react_to_comment(*, actor: User, comment_id: int, kind: str) -> Comment:
    return _react_to_comment(actor, comment_id, _kind(kind))


@transaction.atomic
def unreact_to_comment(*, actor: User, comment_id: int) -> Comment:
    return _react_to_comment(actor, comment_id, "")


def _react_to_post(actor: User, post_id: int, kind: str) -> Post:
    post = access.access_post(actor, post_id, to="react", lock=True)
    if _set_reaction(Reaction(user=actor, post=post, kind=kind), post, "post"):
        outbox.emit(events.PostReacted(post_id=post.pk, user_id=actor.pk, kind=kind))
        realtime.counts_changed(post)
    return post


def _react_to_comment(actor: User, comment_id: int, kind: str) -> Comment:
    row = access.access_comment(actor, comment_id, to="react", lock=True)
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


# -- Muting a conversation ---------------------------------------------------------------------------------------------


@transaction.atomic
def mute_post(*, actor: User, post_id: int, span: str = Span.EVER) -> Post:
    """The conversation under a post says nothing by itself to the actor. Muting again sets another end."""
    accounts_access.access_member(actor)
    post = access.access_post(actor, post_id)
    row = MutedPost(member=actor, post=post, until=mutes_access.end_of(span))
    MutedPost.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["member", "post"], update_fields=["until"]
    )
    realtime.look_again(actor.pk)
    return post


@transaction.atomic
def unmute_post(*, actor: User, post_id: int) -> None:
    """Doing it again changes nothing; also for posts that one may not see any more."""
    accounts_access.access_member(actor)
    if 0 < post_id < 2**63 and MutedPost.objects.filter(member=actor, post_id=post_id).delete()[0]:
        realtime.look_again(actor.pk)


@transaction.atomic
def forget_muted_posts() -> None:
    """Forgets mutes that have ended; nothing shows of them in any case."""
    MutedPost.objects.exclude(mutes_access.standing()).delete()


# -- Counts, made anew by `manage.py recount` -------------------------------------------------------------------------


@transaction.atomic
def recount_members() -> int:
    """User.posts_count from the posts there are; returns how many were wrong."""
    there = Post.objects.filter(author=OuterRef("pk"), deleted_at__isnull=True, audience__in=COUNTED)
    number = Coalesce(Subquery(there.order_by().values("author").annotate(n=Count("pk")).values("n")), 0)
    return User.objects.exclude(posts_count=number).update(posts_count=number)


@transaction.atomic
def recount_posts() -> int:
    """Counts of comments and reactions from their rows; returns how many posts and comments were wrong."""
    wrong = 0
    last = 0
    while posts := list(Post.objects.select_for_update().filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = posts[-1].pk
        comments = Counter(
            Comment.objects.filter(post__in=posts, deleted_at__isnull=True).values_list("post_id", flat=True)
        )
        changed = [post for post in posts if post.comments_count != comments[post.pk]]
        for post in changed:
            post.comments_count = comments[post.pk]
        wrong += _recount_reactions(posts, "post", changed)
        Post.objects.bulk_update(changed, ["comments_count"])
    last = 0
    while rows := list(Comment.objects.select_for_update().filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = rows[-1].pk
        wrong += _recount_reactions(rows, "comment", [])
    return wrong


def _recount_reactions(rows: Sequence[Post] | Sequence[Comment], field: str, changed: Sequence[Any]) -> int:
    """Mends reactions of locked rows; how many rows were wrong, those in `changed` included."""
    found: dict[int, dict[str, int]] = {}
    kinds = Reaction.objects.filter(**{f"{field}__in": rows}).values_list(field, "kind")
    for id, kind, count in kinds.annotate(n=Count("pk")).order_by("kind"):
        found.setdefault(id, {})[kind] = count
    wrong = {row.pk for row in changed}
    for row in rows:
        right = found.get(row.pk, {})
        if row.reactions != right or row.reactions_count != sum(right.values()):
            row.reactions, row.reactions_count = right, sum(right.values())
            row.save(update_fields=["reactions", "reactions_count"])
            wrong.add(row.pk)
    return len(wrong)


# -- Parts ------------------------------------------------------------------------------------------------------------


def _words(given: str, limit: int) -> str:
    return text.clean(given, limit=limit)


def _render(words: str) -> str:
    return text.render(words) if words else ""


def _audience(given: str) -> str:
    if given not in Audience.values:
        raise errors.Invalid(_("Choose who may see this."), field="audience")
    return str(given)


def _kind(given: str) -> str:
    if given not in ReactionKind.values:
        raise errors.Invalid(_("There is no such reaction."), field="kind")
    return str(given)


def _client(given: str | None) -> str | None:
    if given and (len(given) > 64 or "\0" in given):
        raise errors.Invalid(field="client_id")
    return given or None


def _alt(given: str) -> str:
    return text.clean(given, limit=ALT_LIMIT, field="alt")


def _insert(row: Any) -> Any:
    """Inserts, or returns what the same author made with the same client_id before."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        earlier = type(row).objects.filter(author_id=row.author_id, client_id=row.client_id, client_id__isnull=False)
        found = earlier.select_related("author").first()
        if found is None:
            raise
        if found.deleted_at is not None:
            raise errors.Conflict(_("This has been deleted meanwhile."), field="client_id") from None
        return found
    return None


def _count_post(post: Post, step: int) -> None:
    if post.audience in COUNTED:
        _change_posts_count(post.author_id, step)


def _change_posts_count(user_id: int, step: int) -> None:
    """The one column of a member that this room keeps; `accounts` gives it to us by its registry of recounts."""
    User.objects.filter(pk=user_id).update(posts_count=_stepped("posts_count", step))


def _count_comment(post: Post, step: int) -> None:
    """`post` is locked, so that its new number is known without reading it again."""
    Post.objects.filter(pk=post.pk).update(comments_count=_stepped("comments_count", step))
    post.comments_count = max(0, post.comments_count + step)


def _stepped(column: str, step: int) -> Greatest:
    """A count that is wrong already (rows written by hand) must not keep anybody from deleting."""
    return Greatest(F(column) + step, 0)
