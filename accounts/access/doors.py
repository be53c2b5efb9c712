"""Who may come in: the one rule of joining, the owner's options behind it, and who may mind the doors."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import rules
from accounts.access import invitations as invitation_access
from accounts.access.people import Viewer, access_member, present
from accounts.models.doors import BlockedAddress, Inviters, Mode
from accounts.models.invitations import Invitation
from accounts.models.people import User
from core import errors, options

OLDEST = 120
DOMAINS_LIMIT = 100

CLOSED = _("Nobody can join at the moment.")
INVITED_ONLY = _("One can join by invitation only. Ask somebody who is here for a link.")
OVER = _("This invitation is not good any more. Ask for a new one.")
FOREIGN = _("One can join only with an address of these domains: %(domains)s")
FOREIGN_MOVE = _("Only addresses of these domains can be used here: %(domains)s")
OTHER_ADDRESS = _("This invitation is for the address it was sent to.")
BLOCKED = _("This address cannot be used here. Please take another one.")
BIRTH_DATE_NEEDED = _("Please say when you were born.")
TOO_YOUNG = _("You have to be %(age)s years old to join. We would be glad to see you then.")
APPROVAL = _("A moderator looks at each request to join.")


# -- What the owner decides -------------------------------------------------------------------------------------------


def _clean_choice(choices: Any) -> Callable[[Any], Any]:
    def clean(value: Any) -> Any:
        if value not in choices.values:
            raise errors.Invalid(_("Choose one of these."))
        return choices(value)

    return clean


def _clean_domains(value: Any) -> list[str]:
    raw = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(raw, list) or not all(isinstance(one, str) for one in raw):
        raise errors.Invalid(_("Write domains such as example.org, one in a line."))
    domains = sorted({clean_domain(one.removeprefix("@")) for one in raw})
    if len(domains) > DOMAINS_LIMIT:
        raise errors.Invalid(_("These are too many domains."))
    return domains


def _clean_age(value: Any) -> int:
    age = 0 if value in (None, "") else value
    if not isinstance(age, int) or isinstance(age, bool) or not 0 <= age <= OLDEST:
        raise errors.Invalid(_("An age in years, or nothing."))
    return age


MODE = options.declare(options.Option("accounts.sign_up", Mode.OPEN, _clean_choice(Mode)))
DOMAINS: options.Option[list[str]] = options.declare(options.Option("accounts.domains", [], _clean_domains))
MINIMUM_AGE = options.declare(options.Option("accounts.minimum_age", 0, _clean_age))
INVITERS = options.declare(options.Option("accounts.inviters", Inviters.MEMBERS, _clean_choice(Inviters)))


# -- Addresses --------------------------------------------------------------------------------------------------------


def clean_domain(raw: str) -> str:
    """A domain in small ASCII letters, as mail servers know it."""
    domain = raw.strip().strip(".").lower()
    try:
        rules.clean_email(f"a@{domain}")
        return domain.encode("idna").decode()
    except (errors.Invalid, UnicodeError):
        raise errors.Invalid(_("Write domains such as example.org, one in a line.")) from None


def fold(email: str) -> str:
    """The address that mail to this one arrives at, as far as one can tell: without case and without +something."""
    local, _at, domain = email.strip().lower().rpartition("@")
    return f"{local.partition('+')[0]}@{_ascii(domain)}"


def _ascii(domain: str) -> str:
    try:
        return domain.strip(".").encode("idna").decode()
    except UnicodeError:
        return domain


def check_address(email: str) -> None:
    """Invalid("email") for an address that is blocked, itself or with its domain or a domain above it. For every door
    at which an address comes in; nothing here looks for an account, so the answer tells of none."""
    folded = fold(email)
    labels = folded.rpartition("@")[2].split(".")
    domains = [".".join(labels[start:]) for start in range(len(labels))]
    if BlockedAddress.objects.filter(pattern__in=[folded, *domains]).exists():
        raise errors.Invalid(BLOCKED, field="email")


def check_move(email: str) -> None:
    """Invalid("email") for an address that no member may move to: one that is blocked, or of a foreign domain while one
    joins with addresses of certain domains only. However they came in: an invitation was for one address."""
    check_address(email)
    if options.sure(MODE) == Mode.DOMAINS:
        _check_domain(email, options.sure(DOMAINS), FOREIGN_MOVE)


def _check_domain(email: str, domains: list[str], words: Any) -> None:
    if _ascii(email.rpartition("@")[2]) not in domains:
        raise errors.Invalid(words % {"domains": ", ".join(domains)}, field="email")


# -- The rule ---------------------------------------------------------------------------------------------------------


class NeedsApproval(errors.NotAllowed):
    """Whoever comes this way asks to join (actions.applications.apply) instead."""

    default = APPROVAL


@dataclass(frozen=True)
class Door:
    """How the site stands towards somebody who wants to join, with the invitation they hold (if it is good).

    An invitation opens every mode but "closed"; one that is over counts as none. The birth date is asked of all.
    """

    mode: Mode
    domains: list[str]
    minimum_age: int
    invitation: Invitation | None
    token: str

    @property
    def refusal(self) -> Any:
        """Why nobody can come in this way, whoever they are; empty when somebody may."""
        if self.mode == Mode.CLOSED:
            return CLOSED
        if self.mode == Mode.INVITATION and not self.invitation:
            return OVER if self.token else INVITED_ONLY
        return ""

    @property
    def needs_approval(self) -> bool:
        return self.mode == Mode.APPROVAL and not self.invitation

    @property
    def only_domains(self) -> list[str]:
        """The domains whose addresses may come in; empty for all."""
        return self.domains if self.mode == Mode.DOMAINS and not self.invitation else []

    def check(self, *, email: str, of_age: int) -> None:
        """Raises what stands against this address. `of_age` is the age that somebody has shown to have reached."""
        if self.refusal:
            raise errors.NotAllowed(self.refusal)
        check_address(email)
        if self.mode == Mode.DOMAINS and not self.invitation:
            _check_domain(email, self.domains, FOREIGN)
        bound = self.invitation is not None and self.invitation.only_email
        if bound and fold(email) != fold(self.invitation.email):  # type: ignore[union-attr]
            raise errors.Invalid(OTHER_ADDRESS, field="email")
        if of_age < self.minimum_age:
            raise errors.Invalid(BIRTH_DATE_NEEDED, field="birth_date")


def door(token: str = "") -> Door:
    """The door as it stood some seconds ago: for pages, and to tell people early."""
    invitation = invitation_access.usable_invitations().filter(digest=Invitation.digest_of(token)) if token else None
    return Door(
        mode=options.read(MODE),
        domains=options.read(DOMAINS),
        minimum_age=options.read(MINIMUM_AGE),
        invitation=invitation.select_related("inviter").first() if invitation is not None else None,
        token=token,
    )


def sure_door(token: str = "") -> Door:
    """The door as it stands now, its invitation locked: what decides, in the transaction that makes the member."""
    return Door(
        mode=options.sure(MODE),
        domains=options.sure(DOMAINS),
        minimum_age=options.sure(MINIMUM_AGE),
        invitation=invitation_access.locked_invitation(token) if token else None,
        token=token,
    )


def age_shown(birth_date: date | None, *, minimum: int) -> int:
    """The minimum age, when whoever was born then has reached it. The date itself is kept nowhere."""
    if not minimum:
        return 0
    if birth_date is None:
        raise errors.Invalid(BIRTH_DATE_NEEDED, field="birth_date")
    today = timezone.localdate()
    age = today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))
    if not 0 <= age <= OLDEST:
        raise errors.Invalid(_("Please look at this date again."), field="birth_date")
    if age < minimum:
        raise errors.Invalid(TOO_YOUNG % {"age": minimum}, field="birth_date")
    return minimum


def clean_reason(raw: str) -> str:
    """What somebody says who asks to join."""
    reason = raw.replace("\x00", "").replace("\r\n", "\n").strip()
    if not reason:
        raise errors.Invalid(_("A sentence or two, please: somebody will read it."), field="reason")
    if len(reason) > 1000:
        raise errors.Invalid(_("At most 1,000 characters, please."), field="reason")
    return reason


# -- Who minds the doors ----------------------------------------------------------------------------------------------

SITE = "core.change_setting"
BLOCKS = "accounts.add_blockedaddress"
QUEUE = "accounts.change_application"
TREE = "accounts.view_invitation"
INVITES = "accounts.add_invitation"


def access_office(viewer: Viewer, permission: str) -> User:
    """The viewer as somebody with this permission. To all others what it guards is not there."""
    member = access_member(viewer)
    if not member.has_perm(permission):
        raise errors.NotFound
    return member


def moderators() -> QuerySet[User]:
    """Who answers requests to join."""
    found: QuerySet[User] = ModelBackend().with_perm(QUEUE)
    return found.filter(present(), is_bot=False)


def may_invite(member: User) -> bool:
    """Whether the owner lets this member invite."""
    needed = {Inviters.MODERATORS: INVITES, Inviters.ADMINS: SITE}.get(options.read(INVITERS))
    return needed is None or member.has_perm(needed)


def blocked_addresses() -> QuerySet[BlockedAddress]:
    return BlockedAddress.objects.all()
