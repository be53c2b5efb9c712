"""The chat over the socket: who may connect, what may be said, who hears it, what comes back after a gap."""

import asyncio
import uuid
from typing import Any

import orjson
import pytest
from asgiref.sync import sync_to_async

from accounts.actions import relations
from accounts.tests.factories import Cast, make_block
from chat import realtime as chat_realtime
from chat import writer
from chat.access import conversations as conversation_access
from chat.actions import marks as mark_actions
from chat.models.conversations import Conversation, Kind, Membership
from chat.models.messages import Message
from chat.tests.factories import make_chat, membership, say
from chat.tests.sockets import eventually, site
from core import realtime

pytestmark = pytest.mark.django_db(transaction=True)
later = sync_to_async


@pytest.fixture
def talk(cast: Cast) -> Conversation:
    return make_chat(cast.alice, cast.bob)


def texts(frames: list[dict[str, Any]]) -> list[str]:
    return [frame["data"]["text"] for frame in frames if frame["type"] == "chat.message"]


# -- The door ---------------------------------------------------------------------------------------------------------


async def test_a_foreign_origin_is_refused_before_the_handshake(cast: Cast) -> None:
    async with site() as here:
        for origin in ("https://evil.example", "null", "http://localhost:8000.evil.example"):
            _line, accepted = await here.connect(cast.alice, origin)
            assert not accepted


async def test_without_a_login_it_says_log_in(cast: Cast) -> None:
    async with site() as here:
        line, accepted = await here.connect(None)
        assert accepted
        assert await line.hear() == {"type": "closed", "code": 4401}
        here.lines.clear()
        _line, _accepted = await here.connect(cast.alice, "")
        assert await _line.hear() == {"type": "closed", "code": 4401}
        here.lines.clear()


async def test_rubbish_gets_a_clear_error_and_the_socket_lives(cast: Cast, talk: Conversation) -> None:
    async with site() as here:
        line = await here.join(cast.alice)
        rubbish = {
            "no json": 422,
            "[]": 422,
            '"text"': 422,
            '{"type": 7}': 422,
            '{"type": "chat.send", "id": {}, "data": {}}': 422,
            '{"type": "chat.send", "data": []}': 422,
            '{"type": "nobody.knows", "data": {}}': 422,
            '{"type": "__class__", "data": {}}': 422,
            "x" * 70_000: 413,
            "[" * 60_000: 422,
            '{"type": "chat.send", "data": {"conversation": 1e400}}': 422,
        }
        for text, status in rubbish.items():
            await line.raw(text)
            frame = await line.hear()
            assert (frame["type"], frame["status"]) == ("error", status), text[:80]
            assert frame.keys() - {"field"} == {"type", "re", "status", "code", "detail"}, "as the API's problems"
        await line.communicator.send_to(bytes_data=b"\x00\x01")
        assert (await line.hear())["status"] == 422
        assert (await line.say(talk.pk, "still here"))["type"] == "ack"


@pytest.mark.parametrize(
    ("kind", "data", "status"),
    [
        ("chat.send", {"client_id": str(uuid.uuid4()), "text": "x"}, 422),
        ("chat.send", {"conversation": "1", "client_id": str(uuid.uuid4()), "text": "x"}, 422),
        ("chat.send", {"conversation": True, "client_id": str(uuid.uuid4()), "text": "x"}, 422),
        ("chat.send", {"conversation": 2**63, "client_id": str(uuid.uuid4()), "text": "x"}, 422),
        ("chat.send", {"conversation": 10**6, "client_id": "x", "text": "x"}, 422),
        ("chat.send", {"conversation": 10**6, "client_id": str(uuid.uuid4()), "text": ["x"]}, 422),
        ("chat.send", {"conversation": 10**6, "client_id": str(uuid.uuid4()), "text": " "}, 422),
        ("chat.send", {"conversation": 10**6, "client_id": str(uuid.uuid4()), "text": "x" * 5001}, 422),
        ("chat.send", {"conversation": 10**6, "client_id": str(uuid.uuid4()), "text": "x"}, 404),
        ("chat.resume", {}, 422),
        ("chat.resume", {"conversations": {"x": 1}}, 422),
        ("chat.resume", {"conversations": {"1": -1}}, 422),
        ("chat.resume", {"conversations": {str(id): 0 for id in range(1, 102)}}, 422),
        ("chat.catch_up", {"conversation": 10**6, "after": 0}, 404),
        ("chat.catch_up", {"conversation": 10**6, "after": None}, 422),
        ("chat.read", {"conversation": 1}, 422),
        ("chat.typing", {"conversation": [1]}, 422),
    ],
)
async def test_what_a_client_sends_is_checked(cast: Cast, kind: str, data: dict[str, Any], status: int) -> None:
    async with site() as here:
        line = await here.join(cast.alice)
        assert (await line.ask(kind, **data))["status"] == status


