"""Drafts: kept while typing, whole, each its author's alone, and consumed by the post."""

import pytest

from accounts.tests.factories import Cast
from feed.models.drafts import Draft
from feed.models.posts import Post
from feed.tests.test_mutes import browser
from uploads.models import Upload
from uploads.tests.factories import make_upload

pytestmark = pytest.mark.django_db
JSON = "application/json"


def test_thin_path(cast: Cast) -> None:
    client = browser(cast.alice)
    picture = make_upload(cast.alice, purpose="post")
    form = {"text": "begun", "audience": "friends", "client_id": "c1", "pictures": str(picture.key), "alts": "a hill"}
    answer = client.post("/compose/draft/", form)
    assert answer.json() == {"revision": 1}
    page = client.get("/").content.decode()
    assert "begun</textarea>" in page
    assert 'name="client_id" value="c1"' in page
    assert client.get("/drafts/").status_code == 200
    assert client.get("/scheduled/").status_code == 200
    assert client.post("/compose/", form).status_code == 302
    assert not Draft.objects.exists()
    post = Post.objects.get()
    assert [row.alt for row in post.pictures.all()] == ["a hill"]
    assert Upload.objects.get().attached_at is not None
