"""Reports as rows, without the actions: for tests of what moderators read."""

from typing import Any

from accounts.models.people import User
from feed.models.posts import Post
from moderation.models import Reason, Report


def make_report(reporter: User, post: Post, **fields: Any) -> Report:
    fields = {"reason": Reason.SPAM, "copy": post.text, "member_id": post.author_id, **fields}
    return Report.objects.create(reporter=reporter, kind="post", subject_id=post.pk, **fields)
