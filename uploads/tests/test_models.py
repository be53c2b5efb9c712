"""Links of a row, and what the database refuses."""

import re

import pytest
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import timezone

from uploads.models import Upload
from uploads.tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.mark.parametrize(("width", "name"), [(1, "320"), (320, "320"), (321, "640"), (900, "1280"), (5000, "1280")])
def test_links_to_the_smallest_that_is_wide_enough(owner, width, name):
    assert f"/{name}.webp?" in factories.make_upload(owner).url(width)


def test_srcset_names_the_real_widths(owner):
    srcset = factories.make_upload(owner).srcset
    assert re.findall(r"/(\d+)\.webp\?\S+ (\d+)w", srcset) == [("320", "320"), ("640", "640"), ("1280", "1000")]


def test_has_no_links_before_it_is_ready(owner):
    upload = factories.make_upload(owner, state=Upload.State.FAILED, reason="broken")
    assert (upload.src, upload.srcset) == ("", "")
    assert "damaged" in str(upload.trouble)


def test_the_picture_fragment_reserves_its_place_and_asks_nothing(owner, django_assert_num_queries):
    upload = factories.make_upload(owner, alt='A "cat"')
    with django_assert_num_queries(0):
        page = render_to_string("uploads/_picture.html", {"upload": upload, "eager": True})
    for part in ('width="1000"', 'height="750"', 'data-color="#c81e1e"', 'loading="eager"', "A &quot;cat&quot;"):
        assert part in page
    assert "style" not in page


@pytest.mark.parametrize(
    "fields",
    [
        {"due_at": timezone.now()},
        {"state": Upload.State.RECEIVED},
        {"width": 0},
        {"state": Upload.State.FAILED, "attached_at": timezone.now()},
    ],
)
def test_the_database_refuses_states_that_cannot_be(owner, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.make_upload(owner, **fields)
