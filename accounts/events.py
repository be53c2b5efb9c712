"""Facts about members and their relations. Ids only."""

from core import outbox


@outbox.event(subject="user:{user_id}")
class UserJoined:
    user_id: int


@outbox.event(subject="user:{user_id}")
class UserErased:
    """A member is gone, with everything they put in."""

    user_id: int


@outbox.event(subject="user:{followed_id}")
class UserFollowed:
    follower_id: int
    followed_id: int


@outbox.event(subject="user:{followed_id}")
class UserUnfollowed:
    follower_id: int
    followed_id: int


@outbox.event(subject="user:{asked_id}")
class FollowAsked:
    """Somebody asks to follow a private account."""

    asker_id: int
    asked_id: int


@outbox.event(subject="user:{asked_id}")
class FollowRequestAccepted:
    """The request became a follow; UserFollowed comes after it."""

    asker_id: int
    asked_id: int


@outbox.event(subject="user:{asked_id}")
class FollowRequestDropped:
    """The request waits no more: declined, withdrawn, or gone with a block. The asker is never told which."""

    asker_id: int
    asked_id: int


@outbox.event(subject="user:{user_id}")
class PrivacyChanged:
    """A member's account is private from now on, or open again."""

    user_id: int
    private: bool


@outbox.event(subject="user:{blocked_id}")
class UserBlocked:
    blocker_id: int
    blocked_id: int


@outbox.event(subject="user:{blocked_id}")
class UserUnblocked:
    blocker_id: int
    blocked_id: int


@outbox.event(subject="user:{user_id}")
class InvitationUsed:
    """A new member came by an invitation; of nobody, when it was made in the shell."""

    invitation_id: int
    inviter_id: int | None
    user_id: int


@outbox.event(subject="application:{application_id}")
class ApplicationArrived:
    """Somebody asks to join; moderators answer."""

    application_id: int


@outbox.event(subject="application:{application_id}")
class ApplicationDecided:
    """A moderator has answered; if accepted, UserJoined came before it."""

    application_id: int
    accepted: bool


@outbox.event(subject="user:{asked_id}")
class FriendAsked:
    """Somebody would like to be friends."""

    asker_id: int
    asked_id: int


@outbox.event(subject="user:{asked_id}")
class FriendRequestDropped:
    """The request to be friends waits no more: declined, withdrawn, or gone with a block. The asker is never told."""

    asker_id: int
    asked_id: int


@outbox.event(subject="user:{asked_id}")
class FriendshipMade:
    """`asked_id` said yes to `asker_id`; the follows that come with it are announced as UserFollowed."""

    asker_id: int
    asked_id: int


@outbox.event(subject="user:{other_id}")
class FriendshipEnded:
    """`ender_id` is no longer friends with `other_id`, who is not told."""

    ender_id: int
    other_id: int
