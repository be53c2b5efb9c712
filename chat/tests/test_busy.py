"""The site is too full for one message more: the sender hears so, with when to try again, and nothing is lost."""

import uuid
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from accounts.tests.factories import Cast
from chat import writer
from chat.actions import messages as message_actions
from chat.models.messages import Message
from chat.tests.factories import make_chat
from chat.tests.sockets import site
from core import errors

later = sync_to_async


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("why", ["full", "down"])
async def test_the_socket_says_busy_and_takes_it_afterwards(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    async with site() as here:
        talk = await later(make_chat)(cast.alice, cast.bob)
        alice = await here.join(cast.alice)
        name = str(uuid.uuid4())
        with monkeypatch.context() as trouble:
            if why == "full":
                trouble.setattr(writer, "QUEUE_LIMIT", 0)
            else:
                trouble.setattr(writer.writer, "down", True)
            refused = await alice.say(talk.pk, "not yet", name)
        assert (refused["type"], refused["status"], refused["code"]) == ("error", 503, "busy")
        assert refused["retry_after"] >= 1
        assert "try again" in refused["detail"]
        assert (await alice.ask("ping"))["type"] == "ack", "everything else goes on"
        assert not await Message.objects.aexists()
        stands = await alice.say(talk.pk, "not yet", name)
        assert (stands["type"], stands["data"]["seq"], stands["data"]["again"]) == ("ack", 1, False)


@pytest.mark.django_db
def test_the_api_waits_in_no_queue_and_says_the_same_where_it_is_busy(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = make_chat(cast.alice, cast.bob)
    client = Client()
    client.force_login(cast.alice)
    given = {"client_id": str(uuid.uuid4()), "text": "hello"}

    def send() -> Any:
        return client.post(f"/api/v1/conversations/{talk.pk}/messages", given, content_type="application/json")

    def is_full(**_given: object) -> None:
        raise errors.Busy

    monkeypatch.setattr(writer, "QUEUE_LIMIT", 0)
    with monkeypatch.context() as trouble:
        trouble.setattr(message_actions, "send_messages", is_full)
        refused = send()
    assert (refused.status_code, refused["Retry-After"]) == (503, "1")
    assert (refused.json()["type"], refused.json()["retry_after"]) == ("/problems/busy", 1)
    assert send().status_code == 201, "a full queue of the socket keeps nobody from the API"
