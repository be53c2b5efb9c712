"""What the feed holds of a member: how they take it along, bring it from elsewhere, and how it goes when they go."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from accounts import personal
from accounts.models.people import User
from accounts.models.relations import Audience
from core import outbox, text
from feed import events
from feed.access import comments as comment_access
from feed.access import posts as post_access
from feed.actions import choosing, homes, writing
from feed.models.comments import Comment
from feed.models.drafts import Draft
from feed.models.hidden import HiddenPost
from feed.models.mutes import MutedPost
from feed.models.polls import Poll, Vote
from feed.models.posts import ALT_LIMIT, BARE, COUNTED, PICTURES_LIMIT, TEXT_LIMIT, WARNING_LIMIT, Post, PostPicture
from feed.models.reactions import Reaction
from feed.models.revisions import Revision
from feed.models.saved import Collection, SavedPost
from feed.models.sources import Home, HomeEntry, Source, Subscription
from feed.models.trends import PostVote, TagVote
from uploads.actions import using as uploads_using

BATCH = 200

# -- Taking it along --------------------------------------------------------------------------------------------------


def posts(member: User) -> Iterator[personal.Row]:
    mine = Post.objects.filter(author=member, deleted_at__isnull=True)
    mine = mine.select_related("preview", "poll", "shared__author").prefetch_related("pictures__upload", "revisions")
    mine = mine.annotate(shows_shared=post_access.shared_seen(member)).filter(~BARE | Q(shows_shared=True))
    for post in personal.walk(mine):
        yield {
            "id": post.pk,
            "text": post.text,
            "warning": post.warning,
            "audience": post.audience,
            "pictures": [
                {"file": f"media/{one.upload.file_name}", "alt": one.alt} for one in post.photos if one.upload.is_ready
            ],
            "film": _film(post.film) if post.film else None,
            "preview": {"url": card.url, "title": card.title} if (card := post.link_card) else None,
            "is_share": post.is_share,
            "shared": {"url": one.get_absolute_url(), "by": one.author.handle} if (one := post.original) else None,
            "shares": post.shares_count,
            "reactions": post.reactions,
            "comments": post.comments_count,
            "comments_off": post.comments_off,
            "pinned_at": post.pinned_at,
            "poll": _poll(post),
            "versions": [
                {"text": row.text, "warning": row.warning, "written_at": row.written_at} for row in post.revisions.all()
            ],
            "created_at": post.created_at,
            "edited_at": post.edited_at,
        }


def _poll(post: Post) -> personal.Row | None:
    """How it stands; who voted for what is not the author's to know."""
    poll = getattr(post, "poll", None)
    if poll is None:
        return None
    choices = [{"text": text, "votes": votes} for text, votes in zip(poll.choices, poll.votes, strict=True)]
    return {"choices": choices, "voters": poll.voters_count, "is_multiple": poll.is_multiple, "ends_at": poll.ends_at}


def votes(member: User) -> Iterator[personal.Row]:
    """Places of what the member has chosen, in polls that they may see now; none of their words."""
    seen = Exists(post_access.visible_posts(member).filter(pk=OuterRef("poll_id")))
    for row in personal.walk(Vote.objects.filter(seen, member=member)):
        yield {"post": row.poll_id, "chosen": row.chosen, "since": row.created_at}


def _film(row: PostPicture) -> personal.Row:
    """A video or sound; its captions are files beside it."""
    upload = row.upload
    captions = [f"media/{upload.key}.{one['language']}.vtt" for one in upload.captions]
    return {"file": f"media/{upload.file_name}", "medium": upload.medium, "alt": row.alt, "captions": captions}


def comments(member: User) -> Iterator[personal.Row]:
    """Under posts that the member may still see; whose post it is, but none of its words."""
    mine = comment_access.visible_comments(member).filter(author=member).select_related("post__author", "picture")
    for comment in personal.walk(mine):
        yield {
            "id": comment.pk,
            "post": comment.post_id,
            "post_by": comment.post.author.handle,
            "parent": comment.parent_id,
            "text": comment.text,
            "picture": _file(comment),
            "created_at": comment.created_at,
            "edited_at": comment.edited_at,
        }


def _file(comment: Comment) -> personal.Row | None:
    picture = comment.picture
    return {"file": f"media/{picture.key}.webp", "alt": comment.alt} if picture and picture.url() else None


def _seen(member: User, rows: QuerySet[Reaction]) -> QuerySet[Reaction]:
    post = Exists(post_access.visible_posts(member).filter(pk=OuterRef("post_id")))
    comment = Exists(comment_access.visible_comments(member).filter(pk=OuterRef("comment_id")))
    return rows.filter(Q(post) | Q(comment))


