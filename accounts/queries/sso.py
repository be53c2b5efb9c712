"""Which providers there are, whom they name, and how members may log in."""

import logging
from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.utils import timezone

from accounts.access import sso as sso_access
from accounts.models.people import User
from accounts.models.sso import AppLogin, Identity, IdentityProvider
from accounts.providers import Provider
from core import errors, sealed

log = logging.getLogger(__name__)
PURPOSE = "oidc-client"  # of what is sealed
MOST_PROVIDERS = 20


def providers() -> list[Provider]:
    """Those that one can log in with, the environment's first; one query."""
    found = {one.key: one for one in settings.OIDC_PROVIDERS}
    for row in IdentityProvider.objects.filter(is_enabled=True)[:MOST_PROVIDERS]:
        if row.key not in found and (one := of_row(row)):
            found[row.key] = one
    return list(found.values())


def provider(key: str) -> Provider:
    """NotFound for one that is not there or is switched off."""
    for one in settings.OIDC_PROVIDERS:
        if one.key == key:
            return one
    row = IdentityProvider.objects.filter(key=key, is_enabled=True).first()
    found = of_row(row) if row else None
    if found is None:
        raise errors.NotFound
    return found


def of_row(row: IdentityProvider) -> Provider | None:
    """None when its secret was sealed with another SECRET_KEY: `doctor` says so."""
    try:
        secret = sealed.unseal(row.secret, purpose=PURPOSE) if row.secret else ""
    except sealed.Unreadable:
        log.warning("single sign-on: the secret of %s was sealed with another SECRET_KEY", row.key)
        return None
    return Provider(
        key=row.key,
        name=row.name,
        issuer=row.issuer,
        client_id=row.client_id,
        client_secret=secret,
        scopes=row.scopes,
        trust_email=row.trust_email,
        domains=tuple(row.domains),
        role_claim=row.role_claim,
        roles=tuple((value, role) for value, role in row.roles),
        logout=row.logout,
    )


def groups_for(provider: Provider, values: tuple[str, ...]) -> set[str]:
    """The groups that these values of the claim stand for."""
    return {role for value, role in provider.roles if value in values}


def enabled_rows() -> list[IdentityProvider]:
    return list(IdentityProvider.objects.filter(is_enabled=True)[:MOST_PROVIDERS])


@dataclass(frozen=True)
class ProviderList:
    """The owner's page: from the environment, and from the page itself."""

    fixed: list[Provider]
    rows: list[IdentityProvider]


def provider_list(*, viewer: User) -> ProviderList:
    sso_access.access_providers(viewer)
    return ProviderList(list(settings.OIDC_PROVIDERS), list(sso_access.visible_providers(viewer)[:MOST_PROVIDERS]))


def identity(*, provider: str, issuer: str, subject: str) -> Identity | None:
    """Whom a provider means: by its own name for them, never by their address."""
    rows = Identity.objects.select_related("user")
    return rows.filter(provider=provider, issuer=issuer, subject=subject).first()


def member_with(email: str) -> User | None:
    """Whose proven address this is. Only for somebody who has proven it, too."""
    found = EmailAddress.objects.select_related("user").filter(email=email, verified=True).first()
    return found.user if found else None


@dataclass(frozen=True)
class Connected:
    """One identity of a member, and what its provider is called now (its key, when it is there no more)."""

    id: int
    provider: str
    name: str
    label: str
    linked_at: datetime
    used_at: datetime | None


def connected(*, viewer: User) -> list[Connected]:
    """The viewer's identities, newest first; an action keeps them few."""
    names = {one.key: one.name for one in providers()}
    return [
        Connected(row.pk, row.provider, names.get(row.provider, row.provider), row.label, row.created_at, row.used_at)
        for row in sso_access.visible_identities(viewer).order_by("-pk")
    ]


def has_another_way(user: User, *, but: int) -> bool:
    """Whether the member can log in without this identity: by password, passkey, or another provider that is there."""
    if user.has_usable_password():
        return True
    passkeys = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN)
    if any(one.wrap().is_passwordless for one in passkeys):
        return True
    known = {(one.key, one.issuer) for one in providers()}
    others = Identity.objects.filter(user=user).exclude(pk=but)
    return any((row.provider, row.issuer.rstrip("/")) in known for row in others)


def app_login(digest: str) -> AppLogin | None:
    """A code for an app that is still good; its row is locked."""
    rows = AppLogin.objects.select_for_update(of=("self",)).select_related("user")
    return rows.filter(digest=digest, expires_at__gt=timezone.now()).first()
