import uuid
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.actions import relations
from accounts.models.people import User
from accounts.tests.factories import Cast
from feed.models.posts import Post
from feed.tests.factories import make_comment, make_post
from uploads.tests import factories as upload_factories

pytestmark = pytest.mark.django_db


def api(user: User | None) -> APIClient:
    client = APIClient()
    if user is not None:
        client.force_authenticate(user)
    return client


def test_the_life_of_a_post(cast: Cast) -> None:
    alice, bob = api(cast.alice), api(cast.bob)
    picture = upload_factories.make_upload(cast.alice, purpose="post")
    given = {"text": "Hello *bob*", "pictures": [{"key": str(picture.key), "alt": "a lake"}], "client_id": "1"}
    made = alice.post("/api/v1/posts", given)
    assert made.status_code == 201
    body = made.json()
    assert body["html"] == "<p>Hello <em>bob</em></p>"
    assert body["audience"] == "members"
    assert body["author"]["handle"] == "alice"
    assert (body["pictures"][0]["alt"], body["pictures"][0]["width"]) == ("a lake", 1000)
    assert alice.post("/api/v1/posts", given).json()["id"] == body["id"]
    path = f"/api/v1/posts/{body['id']}"

    assert [post["id"] for post in bob.get("/api/v1/posts").json()["results"]] == [body["id"]]
    assert bob.put(f"{path}/reaction", {"kind": "wow"}).json() == {
        "reactions": {"wow": 1},
        "reactions_count": 1,
        "my_reaction": "wow",
    }
    said = bob.post(f"{path}/comments", {"text": "hi @alice", "client_id": "c"})
    assert said.status_code == 201
    assert bob.post(f"{path}/comments", {"text": "hi @alice", "client_id": "c"}).json()["id"] == said.json()["id"]
    seen = alice.get(path).json()
    assert (seen["comments_count"], seen["reactions"], seen["my_reaction"]) == (1, {"wow": 1}, None)
    assert bob.get(path).json()["my_reaction"] == "wow"
    assert bob.delete(f"{path}/reaction").json()["reactions"] == {}

    row = f"/api/v1/comments/{said.json()['id']}"
    assert alice.put(f"{row}/reaction", {"kind": "love"}).json()["reactions_count"] == 1
    assert [one["my_reaction"] for one in alice.get(f"{path}/comments").json()["results"]] == ["love"]
    assert alice.delete(f"{row}/reaction").json()["reactions_count"] == 0
    assert alice.delete(row).status_code == 204
    assert alice.get(row).status_code == 404

    assert alice.patch(path, {"text": "Bye", "audience": "public"}).json()["text"] == "Bye"
    assert [post["text"] for post in bob.get("/api/v1/users/alice/posts").json()["results"]] == ["Bye"]
    assert [post["text"] for post in bob.get(f"/api/v1/users/{cast.alice.pk}/posts").json()["results"]] == ["Bye"]
    assert alice.delete(path).status_code == 204
    assert bob.get(path).status_code == 404
    assert alice.post(f"{path}/undo").json()["text"] == "Bye"


def test_pages_of_the_api_go_on_by_cursor(cast: Cast) -> None:
    for number in range(25):
        make_post(cast.alice, f"{number}")
    client = api(cast.bob)
    first = client.get("/api/v1/posts").json()
    second = client.get("/api/v1/posts", {"cursor": first["next"]}).json()
    assert [post["text"] for post in first["results"] + second["results"]] == [f"{n}" for n in range(24, -1, -1)]
    assert second["next"] is None


CALLS: list[tuple[str, str, dict[str, Any] | None]] = [
    ("get", "/api/v1/posts/{post}", None),
    ("patch", "/api/v1/posts/{post}", {"text": "x"}),
    ("delete", "/api/v1/posts/{post}", None),
    ("post", "/api/v1/posts/{post}/undo", None),
    ("get", "/api/v1/posts/{post}/comments", None),
    ("post", "/api/v1/posts/{post}/comments", {"text": "x"}),
    ("put", "/api/v1/posts/{post}/reaction", {"kind": "like"}),
    ("delete", "/api/v1/posts/{post}/reaction", None),
    ("get", "/api/v1/comments/{comment}", None),
    ("patch", "/api/v1/comments/{comment}", {"text": "x"}),
    ("delete", "/api/v1/comments/{comment}", None),
    ("post", "/api/v1/comments/{comment}/undo", None),
    ("get", "/api/v1/comments/{comment}/replies", None),
    ("get", "/api/v1/comments/{comment}/reactions", None),
    ("get", "/api/v1/posts/{post}/reactions", None),
    ("put", "/api/v1/comments/{comment}/reaction", {"kind": "like"}),
    ("delete", "/api/v1/comments/{comment}/reaction", None),
]


