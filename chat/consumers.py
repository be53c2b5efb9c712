"""Frames of the chat: send, react, vote, catch up, resume, read, typing, who is here. Ids are the client's; access
resolves them."""

from collections.abc import Callable, Mapping
from typing import Any

from accounts.models.people import User
from chat import arrivals, frames, presence, writer
from chat import realtime as chat_realtime
from chat.actions import messages as message_actions
from chat.actions import own as own_actions
from chat.actions import polls as poll_actions
from chat.actions import reactions as reaction_actions
from chat.queries import own as own_queries
from chat.queries import resume as resume_queries
from chat.serializers import messages as message_serializers
from chat.serializers import own as own_serializers
from core import errors, limits, scopes, threads
from core.consumers import Frame, Socket, frame
from core.frames import Nothing


@frame(frames.Send, scope=scopes.CHAT_WRITE)
async def send(socket: Socket, asked: Frame[frames.Send]) -> None:
    if not writer.allowance.take(socket.user_id):
        raise errors.TooMany(retry_after=1)

    def done(outcome: message_actions.Outcome) -> None:
        if isinstance(outcome, message_actions.Ack):
            socket.reply(asked.id, message_serializers.sent(outcome))
        else:
            assert isinstance(outcome, errors.SocialError)
            socket.refuse(asked.id, outcome)

    given = asked.data
    draft = message_actions.Draft(
        sender_id=socket.user_id,
        conversation_id=given.conversation,
        client_id=given.client_id,
        text=given.text,
        reply_seq=given.reply or None,
        files=tuple(given.files),
        sticker=given.sticker or "",
    )
    writer.writer.put(draft, done)


@frame(frames.CatchUp, scope=scopes.CHAT_READ)
async def catch_up(socket: Socket, asked: Frame[frames.CatchUp]) -> frames.Missed:
    id = asked.data.conversation
    found = await threads.run(missed, socket.user_id, {id: asked.data.after})
    if id not in found:
        raise errors.NotFound
    return found[id]


@frame(frames.Resume, scope=scopes.CHAT_READ)
async def resume(socket: Socket, asked: Frame[frames.Resume]) -> frames.MissedByConversation:
    return frames.MissedByConversation(await threads.run(missed, socket.user_id, asked.data.conversations))


def missed(user_id: int, wanted: Mapping[int, int]) -> dict[int, frames.Missed]:
    """In a thread as a whole: a sticker may have to be looked up."""
    found = resume_queries.resume(User(pk=user_id), wanted)
    return {id: message_serializers.missed(one) for id, one in found.items()}


@frame(frames.OwnSince, scope=scopes.CHAT_READ)
async def own_since(socket: Socket, asked: Frame[frames.OwnSince]) -> frames.OwnChanges:
    found = await threads.run(own_queries.own_since, User(pk=socket.user_id), asked.data.after)
    return own_serializers.changes(found)


@frame(frames.Draft, scope=scopes.CHAT_WRITE)
async def draft(socket: Socket, asked: Frame[frames.Draft]) -> Nothing:
    given = asked.data
    member = User(pk=socket.user_id)
    await threads.run(own_actions.keep_draft, actor=member, conversation_id=given.conversation, text=given.text)
    return Nothing()


@frame(frames.React, scope=scopes.CHAT_WRITE)
async def react(socket: Socket, asked: Frame[frames.React]) -> Nothing:
    await threads.run(answer, socket, reaction_actions.react, asked.data, kind=asked.data.kind)
    return Nothing()


@frame(frames.Vote, scope=scopes.CHAT_WRITE)
async def vote(socket: Socket, asked: Frame[frames.Vote]) -> Nothing:
    await threads.run(answer, socket, poll_actions.vote, asked.data, choices=asked.data.choices)
    return Nothing()


def answer(socket: Socket, action: Callable[..., Any], given: frames.React | frames.Vote, **said: Any) -> None:
    """Reacts or votes once more."""
    limits.check(reaction_actions.ANSWERING, socket.user_id)
    action(actor=User(pk=socket.user_id), conversation_id=given.conversation, seq=given.seq, **said)


@frame(frames.Read, scope=scopes.CHAT_WRITE)
async def read(socket: Socket, asked: Frame[frames.Read]) -> Nothing:
    writer.marks.put(socket.user_id, asked.data.conversation, asked.data.seq)
    return Nothing()


@frame(frames.Delivered, scope=scopes.CHAT_WRITE)
async def delivered(socket: Socket, asked: Frame[frames.Delivered]) -> Nothing:
    arrivals.arrivals.put(socket.user_id, asked.data.conversations)
    return Nothing()


@frame(frames.PresenceWatch, scope=scopes.CHAT_READ)
async def watch(socket: Socket, asked: Frame[frames.PresenceWatch]) -> frames.PresenceList:
    return frames.PresenceList(await presence.here.watch(socket, asked.data.people))


@frame(frames.Idle, scope=scopes.CHAT_READ)
async def idle(socket: Socket, asked: Frame[frames.Idle]) -> Nothing:
    presence.here.set_idle(socket, idle=asked.data.idle)
    return Nothing()


@frame(frames.Typing, scope=scopes.CHAT_WRITE)
async def typing(socket: Socket, asked: Frame[frames.Typing]) -> Nothing:
    """The database hears of it only when this process does not know the members."""
    id = asked.data.conversation
    if chat_realtime.typing.may_say(socket.user_id, id):
        audience = await chat_realtime.audiences.of(id)
        if audience is not None and socket.user_id in audience.members:
            chat_realtime.push_typing(id, audience.version, socket.user_id)
    return Nothing()
