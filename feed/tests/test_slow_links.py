"""Links whose servers take their time: they keep no worker, and no other member, waiting for long."""

from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts.tests.factories import Cast
from core import fetch
from core.limits import Limit
from feed.actions import posts as post_actions
from feed.tests.test_previews import URL, write
from uploads import tasks
from uploads.actions import previews as preview_actions
from uploads.models import LinkPreview

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


class Slow:
    """Each page takes four seconds of a clock of its own, and is none."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def monotonic(self) -> float:
        return 4.0 * len(self.asked)

    def __call__(self, url: str) -> Any:
        self.asked.append(url)
        raise fetch.Refused("slow")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    monkeypatch.setattr(preview_actions, "_page", pages := Slow())
    return pages


def test_who_has_very_many_fetched_posts_without_cards(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview_actions, "FETCHES", Limit("few", 2, 600))
    posts = [write(cast, f"{URL}{number}") for number in range(4)]
    assert [bool(post.preview_id) for post in posts] == [True, True, False, False]
    assert post_actions.edit_post(actor=cast.alice, post_id=posts[0].pk, text=f"{URL}other").preview is None
    assert write(cast, f"again {URL}1").preview_id == posts[1].preview_id, "what stands there costs nothing"
    assert post_actions.create_post(actor=cast.bob, text=f"{URL}2", audience="public").preview_id, "somebody else"
    LinkPreview.objects.filter(pk=posts[1].preview_id).update(state="none", due_at=None, expires_at=timezone.now())
    assert write(cast, f"later {URL}1").preview.due_at is None, "nor is what is old fetched again"


def test_one_of_all_processes_waits_for_strangers(cast: Cast, slow: Slow) -> None:
    write(cast)
    cache.add(tasks.FETCHING, 1, 60)  # another process
    tasks.fetch_previews()
    assert slow.asked == []
    cache.delete(tasks.FETCHING)
    tasks.fetch_previews()
    assert slow.asked == [URL]
    assert cache.add(tasks.FETCHING, 1, 1), "given back"
    cache.delete(tasks.FETCHING)


def test_the_worker_is_given_back_between_slow_pages(cast: Cast, slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[str] = []
    monkeypatch.setattr("core.wake.now", lambda task, argument="": woken.append(task))
    monkeypatch.setattr(tasks, "time", slow)
    for number in range(5):
        write(cast, f"{URL}{number}")
    tasks.fetch_previews()
    assert (len(slow.asked), woken) == (3, ["uploads.fetch_previews"])
    tasks.fetch_previews()
    assert (len(slow.asked), len(woken)) == (5, 1)
