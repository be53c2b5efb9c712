"""Groups: who comes in, who goes, who leads; the counts are right, and nobody is left behind with the keys."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models.people import User
from accounts.tests.factories import Cast, make_block, make_follow, make_user
from chat import belongings
from chat.access import conversations as conversation_access
from chat.actions import groups as group_actions
from chat.actions import links as link_actions
from chat.actions import marks as mark_actions
from chat.actions import presence as presence_actions
from chat.actions import requests as request_actions
from chat.models.conversations import Conversation, InviteLink, Membership, Role
from chat.models.messages import Message, MessageKind
from chat.queries import conversations as conversation_queries
from chat.queries import groups as group_queries
from chat.queries import messages as message_queries
from chat.queries import notices as notice_queries
from chat.queries import resume as resume_queries
from chat.tests.factories import make_group, membership, say
from core import errors, prepared
from core.models import Event

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def words(who: User, group: Conversation) -> list[str]:
    """The notices as this member reads them."""
    rows = message_queries.messages(who, group.pk).messages
    notice_queries.tell(rows, who.pk)
    return [row.words for row in rows if row.kind == MessageKind.SYSTEM]  # type: ignore[attr-defined]


def counts(group: Conversation) -> None:
    """What is counted is what is there."""
    group.refresh_from_db()
    rows = Membership.objects.filter(conversation=group)
    assert group.members_count == rows.filter(is_request=False).count()
    assert group.last_seq == Message.objects.filter(conversation=group).count()
    for row in rows.filter(is_request=False):
        others = Message.objects.filter(conversation=group, seq__gt=row.read_seq, kind=MessageKind.TEXT)
        assert row.unread_of(group) == others.exclude(sender=row.user_id).count(), row


def roles(group: Conversation) -> dict[str, str]:
    rows = Membership.objects.filter(conversation=group, is_request=False)
    return dict(rows.values_list("user__handle", "role"))


def test_who_knows_me_is_in_and_others_are_asked(cast: Cast) -> None:
    people = [cast.bob.pk, cast.carol.pk, cast.dan.pk]
    group = group_actions.create_group(actor=cast.alice, name="  Lantern \n walk ", people=people, about="At six")
    assert (group.name, group.about, group.members_count) == ("Lantern walk", "At six", 3)
    assert roles(group) == {"alice": "owner", "bob": "member", "dan": "member"}
    assert membership(group, cast.carol).is_request
    assert [row.conversation for row in conversation_queries.requests(cast.carol).chats] == [group]
    for who, listed in ((cast.bob, True), (cast.carol, False)):
        assert (group in [row.conversation for row in conversation_queries.inbox(who).chats]) == listed
    counts(group)
    assert words(cast.alice, group) == ["You made this group", "You added Bob and Dan"]
    assert words(cast.bob, group)[1] == "Alice added you and Dan"
    request_actions.accept(actor=cast.carol, conversation_id=group.pk)
    request_actions.accept(actor=cast.carol, conversation_id=group.pk)
    assert roles(group)["carol"] == "member"
    assert words(cast.dan, group)[-1] == "Carol joined"
    counts(group)


def test_hidden_and_absent_people_are_not_added_alike(cast: Cast) -> None:
    make_block(cast.bob, cast.carol)
    gone = make_user("gone", is_active=False)
    answers = set()
    for id in (cast.mallory.pk, gone.pk, 999_999, 2**70):
        with pytest.raises(errors.NotFound) as refusal:
            group_actions.create_group(actor=cast.alice, name="x", people=[cast.bob.pk, id])
        answers.add((str(refusal.value.message), refusal.value.field))
    assert len(answers) == 1
    group = make_group(cast.alice, cast.bob)
    with pytest.raises(errors.NotFound):
        group_actions.add_people(actor=cast.bob, conversation_id=group.pk, people=[cast.carol.pk])
    assert roles(group).keys() == {"alice", "bob"}


def test_who_decides_who_may_add_them(cast: Cast) -> None:
    for writers, refused in (("nobody", True), ("known", True), ("everyone", False)):
        presence_actions.change_settings(actor=cast.carol, changes={"writers": writers})
        if refused:
            with pytest.raises(errors.Conflict):
                group_actions.create_group(actor=cast.alice, name="x", people=[cast.carol.pk])
    make_follow(cast.carol, cast.alice)
    presence_actions.change_settings(actor=cast.carol, changes={"writers": "known"})
    group = group_actions.create_group(actor=cast.alice, name="x", people=[cast.carol.pk])
    assert not membership(group, cast.carol).is_request


def test_history_from_before_is_shown_only_where_the_group_wants_it(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob)
    say(cast.alice, group, "before")
    group_actions.add_people(actor=cast.alice, conversation_id=group.pk, people=[cast.dan.pk])
    assert "before" not in [row.text for row in message_queries.messages(cast.dan, group.pk).messages]
    group_actions.change_group(actor=cast.alice, conversation_id=group.pk, shows_history=True)
    make_follow(cast.carol, cast.bob)
    group_actions.add_people(actor=cast.bob, conversation_id=group.pk, people=[cast.carol.pk])
    assert "before" in [row.text for row in message_queries.messages(cast.carol, group.pk).messages]
    assert conversation_queries.chat(cast.carol, group.pk).unread == 0
    counts(group)


def test_notices_are_unread_for_nobody(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob, cast.dan)
    say(cast.alice, group, "one")
    group_actions.change_group(actor=cast.alice, conversation_id=group.pk, name="Other")
    say(cast.alice, group, "two")
    counts(group)
    assert conversation_queries.chat(cast.bob, group.pk).unread == 2
    mark_actions.mark_read(actor=cast.bob, conversation_id=group.pk, seq=group.last_seq - 2)
    counts(group)
    assert conversation_queries.chat(cast.bob, group.pk).unread == 1
    say(cast.bob, group, "three")
    counts(group)


def test_who_leads(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob, cast.dan)
    id = group.pk
    for what in (
        lambda: group_actions.change_group(actor=cast.bob, conversation_id=id, name="Mine"),
        lambda: group_actions.set_picture(actor=cast.bob, conversation_id=id, key=None),
        lambda: group_actions.remove_person(actor=cast.bob, conversation_id=id, person_id=cast.dan.pk),
        lambda: group_actions.change_role(actor=cast.bob, conversation_id=id, person_id=cast.bob.pk, role="owner"),
        lambda: link_actions.make_link(actor=cast.bob, conversation_id=id),
    ):
        with pytest.raises(errors.NotAllowed):
            what()
    with pytest.raises(errors.NotFound):
        group_actions.change_group(actor=cast.carol, conversation_id=id, name="Mine")
    group_actions.change_role(actor=cast.alice, conversation_id=id, person_id=cast.bob.pk, role="admin")
    group_actions.change_group(actor=cast.bob, conversation_id=id, who_adds="admins", who_writes="admins")
    with pytest.raises(errors.NotAllowed):
        group_actions.add_people(actor=cast.dan, conversation_id=id, people=[cast.alice.pk])
    with pytest.raises(errors.NotFound):
        say(cast.dan, group, "may I?")
    say(cast.bob, group, "I may")
    for someone in (cast.alice, cast.bob):
        with pytest.raises((errors.NotAllowed, errors.Conflict)):
            group_actions.remove_person(actor=cast.bob, conversation_id=id, person_id=someone.pk)
    with pytest.raises(errors.Conflict):
        group_actions.change_role(actor=cast.alice, conversation_id=id, person_id=cast.alice.pk, role="member")
    assert words(cast.dan, group)[-2:] == ["Alice made Bob an admin", "Bob changed the settings of the group"]
    for wrong in ({"who_adds": "x"}, {"lifetime": 3}, {"kind": "direct"}, {"name": " "}, {"about": "x" * 301}):
        with pytest.raises(errors.Invalid):
            group_actions.change_group(actor=cast.alice, conversation_id=id, **wrong)


def test_who_is_removed_is_out_at_once_and_no_link_lets_them_in(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob, cast.dan)
    link = link_actions.make_link(actor=cast.alice, conversation_id=group.pk)
    before = conversation_access.audience(group.pk)
    group_actions.remove_person(actor=cast.alice, conversation_id=group.pk, person_id=cast.bob.pk)
    after = conversation_access.audience(group.pk)
    assert before
    assert after
    assert (after[0] > before[0], cast.bob.pk in after[2]) == (True, False)
    assert not prepared.execute(*conversation_access.writers([group.pk], [cast.bob.pk]))
    assert resume_queries.resume(cast.bob, {group.pk: 0}) == {}
    assert Event.objects.filter(name="core.AccessChanged", data__user_id=cast.bob.pk).exists()
    with pytest.raises(errors.NotFound) as shut:
        link_actions.join_by_link(actor=cast.bob, code=link.code)
    with pytest.raises(errors.NotFound) as absent:
        link_actions.join_by_link(actor=cast.bob, code="nothing")
    assert str(shut.value) == str(absent.value)
    with pytest.raises(errors.NotAllowed):
        group_actions.add_people(actor=cast.dan, conversation_id=group.pk, people=[cast.bob.pk])
    group_actions.add_people(actor=cast.alice, conversation_id=group.pk, people=[cast.bob.pk])
    assert roles(group).keys() == {"alice", "bob", "dan"}
    counts(group)


def test_somebody_owns_the_group_until_the_last_leaves(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob, cast.carol, cast.dan)
    group_actions.change_role(actor=cast.alice, conversation_id=group.pk, person_id=cast.dan.pk, role=Role.ADMIN)
    group_actions.leave(actor=cast.alice, conversation_id=group.pk)
    assert roles(group) == {"bob": "member", "carol": "member", "dan": "owner"}  # the admin before the oldest
    assert words(cast.bob, group)[-2:] == ["Alice left", "Now the owner: Dan"]
    counts(group)
    group_actions.leave(actor=cast.dan, conversation_id=group.pk)
    assert roles(group) == {"bob": "owner", "carol": "member"}
    group_actions.leave(actor=cast.carol, conversation_id=group.pk)
    group_actions.add_people(actor=cast.bob, conversation_id=group.pk, people=[cast.mod.pk])  # asked, not in
    group_actions.leave(actor=cast.bob, conversation_id=group.pk)
    assert not Conversation.objects.filter(pk=group.pk).exists()


@pytest.mark.parametrize("end", ["ended", "expired", "used", "never", "deserted"])
def test_links_that_stand_no_more_answer_alike(cast: Cast, end: str) -> None:
    group = make_group(cast.alice)
    link = link_actions.make_link(actor=cast.alice, conversation_id=group.pk, lasts=timedelta(hours=1), most_uses=1)
    assert group_queries.invitation(cast.carol, link.code) == (group, False)
    if end == "ended":
        link_actions.end_link(actor=cast.alice, conversation_id=group.pk, link_id=link.pk)
    elif end == "expired":
        InviteLink.objects.update(expires_at=timezone.now())
    elif end == "used":
        link_actions.join_by_link(actor=cast.dan, code=link.code)
        assert group_queries.links(cast.alice, group.pk) == []
    elif end == "deserted":
        Membership.objects.filter(conversation=group).delete()
    code = "x" * 22 if end == "never" else link.code
    for ask in (group_queries.invitation, lambda who, code: link_actions.join_by_link(actor=who, code=code)):
        with pytest.raises(errors.NotFound) as refusal:
            ask(cast.carol, code)
        assert "does not lead anywhere" in str(refusal.value)


def test_joining_twice_is_one_use_and_one_member(cast: Cast) -> None:
    group = make_group(cast.alice)
    link = link_actions.make_link(actor=cast.alice, conversation_id=group.pk)
    for _twice in range(2):
        assert link_actions.join_by_link(actor=cast.carol, code=link.code) == group
    link.refresh_from_db()
    assert link.uses == 1
    counts(group)
    assert words(cast.alice, group)[-1] == "Carol joined"


def test_a_thousand_at_most(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_actions, "MEMBERS_LIMIT", 3)
    group = make_group(cast.alice, cast.bob)
    group_actions.add_people(actor=cast.alice, conversation_id=group.pk, people=[cast.carol.pk])
    link = link_actions.make_link(actor=cast.alice, conversation_id=group.pk)
    with pytest.raises(errors.Conflict):
        group_actions.add_people(actor=cast.alice, conversation_id=group.pk, people=[cast.dan.pk])
    with pytest.raises(errors.Conflict):
        link_actions.join_by_link(actor=cast.dan, code=link.code)
    with pytest.raises(errors.Conflict):
        group_actions.create_group(actor=cast.alice, name="x", people=[cast.bob.pk, cast.carol.pk, cast.dan.pk])
    link_actions.join_by_link(actor=cast.carol, code=link.code)  # has a place already
    counts(group)


def test_what_changed_comes_with_what_was_missed(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob)
    (missed,) = resume_queries.resume(cast.bob, {group.pk: group.rev}).values()
    assert missed.card is None
    group_actions.change_group(actor=cast.alice, conversation_id=group.pk, name="Other")
    (missed,) = resume_queries.resume(cast.bob, {group.pk: group.rev}).values()
    assert missed.card is not None
    assert missed.card.name == "Other"
    assert [row.kind for row in missed.messages] == ["system"]


def test_when_a_member_is_erased_somebody_owns_the_group(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob, cast.dan)
    alone = make_group(cast.alice)
    group_actions.add_people(actor=cast.alice, conversation_id=alone.pk, people=[cast.carol.pk])  # asked, not in
    link_actions.make_link(actor=cast.alice, conversation_id=group.pk)
    say(cast.alice, group, "hello")
    while belongings.erase_memberships(member=cast.alice, take_messages=False):
        pass
    assert roles(group) == {"bob": "owner", "dan": "member"}
    assert not Conversation.objects.filter(pk=alone.pk).exists()
    assert words(cast.dan, group)[-1] == "Now the owner: Bob"
    counts(group)
