"""What the ways in ask before somebody is a member."""

from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models.joining import OwnerLink
from accounts.models.people import User
from core import errors


def is_member_address(email: str) -> bool:
    """Whether an account has this address. Never let the answer show."""
    return User.objects.filter(email=email).exists()


def members_with(email: str) -> list[User]:
    """Whose account has this address and is not closed; none or one."""
    return list(User.objects.filter(email=email, is_active=True)[:1])


def reset_stamp(user: User) -> str:
    """What a reset is bound to: the account with this address and this password."""
    return f"{user.get_session_auth_hash()} {user.email}"


def account_key(login: str) -> int | str:
    """What guesses at this address or handle count for: the account behind it, else the words themselves."""
    login = login.strip().lower()
    found = User.objects.alias(lowered=Lower("handle")).filter(Q(email=login) | Q(lowered=login.replace("\x00", "")))
    return found.values_list("pk", flat=True).first() or login


def owner_missing() -> bool:
    """No owner yet: the one-time link may be made and used."""
    return not User.objects.filter(is_superuser=True, is_active=True).exists()


def check_owner_link(token: str) -> None:
    """NotFound unless this is the link that makes the owner, and there is none yet."""
    if not (OwnerLink.objects.filter(digest=OwnerLink.digest_of(token)).exists() and owner_missing()):
        raise errors.NotFound
