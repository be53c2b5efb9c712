"""The tables of accounts. Django looks for them here; import each from its own module."""

from accounts.models import joining, logins, people, relations, sso

__all__ = ["joining", "logins", "people", "relations", "sso"]