async def test_too_many_frames_are_refused_and_then_the_socket_is_closed(cast: Cast) -> None:
    async with site() as here:
        line = await here.join(cast.alice)
        for _turn in range(150):
            await line.raw('{"type": "ping"}')
        heard = []
        while (frame := await line.hear())["type"] != "closed":
            heard.append(frame)
        assert frame["code"] == 4429
        assert {one["status"] for one in heard if one["type"] == "error"} == {429}


# -- Sending ----------------------------------------------------------------------------------------------------------


async def test_a_message_is_acknowledged_and_seen_by_the_two_and_nobody_else(cast: Cast, talk: Conversation) -> None:
    async with site() as here:
        alice, phone = await here.join(cast.alice), await here.join(cast.alice)
        bob, carol = await here.join(cast.bob), await here.join(cast.carol)
        name = str(uuid.uuid4())
        ack = (await alice.say(talk.pk, "hello <b>bob</b>", name))["data"]
        assert (ack["seq"], ack["rev"], ack["again"]) == (1, 1, False)
        for line in (bob, phone):
            data = (await line.until("chat.message"))["data"]
            assert data == {
                "conversation": talk.pk,
                "seq": 1,
                "rev": 1,
                "id": ack["id"],
                "sender": cast.alice.pk,
                "client_id": name,
                "kind": "text",
                "text": "hello <b>bob</b>",
                "created_at": ack["created_at"],
                "members_version": talk.members_version,
            }
        assert await carol.quiet() == []
        again = (await alice.say(talk.pk, "hello <b>bob</b>", name))["data"]
        assert again == {**ack, "again": True}
        assert await later(Message.objects.count)() == 1


async def test_frames_of_one_socket_stay_in_order(cast: Cast, talk: Conversation) -> None:
    async with site() as here:
        alice, bob = await here.join(cast.alice), await here.join(cast.bob)
        for number in range(30):
            data = {"conversation": talk.pk, "client_id": str(uuid.uuid4()), "text": str(number)}
            await alice.raw(orjson.dumps({"type": "chat.send", "data": data}).decode())
        heard = [(await bob.until("chat.message"))["data"] for _number in range(30)]
        assert [row["text"] for row in heard] == [str(number) for number in range(30)]
        assert [row["seq"] for row in heard] == list(range(1, 31))


async def test_a_member_sends_so_much_and_no_more_however_many_sockets_they_have(
    cast: Cast, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer.Allowance, "BURST", 5.0)
    monkeypatch.setattr(writer.Allowance, "A_SECOND", 0.01)
    async with site() as here:
        lines = [await here.join(cast.alice) for _turn in range(3)]
        answers = [await line.say(talk.pk, "again") for _turn in range(3) for line in lines]
        assert [one["type"] for one in answers] == ["ack"] * 5 + ["error"] * 4
        assert (answers[-1]["status"], answers[-1]["retry_after"]) == (429, 1)
        bob = await here.join(cast.bob)
        assert (await bob.say(talk.pk, "one more"))["type"] == "ack"
    assert await later(Message.objects.count)() == 6


async def test_what_pages_and_api_send_is_heard_too(cast: Cast, talk: Conversation) -> None:
    async with site() as here:
        bob = await here.join(cast.bob)
        await later(say)(cast.alice, talk, "by a form")
        assert (await bob.until("chat.message"))["data"]["text"] == "by a form"


async def test_foreign_conversations_answer_as_absent_ones(cast: Cast, talk: Conversation) -> None:
    async with site() as here:
        carol = await here.join(cast.carol)
        answers = []
        for id in (talk.pk, 10**6):
            answers.append(await carol.say(id, "x"))
            answers.append(await carol.ask("chat.catch_up", conversation=id, after=0))
            assert (await carol.ask("chat.resume", conversations={str(id): 0}))["data"] == {"conversations": {}}
            assert (await carol.ask("chat.typing", conversation=id))["data"] == {}
            assert (await carol.ask("chat.read", conversation=id, seq=1))["data"] == {}
        assert all(error | {"re": 0} == answers[0] | {"re": 0} for error in answers)
        assert answers[0]["status"] == 404


