"""What a reported message carries: seen by who has to judge it, as long as it waits for them, and by nobody else."""

from datetime import timedelta

import pytest
from django.core.files.storage import InMemoryStorage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actions import roles
from accounts.models.people import User
from accounts.tests.factories import Cast, make_user
from chat.actions import changes, purge
from chat.models.conversations import Conversation
from chat.models.messages import Message
from chat.tests.factories import make_chat
from chat.tests.test_files import picture, sees, send
from chat.tests.test_files_doors import brought
from core.models import AuditEntry
from moderation import actions, queries
from moderation.models import Report
from moderation.tests.test_reports import browser
from uploads import storage
from uploads.models import Upload
from uploads.tests.films import make_sound

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture(autouse=True)
def _disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "default_storage", InMemoryStorage())


@pytest.fixture
def judge(cast: Cast) -> User:
    roles.set_role(actor=None, handle="mod", role="moderator")
    return User.objects.get(pk=cast.mod.pk)


@pytest.fixture
def talk(cast: Cast) -> Conversation:
    return make_chat(cast.alice, cast.bob)


def told(who: User, row: Report) -> tuple[int, str]:
    """What the file's two addresses answer, which is the same, and how the list shows it."""
    client = browser(who)
    key = Upload.objects.filter(purpose="message", medium="file").values_list("key", flat=True).first()
    [status] = {
        client.get(address).status_code
        for address in (f"/site/reports/{row.pk}/files/{key}/", f"/api/v1/reports/{row.pk}/files/{key}")
    }
    return status, client.get("/site/reports/").content.decode()


def test_who_judges_the_report_sees_all_that_the_message_carries(cast: Cast, judge: User, talk: Conversation) -> None:
    shot, sound, paper = (
        picture(cast.bob),
        make_sound(cast.bob, purpose="message"),
        brought(cast.bob, "paper.pdf.txt", b"a threat"),
    )
    beside = picture(cast.bob)
    send(cast.bob, talk, beside)
    ack = send(cast.bob, talk, shot, sound, paper, text="look")
    assert not sees(judge, shot), "nothing is reported yet"
    row = actions.report(actor=cast.alice, kind="message", subject=ack.id, reason="sexual")
    assert [sees(judge, one) for one in (shot, sound, paper, beside)] == [True, True, True, False]
    [group] = [one.group for one in queries.open_groups(viewer=judge).rows]  # type: ignore[attr-defined]
    assert [one.upload for one in group.files] == [shot, sound, paper]
    client = browser(judge)
    page = client.get("/site/reports/").content.decode()
    assert "Show the 3 files it carries" in page
    assert f"/site/reports/{row.pk}/files/{paper.key}/" in page
    assert f"/chat/{talk.pk}/" not in page, "where moderators do not come"
    assert str(beside.key) not in page
    [found] = client.get("/api/v1/reports").json()["results"]
    assert [one["key"] for one in found["files"]] == [str(one.key) for one in (shot, sound, paper)]
    for address in (found["files"][2]["url"], f"/site/reports/{row.pk}/files/{paper.key}/"):
        answer = client.get(address)
        assert (answer.getvalue(), answer["Content-Type"]) == (b"a threat", "application/octet-stream")
    assert client.get(f"/api/v1/uploads/{shot.key}/picture").status_code == 200
    assert client.get(f"/api/v1/uploads/{sound.key}/film").status_code == 200
    assert client.get(f"/site/reports/{row.pk}/files/{beside.key}/").status_code == 404
    assert client.get(f"/chat/{talk.pk}/{ack.seq}/files/{paper.key}/").status_code == 404, "the conversation stays shut"
    assert client.get(f"/api/v1/conversations/{talk.pk}/messages/{ack.seq}").status_code == 404


