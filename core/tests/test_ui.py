"""The tags, the components and the pages that must stand alone."""

import datetime as dt
import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import time_machine
from django import forms
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.template import engines
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory
from django.urls import include, path
from django.utils import translation

from core import frame, styleguide, theme
from core.templatetags import ui

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
ERROR_PAGES = ("400", "403", "404", "413", "429", "500", "503", "offline")
TEMPLATES = Path(settings.BASE_DIR) / "templates"
CSS = Path(settings.BASE_DIR) / "static" / "css"


def _ok(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def _names(app: str, **routes: str) -> object:
    return include(([path(route, _ok, name=name) for name, route in routes.items()], app))


# The frame is tested without the rooms: these are all the addresses it knows.
_core = {
    "theme_css": "theme.css",
    "manifest": "m",
    "service_worker": "sw.js",
    "offline": "offline/",
    "styleguide": "styleguide/",
}
urlpatterns = [
    path("", _names("core", **_core)),
    path("", _names("accounts", login="login/", signup="signup/", logout="logout/", settings="settings/")),
    path("", _names("feed", home="home/", compose="new/")),
]


def draw(source: str, **context: object) -> str:
    return engines["django"].from_string(source).render(context)


def someone(**given: object) -> SimpleNamespace:
    person = {
        "pk": 7,
        "display_name": "Ana",
        "handle": "ana",
        "avatar_url": "/a.svg",
        "is_authenticated": True,
        "is_staff": False,
        "get_absolute_url": "/@ana/",
    }
    return SimpleNamespace(**{**person, **given})


# -- Pictures ---------------------------------------------------------------------------------------------------------
def test_an_icon_is_silent_unless_it_has_a_label() -> None:
    assert 'aria-hidden="true"' in ui.icon("home")
    named = ui.icon("lock", "xs", label='Only "you" <3')
    assert 'role="img"' in named
    assert "Only &quot;you&quot; &lt;3" in named
    assert 'class="ic flip"' in ui.icon("send")


def test_every_icon_that_templates_name_is_in_the_sprite() -> None:
    sprite = Path(finders.find("img/icons.svg")).read_text()
    used = {name for page in TEMPLATES.rglob("*.html") for name in re.findall(r'\{% icon "(\w+)"', page.read_text())}
    assert used
    assert {name for name in used if f'id="i-{name}"' not in sprite} == set()


def test_every_static_file_that_templates_name_exists() -> None:
    found = {
        name for page in TEMPLATES.rglob("*.html") for name in re.findall(r"\{% static '([^']+)' %\}", page.read_text())
    }
    assert "css/core.css" in found
    assert {name for name in found if not finders.find(name)} == set()


def test_an_avatar_escapes_and_is_silent_beside_a_name() -> None:
    evil = someone(display_name='"><script>', avatar_url="/x.svg?a=1&b=2")
    assert 'alt=""' in ui.avatar(evil)
    named = ui.avatar(evil, named=True, size="lg", online=True)
    assert "<script>" not in named
    assert 'alt="&quot;&gt;&lt;script&gt;"' in named
    assert "a=1&amp;b=2" in named
    assert 'class="av lg on"' in named
    assert "(online)" in named


def test_somebody_who_left_still_has_a_picture() -> None:
    gone = ui.avatar(None, named=True)
    assert "none-7.svg" in gone
    assert "Deleted member" in gone


# -- Times and numbers ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (dt.timedelta(seconds=20), "now"),
        (dt.timedelta(seconds=-30), "now"),
        (dt.timedelta(minutes=5), "5 min"),
        (dt.timedelta(minutes=59, seconds=59), "59 min"),
        (dt.timedelta(hours=23, minutes=59), "23 h"),
        (dt.timedelta(days=6, hours=23), "6 d"),
        (dt.timedelta(days=8), "12 Nov"),
        (dt.timedelta(days=400), "16 Oct 2025"),
    ],
)
def test_relative_times(ago: dt.timedelta, words: str) -> None:
    assert ui.relative(NOON - ago, NOON) == words


@pytest.mark.parametrize(
    ("ago", "words"), [(0, "Today"), (1, "Yesterday"), (3, "Tuesday"), (9, "11 November"), (400, "16 October 2025")]
)
def test_days(ago: int, words: str) -> None:
    assert ui.day(NOON - dt.timedelta(days=ago), NOON) == words


