"""Hiding, leaving and coming back: actions, pages, API and shell."""

import json
import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts import tokens
from accounts.access import people as people_access
from accounts.actions import factors, life, logins, relations
from accounts.models.life import Departure
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.models.relations import Block, Follow
from accounts.tests.factories import PASSWORD, Cast, log_in, make_user
from chat.tests import factories as chat_factories
from core import consumers, errors
from core.models import AuditEntry, Mail
from feed.access import comments as comment_access
from feed.tests.factories import make_comment, make_post

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def page_log_in(handle: str) -> Client:
    """Through the page, as a browser does."""
    client = Client()
    client.post("/login/", {"login": handle, "password": PASSWORD})
    return client


def leave(who: User, **more: object) -> Departure:
    given = {"password": PASSWORD, "login": None, "take_messages": False, **more}
    return life.request_deletion(actor=who, **given)


def surfaces(who: User, viewer: User) -> list[bool]:
    """What others see of a member, door by door."""
    client = Client()
    log_in(client, viewer)
    post = who.posts.get()
    return [
        client.get(f"/@{who.handle}/").status_code == 200,
        client.get(f"/posts/{post.pk}/").status_code == 200,
        client.get(f"/api/v1/users/{who.pk}").status_code == 200,
        comment_access.visible_comments(viewer).filter(author=who).exists(),
        people_access.visible_people(viewer).filter(pk=who.pk).exists(),
        bool(client.get("/api/v1/conversations").json()["results"]),
    ]


@pytest.fixture
def alice(cast: Cast) -> User:
    post = make_post(cast.alice)
    make_comment(post, cast.alice)
    chat_factories.make_chat(cast.alice, cast.bob, "hello")
    return cast.alice


@pytest.mark.parametrize("go", [lambda who: life.deactivate(actor=who), leave], ids=["deactivated", "leaving"])
def test_hides_everywhere_at_once_and_comes_back_whole(go, cast: Cast, alice: User) -> None:
    before = User.objects.filter(pk=alice.pk).values("followers_count", "following_count", "posts_count").get()
    assert surfaces(alice, cast.bob) == [True] * 6
    go(alice)
    assert surfaces(alice, cast.bob) == [False] * 6
    page = page_log_in("alice")
    if Departure.objects.exists():
        assert surfaces(alice, cast.bob) == [False] * 6, "a login alone stops no deletion"
        page.post("/leaving/")
    assert surfaces(alice, cast.bob) == [True] * 6
    after = User.objects.filter(pk=alice.pk).values("followers_count", "following_count", "posts_count").get()
    assert after == before
    assert relations.recount() == 0
    assert page.get("/settings/").status_code == 200


def test_hiding_ends_every_login(cast: Cast) -> None:
    client = Client()
    log_in(client, cast.alice)
    pair = logins.log_in_app(actor=cast.alice)
    life.deactivate(actor=cast.alice)
    assert client.get("/settings/").status_code == 302
    app = Client(headers={"authorization": f"Bearer {pair.access}"})
    assert app.get("/api/v1/me").status_code == 401
    assert logins.refresh_tokens(refresh=pair.refresh) is None
    assert not Device.objects.filter(user=cast.alice, ended_at=None).exists()


def test_an_app_brings_a_hidden_member_back_too(cast: Cast) -> None:
    life.deactivate(actor=cast.alice)
    answer = Client().post(
        "/api/v1/auth/login", {"login": "alice", "password": PASSWORD}, content_type="application/json"
    )
    assert answer.status_code == 200
    assert User.objects.get(pk=cast.alice.pk).hidden_at is None


def test_a_wrong_password_changes_nothing_and_counts(cast: Cast) -> None:
    for _turn in range(5):
        with pytest.raises(errors.Invalid) as refused:
            leave(cast.alice, password="not it")
        assert refused.value.field == "password"
    with pytest.raises(errors.TooMany):
        leave(cast.alice)
    assert not Departure.objects.exists()
    assert User.objects.get(pk=cast.alice.pk).hidden_at is None


def test_wrong_passwords_count_for_the_account_whatever_asks_for_them(cast: Cast) -> None:
    for _turn in range(5):
        assert not factors.check_password(actor=cast.alice, password="not it")
    with pytest.raises(errors.TooMany):
        leave(cast.alice)
    assert not Departure.objects.exists()


def test_who_has_no_password_must_have_logged_in_just_now(cast: Cast) -> None:
    User.objects.filter(pk=cast.alice.pk).update(password="!")
    alice = User.objects.get(pk=cast.alice.pk)
    with pytest.raises(errors.NotAllowed):
        leave(alice)
    device = Device.objects.create(user=alice, key=uuid.uuid4())
    Device.objects.update(created_at=timezone.now() - timedelta(minutes=16))
    device.refresh_from_db()
    with pytest.raises(errors.NotAllowed):
        leave(alice, login=device)
    theirs = Device.objects.create(user=cast.bob, key=uuid.uuid4())
    with pytest.raises(errors.NotAllowed):
        leave(alice, login=theirs)
    leave(alice, login=Device.objects.create(user=alice, key=uuid.uuid4()))
    assert Departure.objects.get().user == alice


