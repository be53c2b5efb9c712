"""The tables of accounts. Django looks for them here; import each from its own module."""

from accounts.models import friends, joining, lists, logins, mutes, people, relations

__all__ = ["friends", "joining", "lists", "logins", "mutes", "people", "relations"]
