"""The tables of accounts. Django looks for them here; import each from its own module."""

from accounts.models import applications, doors, invitations, joining, logins, people, relations, sso

__all__ = ["applications", "doors", "invitations", "joining", "logins", "people", "relations", "sso"]
