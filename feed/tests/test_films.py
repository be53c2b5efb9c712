"""Videos and sounds of posts: the card, the API, captions, what a member takes along."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIClient

from accounts.models.people import User
from accounts.models.relations import Audience
from accounts.tests.factories import Cast, log_in
from core import errors
from feed import belongings
from feed.actions import posts as post_actions
from feed.models.posts import Post, PostPicture
from feed.queries import cards
from feed.tests.factories import make_post
from uploads import access as upload_access
from uploads import languages
from uploads.actions import captioning
from uploads.models import Caption, Upload
from uploads.tests import factories as upload_factories
from uploads.tests import films

pytestmark = pytest.mark.django_db

VTT = b"WEBVTT\n\n00:00.000 --> 00:02.000\nHello <b>there</b>\n"


def api(user: User | None) -> APIClient:
    client = APIClient()
    if user is not None:
        client.force_authenticate(user)
    return client


def film_post(author: User, film: Upload | None = None, **fields: Any) -> Post:
    post = make_post(author, "Look", **fields)
    film = film or films.make_film(author, purpose="post", attached_at=post.created_at)
    PostPicture.objects.create(post=post, upload=film, alt="A dog on the beach")
    return post


def test_a_post_shows_one_video(cast: Cast) -> None:
    film = films.make_film(cast.alice, purpose="post")
    made = api(cast.alice).post("/api/v1/posts", {"text": "Look", "pictures": [{"key": str(film.key), "alt": "A dog"}]})
    assert made.status_code == 201, made.json()
    body = api(cast.bob).get(f"/api/v1/posts/{made.json()['id']}").json()
    assert (body["pictures"], body["audio"]) == ([], None)
    video = body["video"]
    assert (video["width"], video["height"], video["duration"], video["alt"]) == (1280, 720, 65.0, "A dog")
    assert [(one["type"], one["height"]) for one in video["sources"]] == [("video/mp4", 720), ("video/mp4", 480)]
    assert video["poster"].split("?")[0].endswith(".webp")
    assert api(cast.bob).get(f"/api/v1/uploads/{film.key}/film").json()["sources"]
    for stranger in (None, cast.mallory):
        assert api(stranger).get(f"/api/v1/uploads/{film.key}/film").status_code in (401, 404)


def test_a_post_shows_one_sound(cast: Cast, client: Client) -> None:
    sound = films.make_sound(cast.alice, purpose="post", duration=5000)
    post = post_actions.create_post(actor=cast.alice, pictures=[sound.key], audience="public")
    body = api(cast.bob).get(f"/api/v1/posts/{post.pk}").json()
    assert (body["video"], body["audio"]["duration"], body["pictures"]) == (None, 5.0, [])
    page = client.get(f"/posts/{post.pk}/").content.decode()
    assert '<audio controls preload="none"' in page
    assert "0:05" in page
    media = client.get("/@alice/media/").content.decode()
    assert f"/posts/{post.pk}/" not in media, "there is nothing to see"


def test_pictures_or_one_film(cast: Cast) -> None:
    keys = [films.make_film(cast.alice, purpose="post").key for _turn in range(2)]
    picture = upload_factories.make_upload(cast.alice, purpose="post").key
    for wrong in (keys, [keys[0], picture]):
        with pytest.raises(errors.Invalid, match="one video or sound"):
            post_actions.create_post(actor=cast.alice, text="both", pictures=wrong)
    assert not Post.objects.exists()


def test_only_what_is_ready_is_posted(cast: Cast) -> None:
    soon = films.make_film(cast.alice, purpose="post", state="processing", due_at="2030-01-01T00:00Z", progress=42)
    with pytest.raises(errors.Conflict, match="42 %"):
        post_actions.create_post(actor=cast.alice, pictures=[soon.key])
    answer = api(cast.alice).get(f"/api/v1/uploads/{soon.key}").json()
    assert (answer["state"], answer["progress"], answer["sources"], answer["url"]) == ("processing", 42, [], "")


def test_the_player_needs_no_script(cast: Cast, client: Client) -> None:
    post = film_post(cast.alice)
    film = Upload.objects.get()
    captioning.set_captions(actor=cast.alice, key=film.key, language="de", file=VTT)
    captioning.set_captions(actor=cast.alice, key=film.key, language="en", file=VTT)
    page = client.get(f"/posts/{post.pk}/").content.decode()
    player = page.partition("<video")[2].partition("</video>")[0]
    for words in ("controls", 'preload="none"', "playsinline", 'width="1280"', 'height="720"', "poster=", "A dog on"):
        assert words in player
    assert "autoplay" not in page
    assert player.count("<source") == 2
    assert player.index("720p.mp4") < player.index("480p.mp4")
    assert player.count("<track") == 2
    assert 'srclang="de" label="Deutsch"' in player
    assert languages.name("vi") == "Tiếng Việt"
    track = player.partition('<track kind="captions" src="')[2].partition('"')[0].replace("&amp;", "&")
    words = client.get(track)
    assert words.headers["Content-Type"] == "text/vtt; charset=utf-8"
    assert words.content.decode() == "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nHello <b>there</b>\n"
    assert client.get(track.replace("s=", "s=x")).status_code == 404
    assert 'property="og:image"' in page


@pytest.mark.parametrize("who", ["", "carol", "bob", "dan", "alice", "mallory"])
def test_a_film_is_seen_where_its_post_is(cast: Cast, who: str) -> None:
    viewer = vars(cast)[who] if who else None
    posts = {one: film_post(cast.alice, audience=one) for one in Audience}
    seen = set(cards.cards(viewer).values_list("pk", flat=True))
    for post in posts.values():
        film = Upload.objects.get(pk=post.pictures.get().upload_id)
        try:
            upload_access.access_upload(viewer, film.key, to="see")
            assert post.pk in seen or viewer == cast.alice
        except errors.NotFound:
            assert post.pk not in seen


def test_a_page_of_films_costs_as_much_as_one(cast: Cast, client: Client, django_assert_max_num_queries: Any) -> None:
    for _turn in range(5):
        film_post(cast.alice)
    with django_assert_max_num_queries(2):
        for post in cards.filled(cards.cards(None)):
            assert post.film
            assert post.film.upload.sources
            assert not post.photos


# Captions


def captions_page(client: Client, post: Post, data: bytes = VTT, language: str = "en") -> Any:
    file = SimpleUploadedFile("a.vtt", data)
    return client.post(f"/posts/{post.pk}/captions/", {"language": language, "file": file})


def test_the_author_adds_and_takes_away_captions(cast: Cast, client: Client) -> None:
    post = film_post(cast.alice)
    log_in(client, cast.alice)
    assert "Captions" in client.get(f"/posts/{post.pk}/").content.decode()
    assert captions_page(client, post).status_code == 302
    assert captions_page(client, post, VTT.replace(b"Hello", b"Hi")).status_code == 302
    row = Caption.objects.get()
    assert "Hi <b>" in row.text
    assert Upload.objects.get().captions == [{"id": row.pk, "language": "en"}]
    assert "English" in client.get(f"/posts/{post.pk}/captions/").content.decode()
    assert client.post(f"/posts/{post.pk}/captions/", {"remove": "en"}).status_code == 302
    assert (Caption.objects.count(), Upload.objects.get().captions) == (0, [])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "WebVTT file"),
        (b"1\n00:00:00,000 --> 00:00:02,000\nsrt", "WebVTT file"),
        (b"WEBVTT\n\n00:00.000 --> nonsense\nwords", "line 3"),
        (b"WEBVTT\n\n00:02.000 --> 00:01.000\nbackwards", "line 3"),
        (b"WEBVTT\n\nNOTE nothing", "no captions"),
        (b"WEBVTT\n\n\xff\xfe", "UTF-8"),
        (b"WEBVTT\n\n" + b"x" * 600_000, "too large"),
    ],
)
def test_what_is_wrong_with_captions_is_said(cast: Cast, client: Client, data: bytes, words: str) -> None:
    post = film_post(cast.alice)
    log_in(client, cast.alice)
    answer = captions_page(client, post, data)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Caption.objects.exists()


def test_only_the_author_writes_captions(cast: Cast, client: Client) -> None:
    post = film_post(cast.alice)
    plain = make_post(cast.bob)
    log_in(client, cast.bob)
    assert captions_page(client, post).status_code == 403
    assert captions_page(client, plain).status_code == 404
    film = Upload.objects.get()
    given = {"language": "en", "file": io.BytesIO(VTT)}
    assert api(cast.bob).post(f"/api/v1/uploads/{film.key}/captions", given, format="multipart").status_code == 404
    given["file"] = io.BytesIO(VTT)
    made = api(cast.alice).post(f"/api/v1/uploads/{film.key}/captions", given, format="multipart")
    assert (made.status_code, made.json()["captions"][0]["language"]) == (201, "en")
    assert api(cast.bob).delete(f"/api/v1/uploads/{film.key}/captions/en").status_code == 404
    assert api(cast.alice).delete(f"/api/v1/uploads/{film.key}/captions/en").status_code == 204
    assert api(cast.alice).delete(f"/api/v1/uploads/{film.key}/captions/en").status_code == 404


EVIL = b"""WEBVTT - <script>alert(1)</script>
X-TIMESTAMP-MAP=LOCAL:00:00:00.000

