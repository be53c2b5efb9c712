"""Groups under many hands at once: counts stay right, somebody owns the group, the last use is one."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models.people import User
from accounts.tests.factories import Cast, make_follow, make_user
from chat.actions import groups as group_actions
from chat.actions import links as link_actions
from chat.actions import requests as request_actions
from chat.models.conversations import Conversation, InviteLink, Membership, Role
from chat.models.messages import Message, MessageKind
from chat.tests.factories import make_group, say
from chat.tests.test_writer import in_threads
from core import errors

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


def gently(work: Callable[..., Any], **given: Any) -> Callable[[], Any]:
    """What is refused is an answer, and not a failure."""

    def run() -> Any:
        try:
            return work(**given) or True
        except errors.SocialError as refusal:
            return type(refusal)

    return run


def counts(group: Conversation) -> None:
    group.refresh_from_db()
    rows = Membership.objects.filter(conversation=group)
    assert group.members_count == rows.filter(is_request=False).count()
    seqs = list(Message.objects.filter(conversation=group).order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, group.last_seq + 1))
    assert group.rev == len(set(Message.objects.filter(conversation=group).values_list("rev", flat=True)))
    for row in rows.filter(is_request=False):
        said = Message.objects.filter(conversation=group, seq__gt=row.read_seq, kind=MessageKind.TEXT)
        assert row.unread_of(group) == said.exclude(sender=row.user_id).count()


def test_the_last_use_of_a_link_is_one_use(cast: Cast) -> None:
    group = make_group(cast.alice)
    link = link_actions.make_link(actor=cast.alice, conversation_id=group.pk, most_uses=1)
    people = [make_user() for _turn in range(20)]
    answers = in_threads(*(gently(link_actions.join_by_link, actor=who, code=link.code) for who in people))
    assert sum(isinstance(one, Conversation) for one in answers) == 1
    assert sum(one is errors.NotFound for one in answers) == 19
    assert InviteLink.objects.get().uses == 1
    assert Membership.objects.count() == 2
    counts(group)


def test_one_who_presses_join_many_times_is_one_member(cast: Cast) -> None:
    group = make_group(cast.alice)
    link = link_actions.make_link(actor=cast.alice, conversation_id=group.pk)
    in_threads(*(gently(link_actions.join_by_link, actor=cast.carol, code=link.code) for _turn in range(8)))
    assert InviteLink.objects.get().uses == 1
    counts(group)


def test_added_removed_leaving_and_speaking_at_once_the_count_is_right(cast: Cast) -> None:
    people = [make_user() for _turn in range(6)]
    for person in people[:3]:
        make_follow(person, cast.alice)
    group = make_group(cast.alice, cast.bob, cast.dan, *people[4:])
    id = group.pk
    works = [
        *(gently(group_actions.add_people, actor=cast.alice, conversation_id=id, people=[one.pk]) for one in people),
        *(gently(group_actions.add_people, actor=cast.bob, conversation_id=id, people=[people[0].pk]) for _ in "ab"),
        gently(group_actions.remove_person, actor=cast.alice, conversation_id=id, person_id=cast.dan.pk),
        gently(group_actions.remove_person, actor=cast.alice, conversation_id=id, person_id=people[5].pk),
        gently(group_actions.leave, actor=people[4], conversation_id=id),
        gently(group_actions.leave, actor=cast.dan, conversation_id=id),
        gently(request_actions.accept, actor=people[3], conversation_id=id),
        gently(say, who=cast.bob, conversation=group),
        gently(say, who=cast.dan, conversation=group),
        gently(group_actions.change_group, actor=cast.alice, conversation_id=id, name="Other"),
    ]
    in_threads(*works)
    counts(group)
    left = set(Membership.objects.filter(conversation=group).values_list("user_id", flat=True))
    assert cast.dan.pk not in left
    assert {cast.alice.pk, cast.bob.pk, people[0].pk} <= left


def test_two_owners_who_leave_at_once_leave_an_owner(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob, cast.dan)
    group_actions.change_role(actor=cast.alice, conversation_id=group.pk, person_id=cast.bob.pk, role=Role.OWNER)

    def leaves(who: User) -> Callable[[], Any]:
        return gently(group_actions.leave, actor=who, conversation_id=group.pk)

    in_threads(leaves(cast.alice), leaves(cast.bob))
    assert list(Membership.objects.values_list("user", "role")) == [(cast.dan.pk, Role.OWNER)]
    counts(group)
    in_threads(leaves(cast.dan), gently(say, who=cast.dan, conversation=group))
    assert not Conversation.objects.exists()


def test_two_owners_who_demote_each_other_leave_an_owner(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob)
    group_actions.change_role(actor=cast.alice, conversation_id=group.pk, person_id=cast.bob.pk, role=Role.OWNER)
    pairs = ((cast.alice, cast.bob), (cast.bob, cast.alice))
    change = group_actions.change_role
    in_threads(
        *(gently(change, actor=one, conversation_id=group.pk, person_id=two.pk, role="member") for one, two in pairs)
    )
    assert Membership.objects.filter(role=Role.OWNER).count() == 1
    counts(group)
