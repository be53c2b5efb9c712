"""What profiles tell, and whom: at the queryset, on the page, in the API."""

from itertools import product
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.access import fields as fields_access
from accounts.actions import fields, relations
from accounts.models.fields import LINKS, OWN, FieldKind, ProfileField
from accounts.models.people import User
from accounts.models.relations import Audience, Block, CloseFriend, Follow, Friendship
from accounts.queries import people as people_queries
from accounts.queries import profiles
from accounts.tests.factories import Cast, log_in, make_follow, make_friends, make_user
from core import errors

pytestmark = pytest.mark.django_db

JSON = {"content_type": "application/json"}
CIRCLES = list(Audience)
# The innermost circle that each of the cast is in, as seen by alice; dan becomes a close friend below.
SEES = {"": 0, "carol": 1, "mod": 1, "bob": 2, "eve": 3, "dan": 4, "alice": 5, "mallory": -1}


def own(value: str, audience: str = Audience.MEMBERS, label: str = "Plays") -> dict[str, str]:
    return {"kind": "own", "label": label, "value": value, "audience": audience}


def link(value: str, audience: str = Audience.MEMBERS, label: str = "") -> dict[str, str]:
    return {"kind": "link", "label": label, "value": value, "audience": audience}


@pytest.fixture
def told(cast: Cast) -> dict[str, User]:
    """One field for each circle; eve is a friend, dan a close one."""
    eve = make_user("eve")
    make_friends(cast.alice, eve)
    CloseFriend.objects.create(owner=cast.alice, friend=cast.dan)
    fields.set_fields(actor=cast.alice, fields=[own(f"for {one}", one, one.label) for one in CIRCLES])
    return {**vars(cast), "eve": eve}


def seen(viewer: Any) -> list[str]:
    rows = fields_access.visible_fields(viewer).order_by("position")
    return [row.value for row in rows]


@pytest.mark.both
@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("who", SEES)
def test_cast_by_audience_at_every_surface(told: dict[str, User], client: Client, who: str, private: bool) -> None:
    User.objects.filter(handle="alice").update(is_private=private)
    circle = SEES[who]
    shown = [f"for {one}" for one in CIRCLES[: circle + 1]] if not private or circle >= 2 else []
    assert seen(told.get(who)) == shown
    if who:
        log_in(client, told[who])
    page, answer = client.get("/@alice/about/"), client.get("/api/v1/users/alice")
    if who == "mallory":
        assert (page.status_code, answer.status_code) == (404, 404)
        return
    assert [f"for {one}" for one in CIRCLES if f"for {one}<" in page.content.decode()] == shown
    assert [one["value"] for one in answer.json()["fields"]] == shown
    assert all("audience" not in one for one in answer.json()["fields"])


def test_a_strangers_block_and_a_suspension_hide_every_field(told: dict[str, User]) -> None:
    relations.block(actor=told["carol"], person="alice")
    assert seen(told["carol"]) == []
    User.objects.filter(handle="alice").update(is_active=False)
    assert seen(told["bob"]) == seen(None) == seen(AnonymousUser()) == []


def test_what_search_engines_read_is_public(told: dict[str, User], client: Client) -> None:
    page = client.get("/@alice/").content.decode()
    head = page.partition("</head>")[0]
    assert 'property="og:type" content="profile"' in head
    assert 'property="og:title" content="Alice"' in head
    assert "for " not in head
    log_in(client, told["dan"])
    assert "for close_friends" not in client.get("/@alice/about/").content.decode().partition("</head>")[0]
    assert "noindex" not in head
    User.objects.filter(handle="alice").update(is_private=True)
    assert "noindex" in client.get("/@alice/").content.decode().partition("</head>")[0]


def test_fields_cost_one_query_however_many(cast: Cast, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):  # with none there is still one look
        people_queries.person(viewer=cast.dan, person="alice")
    many = [own(f"thing {number}") for number in range(OWN)] + [link(f"https://a{n}.example/") for n in range(LINKS)]
    fields.set_fields(actor=cast.alice, fields=many)
    with django_assert_num_queries(2):
        found = people_queries.person(viewer=cast.dan, person="alice")
    assert len(found.shown_fields) == OWN + LINKS  # type: ignore[attr-defined]


# -- Against an oracle --

PEOPLE = 4
number = st.integers(0, PEOPLE - 1)
pairs = st.sets(st.tuples(number, number).filter(lambda pair: pair[0] != pair[1]))