@pytest.mark.parametrize(("method", "path", "data"), CALLS)
def test_hidden_and_absent_answer_alike(cast: Cast, method: str, path: str, data: Any) -> None:
    post = make_post(cast.alice)
    row = make_comment(post, cast.alice)
    client = api(cast.mallory)
    hidden = getattr(client, method)(path.format(post=post.pk, comment=row.pk), data)
    absent = getattr(client, method)(path.format(post=10**9, comment=10**9), data)
    assert (hidden.status_code, hidden.content) == (absent.status_code, absent.content)
    assert hidden.status_code == 404
    assert hidden["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "data"),
    [
        *CALLS,
        ("get", "/api/v1/posts", None),
        ("post", "/api/v1/posts", {"text": "x"}),
        ("get", "/api/v1/users/alice/posts", None),
        ("get", "/api/v1/reactions", None),
        ("put", "/api/v1/reactions", {"reactions": []}),
    ],
)
def test_without_a_login_nothing_is_told(cast: Cast, method: str, path: str, data: Any) -> None:
    post = make_post(cast.alice)
    row = make_comment(post, cast.alice)
    answer = getattr(api(None), method)(path.format(post=post.pk, comment=row.pk), data)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "data", "field"),
    [
        ("post", "/api/v1/posts", {"text": ""}, "text"),
        ("post", "/api/v1/posts", {"text": "x" * 5001}, "text"),
        ("post", "/api/v1/posts", {"text": "x", "audience": "aunts"}, "audience"),
        ("post", "/api/v1/posts", {"text": "x", "pictures": [{"key": "nonsense"}]}, "pictures"),
        ("post", "/api/v1/posts", {"text": "x", "pictures": [{"key": str(uuid.uuid4())}] * 11}, "pictures"),
        ("post", "/api/v1/posts", {"text": {"a": 1}}, "text"),
        ("post", "/api/v1/posts/{post}/comments", {"text": " "}, "text"),
        ("post", "/api/v1/posts/{post}/comments", {}, "text"),
        ("post", "/api/v1/posts/{post}/comments", {"text": "x", "parent": "y"}, "parent"),
        ("post", "/api/v1/posts/{post}/comments", {"text": "x", "picture": {"key": "y"}}, "picture"),
        ("get", "/api/v1/posts/{post}/comments?cursor=rubbish", None, "cursor"),
        ("get", "/api/v1/posts/{post}/reactions?cursor=rubbish", None, "cursor"),
        ("put", "/api/v1/posts/{post}/reaction", {"kind": "shrug"}, "kind"),
        ("get", "/api/v1/posts?cursor=rubbish", None, "cursor"),
    ],
)
def test_what_cannot_be_used_names_its_field(cast: Cast, method: str, path: str, data: Any, field: str) -> None:
    post = make_post(cast.alice)
    answer = getattr(api(cast.bob), method)(path.format(post=post.pk), data)
    assert answer.status_code == 422
    assert field in answer.json()["errors"]
    assert Post.objects.count() == 1


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_the_post_of_somebody_else_may_be_seen_and_not_changed(cast: Cast, method: str) -> None:
    path = f"/api/v1/posts/{make_post(cast.alice).pk}"
    assert getattr(api(cast.bob), method)(path, {"text": "mine"}).status_code == 403


def test_the_upload_of_somebody_else_is_as_absent(cast: Cast) -> None:
    theirs = upload_factories.make_upload(cast.bob, purpose="post")
    client = api(cast.alice)
    answers = [
        client.post("/api/v1/posts", {"text": "x", "pictures": [{"key": str(key)}]})
        for key in (theirs.key, uuid.uuid4())
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


def test_a_block_takes_effect_at_once(cast: Cast) -> None:
    client = api(cast.bob)
    path = f"/api/v1/posts/{make_post(cast.alice).pk}"
    assert client.get(path).status_code == 200
    relations.block(actor=cast.alice, person=cast.bob.pk)
    assert client.get(path).status_code == 404
    assert client.get("/api/v1/posts").json()["results"] == []
    assert client.get("/api/v1/users/alice/posts").status_code == 404


@pytest.mark.parametrize("number", [5, 50])
def test_the_api_costs_the_same_however_much_there_is(cast: Cast, number: int, django_assert_num_queries) -> None:
    for _turn in range(number):
        make_post(cast.alice, pictures=2)
    client = api(cast.bob)
    with django_assert_num_queries(8):
        assert len(client.get("/api/v1/posts").json()["results"]) == min(number, 20)
