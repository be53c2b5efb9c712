"""Who has a second factor, who must have one, and who may take a lost one away."""

from collections.abc import Callable
from typing import Any, Literal, TypeVar, cast

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Permission
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.access.people import by_reference, present
from accounts.models.people import User
from core import errors, options

View = TypeVar("View", bound=Callable[..., Any])
Required = Literal["nobody", "staff", "everybody"]
CHOICES: tuple[Required, ...] = ("nobody", "staff", "everybody")
MAY_RESET = "mfa.delete_authenticator"


class SecondFactorRequired(errors.NotAllowed):
    """Who they are is known, but here they must have a second factor and have none."""

    code = "second_factor_required"
    default = _("Your account needs a second factor. Please set one up first.")


def clean_required(raw: Any) -> Required:
    if raw not in CHOICES:
        raise errors.Invalid(_("Choose one of these."))
    return cast(Required, raw)


REQUIRED: options.Option[Required] = options.declare(
    options.Option("accounts.factor_required", "nobody", clean_required)
)


def open_without_factor(view: View) -> View:
    """Marks a page, or a view of the API, for members who must set up a second factor first."""
    view.open_without_factor = True  # type: ignore[attr-defined]
    return view


def main_factors() -> QuerySet[Authenticator]:
    """What may stand beside a password or for it. Recovery codes only help out."""
    return Authenticator.objects.filter(type__in=[Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN])


def has_factor(user: User) -> bool:
    return main_factors().filter(user_id=user.pk).exists()


def powerful() -> Q:
    """Members who can do more than others: staff, and whoever holds any permission, by a role or alone."""
    by_role = Permission.objects.filter(group__user=OuterRef("pk"))
    alone = Permission.objects.filter(user=OuterRef("pk"))
    return Q(is_staff=True) | Q(is_superuser=True) | Q(Exists(by_role)) | Q(Exists(alone))


def is_required() -> bool:
    """Whether anybody must have a second factor; at most some seconds old, and then it costs nothing."""
    return options.read(REQUIRED) != "nobody"


def without_factor(required: Required | None = None) -> QuerySet[User]:
    """Members who must have a second factor and have none, and their bots, who are as safe as whoever owns them. No
    login of theirs, old or new, is good for anything but setting one up."""
    mode = options.read(REQUIRED) if required is None else required
    if mode == "nobody":
        return User.objects.none()
    bare = User.objects.filter(~Exists(main_factors().filter(user_id=OuterRef("pk"))), is_bot=False)
    must = bare.filter(powerful()) if mode == "staff" else bare
    owned = Q(bot_owner__in=must.values("pk")) | (powerful() & Q(bot_owner__in=bare.values("pk")))
    return User.objects.filter(Q(pk__in=must.values("pk")) | (Q(is_bot=True) & owned))


def must_have(user: User) -> bool:
    """Whether this member must have a second factor, and so may not give up the last one."""
    mode = options.read(REQUIRED)
    return mode == "everybody" or (mode == "staff" and User.objects.filter(powerful(), pk=user.pk).exists())


def factor_missing(user: User | int, *, sure: bool = False) -> bool:
    """Whether this member (or the one with this id) must set up a second factor before anything else; `sure` asks the
    database who must, where a decision of some seconds ago counts."""
    pk = user if isinstance(user, int) else user.pk
    mode = options.sure(REQUIRED) if sure else options.read(REQUIRED)
    return mode != "nobody" and without_factor(mode).filter(pk=pk).exists()


def check(user: User, view: Any) -> None:
    """SecondFactorRequired for who must have one and has none, unless the view is open to them."""
    if not getattr(view, "open_without_factor", False) and factor_missing(user):
        raise SecondFactorRequired


def own_passkeys(user: User) -> QuerySet[Authenticator]:
    return Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.WEBAUTHN)


def access_passkey(user: User, id: int) -> Authenticator:
    """One passkey of the member's own, locked."""
    found = own_passkeys(user).select_for_update().filter(pk=id).first() if 0 < id < 2**63 else None
    if found is None:
        raise errors.NotFound
    return found


def resettable(actor: User) -> QuerySet[User]:
    """Members whose second factor the actor may take away: never their own, and a superuser's only as another one."""
    others = User.objects.exclude(pk=actor.pk)
    if actor.is_superuser and actor.is_present:
        return others
    return others.filter(present(), is_superuser=False) if actor.has_perm(MAY_RESET) else others.none()


def access_resettable(actor: User, handle: str) -> User:
    found = by_reference(resettable(actor), handle).first()
    if found is None:
        raise errors.NotFound
    return found


def can_decide(user: User) -> bool:
    """Whether the member may say who must have a second factor."""
    return user.is_superuser and user.is_present