def oracle(viewer: int | None, owner: int, audience: str, graph: dict[str, Any]) -> bool:
    """Twenty lines that know nothing of SQL."""
    if viewer == owner:
        return True
    if viewer is not None and {(viewer, owner), (owner, viewer)} & graph["blocks"]:
        return False
    friends = viewer is not None and frozenset((viewer, owner)) in graph["friends"]
    follows = (viewer, owner) in graph["follows"] or friends
    if owner in graph["private"] and not follows:
        return False
    return {
        Audience.PUBLIC: True,
        Audience.MEMBERS: viewer is not None,
        Audience.FOLLOWERS: follows,
        Audience.FRIENDS: friends,
        Audience.CLOSE_FRIENDS: (owner, viewer) in graph["close"],
        Audience.ONLY_ME: False,
    }[Audience(audience)]


def build(graph: dict[str, Any]) -> list[User]:
    people = [make_user(f"p{number}", is_private=number in graph["private"]) for number in range(PEOPLE)]
    Follow.objects.bulk_create(Follow(follower=people[a], followed=people[b]) for a, b in graph["follows"])
    Block.objects.bulk_create(Block(blocker=people[a], blocked=people[b]) for a, b in graph["blocks"])
    CloseFriend.objects.bulk_create(CloseFriend(owner=people[a], friend=people[b]) for a, b in graph["close"])
    Friendship.objects.bulk_create(
        Friendship(person=people[a], friend=people[b]) for one in graph["friends"] for a, b in (one, tuple(one)[::-1])
    )
    for number, person in enumerate(people):
        audiences = graph["audiences"][number]
        ProfileField.objects.bulk_create(
            ProfileField(
                person=person, kind=FieldKind.OWN, label="x", value=f"{number}.{place}", audience=one, position=place
            )
            for place, one in enumerate(audiences)
        )
        User.objects.filter(pk=person.pk).update(friends_audience=audiences[0])
    return people


graphs = st.fixed_dictionaries(
    {
        "follows": pairs,
        "blocks": pairs.map(lambda found: {pair for pair in found if sum(pair) % 3 == 0}),
        "close": pairs,
        "friends": st.sets(st.frozensets(st.integers(0, PEOPLE - 1), min_size=2, max_size=2)),
        "private": st.sets(st.integers(0, PEOPLE - 1)),
        "audiences": st.lists(
            st.lists(st.sampled_from(CIRCLES), min_size=3, max_size=3), min_size=PEOPLE, max_size=PEOPLE
        ),
    }
)


def compare(graph: dict[str, Any], *, doors: bool) -> None:
    people = build(graph)
    for viewer in (None, *range(PEOPLE)):
        who = None if viewer is None else people[viewer]
        right = {
            f"{owner}.{place}"
            for owner in range(PEOPLE)
            for place, audience in enumerate(graph["audiences"][owner])
            if oracle(viewer, owner, audience, graph)
        }
        assert set(seen(who)) == right
        lists = {row.person_id for row in fields_access.visible_friendships(who)}
        assert lists == {
            people[owner].pk
            for owner in range(PEOPLE)
            if oracle(viewer, owner, graph["audiences"][owner][0], graph)
            and any(owner in pair for pair in graph["friends"])
        }
        if doors:
            client = Client()
            if who is not None:
                client.force_login(who)
            found: set[str] = set()
            on_pages: set[str] = set()
            for person in people:
                answer = client.get(f"/api/v1/users/{person.handle}")
                found |= {one["value"] for one in answer.json().get("fields", [])}
                page = client.get(f"/@{person.handle}/about/").content.decode()
                values = [f"{owner}.{place}" for owner, place in product(range(PEOPLE), range(3))]
                on_pages |= {value for value in values if f'dir="auto">{value}<' in page}
            assert found == on_pages == right


ROOMY = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], database=None
)


@pytest.mark.slow
@given(graph=graphs)
@settings(ROOMY, max_examples=60)
def test_any_graph_is_seen_as_the_oracle_says(graph: dict[str, Any]) -> None:
    with transaction.atomic():
        compare(graph, doors=False)
        transaction.set_rollback(True)


@pytest.mark.slow
@given(graph=graphs)
@settings(ROOMY, max_examples=4)
def test_any_graph_looks_the_same_through_every_door(graph: dict[str, Any]) -> None:
    with transaction.atomic():
        compare(graph, doors=True)
        transaction.set_rollback(True)


