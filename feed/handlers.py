"""Facts that make something appear at other people's."""

from accounts.events import PrivacyChanged
from core import outbox
from feed import realtime
from feed.actions import homes, trends
from feed.events import CommentCreated, PostCreated, PostEdited, PostReacted, PostRestored, PostShared
from feed.queries import live as live_queries


@outbox.subscribes(PostCreated, name="feed-announce")
def announce(fact: PostCreated) -> None:
    """Tells the author's other pages and the followers that there is something new."""
    for user_ids in live_queries.announce_to(fact.post_id, at_once=realtime.FOLLOWERS_AT_ONCE):
        realtime.post_announced(post_id=fact.post_id, author_id=fact.author_id, user_ids=user_ids)


@outbox.subscribes(PrivacyChanged, name="feed-privacy")
def look_again(fact: PrivacyChanged) -> None:
    """Who has posts of theirs on the screen asks for them again; the others hear no more of them in any case."""
    realtime.privacy_changed(live_queries.latest_shared(fact.user_id), private=fact.private)


@outbox.subscribes(PostCreated, PostEdited, name="feed-home")
def copy(fact: PostCreated | PostEdited) -> None:
    """To the homes of many; until then their reads make up for it."""
    homes.copy_post(post_id=fact.post_id)


@outbox.subscribes(PostCreated, PostEdited, PostRestored, name="feed-tag-trends")
def count_tags(fact: PostCreated | PostEdited | PostRestored) -> None:
    """Behind the request: whoever writes with a hashtag waits for nobody else who does."""
    trends.count_tags(post_id=fact.post_id)


@outbox.subscribes(PostReacted, PostShared, CommentCreated, name="feed-post-trends")
def count_answer(fact: PostReacted | PostShared | CommentCreated) -> None:
    if isinstance(fact, CommentCreated):
        trends.count_comment(comment_id=fact.comment_id)
    elif isinstance(fact, PostShared):
        trends.count_share(share_id=fact.share_id)
    elif fact.kind:
        trends.count_reaction(post_id=fact.post_id, user_id=fact.user_id)