# -- Resume -----------------------------------------------------------------------------------------------------------


async def test_who_comes_back_gets_exactly_what_was_missed(cast: Cast, talk: Conversation) -> None:
    async with site() as here:
        alice, bob = await here.join(cast.alice), await here.join(cast.bob)
        await alice.say(talk.pk, "0")
        last = (await bob.until("chat.message"))["data"]["rev"]
        await bob.close()
        here.lines.remove(bob)
        for number in (1, 2, 3):
            await alice.say(talk.pk, str(number))
        bob = await here.join(cast.bob)
        missed = (await bob.ask("chat.catch_up", conversation=talk.pk, after=last))["data"]
        assert [row["text"] for row in missed["messages"]] == ["1", "2", "3"]
        assert not missed["reload"]
        assert texts(await bob.quiet()) == []
        several = (await bob.ask("chat.resume", conversations={str(talk.pk): missed["rev"]}))["data"]
        assert several["conversations"][str(talk.pk)]["messages"] == []


async def test_after_a_gap_on_the_bus_those_behind_are_told(cast: Cast, talk: Conversation) -> None:
    async with site() as here:
        bob = await here.join(cast.bob)
        await later(say)(cast.alice, talk, "heard")
        await bob.until("chat.message")
        await realtime.hub.catch_up()
        assert [frame["type"] for frame in await bob.quiet()] == ["stale"]
        # Another process stored two, and its words were lost.
        real, realtime.hub.loop = realtime.hub.loop, None
        await later(say)(cast.alice, talk, "lost")
        await later(say)(cast.alice, talk, "lost too")
        realtime.hub.loop = real
        await realtime.hub.catch_up()
        frame = await bob.until("chat.behind")
        assert frame["data"] == {"conversation": talk.pk, "rev": 3}
        missed = (await bob.ask("chat.catch_up", conversation=talk.pk, after=1))["data"]
        assert [row["text"] for row in missed["messages"]] == ["lost", "lost too"]


# -- Sight ------------------------------------------------------------------------------------------------------------


async def test_a_block_makes_both_vanish_at_once(cast: Cast, talk: Conversation) -> None:
    async with site() as here:
        alice, bob = await here.join(cast.alice), await here.join(cast.bob)
        await alice.say(talk.pk, "before")
        await bob.until("chat.message")
        if not texts(alice.heard):
            await alice.until("chat.message")
        alice.heard.clear()
        await later(relations.block)(actor=cast.alice, person=cast.bob.pk)
        await alice.until("access")
        await bob.until("access")
        for line in (alice, bob):
            assert (await line.say(talk.pk, "after"))["status"] == 404
            assert (await line.ask("chat.typing", conversation=talk.pk))["data"] == {}
            assert (await line.ask("chat.catch_up", conversation=talk.pk, after=0))["status"] == 404
            assert await line.quiet() == []


async def test_a_lost_word_about_members_leaks_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody is taken out of a group in another process and this one is not told: the next message carries the new
    members_version, so the members are read before anybody sees it."""

    def make() -> Conversation:
        group = Conversation.objects.create(kind=Kind.GROUP)
        for who in (cast.alice, cast.bob, cast.carol):
            Membership.objects.create(conversation=group, user=who)
        return group

    def take_out(group: Conversation) -> None:
        Membership.objects.filter(conversation=group, user=cast.carol).delete()
        Conversation.objects.filter(pk=group.pk).update(members_version=2)

    async with site() as here:
        group = await later(make)()
        alice, bob, carol = [await here.join(who) for who in (cast.alice, cast.bob, cast.carol)]
        await alice.say(group.pk, "to three")
        for line in (bob, carol):
            assert (await line.until("chat.message"))["data"]["text"] == "to three"
        assert cast.carol.pk in chat_realtime.audiences.known[group.pk].members
        await later(take_out)(group)
        await alice.say(group.pk, "to two")
        assert (await bob.until("chat.message"))["data"]["text"] == "to two"
        assert texts(await carol.quiet()) == []
        assert chat_realtime.audiences.known[group.pk].version == 2


async def test_typing_after_a_block_of_which_this_process_heard_only_in_the_log(cast: Cast, talk: Conversation) -> None:
    """The cached members are trusted until the log says that somebody's access changed."""
    async with site() as here:
        alice, bob = await here.join(cast.alice), await here.join(cast.bob)
        await alice.ask("chat.typing", conversation=talk.pk)
        assert (await bob.until("chat.typing"))["data"]["user"] == cast.alice.pk
        await later(make_block)(cast.bob, cast.alice)
        realtime.hub.recheck(cast.alice.pk)  # what core.access_log does within a second
        await alice.until("access")
        chat_realtime.typing.said.clear()
        await alice.ask("chat.typing", conversation=talk.pk)
        assert "chat.typing" not in [frame["type"] for frame in await bob.quiet()]


