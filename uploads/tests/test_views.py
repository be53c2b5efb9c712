"""Serving media: no database, nothing whole in memory, nothing that runs."""

import uuid
import warnings

import pytest
import time_machine
from django.core.files.base import ContentFile

from uploads import links, storage

KEY = uuid.UUID("5f0c1d7e-6c0b-4f0e-9d0a-0123456789ab")
BODY = bytes(range(256)) * 2000


@pytest.fixture
def stored(files):
    files.save(storage.variant(KEY, "640"), ContentFile(BODY))


# No test here has the mark django_db: a query would fail it.


def test_gives_the_picture_and_says_how_to_hold_it(client, stored):
    with time_machine.travel("2026-11-20T12:10:00+00:00", tick=False):
        answer = client.get(links.url(KEY, "640"))
        assert answer.getvalue() == BODY
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/webp"
    assert answer["Content-Length"] == str(len(BODY))
    assert answer["Cache-Control"] == "private, max-age=3000, immutable"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"] == "inline"
    assert "sandbox" in answer["Content-Security-Policy"]


def test_public_ones_stay_a_year(client, stored):
    answer = client.get(links.url(KEY, "640", public=True))
    assert answer.getvalue() == BODY
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"


async def test_streams_piece_by_piece_under_asgi(async_client, stored):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Django warns when it has to take a stream whole
        answer = await async_client.get(links.url(KEY, "640"))
        pieces = [piece async for piece in answer]  # as the ASGI handler does
    answer.close()
    assert b"".join(pieces) == BODY
    assert len(pieces) > 1


def test_ends_to_the_second(client, stored):
    with time_machine.travel("2026-11-20T12:00:00+00:00", tick=False):
        link = links.url(KEY, "640")
    with time_machine.travel("2026-11-20T12:59:59+00:00", tick=False):
        answer = client.get(link)
        assert answer.getvalue() == BODY
        assert (answer.status_code, answer["Cache-Control"]) == (200, "private, max-age=1, immutable")
    with time_machine.travel("2026-11-20T13:00:00+00:00", tick=False):
        assert client.get(link).status_code == 404


def test_all_that_is_wrong_is_absent(client, stored):
    good = links.url(KEY, "640")
    for bad in (
        good.split("?")[0],
        good.replace("640", "320"),
        good.replace("640", "641"),
        good.replace("89ab", "89ac"),
        good + "x",
        good.replace("?e=", "?e=9"),
        f"/media/{KEY}/640.webp?e=&s=",
        "/media/../../etc/passwd/640.webp",
        links.url(uuid.uuid4(), "640"),  # well signed, but not there
    ):
        assert client.get(bad).status_code == 404, bad
    assert client.post(good).status_code == 405
