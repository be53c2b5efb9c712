"""Facts that make something appear at other people's."""

from accounts.events import UserUnfollowed
from core import outbox
from core import realtime as hub
from feed import queries, realtime
from feed.events import PostCreated


@outbox.subscribes(PostCreated, name="feed-announce")
def announce(fact: PostCreated) -> None:
    """Tells the author's other pages and the followers that there is something new."""
    for user_ids in queries.announce_to(fact.post_id, at_once=realtime.FOLLOWERS_AT_ONCE):
        realtime.post_announced(post_id=fact.post_id, author_id=fact.author_id, user_ids=user_ids)


@outbox.subscribes(UserUnfollowed, name="feed-unwatch")
def ask_again(fact: UserUnfollowed) -> None:
    """Who no longer follows may watch less: their sockets are checked again."""
    hub.access_changed(fact.follower_id)