reactions = personal.rows_of(
    Reaction, "user", {"post": "post_id", "comment": "comment_id", "kind": "kind", "created_at": "created_at"}, _seen
)


def saved(member: User) -> Iterator[personal.Row]:
    """Where the posts stand that the member has saved and may see now; none of their words."""
    seen = Exists(post_access.visible_posts(member).filter(pk=OuterRef("post_id")))
    rows = SavedPost.objects.filter(seen, owner=member).select_related("post", "collection")
    for row in personal.walk(rows):
        url = row.post.get_absolute_url()
        yield {"post": url, "collection": row.collection and row.collection.name, "since": row.created_at}


def drafts(member: User) -> Iterator[personal.Row]:
    """What is no post yet, be it scheduled."""
    for draft in personal.walk(Draft.objects.filter(author=member).prefetch_related("pictures__upload")):
        held = [one for one in draft.pictures.all() if one.upload and one.upload.url()]
        yield {
            "text": draft.text,
            "audience": draft.audience,
            "pictures": [{"file": f"media/{one.upload.file_name}", "alt": one.alt} for one in held],
            "parts": draft.parts,
            "publish_at": draft.publish_at,
            "updated_at": draft.updated_at,
        }


def register() -> None:
    """One line for each table; see accounts.personal."""
    # Their own posts first: what stands under these needs no counting any more.
    personal.holds(Post, "author", erase=erase_posts)
    personal.holds(Draft, "author")
    personal.register(personal.Chapter("drafts.json", _("Drafts and scheduled posts"), drafts))
    personal.holds(Comment, "author", "deleted_by", erase=erase_comments)
    personal.holds(Reaction, "user", erase=erase_reactions)
    personal.holds(Vote, "member", erase=erase_votes)
    personal.register(personal.Chapter("votes.json", _("Votes in polls"), votes))
    quiet = {"post": "post_id", "until": "until"}
    personal.holds(MutedPost, "member", file="muted-posts.json", title=_("Conversations you mute"), fields=quiet)
    personal.holds(HomeEntry, "member", erase=homes.erase_entries)
    personal.holds(Home, "member", file="home.json", title=_("Your home"), fields={"tab": "tab"})
    lately = {"post": "post_id", "day": "day"}
    personal.holds(PostVote, "member", file="trends.json", title=_("What you talked about lately"), fields=lately)
    used = {"name": "source__name", "day": "day"}
    personal.holds(TagVote, "member", file="used-hashtags.json", title=_("Hashtags you used lately"), fields=used)
    personal.holds(Subscription, "member", erase=homes.erase_subscriptions)
    tags = {"name": "source__name", "since": "created_at"}
    rows = personal.rows_of(Subscription, "member", tags, lambda member, mine: mine.filter(kind="tag"))
    personal.register(personal.Chapter("hashtags.json", _("Hashtags you follow"), rows))
    personal.holds(Source, "person", erase=homes.erase_subscribers)
    hidden = {"post": "post_id", "since": "created_at"}
    personal.holds(HiddenPost, "member", file="hidden-posts.json", title=_("Posts you hide"), fields=hidden)
    personal.holds(SavedPost, "owner")
    personal.holds(Collection, "owner", file="collections.json", title=_("Collections"), fields={"name": "name"})
    personal.register(personal.Chapter("saved.json", _("Saved posts"), saved))
    personal.register(personal.Chapter("posts.json", _("Posts"), posts, "archives/_post.html"))
    personal.register(personal.Chapter("comments.json", _("Comments"), comments, "archives/_comment.html"))
    personal.register(personal.Chapter("reactions.json", _("Reactions"), reactions))
    personal.brings["posts.json"] = bring


# -- Being erased -----------------------------------------------------------------------------------------------------


