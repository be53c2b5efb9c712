"""The tables of accounts. Django looks for them here; import each from its own module."""

from accounts.models import (
    addresses,
    api_tokens,
    applications,
    archives,
    doors,
    fields,
    handles,
    invitations,
    joining,
    life,
    logins,
    people,
    relations,
    sso,
)

__all__ = [
    "addresses",
    "api_tokens",
    "applications",
    "archives",
    "doors",
    "fields",
    "handles",
    "invitations",
    "joining",
    "life",
    "logins",
    "people",
    "relations",
    "sso",
]
