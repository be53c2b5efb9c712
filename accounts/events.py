"""Facts about members and their relations. Ids only."""

from core import outbox


@outbox.event(subject="user:{user_id}")
class UserJoined:
    user_id: int


@outbox.event(subject="user:{followed_id}")
class UserFollowed:
    follower_id: int
    followed_id: int


@outbox.event(subject="user:{followed_id}")
class UserUnfollowed:
    follower_id: int
    followed_id: int


@outbox.event(subject="user:{blocked_id}")
class UserBlocked:
    blocker_id: int
    blocked_id: int


@outbox.event(subject="user:{blocked_id}")
class UserUnblocked:
    blocker_id: int
    blocked_id: int
