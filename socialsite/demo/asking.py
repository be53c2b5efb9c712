"""A few posts of Willowbank with a poll, a warning, a place on the profile; and what edited ones said before."""

from datetime import timedelta

from accounts.models.people import User
from feed.models.polls import Poll, Vote
from feed.models.posts import Post
from feed.models.revisions import Revision
from socialsite.demo.keeping import seen_by_all
from socialsite.demo.plan import Plan

QUESTION = "is it sulking?"
CHOICES = ["Too much water", "Too little water", "It is sulking"]
OTHERWISE = ["Yes", "No", "I wish I knew"]
VOTERS = 30
WARNING = "About the end of the story"


def write(made: Plan, users: list[User], posts: list[Post]) -> None:
    kept = seen_by_all(made, posts)
    asking = sorted((post for post in kept if "?" in post.text), key=lambda post: (QUESTION in post.text, post.pk))
    for turn, post in enumerate(asking[-3:]):
        _ask(made, users, post, ends_in=None if turn else timedelta(days=3))
    _mark([kept[len(kept) // 2]], warning=WARNING)
    newest = {post.author_id: post for post in posts}
    _mark([newest[user.pk] for user in users[:6] if user.pk in newest], pinned_at=made.now)
    edited = [(entry, post) for entry, post in zip(made.entries, posts, strict=True) if entry.edited_at]
    Revision.objects.bulk_create(
        Revision(post=post, text=post.text, html=post.html, warning="Not finished yet", written_at=entry.at)
        for entry, post in edited
    )


def _ask(made: Plan, users: list[User], post: Post, *, ends_in: timedelta | None) -> None:
    choices = CHOICES if QUESTION in post.text else OTHERWISE
    poll = Poll(post=post, choices=choices, votes=[0] * len(choices), ends_at=made.now + ends_in if ends_in else None)
    voters = [user for user in users[1 : VOTERS + 1] if user.pk != post.author_id]
    votes = [Vote(poll=poll, member=user, chosen=[turn * turn % len(CHOICES)]) for turn, user in enumerate(voters)]
    for vote in votes:
        poll.count(vote.chosen, +1)
    poll.save(force_insert=True)
    Vote.objects.bulk_create(votes)


def _mark(posts: list[Post], **fields: object) -> None:
    Post.objects.filter(pk__in=[post.pk for post in posts]).update(**fields)
