"""What messages carry: who sends what, who sees it and for how long, and that it goes when nothing carries it."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import personal
from accounts.actions import relations
from accounts.models.people import User
from accounts.tests.factories import Cast
from chat import belongings
from chat.access import conversations as conversation_access
from chat.actions import changes as change_actions
from chat.actions import groups as group_actions
from chat.actions import messages as message_actions
from chat.actions import own as own_actions
from chat.actions import purge
from chat.models.conversations import Conversation, Membership
from chat.models.files import FileKind, MessageFile
from chat.models.messages import Message
from chat.queries import conversations as conversation_queries
from chat.queries import files as file_queries
from chat.queries import messages as message_queries
from chat.queries import own as own_queries
from chat.queries import resume as resume_queries
from chat.tests.factories import make_chat, make_group, say
from chat.tests.test_writer import in_threads
from core import errors
from uploads import access as upload_access
from uploads.models import Upload
from uploads.tests.factories import make_upload
from uploads.tests.films import make_sound

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def picture(owner: User, **fields: Any) -> Upload:
    return make_upload(owner, **{"purpose": "message", **fields})


def send(who: User, talk: Conversation, *uploads: Upload, text: str = "", client_id: Any = None) -> message_actions.Ack:
    return message_actions.send_message(
        actor=who,
        conversation_id=talk.pk,
        client_id=client_id or uuid.uuid4(),
        text=text,
        files=[upload.key for upload in uploads],
    )


def sees(who: User | None, upload: Upload) -> bool:
    """Whether the uploads room gives this viewer fresh links."""
    try:
        return upload_access.access_upload(who, upload.key, to="see") == upload
    except errors.NotFound:
        return False


@pytest.fixture
def talk(cast: Cast) -> Conversation:
    return make_chat(cast.alice, cast.bob)


# -- Sending -----------------------------------------------------------------------------------------------------------


def test_a_message_carries_files_in_their_order_and_needs_no_words(cast: Cast, talk: Conversation) -> None:
    shots = [picture(cast.alice) for _turn in range(3)]
    ack = send(cast.alice, talk, shots[2], shots[0], shots[1])
    row = message_queries.message(cast.bob, talk.pk, ack.seq)
    assert [one.upload for one in row.carried] == [shots[2], shots[0], shots[1]]
    assert (row.text, row.files_count) == ("", 3)
    assert {one.kind for one in row.carried} == {FileKind.MEDIA}
    assert all(Upload.objects.get(pk=one.pk).attached_at for one in shots)


def test_the_same_again_answers_the_first_ack_although_its_files_are_taken(cast: Cast, talk: Conversation) -> None:
    shot, name = picture(cast.alice), uuid.uuid4()
    first = send(cast.alice, talk, shot, client_id=name)
    again = send(cast.alice, talk, shot, client_id=name)
    assert (again.id, again.again) == (first.id, True)
    assert MessageFile.objects.count() == 1


def test_twice_in_one_batch_is_one(cast: Cast, talk: Conversation) -> None:
    shot = picture(cast.alice)
    draft = message_actions.Draft(cast.alice.pk, talk.pk, uuid.uuid4(), "", files=(shot.key,))
    first, second = message_actions.send_messages(batch=[draft, draft])
    assert isinstance(first, message_actions.Ack)
    assert isinstance(second, message_actions.Ack)
    assert (first.id, second.again) == (second.id, True)


def test_what_cannot_be_sent_is_refused_and_the_rest_of_the_batch_stands(cast: Cast, talk: Conversation) -> None:
    used, post = picture(cast.alice), make_upload(cast.alice, purpose="post")
    send(cast.alice, talk, used)
    raw = picture(cast.alice, state=Upload.State.RECEIVED, due_at=timezone.now())
    failed = picture(cast.alice, state=Upload.State.FAILED, reason="broken")
    gone = picture(cast.alice, discarded_at=timezone.now())
    good = picture(cast.alice)
    cases: list[tuple[tuple[uuid.UUID, ...], type[errors.SocialError]]] = [
        ((picture(cast.bob).key,), errors.NotFound),
        ((uuid.uuid4(),), errors.NotFound),
        ((post.key,), errors.NotFound),
        ((gone.key,), errors.NotFound),
        ((used.key,), errors.Conflict),
        ((raw.key,), errors.Conflict),
        ((failed.key,), errors.Invalid),
        ((good.key, used.key), errors.Conflict),
        (tuple(picture(cast.alice).key for _turn in range(11)), errors.Invalid),
    ]
    batch = [message_actions.Draft(cast.alice.pk, talk.pk, uuid.uuid4(), "x", files=keys) for keys, _error in cases]
    batch.append(message_actions.Draft(cast.alice.pk, talk.pk, uuid.uuid4(), "", files=(good.key,)))
    *refused, stands = message_actions.send_messages(batch=batch)
    assert [type(one) for one in refused] == [error for _keys, error in cases]
    assert {one.field for one in refused if isinstance(one, errors.SocialError)} == {"files"}
    assert isinstance(stands, message_actions.Ack)
    seqs = list(Message.objects.order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, len(seqs) + 1)), "numbers without holes"
    with pytest.raises(errors.Invalid):
        send(cast.alice, talk)


def test_who_has_not_answered_gets_words_alone(cast: Cast, talk: Conversation) -> None:
    Membership.objects.filter(conversation=talk, user=cast.bob).update(is_request=True)
    shot = picture(cast.alice)
    with pytest.raises(errors.Conflict, match="words alone"):
        send(cast.alice, talk, shot)
    shot.refresh_from_db()
    assert shot.attached_at is None


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_take_one_upload_once(cast: Cast, talk: Conversation) -> None:
    shot = picture(cast.alice)

    def one() -> Any:
        try:
            return send(cast.alice, talk, shot).id
        except errors.Conflict:
            return None

    answers = in_threads(*[one] * 20)
    assert len([id for id in answers if id]) == 1
    assert MessageFile.objects.count() == 1
    assert Conversation.objects.get().last_seq == 1


def test_plain_words_cost_no_query_more(cast: Cast, talk: Conversation) -> None:
    def count(*files: uuid.UUID) -> int:
        draft = message_actions.Draft(cast.alice.pk, talk.pk, uuid.uuid4(), "hello", files=files)
        with CaptureQueriesContext(connection) as made:
            message_actions.send_messages(batch=[draft])
        assert bool(files) == ("chat_messagefile" in str(made.captured_queries))
        return len(made)

    assert count() < count(picture(cast.alice).key)


# -- Seeing ------------------------------------------------------------------------------------------------------------


def test_the_cast(cast: Cast, talk: Conversation) -> None:
    shot = picture(cast.alice)
    send(cast.alice, talk, shot)
    assert {name for name, who in vars(cast).items() if sees(who, shot)} == {"alice", "bob"}
    assert not sees(None, shot)


def clears(cast: Cast, group: Conversation, seq: int) -> None:
    own_actions.clear_conversation(actor=cast.dan, conversation_id=group.pk)


def leaves(cast: Cast, group: Conversation, seq: int) -> None:
    group_actions.leave(actor=cast.dan, conversation_id=group.pk)


def is_removed(cast: Cast, group: Conversation, seq: int) -> None:
    group_actions.remove_person(actor=cast.alice, conversation_id=group.pk, person_id=cast.dan.pk)


def blocks(cast: Cast, group: Conversation, seq: int) -> None:
    relations.block(actor=cast.dan, person=cast.alice.pk)


def is_blocked(cast: Cast, group: Conversation, seq: int) -> None:
    relations.block(actor=cast.alice, person=cast.dan.pk)


def hides(cast: Cast, group: Conversation, seq: int) -> None:
    own_actions.hide_message(actor=cast.dan, conversation_id=group.pk, seq=seq)


def joined_later(cast: Cast, group: Conversation, seq: int) -> None:
    Membership.objects.filter(conversation=group, user=cast.dan).update(joined_seq=seq)


def deletes(cast: Cast, group: Conversation, seq: int) -> None:
    change_actions.delete_message(actor=cast.alice, conversation_id=group.pk, seq=seq)


def ends(cast: Cast, group: Conversation, seq: int) -> None:
    Message.objects.filter(conversation=group, seq=seq).update(expires_at=timezone.now())


@pytest.mark.parametrize(
    "what",
    [clears, leaves, is_removed, blocks, is_blocked, hides, joined_later, deletes, ends],
    ids=lambda one: one.__name__,
)
def test_whoever_sees_the_message_no_more_sees_no_file(cast: Cast, what: Callable[..., None]) -> None:
    group = make_group(cast.alice, cast.dan, cast.bob)
    shot = picture(cast.alice)
    ack = send(cast.alice, group, shot, text="look")
    assert sees(cast.dan, shot)
    assert sees(cast.bob, shot)
    what(cast, group, ack.seq)
    assert not sees(cast.dan, shot)
    assert sees(cast.bob, shot) == (what not in (deletes, ends))
    with pytest.raises(errors.NotFound):
        file_queries.file(cast.dan, group.pk, ack.seq, shot.key)
    if what not in (leaves, is_removed):
        assert file_queries.files(cast.dan, group.pk).rows == []
        rows = message_queries.messages(cast.dan, group.pk).messages
        assert [one for row in rows for one in row.carried] == []


def test_links_of_what_disappears_end_with_it(cast: Cast, talk: Conversation) -> None:
    shot = picture(cast.alice)
    ack = send(cast.alice, talk, shot)
    with time_machine.travel("2026-11-22T10:01:00Z", tick=False):
        Message.objects.update(expires_at=timezone.now() + timedelta(minutes=5))
        [row] = message_queries.message(cast.bob, talk.pk, ack.seq).carried
        assert f"e={int((timezone.now() + timedelta(minutes=5)).timestamp())}&" in row.upload.src


# -- Everywhere messages are shown -------------------------------------------------------------------------------------


def test_every_list_asks_once_for_all_files(cast: Cast, talk: Conversation) -> None:
    def costs(ask: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as made:
            ask()
        return len(made)

    say(cast.alice, talk, "plain")
    own_actions.star_message(actor=cast.bob, conversation_id=talk.pk, seq=1, starred=True)
    change_actions.set_pinned(actor=cast.bob, conversation_id=talk.pk, seq=1, pinned=True)

    def lists() -> dict[str, Callable[[], Any]]:
        return {
            "page": lambda: [r.carried for r in message_queries.messages(cast.bob, talk.pk).messages],
            "resume": lambda: [r.carried for r in resume_queries.resume(cast.bob, {talk.pk: 0})[talk.pk].messages],
            "inbox": lambda: [chat.last and chat.last.carried for chat in conversation_queries.inbox(cast.bob).chats],
            "starred": lambda: [r.carried for r in own_queries.starred(cast.bob).rows],
            "pinned": lambda: [r.carried for r in message_queries.pinned(cast.bob, talk.pk)],
        }

    before = {name: costs(ask) for name, ask in lists().items()}
    for _turn in range(3):
        ack = send(cast.alice, talk, picture(cast.alice), picture(cast.alice))
        own_actions.star_message(actor=cast.bob, conversation_id=talk.pk, seq=ack.seq, starred=True)
        change_actions.set_pinned(actor=cast.bob, conversation_id=talk.pk, seq=ack.seq, pinned=True)
    assert {name: costs(ask) for name, ask in lists().items()} == {name: cost + 1 for name, cost in before.items()}


def test_files_of_a_conversation_in_pages(cast: Cast, talk: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_queries, "PAGE", 3)
    shots = [picture(cast.alice) for _turn in range(7)]
    for shot in shots:
        send(cast.alice, talk, shot)
    voice = make_sound(cast.bob, purpose="voice")
    note = make_sound(cast.bob, purpose="message", name="song.mp3")
    send(cast.bob, talk, voice, note)
    seen, cursor = [], ""
    for _turn in range(5):
        page = file_queries.files(cast.bob, talk.pk, cursor=cursor)
        seen += [row.upload for row in page.rows]
        cursor = page.next
        if not cursor:
            break
    assert seen == shots[::-1]
    assert [row.upload for row in file_queries.files(cast.bob, talk.pk, kind="voice").rows] == [voice]
    assert [row.name for row in file_queries.files(cast.bob, talk.pk, kind="file").rows] == ["song.mp3"]
    with pytest.raises(errors.NotFound):
        file_queries.files(cast.carol, talk.pk)


def test_words_of_what_carries_files_may_be_taken_away(cast: Cast, talk: Conversation) -> None:
    ack = send(cast.alice, talk, picture(cast.alice), text="look")
    row = change_actions.edit_message(actor=cast.alice, conversation_id=talk.pk, seq=ack.seq, text="")
    assert (row.text, len(row.carried)) == ("", 1)
    say(cast.alice, talk, "plain")
    with pytest.raises(errors.Invalid):
        change_actions.edit_message(actor=cast.alice, conversation_id=talk.pk, seq=ack.seq + 1, text="")


# -- Going on, and going -----------------------------------------------------------------------------------------------


def forwarded(cast: Cast, talk: Conversation, shot: Upload) -> tuple[int, int, Conversation]:
    """bob says it again to carol: seq there and here, and there."""
    ack = send(cast.alice, talk, shot, text="look")
    other = make_chat(cast.bob, cast.carol)
    on = message_actions.forward_message(
        actor=cast.bob, conversation_id=talk.pk, seq=ack.seq, to=other.pk, client_id=uuid.uuid4()
    )
    return ack.seq, on.seq, other


def test_forwarding_carries_files_on(cast: Cast, talk: Conversation) -> None:
    shot = picture(cast.alice)
    seq, on, other = forwarded(cast, talk, shot)
    assert sees(cast.carol, shot)
    change_actions.delete_message(actor=cast.alice, conversation_id=talk.pk, seq=seq)
    shot.refresh_from_db()
    assert shot.discarded_at is None
    assert sees(cast.carol, shot)
    assert [one.upload for one in message_queries.message(cast.carol, other.pk, on).carried] == [shot]
    change_actions.delete_message(actor=cast.bob, conversation_id=other.pk, seq=on)
    shot.refresh_from_db()
    assert shot.discarded_at is not None
    assert not sees(cast.carol, shot)


def test_what_was_let_go_meanwhile_is_not_forwarded(cast: Cast, talk: Conversation) -> None:
    shot = picture(cast.alice)
    send(cast.alice, talk, shot)
    Upload.objects.update(discarded_at=timezone.now())
    with pytest.raises(errors.NotFound):
        message_actions.forward_message(
            actor=cast.bob, conversation_id=talk.pk, seq=1, to=talk.pk, client_id=uuid.uuid4()
        )
    assert Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_forwarded_and_deleted_at_once_leaves_no_half(cast: Cast, talk: Conversation) -> None:
    other = make_chat(cast.bob, cast.carol)
    for _turn in range(6):
        shot = picture(cast.alice)
        ack = send(cast.alice, talk, shot)

        def forward(seq: int = ack.seq) -> Any:
            try:
                return message_actions.forward_message(
                    actor=cast.bob, conversation_id=talk.pk, seq=seq, to=other.pk, client_id=uuid.uuid4()
                )
            except errors.NotFound:
                return None

        def delete(seq: int = ack.seq) -> Any:
            return change_actions.delete_message(actor=cast.alice, conversation_id=talk.pk, seq=seq)

        on, _gone = in_threads(forward, delete)
        shot.refresh_from_db()
        assert (shot.discarded_at is None) == (on is not None)
        assert MessageFile.objects.filter(upload=shot).count() == (1 if on else 0)


def test_what_goes_while_it_is_read_is_not_forwarded_by_halves(
    cast: Cast, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_chat(cast.bob, cast.carol)
    ack = send(cast.alice, talk, picture(cast.alice), text="Look")
    read, gone = conversation_access.access_message, []

    def then_deleted(*asked: Any) -> Message:
        message = read(*asked)
        if not gone:
            gone.append(asked)
            change_actions.delete_message(actor=cast.alice, conversation_id=talk.pk, seq=ack.seq)
        return message

    monkeypatch.setattr(conversation_access, "access_message", then_deleted)
    with pytest.raises(errors.NotFound):
        message_actions.forward_message(
            actor=cast.bob, conversation_id=talk.pk, seq=ack.seq, to=other.pk, client_id=uuid.uuid4()
        )
    assert not Message.objects.filter(conversation=other).exists()


def test_what_disappears_takes_its_files_along(cast: Cast, talk: Conversation) -> None:
    shots = [picture(cast.alice) for _turn in range(3)]
    for shot in shots:
        send(cast.alice, talk, shot)
    Message.objects.filter(seq__lte=2).update(expires_at=timezone.now())
    assert purge.purge_disappeared() == 2
    assert MessageFile.objects.count() == 1
    assert [one.discarded_at is None for one in Upload.objects.order_by("pk")] == [False, False, True]


def erase(who: User, *, take_messages: bool) -> None:
    for table in personal.tables:
        if table.erase is not None and table.model._meta.app_label in ("uploads", "chat"):
            while table.erase(member=who, take_messages=take_messages):
                pass
    User.objects.filter(pk=who.pk).delete()


def test_who_leaves_takes_files_with_their_words(cast: Cast, talk: Conversation) -> None:
    kept, passed_on, unused = picture(cast.alice), picture(cast.alice), picture(cast.alice)
    ack = send(cast.alice, talk, kept)
    _seq, on, other = forwarded(cast, talk, passed_on)
    erase(cast.alice, take_messages=True)
    row = message_queries.message(cast.bob, talk.pk, ack.seq)
    assert (row.carried, row.files_count) == ([], 0)
    assert list(Upload.objects.all()) == [passed_on]
    assert [one.upload.owner for one in message_queries.message(cast.carol, other.pk, on).carried] == [None]
    assert not Upload.objects.filter(pk=unused.pk).exists()


def test_files_stay_with_the_words_that_stay(cast: Cast, talk: Conversation) -> None:
    shot = picture(cast.alice)
    ack = send(cast.alice, talk, shot)
    erase(cast.alice, take_messages=False)
    assert [one.upload for one in message_queries.message(cast.bob, talk.pk, ack.seq).carried] == [shot]
    assert sees(cast.bob, shot)
    erase(cast.bob, take_messages=False)
    assert MessageFile.objects.count() == 0
    assert Upload.objects.get().discarded_at is not None


def test_the_export_names_files_and_brings_ones_own(cast: Cast, talk: Conversation) -> None:
    shot = picture(cast.alice)
    paper = picture(cast.bob, medium="file", name="map.txt", renditions={"file": {"w": 0, "h": 0, "bytes": 9}})
    send(cast.alice, talk, shot)
    send(cast.bob, talk, paper)
    [mine], [theirs] = [row["files"] for row in belongings.messages(cast.alice)]
    assert mine == {"kind": "media", "name": "", "alt": "", "file": f"media/{shot.file_name}"}
    assert theirs == {"kind": "file", "name": "map.txt", "alt": "", "file": None}


def test_a_group_that_ends_takes_its_files_along(cast: Cast) -> None:
    group = make_group(cast.alice, cast.dan)
    shot = picture(cast.alice)
    send(cast.alice, group, shot)
    for who in (cast.dan, cast.alice):
        group_actions.leave(actor=who, conversation_id=group.pk)
    assert not Conversation.objects.exists()
    assert Upload.objects.get().discarded_at is not None
