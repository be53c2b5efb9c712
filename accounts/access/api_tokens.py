"""Which tokens are good, whose they are, and who manages bots."""

from django.db.models import Q, QuerySet

from accounts.access.people import Viewer, by_reference, present, viewer_id
from accounts.models.api_tokens import ApiToken
from accounts.models.people import User
from core import errors, prepared

MANAGE_BOTS = "accounts.manage_bots"


def live_tokens() -> QuerySet[ApiToken]:
    """Tokens that are good: neither revoked nor run out, and their member is here; for a bot also whoever owns it."""
    answered = Q(user__is_bot=False) | (Q(user__bot_owner__isnull=False) & present("user__bot_owner__"))
    lasting = Q(expires_at=None) | Q(expires_at__gt=prepared.now())
    return ApiToken.objects.filter(answered, lasting, present("user__"), device__ended_at=None)


def standing_tokens(owner: User) -> QuerySet[ApiToken]:
    """The tokens of a member or a bot that were not revoked, those that ran out as well."""
    return ApiToken.objects.filter(user=owner, device__ended_at=None)


def access_token(owner: User, id: int) -> ApiToken:
    """A token of this member or bot, revoked or not. Foreign and absent answer alike."""
    found = ApiToken.objects.filter(user=owner, pk=id).select_related("device").first() if 0 < id < 2**63 else None
    if found is None:
        raise errors.NotFound
    return found


def may_manage_bots(viewer: Viewer) -> bool:
    """Staff with the permission."""
    return isinstance(viewer, User) and viewer.is_present and viewer.is_staff and viewer.has_perm(MANAGE_BOTS)


def visible_bots(viewer: Viewer) -> QuerySet[User]:
    """Every bot, also those that rest, for who manages them; NotAllowed for others."""
    if viewer_id(viewer) is None or not may_manage_bots(viewer):
        raise errors.NotAllowed
    return User.objects.filter(is_bot=True)


def access_bot(viewer: Viewer, bot: int | str) -> User:
    found = by_reference(visible_bots(viewer), bot).select_related("bot_owner").first()
    if found is None:
        raise errors.NotFound
    return found
