"""Sockets that are open while something is taken from their member, and ids that a client makes up."""

import uuid
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from asgiref.sync import sync_to_async
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.actions import life, logins
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.realtime import access_changed
from accounts.tests.factories import Cast
from chat import consumers  # noqa: F401  its frames
from chat.models.conversations import Conversation, Membership
from chat.tests.factories import make_chat, make_group, say
from chat.tests.sockets import Line, site
from core import frames

pytestmark = pytest.mark.django_db(transaction=True)
later = sync_to_async


def suspend(who: User) -> None:
    with transaction.atomic():
        User.objects.filter(pk=who.pk).update(suspended_until=timezone.now() + timedelta(days=1))
        access_changed(who.pk)


def log_out(who: User) -> None:
    client = Client()
    client.cookies["session"] = Device.objects.get(user=who).session_key
    assert client.post("/logout/").status_code == 302


LOSSES = {
    "logged out": log_out,
    "device revoked": lambda who: logins.end_device(actor=who, device_id=Device.objects.get(user=who).pk),
    "logged out everywhere": lambda who: logins.end_devices(actor=who),
    "suspended": suspend,
    "deactivated": lambda who: life.deactivate(actor=who),
}


@pytest.mark.parametrize("how", LOSSES)
async def test_a_login_that_ends_takes_its_sockets_along(cast: Cast, how: str) -> None:
    async with site() as here:
        group = await later(make_group)(cast.alice, cast.bob, cast.carol)
        bob, carol = await here.join(cast.bob), await here.join(cast.carol)
        await carol.ask("presence.watch", people=[cast.bob.pk])
        await later(LOSSES[how])(cast.bob)
        assert (await until_closed(bob))["code"] == 4401
        here.lines.remove(bob)
        await later(say)(cast.alice, group, "without him")
        await carol.until("chat.message")
        if how in {"suspended", "deactivated"}:
            assert (await carol.ask("presence.watch", people=[cast.bob.pk]))["data"]["people"] == []


async def until_closed(line: Line) -> dict[str, Any]:
    while (frame := await line.hear())["type"] != "closed":
        assert frame["type"] != "chat.message"
    return frame


# -- Ids that a client makes up ----------------------------------------------------------------------------------------

ABOUT = {"conversation", "conversations"}
FILLINGS: list[Any] = [1, "x", True, [1], {}]


def named(id: int) -> dict[str, dict[str, Any]]:
    """Every frame that is about conversations, about this one."""
    made = {}
    for kind, schema in frames.asked.items():
        columns = {field.encode_name: field for field in msgspec.structs.fields(schema)}
        if not columns.keys() & ABOUT:
            continue
        data: dict[str, Any] = {}
        for name, field in columns.items():
            if name == "conversation":
                data[name] = id
            elif name == "conversations":
                data[name] = {str(id): 1}
            elif field.required:
                data[name] = next(value for value in [str(uuid.uuid4()), *FILLINGS] if fits(value, field.type))
        made[kind] = data
    return made


def fits(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


async def test_a_foreign_conversation_is_as_an_absent_one_in_every_frame(cast: Cast) -> None:
    def state(talk: Conversation) -> Any:
        talk.refresh_from_db()
        return talk.last_seq, talk.rev, list(Membership.objects.order_by("pk").values())

    async with site() as here:
        talk = await later(make_chat)(cast.alice, cast.bob, "for two")
        carol, alice = await here.join(cast.carol), await here.join(cast.alice)
        before = await later(state)(talk)
        assert len(named(1)) > 5
        for kind, data in named(talk.pk).items():
            answers = []
            for id in (talk.pk, 10**6):
                about = {"conversation": id} if "conversation" in data else {"conversations": {str(id): 1}}
                answers.append({**await carol.ask(kind, **data | about), "re": 0})
            assert answers[0] == answers[1], kind
        assert await alice.quiet() == []
        assert await later(state)(talk) == before
