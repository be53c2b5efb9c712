"""What there is to know of a provider of single sign-on, and what each of it must be. No Django settings in here: they
read OIDC_PROVIDERS through it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_noop

# The roles that a claim may give, and the groups that they are.
ROLES = ("moderator", "admin")
SCOPES = "openid profile email"
FIELDS = (
    "key",
    "name",
    "issuer",
    "client_id",
    "client_secret",
    "scopes",
    "trust_email",
    "domains",
    "role_claim",
    "roles",
    "logout",
)
HOME = {"localhost", "127.0.0.1", "::1"}


class Broken(ValueError):
    """`field` cannot be used; `words` is an English sentence, marked for translation."""

    def __init__(self, field: str, words: str) -> None:
        self.field, self.words = field, words
        super().__init__(words)


@dataclass(frozen=True)
class Provider:
    """One OpenID Connect provider. `trust_email`: it proves addresses before it calls them verified. `domains`: for
    addresses there it may speak, so accounts are linked without asking. `roles` pairs values of the claim with ROLES.
    `logout`: whoever logs out here is sent on to log out there."""

    key: str
    name: str
    issuer: str
    client_id: str
    client_secret: str = ""
    scopes: str = SCOPES
    trust_email: bool = False
    domains: tuple[str, ...] = ()
    role_claim: str = ""
    roles: tuple[tuple[str, str], ...] = ()
    logout: bool = False


def clean(given: Mapping[str, Any]) -> Provider:
    """A provider from what an operator or owner wrote. Broken names the first field that cannot be used."""
    unknown = sorted(set(given) - set(FIELDS))
    if unknown:
        raise Broken(str(unknown[0]), gettext_noop("There is no such setting of a provider."))
    return Provider(
        key=_key(given.get("key")),
        name=_text("name", given.get("name"), 60, gettext_noop("Say what people call it: it stands on the button.")),
        issuer=_issuer(given.get("issuer")),
        client_id=_text("client_id", given.get("client_id"), 300, gettext_noop("The provider gives you a client id.")),
        client_secret=_text("client_secret", given.get("client_secret", ""), 1000),
        scopes=_scopes(given.get("scopes", "")),
        trust_email=_yes("trust_email", given.get("trust_email", False)),
        domains=_domains(given.get("domains", ())),
        role_claim=_text("role_claim", given.get("role_claim", ""), 100),
        roles=_roles(given.get("roles", {})),
        logout=_yes("logout", given.get("logout", False)),
    )


def is_safe_address(url: object) -> bool:
    """https, or this very machine: whatever goes there are secrets and codes."""
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and not parts.fragment and (parts.scheme == "https" or (parts.scheme == "http" and host in HOME))


def _key(given: object) -> str:
    if not isinstance(given, str) or not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", given):
        raise Broken("key", gettext_noop("Up to 40 small letters, digits and hyphens: it stands in addresses."))
    return given


def _text(field: str, given: object, longest: int, missing: str = "") -> str:
    text = given.strip() if isinstance(given, str) else ""
    if not isinstance(given, str) and given is not None:
        raise Broken(field, gettext_noop("This must be a text."))
    if missing and not text:
        raise Broken(field, missing)
    if len(text) > longest or "\x00" in text:
        raise Broken(field, gettext_noop("That is too long."))
    return text


def _issuer(given: object) -> str:
    issuer = _text("issuer", given, 300).removesuffix("/.well-known/openid-configuration").rstrip("/")
    if not is_safe_address(issuer) or urlsplit(issuer).query:
        raise Broken("issuer", gettext_noop("This must look like https://login.example.org, without a question mark."))
    return issuer


def _scopes(given: object) -> str:
    words = _text("scopes", given, 300).split()
    return " ".join(dict.fromkeys(["openid", *words])) if words else SCOPES


def _yes(field: str, given: object) -> bool:
    if not isinstance(given, bool):
        raise Broken(field, gettext_noop("This must be true or false."))
    return given


def _domains(given: object) -> tuple[str, ...]:
    words = given.replace(",", " ").split() if isinstance(given, str) else given
    shape = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
    if not isinstance(words, Sequence) or not all(
        isinstance(one, str) and shape.fullmatch(one.lower()) for one in words
    ):
        raise Broken("domains", gettext_noop("Domains look like example.org, with spaces between them."))
    return tuple(dict.fromkeys(one.lower() for one in words))


def _roles(given: object) -> tuple[tuple[str, str], ...]:
    """{"value of the claim": "moderator"}, or lines of `value = moderator`."""
    wrong = Broken("roles", gettext_noop("A line for each: the value in the claim, = and moderator or admin."))
    if isinstance(given, str):
        pairs = [
            tuple(part.strip() for part in line.rpartition("=")[::2]) for line in given.splitlines() if line.strip()
        ]
    elif isinstance(given, Mapping):
        pairs = list(given.items())
    else:
        raise wrong
    if not all(isinstance(value, str) and value and role in ROLES for value, role in pairs):
        raise wrong
    return tuple(dict.fromkeys((value, role) for value, role in pairs))
