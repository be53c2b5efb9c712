"""What the first of Willowbank keeps and hides, and what some have told the moderators."""

from datetime import timedelta

from accounts.models.people import User
from accounts.models.relations import Audience
from feed.models.comments import Comment
from feed.models.hidden import HiddenPost
from feed.models.posts import Post
from feed.models.saved import Collection, SavedPost
from moderation.models import Reason, Report
from socialsite.demo.plan import Plan

COLLECTIONS = ("To cook", "On foot and by boat")
SAVED = 9
TOLD = (
    (Reason.SPAM, "The same words under three other posts since yesterday."),
    (Reason.OTHER, "I am not sure, but please look at it."),
    (Reason.SPAM, ""),
)


def write(made: Plan, users: list[User], posts: list[Post], comments: list[Comment]) -> None:
    linh, kept = users[0], seen_by_all(made, posts)
    rows = [Collection(owner=linh, name=name) for name in COLLECTIONS]
    Collection.objects.bulk_create(rows)
    places = [rows[0], None, rows[1]]
    SavedPost.objects.bulk_create(
        SavedPost(
            owner=linh, post=post, collection=places[turn % 3], created_at=made.now - timedelta(hours=SAVED - turn)
        )
        for turn, post in enumerate(kept[:SAVED])
    )
    HiddenPost.objects.bulk_create(HiddenPost(member=linh, post=post) for post in kept[SAVED : SAVED + 2])
    seen = {post.pk for post in kept}
    _report(made, users, kept[-1], [one for one in comments if one.post_id in seen and one.author_id != linh.pk][-1])


def seen_by_all(made: Plan, posts: list[Post]) -> list[Post]:
    """Quiet public posts of people with open accounts whom nobody blocks."""
    away = {0, *made.private, *(one for pair in made.blocks for one in pair)}
    return [
        post
        for entry, post in zip(made.entries, posts, strict=True)
        if entry.audience == Audience.PUBLIC and entry.author not in away and not entry.pictures
    ]


def _report(made: Plan, users: list[User], post: Post, comment: Comment) -> None:
    reporters = [user for user in users[3:12] if user.pk not in (post.author_id, comment.author_id)]
    rows = [
        Report(
            reporter=reporter,
            member_id=post.author_id,
            kind="post",
            subject_id=post.pk,
            reason=reason,
            words=words,
            copy=post.text,
            created_at=made.now - timedelta(hours=5 - turn),
            changed_at=made.now - timedelta(hours=5 - turn),
        )
        for turn, (reporter, (reason, words)) in enumerate(zip(reporters, TOLD, strict=False))
    ]
    about = {"member_id": comment.author_id, "kind": "comment", "subject_id": comment.pk, "copy": comment.text}
    rows.append(Report(reporter=reporters[-1], reason=Reason.HARASSMENT, words="Not how we talk here.", **about))
    Report.objects.bulk_create(rows)
