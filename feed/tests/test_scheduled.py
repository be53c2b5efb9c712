"""Scheduled posts: made once when their time comes, whatever dies or races; what is refused says why."""

import random
from typing import Any

import pytest
from django.utils import timezone

from accounts.models.people import User
from accounts.tests.factories import Cast, make_user
from accounts.tests.test_at_once import at_once
from core import errors
from core.models import Event
from feed import tasks
from feed.actions import drafts as draft_actions
from feed.actions import posts as post_actions
from feed.models.drafts import Draft, DraftPicture
from feed.models.posts import Post
from feed.models.sources import Filing
from feed.queries import drafts as draft_queries
from feed.tests.test_drafts import HOUR, make_due, picture, save, scheduled
from feed.tests.test_mutes import browser
from uploads.models import Upload

pytestmark = pytest.mark.django_db


@pytest.mark.both
def test_its_time_comes_and_it_stands_where_it_then_is(cast: Cast) -> None:
    draft = scheduled(cast.alice, text="later", pictures=[picture(cast.alice).key], alts=["hill"])
    assert draft_actions.publish_due(actor=None, draft_id=draft.pk) is None, "not before"
    before = post_actions.create_post(actor=cast.alice, text="meanwhile", audience="public")
    make_due(draft)
    assert draft_queries.due_ids() == [draft.pk]
    tasks.publish(str(draft.pk))
    post = Post.objects.latest("pk")
    assert (post.text, post.pk > before.pk, post.created_at > before.created_at) == ("later", True, True)
    assert [row.alt for row in post.pictures.all()] == ["hill"]
    assert Filing.objects.filter(post=post).exists()
    assert Event.objects.filter(name__endswith="PostCreated").count() == 2
    assert draft_queries.due_ids() == []
    tasks.publish(str(draft.pk))
    assert Post.objects.count() == 2
    assert tasks.SCHEDULE["feed-publish"]["schedule"] <= 10, "within half a minute of its time"


@pytest.mark.both
@pytest.mark.parametrize("why", ["suspended", "inactive", "leaving", "picture gone", "picture discarded", "words"])
def test_what_cannot_appear_says_why_and_is_not_lost(cast: Cast, why: str) -> None:
    used = picture(cast.alice)
    draft = make_due(scheduled(cast.alice, text="my words", pictures=[used.key]))
    wrong: dict[str, dict[str, Any]] = {
        "suspended": {"suspended_until": timezone.now() + HOUR},
        "inactive": {"is_active": False},
        "leaving": {"hidden_at": timezone.now()},
    }
    User.objects.filter(pk=cast.alice.pk).update(**wrong.get(why, {"language": "en"}))
    if why == "picture gone":
        Upload.objects.all().delete()
    elif why == "picture discarded":
        Upload.objects.update(discarded_at=timezone.now())
    elif why == "words":
        Draft.objects.update(text="x" * 5001)
    assert draft_actions.publish_due(actor=None, draft_id=draft.pk) is None
    assert not Post.objects.exists()
    assert draft_queries.due_ids() == [], "it is not tried for ever"
    User.objects.filter(pk=cast.alice.pk).update(suspended_until=None, is_active=True, hidden_at=None)
    shown = browser(cast.alice).get("/scheduled/").content.decode()
    said = {"words": "longer than 5000"}.get(why, "picture of it is gone" if "picture" in why else "could not post")
    assert said in shown
    assert said in browser(cast.alice).get(f"/drafts/{draft.pk}/").content.decode()
    if why not in wrong:
        pictures = [] if "picture" in why else [used.key]
        draft_actions.change_draft(
            actor=cast.alice, draft_id=draft.pk, text="shorter", pictures=pictures, publish_at=None
        )
    draft_actions.publish_draft(actor=cast.alice, draft_id=draft.pk)
    assert Post.objects.count() == 1
    assert not Draft.objects.exists()


def test_one_that_breaks_holds_up_no_other(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = make_due(scheduled(cast.alice)), make_due(scheduled(cast.bob))
    Draft.objects.filter(pk=bad.pk).update(parts={"unheard_of": 1})
    woken: list[str] = []
    monkeypatch.setattr("core.wake.now", lambda task, argument="": woken.append(argument))
    tasks.look_for_due()
    assert set(woken) == {str(bad.pk), str(good.pk)}
    with pytest.raises(TypeError):
        tasks.publish(str(bad.pk))
    tasks.publish(str(good.pk))
    assert Post.objects.get().author == cast.bob
    assert Draft.objects.get() == bad


class Killed(BaseException):
    """What a dying process looks like from inside a transaction."""


@pytest.mark.django_db(transaction=True)
@pytest.mark.both
@pytest.mark.parametrize(
    "line",
    [
        "feed.actions.posts.writing.insert",
        "feed.actions.posts.drafting.become_post",
        "feed.actions.pictured.uploads_using.attach_uploads",
        "feed.actions.posts.filing.file_post",
        "feed.actions.posts.outbox.emit",
        "feed.actions.drafts._drop",
    ],
)
def test_a_worker_that_dies_at_any_line_leaves_the_draft(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    alice = make_user("alice")
    draft = make_due(scheduled(alice, pictures=[picture(alice).key]))

    def die(*_args: Any, **_more: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(line, die)
        with pytest.raises(Killed):
            draft_actions.publish_due(actor=None, draft_id=draft.pk)
    assert not Post.objects.exists()
    assert draft_queries.due_ids() == [draft.pk]
    assert DraftPicture.objects.count() == 1
    assert draft_actions.publish_due(actor=None, draft_id=draft.pk) is not None
    assert (Post.objects.count(), Draft.objects.count()) == (1, 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.both
def test_once_however_many_workers_race_and_their_author_with_them() -> None:
    alice = make_user("alice")
    for turn in range(6):
        draft = make_due(scheduled(alice, pictures=[picture(alice).key], text=f"turn {turn}"))
        calls = [lambda draft=draft: draft_actions.publish_due(actor=None, draft_id=draft.pk)] * 3
        calls += [
            lambda draft=draft: draft_actions.publish_draft(actor=alice, draft_id=draft.pk),
            lambda draft=draft: save(alice, client_id=draft.client_id, text="late", revision=1),
            lambda draft=draft: post_actions.create_post(actor=alice, text="by hand", client_id=draft.client_id),
        ]
        random.shuffle(calls)
        answers = at_once(*calls)
        unexpected = [one for one in answers if isinstance(one, Exception) and not isinstance(one, errors.SocialError)]
        assert unexpected == []
        assert Post.objects.count() == turn + 1, answers
        assert not Draft.objects.exists()
        assert Event.objects.filter(name__endswith="PostCreated").count() == turn + 1
    assert User.objects.get(pk=alice.pk).posts_count == Post.objects.count()
