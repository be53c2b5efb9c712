"""Second factors of a member."""

from allauth.mfa.models import Authenticator

from accounts.models.people import User


def factors(user: User) -> list[str]:
    """The kinds this member has: totp, recovery_codes, webauthn."""
    kinds = Authenticator.objects.filter(user_id=user.pk).order_by("type").values_list("type", flat=True)
    return list(kinds.distinct())
