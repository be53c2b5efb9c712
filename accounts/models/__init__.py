"""The tables of accounts. Django looks for them here; import each from its own module."""

from accounts.models import api_tokens, joining, logins, people, relations

__all__ = ["api_tokens", "joining", "logins", "people", "relations"]
