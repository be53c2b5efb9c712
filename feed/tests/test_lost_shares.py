"""Shares of what their sharer cannot see any more, and of what can be seen again."""

from typing import Any

import pytest
from django.test import Client

from accounts.tests.factories import Cast, make_block
from feed import frames
from feed.actions import posts as post_actions
from feed.models.posts import Post
from feed.queries import shares as share_queries
from feed.tests.factories import make_post
from feed.tests.test_shares import share, shown

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def test_who_cannot_see_what_they_share_finds_the_share_and_takes_it_back(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    lost, kept = make_post(cast.alice, "soup"), make_post(cast.mod, "bread")
    gone = share(cast.bob, lost)
    share(cast.bob, kept)
    share(cast.bob, lost, "with words")
    share(cast.carol, make_post(cast.dan, "jam"))
    client = Client()
    client.force_login(cast.bob)
    path, api = "/settings/muted/shares/", "/api/v1/me/shares/lost"
    assert "Take it back" not in client.get(path).content.decode()
    make_block(cast.alice, cast.bob)
    assert shown(cast.carol, gone) == "soup", "others still see it"
    page = client.get(path).content.decode()
    assert page.count("Take it back") == 1
    assert "soup" not in page
    assert "alice" not in page.lower()
    [row] = client.get(api).json()["results"]
    assert row.keys() == {"id", "audience", "created_at"}
    assert row["id"] == gone.pk
    with django_assert_num_queries(2):
        share_queries.lost_shares(cast.bob)
    assert client.post(f"/posts/{gone.pk}/delete/").status_code == 200
    assert client.get(api).json()["results"] == []
    assert shown(cast.carol, gone) == "absent"
    assert Client().get(path).status_code == 302


@pytest.mark.parametrize("how", ["undone", "widened", "narrowed", "words"])
def test_who_looks_at_a_share_is_told_when_its_original_is_seen_by_others(
    cast: Cast, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    audience = "followers" if how == "widened" else "members"
    post = make_post(cast.alice, "soup", audience="members")
    quote = share(cast.bob, post, "hear her")
    share(cast.carol, post)
    Post.objects.filter(pk=post.pk).update(audience=audience)
    if how == "undone":
        post_actions.delete_post(actor=cast.alice, post_id=post.pk)
    told: list[Any] = []
    monkeypatch.setattr("core.realtime.push", lambda groups, said: told.append((groups, said)))
    if how == "undone":
        post_actions.undo_delete_post(actor=cast.alice, post_id=post.pk)
    else:
        change = {"widened": {"audience": "members"}, "narrowed": {"audience": "followers"}, "words": {"text": "x"}}
        post_actions.edit_post(actor=cast.alice, post_id=post.pk, **change[how])
    group = f"post:{quote.pk}:members"
    asked = [one for one in told if one[1] == frames.PostEdited(quote.pk)]
    assert asked == ([] if how == "words" else [([group, f"{group}:quiet"], frames.PostEdited(quote.pk))])
