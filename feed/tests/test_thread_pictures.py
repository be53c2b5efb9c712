"""Pictures in comments: whose they may be, who sees them, when they go."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.tests.factories import Cast, make_block
from feed import tasks
from feed.actions import comments as comment_actions
from feed.actions import posts as post_actions
from feed.models.comments import Comment
from feed.models.posts import Post
from feed.tests.factories import make_post
from feed.tests.test_actions import at_once, facts, pushed  # noqa: F401  the fixture
from feed.tests.test_threads import HX, api, browser, picture, say
from uploads import access as upload_access
from uploads.actions import sweeps
from uploads.models import Upload
from uploads.tests import factories as upload_factories

pytestmark = pytest.mark.django_db


@pytest.mark.both
def test_one_picture_goes_with_a_comment_and_is_seen_by_its_readers(cast: Cast) -> None:
    post = make_post(cast.alice, audience="followers")
    upload = picture(cast.bob, alt="from the upload")
    given = {"text": "", "picture": {"key": str(upload.key), "alt": "a pear"}, "client_id": "1"}
    made = api(cast.bob).post(f"/api/v1/posts/{post.pk}/comments", given, format="json")
    assert made.status_code == 201
    assert made.json()["picture"]["alt"] == "a pear"
    assert (
        api(cast.bob).post(f"/api/v1/posts/{post.pk}/comments", given, format="json").json()["id"] == made.json()["id"]
    )
    for who, sees in ((cast.alice, True), (cast.dan, True), (cast.carol, False), (cast.mallory, False), (None, False)):
        assert upload_access.visible_uploads(who).filter(pk=upload.pk).exists() is sees, who
    make_block(cast.dan, cast.bob)
    assert not upload_access.visible_uploads(cast.dan).filter(pk=upload.pk).exists()
    used = api(cast.bob).post(f"/api/v1/posts/{post.pk}/comments", given | {"client_id": "2"}, format="json")
    assert used.status_code == 409


@pytest.mark.parametrize("whose", ["others", "post", "absent"])
def test_other_uploads_are_as_absent(cast: Cast, whose: str) -> None:
    keys = {
        "others": str(picture(cast.dan).key),
        "post": str(picture(cast.bob, purpose="post").key),
        "absent": "7f2c9d1e-0000-4000-8000-000000000000",
    }
    path = f"/api/v1/posts/{make_post(cast.alice).pk}/comments"
    answer = api(cast.bob).post(path, {"text": "x", "picture": {"key": keys[whose]}}, format="json")
    assert (answer.status_code, Comment.objects.count()) == (404, 0)


@pytest.mark.django_db(transaction=True)
def test_a_picture_is_taken_without_script(cast: Cast) -> None:
    post = make_post(cast.alice)
    client = browser(cast.bob)
    page = client.get(f"/posts/{post.pk}/").content.decode()
    assert 'action="/comments/write/" enctype="multipart/form-data"' in page
    file = SimpleUploadedFile("a.jpg", upload_factories.jpeg_with_gps().read())
    answer = client.post("/comments/write/", {"post": post.pk, "text": "", "file": file, "alt": "the lake"})
    row = Comment.objects.get()
    assert answer["Location"] == f"/posts/{post.pk}/#comment-{row.pk}"
    assert row.picture is not None
    assert (row.alt, row.picture.is_ready, row.picture.purpose) == ("the lake", True, "comment")
    assert 'alt="the lake"' in client.get(f"/posts/{post.pk}/").content.decode()
    file = SimpleUploadedFile("b.png", upload_factories.png().read())
    refused = client.post("/comments/write/", {"post": post.pk, "text": "z" * 2001, "file": file})
    assert refused.status_code == 422
    key = re.search(r'name="picture" value="([^"]+)"', refused.content.decode())[1]
    again = client.post("/comments/write/", {"post": post.pk, "text": "shorter", "picture": key, "parent": row.pk})
    assert again["Location"] == Comment.objects.get(text="shorter").get_absolute_url()
    evil = SimpleUploadedFile("evil.png", b"<script>not a picture</script>")
    refused = client.post("/comments/write/", {"post": post.pk, "parent": row.pk, "text": "kept", "file": evil})
    assert refused.status_code == 422
    assert "kept</textarea>" in refused.content.decode()
    assert f'name="parent" value="{row.pk}"' in refused.content.decode(), "it is still an answer"


def test_rubbish_in_the_plain_form_is_refused(cast: Cast) -> None:
    post = make_post(cast.alice)
    client = browser(cast.bob)
    for post_id in ("", "x", "0", str(2**64)):
        assert client.post("/comments/write/", {"post": post_id, "text": "hi"}).status_code == 404
    given = {"post": post.pk, "text": "hi"}
    assert client.post("/comments/write/", given | {"parent": "x"}, headers=HX).status_code == 422
    assert client.post("/comments/write/", given | {"picture": "x"}, headers=HX).status_code == 404
    assert client.get("/comments/write/").status_code == 405


@pytest.mark.parametrize("gone", ["comment", "post"])
def test_the_picture_goes_when_a_deletion_can_no_longer_be_undone(cast: Cast, gone: str) -> None:
    post = make_post(cast.alice)
    row = say(cast.bob, post, "look", picture=picture(cast.bob).key)
    kept = say(cast.bob, make_post(cast.alice), "look", picture=picture(cast.bob).key)
    if gone == "comment":
        comment_actions.delete_comment(actor=cast.bob, comment_id=row.pk)
    else:
        post_actions.delete_post(actor=cast.alice, post_id=post.pk)
    assert sweeps.sweep_discarded() == 0
    with time_machine.travel(timezone.now() + timedelta(seconds=36)):  # no clock of ours has gone over it
        assert sweeps.sweep_discarded() == 1
    assert Upload.objects.get() == kept.picture


def test_pictures_of_what_is_deleted_by_no_action_go_with_the_clock(cast: Cast) -> None:
    post = make_post(cast.alice)
    say(cast.bob, post, "look", picture=picture(cast.bob).key)
    Post.objects.filter(pk=post.pk).update(deleted_at=timezone.now())
    tasks.discard_pictures()
    assert sweeps.sweep_discarded() == 0
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        tasks.discard_pictures()
        assert sweeps.sweep_discarded() == 1


def test_a_post_that_is_taken_back_has_the_pictures_under_it_again(cast: Cast) -> None:
    post = make_post(cast.alice, pictures=1)
    stands = say(cast.bob, post, "look", picture=picture(cast.bob).key)
    gone = say(cast.bob, post, "look", picture=picture(cast.bob).key)
    comment_actions.delete_comment(actor=cast.bob, comment_id=gone.pk)
    post_actions.delete_post(actor=cast.alice, post_id=post.pk)
    assert not Upload.objects.filter(discarded_at=None).exists()
    post_actions.undo_delete_post(actor=cast.alice, post_id=post.pk)
    with time_machine.travel(timezone.now() + timedelta(seconds=36)):
        assert sweeps.sweep_discarded() == 1
    assert set(Upload.objects.values_list("pk", flat=True)) == {stands.picture_id, post.pictures.get().upload_id}


def test_a_comment_that_is_taken_back_has_its_picture_again(cast: Cast) -> None:
    row = say(cast.bob, make_post(cast.alice), "look", picture=picture(cast.bob).key)
    comment_actions.delete_comment(actor=cast.bob, comment_id=row.pk)
    comment_actions.undo_delete_comment(actor=cast.bob, comment_id=row.pk)
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        assert sweeps.sweep_discarded() == 0
    assert Upload.objects.get().discarded_at is None


def test_pictures_of_what_was_deleted_long_ago_while_no_worker_ran_go_by_day(cast: Cast) -> None:
    post, now = make_post(cast.alice, pictures=1), timezone.now()
    Post.objects.filter(pk=post.pk).update(deleted_at=now)
    with time_machine.travel(now + timedelta(days=8)):
        tasks.discard_pictures()
        assert not Upload.objects.filter(discarded_at__isnull=False).exists()
        tasks.discard_pictures(ever=True)
        assert Upload.objects.filter(discarded_at__isnull=False).count() == 1
