"""'For you': ranked by what `why` says, walked without holes and doubles, and of what one hears alone."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models.mutes import Mute, MutedWord
from accounts.models.people import User
from accounts.tests.factories import Cast, log_in, make_block, make_follow, make_user
from core import errors, folding, outbox, paging
from feed.actions import comments as comment_actions
from feed.actions import hidden as hidden_actions
from feed.actions import home_tabs, homes, tags, trends
from feed.actions import posts as post_actions
from feed.actions import reactions as reaction_actions
from feed.models.posts import Post
from feed.models.reactions import Reaction
from feed.queries import home_tabs as home_tab_queries
from feed.queries import ranking
from feed.tests.factories import make_post, make_reaction

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def walk(viewer: User) -> list[int]:
    page = ranking.for_you(viewer)
    found = [row.pk for row in page.rows]
    while page.next:
        page = ranking.for_you(viewer, page.next)
        found += [row.pk for row in page.rows]
    return found


def said(viewer: User, post_id: int) -> dict[str, tuple[int, str]]:
    return {one.kind: (one.count, one.name) for one in ranking.why(viewer, post_id)[1]}


def aged(post_id: int, hours: float) -> None:
    Post.objects.filter(pk=post_id).update(created_at=timezone.now() - timedelta(hours=hours))


def post(author: User, text: str = "Hello", **given: Any) -> int:
    return post_actions.create_post(actor=author, text=text, **{"audience": "public", **given}).pk


def test_of_home_and_of_what_is_talked_about(cast: Cast) -> None:
    mine, hers, theirs, quiet = post(cast.bob), post(cast.alice), post(cast.dan), post(cast.carol)
    reaction_actions.react(actor=cast.alice, post_id=theirs, kind="like")
    outbox.drain()
    assert set(walk(cast.bob)) == {mine, hers, theirs}
    assert quiet not in walk(cast.bob)


def test_the_new_is_first_where_nothing_else_is_known(cast: Cast) -> None:
    made = [post(cast.alice) for _number in range(3)]
    for hours, one in zip((30, 3, 9), made, strict=True):
        aged(one, hours)
    assert walk(cast.bob) == [made[1], made[2], made[0]]


def test_whom_one_answers_and_what_many_answer_stand_higher(cast: Cast) -> None:
    make_follow(cast.bob, cast.dan)
    before, hers, his = post(cast.dan), post(cast.alice), post(cast.dan)
    aged(his, 5)
    aged(before, 100)
    assert walk(cast.bob)[0] == hers
    reaction_actions.react(actor=cast.bob, post_id=before, kind="love")
    comment_actions.comment(actor=cast.bob, post_id=before, text="Yes")
    outbox.drain()
    assert walk(cast.bob)[0] == his, "who reads him likes to read him"
    for one in (make_user() for _number in range(7)):
        reaction_actions.react(actor=one, post_id=hers, kind="wow")
    outbox.drain()
    assert walk(cast.bob)[0] == hers, "and everybody talks about hers"


@pytest.mark.parametrize("why", ["deleted", "narrowed", "blocked", "muted", "hidden", "word", "suspended"])
@pytest.mark.parametrize("follows", [True, False])
def test_what_one_does_not_hear_is_not_for_one(cast: Cast, why: str, follows: bool) -> None:
    one = post(cast.alice, "A bowl of soup")
    reaction_actions.react(actor=cast.dan, post_id=one, kind="like")
    outbox.drain()
    viewer = cast.bob if follows else cast.carol
    assert walk(viewer) == [one]
    if why == "deleted":
        post_actions.delete_post(actor=cast.alice, post_id=one)
    elif why == "narrowed":
        post_actions.edit_post(actor=cast.alice, post_id=one, audience="close_friends")
    elif why == "suspended":
        User.objects.filter(pk=cast.alice.pk).update(suspended_until=timezone.now() + timedelta(days=1))
    elif why == "blocked":
        make_block(cast.alice, viewer)
    elif why == "muted":
        Mute.objects.create(muter=viewer, muted=cast.alice)
    elif why == "hidden":
        hidden_actions.hide_post(actor=viewer, post_id=one)
    else:
        MutedWord.objects.create(muter=viewer, phrase="soup", folded=folding.needle("soup"))
    assert walk(viewer) == []
    if why in ("deleted", "narrowed", "blocked", "suspended"):
        with pytest.raises(errors.NotFound):
            ranking.why(viewer, one)
    else:
        assert not {"follows", "trending"} & said(viewer, one).keys()


def test_a_walk_has_neither_holes_nor_doubles_whatever_happens_meanwhile(cast: Cast) -> None:
    made = [post(cast.alice, f"{number}") for number in range(70)]
    page = ranking.for_you(cast.bob)
    seen = [row.pk for row in page.rows]
    turn = 0
    while page.next:
        late = made[turn * 7]
        for one in (make_user(), make_user()):
            reaction_actions.react(actor=one, post_id=late, kind="like")
        reaction_actions.react(actor=cast.bob, post_id=late, kind="like")
        new = post(cast.alice, f"new {turn}")
        reaction_actions.react(actor=cast.dan, post_id=new, kind="like")
        outbox.drain()
        page = ranking.for_you(cast.bob, page.next)
        seen += [row.pk for row in page.rows]
        turn += 1
    assert (len(seen), set(seen)) == (70, set(made))
    assert turn == 3


def test_a_walk_is_bounded_and_its_address_short(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [make_post(cast.alice, f"{number}").pk for number in range(130)]
    monkeypatch.setattr(ranking, "FROM_HOME", 110)
    assert set(walk(cast.bob)) == set(made[-110:])
    ids = set(range(10**7, 10**7 + 600 * 9000, 9000))
    assert ranking._unpack(ranking._pack(ids)) == ids
    assert len(ranking._pack(ids)) < 3100


@pytest.mark.parametrize("cursor", ["rubbish", "", "other list"])
def test_rubbish_for_a_cursor(cast: Cast, cursor: str) -> None:
    if cursor == "other list":
        for key in ((5,), ("a", 5, "b"), (5, 5, "zz.x"), (-5, 5, "1")):
            with pytest.raises(errors.Invalid):
                ranking.for_you(cast.bob, paging.encode(key))
    elif cursor:
        with pytest.raises(errors.Invalid):
            ranking.for_you(cast.bob, cursor)
    else:
        assert ranking.for_you(cast.bob, cursor).rows == []


@pytest.mark.parametrize("number", [5, 60])
@pytest.mark.parametrize("copied", [True, False])
def test_it_costs_the_same_however_much_there_is(
    cast: Cast, number: int, copied: bool, django_assert_max_num_queries: Any
) -> None:
    for turn in range(number):
        made = make_post(cast.alice if turn % 2 else cast.dan, f"{turn}", pictures=1)
        make_reaction(made, cast.bob)
    trends.recount()
    if copied:
        homes.settle_waiting()
    with django_assert_max_num_queries(9):
        page = ranking.for_you(cast.bob)
    assert len(page.rows) == min(number, 20)
    with django_assert_max_num_queries(9):
        ranking.why(cast.bob, page.rows[0].pk)


def test_what_is_asked_of_the_reader_goes_over_indexes(cast: Cast) -> None:
    Post.objects.bulk_create(Post(author=cast.alice, text=f"{number}") for number in range(3000))
    prefix = "EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
    everything = "FROM accounts_user u CROSS JOIN feed_post p"
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO feed_reaction (user_id, post_id, kind, created_at) "
            f"SELECT u.id, p.id, 'like', p.created_at {everything}"
        )
        cursor.execute(
            "INSERT INTO feed_comment (author_id, post_id, text, html, reactions_count, reactions, created_at) "
            f"SELECT u.id, p.id, 'x', 'x', 0, p.reactions, p.created_at {everything}"
        )
        cursor.execute("ANALYZE")
        values = {"me": cast.bob.pk, "since": connection.ops.adapt_datetimefield_value(timezone.now())}
        cursor.execute(prefix + ranking.ANSWERS, values)
        steps = "\n".join(str(row[-1]) for row in cursor.fetchall())
    assert "Seq Scan on feed_" not in steps, (
        steps
    )  # which index, PostgreSQL chooses by how large a part is the reader's
    assert connection.vendor == "postgresql" or "comment_of_author" in steps, steps
    assert "TEMP B-TREE FOR ORDER BY" not in steps, steps


# -- Why ---------------------------------------------------------------------------------------------------------------


def test_why_says_what_brings_it_and_what_raises_it(cast: Cast) -> None:
    tags.follow_tag(actor=cast.bob, name="lanterns")
    one = post(cast.alice, "By the river #Lanterns #boats")
    for at in range(3):
        reaction_actions.react(actor=cast.bob, post_id=post(cast.alice, f"{at}"), kind="like")
    comment_actions.comment(actor=cast.bob, post_id=one, text="Yes")
    reaction_actions.react(actor=cast.dan, post_id=one, kind="like")
    outbox.drain()
    found = said(cast.bob, one)
    assert found == {
        "follows": (0, cast.alice.display_name),
        "tag": (0, "lanterns"),
        "trending": (0, ""),
        "reacted": (3, ""),
        "said": (1, ""),
        "people": (2, ""),
        "new": (0, ""),
    }
    assert said(cast.alice, one).keys() == {"yours", "trending", "people", "new"}
    aged(one, 50)
    assert said(cast.carol, one).keys() == {"trending", "people"}
    quiet = post(cast.carol)
    aged(quiet, 50)
    assert said(cast.dan, quiet) == {}
    assert said(cast.dan, one).keys() >= {"friend"}


def test_old_reactions_say_nothing(cast: Cast) -> None:
    one = post(cast.alice)
    reaction_actions.react(actor=cast.bob, post_id=one, kind="like")
    Reaction.objects.update(created_at=timezone.now() - timedelta(days=91))
    assert "reacted" not in said(cast.bob, one)


def test_the_page_the_piece_and_the_api(cast: Cast) -> None:
    one = post(cast.alice, "Hello", audience="members")
    gone = post(cast.alice, audience="only_me")
    client = Client()
    assert client.get(f"/posts/{one}/why/").status_code == 302
    log_in(client, cast.bob)
    page = client.get(f"/posts/{one}/why/").content.decode()
    assert f"You follow {cast.alice.display_name}." in page
    assert "It is new." in page
    piece = client.get(f"/posts/{one}/why/", headers={"HX-Request": "true"}).content.decode()
    assert "It is new." in piece
    assert "<html" not in piece
    answer = client.get(f"/api/v1/posts/{one}/why").json()
    assert [(row["kind"], row["brings"]) for row in answer["reasons"]] == [("follows", True), ("new", False)]
    for path in (f"/posts/{gone}/why/", f"/api/v1/posts/{gone}/why", "/posts/999999/why/"):
        assert client.get(path).status_code == 404
    assert f'href="/posts/{one}/why/"' in client.get("/").content.decode()


# -- The two tabs ------------------------------------------------------------------------------------------------------


def test_the_choice_is_kept(cast: Cast) -> None:
    one, two = post(cast.alice), post(cast.dan)
    reaction_actions.react(actor=cast.alice, post_id=two, kind="like")
    outbox.drain()
    client = Client()
    log_in(client, cast.bob)
    shown = client.get("/").content.decode()
    assert "data-live" in shown
    assert f"post-{two}" not in shown
    assert client.post("/home/", {"tab": "for_you"}).status_code == 302
    shown = client.get("/").content.decode()
    assert f'id="post-{two}"' in shown
    assert f'id="post-{one}"' in shown
    assert "data-live data-since" in shown
    assert home_tab_queries.chosen_tab(cast.bob) == "for_you"
    assert client.get("/api/v1/me/home").json() == {"tab": "for_you"}
    assert f'id="post-{two}"' not in client.get("/?tab=latest").content.decode()
    assert f'id="post-{two}"' in client.get("/").content.decode(), "looking changes nothing"
    assert client.put("/api/v1/me/home", {"tab": "latest"}, content_type="application/json").status_code == 200
    assert home_tab_queries.chosen_tab(cast.bob) == "latest"
    assert client.post("/home/", {"tab": "other"}).status_code == 422
    assert Client().post("/home/", {"tab": "latest"}).status_code == 302
    with pytest.raises(errors.SignInNeeded):
        home_tabs.choose_tab(actor=None, tab="latest")  # type: ignore[arg-type]


def test_the_page_knows_since_when_posts_are_new(cast: Cast) -> None:
    """Where it is ranked, the first is not the newest."""
    hidden = [post(cast.alice, f"{number}") for number in range(25)][-1]
    newest = make_post(cast.carol, "not for bob's home", audience="only_me").pk
    client = Client()
    log_in(client, cast.bob)
    page = client.get("/?tab=for_you").content.decode()
    assert f'data-live data-since="{newest}"' in page
    assert client.get(f"/feed/new?after={newest}").content.decode().count("<article") == 0
    made = post(cast.alice, "new")
    assert f'id="post-{made}"' in client.get(f"/feed/new?after={newest}").content.decode()
    assert hidden < newest < made
    onward = html.unescape(re.search(r'hx-get="([^"]*cursor=[^"]+)"', page)[1])
    assert "data-live" not in client.get(onward).content.decode(), "in the middle nothing is put on top"
    assert "data-since" not in client.get("/?tab=latest").content.decode()


def test_pages_of_both_tabs_lead_on(cast: Cast) -> None:
    made = [post(cast.alice, f"{number}") for number in range(45)]
    client = Client()
    log_in(client, cast.bob)
    for tab in ("latest", "for_you"):
        client.post("/home/", {"tab": tab})
        other = "latest" if tab == "for_you" else "for_you"
        found: list[int] = []
        url = "/"
        while url:
            page = client.get(url).content.decode()
            found += [int(id) for id in re.findall(r'<article[^>]* id="post-(\d+)"', page)]
            onward = re.search(r'hx-get="([^"]*cursor=[^"]+)"', page)
            url = html.unescape(onward[1]) if onward else ""
            client.post("/home/", {"tab": other})  # in another window
        assert found == list(reversed(made))
    assert len(client.get("/api/v1/me/for-you").json()["results"]) == 20
