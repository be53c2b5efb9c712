"""The member's own settings."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts import rules
from accounts.actions import fields as field_actions
from accounts.models.people import User
from accounts.tests.factories import Cast, log_in
from core import errors

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(cast: Cast, client: Client) -> Client:
    log_in(client, cast.alice)
    return client


def picture(color: str = "red") -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.new("RGB", (400, 300), color).save(file, "PNG")
    return SimpleUploadedFile("me.png", file.getvalue(), "image/png")


def test_profile_is_saved_as_typed(mine: Client, cast: Cast) -> None:
    data = {"display_name": " Alice  Ä. ", "bio": "Bread.\r\nAnd soup."}
    assert mine.post("/settings/", data)["Location"] == "/settings/"
    cast.alice.refresh_from_db()
    assert (cast.alice.display_name, cast.alice.bio) == ("Alice Ä.", "Bread.\nAnd soup.")
    assert cast.alice.name_key == "alice a."


def test_a_profile_is_saved_whole_or_not_at_all(mine: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**given: object) -> None:
        raise errors.Invalid("Not these.", field="fields")

    monkeypatch.setattr(field_actions, "set_fields", refused)
    answer = mine.post("/settings/", {"display_name": "Somebody Else", "bio": "Else"})
    assert answer.status_code == 422
    alice = User.objects.get(pk=cast.alice.pk)
    assert (alice.display_name, alice.bio) == ("Alice", "")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ali\u200bce\u3164", "Alice"),
        ("\u202eAlice", "Alice"),
        ("Alice\U000e0041\u2800", "Alice"),
        ("A\u0301lice", "\u00c1lice"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("\U0001f469\u200d\U0001f467 Mo", "\U0001f469\u200d\U0001f467 Mo"),
        ("\U0001f3f4\U000e0067\U000e0062\U000e007f", "\U0001f3f4\U000e0067\U000e0062\U000e007f"),
        *[(blank, "") for blank in ("\u2800", "\u3164", "\u00ad", "\u200d", "\ufeff", "\u0301", "\u061c", " \u180e ")],
    ],
)
def test_a_name_shows_what_it_says(typed: str, kept: str) -> None:
    """Nobody is another person's double by signs that print nothing, and nobody is nameless."""
    if kept:
        assert rules.clean_name(typed) == kept
    else:
        with pytest.raises(errors.Invalid):
            rules.clean_name(typed)


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        *[("/settings/handle/", "handle", handle) for handle in ("BOB", "no good", "settings")],
        ("/settings/", "display_name", "\u200b"),
    ],
)
def test_profile_marks_what_needs_mending(mine: Client, cast: Cast, path: str, field: str, value: str) -> None:
    answer = mine.post(path, {"display_name": "A", "bio": "", field: value})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    cast.alice.refresh_from_db()
    assert (cast.alice.handle, cast.alice.display_name) == ("alice", "Alice")


def test_picture_by_a_plain_form(mine: Client, cast: Cast) -> None:
    addresses = []
    for color in ("red", "blue"):
        assert mine.post("/settings/avatar/", {"avatar-picture": picture(color)})["Location"] == "/settings/"
        cast.alice.refresh_from_db()
        addresses.append(cast.alice.avatar_path)
        assert cast.alice.avatar_url == cast.alice.avatar_path
        answer = mine.get(cast.alice.avatar_path)
        assert answer.status_code == 200
        assert b"".join(answer).startswith(b"RIFF")
    assert addresses[0] != addresses[1]
    assert mine.post("/settings/avatar/", {"remove": "1"}).status_code == 302
    cast.alice.refresh_from_db()
    assert (cast.alice.avatar, cast.alice.avatar_path) == (None, "")


@pytest.mark.parametrize("content", [b"", b"no picture at all", b"\x89PNG\r\n\x1a\n broken"])
def test_bad_pictures_are_refused_in_words(mine: Client, cast: Cast, content: bytes) -> None:
    answer = mine.post("/settings/avatar/", {"avatar-picture": SimpleUploadedFile("me.png", content, "image/png")})
    assert answer.status_code == 422
    assert answer.context["avatar_form"].errors["picture"]
    cast.alice.refresh_from_db()
    assert cast.alice.avatar_path == ""


def test_theme_is_a_cookie(mine: Client) -> None:
    mine.post("/settings/appearance/", {"theme": "dark"})
    assert mine.cookies["theme"].value == "dark"
    assert 'data-theme="dark"' in mine.get("/settings/appearance/").content.decode()
    mine.post("/settings/appearance/", {"theme": ""})
    assert mine.cookies["theme"].value == ""
    assert mine.post("/settings/appearance/", {"theme": "neon"}).status_code == 422


def test_language_is_kept_and_follows_to_the_next_login(mine: Client, cast: Cast) -> None:
    mine.post("/settings/language/", {"language": "vi"})
    assert User.objects.get(pk=cast.alice.pk).language == "vi"
    assert 'lang="vi"' in mine.get("/settings/language/").content.decode()
    assert mine.post("/settings/language/", {"language": "tlh"}).status_code == 422
    assert mine.get("/settings/language/").context["form"]["language"].value() == "vi"
    elsewhere = Client()
    elsewhere.post("/login/", {"login": "alice", "password": "correct horse battery"})
    assert 'lang="vi"' in elsewhere.get("/settings/").content.decode()
    mine.post("/settings/language/", {"language": "auto"})
    assert User.objects.get(pk=cast.alice.pk).language == ""
    assert 'lang="en"' in mine.get("/settings/").content.decode()


def test_every_page_of_settings_is_there(mine: Client) -> None:
    for name in ("", "handle/", "account/", "devices/", "privacy/", "blocked/", "appearance/", "language/"):
        answer = mine.get(f"/settings/{name}")
        assert answer.status_code == 200
        assert 'aria-current="page"' in answer.content.decode()
        assert Client().get(f"/settings/{name}")["Location"] == f"/login/?next=/settings/{name}"


def test_the_way_out_is_in_the_settings(mine: Client) -> None:
    """The menu with the other one is not there on a phone."""
    page = mine.get("/settings/account/").content.decode()
    form = page[page.index("<main") :].partition('action="/logout/"')[2]
    assert "Log out</button>" in form.partition("</form>")[0]
