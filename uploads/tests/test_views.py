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


@pytest.mark.parametrize(
    ("asked", "status", "piece"),
    [
        ("bytes=0-0", 206, slice(0, 1)),
        ("bytes=100-199", 206, slice(100, 200)),
        (f"bytes={len(BODY) - 5}-", 206, slice(-5, None)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=0-999999999", 206, slice(None)),
        (f"bytes={len(BODY)}-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=5-1", 200, slice(None)),
        ("bytes=0-1,4-5", 200, slice(None)),
        ("lines=1-2", 200, slice(None)),
        ("bytes=-", 200, slice(None)),
        ("bytes=" + "9" * 40 + "-", 200, slice(None)),
    ],
)
def test_gives_the_piece_that_is_asked_for(client, stored, asked, status, piece):
    answer = client.get(links.url(KEY, "640"), headers={"Range": asked})
    assert (answer.status_code, answer["Accept-Ranges"]) == (status, "bytes")
    if status == 416:
        assert answer["Content-Range"] == f"bytes */{len(BODY)}"
        return
    given = answer.getvalue()
    assert given == BODY[piece]
    assert answer["Content-Length"] == str(len(given))
    if status == 206:
        begin = (
            len(BODY) - len(given)
            if asked.startswith(("bytes=-", f"bytes={len(BODY) - 5}"))
            else int(asked[6:].split("-")[0])
        )
        assert answer["Content-Range"] == f"bytes {begin}-{begin + len(given) - 1}/{len(BODY)}"


async def test_a_piece_streams_under_asgi(async_client, stored):
    answer = await async_client.get(links.url(KEY, "640"), headers={"Range": "bytes=10-300000"})
    assert b"".join([piece async for piece in answer]) == BODY[10:300001]


def test_a_piece_of_what_it_was_is_not_glued_to_what_it_is(client, stored):
    link = links.url(KEY, "640")
    etag = client.head(link)["ETag"]
    same = client.get(link, headers={"Range": "bytes=0-1", "If-Range": etag})
    other = client.get(link, headers={"Range": "bytes=0-1", "If-Range": '"of another"'})
    assert (same.status_code, other.status_code, other.getvalue()) == (206, 200, BODY)
    assert client.get(link, headers={"If-None-Match": etag}).status_code == 304


def test_pictures_of_public_posts_are_for_caches_on_the_way_too(client, stored):
    with time_machine.travel("2026-11-20T12:10:00+00:00", tick=False):
        link = links.url(KEY, "640", shared=True)
        answer = client.get(link)
    assert (answer.getvalue(), answer["Cache-Control"]) == (BODY, "public, max-age=3000, immutable")
    with time_machine.travel("2026-11-20T13:00:00+00:00", tick=False):
        assert client.get(link).status_code == 404
    assert client.get(link.replace("p&s=", "&s=")).status_code == 404  # nor can one be made of the other


def test_nginx_gives_what_we_only_name(client, stored, settings):
    settings.MEDIA_ACCEL = "/protected/"
    answer = client.get(links.url(KEY, "640"), headers={"Range": "bytes=0-1"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["X-Accel-Redirect"] == f"/protected/processed/images/{KEY}/640.webp"
    assert answer["Content-Type"] == "image/webp"
    assert answer["X-Accel-Kept"].startswith("private, max-age=")
    assert "immutable" not in answer.get("Cache-Control", ""), "a file that is not there would be missed for ever"
    assert client.get(links.url(KEY, "640") + "x").status_code == 404
