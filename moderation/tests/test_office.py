"""The moderators' list: who finds it, what stands in it, and closing what one has looked at."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from accounts.actions import roles
from accounts.models.people import User
from accounts.tests.factories import Cast, make_user
from accounts.tests.test_at_once import at_once
from core import errors
from core.models import AuditEntry, Event
from feed.tests.factories import make_comment, make_post
from moderation import actions, queries
from moderation.models import Report
from moderation.tests.factories import make_report
from moderation.tests.test_reports import browser

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def judge(cast: Cast) -> User:
    roles.set_role(actor=None, handle="mod", role="moderator")
    return User.objects.get(pk=cast.mod.pk)


def shown(judge: User, cursor: str = "") -> list[queries.Group]:
    return [row.group for row in queries.open_groups(viewer=judge, cursor=cursor).rows]  # type: ignore[attr-defined]


def test_only_moderators_find_it(cast: Cast, judge: User) -> None:
    row = make_report(cast.bob, make_post(cast.alice, "so rude"))
    for who in (cast.alice, cast.bob, cast.carol):
        client = browser(who)
        assert client.get("/site/reports/").status_code == 404
        assert client.post(f"/site/reports/{row.pk}/close/").status_code == 404
        with pytest.raises(errors.NotFound):
            actions.close_reports(actor=who, report_id=row.pk, seen=timezone.now(), number=1)
    assert browser(None).get("/site/reports/")["Location"] == "/login/?next=/site/reports/"
    client = browser(judge)
    assert "so rude" in client.get("/site/reports/").content.decode()
    assert 'href="/site/reports/"' in client.get("/site/applications/").content.decode()
    assert "so rude" in client.get(f"/admin/moderation/report/{row.pk}/change/").content.decode()
    assert f'href="/posts/{row.subject_id}/"' in client.get("/admin/moderation/report/").content.decode()
    assert client.get("/admin/moderation/report/add/").status_code == 403
    assert browser(cast.alice).get("/admin/moderation/report/").status_code == 302


def test_what_a_colleague_closes_at_that_moment_is_left_out(
    cast: Cast, judge: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = make_report(cast.bob, make_post(cast.alice, "so rude"))
    make_report(cast.bob, make_post(cast.alice, "ruder"))
    about = queries._about

    def meanwhile(*given: Any) -> Any:
        Report.objects.filter(pk=gone.pk).update(state="closed", closed_at=timezone.now())
        return about(*given)

    monkeypatch.setattr(queries, "_about", meanwhile)
    for url in ("/site/reports/", "/api/v1/reports"):
        Report.objects.filter(pk=gone.pk).update(state="open", closed_at=None)
        page = browser(judge).get(url)
        assert page.status_code == 200
        assert "ruder" in page.content.decode()
        assert "so rude" not in page.content.decode()


def test_the_office_leads_to_reports_whoever_minds_nothing_else(cast: Cast) -> None:
    cast.carol.user_permissions.add(Permission.objects.get(codename="change_report"))
    assert browser(cast.carol).get("/site/")["Location"] == "/site/reports/"


def test_what_is_said_of_one_thing_stands_together_and_who_waits_longest_first(cast: Cast, judge: User) -> None:
    post, other = make_post(cast.alice, "so rude"), make_post(cast.dan, "ruder")
    row = make_comment(post, cast.dan, "rudest")
    make_report(cast.bob, post, words="one")
    make_report(cast.bob, other)
    make_report(cast.carol, post, words="two", copy="so very rude")
    actions.report(actor=cast.bob, kind="comment", subject=row.pk, reason="hate")
    actions.report(actor=cast.bob, kind="person", subject=cast.carol.pk, reason="spam")
    make_report(cast.dan, post, state="closed")
    groups = shown(judge)
    assert [(group.label, group.member.handle, group.number) for group in groups] == [
        ("Post", "alice", 2),
        ("Post", "dan", 1),
        ("Comment", "dan", 1),
        ("Profile", "carol", 1),
    ]
    assert [one.words for one in groups[0].reports] == ["two", "one"]
    assert groups[0].reports[0].copy == "so very rude"
    assert [group.url for group in groups] == [
        f"/posts/{post.pk}/", f"/posts/{other.pk}/", f"/comments/{row.pk}/", "/@carol/"
    ]  # fmt: skip
    page = browser(judge).get("/site/reports/").content.decode()
    assert "2 reports" in page
    assert "so very rude" in page


def test_nobody_looks_at_what_is_said_about_themselves(cast: Cast, judge: User) -> None:
    row = make_report(cast.bob, make_post(judge, "I am the law"))
    assert shown(judge) == []
    client = browser(judge)
    assert "Nothing is reported" in client.get("/site/reports/").content.decode()
    assert "I am the law" not in client.get("/admin/moderation/report/").content.decode()
    assert client.get(f"/admin/moderation/report/{row.pk}/change/").status_code == 302
    with pytest.raises(errors.Conflict):
        actions.close_reports(actor=judge, report_id=row.pk, seen=timezone.now(), number=1)


def test_closing_takes_a_thing_off_the_list_and_is_on_record(cast: Cast, judge: User) -> None:
    post, other = make_post(cast.alice), make_post(cast.dan)
    rows = [make_report(cast.bob, post), make_report(cast.carol, post)]
    make_report(cast.bob, other)
    client = browser(judge)
    group = shown(judge)[0]
    sent = {"seen": group.seen.isoformat(), "number": group.number}
    assert f'value="{sent["number"]}"' in client.get("/site/reports/").content.decode()
    assert client.post(f"/site/reports/{rows[0].pk}/close/", sent)["Location"] == "/site/reports/"
    assert set(Report.objects.filter(state="closed")) == set(rows)
    assert all(row.closed_at for row in Report.objects.filter(state="closed"))
    assert [group.member.handle for group in shown(judge)] == ["dan"]
    entry = AuditEntry.objects.get(action="moderation.close_reports")
    assert (entry.actor_id, entry.subject) == (judge.pk, f"post:{post.pk}")
    assert entry.data == {"reports": [row.pk for row in rows]}
    assert Event.objects.filter(name="moderation.ReportClosed").count() == 2
    again = client.post(f"/site/reports/{rows[0].pk}/close/", sent, follow=True)
    assert "Somebody has looked at this already" in again.content.decode()
    for rubbish in ({}, {"seen": "yesterday", "number": 1}, {**sent, "number": "many"}):
        assert client.post(f"/site/reports/{rows[0].pk}/close/", rubbish).status_code == 302
    assert AuditEntry.objects.filter(action="moderation.close_reports").count() == 1


def test_the_page_itself_closes_what_it_showed(cast: Cast, judge: User) -> None:
    make_report(cast.bob, make_post(cast.alice))
    client = browser(judge)
    page = client.get("/site/reports/").content.decode()
    path = re.search(r'action="(/site/reports/\d+/close/)"', page)[1]
    sent = {name: re.search(rf'name="{name}" value="([^"]+)"', page)[1] for name in ("seen", "number")}
    assert "Closed." in client.post(path, sent, follow=True).content.decode()
    assert Report.objects.get().state == "closed"


def test_what_was_said_meanwhile_is_never_closed_unread(cast: Cast, judge: User) -> None:
    post = make_post(cast.alice)
    first = make_report(cast.bob, post)
    group = shown(judge)[0]
    late = make_report(cast.carol, post)
    actions.close_reports(actor=judge, report_id=first.pk, seen=group.seen, number=group.number)
    first.refresh_from_db()
    late.refresh_from_db()
    assert (first.state, late.state) == ("closed", "open")
    group = shown(judge)[0]
    actions.report(actor=cast.carol, kind="post", subject=post.pk, reason="hate", words="and there is more")
    with pytest.raises(errors.Conflict):
        actions.close_reports(actor=judge, report_id=late.pk, seen=group.seen, number=group.number)
    committed_late = make_report(cast.dan, post, changed_at=timezone.now() - timedelta(hours=1))
    group = shown(judge)[0]
    with pytest.raises(errors.Conflict):
        actions.close_reports(actor=judge, report_id=late.pk, seen=group.seen, number=1)
    assert group.number == 2
    actions.close_reports(actor=judge, report_id=committed_late.pk, seen=group.seen, number=2)
    assert shown(judge) == []


@pytest.mark.django_db(transaction=True)
def test_two_moderators_close_it_once() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    judges = []
    for handle in ("mona", "max"):
        made = make_user(handle)
        roles.set_role(actor=None, handle=handle, role="moderator")
        judges.append(User.objects.get(pk=made.pk))
    row = make_report(bob, make_post(alice))
    answers = at_once(
        *[
            lambda judge=judge: actions.close_reports(actor=judge, report_id=row.pk, seen=row.changed_at, number=1)
            for judge in judges
        ]
    )
    assert sorted(type(one).__name__ for one in answers) == ["Conflict", "NoneType"]
    assert AuditEntry.objects.filter(action="moderation.close_reports").count() == 1


@pytest.mark.parametrize("number", [3, 30])
def test_the_list_has_pages_and_costs_the_same(
    cast: Cast, judge: User, number: int, django_assert_max_num_queries: Any
) -> None:
    for _turn in range(number):
        post = make_post(cast.alice)
        for reporter in (cast.bob, cast.carol, cast.dan):
            make_report(reporter, post)
    judge = User.objects.get(pk=judge.pk)
    # Is a member here, two of permissions, candidates in two rounds, the first, what is said.
    with django_assert_max_num_queries(8):
        page = queries.open_groups(viewer=judge)
    assert (len(page.rows), bool(page.next)) == (min(number, queries.PAGE), number > queries.PAGE)
    assert all(row.group.number == 3 for row in page.rows)  # type: ignore[attr-defined]
    if page.next:
        assert len(shown(judge, page.next)) == 10


def test_a_thing_that_very_many_report_shows_some_of_them(cast: Cast, judge: User) -> None:
    post = make_post(cast.alice)
    for turn in range(8):
        make_report(make_user(f"teller_{turn}"), post)
    [group] = shown(judge)
    assert (len(group.reports), group.number) == (queries.SHOWN, 8)
    actions.close_reports(actor=judge, report_id=group.first.pk, seen=group.seen, number=group.number)
    assert shown(judge) == []


def test_moderators_read_and_close_over_the_api(cast: Cast, judge: User) -> None:
    post = make_post(cast.alice, "so rude")
    row = make_report(cast.bob, post, words="Look.")
    for who, status in ((None, 401), (cast.alice, 404), (cast.bob, 404)):
        client = browser(who)
        assert client.get("/api/v1/reports").status_code == status
        assert client.post(f"/api/v1/reports/{row.pk}/close", {}, "application/json").status_code in (status, 422)
    client = browser(judge)
    [found] = client.get("/api/v1/reports").json()["results"]
    assert (found["report"], found["kind"], found["subject"], found["number"]) == (row.pk, "post", post.pk, 1)
    assert (found["member"]["handle"], found["url"]) == ("alice", f"/posts/{post.pk}/")
    [said] = found["reports"]
    assert (said["reporter"]["handle"], said["words"], said["copy"]) == ("bob", "Look.", "so rude")
    sent = {"seen": found["seen"], "number": found["number"]}
    assert browser(cast.bob).post(f"/api/v1/reports/{row.pk}/close", sent, "application/json").status_code == 404
    assert client.post(f"/api/v1/reports/{row.pk}/close", {}, "application/json").status_code == 422
    assert client.post(f"/api/v1/reports/{row.pk}/close", sent, "application/json").status_code == 204
    assert client.get("/api/v1/reports").json()["results"] == []
    assert client.post(f"/api/v1/reports/{row.pk}/close", sent, "application/json").status_code == 409
