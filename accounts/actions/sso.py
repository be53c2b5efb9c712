"""Single sign-on: identities linked, roles by a claim, log-outs that a provider orders, the settings of providers."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import mails, providers, realtime, tokens
from accounts.access import doors
from accounts.access import sso as sso_access
from accounts.actions import applications, joining, logins, roles
from accounts.models.applications import Application
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.models.sso import AppLogin, Identity, IdentityProvider, LogoutHeard
from accounts.oidc import ShownIdentity
from accounts.providers import Provider
from accounts.queries import sso as sso_queries
from core import audit, errors, sealed

MOST_IDENTITIES = 20
STAFF = "staff"  # not a group: the flag that every role brings with it
APP_CODE_LIFE = timedelta(minutes=2)
BATCH = 500
TAKEN = _("This identity belongs to another account here. Log in with it to see which.")
LAST = _("This is your only way to log in. Set a password first, then you can disconnect it.")


# -- Identities --------------------------------------------------------------------------------------------------------


@transaction.atomic
def link(*, actor: User, arrival: ShownIdentity) -> Identity:
    """From now on this identity logs the actor in; a mail tells them. Conflict when it is somebody else's."""
    owner = User.objects.select_for_update(of=("self",)).get(pk=actor.pk)
    identity, made = Identity.objects.get_or_create(
        provider=arrival.provider,
        issuer=arrival.issuer,
        subject=arrival.subject,
        defaults={"user": owner, "label": arrival.label},
    )
    if identity.user_id != owner.pk:
        raise errors.Conflict(TAKEN)
    if made:
        if Identity.objects.filter(user=owner).count() > MOST_IDENTITIES:
            raise errors.Conflict(_("That are enough connected accounts. Disconnect one of them first."))
        mails.send_identity_linked(to=owner.email, language=owner.language, provider=_name(arrival.provider))
    return identity


@transaction.atomic
def unlink(*, actor: User, identity_id: int, keep: int = 0) -> None:
    """This identity logs the actor in no more; logins that came by it end, but the one with the id `keep`, and roles
    that it gave go. Conflict when there is no other way to log in."""
    rows = User.objects.select_for_update(of=("self",), no_key=True)
    owner = rows.get(pk=actor.pk)  # of two at once, one is the last
    identity = sso_access.access_identity(owner, identity_id)
    if not sso_queries.has_another_way(owner, but=identity.pk):
        raise errors.Conflict(LAST)
    _set_roles(owner, identity, set(), provider=identity.provider)
    for device in identity.devices.filter(ended_at__isnull=True).exclude(pk=keep).order_by("pk"):
        logins.end_device(actor=owner, device_id=device.pk)
    identity.delete()


@transaction.atomic
def unlink_since(*, actor: User, since: datetime) -> None:
    """Takes back identities, and the roles they gave, that somebody has linked who was not the actor."""
    owner = User.objects.select_for_update(of=("self",), no_key=True).get(pk=actor.pk)
    for identity in Identity.objects.filter(user=owner, created_at__gte=since).order_by("pk"):
        _set_roles(owner, identity, set(), provider=identity.provider)
        identity.delete()


@transaction.atomic
def join(
    *,
    arrival: ShownIdentity,
    handle: str,
    display_name: str,
    password_hash: str,
    language: str = "",
    invitation: str = "",
    of_age: int = 0,
    reason: str = "",
) -> Identity | Application:
    """A new member whose address the provider has proven, or their request where a moderator looks at each. Joining's
    own refusals stand: the sign-up mode, a taken handle, an address that is a member's by now."""
    if not arrival.proven:
        raise errors.NotAllowed
    person = {
        "email": arrival.email,
        "handle": handle,
        "display_name": display_name,
        "password_hash": password_hash,
        "language": language,
    }
    try:
        user = joining.join(**person, invitation=invitation, of_age=of_age)
    except doors.NeedsApproval:
        return applications.apply(**person, of_age=of_age, reason=reason)
    return Identity.objects.create(
        user=user,
        provider=arrival.provider,
        issuer=arrival.issuer,
        subject=arrival.subject,
        label=arrival.label,
    )


