"""The tables of accounts. Django looks for them here; import each from its own module."""

from accounts.models import archives, joining, life, logins, people, relations

__all__ = ["archives", "joining", "life", "logins", "people", "relations"]
