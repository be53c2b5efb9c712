"""The tables of accounts. Django looks for them here; import each from its own module."""

from accounts.models import addresses, joining, logins, people, relations

__all__ = ["addresses", "joining", "logins", "people", "relations"]
