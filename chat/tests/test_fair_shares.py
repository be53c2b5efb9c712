"""What one member or one socket does with the writer costs no other. Without a database."""

import asyncio
import uuid

import pytest

from chat import writer
from chat.actions import messages as message_actions
from core import errors


def test_a_members_allowance_comes_back_and_is_remembered_of_those_who_sent_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [1000.0]
    monkeypatch.setattr(writer.time, "monotonic", lambda: now[0])
    allowance = writer.Allowance()
    assert [allowance.take(1) for _turn in range(125)] == [True] * 120 + [False] * 5
    assert allowance.take(2)
    now[0] += 0.5
    assert [allowance.take(1) for _turn in range(12)] == [True] * 10 + [False] * 2
    now[0] += 3600
    assert sum(allowance.take(1) for _turn in range(200)) == 120
    monkeypatch.setattr(allowance, "MEMBERS", 50)
    for member in range(100, 200):
        allowance.take(member)
    assert set(allowance.left) == set(range(150, 200))


def test_who_takes_no_answer_costs_the_others_of_that_wake_up_nothing() -> None:
    given = message_actions.Draft(sender_id=1, conversation_id=1, client_id=str(uuid.uuid4()), text="hello")

    def breaks(_outcome: message_actions.Outcome) -> None:
        raise ZeroDivisionError

    async def scene() -> None:
        answered: asyncio.Future[message_actions.Outcome] = asyncio.get_running_loop().create_future()
        pending = [writer.Pending(given, done, answered.get_loop()) for done in (breaks, answered.set_result)]
        writer.tell([(each, errors.Busy()) for each in pending])
        assert isinstance(await asyncio.wait_for(answered, 5), errors.Busy)

    asyncio.run(scene())
