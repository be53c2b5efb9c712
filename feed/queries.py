"""What each screen of the feed shows, with a fixed number of queries however long the list is."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery

from accounts.access import lists as lists_access
from accounts.access import mutes as mutes_access
from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from accounts.models.lists import PeopleList
from accounts.models.people import User
from accounts.models.relations import Audience, Follow
from core import paging
from core.paging import Page
from feed import access
from feed.models import Comment, MutedPost, Post, PostPicture, Reaction

PAGE = 20
NEW_LIMIT = 40
COMMENTS_PAGE = 20
MEDIA_PAGE = 12  # posts, each with up to ten pictures
PHOTOS = 6
WATCH_LIMIT = 100  # posts in one frame

Keep = Callable[[list[Any]], list[Any]]


def _cards(viewer: Viewer) -> QuerySet[Post]:
    """Visible posts with all that a card shows: author, pictures, the viewer's own reaction, a muted conversation."""
    mine = Reaction.objects.filter(post=OuterRef("pk"), user_id=accounts_access.viewer_id(viewer) or 0)
    return (
        access.visible_posts(viewer)
        .select_related("author")
        .annotate(
            my_reaction=Subquery(mine.values("kind")[:1]),
            is_quiet=Exists(access.muted_posts(viewer).filter(post=OuterRef("pk"))),
        )
        .prefetch_related(Prefetch("pictures", PostPicture.objects.select_related("upload").order_by("position")))
    )


def _page(
    viewer: Viewer, candidates: QuerySet[Post], cursor: str, size: int = PAGE, *, keep: Keep | None = None
) -> Page[Post]:
    """Candidates by id alone along their index, those the viewer may see, then the cards of one page."""
    keep = keep or _keep(access.visible_posts(viewer))
    page = paging.page(candidates.only("pk"), cursor=cursor, size=size, keep=keep)
    return Page(_in_order(_cards(viewer), page.rows), page.next)


def _unasked(viewer: User, candidates: QuerySet[Post], cursor: str, size: int = PAGE) -> Page[Post]:
    """A page of what is put before the viewer: without people and words that they mute."""
    return _page(viewer, candidates, cursor, size, keep=_keep_heard(viewer, access.heard_posts(viewer)))