@transaction.atomic
def erase_posts(*, member: User, take_messages: bool) -> int:
    """The newest posts first, each from the leaves to the stem, so that no batch is larger for a post that everybody
    has talked about. What hangs on them is found by them: no batch looks for it among that of everybody else."""
    # A post takes up to some thousand entries of homes.
    posts = list(Post.objects.filter(author=member).order_by("-pk").values_list("pk", flat=True)[: BATCH // 10])
    if gone := _leave_shares(posts):
        return gone
    under = Comment.objects.filter(post__in=posts)
    for rows in (
        Reaction.objects.filter(post__in=posts),
        Reaction.objects.filter(comment__in=under),
        under.order_by("-pk"),  # a reply is younger than what it hangs on: no row takes more with it than itself
        Vote.objects.filter(poll__in=posts),
        Revision.objects.filter(post__in=posts),
        PostPicture.objects.filter(post__in=posts).order_by("pk"),
    ):
        if ids := list(rows.values_list("pk", flat=True)[:BATCH]):
            if rows.model in HOLDING:
                _let_go(HOLDING[rows.model], ids)
            rows.model._default_manager.filter(pk__in=ids).delete()
            return len(ids)
    _uncount_shares(posts)
    Post.objects.filter(pk__in=posts).delete()
    return len(posts)


def _leave_shares(posts: list[int]) -> int:
    """What others shared of these: their words stay, about a post that cannot be seen; a share without words is
    nothing any more."""
    rows = dict(Post.objects.filter(shared__in=posts).values_list("pk", "shared_id")[:BATCH])
    _lock_posts({*rows, *rows.values()})
    batch = Post.objects.filter(pk__in=rows)
    batch.filter(BARE, deleted_at__isnull=True).update(deleted_at=timezone.now())
    return batch.update(shared=None)


def _uncount_shares(ids: list[int]) -> None:
    """Of posts that go, those that are shares are counted no more at what they share."""
    rows = dict(Post.objects.filter(pk__in=ids, shared__isnull=False).values_list("pk", "shared_id"))
    _lock_posts({*rows, *rows.values()})
    standing = Post.objects.filter(pk__in=rows, deleted_at__isnull=True, audience__in=COUNTED)
    for original, count in Counter(standing.values_list("shared_id", flat=True)).items():
        Post.objects.filter(pk=original).update(shares_count=Greatest(F("shares_count") - count, 0))


# Tables with pictures, and the column that holds them.
HOLDING: dict[type[Model], str] = {PostPicture: "upload_id", Comment: "picture_id"}


def _let_go(column: str, ids: list[int]) -> None:
    model = next(model for model, held in HOLDING.items() if held == column)
    uploads = model._default_manager.filter(pk__in=ids, **{f"{column}__isnull": False}).values_list(column, flat=True)
    uploads_using.detach_uploads(actor=None, upload_ids=list(uploads))


@transaction.atomic
def erase_comments(*, member: User, take_messages: bool) -> int:
    """Under the posts of others, whose counts become right in the same transaction. What others replied stands: of
    what they replied to only the place is left, without a name or a word."""
    Comment.objects.filter(deleted_by=member).exclude(author=member).update(deleted_by=None)
    mine = Comment.objects.filter(author=member).order_by("-pk")[:BATCH]  # replies before what they hang on
    rows = dict(mine.values_list("pk", "post_id"))
    if ids := list(Reaction.objects.filter(comment__in=list(rows)).values_list("pk", flat=True)[:BATCH]):
        Reaction.objects.filter(pk__in=ids).delete()
        return len(ids)
    _lock_posts(set(rows.values()))
    _let_go("picture_id", list(rows))
    still = Comment.objects.filter(pk__in=rows)
    counted = list(still.filter(deleted_at__isnull=True).values_list("post_id", "parent_id"))
    answered = Exists(Comment.objects.filter(parent=OuterRef("pk")))
    still.filter(parent__isnull=False).delete()
    still.exclude(answered).delete()
    still.update(author=None, text="", html="", picture=None, alt="", client_id=None, **GONE)
    still.filter(deleted_at__isnull=True).update(deleted_at=timezone.now())
    for post, count in Counter(post for post, _parent in counted).items():
        Post.objects.filter(pk=post).update(comments_count=Greatest(F("comments_count") - count, 0))
    for parent, count in Counter(parent for _post, parent in counted if parent).items():
        Comment.objects.filter(pk=parent).update(replies_count=Greatest(F("replies_count") - count, 0))
    return len(rows)


# What a comment is without its author.
GONE: dict[str, Any] = {"reactions": {}, "reactions_count": 0, "edited_at": None, "deleted_by": None}


@transaction.atomic
def erase_reactions(*, member: User, take_messages: bool) -> int:
    rows = list(Reaction.objects.filter(user=member).order_by("pk").values_list("pk", "post_id", "comment_id")[:BATCH])
    targets: list[Post | Comment] = [*_lock_posts({post for _pk, post, _comment in rows if post})]
    targets += _lock_comments({comment for _pk, _post, comment in rows if comment})
    for target in targets:
        field = "post" if isinstance(target, Post) else "comment"
        own = Reaction.objects.filter(user=member, **{field: target})
        counts = Counter(target.reactions)
        counts.subtract(own.values_list("kind", flat=True))
        own.delete()
        target.reactions = {kind: count for kind, count in sorted(counts.items()) if count > 0}
        target.reactions_count = sum(target.reactions.values())
        target.save(update_fields=["reactions", "reactions_count"])
    return len(rows)


@transaction.atomic
def erase_votes(*, member: User, take_messages: bool) -> int:
    """In the polls of others, whose counts become right in the same transaction."""
    ids = list(Vote.objects.filter(member=member).order_by("pk").values_list("poll_id", flat=True)[:BATCH])
    for post in _lock_posts(set(ids)):
        poll, own = post.poll, Vote.objects.filter(poll=post.pk, member=member)
        for chosen in own.values_list("chosen", flat=True):
            poll.count(chosen, -1)
        own.delete()
        poll.save(update_fields=["votes", "voters_count"])
    return len(ids)


def _lock_posts(ids: set[int]) -> list[Post]:
    return list(Post.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))


def _lock_comments(ids: set[int]) -> list[Comment]:
    return list(Comment.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))


