"""Facts that make something appear at other people's."""

from core import outbox
from feed import queries, realtime
from feed.events import PostCreated


@outbox.subscribes(PostCreated, name="feed-announce")
def announce(fact: PostCreated) -> None:
    """Tells the author's other pages and the followers that there is something new."""
    for user_ids in queries.announce_to(fact.post_id, at_once=realtime.FOLLOWERS_AT_ONCE):
        realtime.post_announced(post_id=fact.post_id, author_id=fact.author_id, user_ids=user_ids)