def _keep(visible: QuerySet[Any]) -> Keep:
    def keep(rows: list[Any]) -> list[Any]:
        seen = set(visible.filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
        return [row for row in rows if row.pk in seen]

    return keep


def _keep_heard(viewer: Viewer, heard: QuerySet[Any]) -> Keep:
    """As `_keep`, without what others say in words that the viewer mutes. Texts are read only where there are any."""
    matches = mutes_access.muted_words(viewer)
    if matches is None:
        return _keep(heard)
    me = accounts_access.viewer_id(viewer)

    def keep(rows: list[Any]) -> list[Any]:
        found = heard.filter(pk__in=[row.pk for row in rows]).values_list("pk", "author_id", "text")
        said = {pk for pk, author_id, text in found if author_id == me or not matches(text)}
        return [row for row in rows if row.pk in said]

    return keep


def _in_order(rows: QuerySet[Any], wanted: Sequence[Any]) -> list[Any]:
    found = rows.in_bulk([row.pk for row in wanted])
    return [found[row.pk] for row in wanted if row.pk in found]


def _home_candidates(viewer: User) -> QuerySet[Post]:
    """Newest first along the primary key; whose they are is looked up in the index of follows, row by row."""
    followed = Exists(accounts_access.followed_by(viewer).filter(followed_id=OuterRef("author_id")))
    return Post.objects.filter(Q(author_id=viewer.pk) | followed, deleted_at__isnull=True, is_brought=False)


def home(viewer: User, cursor: str = "") -> Page[Post]:
    """The viewer's own posts and those of whom they follow, strictly by time."""
    return _unasked(viewer, _home_candidates(viewer), cursor)


def new_posts(viewer: User, after: int) -> list[Post]:
    """What home shows above the post `after`, newest first; at most 40."""
    return _unasked(viewer, _home_candidates(viewer).filter(pk__gt=after), "", NEW_LIMIT).rows


def list_posts(viewer: User, list_id: int, cursor: str = "") -> tuple[PeopleList, Page[Post]]:
    """A list of the viewer's, and home narrowed to its people, followed or not."""
    row = lists_access.access_list(viewer, list_id)
    on = Exists(lists_access.listed(row).filter(person_id=OuterRef("author_id")))
    return row, _unasked(viewer, Post.objects.filter(on, deleted_at__isnull=True), cursor)


def posts_of(viewer: Viewer, person: User, cursor: str = "") -> Page[Post]:
    """One person's posts, newest first."""
    return _page(viewer, Post.objects.filter(author=person, deleted_at__isnull=True), cursor)


def profile_tab(viewer: Viewer, person: User, cursor: str) -> dict[str, Any]:
    """What the tab "Posts" of a profile shows; `next` is the cursor of what follows."""
    page = posts_of(viewer, person, cursor)
    return {"page": page, "next": page.next}


def _with_pictures(person: User) -> QuerySet[Post]:
    shown = Exists(PostPicture.objects.filter(post=OuterRef("pk")))
    return Post.objects.filter(shown, author=person, deleted_at__isnull=True)


def posts_with_pictures(viewer: Viewer, person: User, cursor: str = "") -> Page[Post]:
    """Those of one person's posts that show pictures, newest first."""
    return _page(viewer, _with_pictures(person), cursor, MEDIA_PAGE)


def media_tab(viewer: Viewer, person: User, cursor: str) -> dict[str, Any]:
    """What the tab "Media" of a profile shows: pictures of posts the viewer may see."""
    page = posts_with_pictures(viewer, person, cursor)
    return {"pictures": [(post, picture) for post in page.rows for picture in post.pictures.all()], "next": page.next}


def photo_box(viewer: Viewer, person: User) -> dict[str, Any]:
    """The latest pictures, for the box beside a profile; nothing if there are none."""
    page = _page(viewer, _with_pictures(person), "", PHOTOS)
    pictures = [(post, picture) for post in page.rows for picture in post.pictures.all()][:PHOTOS]
    return {"pictures": pictures, "person": person} if pictures else {}


def public_posts(count: int = 3) -> list[Post]:
    """The latest posts for everybody, for the welcome page."""
    candidates = Post.objects.filter(audience=Audience.PUBLIC, deleted_at__isnull=True, is_brought=False)
    return _page(None, candidates, "", count).rows


def post(viewer: Viewer, id: int) -> Post:
    """One post as a card, with `is_muted` and `muted_until` of its author; NotFound if hidden or absent."""
    access.access_post(viewer, id)
    muted = {"is_muted": mutes_access.muted(viewer), "muted_until": mutes_access.muted_until(viewer)}
    return _cards(viewer).annotate(**muted).get(pk=id)


def comments(viewer: Viewer, post: Post, cursor: str = "", size: int = COMMENTS_PAGE) -> Page[Comment]:
    """Comments of a post that the viewer sees and does not mute, newest first; pages turn them around."""
    candidates = Comment.objects.filter(post=post, deleted_at__isnull=True).only("pk")
    keep = _keep_heard(viewer, access.heard_comments(viewer))
    page = paging.page(candidates, cursor=cursor, size=size, keep=keep)
    return Page(_in_order(_comment_rows(viewer), page.rows), page.next)


def comment(viewer: Viewer, id: int) -> Comment:
    """One comment with its post; NotFound if hidden or absent."""
    access.access_comment(viewer, id)
    return _comment_rows(viewer).select_related("post").get(pk=id)


def is_heard(viewer: Viewer, row: Comment) -> bool:
    """Whether a visible comment is put before the viewer by itself."""
    return bool(_keep_heard(viewer, access.heard_comments(viewer))([row]))


def _comment_rows(viewer: Viewer) -> QuerySet[Comment]:
    mine = Reaction.objects.filter(comment=OuterRef("pk"), user_id=accounts_access.viewer_id(viewer) or 0)
    return (
        access.visible_comments(viewer)
        .select_related("author", "post")
        .annotate(my_reaction=Subquery(mine.values("kind")[:1]))
    )


# -- What is live -----------------------------------------------------------------------------------------------------


def muted_posts(viewer: User, cursor: str = "") -> Page[MutedPost]:
    """Conversations that the viewer mutes, newest first, under posts they may still see."""
    seen = access.visible_posts(viewer).select_related("author")

    def keep(rows: list[MutedPost]) -> list[MutedPost]:
        found = seen.in_bulk([row.post_id for row in rows])
        for row in rows:
            if row.post_id in found:
                row.post = found[row.post_id]
        return [row for row in rows if row.post_id in found]

    return paging.page(access.muted_posts(viewer), cursor=cursor, size=PAGE, keep=keep)


def watchable(user_id: int, ids: Sequence[int]) -> list[Post]:
    """Which of these posts a member may watch, in one query; with their counts, so that a client is up to date, and
    `is_quiet` where they mute the conversation."""
    viewer = User(pk=user_id)
    quiet = Exists(access.muted_posts(viewer).filter(post=OuterRef("pk")))
    rows = access.visible_posts(viewer).filter(pk__in=ids[:WATCH_LIMIT]).annotate(is_quiet=quiet)
    shown = rows.select_related("author").only("pk", "audience", "reactions", "comments_count", "author__is_private")
    return list(shown)


def latest_shared(user_id: int) -> list[Post]:
    """What of a member others may well have on their screens: the newest posts that are not for the author alone."""
    shared = Post.objects.filter(author_id=user_id, deleted_at__isnull=True).exclude(audience=Audience.ONLY_ME)
    return list(shared.order_by("-id").only("pk", "audience")[:WATCH_LIMIT])


def announce_to(post_id: int, *, at_once: int) -> Iterator[list[int]]:
    """Ids of the author and of the followers who may see a post now and mute neither its author nor its words, in
    chunks; one query, however many they are."""
    found = (
        Post.objects.filter(pk=post_id, deleted_at__isnull=True).values_list("author_id", "audience", "text").first()
    )
    if found is None:
        return
    author_id, audience, text = found
    yield [author_id]
    if audience == Audience.ONLY_ME:
        return
    followers = Follow.objects.filter(accounts_access.present("follower__"), followed_id=author_id)
    if audience in (Audience.FRIENDS, Audience.CLOSE_FRIENDS):
        followers = followers.filter(follower__in=accounts_access.circle(author_id, audience))
    followers = followers.exclude(mutes_access.deaf_to(author_id=author_id, text=text, column="follower_id"))
    blocked = accounts_access.blocked_between(User(pk=author_id), "follower_id")
    if blocked is not None:
        followers = followers.exclude(blocked)
    chunk: list[int] = []
    for id in followers.values_list("follower_id", flat=True).iterator(chunk_size=at_once):
        chunk.append(id)
        if len(chunk) == at_once:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