@pytest.mark.parametrize("how", ["closed", "deleted", "expired", "about me", "no moderator any more", "erased"])
def test_it_ends_with_the_report_and_with_the_message(cast: Cast, judge: User, talk: Conversation, how: str) -> None:
    paper = brought(cast.bob, "paper.pdf.txt", b"a threat")
    ack = send(cast.bob, talk, paper, text="look")
    row = actions.report(actor=cast.alice, kind="message", subject=ack.id, reason="spam")
    assert told(judge, row)[0] == 200
    if how == "closed":
        actions.close_reports(actor=judge, report_id=row.pk, seen=row.changed_at, number=1)
        entry = AuditEntry.objects.latest("pk")
        assert (entry.action, entry.actor_id, entry.subject) == (
            "moderation.close_reports", judge.pk, f"message:{ack.id}",
        )  # fmt: skip
    elif how == "deleted":
        changes.delete_message(actor=cast.bob, conversation_id=talk.pk, seq=ack.seq)
    elif how == "expired":
        Message.objects.filter(pk=ack.id).update(expires_at=timezone.now() - timedelta(seconds=1))
        assert told(judge, row)[0] == 404, "also before the clock has come by"
        purge.purge_disappeared()
    elif how == "about me":
        Report.objects.update(member=judge)
    elif how == "no moderator any more":
        roles.set_role(actor=None, handle="mod", role="member")
    else:
        cast.alice.delete()
    judge = User.objects.get(pk=judge.pk)
    status, page = told(judge, row)
    assert status == 404
    assert str(paper.key) not in page
    assert not sees(judge, paper)
    if how in ("deleted", "expired"):
        assert "look" in page, "the words stand as they were reported"


def test_nobody_else_gains_sight(cast: Cast, judge: User, talk: Conversation) -> None:
    paper = brought(cast.bob, "paper.pdf.txt", b"a threat")
    ack = send(cast.bob, talk, paper)
    row = actions.report(actor=cast.alice, kind="message", subject=ack.id, reason="spam")
    other = make_user("other")
    roles.set_role(actor=None, handle="other", role="moderator")
    assert sees(User.objects.get(pk=other.pk), paper), "moderators answer for each other"
    for who in (cast.carol, cast.dan, cast.mallory):
        assert not sees(who, paper)
        assert browser(who).get("/api/v1/reports").status_code == 404
        for address in (f"/site/reports/{row.pk}/files/{paper.key}/", f"/api/v1/reports/{row.pk}/files/{paper.key}"):
            assert browser(who).get(address).status_code == 404
    assert not sees(None, paper)
    assert Client().get(f"/api/v1/reports/{row.pk}/files/{paper.key}").status_code == 401
    # A report of something else with the same number opens nothing.
    Report.objects.filter(pk=row.pk).update(kind="post")
    assert not sees(judge, paper)
    assert told(judge, row)[0] == 404


def test_links_end_with_a_message_that_disappears(cast: Cast, judge: User, talk: Conversation) -> None:
    shot = picture(cast.bob)
    ack = send(cast.bob, talk, shot)
    actions.report(actor=cast.alice, kind="message", subject=ack.id, reason="spam")
    ends = timezone.now() + timedelta(seconds=90)
    Message.objects.filter(pk=ack.id).update(expires_at=ends)
    [found] = browser(judge).get("/api/v1/reports").json()["results"]
    assert f"e={int(ends.timestamp())}" in found["files"][0]["url"]


def test_the_list_costs_the_same_with_many_files(cast: Cast, judge: User, talk: Conversation) -> None:
    costs = []
    for turn in range(1, 4):
        ack = send(cast.bob, talk, *[picture(cast.bob) for _one in range(turn)])
        actions.report(actor=cast.alice, kind="message", subject=ack.id, reason="spam")
        with CaptureQueriesContext(connection) as made:
            page = queries.open_groups(viewer=User.objects.get(pk=judge.pk))
            assert [len(row.group.files) for row in page.rows] == [*range(1, turn + 1)]  # type: ignore[attr-defined]
        costs.append(len(made))
    assert len(set(costs)) == 1
