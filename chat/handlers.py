"""Facts that change what is found."""

from chat.actions import words as word_actions
from chat.events import MessageChanged, MessagesSent
from core import outbox


@outbox.subscribes(MessagesSent, MessageChanged, name="chat-words", many=True)
def index(facts: list[MessagesSent | MessageChanged]) -> None:
    word_actions.index_messages(spans={_span(fact) for fact in facts})


def _span(fact: MessagesSent | MessageChanged) -> tuple[int, int, int]:
    if isinstance(fact, MessageChanged):
        return fact.conversation_id, fact.seq, fact.seq
    return fact.conversation_id, fact.first_seq, fact.last_seq
