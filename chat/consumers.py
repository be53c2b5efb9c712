"""Frames of the chat: send, resume, read, typing. Every id comes from a client and is resolved by access."""

import uuid
from typing import Any

from accounts.models.people import User
from chat import actions, queries, serializers, writer
from chat import realtime as chat_realtime
from core import errors, scopes, threads
from core.consumers import Frame, Socket, frame


@frame("chat.send", scope=scopes.CHAT_WRITE)
async def send(socket: Socket, asked: Frame) -> None:
    """{conversation, client_id, text} -> {id, seq, rev, created_at, again}, once the message is stored."""

    def done(outcome: actions.Outcome) -> None:
        if isinstance(outcome, actions.Ack):
            socket.reply(asked.id, serializers.ack(outcome))
        else:
            assert isinstance(outcome, errors.SocialError)
            socket.refuse(asked.id, outcome)

    draft = actions.Draft(
        sender_id=socket.user_id,
        conversation_id=number(asked, "conversation"),
        client_id=identity(asked),
        text=words(asked),
    )
    writer.writer.put(draft, done)


@frame("chat.resume", scope=scopes.CHAT_READ)
async def resume(socket: Socket, asked: Frame) -> dict[str, Any]:
    """{conversations: {id: last rev}} -> the same with what came after; {conversation, after} for one, whose absence is
    an error."""
    if "conversation" in asked.data:
        id = number(asked, "conversation")
        found = await threads.run(queries.resume, User(pk=socket.user_id), {id: number(asked, "after")})
        if id not in found:
            raise errors.NotFound
        return serializers.missed(found[id])
    given = asked.data.get("conversations")
    if not isinstance(given, dict) or len(given) > queries.RESUME_CONVERSATIONS:
        raise errors.Invalid("An object of at most 100 conversations and the last rev you have.", field="conversations")
    if not all(id.isdecimal() and len(id) < 19 and whole(rev) for id, rev in given.items()):
        raise errors.Invalid("Ids and revs are numbers.", field="conversations")
    wanted = {int(id): rev for id, rev in given.items()}
    found = await threads.run(queries.resume, User(pk=socket.user_id), wanted)
    return {"conversations": {str(id): serializers.missed(missed) for id, missed in found.items()}}


@frame("chat.read", scope=scopes.CHAT_WRITE)
async def read(socket: Socket, asked: Frame) -> dict[str, Any]:
    """{conversation, seq}: read up to here. Kept as the latest state; a foreign conversation is simply not marked."""
    writer.marks.put(socket.user_id, number(asked, "conversation"), number(asked, "seq"))
    return {}


@frame("chat.typing", scope=scopes.CHAT_WRITE)
async def typing(socket: Socket, asked: Frame) -> dict[str, Any]:
    """{conversation}: from hub to hub. The database hears of it only when this process does not know the members."""
    id = number(asked, "conversation")
    if chat_realtime.typing.may_say(socket.user_id, id):
        audience = await chat_realtime.audiences.of(id)
        if audience is not None and socket.user_id in audience.members:
            chat_realtime.push_typing(id, audience.version, socket.user_id)
    return {}


# -- What clients send ------------------------------------------------------------------------------------------------


def whole(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**63


def number(asked: Frame, name: str) -> int:
    value = asked.data.get(name)
    if not whole(value):
        raise errors.Invalid("That has to be a whole number.", field=name)
    return int(value)  # type: ignore[arg-type]


def words(asked: Frame) -> str:
    value = asked.data.get("text")
    if not isinstance(value, str):
        raise errors.Invalid("That has to be a text.", field="text")
    return value


def identity(asked: Frame) -> uuid.UUID:
    value = asked.data.get("client_id")
    try:
        return uuid.UUID(value if isinstance(value, str) and len(value) <= 45 else "")
    except ValueError:
        raise errors.Invalid("A client_id is a UUID of your own, fresh for each message.", field="client_id") from None
