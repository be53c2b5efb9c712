"""What staff see of messages in the admin: that there is something, never what was said, starred or chosen."""

import pytest
from django.test import Client

from accounts.models.people import User
from accounts.tests.factories import Cast
from chat.actions import own, polls, reactions
from chat.models.files import MessageFile
from chat.models.messages import MessageMark
from chat.models.polls import Vote
from chat.tests.factories import make_chat, say
from chat.tests.test_files import picture, send
from chat.tests.test_polls import CHOICES, ask

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def staff(cast: Cast) -> Client:
    User.objects.filter(pk=cast.mod.pk).update(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(User.objects.get(pk=cast.mod.pk))
    return client


def test_files_votes_and_reactions_are_listed_and_stay_as_they_are(cast: Cast, staff: Client) -> None:
    talk = make_chat(cast.alice, cast.bob)
    send(cast.alice, talk, picture(cast.alice), text="a secret")
    starred = say(cast.alice, talk, "another secret")
    own.star_message(actor=cast.bob, conversation_id=talk.pk, seq=starred.seq, starred=True)
    reactions.react(actor=cast.bob, conversation_id=talk.pk, seq=1, kind="like")
    seq = ask(cast.alice, talk, is_anonymous=True)
    polls.vote(actor=cast.bob, conversation_id=talk.pk, seq=seq, choices=[1])
    rows = {"messagefile": MessageFile, "messagemark": MessageMark, "vote": Vote}
    for name, model in rows.items():
        kept = list(model.objects.order_by("pk").values())
        row = model.objects.exclude(reaction="").get() if model is MessageMark else model.objects.get()
        pages = [staff.get(f"/admin/chat/{name}/"), staff.get(f"/admin/chat/{name}/{row.pk}/change/")]
        for page in pages:
            assert page.status_code == 200, name
            words = page.content.decode()
            assert not any(said in words for said in ("secret", "chosen", "starred", *CHOICES)), name
        assert f"of {talk.pk}" in pages[0].content.decode()
        assert staff.get(f"/admin/chat/{name}/add/").status_code == 403
        for tail in ("change", "delete"):
            assert staff.post(f"/admin/chat/{name}/{row.pk}/{tail}/", {"post": "yes"}).status_code == 403
        assert list(model.objects.order_by("pk").values()) == kept
    [star] = MessageMark.objects.filter(reaction="", starred_at__isnull=False)
    assert staff.get(f"/admin/chat/messagemark/{star.pk}/change/").status_code == 302, "what one stars is one's own"
    found = staff.get("/admin/chat/vote/?q=bob").content.decode()
    assert f"message {seq} of {talk.pk}" in found
