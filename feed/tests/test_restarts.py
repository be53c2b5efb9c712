"""The database goes away in the middle of a post: nothing of it stands, and the same again is safe."""

import uuid
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.models.people import User
from accounts.tests.factories import make_user
from core import outbox
from core.models import Event
from feed.actions import filing, pictured
from feed.models.posts import Post, PostPicture
from uploads.models import Upload
from uploads.tests import factories

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("module", "line"), [(pictured, "set_pictures"), (filing, "file_post"), (outbox, "emit")])
@pytest.mark.parametrize("after", [False, True])
def test_a_restart_in_the_middle_of_a_post(
    monkeypatch: pytest.MonkeyPatch, module: Any, line: str, after: bool
) -> None:
    alice = make_user("alice")
    upload = factories.make_upload(alice, purpose="post")
    given = {"text": "Look", "pictures": [{"key": str(upload.key), "alt": "A cat"}], "client_id": str(uuid.uuid4())}
    real = getattr(module, line)

    def restarts(*args: Any, **words: Any) -> Any:
        if after:
            real(*args, **words)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return real(*args, **words)

    with monkeypatch.context() as patch:
        patch.setattr(module, line, restarts)
        assert send(alice, given) >= 500, "the author hears that it did not work"
    connection.close()
    assert (Post.objects.count(), PostPicture.objects.count(), Event.objects.count()) == (0, 0, 0)
    assert Upload.objects.get().attached_at is None, "the picture waits for the next attempt"
    assert [send(alice, given) for _turn in range(2)] == [201, 201]
    assert (Post.objects.count(), PostPicture.objects.count()) == (1, 1)
    alice.refresh_from_db()
    assert alice.posts_count == 1
    assert Upload.objects.get().attached_at is not None


def send(who: User, given: dict[str, Any]) -> int:
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(who)
    status: int = client.post("/api/v1/posts", given, format="json").status_code
    return status