@transaction.atomic
def arrive(*, actor: User, identity_id: int, arrival: ShownIdentity, groups: set[str]) -> None:
    """Somebody logs in by an identity: it is remembered, and `groups` are what its roles are from now on."""
    owner = User.objects.select_for_update(of=("self",)).get(pk=actor.pk)
    identity = sso_access.access_identity(owner, identity_id)
    _set_roles(owner, identity, groups, provider=arrival.provider)
    Identity.objects.filter(pk=identity.pk).update(label=arrival.label, used_at=timezone.now())


def _set_roles(user: User, identity: Identity, groups: set[str], *, provider: str) -> None:
    """What the mapping gave goes with the claim; what was there before it came, given by hand or by another identity,
    stays."""
    groups = groups | {STAFF} if groups else groups
    has = set(user.groups.values_list("name", flat=True)) | ({STAFF} if user.is_staff else set())
    before = set(identity.roles)
    others = Identity.objects.filter(user=user).exclude(pk=identity.pk).values_list("roles", flat=True)
    given = groups - has
    taken = (before - groups) & has - {name for roles in others for name in roles}
    if given - {STAFF}:
        made = roles.settle(actor=user)
        user.groups.add(*[made[name] for name in sorted(given - {STAFF})])
    if taken:
        user.groups.remove(*Group.objects.filter(name__in=taken))
    if STAFF in given | taken:
        User.objects.filter(pk=user.pk).update(is_staff=STAFF in given)
    now = sorted(given | (before & groups & has) | (groups & has & {n for roles in others for n in roles}))
    if now != identity.roles:
        Identity.objects.filter(pk=identity.pk).update(roles=now)
    if given or taken:
        subject = f"user:{user.pk}"
        realtime.access_changed(user.pk)
        audit.record(
            "accounts.roles_by_sso", subject=subject, provider=provider, gave=sorted(given), took=sorted(taken)
        )


def _name(key: str) -> str:
    return next((one.name for one in sso_queries.providers() if one.key == key), key)


# -- Logins ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def came_by(*, actor: User, device_id: int, identity_id: int, sid: str = "") -> None:
    """This login of the actor's came by that identity, so its provider may end it."""
    identity = sso_access.visible_identities(actor).filter(pk=identity_id).first()
    if identity is not None:
        Device.objects.filter(pk=device_id, user=actor).update(identity=identity, provider_sid=sid or None)


@transaction.atomic
def log_out(*, provider: str, issuer: str, subject: str, sid: str, token_id: str, until: datetime) -> int:
    """What a provider's log-out token orders: ends the logins that came by this session there, or by all of this
    person's. Returns how many. Conflict for a token that was obeyed before."""
    digest = hashlib.sha256(f"{issuer}\n{token_id}".encode()).hexdigest()
    try:
        with transaction.atomic():
            LogoutHeard.objects.create(digest=digest, until=until)
    except IntegrityError:
        raise errors.Conflict from None
    theirs = Q(identity__provider=provider, identity__issuer=issuer)
    if subject:
        theirs &= Q(identity__subject=subject)
    if sid:  # a login whose session the provider has not named may be that one
        theirs &= Q(provider_sid=sid) | Q(provider_sid__isnull=True) if subject else Q(provider_sid=sid)
    rows = list(Device.objects.select_related("user").filter(theirs, ended_at__isnull=True).order_by("pk"))
    for device in rows:
        logins.end_device(actor=device.user, device_id=device.pk)
    AppLogin.objects.filter(identity__in=[device.identity_id for device in rows]).delete()
    return len(rows)


@transaction.atomic
def make_app_login(*, actor: User, device: Device | None, challenge: str, redirect_uri: str) -> str:
    """The code that takes the actor's login in the browser to their app: good for two minutes and once."""
    code = secrets.token_urlsafe(32)
    AppLogin.objects.create(
        digest=_digest(code),
        user=actor,
        identity=device.identity if device else None,
        provider_sid=device.provider_sid if device else None,
        challenge=challenge,
        redirect_uri=redirect_uri,
        expires_at=timezone.now() + APP_CODE_LIFE,
    )
    return code


