"""The chat's pages, as one uses them without script."""

import re
import uuid

import pytest
from django.test import Client

from accounts.actions import relations
from accounts.models.people import User
from accounts.tests.factories import Cast
from chat.actions import marks as mark_actions
from chat.models.conversations import Conversation
from chat.models.messages import Message
from chat.templatetags.chat import linked
from chat.tests.factories import make_chat, membership, say

pytestmark = pytest.mark.django_db


def as_(who: User) -> Client:
    client = Client()
    client.force_login(who)
    return client


def form_of(page: str) -> dict[str, str]:
    found = re.search(r'name="client_id" value="([^"]+)"', page)
    assert found
    return {"client_id": found[1]}


def test_two_meet_and_talk_by_plain_forms(cast: Cast) -> None:
    alice, bob = as_(cast.alice), as_(cast.bob)
    assert "No conversations yet" in alice.get("/chat/").content.decode()
    page = alice.get("/chat/with/bob/").content.decode()
    assert "Nothing was said here yet" in page
    assert not Conversation.objects.exists()
    answer = alice.post("/chat/with/bob/", {**form_of(page), "text": "hello <b>bob</b> https://example.org/a."})
    talk = Conversation.objects.get()
    assert answer["Location"] == f"/chat/{talk.pk}/#end"
    inbox = bob.get("/chat/").content.decode()
    assert "hello &lt;b&gt;bob&lt;/b&gt;" in inbox
    assert 'data-unread="1"' in inbox
    page = bob.get(f"/chat/{talk.pk}/").content.decode()
    assert "1 new message" in page
    assert '<a href="https://example.org/a" rel="nofollow noopener ugc" target="_blank">' in page
    assert 'data-unread="1"' not in bob.get("/chat/").content.decode()
    form = {**form_of(page), "text": "hello alice"}
    for _twice in range(2):
        assert bob.post(f"/chat/{talk.pk}/", form).status_code == 302
    assert Message.objects.count() == 2
    assert alice.get("/chat/with/bob/")["Location"] == f"/chat/{talk.pk}/"


def test_what_is_wrong_keeps_what_was_written(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob)
    answer = as_(cast.alice).post(f"/chat/{talk.pk}/", {"client_id": str(uuid.uuid4()), "text": "x" * 5001})
    assert answer.status_code == 422
    assert "x" * 5001 in answer.content.decode()
    assert as_(cast.alice).post("/chat/with/bob/", {"client_id": "x", "text": "hello"}).status_code == 422
    assert not Message.objects.exists()


def test_pages_of_others_are_not_there(cast: Cast, client: Client) -> None:
    talk = make_chat(cast.alice, cast.bob, "hello")
    carol, form = as_(cast.carol), {"client_id": str(uuid.uuid4()), "text": "x"}
    for path in (f"/chat/{talk.pk}/", "/chat/1000000/", f"/chat/{10**30}/"):
        assert carol.get(path).status_code == 404
        assert carol.post(path, form).status_code == 404
    assert as_(cast.mallory).get("/chat/with/alice/").status_code == 404
    assert as_(cast.mallory).post("/chat/with/alice/", form).status_code == 404
    for path in ("/chat/", f"/chat/{talk.pk}/", "/chat/with/bob/"):
        answer = client.get(path)
        assert (answer.status_code, "login" in answer["Location"]) == (302, True)
    assert as_(cast.alice).get(f"/chat/{talk.pk}/?before=x").status_code == 422


def test_after_a_block_the_page_is_gone_for_both(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob, "hello")
    relations.block(actor=cast.bob, person=cast.alice.pk)
    for who in (cast.alice, cast.bob):
        assert as_(who).get(f"/chat/{talk.pk}/").status_code == 404
        assert "hello" not in as_(who).get("/chat/").content.decode()


def test_what_was_seen_is_read(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob, *(str(number) for number in range(1, 71)))
    bob = as_(cast.bob)
    page = bob.get(f"/chat/{talk.pk}/").content.decode()
    assert "70 new messages" in page
    assert 'id="m50"' in page
    assert membership(talk, cast.bob).read_seq == 0  # the end was not on the page
    page = bob.get(f"/chat/{talk.pk}/?after=50").content.decode()
    assert 'id="m70"' in page
    assert membership(talk, cast.bob).read_seq == 70
    assert 'id="m1"' in bob.get(f"/chat/{talk.pk}/?before=20").content.decode()


def test_a_script_gets_the_messages_alone(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob, *(str(number) for number in range(1, 71)))
    part = as_(cast.alice).get(f"/chat/{talk.pk}/?before=21", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert part.count('class="msg ') == 20
    inbox = as_(cast.alice).get("/chat/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in inbox
    assert f'data-conv="{talk.pk}"' in inbox


def test_own_messages_carry_their_ticks(cast: Cast) -> None:
    talk = make_chat(cast.alice, cast.bob, "seen", "unseen")
    mark_actions.mark_read(actor=cast.bob, conversation_id=talk.pk, seq=1)
    page = as_(cast.alice).get(f"/chat/{talk.pk}/").content.decode().split("<template")[0]
    assert page.count('data-tick="read" hidden') == 1
    assert page.count('data-tick="sent" hidden') == 1


def test_the_cost_of_a_page_is_fixed(cast: Cast, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    talk = make_chat(cast.alice, cast.bob, "hello")
    bob = as_(cast.bob)
    bob.get(f"/chat/{talk.pk}/")
    for _turn in range(30):
        say(cast.alice, talk)
    # Session, member, their standing, conversation (3), messages (2), stars, reading (with its savepoint), inbox (5),
    # what is pinned (2), what is theirs alone, badge.
    with django_assert_max_num_queries(25):
        bob.get(f"/chat/{talk.pk}/")
    with django_assert_max_num_queries(10):
        bob.get("/chat/")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<script>", "&lt;script&gt;"),
        ("see https://a.example/x?y=1&z=2.", 'see <a href="https://a.example/x?y=1&amp;z=2"'),
        ('https://a.example/"onmouseover="x', '<a href="https://a.example/" rel'),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("(https://a.example)", '(<a href="https://a.example" rel'),
    ],
)
def test_links_in_plain_text(text: str, html: str) -> None:
    assert str(linked(text)).startswith(html)
