"""Drafts and scheduled posts: kept while one types, whole, their author's alone, and a post of each once."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import personal
from accounts.models.people import User
from accounts.tests.factories import Cast, make_user
from accounts.tests.test_at_once import at_once
from core import errors, limits
from core.models import Event
from feed.actions import drafting
from feed.actions import drafts as draft_actions
from feed.actions import posts as post_actions
from feed.models.drafts import Draft, DraftPicture
from feed.models.posts import Post
from feed.models.sources import Filing, HomeEntry
from feed.queries import drafts as draft_queries
from feed.tests.test_mutes import browser
from socialsite.tests.test_stored_scripts import VECTORS, Page, only_words
from uploads.actions import sweeps as uploads_sweeps
from uploads.models import Upload
from uploads.tests.factories import make_upload

pytestmark = pytest.mark.django_db
JSON = "application/json"
HOUR = timedelta(hours=1)


def save(actor: User, **given: Any) -> Draft:
    return draft_actions.save_draft(actor=actor, **{"text": "begun", **given})


def scheduled(actor: User, **given: Any) -> Draft:
    return save(actor, place="scheduled", publish_at=timezone.now() + HOUR, **given)


def make_due(draft: Draft) -> Draft:
    Draft.objects.filter(pk=draft.pk).update(publish_at=timezone.now() - timedelta(seconds=1))
    return draft


def picture(owner: User) -> Upload:
    return make_upload(owner, purpose="post")


# -- Keeping ----------------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_what_one_types_is_there_on_the_other_device_and_goes_with_the_post(cast: Cast) -> None:
    phone, desk = browser(cast.alice), browser(cast.alice)
    one, two = picture(cast.alice), picture(cast.alice)
    form = {"text": "begun", "audience": "friends", "client_id": "c1", "without_preview": "on"}
    form |= {"pictures": [str(two.key), str(one.key)], "alts": ["a hill", ""]}
    assert phone.post("/compose/draft/", form).json() == {"revision": 1}
    assert phone.post("/compose/draft/", form).json() == {"revision": 1}, "the answer was lost, it is sent again"
    for path in ("/", "/compose/"):
        shown = desk.get(path).content.decode()
        assert "begun</textarea>" in shown
        assert 'value="friends" selected' in shown
        assert 'name="without_preview" value="on" checked' in shown
        assert shown.index(str(two.key)) < shown.index(str(one.key))
        assert 'value="a hill"' in shown
    assert desk.post("/compose/", form).status_code == 302
    assert not Draft.objects.exists()
    post = Post.objects.get()
    assert (post.audience, post.show_preview) == ("friends", False)
    assert [(row.upload, row.alt) for row in post.pictures.all()] == [(two, "a hill"), (one, "")]
    assert Upload.objects.filter(attached_at__isnull=False).count() == 2
    assert phone.post("/compose/draft/", {**form, "revision": "2"}).status_code == 409, "a save that comes too late"
    assert not Draft.objects.exists()


@pytest.mark.both
def test_nothing_that_was_written_is_lost_between_devices(cast: Cast) -> None:
    first = save(cast.alice, place="composer", client_id="phone", revision=0, text="from the phone")
    second = save(cast.alice, place="composer", client_id="desk", revision=0, text="from the desk")
    first.refresh_from_db()
    assert (first.is_kept, second.is_kept) == (True, False), "what stood in the composer went to the drafts"
    with pytest.raises(errors.Conflict):
        save(cast.alice, place="composer", client_id="desk", revision=0, text="older")
    with pytest.raises(errors.Conflict):
        save(cast.alice, place="composer", client_id="gone", revision=3)
    save(cast.alice, place="composer", client_id="desk", revision=1, text="newer")
    again = save(cast.alice, place="composer", client_id="desk", revision=1, text="newer")
    assert again.text == "newer", "the same again is no conflict"
    save(cast.alice, place="composer", client_id="phone", revision=1, text="on")
    assert draft_queries.in_composer(cast.alice) == second, "what is kept stays kept"
    assert Draft.objects.count() == 2


@pytest.mark.both
def test_pictures_of_drafts_are_held_and_let_go(cast: Cast) -> None:
    one, two = picture(cast.alice), picture(cast.alice)
    Upload.objects.update(created_at=timezone.now() - timedelta(days=3))
    draft = save(cast.alice, pictures=[one.key, two.key])
    assert uploads_sweeps.sweep_unused() == 0
    other = save(cast.alice, pictures=[two.key])
    assert [row.upload for row in draft.pictures.all()] == [one], "a picture hangs on the draft that was saved last"
    post_actions.create_post(actor=cast.alice, pictures=[two.key])
    assert not other.pictures.exists(), "a post takes what a draft of its author holds"
    save(cast.alice, client_id=draft.client_id, pictures=[])
    assert uploads_sweeps.sweep_unused() == 1
    third = picture(cast.alice)
    Upload.objects.filter(pk=third.pk).update(created_at=timezone.now() - timedelta(days=3))
    draft_actions.delete_draft(actor=cast.alice, draft_id=save(cast.alice, pictures=[third.key]).pk)
    assert uploads_sweeps.sweep_unused() == 1
    assert Upload.objects.get() == two


@pytest.mark.both
def test_refusals(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs, used = picture(cast.bob), picture(cast.alice)
    post_actions.create_post(actor=cast.alice, text="posted", pictures=[used.key], client_id="posted")
    wrong: list[tuple[type[errors.SocialError], dict[str, Any]]] = [
        (errors.Invalid, {"text": " "}),
        (errors.Invalid, {"text": "x" * 5001}),
        (errors.Invalid, {"audience": "nobody"}),
        (errors.Invalid, {"client_id": "x" * 65}),
        (errors.Invalid, {"alts": ["x" * 501], "pictures": [used.key]}),
        (errors.NotFound, {"pictures": [theirs.key]}),
        (errors.NotFound, {"pictures": ["rubbish"]}),
        (errors.Conflict, {"pictures": [used.key]}),
        (errors.Conflict, {"client_id": "posted"}),
        (errors.Invalid, {"pictures": [picture(cast.alice).key for _number in range(11)]}),
        (errors.Invalid, {"place": "scheduled"}),
        (errors.Invalid, {"place": "scheduled", "publish_at": timezone.now() + timedelta(seconds=50)}),
        (errors.Invalid, {"place": "scheduled", "publish_at": timezone.now() + timedelta(days=367)}),
        (errors.Invalid, {"place": "scheduled", "publish_at": (timezone.now() + HOUR).replace(tzinfo=None)}),
    ]
    for kind, given in wrong:
        with pytest.raises(kind):
            save(cast.alice, **given)
    assert not Draft.objects.exists()
    monkeypatch.setattr(draft_actions, "DRAFTS_LIMIT", 2)
    kept = [save(cast.alice), save(cast.alice)]
    with pytest.raises(errors.Conflict):
        save(cast.alice)
    assert save(cast.alice, client_id=kept[0].client_id, text="may be changed").revision == 2
    User.objects.filter(pk=cast.alice.pk).update(suspended_until=timezone.now() + HOUR)
    with pytest.raises(errors.NotAllowed):
        save(cast.alice, client_id=kept[0].client_id)


def test_they_are_their_authors_alone(cast: Cast) -> None:
    draft = scheduled(cast.alice, text="secretword #secrettag", audience="public", pictures=[picture(cast.alice).key])
    save(cast.alice, text="secretword", place="composer")
    key = draft.pictures.get().upload.key
    assert not Filing.objects.exists()
    assert not HomeEntry.objects.exists()
    assert not Event.objects.filter(name__endswith="PostCreated").exists()
    assert User.objects.get(pk=cast.alice.pk).posts_count == 0
    for other in (cast.bob, cast.dan, cast.mod, None):
        client = browser(other) if other else Client()
        for path in (
            "/",
            "/drafts/",
            "/scheduled/",
            "/@alice/",
            "/@alice/media/",
            "/tags/secrettag/",
            "/@alice/feed.xml",
        ):
            assert "secretword" not in client.get(path, follow=True).content.decode(), path
        for method, path in DOORS:
            answer = getattr(client, method)(path.format(id=draft.pk), {}, content_type=JSON)
            assert answer.status_code in (302, 401, 404), path
            assert "/login/" in answer.get("Location", "/login/")
        assert client.get(f"/api/v1/uploads/{key}/picture").status_code in (401, 404)
        if other:
            assert (
                client.post("/compose/", {"text": "x", "audience": "public", "pictures": [str(key)]}).status_code == 422
            )
            assert client.get("/api/v1/me/drafts").json()["results"] == []
            assert client.get("/api/v1/me/scheduled").json()["results"] == []
            assert "secret" not in json.dumps(client.get("/api/v1/complete/tags?q=sec").json())
    assert Draft.objects.count() == 2


DOORS = [
    ("get", "/drafts/{id}/"),
    ("post", "/drafts/{id}/publish/"),
    ("post", "/drafts/{id}/delete/"),
    ("get", "/api/v1/me/drafts/{id}"),
    ("patch", "/api/v1/me/drafts/{id}"),
    ("delete", "/api/v1/me/drafts/{id}"),
    ("post", "/api/v1/me/drafts/{id}/publish"),
]


def test_the_name_of_somebody_elses_draft_is_ones_own(cast: Cast) -> None:
    theirs = save(cast.alice, client_id="same", text="of alice")
    save(cast.bob, client_id="same", text="of bob")
    post_actions.create_post(actor=cast.bob, text="posted", client_id="same")
    assert list(Draft.objects.all()) == [theirs]


# -- Without script ---------------------------------------------------------------------------------------------------


def test_enter_beside_a_time_schedules(cast: Cast) -> None:
    """It presses no button that says what to do."""
    client = browser(cast.alice)
    form = {"text": "words", "audience": "public", "publish_at": f"{timezone.now() + HOUR:%Y-%m-%dT%H:%M}"}
    assert client.post("/compose/", form)["Location"] == "/scheduled/"
    assert (Post.objects.count(), Draft.objects.get().text) == (0, "words")
    client.post("/compose/", {**form, "do": "post"})
    client.post("/compose/", {**form, "publish_at": ""})
    assert Post.objects.count() == 2


def test_every_button_of_the_plain_form(cast: Cast) -> None:
    client = browser(cast.alice)
    keys = [str(picture(cast.alice).key) for _number in range(3)]
    form = {"text": "words", "audience": "public", "pictures": keys, "alts": ["a", "b", "c"]}
    for do, right in (
        ("earlier:2", "acb"),
        ("later:0", "bac"),
        ("drop:1", "ac"),
        ("drop:9", "abc"),
        ("later:x", "abc"),
    ):
        answer = client.post("/compose/", {**form, "do": do})
        shown = answer.content.decode()
        assert answer.status_code == 200
        assert "words</textarea>" in shown
        found = [shown.index(f'name="alts" value="{one}"') for one in right]
        assert found == sorted(found)
        assert shown.count('name="alts"') == len(right) + 1, "and one in the script's template"
    assert not Post.objects.exists()
    answer = client.post("/compose/", {**form, "do": "keep"})
    assert answer["Location"] == "/drafts/"
    draft = Draft.objects.get()
    listed = client.get("/drafts/").content.decode()
    assert f'href="/drafts/{draft.pk}/"' in listed
    assert "3 pictures" in listed
    shown = client.get(f"/drafts/{draft.pk}/").content.decode()
    assert f'name="client_id" value="{draft.client_id}"' in shown
    answer = client.post("/compose/", {**form, "do": "schedule", "client_id": draft.client_id, "publish_at": "rubbish"})
    assert answer.status_code == 422
    assert "words</textarea>" in answer.content.decode()
    for zone in ("../../etc/passwd", "Nowhere/City", "Europe"):
        given = {**form, "do": "schedule", "publish_at": "2030-01-01T10:00", "zone": zone}
        assert client.post("/compose/", given).status_code == 422
    moment = (timezone.now() + timedelta(days=3)).replace(hour=12, minute=0, second=0, microsecond=0)
    given = {**form, "do": "schedule", "client_id": draft.client_id, "zone": "Asia/Bangkok"}
    answer = client.post("/compose/", {**given, "publish_at": f"{moment:%Y-%m-%dT%H:%M}"})
    assert answer["Location"] == "/scheduled/"
    assert Draft.objects.get().publish_at == moment - timedelta(hours=7)
    assert "Post now" in client.get("/scheduled/").content.decode()
    assert client.post("/compose/draft/", {**form, "client_id": draft.client_id, "revision": "2"}).status_code == 409
    assert client.post(f"/drafts/{draft.pk}/publish/")["Location"] == Post.objects.get().get_absolute_url()
    other = save(cast.alice)
    assert client.post(f"/drafts/{other.pk}/delete/")["Location"] == "/drafts/"
    assert "No drafts" in client.get("/drafts/").content.decode()
    assert "Nothing is scheduled" in client.get("/scheduled/").content.decode()


def test_an_emptied_composer_leaves_no_draft(cast: Cast) -> None:
    client = browser(cast.alice)
    kept = save(cast.alice, client_id="kept")
    client.post("/compose/draft/", {"text": "x", "audience": "public", "client_id": "c1"})
    empty = {"text": " ", "audience": "public", "revision": "1"}
    assert client.post("/compose/draft/", {**empty, "client_id": "c1"}).json() == {"revision": 0}
    assert client.post("/compose/draft/", {**empty, "client_id": "kept"}).json() == {"revision": 0}
    assert list(Draft.objects.all()) == [kept]
    assert client.post("/compose/draft/", empty).status_code == 422, "a draft has a name"


def test_lists_are_pages_with_few_queries(cast: Cast, django_assert_max_num_queries: Any) -> None:
    for number in range(25):
        save(cast.alice, text=f"kept {number}", pictures=[picture(cast.alice).key])
    for number in range(22):
        scheduled(cast.alice, text=f"later {number}")
    page = draft_queries.drafts(cast.alice)
    assert [row.text for row in page.rows] == [f"kept {number}" for number in range(24, 4, -1)]
    assert len(draft_queries.drafts(cast.alice, page.next).rows) == 5
    times = [row.publish_at for row in draft_queries.scheduled(cast.alice).rows]
    assert times == sorted(times)
    with django_assert_max_num_queries(3):
        draft_queries.drafts(cast.alice)
    client = browser(cast.alice)
    for path in ("/drafts/", "/scheduled/"):
        with django_assert_max_num_queries(14):
            assert "?cursor=" in client.get(path).content.decode()
    save(cast.alice, place="composer", pictures=[picture(cast.alice).key])
    with django_assert_max_num_queries(18):
        client.get("/")


def test_saving_is_limited(cast: Cast) -> None:
    client = browser(cast.alice)
    limits.memory.clear()
    for _turn in range(draft_actions.SAVING.amount):
        limits.check(draft_actions.SAVING, cast.alice.pk)
    given = {"text": "x", "audience": "public", "client_id": "c"}
    assert client.post("/compose/draft/", given).status_code == 429
    assert client.post("/api/v1/me/drafts", {"text": "x"}, JSON).status_code == 429


# -- The API ----------------------------------------------------------------------------------------------------------


def test_the_api(cast: Cast) -> None:
    client = browser(cast.alice)
    key = str(picture(cast.alice).key)
    made = client.post("/api/v1/me/drafts", {"text": "x", "pictures": [{"key": key, "alt": "hill"}]}, JSON)
    assert made.status_code == 201
    draft = made.json()
    assert (draft["revision"], draft["in_composer"], draft["pictures"][0]["alt"]) == (1, False, "hill")
    url = f"/api/v1/me/drafts/{draft['id']}"
    moment = (timezone.now() + HOUR).isoformat()
    changed = client.patch(url, {"publish_at": moment, "revision": 1}, JSON).json()
    assert (changed["text"], changed["revision"], len(changed["pictures"])) == ("x", 2, 1)
    assert client.patch(url, {"text": "y", "revision": 1}, JSON).status_code == 409
    assert client.patch(url, {"text": "y"}, JSON).json()["publish_at"]
    assert [one["id"] for one in client.get("/api/v1/me/scheduled").json()["results"]] == [draft["id"]]
    assert client.get("/api/v1/me/drafts").json()["results"] == []
    assert client.patch(url, {"publish_at": None}, JSON).json()["publish_at"] is None
    assert client.get(url).json()["text"] == "y"
    for wrong in ({"audience": "nobody"}, {"pictures": [{"key": "x"}]}, {"publish_at": "soon"}, {"text": ""}):
        answer = client.patch(url, {"pictures": [], **wrong}, JSON)
        assert answer.status_code in (400, 422), wrong
    assert client.post("/api/v1/me/drafts", {"text": "x", "publish_at": "2001-01-01T00:00Z"}, JSON).status_code == 422
    there = client.post("/api/v1/me/drafts", {"text": "now", "in_composer": True}, JSON).json()
    assert [one["id"] for one in client.get("/api/v1/me/drafts/composer").json()["results"]] == [there["id"]]
    answer = client.post(f"{url}/publish")
    assert (answer.status_code, answer.json()["text"], len(answer.json()["pictures"])) == (201, "y", 1)
    assert client.get(url).status_code == 404
    assert client.post(f"{url}/publish").status_code == 404
    assert client.delete(f"/api/v1/me/drafts/{there['id']}").status_code == 204
    assert client.get("/api/v1/me/drafts/composer").json() == {"results": [], "next": None}


@pytest.mark.django_db(transaction=True)
@pytest.mark.both
def test_saves_at_once_make_one_draft_and_keep_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    alice = make_user("alice")
    at_once(*[lambda: save(alice, place="composer", client_id="c", revision=0)] * 4)
    assert Draft.objects.get().revision == 1
    monkeypatch.setattr(draft_actions, "DRAFTS_LIMIT", 3)
    at_once(*[lambda: save(alice)] * 6)
    assert Draft.objects.count() == 3
    at_once(*[lambda number=number: save(alice, place="composer", client_id=f"{number}") for number in range(3)])
    assert Draft.objects.filter(is_kept=False).count() == 1


# -- Taking along, going, and words of attackers ----------------------------------------------------------------------


def test_export_and_erasure(cast: Cast) -> None:
    draft = scheduled(cast.alice, text="mine", pictures=[picture(cast.alice).key], alts=["hill"])
    save(cast.bob, text="of bob")
    [row] = personal.chapters["drafts.json"].rows(cast.alice)
    assert (row["text"], row["publish_at"], row["pictures"][0]["alt"]) == ("mine", draft.publish_at, "hill")
    assert {table.model for table in personal.tables} >= {Draft}
    cast.alice.delete()
    assert [one.text for one in Draft.objects.all()] == ["of bob"]
    assert not DraftPicture.objects.exists()


def test_markup_stays_words(cast: Cast) -> None:
    client = browser(cast.alice)
    draft = make_due(scheduled(cast.alice, text="harmless", pictures=[picture(cast.alice).key], alts=["harmless"]))
    Draft.objects.update(trouble="harmless")
    paths = ("/scheduled/", f"/drafts/{draft.pk}/")
    harmless = {path: Page(client.get(path).content.decode()).made for path in paths}
    for words in VECTORS[::5]:
        Draft.objects.update(text=words, trouble=words[:300])
        DraftPicture.objects.update(alt=words)
        for path in paths:
            limits.memory.clear()
            only_words(Page(client.get(path).content.decode()), harmless[path], f"{words!r} on {path}")


def test_parts_are_kept_for_the_post(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """What posts get beside words and pictures comes along by its name."""
    given: dict[str, Any] = {}
    made = post_actions.create_post

    def create(*, warning: str = "", **rest: Any) -> Post:
        given["warning"] = warning
        return made(**rest)

    monkeypatch.setattr(post_actions, "create_post", create)
    draft = save(cast.alice, warning="spoilers", poll=None)
    assert draft.parts == {"warning": "spoilers"}
    draft_actions.publish_draft(actor=cast.alice, draft_id=draft.pk)
    assert given == {"warning": "spoilers"}


def test_locks_are_taken_in_order_of_id(cast: Cast) -> None:
    keys = [picture(cast.alice).key for _number in range(3)]
    drafts = [save(cast.alice, pictures=[key]) for key in keys]
    found = drafting.locked_drafts(cast.alice, drafts[2].client_id, keys)
    assert found == drafts


def test_a_visitor_has_none(client: Client) -> None:
    assert client.get("/drafts/").status_code == 302
    assert client.get("/api/v1/me/drafts").status_code == 401