def test_a_time_says_when_exactly() -> None:
    with time_machine.travel(NOON, tick=False):
        shown = ui.when(NOON - dt.timedelta(hours=2))
        assert ui.when(NOON, "clock").endswith(">12:00</time>")
    assert '<time datetime="2026-11-20T10:00:00Z"' in shown
    assert "20 November 2026" in shown
    assert 'data-when="rel"' in shown
    assert shown.endswith(">2 h</time>")
    assert ui.when(None) == ""


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0"),
        (None, "0"),
        (999, "999"),
        (1000, "1 k"),
        (1234, "1.2 k"),
        (9999, "9.9 k"),
        (12345, "12 k"),
        (999_999, "999 k"),
        (1_000_000, "1 m"),
        (2_560_000_000, "2.5 bn"),
        (-1500, "-1.5 k"),
    ],
)
def test_short_numbers_never_look_bigger_than_they_are(number: int | None, words: str) -> None:
    assert ui.short(number) == words.replace(" ", "\u00a0")


def test_short_numbers_follow_the_language() -> None:
    with translation.override("vi"):
        assert ui.short(1234).startswith("1,2")


def test_a_count_has_the_exact_number_on_hover() -> None:
    assert ui.count(7) == '<span class="num">7</span>'
    assert 'title="12,345"' in ui.count(12345)


def test_badges_speak_and_stop_at_99() -> None:
    assert ui.badge(0) == ""
    assert ui.badge(None) == ""
    many = ui.badge(120, "<unread>")
    assert ">99+<" in many
    assert "120 &lt;unread&gt;" in many


# -- Forms ------------------------------------------------------------------------------------------------------------
class Sample(forms.Form):
    name = forms.CharField(help_text="How <b>friends</b> call you", max_length=5)
    secret = forms.CharField(widget=forms.PasswordInput, required=False)
    way = forms.ChoiceField(choices=[("a", "A & B"), ("c", "C")], widget=forms.RadioSelect)
    on = forms.BooleanField(required=False)
    token = forms.CharField(widget=forms.HiddenInput)

    def clean(self) -> None:
        if "way" not in self.cleaned_data:
            raise forms.ValidationError("Choose <one>.")


def test_a_field_is_wired_to_its_hint() -> None:
    drawn = draw('{% field form.name autocomplete="nickname" %}', form=Sample())
    assert '<label for="id_name">' in drawn
    assert 'aria-describedby="id_name_hint"' in drawn
    assert 'id="id_name_hint"' in drawn
    assert 'autocomplete="nickname"' in drawn
    assert "aria-invalid" not in drawn
    assert "&lt;b&gt;friends" in drawn


def test_a_broken_field_says_so_and_keeps_what_was_typed() -> None:
    drawn = draw("{% field form.name %}", form=Sample({"name": '"><script>'}))
    assert 'aria-invalid="true"' in drawn
    assert 'aria-describedby="id_name_hint id_name_error"' in drawn
    assert 'id="id_name_error"' in drawn
    assert "<script>" not in drawn
    assert "&quot;&gt;&lt;script&gt;" in drawn


def test_a_password_can_be_shown_by_script_only() -> None:
    drawn = draw("{% field form.secret %}", form=Sample())
    assert 'type="password"' in drawn
    assert re.search(r'<button[^>]+aria-controls="id_secret"[^>]+hidden>', drawn)
    assert "optional" in drawn


def test_choices_are_a_group_with_a_name() -> None:
    drawn = draw("{% field form.way %}", form=Sample({"way": "zzz"}))
    assert "<fieldset" in drawn
    assert "<legend" in drawn
    assert "A &amp; B" in drawn
    assert 'id="id_way_error"' in drawn
    assert drawn.count('aria-invalid="true"') == 2


def test_switches_and_hidden_fields() -> None:
    assert 'class="switch"' in draw("{% field form.on %}", form=Sample())
    assert draw("{% field form.token %}", form=Sample()).count("<") == 1


def test_the_summary_names_what_is_wrong() -> None:
    drawn = draw("{% form_errors form %}", form=Sample({"name": "too long"}))
    assert 'role="alert"' in drawn
    assert "Choose &lt;one&gt;." in drawn
    assert 'href="#id_name"' in drawn
    assert "This field is required." in drawn, "what is wrong with a hidden field is said as well"
    assert draw("{% form_errors form %}", form=Sample()).strip() == ""


