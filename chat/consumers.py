"""Frames of the chat: send, catch up, resume, read, typing. Every id comes from a client and is resolved by access."""

from accounts.models.people import User
from chat import frames, writer
from chat import realtime as chat_realtime
from chat.actions import messages as message_actions
from chat.actions import own as own_actions
from chat.queries import own as own_queries
from chat.queries import resume as resume_queries
from chat.serializers import messages as message_serializers
from chat.serializers import own as own_serializers
from core import errors, scopes, threads
from core.consumers import Frame, Socket, frame
from core.frames import Nothing


@frame(frames.Send, scope=scopes.CHAT_WRITE)
async def send(socket: Socket, asked: Frame[frames.Send]) -> None:
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
    )
    writer.writer.put(draft, done)


@frame(frames.CatchUp, scope=scopes.CHAT_READ)
async def catch_up(socket: Socket, asked: Frame[frames.CatchUp]) -> frames.Missed:
    id = asked.data.conversation
    found = await threads.run(resume_queries.resume, User(pk=socket.user_id), {id: asked.data.after})
    if id not in found:
        raise errors.NotFound
    return message_serializers.missed(found[id])


@frame(frames.Resume, scope=scopes.CHAT_READ)
async def resume(socket: Socket, asked: Frame[frames.Resume]) -> frames.MissedByConversation:
    found = await threads.run(resume_queries.resume, User(pk=socket.user_id), asked.data.conversations)
    return frames.MissedByConversation({id: message_serializers.missed(missed) for id, missed in found.items()})


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


@frame(frames.Read, scope=scopes.CHAT_WRITE)
async def read(socket: Socket, asked: Frame[frames.Read]) -> Nothing:
    writer.marks.put(socket.user_id, asked.data.conversation, asked.data.seq)
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
