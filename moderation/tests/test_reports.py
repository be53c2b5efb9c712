"""Reporting: what one may report, once a thing; what is kept of it, and how that goes."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import personal
from accounts.actions import erasure
from accounts.models.people import User
from accounts.tests.factories import Cast, log_in, make_user
from accounts.tests.test_at_once import at_once
from core import errors, limits
from core.models import Event
from feed.actions import comments as comment_actions
from feed.actions import posts as post_actions
from feed.tests.factories import make_comment, make_post
from moderation import actions, tasks
from moderation.models import Report
from moderation.tests.factories import make_report

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


def browser(user: User | None) -> Client:
    client = Client()
    if user is not None:
        log_in(client, user)
    return client


def told() -> list[dict[str, Any]]:
    return [event.data for event in Event.objects.filter(name="moderation.ReportMade").order_by("pk")]


# -- What one may report


@pytest.mark.both
def test_people_posts_and_comments_can_be_reported_by_those_who_see_them(cast: Cast) -> None:
    post = make_post(cast.alice, "so rude", audience="followers")
    row = make_comment(post, cast.dan, "ruder")
    cast.alice.bio = "Best of all."
    cast.alice.save(update_fields=["bio"])
    things = {"person": cast.alice.pk, "post": post.pk, "comment": row.pk}
    copies = {"person": "Alice\nBest of all.", "post": "so rude", "comment": "ruder"}
    for kind, subject in things.items():
        made = actions.report(actor=cast.bob, kind=kind, subject=subject, reason="spam", words=" Look.\r\n ")
        made.refresh_from_db()
        assert (made.copy, made.words, made.state) == (copies[kind], "Look.", "open")
        assert made.member == (cast.dan if kind == "comment" else cast.alice)
    assert told()[1] == {
        "report_id": Report.objects.get(kind="post").pk,
        "kind": "post",
        "subject_id": post.pk,
        "member_id": cast.alice.pk,
    }
    for other, kinds in ((cast.mallory, things), (cast.carol, ("post", "comment"))):
        for kind in kinds:
            with pytest.raises(errors.NotFound):
                actions.report(actor=other, kind=kind, subject=things[kind], reason="spam")
            with pytest.raises(errors.NotFound):
                actions.report(actor=other, kind=kind, subject=9**9, reason="spam")
    for own, kind in ((cast.alice, "person"), (cast.alice, "post"), (cast.dan, "comment")):
        with pytest.raises(errors.NotAllowed):
            actions.report(actor=own, kind=kind, subject=things[kind], reason="spam")
    with pytest.raises(errors.Invalid):
        actions.report(actor=cast.bob, kind="story", subject=1, reason="spam")
    with pytest.raises(errors.Invalid):
        actions.report(actor=cast.bob, kind="post", subject=post.pk, reason="ugly")
    with pytest.raises(errors.Invalid):
        actions.report(actor=cast.bob, kind="post", subject=post.pk, reason="other", words="x" * 1001)
    assert Report.objects.count() == 3


@pytest.mark.both
def test_reporting_again_writes_it_anew_and_opens_it_again(cast: Cast) -> None:
    post = make_post(cast.alice, "first words")
    first = actions.report(actor=cast.bob, kind="post", subject=post.pk, reason="spam", words="one")
    Report.objects.update(state="closed", closed_at=timezone.now())
    post_actions.edit_post(actor=cast.alice, post_id=post.pk, text="second words")
    actions.report(actor=cast.bob, kind="post", subject=post.pk, reason="hate", words="two")
    row = Report.objects.get()
    assert (row.pk, row.reason, row.words, row.copy) == (first.pk, "hate", "two", "second words")
    assert (row.state, row.closed_at) == ("open", None)
    assert row.changed_at > row.created_at
    assert [fact["report_id"] for fact in told()] == [first.pk, first.pk]
    actions.report(actor=cast.dan, kind="post", subject=post.pk, reason="spam")
    assert Report.objects.count() == 2, "each has their own"


def test_the_copy_outlives_a_deletion(cast: Cast) -> None:
    post = make_post(cast.alice, "so rude")
    row = make_comment(post, cast.dan, "ruder")
    for kind, subject in (("post", post.pk), ("comment", row.pk)):
        actions.report(actor=cast.bob, kind=kind, subject=subject, reason="harassment")
    comment_actions.delete_comment(actor=cast.dan, comment_id=row.pk)
    post_actions.delete_post(actor=cast.alice, post_id=post.pk)
    assert sorted(Report.objects.values_list("copy", flat=True)) == ["ruder", "so rude"]
    with pytest.raises(errors.NotFound):
        actions.report(actor=cast.carol, kind="post", subject=post.pk, reason="spam")


# -- What is kept


@pytest.mark.both
@pytest.mark.parametrize("who", ["bob", "alice"])
def test_a_report_goes_with_its_reporter_and_with_the_reported(cast: Cast, who: str) -> None:
    post = make_post(cast.alice, "so rude")
    actions.report(actor=cast.bob, kind="post", subject=post.pk, reason="spam")
    other = actions.report(actor=cast.carol, kind="person", subject=cast.dan.pk, reason="spam")
    [table] = [table for table in personal.tables if table.model is Report]
    while erasure.erase_rows(member=getattr(cast, who), table=table):
        pass
    assert list(Report.objects.all()) == [other]


def test_the_archive_tells_what_one_reported_and_none_of_the_others_words(cast: Cast) -> None:
    post = make_post(cast.alice, "so rude")
    actions.report(actor=cast.bob, kind="post", subject=post.pk, reason="spam", words="Look.")
    [row] = personal.chapters["reports.json"].rows(cast.bob)
    assert row | {"since": None} == {
        "kind": "post", "id": post.pk, "reason": "spam", "words": "Look.", "state": "open", "since": None
    }  # fmt: skip
    assert list(personal.chapters["reports.json"].rows(cast.alice)) == [], "who was reported is told nothing"


def test_closed_ones_are_forgotten_after_a_while(cast: Cast) -> None:
    long_ago = timezone.now() - actions.KEPT - timedelta(minutes=1)
    over = make_report(cast.bob, make_post(cast.alice), state="closed", closed_at=long_ago)
    make_report(cast.carol, make_post(cast.alice), state="closed", closed_at=timezone.now())
    make_report(cast.dan, make_post(cast.alice), created_at=long_ago, changed_at=long_ago)
    tasks.forget_reports()
    assert Report.objects.count() == 2
    assert not Report.objects.filter(pk=over.pk).exists()
    assert "reports_closed" in Report.objects.filter(closed_at__lt=long_ago).order_by("closed_at").explain()


# -- Pages and API


def test_reporting_over_pages(cast: Cast) -> None:
    post = make_post(cast.alice, "so rude")
    row = make_comment(post, cast.dan, "ruder")
    client = browser(cast.bob)
    home = client.get("/").content.decode()
    assert f'href="/posts/{post.pk}/report/"' in home
    assert f'href="/comments/{row.pk}/report/"' in client.get(f"/posts/{post.pk}/").content.decode()
    assert 'href="/@alice/report/"' in client.get("/@alice/").content.decode()
    for path, words in (
        (f"/posts/{post.pk}/report/", "so rude"),
        (f"/comments/{row.pk}/report/", "ruder"),
        ("/@alice/report/", "Report Alice"),
    ):
        assert words in client.get(path).content.decode()
        empty = client.post(path, {"words": "typed before"})
        assert (empty.status_code, "Choose what is wrong" in empty.content.decode()) == (422, True)
        assert "typed before" in empty.content.decode()
        assert client.post(path, {"reason": "spam", "words": "x" * 1001}).status_code == 422
        thanks = client.post(path, {"reason": "spam", "words": "Look."})
        assert (thanks.status_code, "Thank you" in thanks.content.decode()) == (200, True)
        assert ('data-hide="' in thanks.content.decode()) is ("posts" in path)
        assert ("Mute Dan" if "comments" in path else "Block Alice") in thanks.content.decode()
    assert Report.objects.count() == 3
    assert "<html" not in client.get("/@alice/report/", headers=HX).content.decode()
    assert "<html" not in client.post("/@alice/report/", {"reason": "hate"}, headers=HX).content.decode()
    refused = client.post("/@alice/report/", {}, headers=HX)
    assert (refused.status_code, refused.json()["field"]) == (422, "reason")


def test_own_hidden_and_absent_things_over_pages(cast: Cast) -> None:
    post = make_post(cast.alice, "so rude", audience="only_me")
    own = browser(cast.alice)
    assert "/report/" not in own.get("/").content.decode()
    assert "/report/" not in own.get("/@alice/").content.decode()
    assert own.get("/@alice/report/").status_code == own.post(f"/posts/{post.pk}/report/").status_code == 403
    client = browser(cast.bob)
    for path in (f"/posts/{post.pk}/report/", f"/posts/{9**9}/report/", "/comments/1/report/", "/@nobody.here/report/"):
        assert client.get(path).status_code == client.post(path, {"reason": "spam"}).status_code == 404
    assert browser(cast.mallory).get("/@alice/report/").status_code == 404
    assert browser(None).get("/@alice/report/")["Location"] == "/login/?next=/%40alice/report/"
    assert "/report/" not in browser(None).get("/@alice/").content.decode()


def test_reporting_over_the_api(cast: Cast) -> None:
    post = make_post(cast.alice)
    client = browser(cast.bob)

    def send(**given: Any) -> Any:
        return client.post("/api/v1/reports", given, "application/json")

    made = send(kind="post", subject=post.pk, reason="spam", words="Look.")
    assert made.status_code == 201
    again = send(kind="post", subject=post.pk, reason="hate")
    assert (again.json()["id"], again.json()["reason"], again.json()["words"]) == (made.json()["id"], "hate", "")
    assert "copy" not in again.json()
    assert send(kind="person", subject=cast.alice.pk, reason="spam").status_code == 201
    assert send(kind="person", subject=cast.bob.pk, reason="spam").status_code == 403
    assert send(kind="story", subject=1, reason="spam").status_code == 422
    assert send(kind="post", subject=post.pk).status_code == 422
    hidden = send(kind="post", subject=make_post(cast.alice, audience="only_me").pk, reason="spam")
    absent = send(kind="post", subject=9**9, reason="spam")
    assert (hidden.status_code, hidden.content) == (404, absent.content)
    assert Client().post("/api/v1/reports", {}, "application/json").status_code == 401


def test_there_is_an_end_of_reports_for_a_day(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "DAILY", limits.Limit("reports", 1, 86_400))
    post = make_post(cast.alice)
    client = browser(cast.bob)
    assert client.post(f"/posts/{post.pk}/report/", {"reason": "spam"}).status_code == 200
    refused = client.post("/@alice/report/", {"reason": "spam", "words": "typed before"})
    assert (refused.status_code, "typed before" in refused.content.decode()) == (429, True)
    answer = client.post("/api/v1/reports", {"kind": "post", "subject": post.pk, "reason": "spam"}, "application/json")
    assert answer.status_code == 429
    assert Report.objects.count() == 1


def test_the_moderators_list_walks_its_indexes(cast: Cast) -> None:
    waiting = Report.objects.filter(state=Report.State.OPEN).exclude(member=cast.mod)
    plans = {
        "reports_waiting": waiting.order_by("id")[:81].explain(),
        "reports_about": Report.objects.filter(kind="post", subject_id=7, state="open", pk__lt=9).explain(),
    }
    for index, plan in plans.items():
        assert index in plan, plan
        assert "TEMP B-TREE" not in plan, plan


@pytest.mark.django_db(transaction=True)
@pytest.mark.both
def test_the_same_report_at_once_is_one_row() -> None:
    alice, bob, carol = make_user("alice"), make_user("bob"), make_user("carol")
    post = make_post(alice)
    answers = at_once(
        *[
            lambda reporter=reporter, number=number: actions.report(
                actor=reporter, kind="post", subject=post.pk, reason="spam", words=f"{number}"
            )
            for number in range(4)
            for reporter in (bob, carol)
        ]
    )
    assert not [one for one in answers if isinstance(one, Exception)]
    assert sorted(Report.objects.values_list("reporter__handle", flat=True)) == ["bob", "carol"]
    assert {one.pk for one in answers} == set(Report.objects.values_list("pk", flat=True))