# -- Things that float, lists -----------------------------------------------------------------------------------------
def test_a_menu_opens_without_script() -> None:
    drawn = draw('{% menu id="m-1" label=label %}<a href="/x">{{ word }}</a>{% endmenu %}', label='"More"', word="<b>")
    assert 'popovertarget="m-1"' in drawn
    assert 'popover id="m-1"' in drawn
    assert "&quot;More&quot;" in drawn
    assert '<a href="/x">&lt;b&gt;</a>' in drawn


def test_a_dialog_has_a_name() -> None:
    drawn = draw('{% dialog id="d" title="Leave?" %}<p>{{ word }}</p>{% enddialog %}', word="<i>")
    assert 'aria-labelledby="d-title"' in drawn
    assert 'id="d-title">Leave?<' in drawn
    assert "<p>&lt;i&gt;</p>" in drawn


def test_an_empty_state_has_its_drawing() -> None:
    drawn = draw('{% empty title=words art="chat" level=3 %}<a href="/">Go</a>{% endempty %}', words="Nobody <here>")
    assert "empty-chat.svg" in drawn
    assert "<h3>Nobody &lt;here&gt;</h3>" in drawn
    assert '<a href="/">Go</a>' in drawn


def test_a_pager_is_a_link_first() -> None:
    drawn = render_to_string("components/pager.html", {"next_url": "/?cursor=a&b", "tag": "li"})
    assert 'href="/?cursor=a&amp;b"' in drawn
    assert "<li" in drawn
    assert "</li>" in drawn
    assert render_to_string("components/pager.html", {"next_url": ""}).strip() == ""


class Told(str):
    tags = "error"


def test_messages_and_banners_are_escaped() -> None:
    drawn = render_to_string("components/messages.html", {"messages": [Told("<script>")]})
    assert 'class="banner error"' in drawn
    assert "<span>&lt;script&gt;</span>" in drawn
    assert "&lt;i&gt;" in render_to_string("components/banner.html", {"kind": "danger", "text": "<i>"})


# -- The frame --------------------------------------------------------------------------------------------------------
def page(user: object, **more: object) -> str:
    request = RequestFactory().get("/home/")
    request.user = user  # type: ignore[assignment]
    shown = [
        frame.NavLink("home", "Home <3", "/home/", "home", current=True, badge=0, tab=True),
        frame.NavLink("chat", "Chat", "/chat/", "chat", current=False, badge=4, tab=True),
    ]
    context = {"request": request, "site": frame.Site("Willow & bank", "x"), "nav": shown, "rail": [], **more}
    return render_to_string("base.html", context)


@pytest.mark.urls(__name__)
def test_the_frame_for_a_member() -> None:
    drawn = page(someone(), csrf_token="tok")
    assert 'data-csrf="tok"' in drawn
    assert drawn.count('<main class="main" id="main"') == 1
    assert '<a class="skiplink" href="#main">' in drawn
    assert "Home &lt;3" in drawn
    assert "Willow &amp; bank" in drawn
    assert drawn.count('aria-current="page"') == 2, "side and tabs"
    assert 'action="/logout/"' in drawn
    assert "/styleguide/" not in drawn
    labels = re.findall(r'<nav[^>]+aria-label="([^"]+)"', drawn)
    assert len(labels) == len(set(labels)) == 2


@pytest.mark.urls(__name__)
def test_the_frame_for_a_guest() -> None:
    drawn = page(AnonymousUser())
    assert "data-csrf" not in drawn
    assert 'href="/login/"' in drawn
    assert 'class="tabs"' not in drawn


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("base", ["base.html", "base_plain.html", "base_error.html"])
def test_nothing_is_inline(base: str) -> None:
    request = RequestFactory().get("/")
    request.user = someone(is_staff=True)  # type: ignore[assignment]
    site = frame.Site("S", "t")
    drawn = render_to_string(base, {"request": request, "site": site, "nav": [], "rail": [], "csrf_token": "tok"})
    assert " style=" not in drawn
    assert "<style" not in drawn
    assert not re.search(r"\son\w+=", drawn)
    for attributes in re.findall(r"<script([^>]*)>", drawn):
        assert "src=" in attributes or 'type="application/json"' in attributes