def test_asking_twice_is_asking_once(cast: Cast) -> None:
    first = leave(cast.alice)
    again = leave(User.objects.get(pk=cast.alice.pk), take_messages=True)
    assert (again.pk, again.due_at, again.take_messages) == (first.pk, first.due_at, False)
    assert Mail.objects.count() == 1
    assert first.due_at - timezone.now() > timedelta(days=29, hours=23)


def test_the_last_owner_stays(cast: Cast) -> None:
    owner = make_user("owner", is_superuser=True, is_staff=True)
    other = make_user("other", is_superuser=True, is_staff=True)
    leave(other)
    with pytest.raises(errors.Conflict, match="only owner"):
        leave(owner)
    client = Client()
    log_in(client, owner)
    page = client.post("/settings/data/delete/", {"password": PASSWORD})
    assert page.status_code == 422
    assert "only owner" in page.content.decode()
    with pytest.raises(CommandError, match="only owner"):
        call_command("delete_user", "owner", "--now")
    assert User.objects.get(pk=owner.pk).hidden_at is None


# -- Pages ------------------------------------------------------------------------------------------------------------


def test_a_leaver_sees_one_page(cast: Cast) -> None:
    leave(cast.alice)
    client = page_log_in("alice")
    for path in ("/", "/settings/", "/people/", "/chat/", "/compose/", "/@bob/"):
        assert client.get(path)["Location"] == "/leaving/", path
    assert client.post("/compose/", {"text": "still here"})["Location"] == "/leaving/"
    assert not cast.alice.posts.exists()
    assert "Stop the deletion" in client.get("/leaving/").content.decode()
    assert client.get("/settings/data/state/").status_code == 200
    assert client.post("/logout/").status_code == 302
    assert client.get("/leaving/").status_code == 302


def test_the_page_of_deletion(cast: Cast) -> None:
    client = Client()
    log_in(client, cast.alice)
    wrong = client.post("/settings/data/delete/", {"password": "not it", "take_messages": "on"})
    assert wrong.status_code == 422
    assert "This is not your password." in wrong.content.decode()
    assert client.post("/settings/data/delete/", {}).status_code == 422
    done = client.post("/settings/data/delete/", {"password": PASSWORD, "take_messages": "on"})
    assert done.status_code == 200
    assert "Goodbye" in done.content.decode()
    assert Departure.objects.get().take_messages is True
    assert client.get("/settings/").status_code == 302, "logged out"
    assert "/leaving/" not in client.get("/").get("Location", "")


def test_the_page_of_hiding(cast: Cast) -> None:
    client = Client()
    log_in(client, cast.alice)
    assert client.get("/settings/data/deactivate/").status_code == 200
    assert User.objects.get(pk=cast.alice.pk).hidden_at is None
    assert client.post("/settings/data/deactivate/").status_code == 200
    assert User.objects.get(pk=cast.alice.pk).hidden_at is not None


def test_leaving_is_no_page_for_who_stays(cast: Cast) -> None:
    client = Client()
    log_in(client, cast.alice)
    assert client.get("/leaving/")["Location"] == "/"
    assert Client().get("/leaving/").status_code == 302


# -- API and shell ----------------------------------------------------------------------------------------------------


def app_of(user: User) -> Client:
    pair = logins.log_in_app(actor=user)
    return Client(headers={"authorization": f"Bearer {pair.access}"})


def test_the_api_of_leaving(cast: Cast) -> None:
    app = app_of(cast.alice)
    assert app.get("/api/v1/me/deletion").status_code == 404
    wrong = app.post("/api/v1/me/deletion", {"password": "no"}, content_type="application/json")
    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["password"])
    done = app.post(
        "/api/v1/me/deletion", {"password": PASSWORD, "take_messages": True}, content_type="application/json"
    )
    assert (done.status_code, done.json()["take_messages"]) == (200, True)
    assert app.get("/api/v1/me").status_code == 401
    back = app_of(User.objects.get(pk=cast.alice.pk))
    assert back.get("/api/v1/me").status_code == 200
    assert back.get("/api/v1/me/deletion").json()["due_at"] == done.json()["due_at"]
    assert back.post("/api/v1/posts", {"text": "hm"}, content_type="application/json").status_code == 403
    assert back.delete("/api/v1/me/deletion").status_code == 204
    assert back.delete("/api/v1/me/deletion").status_code == 204
    assert back.post("/api/v1/posts", {"text": "hm"}, content_type="application/json").status_code == 201


