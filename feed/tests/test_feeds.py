"""What leaves the site for everybody: RSS, and what permalinks say to other sites."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models.people import User
from accounts.tests.factories import Cast, log_in, make_block
from feed.actions import posts as post_actions
from feed.models.posts import Post
from feed.tests.factories import make_post

pytestmark = pytest.mark.django_db

PATH = "/@alice/feed.xml"


def titles(client: Client | None = None, **more: Any) -> list[str]:
    answer = (client or Client()).get(PATH, **more)
    assert answer.status_code == 200
    return [item.findtext("title") or "" for item in ElementTree.fromstring(answer.content).iter("item")]


def test_the_latest_public_posts_and_no_other(cast: Cast) -> None:
    for audience in ("only_me", "close_friends", "friends", "followers", "members", "public"):
        make_post(cast.alice, f"for {audience}", audience=audience)
    make_post(cast.alice, "gone", deleted_at=timezone.now())
    make_post(cast.bob, "of another")
    assert titles() == ["for public"]
    for who in (cast.alice, cast.dan, cast.mod):
        client = Client()
        log_in(client, who)
        assert titles(client) == ["for public"], "the same for everybody"
    for number in range(25):
        make_post(cast.alice, f"number {number}")
    assert titles() == [f"number {number}" for number in range(24, 4, -1)]


def test_hidden_and_absent_answer_alike(cast: Cast) -> None:
    def answer(client: Client | None = None, path: str = PATH) -> tuple[int, str]:
        said = (client or Client()).get(path)
        return said.status_code, re.sub("alice|nobody|nonce-[^']+", "", said.content.decode())

    absent = answer(path="/@nobody/feed.xml")
    assert absent[0] == 404
    for change in (
        {"is_private": True},
        {"is_active": False},
        {"hidden_at": timezone.now()},
        {"suspended_until": timezone.now() + timezone.timedelta(days=1)},
    ):
        before = User.objects.filter(pk=cast.alice.pk).values(*change)[0]
        User.objects.filter(pk=cast.alice.pk).update(**change)
        assert answer() == absent, change
        own = Client()
        own.force_login(cast.dan)
        assert answer(own)[0] == 404, change
        User.objects.filter(pk=cast.alice.pk).update(**before)
    assert answer()[0] == 200
    blocked = Client()
    log_in(blocked, cast.mallory)
    assert answer(blocked)[0] == 404
    make_block(cast.carol, cast.alice)
    blocked = Client()
    log_in(blocked, cast.carol)
    assert answer(blocked)[0] == 404


def test_what_an_item_says(cast: Cast, settings: Any) -> None:
    post = make_post(cast.alice, 'Hi @bob, **look** #here ]]> <script>alert(1)</script>\x0c\ufffe & "so"')
    make_post(cast.alice, "", html="", pictures=1)
    User.objects.filter(pk=cast.alice.pk).update(display_name="A <b> & \x07 co", bio="</channel>")
    answer = Client().get(PATH)
    assert answer["Content-Type"] == "application/rss+xml; charset=utf-8"
    root = ElementTree.fromstring(answer.content)
    picture, item = root.iter("item")
    assert root.findtext("channel/title") == "A <b> &  co on Willowbank"
    assert root.findtext("channel/description") == "</channel>"
    assert picture.findtext("title") == "A picture by A <b> &  co"
    assert item.findtext("link") == item.findtext("guid") == settings.SITE_URL + post.get_absolute_url()
    said = item.findtext("description") or ""
    assert f'<a href="{settings.SITE_URL}/@bob/"' in said
    assert f'<a href="{settings.SITE_URL}/tags/here/"' in said
    assert "<script" not in said
    assert item.findtext("pubDate")


def test_a_reader_that_has_it_already_hears_so_until_anything_changes(cast: Cast) -> None:
    first, second = make_post(cast.alice, "first"), make_post(cast.alice, "second")
    answer = Client().get(PATH)
    tag, date = answer["ETag"], answer["Last-Modified"]
    assert answer["Cache-Control"] == "no-cache"
    again = {"headers": {"If-None-Match": tag, "If-Modified-Since": date}}
    unchanged = Client().get(PATH, **again)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    post_actions.delete_post(actor=cast.alice, post_id=first.pk)
    assert titles(**again) == ["second"]
    assert titles(headers={"If-Modified-Since": date}) == ["second"], "a date does not tell of what is deleted"
    post_actions.edit_post(actor=cast.alice, post_id=second.pk, text="changed")
    assert titles(**again) == ["changed"]
    post_actions.delete_post(actor=cast.alice, post_id=second.pk)
    assert Client().get(PATH)["ETag"] == Client().get(PATH)["ETag"]


def test_the_profile_leads_to_it(cast: Cast) -> None:
    link = '<link rel="alternate" type="application/rss+xml" title="Alice" href="/@alice/feed.xml">'
    page = Client().get("/@alice/").content.decode()
    assert link in page
    assert '<a class="link" href="/@alice/feed.xml">RSS feed</a>' in page
    User.objects.filter(pk=cast.alice.pk).update(is_private=True)
    assert "feed.xml" not in Client().get("/@alice/").content.decode()


def test_it_follows_a_handle_that_changed(cast: Cast) -> None:
    assert Client().get("/@ALICE/feed.xml").status_code == 200
    from accounts.models.handles import FormerHandle

    FormerHandle.objects.create(person=cast.alice, handle="alicia", left_at=timezone.now())
    assert Client().get("/@alicia/feed.xml")["Location"] == PATH


def test_it_costs_the_same_however_much_was_said(cast: Cast, django_assert_max_num_queries: Any) -> None:
    for number in range(30):
        make_post(cast.alice, f"number {number}", pictures=1)
    with django_assert_max_num_queries(5):
        Client().get(PATH)


# -- Permalinks


def head(post: Post, user: User | None = None) -> str:
    client = Client()
    if user is not None:
        log_in(client, user)
    return client.get(post.get_absolute_url()).content.decode().partition("</head>")[0]


def test_public_permalinks_say_what_they_are(cast: Cast, settings: Any) -> None:
    settings.SITE_URL = "https://bank.example"
    User.objects.filter(pk=cast.alice.pk).update(avatar_path="/media/face.webp")
    bare, pictured = make_post(cast.alice, 'Soup "today" <b>'), make_post(cast.alice, "Look", pictures=2)
    said = head(bare)
    address = f"https://bank.example{bare.get_absolute_url()}"
    for line in (
        '<meta property="og:type" content="article">',
        '<meta property="og:title" content="Alice">',
        '<meta property="og:description" content="Soup &quot;today&quot; &lt;b&gt;">',
        f'<meta property="og:url" content="{address}">',
        f'<link rel="canonical" href="{address}">',
        '<meta property="og:image" content="https://bank.example/media/face.webp">',
        '<meta name="twitter:card" content="summary">',
    ):
        assert line in said
    assert "noindex" not in said
    said = head(pictured)
    assert said.count('property="og:image"') == 1
    assert 'property="og:image" content="https://bank.example/media/' in said
    assert 'content="summary_large_image"' in said


@pytest.mark.parametrize(
    ("audience", "private"), [("members", False), ("followers", False), ("friends", False), ("public", True)]
)
def test_others_say_nothing_to_other_sites(audience: str, private: bool, cast: Cast) -> None:
    post = make_post(cast.alice, "secret soup", audience=audience)
    User.objects.filter(pk=cast.alice.pk).update(is_private=private)
    said = head(post, cast.dan)
    assert '<meta name="robots" content="noindex">' in said
    assert not re.findall(r'property="og:(?!site_name)|rel="canonical"|twitter:card|name="description"', said)
