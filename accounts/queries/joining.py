"""What the ways in ask before somebody is a member."""

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


def by_login(login: str) -> User | None:
    """Whose address or handle this is, in small letters; a handle has no @. One query, whoever it finds."""
    login = login.replace("\x00", "")
    if "@" in login:
        return User.objects.filter(email=login).first()
    return User.objects.alias(lowered=Lower("handle")).filter(lowered=login).first()


def owner_missing() -> bool:
    """No owner yet: the one-time link may be made and used."""
    return not User.objects.filter(is_superuser=True, is_active=True).exists()


def check_owner_link(token: str) -> None:
    """NotFound unless this is the link that makes the owner, and there is none yet."""
    if not (OwnerLink.objects.filter(digest=OwnerLink.digest_of(token)).exists() and owner_missing()):
        raise errors.NotFound