# -- Writing --


@pytest.mark.both
def test_one_list_takes_the_place_of_the_other(cast: Cast) -> None:
    fields.set_fields(actor=cast.alice, fields=[own("one"), own("two")])
    for _turn in range(2):
        fields.set_fields(actor=cast.alice, fields=[own("two"), {**own("x"), "kind": "pronouns", "value": " she/her "}])
    rows = ProfileField.objects.filter(person=cast.alice).order_by("position")
    assert [(row.kind, row.label, row.value) for row in rows] == [("own", "Plays", "two"), ("pronouns", "", "she/her")]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (own(""), "fields.0.value"),
        (own("x", label=""), "fields.0.label"),
        (own("x" * 301), "fields.0.value"),
        (own("x", label="y" * 41), "fields.0.label"),
        (own("\u202e\u200b"), "fields.0.value"),
        (own("x", "everybody"), "fields.0.audience"),
        ({**own("x"), "kind": "is_staff"}, "fields.0.kind"),
        *[
            (link(bad), "fields.0.value")
            for bad in (
                "http://plain.example/",
                "javascript:alert(1)",
                "javascript://a.example/%0aalert(1)",
                "data:text/html,x",
                "https://",
                "https://localhost/",
                "https://me:secret@bank.example/",
                "https://a.example:99999/",
                'https://a.example/"onclick=',
                "https://a.example/<b>",
                "https://[::1]/",
                "//evil.example/",
            )
        ],
        *[
            ({"kind": "birthday", "value": bad, "audience": "members"}, "fields.0.value")
            for bad in ("1991-02-29", "--02-30", "1850-01-01", "2999-01-01", "91-4-9", "soon", "--13-01", "٢٠٠٠-01-01")
        ],
    ],
)
def test_what_is_no_field_is_refused_by_name(cast: Cast, given: dict[str, str], field: str) -> None:
    with pytest.raises(errors.Invalid) as refused:
        fields.set_fields(actor=cast.alice, fields=[given])
    assert refused.value.field == field
    assert not ProfileField.objects.exists()


@pytest.mark.parametrize(
    ("given", "kept", "shown"),
    [
        (link("Bread.Example/loaf"), "https://Bread.Example/loaf", "Bread.Example/loaf"),
        (link("https://www.bread.example/"), "https://www.bread.example/", "bread.example"),
        (link("https://bread.example/", label="Loaves"), "https://bread.example/", "Loaves"),
        ({"kind": "birthday", "value": "--02-29", "audience": "friends"}, "--02-29", "29 February"),
        ({"kind": "birthday", "value": "1991-04-09", "audience": "friends"}, "1991-04-09", "9 April 1991"),
        (own("  the \n accordion "), "the accordion", "the accordion"),
    ],
)
def test_what_is_kept_and_how_it_reads(cast: Cast, given: dict[str, str], kept: str, shown: str) -> None:
    [row] = fields.set_fields(actor=cast.alice, fields=[given])
    assert (row.value, row.shown) == (kept, shown)


def test_there_is_a_limit_to_each(cast: Cast) -> None:
    pronouns = {"kind": "pronouns", "value": "they", "audience": "members"}
    for many in ([link("https://a.example/")] * (LINKS + 1), [own("x")] * (OWN + 1), [pronouns] * 2):
        with pytest.raises(errors.Invalid):
            fields.set_fields(actor=cast.alice, fields=many)


# -- Doors --


def test_links_say_whose_they_are_and_nothing_else(cast: Cast, client: Client) -> None:
    fields.set_fields(actor=cast.alice, fields=[link("https://bread.example/", Audience.PUBLIC, "<b>Loaves</b>")])
    for path in ("/@alice/", "/@alice/about/"):
        page = client.get(path).content.decode()
        assert 'href="https://bread.example/" rel="nofollow noopener me"' in page
        assert "&lt;b&gt;Loaves" in page


