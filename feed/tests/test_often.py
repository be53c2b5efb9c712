"""How often one may react, vote, share and edit: through every door, and nobody else waits for it."""

import json
from typing import Any

import pytest

from accounts.tests.factories import Cast
from core import limits
from core.limits import Limit
from feed.actions.reactions import ANSWERING
from feed.models.polls import Vote
from feed.models.posts import Post
from feed.models.reactions import Reaction
from feed.tests.factories import make_comment, make_post
from feed.tests.test_polls import ask, browser

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def fill(limit: Limit, who: int) -> None:
    limits.memory.clear()
    for _turn in range(limit.amount):
        limits.check(limit, who)


def test_reactions_and_votes_are_limited_together(cast: Cast) -> None:
    poll = ask(cast.alice)
    comment = make_comment(make_post(cast.alice), cast.alice)
    paths = (f"/posts/{poll.pk}/react/", f"/comments/{comment.pk}/react/", f"/posts/{poll.pk}/vote/")
    operations = {
        f"/api/v1/posts/{poll.pk}/reaction": {"kind": "like"},
        f"/api/v1/comments/{comment.pk}/reaction": {"kind": "like"},
        f"/api/v1/posts/{poll.pk}/vote": {"choices": [0]},
    }
    fill(ANSWERING, cast.bob.pk)
    given = {"kind": "like", "choice": "0"}
    for path in paths:
        assert browser(cast.bob).post(path, given).status_code == 429
        assert browser(cast.bob).post(path, given, headers=HTMX).status_code == 429
    for path, body in operations.items():
        answer: Any = browser(cast.bob).put(path, json.dumps(body), "application/json")
        assert answer.status_code == 429
        assert int(answer["Retry-After"]) > 0
        assert browser(cast.bob).delete(path).status_code == 429
    assert not Reaction.objects.exists()
    assert not Vote.objects.exists()
    for path in paths:
        assert browser(cast.dan).post(path, given).status_code == 302
        assert browser(None).post(path, given).status_code in (302, 401), "a visitor is asked to log in, not to wait"


def test_edits_and_shares_are_limited_as_posts_are(cast: Cast) -> None:
    post, other = make_post(cast.alice, "first"), make_post(cast.bob, audience="public")
    comment = make_comment(post, cast.alice, "mine")
    fill(limits.WRITING, cast.alice.pk)
    client = browser(cast.alice)
    edits = {f"/posts/{post.pk}/edit/": 422, f"/comments/{comment.pk}/edit/": 422, f"/posts/{other.pk}/share/": 422}
    for path, status in edits.items():
        page = client.post(path, {"text": "second", "audience": "members", "client_id": "c"})
        assert page.status_code == status
        assert "second" in page.content.decode(), "what was written is still there"
        assert "a bit fast" in page.content.decode()
    for path in (f"/api/v1/posts/{post.pk}", f"/api/v1/comments/{comment.pk}"):
        assert client.patch(path, {"text": "second"}, "application/json").status_code == 429
    assert client.post(f"/api/v1/posts/{other.pk}/shares", {}, "application/json").status_code == 429
    post.refresh_from_db()
    comment.refresh_from_db()
    assert (post.text, comment.text) == ("first", "mine")
    assert not Post.objects.filter(is_share=True).exists()
