"""Stickers: sending them, who refuses them, what becomes of them."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.actions import relations
from accounts.tests.factories import Cast
from chat import belongings
from chat.access import stickers as sticker_access
from chat.actions import changes, own
from chat.actions import messages as message_actions
from chat.models.messages import Message, MessageVersion
from chat.models.stickers import DRAWN
from chat.queries import messages as message_queries
from chat.serializers import messages as message_serializers
from chat.tests.factories import make_chat, make_group, say
from chat.tests.stickers import HELLO, as_, refused, send
from core import errors

pytestmark = pytest.mark.django_db


# -- Sending --


@pytest.mark.both
def test_a_sticker_is_said_instead_of_words(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob)
    name = uuid.uuid4()
    ack = send(cast.alice, talk, client_id=name)
    row = Message.objects.get()
    assert (row.sticker, row.text, row.seq) == (HELLO, "", 1)
    frame = message_serializers.message(row)
    assert frame.sticker == {"id": HELLO, "url": "/static/img/stickers/pip/hello.svg", "name": "Pip waves hello"}
    again = send(cast.alice, talk, client_id=name)
    assert (again.id, again.again) == (ack.id, True)
    say(cast.alice, talk, "words")
    assert message_serializers.message(Message.objects.get(seq=2)).sticker is None


@pytest.mark.both
@pytest.mark.parametrize(
    "sticker",
    ["pip/nothing", "nothing/hello", "pip", "pip/hello/", "../hello", "\x00", "pip/\x00", "PIP/hello"],
)
def test_what_is_no_sticker_is_refused_by_name(sticker: str, cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob)
    assert refused(cast.alice, talk, sticker=sticker) == "sticker"
    assert not Message.objects.exists()


def test_words_and_a_sticker_are_two_messages(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob)
    assert refused(cast.alice, talk, text="look") == "text"
    assert refused(cast.alice, talk, sticker="") == "text"


def test_who_is_not_in_it_sends_none(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob)
    with pytest.raises(errors.NotFound):
        send(cast.carol, talk)


@pytest.mark.both
def test_a_batch_refuses_the_bad_sticker_alone(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob)
    drafts = [
        message_actions.Draft(cast.alice.pk, talk.pk, uuid.uuid4(), text, sticker=sticker)
        for text, sticker in [("one", ""), ("", "pip/nothing"), ("", HELLO), ("", "things/tea")]
    ]
    outcomes = message_actions.send_messages(batch=drafts)
    assert [type(outcome).__name__ for outcome in outcomes] == ["Ack", "Invalid", "Ack", "Ack"]
    assert list(Message.objects.order_by("seq").values_list("seq", "sticker")) == [
        (1, ""),
        (2, HELLO),
        (3, "things/tea"),
    ]


def queries_of(deed: Callable[[], Any]) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        deed()
    return [query["sql"] for query in queries]


def test_words_pay_nothing_for_stickers(cast: Cast) -> None:
    """A sticker costs the two questions whether it may be sent."""
    talk = make_chat(cast.alice, cast.bob, "hello")
    sticker_access.shelf()
    words = queries_of(lambda: say(cast.alice, talk, "words"))
    assert not any("chat_sticker" in sql for sql in words)
    assert len(queries_of(lambda: send(cast.alice, talk))) == len(words) + 2


def test_a_page_of_stickers_asks_no_more_than_one_of_words(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob, "hello")
    bob = as_(cast.bob)

    def read() -> None:
        assert bob.get(f"/chat/{talk.pk}/").status_code == 200
        assert bob.get(f"/api/v1/conversations/{talk.pk}/messages").status_code == 200

    sticker_access.shelf()
    read()
    before = len(queries_of(read))
    for sticker in list(DRAWN["things"][1])[:5]:
        send(cast.alice, talk, f"things/{sticker}")
    read()
    assert len(queries_of(read)) == before


# -- What becomes of it --


def test_it_is_answered_forwarded_pinned_starred_deleted_and_never_edited(cast: Cast) -> None:
    talk, other = make_chat(cast.alice, cast.bob), make_chat(cast.bob, cast.dan)
    send(cast.alice, talk)
    message_actions.send_message(
        actor=cast.bob, conversation_id=talk.pk, client_id=uuid.uuid4(), text="you too", reply=1
    )
    place = {"conversation_id": talk.pk, "seq": 1}
    message_actions.forward_message(actor=cast.bob, **place, to=other.pk, client_id=uuid.uuid4())
    assert Message.objects.get(conversation=other).sticker == HELLO
    changes.set_pinned(actor=cast.bob, **place, pinned=True)
    own.star_message(actor=cast.bob, **place, starred=True)
    with pytest.raises(errors.Conflict):
        changes.edit_message(actor=cast.alice, **place, text="words")
    bob = as_(cast.bob)
    page = bob.get(f"/chat/{talk.pk}/").content.decode()
    assert page.count('alt="Sticker: Pip waves hello"') == 1
    assert page.count("Sticker: Pip waves hello") == 4  # itself, the answer to it, the pin, the list
    assert 'class="bub last bare"' in page.split("<template")[0]
    assert "Sticker: Pip waves hello" in bob.get("/chat/starred/").content.decode()
    options = as_(cast.alice).get(f"/chat/{talk.pk}/1/").content.decode()
    assert "Sticker: Pip waves hello" in options
    assert f"/chat/{talk.pk}/1/edit/" not in options
    changes.delete_message(actor=cast.alice, **place)
    assert Message.objects.get(**place).sticker == ""
    assert MessageVersion.objects.get().text == HELLO
    page = bob.get(f"/chat/{talk.pk}/").content.decode()
    assert "Pip waves" not in page.partition("data-thread")[2]
    assert "This message was deleted." in page


def test_the_list_and_the_export_say_its_name(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob)
    send(cast.alice, talk)
    assert "You: Sticker: Pip waves hello" in as_(cast.alice).get("/chat/").content.decode()
    assert "Sticker: Pip waves hello" in as_(cast.bob).get("/chat/").content.decode()
    assert [row["text"] for row in belongings.messages(cast.bob)] == ["Sticker: Pip waves hello"]


def test_who_leaves_takes_it_along(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob)
    send(cast.alice, talk)
    belongings.erase_messages(member=cast.alice, take_messages=True)
    assert Message.objects.get().sticker == ""
    assert "took this message along" in as_(cast.bob).get(f"/chat/{talk.pk}/").content.decode()


def test_who_leaves_lets_it_stand(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob)
    send(cast.alice, talk)
    belongings.erase_messages(member=cast.alice, take_messages=False)
    assert "Pip waves hello" in as_(cast.bob).get(f"/chat/{talk.pk}/").content.decode()


def test_behind_a_block_nobody_sees_it(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob, cast.dan)
    send(cast.bob, group)
    relations.block(actor=cast.alice, person=cast.bob.handle)
    row = message_queries.messages(cast.alice, group.pk).messages[-1]
    assert (row.is_closed, row.sticker) == (True, "")
    assert "Pip waves" not in as_(cast.alice).get(f"/chat/{group.pk}/").content.decode()


# -- Doors --


def test_by_plain_forms(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob, "hi")
    alice = as_(cast.alice)
    page = alice.get(f"/chat/{talk.pk}/").content.decode()
    assert f'href="/chat/{talk.pk}/stickers/"' in page
    page = alice.get(f"/chat/{talk.pk}/stickers/?reply=1").content.decode()
    assert page.count('name="sticker"') == sum(len(names) for _name, names in DRAWN.values())
    name = re.search(r'name="client_id" value="([^"]+)"', page)
    assert name
    form = {"client_id": name[1], "sticker": "things/tea", "reply": "1"}
    for _press in range(2):
        assert alice.post(f"/chat/{talk.pk}/stickers/", form)["Location"] == f"/chat/{talk.pk}/#end"
    alice.post(f"/chat/{talk.pk}/stickers/", {**form, "sticker": "things/cake"})  # back, and another one
    assert list(Message.objects.order_by("seq").values_list("sticker", "reply_seq")) == [
        ("", None), ("things/tea", 1), ("things/cake", 1)
    ]  # fmt: skip
    wrong = alice.post(f"/chat/{talk.pk}/stickers/", {**form, "sticker": "things/nothing"})
    assert wrong.status_code == 422
    assert "cannot be sent" in wrong.content.decode()
    assert alice.post(f"/chat/{talk.pk}/stickers/", {"sticker": "things/tea"}).status_code == 422
    assert as_(cast.carol).get(f"/chat/{talk.pk}/stickers/").status_code == 404
    assert as_(cast.carol).post(f"/chat/{talk.pk}/stickers/", form).status_code == 404


def test_through_the_api(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob)
    alice = as_(cast.alice)
    answer = alice.get("/api/v1/stickers")
    packs = answer.json()["results"]
    assert [(pack["key"], len(pack["stickers"])) for pack in packs] == [("pip", 12), ("things", 12)]
    assert alice.get("/api/v1/stickers", headers={"If-None-Match": answer["ETag"]}).status_code == 304
    path = f"/api/v1/conversations/{talk.pk}/messages"
    sent = alice.post(path, {"client_id": str(uuid.uuid4()), "sticker": HELLO}, content_type="application/json")
    assert sent.status_code == 201
    row = alice.get(path).json()["results"][0]
    assert row["sticker"] == {"id": HELLO, "url": "/static/img/stickers/pip/hello.svg", "name": "Pip waves hello"}
    assert row["text"] == ""
    wrong = alice.post(path, {"client_id": str(uuid.uuid4()), "sticker": "x/y"}, content_type="application/json")
    assert wrong.status_code == 422
    assert "sticker" in wrong.content.decode()
    assert Client().get("/api/v1/stickers").status_code in (401, 403)
