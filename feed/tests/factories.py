"""Posts and comments as rows, without the actions: for tests of what is shown."""

from typing import Any

from django.db import transaction
from django.db.models import F

from accounts.models.people import User
from accounts.models.relations import Audience
from core import text as core_text
from feed.actions import filing
from feed.models.comments import Comment
from feed.models.posts import COUNTED, Post, PostPicture
from feed.models.reactions import Reaction
from uploads.tests import factories as upload_factories


def make_post(author: User, text: str = "Hello", *, pictures: int = 0, **fields: Any) -> Post:
    fields = {"audience": Audience.PUBLIC, "html": core_text.render(text), **fields}
    post = Post.objects.create(author=author, text=text, **fields)
    if not post.is_brought:
        with transaction.atomic():
            filing.file_post(post)
    if post.audience in COUNTED and not post.deleted_at:
        User.objects.filter(pk=author.pk).update(posts_count=F("posts_count") + 1)
    for place in range(pictures):
        upload = upload_factories.make_upload(author, purpose="post", attached_at=post.created_at)
        PostPicture.objects.create(post=post, upload=upload, position=place, alt=f"picture {place}")
    return post


def make_comment(post: Post, author: User, text: str = "Indeed", **fields: Any) -> Comment:
    made = Comment.objects.create(post=post, author=author, text=text, html=core_text.render(text), **fields)
    if made.parent_id:
        Comment.objects.filter(pk=made.parent_id).update(replies_count=F("replies_count") + 1)
    Post.objects.filter(pk=post.pk).update(comments_count=post.comments_count + 1)
    post.comments_count += 1
    return made


def make_reaction(post: Post, user: User, kind: str = "like") -> Reaction:
    post.reactions[kind] = post.reactions.get(kind, 0) + 1
    post.reactions_count += 1
    post.save(update_fields=["reactions", "reactions_count"])
    return Reaction.objects.create(post=post, user=user, kind=kind)