@transaction.atomic
def log_in_app(
    *, code: str, verifier: str, redirect_uri: str, client: str = "", address: str = ""
) -> tuple[User, logins.Pair] | None:
    """The code for tokens; it is used up whatever comes of it. None when it is not good."""
    row = sso_queries.app_login(_digest(code))
    if row is None:
        return None
    AppLogin.objects.filter(pk=row.pk).delete()
    shown = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    if not hmac.compare_digest(shown, row.challenge) or redirect_uri != row.redirect_uri or not row.user.is_present:
        return None
    pair = logins.log_in_app(actor=row.user, client=client, address=address)
    if row.identity_id:
        device_id = tokens.read_access(pair.access).device_id
        came_by(actor=row.user, device_id=device_id, identity_id=row.identity_id, sid=row.provider_sid or "")
    return row.user, pair


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


@transaction.atomic
def forget_sso() -> int:
    """A batch of log-out tokens and app codes that are too old to be used anyway."""
    now = timezone.now()
    heard = LogoutHeard.objects.filter(until__lt=now).order_by("until").values_list("pk", flat=True)[:BATCH]
    codes = AppLogin.objects.filter(expires_at__lt=now).order_by("expires_at").values_list("pk", flat=True)[:BATCH]
    gone, _by_model = LogoutHeard.objects.filter(pk__in=list(heard)).delete()
    gone_codes, _by_model = AppLogin.objects.filter(pk__in=list(codes)).delete()
    return gone + gone_codes


# -- Providers ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_provider(*, actor: User, given: Mapping[str, Any]) -> IdentityProvider:
    """Invalid names the field; a key is given once."""
    sso_access.access_providers(actor)
    provider = _clean(given)
    if IdentityProvider.objects.count() >= sso_queries.MOST_PROVIDERS:
        raise errors.Conflict(_("That are enough providers. Change one of them."))
    taken = _("There is a provider with this key already.")
    if any(one.key == provider.key for one in sso_queries.providers()):
        raise errors.Invalid(taken, field="key")
    try:
        with transaction.atomic():
            row = IdentityProvider.objects.create(key=provider.key, **_columns(provider))
    except IntegrityError:
        raise errors.Invalid(taken, field="key") from None
    _seal(row, provider.client_secret)
    audit.record("accounts.add_provider", subject=f"provider:{row.pk}", actor_id=actor.pk)
    return row


@transaction.atomic
def edit_provider(*, actor: User, key: str, given: Mapping[str, Any]) -> IdentityProvider:
    """An empty secret keeps the one there is. Another issuer could name anybody: it is another provider."""
    row = sso_access.access_provider(actor, key, lock=True)
    provider = _clean({**given, "key": key})
    if provider.issuer != row.issuer:
        used = Identity.objects.filter(provider=key).exists()
        if used:
            raise errors.Invalid(_("Members are connected to this issuer. Add a new provider instead."), field="issuer")
        if row.secret and not provider.client_secret:
            raise errors.Invalid(_("A new issuer needs its own secret."), field="client_secret")
    IdentityProvider.objects.filter(pk=row.pk).update(**_columns(provider))
    if provider.client_secret:
        _seal(row, provider.client_secret)
    audit.record("accounts.edit_provider", subject=f"provider:{row.pk}", actor_id=actor.pk)
    return row


@transaction.atomic
def set_provider_enabled(*, actor: User, key: str, enabled: bool) -> None:
    row = sso_access.access_provider(actor, key, lock=True)
    if row.is_enabled != enabled:
        IdentityProvider.objects.filter(pk=row.pk).update(is_enabled=enabled)
        audit.record("accounts.enable_provider", subject=f"provider:{row.pk}", actor_id=actor.pk, enabled=enabled)


def _clean(given: Mapping[str, Any]) -> Provider:
    try:
        return providers.clean(given)
    except providers.Broken as error:
        raise errors.Invalid(gettext(error.words), field=error.field) from None


def _columns(provider: Provider) -> dict[str, Any]:
    return {
        "name": provider.name,
        "issuer": provider.issuer,
        "client_id": provider.client_id,
        "scopes": provider.scopes,
        "trust_email": provider.trust_email,
        "domains": list(provider.domains),
        "role_claim": provider.role_claim,
        "roles": [list(pair) for pair in provider.roles],
        "logout": provider.logout,
    }


def _seal(row: IdentityProvider, secret: str) -> None:
    sealed_secret = sealed.seal(secret, purpose=sso_queries.PURPOSE) if secret else ""
    IdentityProvider.objects.filter(pk=row.pk).update(secret=sealed_secret)
