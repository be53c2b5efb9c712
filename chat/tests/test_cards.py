"""Cards of links in messages: fetched by a worker, shown when they are there, taken away by who sent them."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models.people import User
from accounts.tests.factories import Cast, log_in, make_block
from chat.actions import cards as card_actions
from chat.actions import changes as change_actions
from chat.actions import purge
from chat.models.conversations import Conversation
from chat.models.messages import Message
from chat.queries import conversations as conversation_queries
from chat.queries import messages as message_queries
from chat.queries import resume as resume_queries
from chat.serializers import messages as message_serializers
from chat.tests.factories import make_chat, make_group, say
from core import errors
from core.tests.webs import Web, opened, reply
from feed.actions import posts as post_actions
from uploads import access as upload_access
from uploads import tasks
from uploads.models import LinkPreview
from uploads.tests import factories as upload_factories

# Pictures are prepared between transactions.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]

URL = "http://site.example/"
PAGE = """<!doctype html><html><head><title>Here</title><meta property="og:image" content="/map.png"></head><body>x"""


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Any:
    with opened(monkeypatch) as web:
        web.pages = {
            "/": reply(PAGE),
            "/two": reply("<title>Two</title>"),
            "/map.png": reply(upload_factories.png(1200, 630).read(), "image/png"),
        }
        yield web


def card(who: User, talk: Conversation, seq: int = 1) -> dict[str, Any] | None:
    given: dict[str, Any] | None = message_serializers.shown(message_queries.message(who, talk.pk, seq))["card"]
    return given


def as_(user: User) -> Client:
    client = Client()
    log_in(client, user)
    return client


def test_it_is_shown_when_it_is_there_as_a_change(cast: Cast, web: Web) -> None:
    talk = make_chat(cast.alice, cast.bob, f"Look: {URL}.")
    assert (card(cast.bob, talk), web.asked) == (None, []), "nothing is fetched by who sends"
    tasks.fetch_previews()
    found = card(cast.bob, talk)
    assert found
    assert (found["title"], found["host"]) == ("Here", "site.example")
    missed = resume_queries.resume(cast.bob, {talk.pk: talk.rev})[talk.pk]
    assert [(row.seq, row.rev) for row in missed.messages] == [(1, talk.rev + 1)]
    say(cast.bob, talk, f"again {URL}")
    assert (card(cast.alice, talk, 2) or {})["title"] == "Here", "at once, it is known"
    tasks.fetch_previews()
    assert len([one for one in web.asked if one.startswith("GET / ")]) == 1
    assert "Here" in as_(cast.bob).get(f"/chat/{talk.pk}/").content.decode()


def test_posts_and_messages_share_one_row(cast: Cast, web: Web) -> None:
    post_actions.create_post(actor=cast.alice, text=URL)
    talk = make_chat(cast.alice, cast.bob, URL)
    assert Message.objects.get(conversation=talk).link_id == LinkPreview.objects.get().pk


def test_plain_words_cost_nothing(cast: Cast, django_assert_num_queries: Any) -> None:
    talk = make_chat(cast.alice, cast.bob, "first")
    words = "plain words, http and www.site.example too"
    before = count(lambda: say(cast.alice, talk, "plain"))
    assert count(lambda: say(cast.alice, talk, words)) == before
    assert not LinkPreview.objects.exists()
    with django_assert_num_queries(2):
        message_queries.messages(cast.bob, talk.pk)


def count(work: Any) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as found:
        work()
    return len(found)


def test_cards_cost_one_query_more_however_many(cast: Cast, web: Web, django_assert_num_queries: Any) -> None:
    talk = make_chat(cast.alice, cast.bob, URL, f"{URL}two", URL)
    tasks.fetch_previews()
    with django_assert_num_queries(3):
        rows = message_queries.messages(cast.bob, talk.pk).messages
        assert [(message_serializers.shown(row)["card"] or {}).get("title") for row in rows] == ["Here", "Two", "Here"]
    with django_assert_num_queries(6):
        conversation_queries.inbox(cast.bob)


def test_the_sender_takes_it_away_and_shows_it_again(cast: Cast, web: Web) -> None:
    talk = make_chat(cast.alice, cast.bob, URL, "no link")
    tasks.fetch_previews()
    with pytest.raises(errors.NotAllowed):
        card_actions.show_card(actor=cast.bob, conversation_id=talk.pk, seq=1, shown=False)
    with pytest.raises(errors.NotFound):
        card_actions.show_card(actor=cast.carol, conversation_id=talk.pk, seq=1, shown=True)
    with pytest.raises(errors.Conflict):
        card_actions.show_card(actor=cast.alice, conversation_id=talk.pk, seq=2, shown=True)
    away = card_actions.show_card(actor=cast.alice, conversation_id=talk.pk, seq=1, shown=False)
    assert card(cast.bob, talk) is None
    again = card_actions.show_card(actor=cast.alice, conversation_id=talk.pk, seq=1, shown=False)
    assert again.rev == away.rev
    assert card_actions.show_card(actor=cast.alice, conversation_id=talk.pk, seq=1, shown=True).rev == away.rev + 1
    assert card(cast.bob, talk)


def test_an_edit_shows_another_links_card_and_leaves_one_that_was_taken_away(cast: Cast, web: Web) -> None:
    talk = make_chat(cast.alice, cast.bob, URL)
    tasks.fetch_previews()
    edit = change_actions.edit_message
    card_actions.show_card(actor=cast.alice, conversation_id=talk.pk, seq=1, shown=False)
    edit(actor=cast.alice, conversation_id=talk.pk, seq=1, text=f"look {URL}")
    assert card(cast.bob, talk) is None
    edit(actor=cast.alice, conversation_id=talk.pk, seq=1, text=f"look {URL}two")
    tasks.fetch_previews()
    assert (card(cast.bob, talk) or {})["title"] == "Two"
    edit(actor=cast.alice, conversation_id=talk.pk, seq=1, text="look")
    assert card(cast.bob, talk) is None


def test_what_is_deleted_or_has_disappeared_meanwhile_is_not_brought_up_again(cast: Cast, web: Web) -> None:
    talk = make_chat(cast.alice, cast.bob, URL, URL, URL)
    change_actions.delete_message(actor=cast.alice, conversation_id=talk.pk, seq=1)
    Message.objects.filter(conversation=talk, seq=2).update(expires_at=timezone.now() - timedelta(seconds=1))
    before = Conversation.objects.get(pk=talk.pk).rev
    tasks.fetch_previews()
    missed = resume_queries.resume(cast.bob, {talk.pk: before})[talk.pk].messages
    assert [row.seq for row in missed] == [3]
    assert card(cast.bob, talk, 1) is None
    assert purge.purge_disappeared() == 1


def test_old_messages_are_not_told_again_when_a_page_is_fetched_anew(cast: Cast, web: Web) -> None:
    talk = make_chat(cast.alice, cast.bob, URL)
    Message.objects.update(created_at=timezone.now() - timedelta(hours=2))
    tasks.fetch_previews()
    assert Conversation.objects.get(pk=talk.pk).rev == talk.rev
    assert card(cast.bob, talk), "and are shown with it to who looks"


def test_its_picture_is_for_who_sees_the_message(cast: Cast, web: Web) -> None:
    group = make_group(cast.alice, cast.bob, cast.dan)
    say(cast.alice, group, URL)
    tasks.fetch_previews()
    key = LinkPreview.objects.select_related("upload").get().upload.key  # type: ignore[union-attr]

    def sees(who: User) -> bool:
        return upload_access.visible_uploads(who).filter(key=key).exists()

    assert [sees(who) for who in (cast.bob, cast.carol)] == [True, False]
    make_block(cast.alice, cast.dan)
    assert not sees(cast.dan)
    seq = Conversation.objects.get(pk=group.pk).last_seq
    change_actions.delete_message(actor=cast.alice, conversation_id=group.pk, seq=seq)
    assert not sees(cast.bob)


def test_what_no_message_uses_goes(cast: Cast, web: Web) -> None:
    talk = make_chat(cast.alice, cast.bob, URL)
    tasks.fetch_previews()
    LinkPreview.objects.update(wanted_at=timezone.now() - timedelta(days=9))
    tasks.sweep_previews()
    assert LinkPreview.objects.count() == 1
    change_actions.delete_message(actor=cast.alice, conversation_id=talk.pk, seq=1)
    tasks.sweep_previews()
    assert not LinkPreview.objects.exists()


def test_a_site_that_fetches_none_shows_none(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "LINK_PREVIEWS", False)
    talk = make_chat(cast.alice, cast.bob, URL)
    assert Message.objects.get(conversation=talk).link_id is None
    assert not LinkPreview.objects.exists()


def test_the_api_and_the_pages(cast: Cast, web: Web) -> None:
    talk = make_chat(cast.alice, cast.bob, URL)
    tasks.fetch_previews()
    alice, bob = as_(cast.alice), as_(cast.bob)
    path = f"/api/v1/conversations/{talk.pk}/messages/1/preview"
    assert bob.delete(path).status_code == 403
    assert as_(cast.carol).delete(path).status_code == 404
    assert alice.delete(path).json()["card"] is None
    assert alice.put(path).json()["card"]["title"] == "Here"
    assert "Take the card of the link away" in alice.get(f"/chat/{talk.pk}/1/").content.decode()
    assert "Take the card of the link away" not in bob.get(f"/chat/{talk.pk}/1/").content.decode()
    assert alice.post(f"/chat/{talk.pk}/1/preview/", {"show": "no"}).status_code == 302
    assert card(cast.bob, talk) is None
    assert alice.post(f"/chat/{talk.pk}/1/preview/", {"show": "yes"}).status_code == 302
    assert card(cast.bob, talk)
