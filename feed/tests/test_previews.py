"""Cards of links: when they are fetched, what of a page they show, to whom, and how they go."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.tests.factories import Cast, log_in
from core import checkup, errors, fetch
from core.tests.webs import Web, moved, opened, reply
from feed.actions import posts as post_actions
from feed.actions import previews as post_previews
from feed.belongings import posts as exported
from feed.models.posts import Post
from feed.queries import posts as post_queries
from feed.tests.factories import make_post
from uploads import tasks
from uploads.actions import previews as preview_actions
from uploads.actions import sweeps as uploads_sweeps
from uploads.models import LinkPreview, Stored, Upload
from uploads.tests import factories as upload_factories

# Pictures are prepared between transactions.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]

URL = "http://site.example/"
PAGE = """<!doctype html><html><head><title>Plain title</title>
<meta property="og:title" content="The &lt;b&gt;new&lt;/b&gt; path &amp; more">
<meta name="description" content="Plain words">
<meta property="og:description" content="Along\n the   river.">
<meta property="og:site_name" content="Town"><meta property="og:image" content="/map.png"></head><body>x"""


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Any:
    with opened(monkeypatch) as web:
        web.pages = {"/": reply(PAGE), "/map.png": reply(upload_factories.png(1200, 630).read(), "image/png")}
        yield web


def write(cast: Cast, text: str = f"Look: {URL}", **more: Any) -> Post:
    return post_actions.create_post(actor=cast.alice, text=text, audience="public", **more)


def fetched(post: Post) -> LinkPreview:
    """After a worker has been at what is due."""
    tasks.fetch_previews()
    post.refresh_from_db()
    assert post.preview is not None
    return post.preview


def page(post: Post, user: Any = None) -> str:
    client = Client()
    if user is not None:
        log_in(client, user)
    return client.get(post.get_absolute_url()).content.decode()


# -- What is fetched, and shown


def test_a_worker_fetches_the_first_link_and_every_reader_sees_its_card(cast: Cast, web: Web) -> None:
    post = write(cast, f"See **#maps** `http://code.example`, {URL}#part and http://other.example/")
    assert web.asked == [], "never in a request"
    assert "linkcard" in page(post)
    assert "Town" not in page(post)
    card = fetched(post)
    assert (card.url, card.state, card.attempts, card.due_at) == (URL, "ready", 0, None)
    assert (card.title, card.description, card.site_name) == ("The <b>new</b> path & more", "Along the river.", "Town")
    assert card.expires_at - card.fetched_at == preview_actions.KEPT
    shown = page(post)
    assert re.search(rf'<a href="{URL}" rel="nofollow noopener ugc">\s*<img src="/media/[^>]* alt=""', shown)
    assert '<b dir="auto">The &lt;b&gt;new&lt;/b&gt; path &amp; more</b>' in shown
    assert '<span dir="ltr">site.example</span>' in shown
    assert "Along the river." in shown
    said = Client()
    log_in(said, cast.bob)
    told = said.get(f"/api/v1/posts/{post.pk}").json()["preview"]
    assert told["title"] == card.title
    assert told["picture"]["width"] == 1200
    assert [row["preview"] for row in exported(cast.alice)] == [{"url": URL, "title": card.title}]


def test_the_picture_is_ours_and_nobodys(cast: Cast, web: Web) -> None:
    upload = fetched(write(cast)).upload
    assert upload is not None
    assert (upload.owner, upload.purpose, upload.public, upload.original) == (None, "preview", False, False)
    assert upload.attached_at
    answer = Client().get(upload.src)
    assert answer["Content-Type"] == "image/webp"
    assert b"".join(answer)[8:12] == b"WEBP"  # type: ignore[arg-type]
    answer.close()


@pytest.mark.parametrize(
    ("picture", "kind"),
    [(b"<svg onload='alert(1)'/>", "image/svg+xml"), (b"GIF89a<script>", "image/gif"),
     (b"x" * 6_000_000, "image/png"), (upload_factories.png_saying(60_000, 60_000).read(), "image/png"),
     (upload_factories.png().read(), "text/html")],
    ids=["svg", "polyglot", "large", "bomb", "wrong type"],
)  # fmt: skip
def test_a_bad_picture_leaves_a_card_of_words(picture: bytes, kind: str, cast: Cast, web: Web) -> None:
    web.pages["/map.png"] = reply(picture, kind)
    post = write(cast)
    assert fetched(post).upload is None
    shown = page(post).partition("data-preview>")[2].partition("</div>")[0]
    assert "The &lt;b&gt;" in shown
    assert "<img" not in shown


@pytest.mark.parametrize(
    "to", ["http://127.0.0.2/x.png", "http://169.254.169.254/x.png", "file:///etc/passwd", "javascript:alert(1)", "http://["]
)  # fmt: skip
def test_a_page_cannot_send_us_inside_with_its_picture(to: str, cast: Cast, web: Web) -> None:
    web.pages["/"] = reply(PAGE.replace("/map.png", to))
    assert fetched(write(cast)).upload is None
    web.pages |= {"/": reply(PAGE.replace("/map.png", "/moved")), "/moved": moved(to)}
    assert fetched(write(cast, f"{URL}?2")).upload is None


@pytest.mark.parametrize(
    "text",
    [
        "no link",
        "`http://site.example`",
        "write@site.example",
        "http://2130706433/ http://site.example",
        "http://localhost:8000/x",
        "http://site.example:22/",
        "http://me:pw@site.example/",
    ],
)
def test_what_leads_nowhere_of_ours_is_not_even_kept(text: str, cast: Cast) -> None:
    post = write(cast, text)
    assert post.preview is None
    assert not LinkPreview.objects.exists()


def test_many_posts_share_one_fetch(cast: Cast, web: Web) -> None:
    posts = [
        write(cast, f"{number}: {url}")
        for number, url in enumerate([URL, "<HTTP://SITE.example#x>", "[words](http://site.example/#top)"])
    ]
    assert LinkPreview.objects.count() == 1
    card = fetched(posts[0])
    fetched(write(cast, f"later {URL}"))
    assert len([head for head in web.asked if head.startswith("GET / ")]) == 1
    assert {post.preview_id for post in Post.objects.all()} == {card.pk}
    tasks.fetch_previews()
    assert len(web.asked) == 2


def test_nothing_is_fetched_where_the_owner_says_so(cast: Cast, settings: Any, web: Web) -> None:
    waiting = write(cast)
    settings.LINK_PREVIEWS = False
    assert write(cast, f"again {URL}").preview is None
    tasks.fetch_previews()
    assert web.asked == []
    waiting.refresh_from_db()
    assert waiting.preview.state == "waiting"
    assert "without_preview" not in composer(cast)
    settings.LINK_PREVIEWS = True
    assert "without_preview" in composer(cast)


def composer(cast: Cast) -> str:
    client = Client()
    log_in(client, cast.alice)
    return client.get("/compose/").content.decode()


# -- What does not answer


@pytest.mark.parametrize(
    "answer",
    [
        reply("", status="404 Gone"),
        reply("x", "application/pdf"),
        reply("<p>no title</p>"),
        reply("x" * 10, Content_Encoding="br"),
        moved("http://10.0.0.1/"),
    ],
)
def test_what_has_no_card_is_asked_once(answer: bytes, cast: Cast, web: Web) -> None:
    web.pages["/"] = answer
    post = write(cast)
    assert fetched(post).state == "none"
    assert fetched(post).state == "none"
    assert len(web.asked) == 1
    assert 'rel="nofollow noopener ugc"><img' not in page(post)


def test_what_does_not_answer_is_asked_three_times_with_pauses(cast: Cast, web: Web) -> None:
    web.pages["/"] = reply("", status="503 Later")
    post = write(cast)
    now = timezone.now() + timedelta(seconds=1)
    with time_machine.travel(now, tick=False) as clock:
        for number, pause in enumerate((*preview_actions.BACK_OFF, timedelta(days=1)), start=1):
            card = fetched(post)
            assert (card.state, len(web.asked)) == ("failed" if number < 3 else "none", number)
            fetched(post)
            assert len(web.asked) == number, "not before its time"
            clock.shift(pause)
    assert fetched(post).due_at is None


def test_a_card_is_fetched_again_for_a_post_after_a_week(cast: Cast, web: Web) -> None:
    first = write(cast)
    old = fetched(first).upload
    web.pages["/"] = reply("<title>Moved on</title>")
    with time_machine.travel(timezone.now() + timedelta(days=8), tick=False) as clock:
        assert fetched(first).title.startswith("The"), "nobody wrote of it"
        write(cast, f"again {URL}")
        first.refresh_from_db()
        assert first.link_card, "what is known stays until there is more"
        assert fetched(first).title == "Moved on"
        assert not Upload.objects.filter(pk=old.pk).exists()
        assert Stored.objects.get(key=old.key).due_at, "its files go"
        clock.shift(timedelta(days=8))
        web.pages["/"] = reply("", status="500 Oh")
        write(cast, f"and again {URL}")
        for pause in (*preview_actions.BACK_OFF, timedelta(days=1)):
            card = fetched(first)
            clock.shift(pause)
        assert (card.state, card.title, card.due_at) == ("ready", "Moved on", None)


# -- Workers that die, or meet


def test_a_claim_keeps_others_away_and_ends(cast: Cast, web: Web) -> None:
    post = write(cast)
    with time_machine.travel(timezone.now() + timedelta(seconds=1), tick=False) as clock:
        for _attempt in range(preview_actions.ATTEMPTS):
            assert preview_actions._claim()  # and it is never heard of again
            assert preview_actions.fetch_due() is False
            clock.shift(preview_actions.CLAIM)
        assert fetched(post).state == "none"
    assert web.asked == []


def test_who_lost_the_claim_changes_nothing(cast: Cast, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    post = write(cast)
    real = preview_actions._picture

    def slow(url: str) -> Upload | None:
        picture = real(url)
        LinkPreview.objects.update(due_at=timezone.now() + timedelta(hours=1))  # somebody else's by now
        return picture

    monkeypatch.setattr(preview_actions, "_picture", slow)
    assert fetched(post).state == "waiting"
    left = Upload.objects.get()
    assert left.attached_at is None
    Upload.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert uploads_sweeps.sweep_unused() == 1


def test_a_post_written_while_the_sweep_runs_keeps_its_card(cast: Cast, web: Web) -> None:
    post = write(cast)
    card = fetched(post)
    LinkPreview.objects.update(wanted_at=timezone.now() - timedelta(days=9))
    post_actions.delete_post(actor=cast.alice, post_id=post.pk)
    again = write(cast, f"again {URL}")
    assert preview_actions.sweep_previews() == 0
    assert again.preview_id == card.pk


def test_cards_that_no_post_uses_go_with_their_pictures(cast: Cast, web: Web) -> None:
    post, other = write(cast), write(cast, f"{URL}?other")
    upload = fetched(post).upload
    post_actions.delete_post(actor=cast.alice, post_id=post.pk)
    with time_machine.travel(timezone.now() + timedelta(hours=23), tick=False) as clock:
        tasks.sweep_previews()
        assert LinkPreview.objects.count() == 2, "it may come back"
        clock.shift(timedelta(hours=2))
        tasks.sweep_previews()
    assert [row.pk for row in LinkPreview.objects.all()] == [other.preview_id]
    assert not Upload.objects.filter(pk=upload.pk).exists()
    assert Stored.objects.get(key=upload.key).due_at
    post.refresh_from_db()
    assert post.preview is None


# -- Whose it is to show


def test_the_author_leaves_it_out_before_posting(cast: Cast, web: Web) -> None:
    client = Client()
    log_in(client, cast.alice)
    client.post("/compose/", {"text": URL, "audience": "public", "without_preview": "on"})
    client.post("/api/v1/posts", {"text": URL, "show_preview": False}, content_type="application/json")
    assert {(post.show_preview, post.preview_id) for post in Post.objects.all()} == {(False, None)}
    tasks.fetch_previews()
    assert web.asked == []


def test_the_author_takes_it_away_afterwards_and_back(cast: Cast, web: Web) -> None:
    post = write(cast)
    fetched(post)
    client = Client()
    log_in(client, cast.alice)
    assert "Take the link’s card away" in page(post, cast.alice)
    assert "Take the link’s card away" not in page(post, cast.bob)
    assert client.post(f"/posts/{post.pk}/preview/", {"show": "no"}).status_code == 302
    assert "Along the river" not in page(post)
    assert client.get(f"/api/v1/posts/{post.pk}").json()["preview"] is None
    assert client.put(f"/api/v1/posts/{post.pk}/preview").json()["preview"]["title"]
    assert "Along the river" in page(post)
    assert client.delete(f"/api/v1/posts/{post.pk}/preview").json()["preview"] is None
    hidden = write(cast, f"hidden {URL}", show_preview=False)
    shown = client.post(f"/posts/{hidden.pk}/preview/", {"show": "yes"}, headers={"HX-Request": "true"})
    assert "Along the river" in shown.content.decode()


def test_nobody_else_decides_about_it(cast: Cast) -> None:
    post = write(cast)
    for who, refusal in ((cast.bob, errors.NotAllowed), (cast.mallory, errors.NotFound)):
        with pytest.raises(refusal):
            post_previews.show_preview(actor=who, post_id=post.pk, shown=False)


def test_other_words_have_another_card(cast: Cast, web: Web) -> None:
    post = write(cast)
    first = fetched(post)
    edited = post_actions.edit_post(actor=cast.alice, post_id=post.pk, text=f"now {URL}?two")
    assert edited.preview_id not in (None, first.pk)
    assert post_actions.edit_post(actor=cast.alice, post_id=post.pk, audience="members").preview_id == edited.preview_id
    assert post_actions.edit_post(actor=cast.alice, post_id=post.pk, text="none").preview is None


@pytest.mark.parametrize(
    ("audience", "who", "sees"),
    [
        ("public", "", True),
        ("followers", "bob", True),
        ("followers", "carol", False),
        ("public", "mallory", False),
        ("only_me", "alice", True),
        ("only_me", "dan", False),
    ],
)
def test_pictures_of_cards_are_for_whoever_sees_a_post_with_it(
    audience: str, who: str, sees: bool, cast: Cast, web: Web
) -> None:
    post = write(cast)
    Post.objects.update(audience=audience)
    upload = fetched(post).upload
    client = Client()
    if not who:
        assert upload.src in page(post).replace("&amp;", "&")
        return
    log_in(client, vars(cast)[who])
    path = f"/api/v1/uploads/{upload.key}/picture"
    assert (client.get(path).status_code == 200) is sees
    Post.objects.update(show_preview=False)
    assert client.get(path).status_code == 404


# -- Around it


def test_open_pages_ask_again_when_it_is_there(cast: Cast, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    post, hidden = write(cast), write(cast, f"2 {URL}", show_preview=False)
    said: list[Any] = []
    monkeypatch.setattr("core.realtime.publish", lambda groups, frame: said.append((groups, frame)))
    fetched(post)
    assert [groups[0] for groups, frame in said if b"post.edited" in frame] == [f"post:{post.pk}:public"]
    assert not [groups for groups, _frame in said if f"post:{hidden.pk}:" in groups[0]]


def test_the_doctor_sees_links_that_nobody_fetches(cast: Cast, settings: Any) -> None:
    def finds() -> Any:
        return next(found for part in checkup.parts for found in part() if found.part == "link previews")

    assert finds().level == "ok"
    write(cast)
    LinkPreview.objects.update(due_at=timezone.now() - timedelta(hours=1))
    assert (finds().level, finds().says[:2]) == ("warn", "1 ")
    settings.LINK_PREVIEWS = False
    assert "Off" in finds().says


def test_a_lost_wake_up_is_found_by_the_clock(cast: Cast, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[str] = []
    monkeypatch.setattr("core.wake.now", lambda task, argument="": woken.append(task))
    tasks.look_for_previews()
    assert woken == []
    write(cast)
    tasks.look_for_previews()
    assert woken == ["uploads.fetch_previews"]


def test_cards_cost_no_query_more(cast: Cast, web: Web, django_assert_num_queries: Any) -> None:
    for number in range(5):
        web.pages[f"/?{number}"] = web.pages["/"]
        write(cast, f"{URL}?{number}")
    tasks.fetch_previews()
    with django_assert_num_queries(5):  # as without cards
        rows = post_queries.posts_of(cast.carol, cast.alice).rows
        assert len([row.link_card.upload.src for row in rows]) == 5


def test_an_erased_member_leaves_cards_that_name_nobody(cast: Cast, web: Web) -> None:
    mine, other = make_post(cast.alice, URL), make_post(cast.bob, URL)
    card = preview_actions.want(actor=cast.alice, link=URL)
    Post.objects.update(preview=card)
    mine.delete()
    assert fetched(other).is_ready
    assert fetch.target(URL).url == card.url
    assert settings.LINK_PREVIEWS
