"""Links: their end, their signature, and what they may not be bent into."""

import uuid
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine

from uploads import links

KEY = uuid.UUID("5f0c1d7e-6c0b-4f0e-9d0a-0123456789ab")
OTHER = uuid.UUID("5f0c1d7e-6c0b-4f0e-9d0a-0123456789ac")


def parts(url: str) -> dict[str, str]:
    query = parse_qs(urlsplit(url).query)
    return {"end": query.get("e", [""])[0], "signature": query["s"][0]}


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("12:00:00", "13:00:00"),
        ("12:00:01", "13:00:00"),
        ("12:29:59", "13:00:00"),
        ("12:30:00", "13:30:00"),
        ("12:59:59", "13:30:00"),
    ],
)
def test_ends_on_a_half_hour_at_most_an_hour_off(now, end):
    with time_machine.travel(f"2026-11-20T{now}+00:00", tick=False):
        made = parts(links.url(KEY, "640"))
        left = links.seconds_left(KEY, "640", **made)
    assert 1800 < left <= 3600
    with time_machine.travel(f"2026-11-20T{end}+00:00", tick=False):
        assert links.seconds_left(KEY, "640", **made) is None
    with time_machine.travel(int(made["end"]) - 1, tick=False):
        assert links.seconds_left(KEY, "640", **made) == 1


def test_is_the_same_for_all_within_the_half_hour():
    with time_machine.travel("2026-11-20T12:00:00+00:00", tick=False):
        first = links.url(KEY, "640")
    with time_machine.travel("2026-11-20T12:29:59+00:00", tick=False):
        assert links.url(KEY, "640") == first


def test_a_public_link_has_no_end():
    with time_machine.travel("2026-11-20T12:00:00+00:00", tick=False):
        made = links.url(KEY, "640", public=True)
    assert made.count("?s=") == 1
    with time_machine.travel("2036-11-20T12:00:00+00:00", tick=False):
        assert links.url(KEY, "640", public=True) == made
        assert links.seconds_left(KEY, "640", **parts(made)) == 365 * 86400


def test_cannot_be_bent():
    made = parts(links.url(KEY, "640"))
    assert links.seconds_left(KEY, "640", **made)
    signature, end = made["signature"], made["end"]
    for key, variant, bent in (
        (OTHER, "640", made),
        (KEY, "2048", made),
        (KEY, "640", {"end": str(int(end) + 1800), "signature": signature}),
        (KEY, "640", {"end": "", "signature": signature}),
        (KEY, "640", {"end": links.FOREVER, "signature": signature}),
        (KEY, "640", {"end": f" {end}", "signature": signature}),
        (KEY, "640", {"end": "x", "signature": signature}),
        (KEY, "640", {"end": end, "signature": ""}),
        (KEY, "640", {"end": end, "signature": "ä\udc80"}),
        (KEY, "640", {"end": end, "signature": signature[:-1]}),
        (KEY, "640", {"end": end, "signature": signature.swapcase()}),
    ):
        assert links.seconds_left(key, variant, **bent) is None


def test_old_secrets_still_open(settings):
    made = parts(links.url(KEY, "640"))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new one " * 5, [settings.SECRET_KEY]
    assert links.seconds_left(KEY, "640", **made)
    settings.SECRET_KEY_FALLBACKS = []
    assert links.seconds_left(KEY, "640", **made) is None
