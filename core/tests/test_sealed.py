"""Secrets that are kept sealed."""

from typing import Any

import pytest

from core import sealed


def test_what_an_older_key_sealed_opens_as_long_as_that_key_is_named(settings: Any) -> None:
    settings.SECRET_KEY = "o" * 40
    kept = sealed.seal("the client secret", purpose="tests")
    assert "client" not in kept
    settings.SECRET_KEY = "n" * 40
    with pytest.raises(sealed.Unreadable):
        sealed.unseal(kept, purpose="tests")
    settings.SECRET_KEY_FALLBACKS = ["o" * 40]
    assert sealed.unseal(kept, purpose="tests") == "the client secret"
    with pytest.raises(sealed.Unreadable):
        sealed.unseal(kept, purpose="something else")
