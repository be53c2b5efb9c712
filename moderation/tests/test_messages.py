"""Reports of messages: by whoever reads them now."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actions import relations
from accounts.tests.factories import Cast, log_in
from chat.actions import changes, groups
from chat.models.messages import Message
from chat.tests.factories import make_group, say
from core import errors
from moderation import actions
from moderation.models import Report

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def test_who_reads_a_message_may_report_it_and_nobody_else(cast: Cast) -> None:
    group = make_group(cast.alice, cast.bob, cast.carol)
    said = Message.objects.get(pk=say(cast.bob, group, "rude").id)
    made = actions.report(actor=cast.carol, kind="message", subject=said.pk, reason="spam")
    assert (made.member, made.copy, made.subject_id) == (cast.bob, "rude", said.pk)
    with pytest.raises(errors.NotAllowed):
        actions.report(actor=cast.bob, kind="message", subject=said.pk, reason="spam")
    for stranger in (cast.dan, cast.mod):
        with pytest.raises(errors.NotFound):
            actions.report(actor=stranger, kind="message", subject=said.pk, reason="spam")
    notice = Message.objects.filter(conversation=group, kind="system").first()
    assert notice is not None
    for absent in (notice.pk, 0, -1, 2**63):
        with pytest.raises(errors.NotFound):
            actions.report(actor=cast.carol, kind="message", subject=absent, reason="spam")


@pytest.mark.parametrize("how", ["block", "leave", "delete", "expire"])
def test_not_what_one_reads_no_more(cast: Cast, how: str) -> None:
    group = make_group(cast.alice, cast.bob, cast.carol)
    ack = say(cast.bob, group, "rude")
    if how == "block":
        relations.block(actor=cast.bob, person=cast.carol.pk)
    elif how == "leave":
        groups.leave(actor=cast.carol, conversation_id=group.pk)
    elif how == "delete":
        changes.delete_message(actor=cast.bob, conversation_id=group.pk, seq=ack.seq)
    else:
        Message.objects.filter(pk=ack.id).update(expires_at=timezone.now())
    with pytest.raises(errors.NotFound):
        actions.report(actor=cast.carol, kind="message", subject=ack.id, reason="spam")


def test_from_what_one_may_do_with_it_to_the_report(cast: Cast, client: Client) -> None:
    group = make_group(cast.alice, cast.bob)
    ack = say(cast.bob, group, "rude")
    log_in(client, cast.alice)
    address = f"/messages/{ack.id}/report/"
    assert address in client.get(f"/chat/{group.pk}/{ack.seq}/").content.decode()
    assert client.get(address).status_code == 200
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "spam"}).status_code == 200
    assert Report.objects.get().kind == "message"
    log_in(client, cast.bob)
    assert address not in client.get(f"/chat/{group.pk}/{ack.seq}/").content.decode()
    assert client.get("/messages/99999/report/").status_code == 404