def test_the_settings_form_keeps_orders_and_mends(cast: Cast, client: Client) -> None:
    log_in(client, cast.alice)
    form = {
        "display_name": "Alice",
        "bio": "",
        "pronouns": "she/her",
        "pronouns_audience": "public",
        "birth_day": "9",
        "birth_month": "4",
        "birth_year": "",
        "birthday_audience": "friends",
        "link_0_value": "bread.example",
        "link_0_audience": "public",
        "own_0_label": "Plays",
        "own_0_value": "the accordion",
        "own_0_audience": "followers",
        "own_1_label": "Speaks",
        "own_1_value": "little",
        "own_1_audience": "only_me",
    }
    assert client.post("/settings/", {**form, "up": "own_1"})["Location"] == "/settings/"
    rows = ProfileField.objects.order_by("position")
    assert [(row.kind, row.label, row.value, row.audience) for row in rows] == [
        ("pronouns", "", "she/her", "public"),
        ("birthday", "", "--04-09", "friends"),
        ("link", "", "https://bread.example", "public"),
        ("own", "Speaks", "little", "only_me"),
        ("own", "Plays", "the accordion", "followers"),
    ]
    page = client.get("/settings/").context["form"]
    assert page["own_0_label"].value() == "Speaks"
    assert page["birth_month"].value() == "4"
    assert [row["up"] for row in page.own] == [False, True, False, False]
    broken = client.post("/settings/", {**form, "link_0_value": "http://plain.example", "own_1_label": ""})
    assert broken.status_code == 422
    assert set(broken.context["form"].errors) == {"link_0_value", "own_1_label"}
    assert "http://plain.example" in broken.content.decode(), "what was typed stays"
    assert rows.count() == 5


def test_the_api_reads_and_writes_ones_own(cast: Cast, client: Client) -> None:
    client.force_login(cast.alice)
    given = [link("https://bread.example/", "friends", "Loaves"), {**own("the accordion", "only_me")}]
    answer = client.patch("/api/v1/me", {"fields": given, "friends_audience": "members", "is_listed": False}, **JSON)
    assert answer.status_code == 200
    assert client.get("/api/v1/me").json()["fields"] == given
    assert (answer.json()["friends_audience"], answer.json()["is_listed"]) == ("members", False)
    refused = client.patch("/api/v1/me", {"fields": [link("http://plain.example/")], "bio": "New"}, **JSON)
    assert refused.status_code == 422
    assert "fields.0.value" in refused.json()["errors"]
    me = client.get("/api/v1/me").json()
    assert (me["fields"], me["bio"]) == (given, ""), "all of it or nothing"
    assert client.patch("/api/v1/me", {"fields": []}, **JSON).json()["fields"] == []
    assert Client().patch("/api/v1/me", {"fields": []}, **JSON).status_code == 401


def test_nobody_raises_themselves_by_the_way(cast: Cast, client: Client) -> None:
    client.force_login(cast.alice)
    client.patch("/api/v1/me", {"is_staff": True, "welcome": "people", "followers": 9, "name_key": "x"}, **JSON)
    cast.alice.refresh_from_db()
    assert (cast.alice.is_staff, cast.alice.welcome, cast.alice.name_key) == (False, "", "alice")


# -- The list of friends --


@pytest.mark.parametrize(
    ("audience", "who"),
    [("friends", ["alice", "dan"]), ("only_me", ["alice"]), ("members", ["alice", "bob", "carol", "dan"])],
)
def test_the_list_of_friends_is_for_its_audience(cast: Cast, client: Client, audience: str, who: list[str]) -> None:
    User.objects.filter(pk=cast.alice.pk).update(friends_audience=audience)
    make_follow(cast.carol, cast.dan)
    for name in ("alice", "bob", "carol", "dan"):
        log_in(client, vars(cast)[name])
        page = client.get("/@alice/friends/").content.decode()
        listed = page.partition('id="people"')[2].partition("</ul>")[0]
        assert ("@dan" in listed) == (name in who), name
        assert (client.get("/api/v1/users/alice").json()["friends"] == 1) == (name in who)


def test_friends_come_page_by_page_and_the_blocked_are_not_among_them(
    cast: Cast, client: Client, django_assert_num_queries: Any
) -> None:
    for number in range(people_queries.PAGE + 3):
        make_friends(cast.alice, make_user(f"friend{number}"))
    relations.block(actor=cast.dan, person="friend5")
    with django_assert_num_queries(2):
        first = profiles.friends(cast.dan, cast.alice, "")
    second = profiles.friends(cast.dan, cast.alice, first["next"])
    names = [one.handle for one in first["people"] + second["people"]]
    assert len(names) == len(set(names)) == people_queries.PAGE + 3  # with dan, without friend5
    assert "friend5" not in names
    assert second["next"] == ""
