"""The owner's set of reactions, who gave which, and counts under many hands."""

import itertools
from typing import Any

import pytest
from django.db.models import Count
from django.test import Client
from rest_framework.test import APIClient

from accounts.actions import relations, roles
from accounts.models.people import User
from accounts.tests.factories import Cast, log_in, make_block, make_user
from core import errors, options, reactions
from core.models import AuditEntry
from feed.access import reactions as reaction_access
from feed.actions import reaction_set
from feed.actions import reactions as reaction_actions
from feed.models.reactions import Reaction
from feed.queries import reactions as reaction_queries
from feed.tests.factories import make_comment, make_post, make_reaction
from feed.tests.test_actions import at_once
from feed.tests.test_queries import plan

pytestmark = pytest.mark.django_db
PARTY = "e-1f389"
"""🎉"""


@pytest.fixture(autouse=True)
def nothing_known() -> Any:
    options.forget()
    yield
    options.forget()


@pytest.fixture
def owner(cast: Cast) -> User:
    return make_user("owner", is_superuser=True, is_staff=True)


def browser(user: User | None) -> Client:
    client = Client()
    if user is not None:
        log_in(client, user)
    return client


def api(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def names() -> list[str]:
    return [one.kind for one in reactions.sure_kinds()]


# -- The set


def test_it_begins_with_what_we_draw(cast: Cast) -> None:
    assert names() == reactions.Drawn.values
    listed = api(cast.bob).get("/api/v1/reactions").json()["results"]
    assert listed[0] == {"kind": "like", "emoji": "", "name": "Like"}
    assert [one["kind"] for one in listed] == reactions.Drawn.values


def test_the_owner_decides_through_the_api(cast: Cast, owner: User) -> None:
    given = {"reactions": [{"kind": "love"}, {"emoji": "🎉", "name": "  Party\n"}, {"kind": "like"}]}
    answer = api(owner).put("/api/v1/reactions", given, format="json")
    assert answer.status_code == 200
    assert answer.json()["results"] == [
        {"kind": "love", "emoji": "", "name": "Love"},
        {"kind": PARTY, "emoji": "🎉", "name": "Party"},
        {"kind": "like", "emoji": "", "name": "Like"},
    ]
    assert AuditEntry.objects.filter(action="core.decide", subject="option:feed.reactions").count() == 1
    for who in (cast.bob, cast.mod):
        assert api(who).put("/api/v1/reactions", given, format="json").status_code == 404


@pytest.mark.parametrize(
    "kinds",
    [
        [],
        [{"kind": "like"}] * 2,
        [{"kind": "shrug"}],
        [{"kind": PARTY}],
        [{}],
        [{"emoji": "🎉", "name": " "}],
        [{"emoji": "🎉", "name": "x" * 31}],
        [{"emoji": "🎉", "name": "One"}, {"emoji": "🎉", "name": "Two"}],
        [{"emoji": chr(0x1F600 + number), "name": "face"} for number in range(13)],
    ],
)
def test_a_set_that_makes_no_sense_is_refused(owner: User, kinds: list[dict[str, str]]) -> None:
    assert api(owner).put("/api/v1/reactions", {"reactions": kinds}, format="json").status_code == 422
    with pytest.raises(errors.Invalid):
        reaction_set.decide(actor=owner, kinds=kinds)
    assert names() == reactions.Drawn.values


@pytest.mark.parametrize("emoji", ["🎉", "❤️", "👍🏽", "👨‍👩‍👧‍👦", "🇹🇭", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "☕"])
def test_an_emoji_is_one_however_it_is_composed(emoji: str) -> None:
    assert reactions.clean_emoji(f" {emoji} ") == emoji
    kind = reactions.kind_of(emoji)
    assert len(kind) <= 80
    assert reactions.known(kind).emoji == emoji


@pytest.mark.parametrize(
    "given",
    [
        "",
        "x",
        "🎉🎉",
        "🎉x",
        "<b>",
        "\u202e🎉",
        "🇹",
        "🇹🇭🇻🇳",
        "\u200d",
        "👍🏽👍🏽",
        "1",
        "🎉" + "\u200d🎉" * 9,
        None,
        7,
        ["🎉"],
    ],
)
def test_words_and_several_are_no_emoji(given: Any) -> None:
    with pytest.raises(errors.Invalid) as caught:
        reactions.clean_emoji(given)
    assert caught.value.field == "emoji"


@pytest.mark.both
def test_what_is_taken_out_stays_and_is_given_no_more(cast: Cast, owner: User) -> None:
    post = make_post(cast.alice)
    reaction_set.add(actor=owner, emoji="🎉", name="Party")
    reaction_actions.react(actor=cast.bob, post_id=post.pk, kind=PARTY)
    reaction_actions.react(actor=cast.dan, post_id=post.pk, kind="wow")
    for kind in (PARTY, "wow"):
        reaction_set.take_out(actor=owner, kind=kind)
        reaction_set.take_out(actor=owner, kind=kind)
        with pytest.raises(errors.Invalid) as caught:
            reaction_actions.react(actor=cast.carol, post_id=post.pk, kind=kind)
        assert caught.value.field == "kind"
    post.refresh_from_db()
    assert post.reactions == {PARTY: 1, "wow": 1}
    page = browser(cast.bob).get(f"/posts/{post.pk}/").content.decode()
    assert f'data-mine="{PARTY}"' in page
    assert f'value="{PARTY}"' not in page
    assert 'value="wow"' not in page
    assert "🎉" in page
    assert api(cast.bob).get(f"/api/v1/posts/{post.pk}").json()["my_reaction"] == PARTY
    row = make_comment(post, cast.dan)
    assert api(cast.bob).put(f"/api/v1/comments/{row.pk}/reaction", {"kind": "wow"}).status_code == 422
    reaction_actions.unreact(actor=cast.bob, post_id=post.pk)
    post.refresh_from_db()
    assert post.reactions == {"wow": 1}


def test_the_first_of_the_set_is_what_one_press_gives(cast: Cast, owner: User) -> None:
    post = make_post(cast.alice)
    make_comment(post, cast.dan)
    reaction_set.decide(actor=owner, kinds=[{"emoji": "🎉", "name": "Party <b>"}, {"kind": "sad"}])
    options.forget()
    page = browser(cast.bob).get(f"/posts/{post.pk}/").content.decode()
    assert page.count(f'name="kind" value="{PARTY}" aria-pressed="false" data-react-main') == 2
    assert "<span data-react-word>Party &lt;b&gt;</span>" in page
    assert 'value="like"' not in page
    browser(cast.bob).post(f"/posts/{post.pk}/react/", {"kind": PARTY})
    post.refresh_from_db()
    assert post.reactions == {PARTY: 1}


# -- The owner's page


def test_the_owners_page_works_by_plain_buttons(cast: Cast, owner: User) -> None:
    client = browser(owner)
    assert "Move Love up" in client.get("/site/reactions/").content.decode()
    assert client.post("/site/reactions/", {"up": "love"})["Location"] == "/site/reactions/"
    assert names()[:2] == ["love", "like"]
    client.post("/site/reactions/", {"up": "love"})
    assert names()[:2] == ["love", "like"], "the first stays"
    client.post("/site/reactions/", {"out": "angry"})
    assert "angry" not in names()
    assert "Not in the set" in client.get("/site/reactions/").content.decode()
    client.post("/site/reactions/", {"in": "angry"})
    assert names()[-1] == "angry"
    client.post("/site/reactions/", {"emoji": "🎉", "name": "Party"})
    assert names()[-1] == PARTY
    refused = client.post("/site/reactions/", {"emoji": "party", "name": "Kept"})
    assert refused.status_code == 422
    assert "One emoji, please." in refused.content.decode()
    assert 'value="Kept"' in refused.content.decode()
    assert client.post("/site/reactions/", {"emoji": "🎈", "name": ""}).status_code == 422
    assert client.post("/site/reactions/", {"up": "nothing"}).status_code == 404
    for kind in names()[1:]:
        client.post("/site/reactions/", {"out": kind})
    assert client.post("/site/reactions/", {"out": names()[0]}).status_code == 422, "one stays"
    assert len(names()) == 1


@pytest.mark.parametrize("who", ["bob", "mod", None])
def test_to_others_the_owners_page_is_not_there(cast: Cast, who: str | None) -> None:
    client = browser(getattr(cast, who) if who else None)
    for answer in (client.get("/site/reactions/"), client.post("/site/reactions/", {"out": "like"})):
        assert answer.status_code == (404 if who else 302)
    assert names() == reactions.Drawn.values


def test_an_admin_of_the_site_may_decide_too(cast: Cast, owner: User) -> None:
    roles.set_role(actor=owner, handle="dan", role="admin")
    reaction_set.take_out(actor=User.objects.get(pk=cast.dan.pk), kind="wow")
    assert "wow" not in names()


# -- Who reacted


def reactors(viewer: User | None, target: Any, **asked: str) -> list[str]:
    query = (
        reaction_queries.reactors_of_post if target._meta.model_name == "post" else reaction_queries.reactors_of_comment
    )
    return [row.user.handle for row in query(viewer, target.pk, **asked)[1].rows]


@pytest.mark.both
@pytest.mark.parametrize("what", ["post", "comment"])
def test_only_people_one_may_see_are_named_and_the_counts_know_all(cast: Cast, what: str) -> None:
    target: Any = make_post(cast.alice)
    react: Any = reaction_actions.react
    if what == "comment":
        target, react = make_comment(target, cast.dan), reaction_actions.react_to_comment
    gone = make_user("gone")
    for user, kind in ((cast.bob, "like"), (cast.carol, "love"), (gone, "like"), (cast.dan, "like")):
        react(actor=user, kind=kind, **{f"{what}_id": target.pk})
    User.objects.filter(pk=gone.pk).update(is_active=False)
    make_block(cast.carol, cast.bob)
    assert reactors(cast.alice, target) == ["dan", "carol", "bob"]
    assert reactors(cast.alice, target, kind="like") == ["dan", "bob"]
    assert reactors(cast.bob, target) == ["dan", "bob"], "who blocks me"
    assert reactors(cast.carol, target) == ["dan", "carol"], "whom I block"
    assert reactors(None, target) == ["dan", "carol", "bob"]
    assert reactors(cast.alice, target, kind="no\0thing") == []
    path = f"/api/v1/{what}s/{target.pk}/reactions"
    assert [row["person"]["handle"] for row in api(cast.carol).get(path).json()["results"]] == ["dan", "carol"]
    assert [row["kind"] for row in api(cast.alice).get(path, {"kind": "love"}).json()["results"]] == ["love"]
    page = browser(cast.carol).get(f"/{what}s/{target.pk}/reactions/").content.decode()
    assert "@dan" in page
    assert "@bob" not in page
    assert '<span class="count quiet">4</span>' in page, "the count is the same for every reader"


@pytest.mark.parametrize("what", ["posts", "comments"])
def test_who_reacted_to_what_is_hidden_is_not_there(cast: Cast, what: str) -> None:
    post = make_post(cast.alice, audience="followers")
    id = {"posts": post, "comments": make_comment(post, cast.bob)}[what].pk
    for prefix, tail in (("/", "/"), ("/api/v1/", "")):
        client = browser(cast.carol)
        hidden, absent = (client.get(f"{prefix}{what}/{one}/reactions{tail}") for one in (id, 10**9))
        assert hidden.status_code == absent.status_code == 404
    assert APIClient().get(f"/api/v1/{what}/{id}/reactions").status_code == 401
    assert browser(cast.bob).get(f"/{what}/{id}/reactions/?cursor=rubbish").status_code == 422


@pytest.mark.parametrize("number", [5, 45])
def test_the_list_goes_on_by_cursor_at_a_fixed_cost(cast: Cast, number: int, django_assert_num_queries: Any) -> None:
    post = make_post(cast.alice)
    for turn in range(number):
        make_reaction(post, make_user(f"fan{turn}"), "love" if turn % 3 == 0 else "like")
    with django_assert_num_queries(3):
        reactors(cast.bob, post)
    client, path, seen = browser(cast.bob), f"/posts/{post.pk}/reactions/?kind=like", 0
    for _turn in itertools.count():
        page = client.get(path, headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in page
        seen += page.count(">@fan")
        if "data-pager" not in page:
            break
        path = page.partition("data-pager")[2].partition('href="')[2].partition('"')[0].replace("&amp;", "&")
        assert path.endswith("&kind=like")
    assert seen == number - len(range(0, number, 3))


def test_the_lists_walk_their_index_and_sort_nothing(cast: Cast) -> None:
    post = make_post(cast.alice)
    row = make_comment(post, cast.dan)
    for target, name in ((post, "reaction_of_post"), (row, "reaction_of_comment")):
        everybody = reaction_access.reactions_to(target)
        for rows, index in ((everybody, name), (everybody.filter(kind="like"), f"{name}_kind")):
            found = plan(rows.order_by("-id")[:20])
            assert f"{index} " in found, found
            assert "TEMP B-TREE" not in found


def test_a_block_takes_effect_at_once(cast: Cast) -> None:
    post = make_post(cast.alice)
    make_reaction(post, cast.carol)
    assert reactors(cast.bob, post) == ["carol"]
    relations.block(actor=cast.carol, person=cast.bob.pk)
    assert reactors(cast.bob, post) == []


# -- Many hands

HANDS = 50


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["post", "comment"])
def test_counts_equal_a_recount_after_fifty_at_once(what: str) -> None:
    """Each reacts, changes their mind, takes it back or not, at the same moment as everybody else."""
    people = [make_user(f"hand{number}") for number in range(HANDS)]
    target: Any = make_post(people[0])
    react, unreact, to = reaction_actions.react, reaction_actions.unreact, "post_id"
    if what == "comment":
        target, to = make_comment(target, people[0]), "comment_id"
        react, unreact = reaction_actions.react_to_comment, reaction_actions.unreact_to_comment  # type: ignore[assignment]
    kinds = reactions.Drawn.values

    def hand(number: int) -> None:
        about = {"actor": people[number], to: target.pk}
        react(**about, kind=kinds[number % 6])
        react(**about, kind=kinds[(number + 1) % 6])
        if number % 3 == 0:
            unreact(**about)
        if number % 6 == 0:
            react(**about, kind="wow")

    assert at_once([lambda number=number: hand(number) for number in range(HANDS)]) == []
    target.refresh_from_db()
    rows = Reaction.objects.filter(**{what: target})
    assert target.reactions == dict(rows.values_list("kind").annotate(n=Count("pk")).order_by("kind"))
    assert target.reactions_count == rows.count() == HANDS - len(range(0, HANDS, 3)) + len(range(0, HANDS, 6))
