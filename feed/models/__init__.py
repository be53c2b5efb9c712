"""The tables of the feed. Django looks for them here; import each from its own module."""

from feed.models import (
    comments,
    drafts,
    hidden,
    mutes,
    polls,
    posts,
    reactions,
    revisions,
    saved,
    sources,
    trends,
)

__all__ = [
    "comments",
    "drafts",
    "hidden",
    "mutes",
    "polls",
    "posts",
    "reactions",
    "revisions",
    "saved",
    "sources",
    "trends",
]
