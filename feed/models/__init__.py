"""The tables of the feed. Django looks for them here; import each from its own module."""

from feed.models import comments, mutes, posts, previews, reactions

__all__ = ["comments", "mutes", "posts", "previews", "reactions"]
