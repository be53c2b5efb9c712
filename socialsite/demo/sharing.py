"""What the people of Willowbank share of each other."""

from datetime import timedelta

from accounts.models.people import User
from accounts.models.relations import Audience
from feed.actions import shares
from feed.models.posts import Post
from socialsite.demo.plan import Plan

WORDS = (
    "Read this before the weekend.",
    "",
    "My neighbour says it better than I can.",
    "",
    "For those who asked me.",
    "",
)


def write(made: Plan, users: list[User], posts: list[Post]) -> None:
    """The latest posts for everybody, by people whom nobody blocks; the first of all shares the second of them."""
    away = {*made.private, *(one for pair in made.blocks for one in pair)}
    found = [
        post
        for entry, post in zip(made.entries, posts, strict=True)
        if entry.audience == Audience.PUBLIC and entry.author not in away
    ]
    sharers = [user for number, user in enumerate(users) if number not in away and number > 2]
    for turn, (post, words) in enumerate(zip(found[::-1], WORDS, strict=False)):
        sharer = users[0] if turn == 1 else sharers[(3 * turn + 2) % len(sharers)]
        audience = Audience.PUBLIC if turn % 2 else Audience.MEMBERS
        share = shares.share_post(actor=sharer, post_id=post.pk, text=words, audience=audience)
        Post.objects.filter(pk=share.pk).update(created_at=made.now - timedelta(minutes=7 * (len(WORDS) - turn)))
