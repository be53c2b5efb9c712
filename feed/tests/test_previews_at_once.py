"""Links that several people post, fetch and sweep at the same moment, in threads with connections of their own."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from accounts.tests.factories import make_user
from accounts.tests.test_at_once import at_once
from core.tests.webs import opened, reply
from feed.actions import posts as post_actions
from feed.models.posts import Post
from uploads.actions import previews as preview_actions
from uploads.models import LinkPreview

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]

URL = "http://site.example/"


def posting(*, times: int) -> list[Any]:
    people = [make_user(f"poster{number}") for number in range(times)]
    return [partial(post_actions.create_post, actor=one, text=f"Look: {URL}", audience="public") for one in people]


def test_one_row_and_one_fetch_however_many_post_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made = at_once(*posting(times=6))
    assert all(isinstance(one, Post) for one in made)
    card = LinkPreview.objects.get()
    assert set(Post.objects.values_list("preview", flat=True)) == {card.pk}
    with opened(monkeypatch) as web:
        web.pages["/"] = reply("<title>Here</title>")
        assert sorted(at_once(*[preview_actions.fetch_due] * 4)) == [False, False, False, True]
        assert len(web.asked) == 1
    card.refresh_from_db()
    assert (card.state, card.title) == ("ready", "Here")


def test_different_links_are_fetched_beside_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    author = make_user("author")
    with opened(monkeypatch) as web:
        for number in range(4):
            web.pages[f"/{number}"] = reply(f"<title>Page {number}</title>")
            post_actions.create_post(actor=author, text=f"{URL}{number}")
        taken = at_once(*[lambda: [preview_actions.fetch_due() for _turn in range(3)]] * 4)
        assert sum(sum(turns) for turns in taken) == 4
        assert sorted(head.split()[1] for head in web.asked) == ["/0", "/1", "/2", "/3"]
    assert set(LinkPreview.objects.values_list("title", flat=True)) == {f"Page {number}" for number in range(4)}


def test_the_sweep_takes_no_card_from_who_posts_at_that_moment() -> None:
    for _round in range(5):
        [old] = at_once(*posting(times=1))
        Post.objects.filter(pk=old.pk).delete()
        LinkPreview.objects.update(wanted_at=timezone.now() - timedelta(days=9))
        old.author.delete()
        calls = posting(times=3)
        made = at_once(calls[0], preview_actions.sweep_previews, calls[1], preview_actions.sweep_previews, calls[2])
        assert [one for one in made if isinstance(one, Exception)] == []
        card = LinkPreview.objects.get()
        assert set(Post.objects.values_list("preview", flat=True)) == {card.pk}
        for post in Post.objects.select_related("author"):
            post.author.delete()
