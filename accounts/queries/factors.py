"""How a member is protected, for the settings page and the API."""

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator

from accounts.access import factors as factor_access
from accounts.models.people import User
from core import errors, options


@dataclass(frozen=True)
class Passkey:
    id: int
    name: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class Protection:
    """`codes_left` counts recovery codes that are still good."""

    has_password: bool
    app_since: datetime | None
    passkeys: list[Passkey]
    codes_left: int
    required: bool

    @property
    def on(self) -> bool:
        return self.app_since is not None or bool(self.passkeys)


def protection(*, viewer: User) -> Protection:
    """The viewer's own; nobody sees anybody else's."""
    rows = list(Authenticator.objects.filter(user_id=viewer.pk).order_by("pk"))
    apps = [row for row in rows if row.type == Authenticator.Type.TOTP]
    codes = [row for row in rows if row.type == Authenticator.Type.RECOVERY_CODES]
    keys = [
        Passkey(row.pk, row.wrap().name, row.created_at, row.last_used_at)
        for row in rows
        if row.type == Authenticator.Type.WEBAUTHN
    ]
    return Protection(
        has_password=viewer.has_usable_password(),
        app_since=apps[0].created_at if apps else None,
        passkeys=keys,
        codes_left=app_settings.RECOVERY_CODE_COUNT - codes[0].data["used_mask"].bit_count() if codes else 0,
        required=factor_access.must_have(viewer),
    )


def passkey(*, viewer: User, id: int) -> Passkey:
    """One of the viewer's own passkeys."""
    for one in protection(viewer=viewer).passkeys:
        if one.id == id:
            return one
    raise errors.NotFound


def required() -> factor_access.Required:
    """Who must have a second factor, as it stands now."""
    return options.sure(factor_access.REQUIRED)


def has_passkey(user: User) -> bool:
    return factor_access.own_passkeys(user).exists()
