"""What a person meets on the pages of accounts: questions that name the deed, titles, fields that say what to mend,
rows that answer, one way on."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actions import archives, invitations, joining, lists, mutes, relations, welcome
from accounts.forms.questions import QUESTIONS
from accounts.models.archives import ArchiveState, Import
from accounts.models.mutes import MutedWord
from accounts.models.people import User
from accounts.models.relations import Block
from accounts.queries import welcome as welcome_queries
from accounts.tests.factories import PASSWORD, Cast, log_in, make_user
from accounts.tests.test_factors import set_up_app
from feed.actions import posts as feed_actions

pytestmark = pytest.mark.django_db
HOUSE = Path(__file__).resolve().parents[2]
HX = {"HX-Request": "true"}


def main_of(answer: Any) -> str:
    return answer.content.decode().partition("<main")[2].partition("</main>")[0]


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def owner(db: None) -> User:
    return make_user("owner", is_superuser=True, is_staff=True)


# -- Questions --------------------------------------------------------------------------------------------------------


def test_no_question_is_written_by_hand() -> None:
    """Templates ask through the tag, so that the button names the deed and the page says the same."""
    for path in (HOUSE / "templates").rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"(data|hx)-confirm=", text), f"{path}: use {{% asks %}} (accounts.templatetags)"
        for form in re.findall(r"\{% asks .*?</form>", text, re.S):
            assert 'name="ask"' in form, f'{path}: its button is name="ask", for those without scripts'


def test_every_question_is_asked_by_a_page_and_a_view() -> None:
    pages = "".join(path.read_text() for path in (HOUSE / "templates").rglob("*.html"))
    views = "".join(path.read_text() for path in HOUSE.glob("*/views/*.py"))
    # A draft that is gone can be had back at once, with scripts; without them the site asks by itself.
    assert 'type="submit" name="ask"' in (HOUSE / "templates/feed/_draft.html").read_text()
    for key in QUESTIONS:
        assert key == "delete_draft" or f'{{% asks "{key}"' in pages
        assert f'@asks("{key}")' in views


def test_the_button_of_the_dialog_names_the_deed(cast: Cast) -> None:
    page = main_of(client_of(cast.alice).get("/@bob/"))
    assert 'data-confirm="Block Bob?"' in page
    assert 'data-confirm-yes="Block Bob"' in page
    grave, calm = (re.search(rf"<form [^>]*/{deed}/[^>]*>", page) for deed in ("block", "remove"))
    assert grave is not None
    assert calm is not None
    assert "data-confirm-calm" not in grave[0]
    assert "data-confirm-calm" in calm[0]


def test_without_scripts_a_page_asks_the_same(cast: Cast) -> None:
    client = client_of(cast.alice)
    page = client.post("/@bob/block/", {"ask": "Bob <b>"}, headers={"referer": "http://testserver/@bob/"})
    words = page.content.decode()
    assert page.status_code == 200
    assert '<h1 dir="auto">Block Bob &lt;b&gt;?</h1>' in words
    assert re.search(r'class="btn danger">Block Bob &lt;b&gt;</button>', words)
    assert 'href="/@bob/">Cancel' in words
    assert not Block.objects.filter(blocked=cast.bob).exists()
    assert client.post("/@bob/block/")["Location"] == "/settings/blocked/"
    assert Block.objects.filter(blocked=cast.bob).exists()


def test_whoever_was_asked_by_a_script_is_not_asked_again(cast: Cast) -> None:
    answer = client_of(cast.alice).post("/@dan/unfriend/", {"ask": "Dan"}, headers=HX)
    assert "Add friend" in answer.content.decode()


def test_the_page_that_asks_keeps_where_one_wants_to_go(cast: Cast) -> None:
    page = client_of(cast.alice).post("/@dan/unfriend/", {"ask": "Dan", "next": "/people/friends/"})
    assert '<input type="hidden" name="next" value="/people/friends/">' in page.content.decode()
    assert "Unfriend</button>" in page.content.decode()


# -- What is shown once -----------------------------------------------------------------------------------------------


def test_a_token_can_be_copied_and_says_in_words_what_it_may(cast: Cast) -> None:
    client = Client()
    log_in(client, cast.alice)
    form = {"name": "Kitchen", "scopes": ["read", "chat:write"], "days": "30", "password": PASSWORD}
    page = main_of(client.post("/settings/tokens/", form))
    assert re.search(r'<button type="button"[^>]* data-copies="new_token" data-copied="Token copied"', page)
    assert 'id="new_token"' in page
    rows = page.partition('id="tokens"')[2].partition("</ul>")[0]
    assert "Read posts, comments and profiles · Write messages" in rows
    assert "chat:write" not in rows


def test_recovery_codes_can_be_copied(cast: Cast) -> None:
    set_up_app(cast.alice)
    client = Client()
    log_in(client, cast.alice)
    client.post("/settings/security/confirm/", {"password": PASSWORD})
    page = main_of(client.post("/settings/security/codes/"))
    assert '<ul class="codes" id="codes"' in page
    assert 'data-copies="codes" data-copied="Codes copied"' in page


# -- One name for one thing -------------------------------------------------------------------------------------------


def test_deactivating_is_called_so_everywhere(cast: Cast) -> None:
    client = client_of(cast.alice)
    for path in ("/settings/data/", "/settings/data/deactivate/"):
        page = main_of(client.get(path))
        assert "Deactivate" in page
        assert "Hide" not in page
    assert "Your account is deactivated" in client.post("/settings/data/deactivate/").content.decode()


def test_every_page_of_settings_and_of_the_office_has_a_title_of_its_own(owner: User) -> None:
    client = Client()
    client.post("/login/", {"login": "owner", "password": PASSWORD})
    links = set()
    for start in ("/settings/", "/site/settings/"):
        nav = main_of(client.get(start)).partition('class="subnav"')[2].partition("</nav>")[0]
        links |= set(re.findall(r'href="(/s(?:ettings|ite)/[^"]*)"', nav)) - {"/site/"}
    links |= {"/settings/muted/words/", "/settings/muted/conversations/", "/settings/handle/", "/site/providers/new/"}
    assert len(links) > 20
    titles = {path: re.search(r"<title>(.*?)</title>", client.get(path).content.decode())[1] for path in links}  # type: ignore[index]
    assert len(set(titles.values())) == len(titles), titles
    assert titles["/settings/security/"].startswith("Security · Settings · ")
    assert titles["/site/bots/"].startswith("Bots · Site · ")


# -- Fields that need mending -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "field", "words"),
    [
        ("/settings/muted/words/", "phrase", "Write a word or a phrase."),
        ("/lists/", "name", "Give the list a name."),
        ("/lists/{list}/edit/", "name", "Give the list a name."),
        ("/lists/{list}/add/", "person", "Whose handle?"),
    ],
)
def test_what_is_missing_is_said_beside_its_field(cast: Cast, path: str, field: str, words: str) -> None:
    made = lists.make_list(actor=cast.alice, name="Choir")
    answer = client_of(cast.alice).post(path.format(list=made.pk), {"span": "ever"})
    page = main_of(answer)
    assert answer.status_code == 422
    assert words in page
    assert re.search(rf'<input[^>]*name="{field}"[^>]*aria-invalid="true"', page)


def test_the_browsers_own_bubbles_stay_away(cast: Cast) -> None:
    client = client_of(cast.alice)
    made = lists.make_list(actor=cast.alice, name="Choir")
    for path in ("/settings/muted/words/", "/lists/", f"/lists/{made.pk}/edit/", "/@bob/mute/", "/settings/privacy/"):
        forms = re.findall(r'<form class="[^"]*form[^"]*"[^>]*method="post"[^>]*>', main_of(client.get(path)))
        assert forms
        assert all("novalidate" in form for form in forms), path


def test_a_handle_that_nobody_has_is_said_in_words(cast: Cast) -> None:
    made = lists.make_list(actor=cast.alice, name="Choir")
    for handle in ("nobody_here", "@mallory"):
        answer = client_of(cast.alice).post(f"/lists/{made.pk}/add/", {"person": handle})
        assert answer.status_code == (422 if handle == "nobody_here" else answer.status_code)
    assert "Nobody here has this handle." in main_of(
        client_of(cast.alice).post(f"/lists/{made.pk}/add/", {"person": "nobody_here"})
    )


# -- Exports and imports ----------------------------------------------------------------------------------------------


def test_a_failed_import_has_a_card_of_its_own(cast: Cast) -> None:
    Import.objects.create(user=cast.alice, state=ArchiveState.FAILED, reason="broken")
    page = main_of(client_of(cast.alice).get("/settings/data/"))
    cards = re.findall(r"<section class=\"card.*?</section>", page, re.S)
    [own] = [card for card in cards if "Your import did not work" in card]
    assert "The file is damaged." in own
    assert "Take everything along" not in own
    assert "Make a copy" not in own
    alone = client_of(cast.alice).get("/settings/data/state/?of=import").content.decode()
    assert "Your import did not work" in alone
    assert "Make a copy" not in alone


def test_the_page_says_when_a_new_copy_can_be_made(cast: Cast) -> None:
    export = archives.start_export(actor=cast.alice)
    client = client_of(cast.alice)
    assert "You can make a new copy" not in main_of(client.get("/settings/data/")), "it is being made"
    type(export).objects.filter(pk=export.pk).update(state=ArchiveState.READY, finished_at=timezone.now())
    page = main_of(client.get("/settings/data/"))
    assert "You can make a new copy from" in page
    assert '/settings/data/export/"' not in page
    type(export).objects.filter(pk=export.pk).update(created_at=timezone.now() - timedelta(days=1, minutes=1))
    page = main_of(client.get("/settings/data/"))
    assert "You can make a new copy from" not in page
    assert 'action="/settings/data/export/"' in page


# -- The owner's area -------------------------------------------------------------------------------------------------

OWNERS = ("/site/providers/", "/site/second-factor/", "/site/bots/")


def test_the_owners_pages_stand_in_one_office_with_one_menu(owner: User) -> None:
    client = Client()
    client.post("/login/", {"login": "owner", "password": PASSWORD})  # what asks whether it is you has its answer
    menus = set()
    for path in ("/site/settings/", "/site/blocked/", *OWNERS):
        nav = main_of(client.get(path)).partition('class="subnav"')[2].partition("</nav>")[0]
        assert f'href="{path}" aria-current="page"' in nav
        menus.add(nav.replace(' aria-current="page"', ""))
    assert len(menus) == 1
    own = main_of(client.get("/settings/security/"))
    assert not any(path in own for path in OWNERS)


def test_the_old_addresses_lead_there(owner: User, cast: Cast) -> None:
    for old, new in zip(
        ("/settings/providers/", "/settings/security/required/", "/settings/bots/"), OWNERS, strict=True
    ):
        assert client_of(owner).get(old)["Location"] == new
    assert client_of(cast.alice).get("/settings/providers/", follow=True).status_code == 404


def test_domains_say_what_they_are_for_and_join_their_choice(owner: User) -> None:
    page = main_of(client_of(owner).get("/site/settings/"))
    assert '<div class="for-domains">' in page
    assert "Used while people join with an address of these domains." in page


# -- Ranks ------------------------------------------------------------------------------------------------------------


def test_one_button_is_the_first_on_every_page(owner: User, cast: Cast) -> None:
    made = lists.make_list(actor=owner, name="Choir")
    lists.add(actor=owner, list_id=made.pk, person="bob")
    client = Client()
    log_in(client, owner)
    nav = "".join(main_of(client.get(start)) for start in ("/settings/", "/site/settings/"))
    links = {*re.findall(r'href="(/s(?:ettings|ite)/[^"]*)"', nav), f"/lists/{made.pk}/edit/", "/lists/", "/@bob/mute/"}
    aside = re.compile(r'<ul class="(people|asks).*?</ul>|<dialog.*?</dialog>', re.S)
    for path in sorted(links - {"/site/"}):
        page = aside.sub("", main_of(client.get(path)))
        first = re.findall(r'class="btn(?: s)?(?: danger)?"', page)
        assert len(first) <= 1, f"{path} has {len(first)} buttons of the first rank"


@pytest.mark.parametrize("path", ["/people/requests/", "/people/friends/", "/people/close/", "/lists/", "/@bob/mute/"])
def test_the_rail_stands_beside_pages_of_people(cast: Cast, path: str) -> None:
    page = client_of(cast.alice).get(path).content.decode()
    rail = page.partition('<aside class="railcol"')[2].partition("</aside>")[0]
    assert "New here" in rail or "You may know" in rail


# -- The first steps --------------------------------------------------------------------------------------------------


def newcomer(inviter: User) -> User:
    _row, link = invitations.invite(actor=inviter)
    token = link.rstrip("/").rpartition("/")[2]
    return joining.join(
        email="nell@example.org", handle="nell", display_name="Nell", password_hash="!", invitation=token
    )


def test_each_step_has_one_way_on_and_one_out(cast: Cast) -> None:
    nell = newcomer(cast.bob)
    client = client_of(nell)
    for step in ("picture", "people", "privacy"):
        page = main_of(client.get(f"/welcome/{step}/"))
        buttons = [re.sub(r"<.*?>", "", one).strip() for one in re.findall(r'class="btn[^"]*"[^>]*>(.*?)</', page)]
        ways = [one for one in buttons if one in ("Go on", "Done", "Skip", "Later", "Skip all of this")]
        assert ways == ["Done" if step == "privacy" else "Go on", "Skip all of this"]
        welcome.finish_step(actor=nell, step=step)


def test_whoever_invited_stands_first(cast: Cast) -> None:
    feed_actions.create_post(actor=cast.carol, text="hello", audience="public")
    nell = newcomer(cast.bob)
    assert [one.handle for one in welcome_queries.suggestions(nell)] == ["carol"]
    found = client_of(nell).get("/welcome/people/").context["people"]
    assert [one.handle for one in found] == ["bob", "carol"]
    relations.follow(actor=nell, person="bob")
    found = client_of(nell).get("/welcome/people/").context["people"]
    assert [one.handle for one in found] == ["carol"]
    relations.unfollow(actor=nell, person="bob")
    relations.block(actor=cast.bob, person="nell")
    assert [one.handle for one in client_of(nell).get("/welcome/people/").context["people"]] == ["carol"]


# -- Smaller things ---------------------------------------------------------------------------------------------------


def test_a_new_password_knows_the_address_of_whoever_is_logged_in(cast: Cast) -> None:
    page = main_of(client_of(cast.alice).get("/reset/"))
    assert 'value="alice@example.org"' in page
    assert "Remembered it?" not in page
    assert 'value="' not in re.search(r'<input[^>]*name="email"[^>]*>', main_of(Client().get("/reset/")))[0]  # type: ignore[index]


def test_rows_that_go_say_so(cast: Cast) -> None:
    client = client_of(cast.alice)
    mutes.mute_word(actor=cast.alice, phrase="spoiler", span="ever")
    word = MutedWord.objects.get()
    made = lists.make_list(actor=cast.alice, name="Choir")
    lists.add(actor=cast.alice, list_id=made.pk, person="bob")
    mutes.mute(actor=cast.alice, person="bob", span="ever")
    for path, words in (
        (f"/settings/muted/words/{word.pk}/remove/", "This word is not muted any more."),
        (f"/lists/{made.pk}/remove/bob/", "Taken off the list. They are not told."),
        ("/@bob/unmute/", "Not muted any more."),
    ):
        scripted = client.post(path, {"row": "1"}, headers=HX)
        assert (scripted.status_code, scripted.content) == (200, b"")
        assert json.loads(scripted["HX-Trigger"])["toast"]["text"] == words
        assert words in client.post(path, {"row": "1"}, follow=True).content.decode(), "without scripts a message"


def test_toasts_know_the_way_to_the_login() -> None:
    page = Client().get("/login/").content.decode()
    assert '<div class="toasts" data-login="/login/" data-login-label="Log in">' in page


def test_an_address_that_is_not_set_up_says_what_to_set(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["hidden-name.example"]
    page = client.get("/", headers={"host": "192.168.1.20:8000"})
    words = page.content.decode()
    assert page.status_code == 400
    assert "SITE_URL" in words
    assert "ALLOWED_HOSTS" in words
    assert "hidden-name" not in words
    assert "192.168" not in words


def test_who_can_see_it_is_asked_in_the_same_words_everywhere(cast: Cast) -> None:
    client = client_of(cast.alice)
    post = feed_actions.create_post(actor=cast.alice, text="hello")
    for path in ("/", f"/posts/{post.pk}/edit/"):
        assert "Who can see it" in main_of(client.get(path))


def test_a_long_post_shows_its_beginning_in_lists_and_all_on_its_page(cast: Cast) -> None:
    post = feed_actions.create_post(actor=cast.alice, text="word " * 999)
    short = feed_actions.create_post(actor=cast.alice, text="word " * 99)
    client = client_of(cast.alice)
    home = main_of(client.get("/"))
    assert home.count("data-unfold") == 1
    assert re.search(
        rf'class="posttext long".*?<a class="unfold link" href="/posts/{post.pk}/" data-unfold>', home, re.S
    )
    assert home.count("word ") > 999, "the words are all there, for those who listen and for the search of the page"
    assert "data-unfold" not in main_of(client.get(f"/posts/{post.pk}/"))
    assert "data-unfold" not in main_of(client.get(f"/posts/{short.pk}/"))
    lines = feed_actions.create_post(actor=cast.alice, text="\n".join(["a"] * 40))
    assert lines.is_long
