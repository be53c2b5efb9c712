"""The tables of accounts. Django looks for them here; import each from its own module."""

from accounts.models import fields, handles, joining, logins, people, relations

__all__ = ["fields", "handles", "joining", "logins", "people", "relations"]
