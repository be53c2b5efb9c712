"""The tables of the feed. Django looks for them here; import each from its own module."""

from feed.models import comments, hidden, mutes, posts, previews, reactions, saved, sources, trends

__all__ = ["comments", "hidden", "mutes", "posts", "previews", "reactions", "saved", "sources", "trends"]
