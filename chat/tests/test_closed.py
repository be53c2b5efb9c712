"""Two whom a block parts, in a group of others: each finds the other's words as a closed line, on every path."""

import uuid
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from accounts.actions import relations
from accounts.models.people import User
from accounts.tests.factories import Cast, make_block
from chat import belongings
from chat.access import conversations as conversation_access
from chat.actions import changes as change_actions
from chat.actions import messages as message_actions
from chat.models.conversations import Conversation
from chat.queries import conversations as conversation_queries
from chat.queries import messages as message_queries
from chat.queries import resume as resume_queries
from chat.tests.factories import make_group, say
from chat.tests.sockets import site
from core import errors

later = sync_to_async
SECRET = "the key is under the mat"


def group_of(cast: Cast) -> Conversation:
    """alice wrote a line that dan reads and carol must not: they are parted."""
    group = make_group(cast.alice, cast.carol, cast.dan)
    relations.block(actor=cast.alice, person=cast.carol.pk)
    say(cast.alice, group, SECRET)
    return group


def read(who: User, path: str) -> str:
    client = Client()
    client.force_login(who)
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


@pytest.mark.django_db
@pytest.mark.both
def test_every_way_of_reading_is_closed_for_one_and_open_for_others(cast: Cast) -> None:
    group = group_of(cast)
    seq = Conversation.objects.get(pk=group.pk).last_seq
    for who, closed in ((cast.carol, True), (cast.dan, False), (cast.alice, False)):
        row = message_queries.messages(who, group.pk).messages[-1]
        missed = resume_queries.resume(who, {group.pk: 0})[group.pk].messages[-1]
        last = conversation_queries.inbox(who).chats[0].last
        assert last
        assert [one.is_closed for one in (row, missed, last)] == [closed] * 3
        paths = (f"/chat/{group.pk}/", "/chat/", "/api/v1/conversations", f"/api/v1/conversations/{group.pk}/messages")
        for path in paths:
            assert (SECRET in read(who, path)) != closed, path
        assert (SECRET in str(list(belongings.messages(who)))) != closed
        if closed:
            with pytest.raises(errors.NotFound):
                conversation_access.access_message(who, group.pk, seq)
    assert "closed to you" in read(cast.carol, f"/chat/{group.pk}/")
    say(cast.carol, group, "and I?")
    assert "and I?" not in read(cast.alice, f"/chat/{group.pk}/")
    relations.unblock(actor=cast.alice, person=cast.carol.pk)
    assert SECRET in read(cast.carol, f"/chat/{group.pk}/")


@pytest.mark.django_db
def test_notices_name_nobody_whom_the_reader_may_not_see(cast: Cast) -> None:
    group = make_group(cast.alice, cast.carol, cast.dan)
    make_block(cast.dan, cast.carol)
    page = read(cast.carol, f"/chat/{group.pk}/")
    assert "Alice added somebody" in page
    assert "Dan" not in page
    assert "@dan" not in read(cast.carol, f"/chat/{group.pk}/details/")


def told(frames: list[dict[str, Any]]) -> list[str]:
    return [frame["data"].get("text", frame["type"]) for frame in frames if frame["type"].startswith("chat.")]


@pytest.mark.django_db(transaction=True)
async def test_the_socket_tells_them_only_that_something_came(cast: Cast) -> None:
    async with site() as here:
        group = await later(make_group)(cast.alice, cast.carol, cast.dan)
        alice, carol, dan = [await here.join(who) for who in (cast.alice, cast.carol, cast.dan)]
        await alice.say(group.pk, "before")
        for line in (carol, dan):
            assert (await line.until("chat.message"))["data"]["text"] == "before"
        await later(relations.block)(actor=cast.carol, person=cast.alice.pk)
        await alice.say(group.pk, SECRET)
        assert (await dan.until("chat.message"))["data"]["text"] == SECRET
        behind = await carol.until("chat.behind")
        missed = (await carol.ask("chat.catch_up", conversation=group.pk, after=behind["data"]["rev"] - 1))["data"]
        assert [(row["text"], row["is_closed"]) for row in missed["messages"]] == [("", True)]
        await alice.ask("chat.typing", conversation=group.pk)
        await dan.until("chat.typing")
        await alice.ask("chat.read", conversation=group.pk, seq=1)
        heard = told(await carol.quiet())
        assert SECRET not in heard
        assert "chat.typing" not in heard


@pytest.mark.django_db
def test_what_is_closed_is_neither_quoted_nor_pinned_nor_on_a_page_of_its_own(cast: Cast) -> None:
    group = group_of(cast)
    seq = Conversation.objects.get(pk=group.pk).last_seq
    change_actions.set_pinned(actor=cast.alice, conversation_id=group.pk, seq=seq, pinned=True)
    message_actions.send_message(
        actor=cast.dan, conversation_id=group.pk, client_id=uuid.uuid4(), text="good to know", reply=seq
    )
    at = f"/chat/{group.pk}/"
    assert SECRET in read(cast.dan, f"{at}{seq}/")
    for path in (at, f"{at}?reply={seq}", f"{at}{seq + 1}/", f"/api/v1/conversations/{group.pk}/pinned"):
        assert SECRET not in read(cast.carol, path), path
    client = Client()
    client.force_login(cast.carol)
    assert client.get(f"{at}{seq}/").status_code == 404
