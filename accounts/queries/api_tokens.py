"""Tokens and bots: the one behind a request, and the pages that list them."""

from django.db.models import QuerySet

from accounts.access import api_tokens as api_token_access
from accounts.models.api_tokens import ApiToken, digest_of
from accounts.models.people import User
from accounts.queries.people import PAGE
from core import paging, prepared


def by_raw(raw: str) -> ApiToken | None:
    """The good token behind these letters, with its login and member, in one query."""
    digest = digest_of(raw)
    return prepared.row(_live_tokens, None, digest, by="digest") if digest else None


def _live_tokens(_viewer: None) -> QuerySet[ApiToken]:
    return api_token_access.live_tokens().select_related("device__user")


def tokens(*, owner: User, cursor: str = "") -> paging.Page[ApiToken]:
    """The tokens of a member or a bot, newest first."""
    rows = api_token_access.standing_tokens(owner).select_related("device")
    return paging.page(rows, cursor=cursor, size=PAGE)


def bots(*, viewer: User, cursor: str = "") -> paging.Page[User]:
    """Every bot, newest first, with its owner. NotAllowed for who does not manage them."""
    rows = api_token_access.visible_bots(viewer).select_related("bot_owner")
    return paging.page(rows, cursor=cursor, size=PAGE)