@pytest.mark.urls(__name__)
def test_the_scripts_get_their_words() -> None:
    drawn = page(someone())
    block = re.search(r'<script id="strings-ui" type="application/json">(.*?)</script>', drawn)
    assert block
    words = json.loads(block.group(1))
    assert words["min"] == "{n} min"
    used = {
        key
        for script in (Path(settings.BASE_DIR) / "static" / "js").glob("*.js")
        if script.name in {"http.js", "toast.js", "dialog.js", "reltime.js", "connection.js", "forms.js", "htmx.js"}
        for key in re.findall(r'\bt\("(\w+)"', script.read_text())
    }
    assert used - set(words) == set()


@pytest.mark.parametrize("name", ERROR_PAGES)
def test_error_pages_stand_alone(name: str) -> None:
    drawn = get_template(f"{name}.html").render({})
    assert drawn.count("<h1>") == 1
    assert "css/plain.css" in drawn
    assert len(re.findall(r'<a class="btn"', drawn)) == 1
    assert "{%" not in drawn


def test_an_error_page_says_what_the_room_said() -> None:
    assert "Not &lt;you&gt;" in get_template("403.html").render({"message": "Not <you>"})


def test_style_sheets_keep_the_house_rules() -> None:
    for sheet in CSS.glob("*.css"):
        text = sheet.read_text()
        assert "!important" not in text, sheet.name
        assert text.count("{") == text.count("}"), sheet.name
        assert not re.search(r"(margin|padding|border)-(left|right|top|bottom)\s*:", text), sheet.name


# -- Theme, manifest, worker, style page ------------------------------------------------------------------------------
def test_the_owners_colour_is_two_numbers_and_clamped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "site", lambda: frame.Site("S", "t", accent_h=720, accent_c=0.9))
    first = theme.theme_css(RequestFactory().get("/theme.css"))
    assert b"--accent-h:360;--accent-c:0.2" in first.content
    assert first["Content-Type"].startswith("text/css")
    again = theme.theme_css(RequestFactory().get("/theme.css", HTTP_IF_NONE_MATCH=first["ETag"]))
    assert again.status_code == 304
    monkeypatch.setattr(frame, "site", lambda: frame.Site("S", "t"))
    other = theme.theme_css(RequestFactory().get("/theme.css", HTTP_IF_NONE_MATCH=first["ETag"]))
    assert other.status_code == 200


def test_the_manifest_carries_the_name_and_real_icons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "site", lambda: frame.Site("Mühle & Co", "An der Mühle"))
    body = json.loads(theme.manifest(RequestFactory().get("/")).content)
    assert body["name"] == "Mühle & Co"
    assert {icon["purpose"] for icon in body["icons"]} == {"any", "maskable"}
    for icon in body["icons"]:
        assert finders.find(icon["src"].removeprefix(settings.STATIC_URL))


def test_the_worker_knows_the_shell_and_nothing_personal() -> None:
    answer = theme.service_worker(RequestFactory().get("/sw.js"))
    source = answer.content.decode()
    assert source.startswith("const VERSION = ")
    assert "no-cache" in answer["Cache-Control"]
    shell = re.search(r"const SHELL = (\[.*?\]);", source)
    assert shell
    assert all(name.startswith(settings.STATIC_URL) for name in json.loads(shell.group(1)))


def test_the_style_page_is_absent_for_all_but_staff() -> None:
    for user in (AnonymousUser(), someone()):
        request = RequestFactory().get("/styleguide/")
        request.user = user  # type: ignore[assignment]
        with pytest.raises(Http404):
            styleguide.styleguide(request)


@pytest.mark.urls(__name__)
def test_the_style_page_shows_every_icon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "nav_items", {})
    monkeypatch.setattr(frame, "rail_parts", {})
    request = RequestFactory().get("/styleguide/")
    request.user = someone(is_staff=True)  # type: ignore[assignment]
    drawn = styleguide.styleguide(request).content.decode()
    sprite = Path(finders.find("img/icons.svg")).read_text()
    for name in re.findall(r'id="(i-[a-z]+)"', sprite):
        assert f"#{name}" in drawn
    assert "popovertarget" in drawn