def test_the_api_of_hiding(cast: Cast) -> None:
    app = app_of(cast.alice)
    assert app.post("/api/v1/me/deactivate").status_code == 204
    assert app.get("/api/v1/me").status_code == 401
    assert Client().post("/api/v1/me/deactivate").status_code == 401


def run(*words: str) -> dict:
    out = StringIO()
    call_command("delete_user", *words, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_the_shell_deletes_and_says_so(cast: Cast) -> None:
    assert run("@Alice")["state"] == "leaving"
    assert run("alice")["state"] == "leaving"
    assert run("alice", "--now")["state"] == "gone"
    for handle in ("alice", "@nobody_like_this"):
        with pytest.raises(CommandError, match=rf"There is no @{handle.removeprefix('@')}\."):
            run(handle, "--now")
    assert not User.objects.filter(pk=cast.alice.pk).exists()
    said = list(AuditEntry.objects.order_by("pk").values_list("action", "subject", "actor_id"))
    subject = f"user:{cast.alice.pk}"
    assert said == [*[("accounts.delete_user", subject, None)] * 2, ("accounts.erased", subject, None)]


def test_tickets_of_hidden_members_end_with_their_login(cast: Cast) -> None:
    device = Device.objects.create(user=cast.alice, key=uuid.uuid4(), refreshed_at=timezone.now())
    ticket = tokens.make_ticket(device)
    life.deactivate(actor=cast.alice)
    assert tokens.by_ticket(ticket) is None


# -- Who hides sees nothing either ------------------------------------------------------------------------------------

OPEN = {"me": 200, "me/deletion": 200, "me/export": 404, "me/export/download": 404, "me/devices": 200, "site": 200}


@pytest.mark.parametrize("door", ["app", "browser", "browser with a foreign header"])
def test_a_leaver_reads_nothing_over_the_api(cast: Cast, door: str) -> None:
    post = make_post(cast.alice, audience="followers")
    leave(cast.bob)
    client = app_of(User.objects.get(pk=cast.bob.pk)) if door == "app" else page_log_in("bob")
    if door == "browser with a foreign header":
        client.defaults["HTTP_AUTHORIZATION"] = "Basic Ym9iOng="
    for path in (f"posts/{post.pk}", "posts", "conversations", "users/alice", "me/friends", "me/tokens"):
        answer = client.get(f"/api/v1/{path}")
        assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json"), path
        assert answer.json()["type"] == "/problems/hidden"
    assert client.post("/api/v1/auth/ticket").json()["type"] == "/problems/hidden"
    for path, status in OPEN.items():
        assert client.get(f"/api/v1/{path}").status_code == status, path
    assert client.post("/api/v1/auth/reauthenticate/options").status_code == 200
    assert client.post("/api/v1/me/export").status_code == 202
    assert client.delete("/api/v1/me/deletion").status_code == 204
    assert client.get(f"/api/v1/posts/{post.pk}").status_code == 200


def test_a_leaver_logs_in_and_out_over_the_api(cast: Cast) -> None:
    leave(cast.bob)
    client = page_log_in("bob")
    given = {"login": "bob", "password": PASSWORD}
    answer = client.post("/api/v1/auth/login", given, content_type="application/json")
    assert answer.status_code == 200, "although this browser is a leaver's"
    app = Client(headers={"authorization": f"Bearer {answer.json()['access']}"})
    assert app.post("/api/v1/auth/logout").status_code == 204
    assert app.get("/api/v1/me").status_code == 401


def test_a_leaver_has_no_socket(cast: Cast) -> None:
    leave(cast.bob)
    client = Client()
    browser = log_in(client, cast.bob)
    logins.log_in_app(actor=cast.bob)
    app = Device.objects.get(user=cast.bob, session_key="", ended_at=None)
    assert tokens.by_session(browser.session_key) is None
    assert tokens.by_ticket(tokens.make_ticket(app)) is None
    assert not tokens.still_valid(consumers.Principal(user_id=cast.bob.pk, login=str(app.pk)))
    life.cancel_deletion(actor=cast.bob)
    assert tokens.by_session(browser.session_key) is not None
    assert tokens.by_ticket(tokens.make_ticket(app)) is not None


def test_who_hides_can_be_sent_away_by_those_they_are_tied_to(cast: Cast) -> None:
    for person in (cast.bob, cast.dan, cast.carol):
        leave(person)
    relations.remove_follower(actor=cast.alice, person="bob")
    assert not Follow.objects.filter(follower=cast.bob).exists()
    relations.block(actor=cast.alice, person="dan")
    assert Block.objects.filter(blocker=cast.alice, blocked=cast.dan).exists()
    assert not Follow.objects.filter(follower=cast.dan).exists()
    for stranger in ("bob", "carol", "dan", "nobody_at_all"):
        with pytest.raises(errors.NotFound):
            relations.remove_follower(actor=cast.alice, person=stranger)
    with pytest.raises(errors.NotFound):
        relations.block(actor=cast.alice, person="carol")
    assert relations.recount() == 0