async def test_members_that_cannot_be_read_are_shown_nothing(
    cast: Cast, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    def gone(id: int) -> None:
        raise OperationalError

    async with site() as here:
        bob = await here.join(cast.bob)
        real = conversation_access.audience
        monkeypatch.setattr(conversation_access, "audience", gone)
        await later(say)(cast.alice, talk, "unseen")
        await eventually(lambda: not chat_realtime.audiences.waiting and not chat_realtime.audiences.tasks)
        assert await bob.quiet() == []
        monkeypatch.setattr(conversation_access, "audience", real)
        await later(say)(cast.alice, talk, "seen")
        assert (await bob.until("chat.message"))["data"]["seq"] == 2


# -- Typing and reading -----------------------------------------------------------------------------------------------


async def test_typing_is_told_once_in_a_while_and_never_to_oneself_alone(cast: Cast, talk: Conversation) -> None:
    async with site() as here:
        alice, bob, carol = [await here.join(who) for who in (cast.alice, cast.bob, cast.carol)]
        for _turn in range(5):
            await alice.ask("chat.typing", conversation=talk.pk)
        heard = [frame for frame in await bob.quiet() if frame["type"] == "chat.typing"]
        assert [frame["data"] for frame in heard] == [
            {"conversation": talk.pk, "user": cast.alice.pk, "seconds": chat_realtime.TYPING_SECONDS}
        ]
        assert await carol.quiet() == []


async def test_read_marks_are_told_as_the_latest_state_and_seldom_written(
    cast: Cast, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer.Marks, "EVERY_SECONDS", 0.3)
    writes: list[int] = []
    real = mark_actions.mark_all_read

    def noted(*, marks: dict[tuple[int, int], int]) -> mark_actions.Moved:
        writes.extend(marks.values())
        return real(marks=marks)

    monkeypatch.setattr(mark_actions, "mark_all_read", noted)
    async with site() as here:
        alice, bob = await here.join(cast.alice), await here.join(cast.bob)
        for number in range(10):
            await alice.say(talk.pk, str(number))
        for seq in range(1, 11):
            await bob.ask("chat.read", conversation=talk.pk, seq=seq)
        bobs = str(cast.bob.pk)
        last = (await alice.until("chat.read"))["data"]
        while last["read"][bobs] < 10:
            last = (await alice.until("chat.read"))["data"]
        assert last == {"conversation": talk.pk, "read": {bobs: 10}}, "what is left is bob's alone"
        own = (await bob.until("chat.own_read"))["data"]
        while own["seq"] < 10:
            own = (await bob.until("chat.own_read"))["data"]
        assert own == {"conversation": talk.pk, "seq": 10, "unread": 0}
        assert len(writes) <= 3
        assert writes[-1] == 10
        assert (await later(membership)(talk, cast.bob)).read_seq == 10


async def test_who_reads_their_own_words_delays_nobody_elses_mark(
    cast: Cast, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer.Marks, "EVERY_SECONDS", 600)
    async with site() as here:
        alice, bob = await here.join(cast.alice), await here.join(cast.bob)
        seq = (await alice.say(talk.pk, "hello"))["data"]["seq"]
        await alice.ask("chat.read", conversation=talk.pk, seq=seq)
        await asyncio.sleep(3 * writer.Marks.GATHER_SECONDS)
        await bob.ask("chat.read", conversation=talk.pk, seq=seq)
        assert (await alice.until("chat.read"))["data"]["read"] == {str(cast.bob.pk): seq}
