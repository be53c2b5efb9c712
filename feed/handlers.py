"""Facts that make something appear at other people's."""

from accounts.events import PrivacyChanged
from core import outbox
from feed import realtime
from feed.actions import homes
from feed.events import PostCreated, PostEdited
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
