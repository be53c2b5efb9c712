"""Addresses of what a page shows many of: Django goes through all patterns of the site for each."""

from functools import lru_cache

from django.templatetags.static import static
from django.urls import reverse


@lru_cache(10_000)
def address(name: str, *args: int | str) -> str:
    """`reverse`, which says the same to the same for as long as the process runs."""
    return reverse(name, args=args)


@lru_cache(100)
def drawing(name: str) -> str:
    """`static`, of one of the few pictures that stand in for what nobody has brought."""
    return static(name)
