"""Who may see an upload, and who may change it."""

import uuid

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from core import errors
from uploads import access, registry
from uploads.models import Upload
from uploads.tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def test_owners_change_their_own_and_nobody_elses(owner, stranger):
    upload = factories.make_upload(owner)
    assert access.access_upload(owner, str(upload.key), lock=True) == upload
    for viewer in (stranger, None, AnonymousUser()):
        with pytest.raises(errors.NotFound) as hidden:
            access.access_upload(viewer, upload.key)
        with pytest.raises(errors.NotFound) as absent:
            access.access_upload(viewer, uuid.uuid4())
        assert str(hidden.value) == str(absent.value)


@pytest.mark.parametrize("key", ["", "x", "12", None, 7, "0" * 31, {}])
def test_rubbish_is_like_absent(owner, key):
    with pytest.raises(errors.NotFound):
        access.access_upload(owner, key)


def test_the_room_that_uses_it_says_who_sees_it(owner, stranger):
    """Here the room shows what is described."""
    registry.register("post", visible=lambda viewer, uploads: uploads.exclude(alt=""))
    used = {"purpose": "post", "attached_at": timezone.now()}
    shown = factories.make_upload(owner, alt="A cat", **used)
    factories.make_upload(owner, alt="", **used)
    factories.make_upload(owner, alt="Not in use", purpose="post")
    factories.make_upload(owner, alt="Deleted", discarded_at=timezone.now(), **used)
    factories.make_upload(owner, alt="Of no room", purpose="gone", attached_at=timezone.now())
    assert list(access.visible_uploads(stranger)) == list(access.visible_uploads(None)) == [shown]
    assert access.access_upload(stranger, shown.key, to="see") == shown
    with pytest.raises(errors.NotFound):
        access.access_upload(stranger, shown.key, to="change")
    assert access.visible_uploads(owner).count() == Upload.objects.count() - 1
