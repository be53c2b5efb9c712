"""The rules of the house for pages: a look is a class, a behaviour is a module."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings

from socialsite.tests.test_house import HOUSE, refuse

TAG = re.compile(r"<(?P<name>[a-zA-Z][\w-]*)(?P<attributes>(?:\{[%{].*?[%}]\}|\"[^\"]*\"|'[^']*'|[^>])*)>", re.S)
INLINE = re.compile(r"[\s}](on[a-z]+|style|hx-on[\w:-]*)\s*=", re.I)
DATA_SCRIPT = re.compile(r"""type=["'](application/json|importmap|speculationrules)["']""")


def page_faults(text: str) -> Iterator[str]:
    for tag in TAG.finditer(re.sub(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", "", text, flags=re.S)):
        name, attributes = tag["name"].lower(), tag["attributes"]
        bare = re.sub(r"\"[^\"]*\"|'[^']*'", '""', attributes)
        if name == "style" or (found := INLINE.search(" " + bare)):
            yield "<style>" if name == "style" else f"<{name} {found[1]}=>"
        if name == "script" and "src=" not in attributes and not DATA_SCRIPT.search(attributes):
            yield "<script> without src"
    if found := re.search(r"\|\s*safe\b|autoescape off", text):
        yield found[0]


@pytest.mark.parametrize(
    "markup",
    [
        '<p style="a">',
        "<p {% if a > b %}onclick='x'{% endif %}>",
        "<style>a</style>",
        "<script>1</script>",
        "{{ text|safe }}",
        "<i hx-on::load=''>",
    ],
)
def test_the_page_check_sees(markup: str) -> None:
    assert list(page_faults(markup))


@pytest.mark.parametrize(
    "markup",
    [
        '<script type="module" src="a.js"></script>',
        '<a title="style = onclick=">',
        "<script type='application/json'>{}</script>",
        "{# <style> #}",
    ],
)
def test_the_page_check_lets_pass(markup: str) -> None:
    assert not list(page_faults(markup))


def test_pages_hold_no_inline_style_or_script() -> None:
    pages = [
        path
        for top in ("templates", *settings.ROOMS)
        for path in (HOUSE / top).rglob("*.html")
        if "emails" not in path.parts
    ]
    faults = [
        f"{path.relative_to(HOUSE)}: {fault}" for path in sorted(pages) for fault in page_faults(path.read_text())
    ]
    refuse(
        faults,
        "A look is a class in static/css, a behaviour a module in static/js found by its data attribute",
    )
