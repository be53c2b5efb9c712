"""The pages as a browser without script meets them, and the fragments that scripts ask for."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.actions import relations
from accounts.models.people import User
from accounts.tests.factories import Cast, log_in
from feed.actions import posts as post_actions
from feed.models.comments import Comment
from feed.models.posts import Post
from feed.tests.factories import make_comment, make_post, make_reaction
from uploads.tests import factories as upload_factories

pytestmark = pytest.mark.django_db

HX = {"HX-Request": "true"}


def browser(user: User | None) -> Client:
    client = Client()
    if user is not None:
        log_in(client, user)
    return client


def page(answer) -> str:
    return answer.content.decode()


# -- Home


def test_strangers_meet_the_welcome_page_with_public_posts_only(cast: Cast) -> None:
    make_post(cast.alice, "for everybody")
    make_post(cast.alice, "for members", audience="members")
    shown = page(browser(None).get("/"))
    assert "for everybody" in shown
    assert "for members" not in shown
    assert 'href="/signup/"' in shown
    assert "data-composer" not in shown


def test_home_shows_composer_posts_and_the_way_on(cast: Cast) -> None:
    for number in range(25):
        make_post(cast.alice, f"number {number}.")
    client = browser(cast.bob)
    shown = page(client.get("/"))
    assert "data-composer" in shown
    assert shown.count("<article") == 20
    link = re.search(r'href="(/\?cursor=[^"]+)"', shown)[1]
    older = page(client.get(link))
    assert older.count("<article") == 5
    assert "<html" in older
    assert "You have seen everything" in older
    fragment = page(client.get(link, headers=HX))
    assert fragment.count("<article") == 5
    assert "<html" not in fragment


def test_an_empty_home_says_what_to_do_next(cast: Cast) -> None:
    assert "A seat is free" in page(browser(cast.carol).get("/"))


@pytest.mark.parametrize("number", [2, 20])
def test_a_page_costs_the_same_with_many_posts(cast: Cast, number: int, django_assert_max_num_queries) -> None:
    for _turn in range(number):
        make_reaction(make_post(cast.alice, pictures=5), cast.dan)
    client = browser(cast.bob)
    client.get("/")
    with django_assert_max_num_queries(18):
        client.get("/")
    with django_assert_max_num_queries(11):
        client.get("/", headers=HX)


def test_the_pill_brings_what_is_above(cast: Cast) -> None:
    one, two = make_post(cast.alice, "first"), make_post(cast.alice, "second")
    client = browser(cast.bob)
    shown = page(client.get(f"/feed/new?after={one.pk}"))
    assert "second" in shown
    assert "first" not in shown
    assert "<article" not in page(client.get(f"/feed/new?after={two.pk}"))
    assert client.get("/feed/new?after=x", headers=HX).status_code == 422
    assert browser(None).get("/feed/new?after=1").status_code == 302


# -- Writing


def test_a_post_is_written_without_script(cast: Cast) -> None:
    client = browser(cast.alice)
    answer = client.post("/compose/", {"text": "Hello *there*", "audience": "followers"})
    assert answer["Location"] == Post.objects.get().get_absolute_url()
    assert page(client.get(answer["Location"])).count("<span>Posted</span>") == 1
    shown = page(browser(cast.bob).get("/"))
    assert "<p>Hello <em>there</em></p>" in shown


@pytest.mark.django_db(transaction=True)
def test_pictures_are_taken_without_script_and_lose_their_place_data(cast: Cast) -> None:
    files = [
        SimpleUploadedFile("a.jpg", upload_factories.jpeg_with_gps().read()),
        SimpleUploadedFile("b.png", upload_factories.png().read()),
    ]
    data = {"text": "", "audience": "public", "files": files, "descriptions": "the lake\nthe hill"}
    answer = browser(cast.alice).post("/compose/", data)
    assert answer.status_code == 302
    rows = Post.objects.get().pictures.all()
    assert [(row.position, row.alt, row.upload.is_ready) for row in rows] == [
        (0, "the lake", True),
        (1, "the hill", True),
    ]
    shown = page(browser(None).get(Post.objects.get().get_absolute_url()))
    assert shown.count("<img src=") >= 2
    assert 'alt="the lake"' in shown


@pytest.mark.django_db(transaction=True)
def test_a_refused_post_keeps_words_audience_and_the_pictures_that_arrived(cast: Cast) -> None:
    files = [
        SimpleUploadedFile("good.png", upload_factories.png().read()),
        SimpleUploadedFile("evil.png", b"<script>not a picture</script>"),
    ]
    client = browser(cast.alice)
    data = {"text": "my words", "audience": "followers", "files": files, "descriptions": "fine"}
    answer = client.post("/compose/", data)
    shown = page(answer)
    assert answer.status_code == 422
    assert "This is not a file we know" in shown
    assert "my words" in shown
    assert 'value="followers" selected' in shown
    key = re.search(r'name="pictures" value="([^"]+)"', shown)[1]
    again = {"text": "my words", "audience": "followers", "pictures": [key], "alts": ["fine"]}
    assert client.post("/compose/", again).status_code == 302
    assert [row.alt for row in Post.objects.get().pictures.all()] == ["fine"]


@pytest.mark.parametrize("text", ["", "x" * 5001])
def test_refused_words_are_said_beside_the_field(cast: Cast, text: str) -> None:
    client = browser(cast.alice)
    answer = client.post("/compose/", {"text": text, "audience": "public"})
    assert answer.status_code == 422
    assert 'aria-describedby="composer-error"' in page(answer)
    for_script = client.post("/compose/", {"text": text, "audience": "public"}, headers=HX)
    assert (for_script.status_code, for_script.json()["field"]) == (422, "text")


def test_ten_megabytes_of_text_are_refused(cast: Cast) -> None:
    answer = browser(cast.alice).post("/compose/", {"text": "x" * 10_000_000, "audience": "public"})
    assert answer.status_code in (400, 413, 422)
    assert not Post.objects.exists()


def test_scripts_get_the_new_card_and_a_repeat_stands_once(cast: Cast) -> None:
    client = browser(cast.alice)
    data = {"text": "hi", "audience": "members", "client_id": "abc"}
    one, two = (page(client.post("/compose/", data, headers=HX)) for _turn in range(2))
    assert one.count("<article") == 1
    assert re.search(r'id="(post-\d+)"', one)[1] == re.search(r'id="(post-\d+)"', two)[1]


def test_the_upload_of_somebody_else_is_as_absent(cast: Cast) -> None:
    theirs = upload_factories.make_upload(cast.bob, purpose="post")
    data = {"text": "x", "audience": "public", "pictures": [str(theirs.key)]}
    assert browser(cast.alice).post("/compose/", data, headers=HX).status_code == 404
    assert not Post.objects.exists()


# -- The permalink


def test_only_public_posts_speak_to_other_sites(cast: Cast) -> None:
    public = make_post(cast.alice, 'with "quotes" & <b>')
    members = make_post(cast.alice, "inside", audience="members")
    shown = page(browser(None).get(public.get_absolute_url()))
    assert 'property="og:description" content="with &quot;quotes&quot; &amp; &lt;b&gt;"' in shown
    inside = page(browser(cast.bob).get(members.get_absolute_url()))
    assert "og:description" not in inside
    assert "noindex" in inside


@pytest.mark.parametrize("who", ["mallory", None])
def test_hidden_and_absent_pages_answer_alike(cast: Cast, who: str | None) -> None:
    post = make_post(cast.alice, audience="members")
    row = make_comment(post, cast.alice)
    client = browser(getattr(cast, who) if who else None)
    for path in ("/posts/{}/", "/posts/{}/comments/"):
        hidden, absent = client.get(path.format(post.pk), headers=HX), client.get(path.format(10**9), headers=HX)
        assert (hidden.status_code, hidden.content) == (404, absent.content)
    assert client.get(f"/comments/{row.pk}/", headers=HX).status_code == 404


@pytest.mark.parametrize("path", ["edit/", "delete/", "undo/", "react/"])
def test_strangers_are_asked_to_log_in_first(cast: Cast, path: str) -> None:
    answer = browser(None).post(f"/posts/{make_post(cast.alice).pk}/{path}", {"text": "x", "kind": "like"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/?next=")


def test_many_pictures_show_three_and_the_rest_on_their_page(cast: Cast) -> None:
    make_post(cast.alice, pictures=7)
    client = browser(cast.bob)
    shown = page(client.get("/"))
    assert shown.count("data-picture") == 2
    assert "+4" in shown
    assert page(client.get(Post.objects.get().get_absolute_url())).count("data-picture") == 7


def test_editing_keeps_what_was_typed(cast: Cast) -> None:
    post = make_post(cast.alice, "before")
    client = browser(cast.alice)
    assert "before" in page(client.get(f"/posts/{post.pk}/edit/"))
    refused = client.post(f"/posts/{post.pk}/edit/", {"text": "y" * 5001, "audience": "public"})
    assert refused.status_code == 422
    assert "y" * 5001 in page(refused)
    done = client.post(f"/posts/{post.pk}/edit/", {"text": "after", "audience": "only_me"})
    assert done["Location"] == post.get_absolute_url()
    post.refresh_from_db()
    assert (post.text, post.audience) == ("after", "only_me")
    assert browser(cast.bob).get(f"/posts/{post.pk}/edit/").status_code == 404
    assert browser(cast.bob).get(f"/posts/{make_post(cast.alice).pk}/edit/").status_code == 403


def test_deleting_offers_undo_without_script(cast: Cast) -> None:
    post = make_post(cast.alice, "precious")
    client = browser(cast.alice)
    shown = page(client.post(f"/posts/{post.pk}/delete/"))
    undo = re.search(r'action="(/posts/\d+/undo/)"', shown)[1]
    assert browser(cast.bob).get(post.get_absolute_url()).status_code == 404
    assert client.post(undo)["Location"] == post.get_absolute_url()
    assert "precious" in page(browser(cast.bob).get(post.get_absolute_url()))
    assert client.post(f"/posts/{post.pk}/delete/", headers=HX).status_code == 204


def test_reacting_leads_back_to_the_same_place(cast: Cast) -> None:
    post = make_post(cast.alice)
    client = browser(cast.bob)
    answer = client.post(
        f"/posts/{post.pk}/react/", {"kind": "love"}, headers={"Referer": "http://testserver/?cursor=x"}
    )
    assert answer["Location"] == f"http://testserver/?cursor=x#post-{post.pk}"
    evil = client.post(f"/posts/{post.pk}/react/", {"kind": ""}, headers={"Referer": "https://evil.example/"})
    assert evil["Location"] == post.get_absolute_url()
    post.refresh_from_db()
    assert post.reactions == {}


def test_reacting_on_the_page_of_a_refused_comment_leads_to_a_page(cast: Cast) -> None:
    """Without script: that page stands at an address that takes comments and shows nothing."""
    post = make_post(cast.alice)
    client = browser(cast.bob)
    refused = client.post("/comments/write/", {"post": post.pk, "text": ""})
    assert (refused.status_code, f"/posts/{post.pk}/react/" in refused.content.decode()) == (422, True)
    came = {"Referer": "http://testserver/comments/write/"}
    answer = client.post(f"/posts/{post.pk}/react/", {"kind": "love"}, headers=came)
    assert client.get(answer["Location"]).status_code == 200


# -- Comments


def test_comments_are_written_read_and_deleted_without_script(cast: Cast) -> None:
    post = make_post(cast.alice)
    client = browser(cast.bob)
    answer = client.post("/comments/write/", {"post": post.pk, "text": "a **word**"})
    row = Comment.objects.get()
    assert answer["Location"] == f"/posts/{post.pk}/#comment-{row.pk}"
    assert "<strong>word</strong>" in page(client.get(post.get_absolute_url()))
    client.post(f"/comments/{row.pk}/react/", {"kind": "like"})
    row.refresh_from_db()
    assert row.reactions == {"like": 1}
    shown = page(client.post(f"/comments/{row.pk}/delete/"))
    assert f'action="/comments/{row.pk}/undo/"' in shown
    assert client.post(f"/comments/{row.pk}/undo/").status_code == 302


def test_a_refused_comment_keeps_its_words(cast: Cast) -> None:
    post = make_post(cast.alice)
    answer = browser(cast.bob).post("/comments/write/", {"post": post.pk, "text": "z" * 2001})
    assert answer.status_code == 422
    assert "z" * 2001 in page(answer)


def test_earlier_comments_come_by_page_in_reading_order(cast: Cast) -> None:
    post = make_post(cast.alice)
    for number in range(25):
        make_comment(post, cast.dan, f"number {number}.")
    client = browser(cast.bob)
    shown = page(client.get(post.get_absolute_url()))
    assert re.findall(r"number (\d+)\.", shown.partition("data-comment-list")[2]) == [str(n) for n in range(5, 25)]
    older = re.search(r'hx-get="([^"]+)"', shown)[1]
    assert re.findall(r"number (\d+)\.", page(client.get(older, headers=HX))) == [str(n) for n in range(5)]


def test_a_block_empties_every_page_at_once(cast: Cast) -> None:
    post = make_post(cast.alice, "gone for bob")
    on_dans = make_post(cast.dan, "dan")
    make_comment(on_dans, cast.alice, "gone too")
    client = browser(cast.bob)
    assert "gone for bob" in page(client.get("/"))
    assert "gone too" in page(client.get(on_dans.get_absolute_url()))
    relations.block(actor=cast.alice, person=cast.bob.pk)
    assert "gone for bob" not in page(client.get("/"))
    assert "gone too" not in page(client.get(on_dans.get_absolute_url()))
    assert client.get(post.get_absolute_url()).status_code == 404
    assert client.get("/@alice/").status_code == 404


def test_the_profile_has_a_tab_of_posts(cast: Cast) -> None:
    for number in range(22):
        post_actions.create_post(actor=cast.alice, text=f"number {number}.", audience="public")
    shown = page(browser(cast.bob).get("/@alice/"))
    assert shown.count("<article") == 20
    link = re.search(r'hx-get="(\?cursor=[^"]+)"', shown)[1]
    assert page(browser(cast.bob).get(f"/@alice/{link}")).count("<article") == 2


@pytest.mark.parametrize("model", ["post", "comment", "reaction"])
def test_the_admin_lists_without_a_query_a_row(cast: Cast, model: str, django_assert_max_num_queries) -> None:
    boss = cast.mod
    boss.is_superuser = True
    boss.save()
    for _number in range(10):
        post = make_post(cast.alice)
        make_comment(post, cast.bob)
        make_reaction(post, cast.bob)
    client = browser(boss)
    client.get(f"/admin/feed/{model}/")
    with django_assert_max_num_queries(10):
        assert client.get(f"/admin/feed/{model}/").status_code == 200
    assert client.get(f"/admin/feed/{model}/add/").status_code == 403


# -- A login that has ended


@pytest.mark.parametrize("path", ["/compose/", "/comments/write/", "/posts/{id}/react/", "/@alice/follow/"])
def test_scripts_hear_that_the_login_has_ended_instead_of_a_login_page(cast: Cast, path: str) -> None:
    """A script that followed a redirect would take the login page for its answer, and throw away what was written."""
    path = path.format(id=make_post(cast.alice, audience="public").pk)
    answer = browser(None).post(path, {"text": "half a novel", "kind": "like"}, headers=HX)
    assert answer.status_code == 401
    assert answer.json()["detail"] == "Please log in first."


@pytest.mark.parametrize(
    ("came", "then"),
    [
        ("http://testserver/@alice/?cursor=abc#post-1", "/login/?next=/%40alice/%3Fcursor%3Dabc"),
        ("https://elsewhere.example/@alice/", "/login/?next=/"),
        ("", "/login/?next=/"),
    ],
)
def test_after_the_login_one_is_back_on_the_page_of_the_button(cast: Cast, came: str, then: str) -> None:
    """The button's own address answers nothing to a GET."""
    post = make_post(cast.alice, audience="public")
    answer = browser(None).post(f"/posts/{post.pk}/react/", {"kind": "like"}, headers={"Referer": came})
    assert answer["Location"] == then


def test_a_page_is_where_one_is_after_the_login(cast: Cast) -> None:
    assert browser(None).get("/compose/")["Location"] == "/login/?next=/compose/"


@pytest.mark.both
def test_a_client_id_no_database_can_keep_is_refused(cast: Cast) -> None:
    """PostgreSQL takes no NUL in a text."""
    post = make_post(cast.alice)
    data = {"post": post.pk, "text": "hi", "client_id": "a\x00b"}
    assert browser(cast.bob).post("/comments/write/", data, headers=HX).status_code == 422
    assert not Comment.objects.exists()


def test_private_members_are_told_whom_everybody_reaches(cast: Cast) -> None:
    post = make_post(cast.bob)
    paths = ("/", "/compose/", f"/posts/{post.pk}/edit/")
    client = browser(cast.bob)
    assert not [path for path in paths if "Your account is private" in client.get(path).content.decode()]
    User.objects.filter(pk=cast.bob.pk).update(is_private=True)
    assert not [path for path in paths if "Your account is private" not in client.get(path).content.decode()]