STYLE
::cue { background: url(https://evil.example/x) }

REGION
id:fred

NOTE <script>alert(2)</script>

<script>alert(3)</script>
00:01.000 --> 00:02.000 line:0 region:fred onclick:alert(4) align:start
<script>alert(5)</script><v Alice>Hello</v> <c.red>red</c> & <b onclick=x>bold</b> a --&gt; b
<00:01.500>late <i>i</i> <img src=x onerror=alert(6)>
"""


def test_captions_are_words_and_times_alone(cast: Cast) -> None:
    film_post(cast.alice)
    captioning.set_captions(actor=cast.alice, key=Upload.objects.get().key, language="en", file=EVIL)
    text = Caption.objects.get().text
    assert text == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000 line:0 align:start\n"
        "alert(5)Alice: Hello red &amp; bold</b> a --&gt; b\nlate <i>i</i> \n"
    )


def test_what_a_member_takes_along(cast: Cast) -> None:
    post = film_post(cast.alice)
    film = Upload.objects.get()
    captioning.set_captions(actor=cast.alice, key=film.key, language="en", file=VTT)
    [row] = belongings.posts(cast.alice)
    assert row["pictures"] == []
    assert row["film"] == {
        "file": f"media/{film.key}.mp4",
        "medium": "video",
        "alt": "A dog on the beach",
        "captions": [f"media/{film.key}.en.vtt"],
    }
    from accounts import belongings as account_belongings

    names = [name for name, _opened in account_belongings.picture_files(cast.alice)]
    assert names == [f"media/{film.key}.mp4", f"media/{film.key}.en.vtt"]
    assert post.pk


def test_captions_go_with_their_film(cast: Cast) -> None:
    film_post(cast.alice)
    captioning.set_captions(actor=cast.alice, key=Upload.objects.get().key, language="en", file=VTT)
    Upload.objects.all().delete()
    assert not Caption.objects.exists()