# -- Being brought from elsewhere -------------------------------------------------------------------------------------


def bring(
    *, member: User, origin: str, row: personal.Row, picture: Callable[[object], Any], only_me: bool
) -> dict[str, int]:
    """One post of posts.json; see accounts.personal.Bring."""
    made_at = _moment(row.get("created_at"))
    if not isinstance(row.get("id"), int) or made_at is None:
        return {"refused": 1}
    client_id = f"import:{origin}:{row['id']}"[:64]
    if Post.objects.filter(author=member, client_id=client_id).exists():
        return {"before": 1}  # be it that it was deleted since
    listed = row.get("pictures")
    pictures: list[tuple[Any, str]] = []
    for one in listed[:PICTURES_LIMIT] if isinstance(listed, list) else []:
        if isinstance(one, dict) and (key := picture(one.get("file"))) is not None:
            pictures.append((key, str(one.get("alt") or "")))
    film = row.get("film")
    if isinstance(film, dict) and not pictures and (key := picture(film)) is not None:
        pictures.append((key, str(film.get("alt") or "")))
    came = bring_post(
        member=member,
        client_id=client_id,
        words=str(row.get("text") or ""),
        warning=str(row.get("warning") or ""),
        audience=Audience.ONLY_ME if only_me else str(row.get("audience")),
        pictures=pictures,
        made_at=made_at,
        poll=choosing.brought(row.get("poll")),
    )
    return {"posts": 1, "pictures": len(pictures)} if came else {"refused": 1}


def _moment(given: object) -> datetime | None:
    try:
        moment = parse_datetime(given) if isinstance(given, str) else None
    except ValueError:
        return None
    if moment is None or timezone.is_naive(moment) or moment.year < 1990 or moment > timezone.now():
        return None
    return moment


@transaction.atomic
def bring_post(
    *,
    member: User,
    client_id: str,
    words: str,
    warning: str,
    audience: str,
    pictures: list[tuple[Any, str]],
    made_at: datetime,
    poll: Poll | None = None,
) -> bool:
    """A post from another site with its date; False when it stands here already or is empty. It is announced to
    nobody and comes into nobody's home: it stands on the profile. `pictures` are keys of the member's ready uploads,
    each with its description; an audience that is not known here becomes the narrowest."""
    words = text.clean(words[:TEXT_LIMIT], limit=TEXT_LIMIT)
    if not words and not pictures:
        return False
    post = Post(
        author=member,
        text=words,
        html=text.render(words) if words else "",
        warning=writing.line(warning[:WARNING_LIMIT], WARNING_LIMIT, field="warning"),
        audience=audience if audience in Audience.values else Audience.ONLY_ME,
        client_id=client_id,
        created_at=made_at,
        is_brought=True,
    )
    try:
        with transaction.atomic():
            post.save(force_insert=True)
    except IntegrityError:
        return False
    uploads = uploads_using.attach_uploads(
        actor=member, keys=[key for key, _alt in pictures], purpose="post", limit=PICTURES_LIMIT
    )
    PostPicture.objects.bulk_create(
        PostPicture(post=post, upload=upload, position=place, alt=alt[:ALT_LIMIT])
        for place, (upload, alt) in enumerate(zip(uploads, (alt for _key, alt in pictures), strict=True))
    )
    if poll is not None:
        poll.post = post
        poll.save(force_insert=True)
    if post.audience in COUNTED:
        User.objects.filter(pk=member.pk).update(posts_count=F("posts_count") + 1)
    outbox.emit(events.PostBrought(post_id=post.pk, author_id=member.pk))
    return True
