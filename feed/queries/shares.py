"""Who shared a post, and to whom a share says nothing."""

from django.db.models import Exists, OuterRef, Q

from accounts.access import mutes as mutes_access
from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from accounts.models.people import User
from accounts.models.relations import Audience, Follow, Friendship
from core import paging
from core.paging import Page
from feed.access import posts as post_access
from feed.models.hidden import HiddenPost
from feed.models.posts import BARE, COUNTED, Post
from feed.queries import cards

NOBODY, EVERYBODY = Q(pk__in=[]), ~Q(pk__in=[])


def shares_of(viewer: Viewer, id: int, cursor: str = "") -> tuple[Post, Page[Post]]:
    """A post, and the shares of it that the viewer may see, newest first."""
    post = post_access.access_post(viewer, id)
    return post, cards.page(viewer, Post.objects.filter(shared=post, deleted_at__isnull=True), cursor)


def lost_shares(viewer: User, cursor: str = "") -> Page[Post]:
    """The viewer's shares without words of what they cannot see any more, and others may: newest first."""
    mine = Post.objects.filter(BARE, author=viewer, deleted_at__isnull=True)

    def keep(rows: list[Post]) -> list[Post]:
        seen = post_access.visible_posts(viewer).in_bulk([row.pk for row in rows])
        return [row for row in rows if row.pk not in seen]

    return paging.page(mine, cursor=cursor, size=cards.PAGE, keep=keep)


def deaf(post: Post, *, column: str) -> Q:
    """Rows whose `column` is a member to whom a share says nothing because of what it shares: without words, whoever
    may not see or does not want that; with words, who does not want what they see there."""
    shared = post.shared
    if not post.is_share:
        return NOBODY
    if shared is None:
        return EVERYBODY if post.is_bare else NOBODY
    seen = _seen_by(shared, column)
    words = mutes_access.deaf_to_words(text=shared.said, column=column) & ~Q(**{column: shared.author_id})
    if not post.is_bare:
        return seen & words
    unwanted = mutes_access.deaf_to_person(author_id=shared.author_id, column=column) | Q(
        Exists(HiddenPost.objects.filter(member_id=OuterRef(column), post=shared))
    )
    return ~seen | words | unwanted


def _seen_by(post: Post, column: str) -> Q:
    """`visible_posts` the other way round: rows whose `column` is a member who may see this post."""
    author, me = post.author, Q(**{column: post.author_id})
    here = User.objects.filter(accounts_access.present(), pk=author.pk)
    if post.deleted_at is not None or not here.exists():
        return NOBODY
    friend = Q(Exists(Friendship.objects.filter(person_id=author.pk, friend_id=OuterRef(column))))
    follower = Q(Exists(Follow.objects.filter(followed_id=author.pk, follower_id=OuterRef(column))))
    circles = {
        Audience.FOLLOWERS: follower | friend,
        Audience.FRIENDS: friend,
        Audience.CLOSE_FRIENDS: Q(**{f"{column}__in": accounts_access.circle(author.pk, Audience.CLOSE_FRIENDS)}),
        Audience.ONLY_ME: NOBODY,
    }
    inside = EVERYBODY if post.audience in COUNTED else circles[Audience(post.audience)]
    if author.is_private:
        inside &= follower | friend
    blocked = accounts_access.blocked_between(author, column)
    return me | (inside if blocked is None else inside & ~Q(blocked))
