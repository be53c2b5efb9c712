"""What is found, by whom, and what is not."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actions import relations
from accounts.models.people import User
from accounts.tests.factories import Cast, make_user
from chat.actions import changes, groups, own, purge, words
from chat.models.conversations import Conversation
from chat.models.messages import Message
from chat.models.words import MessageWords
from chat.queries import search as search_queries
from chat.queries.search import Asked
from chat.tests.factories import make_chat, make_group, say
from core import errors, outbox

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


def found(viewer: User, phrase: str = "", **more: object) -> list[str]:
    outbox.drain()
    page = search_queries.search(viewer, Asked(words=phrase, **more))  # type: ignore[arg-type]
    return [row.message.text for row in page.rows]


def test_words_in_any_order_without_case_and_accents(cast: Cast) -> None:
    chat = make_chat(cast.alice, cast.bob, "Meet at the Café at noon", "no coffee today", "noon is late")
    assert found(cast.bob, "noon CAFE") == ["Meet at the Café at noon"]
    assert found(cast.alice, "noon") == ["noon is late", "Meet at the Café at noon"]
    assert found(cast.alice, "coff") == ["no coffee today"]  # four letters may be a beginning
    assert found(cast.alice, "noo") == []
    assert found(cast.alice, "midnight") == []
    assert found(cast.alice, "noon", conversation=chat.pk)
    assert not found(cast.alice, "noon", conversation=chat.pk + 1)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("พรุ่งนี้เจอกันที่ตลาด", "ตลาด"),
        ("明天在市场见", "市场"),
        ("明天在市场见", "见"),
        ("Hẹn gặp ở chợ Bến Thành", "ben thanh"),
        ("it's Don't-stop o'clock", "don stop"),
        ("party 🎉 at mine", "🎉"),
    ],
)
def test_scripts_without_spaces_and_with_marks(cast: Cast, text: str, phrase: str) -> None:
    make_chat(cast.alice, cast.bob, text, "something else")
    assert found(cast.bob, phrase) == [text]


@pytest.mark.parametrize(
    "phrase", ["", "  ", "'", '"', "a' | 'b", ") OR (", "*", "\\", "\ue000c1", "NEAR(a b)", "é̀" * 50]
)
def test_rubbish_finds_nothing_and_breaks_nothing(cast: Cast, phrase: str) -> None:
    make_chat(cast.alice, cast.bob, "hello there")
    assert found(cast.alice, phrase) == []


def test_others_conversations_are_never_found(cast: Cast) -> None:
    make_chat(cast.alice, cast.bob, "the secret word")
    assert found(cast.carol, "secret") == []
    assert found(cast.carol, "secret", sender=cast.alice.pk) == []
    assert found(cast.bob, "secret") == ["the secret word"]


def test_what_one_may_not_see_any_more_is_not_found(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob, cast.carol)
    for word in ("early apple", "hidden apple", "deleted apple", "apple of bob"):
        say(cast.bob if "bob" in word else cast.alice, group, word)
    group.refresh_from_db()
    hidden = Message.objects.get(text="hidden apple")
    own.hide_message(actor=cast.carol, conversation_id=group.pk, seq=hidden.seq)
    gone = Message.objects.get(text="deleted apple")
    changes.delete_message(actor=cast.alice, conversation_id=group.pk, seq=gone.seq)
    assert found(cast.carol, "apple") == ["apple of bob", "early apple"]
    relations.block(actor=cast.carol, person=cast.bob.pk)
    assert found(cast.carol, "apple") == ["early apple"]
    own.clear_conversation(actor=cast.carol, conversation_id=group.pk)
    assert found(cast.carol, "apple") == []
    assert found(cast.alice, "apple") == ["apple of bob", "hidden apple", "early apple"]
    groups.leave(actor=cast.bob, conversation_id=group.pk)
    assert found(cast.bob, "apple") == []


def test_who_joins_later_does_not_find_what_was_before(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob)
    say(cast.alice, group, "before carol")
    groups.add_people(actor=cast.alice, conversation_id=group.pk, people=[cast.carol.pk])
    say(cast.alice, group, "with carol")
    assert found(cast.carol, "carol") == ["with carol"]


def test_an_edit_is_found_by_its_new_words_only(cast: Cast) -> None:
    chat = make_chat(cast.alice, cast.bob, "old words")
    outbox.drain()
    changes.edit_message(actor=cast.alice, conversation_id=chat.pk, seq=1, text="new words")
    assert found(cast.bob, "old") == []
    assert found(cast.bob, "new") == ["new words"]


def test_filters(cast: Cast) -> None:
    chat = make_chat(cast.alice, cast.bob, "look: https://example.org/bread", "bread of alice")
    say(cast.bob, chat, "bread of bob")
    assert found(cast.alice, "bread", sender=cast.bob.pk) == ["bread of bob"]
    assert found(cast.alice, "bread", has="link") == ["look: https://example.org/bread"]
    assert found(cast.alice, sender=cast.bob.pk) == ["bread of bob"]
    Message.objects.filter(text="bread of alice").update(created_at=timezone.now() - timedelta(days=40))
    today = timezone.localdate()
    assert found(cast.alice, "bread of", until=today - timedelta(days=30)) == ["bread of alice"]
    assert found(cast.alice, "bread of", since=today) == ["bread of bob"]
    assert found(cast.alice, "bread", since=date.max) == []
    assert len(found(cast.alice, "bread", until=date.max)) == 3


def test_pages_and_a_fixed_number_of_queries(cast: Cast) -> None:
    make_chat(cast.alice, cast.bob, *[f"word {number}" for number in range(45)])
    outbox.drain()
    seen: list[str] = []
    cursor = ""
    while True:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            page = search_queries.search(cast.bob, Asked(words="word"), cursor)
        assert len(asked) <= 6
        seen += [row.message.text for row in page.rows]
        if not (cursor := page.next):
            break
    assert seen == [f"word {number}" for number in reversed(range(45))]


def test_who_is_in_very_many_conversations_finds_only_their_own(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_queries, "NAMED", 1)
    make_chat(cast.alice, cast.bob, "bread one")
    make_chat(cast.alice, cast.carol, "bread two")
    make_chat(cast.carol, make_user("dora"), "bread three")
    assert found(cast.alice, "bread") == ["bread two", "bread one"]


def test_the_index_goes_with_what_it_is_of(cast: Cast) -> None:
    chat = make_chat(cast.alice, cast.bob, "one", "two", "three")
    outbox.drain()
    assert MessageWords.objects.count() == 3
    Message.objects.filter(seq=1).update(expires_at=timezone.now() - timedelta(seconds=1))
    purge.purge_disappeared()
    changes.delete_message(actor=cast.alice, conversation_id=chat.pk, seq=2)
    outbox.drain()
    assert [row.message.text for row in MessageWords.objects.select_related("message")] == ["three"]
    Conversation.objects.filter(pk=chat.pk).delete()
    assert not MessageWords.objects.exists()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO chat_messagewords_fts (chat_messagewords_fts) VALUES ('integrity-check')")


def test_erasure_takes_the_words_along(cast: Cast) -> None:
    from chat import belongings

    make_chat(cast.alice, cast.bob, "taken along", "kept by")
    outbox.drain()
    belongings.erase_messages(member=cast.alice, take_messages=True)
    assert found(cast.bob, "taken") == []
    assert not MessageWords.objects.filter(terms__contains=f"u{cast.alice.pk}").exists()


def test_recount_fills_what_is_missing(cast: Cast) -> None:
    make_chat(cast.alice, cast.bob, "one word", "other word")
    outbox.drain()
    MessageWords.objects.filter(message__text="one word").delete()
    MessageWords.objects.filter(message__text="other word").update(terms="nonsense")
    assert words.recount() == 2
    assert words.recount() == 0
    assert found(cast.bob, "word") == ["other word", "one word"]


def test_one_bad_event_does_not_stop_the_others(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    good = make_chat(cast.alice, cast.bob, "good word")
    bad = make_chat(cast.alice, cast.carol, "bad word")
    real = words.index_messages

    def breaks(*, spans: set[tuple[int, int, int]]) -> None:
        if any(conversation == bad.pk for conversation, _first, _last in spans):
            raise ZeroDivisionError
        real(spans=spans)

    monkeypatch.setattr("chat.handlers.word_actions.index_messages", breaks)
    assert found(cast.alice, "word", conversation=good.pk) == ["good word"]
    assert found(cast.alice, "word", conversation=bad.pk) == []


def test_the_first_of_a_day(cast: Cast) -> None:
    chat = make_chat(cast.alice, cast.bob, *map(str, range(60)))
    noon = timezone.now().replace(hour=12) - timedelta(days=60)
    for seq in range(1, 61):  # every second day, and some numbers are gone
        Message.objects.filter(conversation=chat, seq=seq).update(created_at=noon + timedelta(days=seq - seq % 2))
    Message.objects.filter(conversation=chat, seq__in=[10, 20, 21, 22]).delete()
    first = timezone.localdate(noon)
    assert search_queries.place_of_day(cast.bob, chat.pk, first - timedelta(days=9)) == 0
    assert search_queries.place_of_day(cast.bob, chat.pk, first + timedelta(days=30)) == 29
    assert search_queries.place_of_day(cast.bob, chat.pk, first + timedelta(days=31)) == 31
    after = search_queries.place_of_day(cast.bob, chat.pk, first + timedelta(days=20))
    assert Message.objects.filter(conversation=chat, seq__gt=after).order_by("seq")[0].seq == 23
    assert search_queries.place_of_day(cast.bob, chat.pk, first + timedelta(days=90)) == 60
    with pytest.raises(errors.NotFound):
        search_queries.place_of_day(cast.carol, chat.pk, first)


def test_what_is_older_than_the_owner_keeps_goes(cast: Cast, client: Client) -> None:
    make_chat(cast.alice, cast.bob, "old", "older", "new")
    Message.objects.filter(text__startswith="old").update(created_at=timezone.now() - timedelta(days=31))
    assert purge.purge_old() == 0
    client.force_login(cast.alice)
    assert client.post("/site/chat/", {"kept_days": "30"}).status_code == 404
    User.objects.filter(pk=cast.carol.pk).update(is_superuser=True, is_staff=True)
    client.force_login(User.objects.get(pk=cast.carol.pk))
    assert client.post("/site/chat/", {"kept_days": "31"}).status_code == 422
    assert client.post("/site/chat/", {"kept_days": "30"}).status_code == 302
    assert purge.purge_old() == 2
    assert [row.text for row in Message.objects.all()] == ["new"]
    assert purge.purge_old() == 0


def test_page(cast: Cast, client: Client) -> None:
    chat = make_chat(cast.alice, cast.bob, "<b>Bread</b> & butter " + "x" * 400 + " bread")
    outbox.drain()
    client.force_login(cast.bob)
    html = client.get("/chat/search/", {"q": "bread"}).content.decode()
    assert "&lt;b&gt;<mark>Bread</mark>&lt;/b&gt; &amp; butter" in html
    assert f'href="/chat/{chat.pk}/?after=0#m1"' in html
    assert "Nothing found" in client.get("/chat/search/", {"q": "brot"}).content.decode()
    assert "Nothing found" not in client.get("/chat/search/").content.decode()
    nobody = client.get("/chat/search/", {"q": "bread", "sender": "nobody"})
    assert nobody.status_code == 422
    assert "There is nobody of that handle." in nobody.content.decode()
    assert client.get("/chat/search/", {"q": "x", "since": "yesterday"}).status_code == 422
    assert client.get("/chat/search/", {"q": "bread", "conversation": chat.pk + 1}).status_code == 404
    client.force_login(cast.carol)
    assert client.get("/chat/search/", {"q": "bread", "conversation": chat.pk}).status_code == 404


def test_api(cast: Cast, client: Client) -> None:
    chat = make_chat(cast.alice, cast.bob, "bread", "butter")
    outbox.drain()
    client.force_login(cast.bob)
    answer = client.get("/api/v1/conversations/search", {"q": "bread", "sender": "@alice", "conversation": chat.pk})
    assert [row["text"] for row in answer.json()["results"]] == ["bread"]
    assert answer.json()["next"] is None
    for bad in ({"conversation": "x"}, {"since": "x"}, {"sender": "nobody"}, {"cursor": "x", "q": "bread"}):
        refused = client.get("/api/v1/conversations/search", bad)
        assert refused.status_code == 422
        assert next(iter(bad)) in refused.content.decode()
    today = f"{timezone.localdate()}"
    assert client.get(f"/api/v1/conversations/{chat.pk}/day", {"day": today}).json() == {"after": 0}
    assert client.get(f"/api/v1/conversations/{chat.pk}/day", {"day": "x"}).status_code == 422
    client.force_login(cast.carol)
    assert client.get(f"/api/v1/conversations/{chat.pk}/day", {"day": today}).status_code == 404
    assert client.get("/api/v1/conversations/search", {"q": "bread"}).json()["results"] == []
    assert client.get("/api/v1/conversations/search", {"conversation": chat.pk, "q": "bread"}).json()["results"] == []


def test_save(cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.queries.transcript.AT_ONCE", 2)
    group = make_group(cast.alice, cast.bob, cast.carol)
    for who, text in ((cast.alice, "one\ntwo"), (cast.bob, "from bob"), (cast.carol, "mine"), (cast.alice, "gone")):
        say(who, group, text)
    group.refresh_from_db()
    changes.delete_message(actor=cast.alice, conversation_id=group.pk, seq=group.last_seq)
    relations.block(actor=cast.carol, person=cast.bob.pk)
    client.force_login(cast.carol)
    answer = client.get(f"/chat/{group.pk}/save/")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert "Alice: one\n    two\n" in text
    assert "from bob" not in text
    assert "gone" not in text
    assert text.rstrip().endswith("Alice: (deleted)")
    assert ": (closed to you)" in text
    assert "attachment" in answer["Content-Disposition"]
    assert answer["Cache-Control"] == "private, no-store"
    groups.leave(actor=cast.carol, conversation_id=group.pk)
    assert client.get(f"/chat/{group.pk}/save/").status_code == 404
