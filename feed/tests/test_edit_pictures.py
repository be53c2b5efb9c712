"""The pictures of a post that stands: added, taken away, put in order, described, cut."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models.people import User
from accounts.tests.factories import Cast
from core import errors
from feed.actions import drafts as draft_actions
from feed.actions import posts as post_actions
from feed.models.posts import Post
from feed.tests.test_mutes import browser
from uploads.actions import receiving as uploads_receiving
from uploads.models import Upload
from uploads.tests import factories as upload_factories

pytestmark = pytest.mark.django_db
JSON = "application/json"


def pictures(owner: User, number: int) -> list[str]:
    return [str(upload_factories.make_upload(owner, purpose="post").key) for _number in range(number)]


def shown(post: Post) -> list[tuple[str, str]]:
    return [(str(row.upload.key), row.alt) for row in post.pictures.all().select_related("upload")]


@pytest.mark.both
def test_order_words_additions_and_what_goes(cast: Cast) -> None:
    a, b, c, d = pictures(cast.alice, 4)
    post = post_actions.create_post(actor=cast.alice, text="x", pictures=[a, b, c], alts=["a", "b", "c"])

    def edit(keys: list[str], alts: list[str]) -> list[tuple[str, str]]:
        post_actions.edit_post(actor=cast.alice, post_id=post.pk, pictures=keys, alts=alts)
        return shown(post)

    assert edit([a, b, c], ["a", "b", "c"]) == [(a, "a"), (b, "b"), (c, "c")]
    post.refresh_from_db()
    assert post.edited_at is None, "nothing changed"
    assert edit([c, a, b], ["c", "a", "B"]) == [(c, "c"), (a, "a"), (b, "B")]
    assert edit([d, c], ["", "c"]) == [(d, ""), (c, "c")]
    post.refresh_from_db()
    assert post.edited_at is not None
    gone = Upload.objects.filter(discarded_at__isnull=False)
    assert {str(one.key) for one in gone} == {a, b}, "gone in 30 days"
    post_actions.edit_post(actor=cast.alice, post_id=post.pk, text="other words")
    assert shown(post) == [(d, ""), (c, "c")], "left out: as they are"
    draft_actions.save_draft(actor=cast.alice, pictures=(held := pictures(cast.alice, 1)))
    assert edit([*held, d], []) == [(held[0], ""), (d, "")], "also what a draft holds"
    assert edit([], []) == []
    with pytest.raises(errors.Invalid):
        post_actions.edit_post(actor=cast.alice, post_id=post.pk, text="")


@pytest.mark.both
def test_refusals_leave_everything(cast: Cast) -> None:
    a, b = pictures(cast.alice, 2)
    post = post_actions.create_post(actor=cast.alice, pictures=[a])
    elsewhere = pictures(cast.alice, 1)
    post_actions.create_post(actor=cast.alice, pictures=elsewhere)
    wrong: list[tuple[type[errors.SocialError], list[str]]] = [
        (errors.NotFound, [a, *pictures(cast.bob, 1)]),
        (errors.NotFound, ["rubbish"]),
        (errors.Conflict, [a, *elsewhere]),
        (errors.Invalid, [a, *pictures(cast.alice, 10)]),
        (errors.Invalid, []),
    ]
    for kind, keys in wrong:
        with pytest.raises(kind):
            post_actions.edit_post(actor=cast.alice, post_id=post.pk, pictures=keys, alts=["x"])
    with pytest.raises(errors.Invalid):
        post_actions.edit_post(actor=cast.alice, post_id=post.pk, pictures=[a], alts=["x" * 501])
    with pytest.raises(errors.NotAllowed):
        post_actions.edit_post(actor=cast.bob, post_id=post.pk, pictures=[])
    assert shown(post) == [(a, "")]
    assert b


def test_over_the_api(cast: Cast) -> None:
    a, b = pictures(cast.alice, 2)
    post = post_actions.create_post(actor=cast.alice, text="x", pictures=[a], alts=["a"])
    client, url = browser(cast.alice), f"/api/v1/posts/{post.pk}"
    given = {"pictures": [{"key": b, "alt": "hill"}, {"key": a, "alt": "a"}]}
    answer = client.patch(url, given, JSON).json()
    assert [(one["key"], one["alt"]) for one in answer["pictures"]] == [(b, "hill"), (a, "a")]
    assert client.patch(url, {"text": "y"}, JSON).json()["pictures"] == answer["pictures"]
    assert client.patch(url, {"pictures": [{"key": "x"}]}, JSON).status_code in (400, 422)
    assert browser(cast.bob).patch(url, {"pictures": []}, JSON).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_without_script(cast: Cast) -> None:
    a, b = pictures(cast.alice, 2)
    post = post_actions.create_post(actor=cast.alice, text="x", pictures=[a, b], alts=["first", "second"])
    client = browser(cast.alice)
    page = client.get(f"/posts/{post.pk}/edit/").content.decode()
    assert page.index('value="first"') < page.index('value="second"')
    form = {"post": post.pk, "pictured": "on", "text": "x", "audience": "members"}
    given = {**form, "pictures": [a, b], "alts": ["first", "second"]}
    page = client.post("/posts/edit/", {**given, "do": "later:0"}).content.decode()
    assert page.index('value="second"') < page.index('value="first"')
    assert shown(post) == [(a, "first"), (b, "second")], "not saved yet"
    file = SimpleUploadedFile("c.png", upload_factories.png().read())
    assert client.post("/posts/edit/", {**given, "pictures": [b], "alts": ["2"], "files": [file]}).status_code == 302
    assert shown(post)[0] == (b, "2")
    assert len(shown(post)) == 2
    bad = SimpleUploadedFile("c.png", b"<script>")
    answer = client.post("/posts/edit/", {**given, "pictures": [b], "alts": ["2"], "files": [bad]})
    assert answer.status_code == 422
    assert 'value="2"' in answer.content.decode()
    for id in ("", "x", "9" * 30):
        assert client.post("/posts/edit/", {**given, "post": id}).status_code == 404
    assert browser(cast.bob).post("/posts/edit/", given).status_code in (403, 404)
    client.post(f"/posts/{post.pk}/edit/", {"text": "z", "audience": "members"})
    assert len(shown(post)) == 2, "a form without pictures leaves them"


@pytest.mark.django_db(transaction=True)
def test_a_piece_becomes_a_picture_of_its_own(cast: Cast) -> None:
    whole = uploads_receiving.receive_ready_upload(
        actor=cast.alice, purpose="post", file=upload_factories.png(200, 100), alt="two colours"
    )
    url = f"/api/v1/uploads/{whole.key}/crop"
    client = browser(cast.alice)
    answer = client.post(url, {"left": 0.5, "top": 0, "width": 0.5, "height": 0.5}, JSON)
    assert answer.status_code == 201
    made = answer.json()
    assert (made["state"], made["width"], made["height"], made["alt"]) == ("ready", 100, 50, "two colours")
    assert made["key"] != str(whole.key)
    assert int(made["color"][5:], 16) > int(made["color"][1:3], 16), "the blue half"
    post_actions.create_post(actor=cast.alice, pictures=[whole.key])
    assert client.post(url, {"left": 0, "top": 0, "width": 1, "height": 0.5}, JSON).status_code == 201, "also in use"
    wrong = ({"left": 0.6, "width": 0.5}, {"width": 0}, {"left": -1}, {"left": "x"}, {"width": float("inf")})
    for one in wrong:
        given = {"left": 0, "top": 0, "width": 1, "height": 1, **one}
        assert client.post(url, given, JSON).status_code in (400, 422), one
    assert client.post(url, {}, JSON).status_code in (400, 422)
    piece = {"left": 0, "top": 0, "width": 0.5, "height": 0.5}
    assert browser(cast.bob).post(url, piece, JSON).status_code == 404
    Upload.objects.update(discarded_at=None, state="failed", due_at=None, attached_at=None, reason="broken")
    assert client.post(url, piece, JSON).status_code == 422
