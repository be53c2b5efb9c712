"""The first steps: skipped, left, taken up again, never shown twice."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts.actions import joining, profiles, relations, welcome
from accounts.models.people import User
from accounts.queries import welcome as welcome_queries
from accounts.tests.factories import PASSWORD, Cast, log_in, make_friends, make_user
from accounts.tests.test_api import App, problem
from feed.tests.factories import make_post

pytestmark = pytest.mark.django_db


@pytest.fixture
def nell(cast: Cast) -> User:
    return joining.join(email="nell@example.org", handle="nell", display_name="Nell", password_hash=cast.bob.password)


def now(user: User) -> str:
    return User.objects.get(pk=user.pk).welcome


def test_step_by_step_to_where_one_wanted_to_go(nell: User, client: Client) -> None:
    log_in(client, nell)
    assert client.get("/welcome/?next=/settings/")["Location"] == "/welcome/picture/?next=%2Fsettings%2F"
    page = client.get("/welcome/picture/?next=/settings/").content.decode()
    assert "Step 1 of 3" in page
    assert 'name="next" value="/settings/"' in page
    answer = client.post("/welcome/picture/", {"bio": "New here.", "next": "/settings/"})
    assert answer["Location"] == "/welcome/people/?next=%2Fsettings%2F"
    assert (
        client.post("/welcome/people/", {"next": "/settings/"})["Location"] == "/welcome/privacy/?next=%2Fsettings%2F"
    )
    answer = client.post("/welcome/privacy/", {"is_private": "on", "next": "/settings/"})
    assert answer["Location"] == "/settings/"
    nell.refresh_from_db()
    assert (nell.bio, nell.is_private, nell.is_listed, nell.welcome) == ("New here.", True, False, "")
    for path in ("", "picture/", "people/", "privacy/"):
        assert client.get(f"/welcome/{path}")["Location"] == "/", "never again"


@pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_the_way_on_stays_on_the_site(nell: User, client: Client, evil: str) -> None:
    log_in(client, nell)
    assert client.get("/welcome/", {"next": evil})["Location"] == "/welcome/picture/"
    assert client.post("/welcome/end/", {"next": evil})["Location"] == "/"


def test_each_can_be_skipped_and_all_at_once(nell: User, client: Client) -> None:
    log_in(client, nell)
    assert client.post("/welcome/picture/", {"bio": ""})["Location"] == "/welcome/people/"
    nell.refresh_from_db()
    assert (nell.bio, nell.welcome) == ("", "people")
    assert client.post("/welcome/end/")["Location"] == "/"
    assert now(nell) == ""


def test_they_are_taken_up_again_at_the_next_login(nell: User, client: Client) -> None:
    welcome.finish_step(actor=nell, step="picture")
    assert client.post("/login/", {"login": "nell", "password": PASSWORD})["Location"] == "/welcome/"
    assert client.get("/welcome/")["Location"] == "/welcome/people/"
    assert Client().post("/login/", {"login": "bob", "password": PASSWORD})["Location"] == "/"
    elsewhere = Client().post("/login/?next=/people/", {"login": "nell", "password": PASSWORD, "next": "/people/"})
    assert elsewhere["Location"] == "/people/", "whoever wants to go somewhere goes there"


def test_an_app_goes_through_them_too(nell: User, cast: Cast) -> None:
    app = App()
    assert app.log_in("nell").json()["user"]["welcome"] == "picture"
    for given in ({}, {"step": "the cat"}, {"step": ""}):
        assert list(problem(app.ask("POST", "me/welcome", given), 422, "invalid")["errors"]) == ["step"]
    for step, after in (("people", "privacy"), ("picture", "privacy"), ("privacy", ""), ("picture", "")):
        answer = app.ask("POST", "me/welcome", {"step": step})
        assert (answer.status_code, answer.json()) == (200, {"welcome": after}), step
    assert app.ask("GET", "me").json()["welcome"] == ""
    problem(App().ask("POST", "me/welcome", {"step": "picture"}), 401, "sign_in_needed")


def test_an_app_skips_them_all(nell: User) -> None:
    app = App()
    app.log_in("nell")
    for _turn in range(2):
        assert app.ask("DELETE", "me/welcome").status_code == 204
        assert now(nell) == ""
    problem(App().ask("DELETE", "me/welcome"), 401, "sign_in_needed")


def test_going_back_undoes_nothing(nell: User, client: Client) -> None:
    log_in(client, nell)
    for step in ("picture", "people"):
        client.post(f"/welcome/{step}/", {"bio": "x"})
    assert client.get("/welcome/picture/").status_code == 200
    assert client.post("/welcome/picture/", {"bio": "y"})["Location"] == "/welcome/privacy/"
    for _turn in range(2):
        assert welcome.finish_step(actor=nell, step="privacy") == ""
    assert welcome.finish_step(actor=nell, step="picture") == ""


def test_what_is_refused_stays(nell: User, client: Client) -> None:
    log_in(client, nell)
    file = SimpleUploadedFile("me.png", b"no picture")
    answer = client.post("/welcome/picture/", {"bio": "Kept words", "avatar-picture": file})
    assert answer.status_code == 422
    assert "Kept words" in answer.content.decode()
    assert "This is not a picture we know." in answer.content.decode()
    assert client.post("/welcome/picture/", {"bio": "x" * 501}).status_code == 422
    assert now(nell) == "picture"


def test_a_picture_is_taken(nell: User, client: Client) -> None:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "teal").save(out, "PNG")
    log_in(client, nell)
    file = SimpleUploadedFile("me.png", out.getvalue())
    assert client.post("/welcome/picture/", {"bio": "", "avatar-picture": file})["Location"] == "/welcome/people/"
    nell.refresh_from_db()
    assert nell.avatar is not None
    assert (nell.avatar.width, nell.avatar.height) == (200, 200)


def test_visitors_and_unknown_steps(nell: User, client: Client) -> None:
    for path in ("/welcome/", "/welcome/people/"):
        assert client.get(path)["Location"].startswith("/login/")
    log_in(client, nell)
    assert client.get("/welcome/nonsense/").status_code == 404
    assert client.get("/welcome/end/").status_code == 405


def test_suggestions_are_friends_of_friends_then_the_newest_who_write(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    far, near, quiet, hidden = (make_user(name) for name in ("far", "near", "quiet", "hidden"))
    make_friends(cast.dan, near)
    make_friends(cast.dan, far)
    make_friends(cast.dan, hidden)
    make_friends(cast.carol, near)
    make_friends(cast.alice, cast.carol)
    profiles.set_visibility(actor=hidden, is_listed=False)
    for writer in (cast.bob, cast.mallory, cast.mod):
        make_post(writer)
    with django_assert_num_queries(4):
        found = welcome_queries.suggestions(cast.alice)
    assert [one.handle for one in found] == ["near", "far", "mod", "bob"]
    relations.follow(actor=cast.alice, person="near")
    relations.block(actor=far, person="alice")
    assert [one.handle for one in welcome_queries.suggestions(cast.alice)] == ["mod", "bob"]
    assert quiet not in welcome_queries.suggestions(quiet)


def test_suggestions_name_nobody_of_a_hidden_list_and_nobody_private(cast: Cast) -> None:
    far, shy = make_user("far"), make_user("shy", is_private=True)
    for person in (far, shy):
        make_friends(cast.dan, person)
    make_post(shy)
    assert [one.handle for one in welcome_queries.suggestions(cast.alice)] == ["far"]
    User.objects.filter(pk=cast.dan.pk).update(friends_audience="only_me")
    assert welcome_queries.suggestions(cast.alice) == []
