"""The list of socialsite/tests/test_stored_scripts.py as a browser reads it, which is the judge of what is a script."""

import pytest
from playwright.sync_api import expect

from e2e.conftest import Enter
from e2e.village import Village
from socialsite.tests.test_stored_scripts import VECTORS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180, func_only=True)]

SAY = """
import json, sys
from django.db import transaction
from accounts.models.people import User
from core import opengraph, text
from feed.actions import comments, posts
from uploads.models import LinkPreview
writer, made = User.objects.get(handle="zoe"), []
with transaction.atomic():
    for number, words in enumerate(json.load(sys.stdin)):
        said = f"{words}\\n\\nhttps://a.example/{number}"
        post = posts.create_post(actor=writer, text=said, audience="public")
        comments.comment(actor=writer, post_id=post.pk, text=words)
        found = {"title": opengraph.words(words, 200) or "x", "description": words[:400], "site_name": words[:80]}
        LinkPreview.objects.filter(posts=post).update(state="ready", due_at=None, **found)
        made.append(post.pk)
    User.objects.filter(pk=writer.pk).update(bio="<img src=x onerror=xss()><svg/onload=xss()>")
print(json.dumps(made))
"""
FOREIGN = (
    "script, iframe, object, embed, style, base, meta, link, math, form[action^='j' i], video, audio, svg:not(.ic, .rx)"
)
HANDLERS = (
    "[...document.querySelectorAll('main *')].filter(one => [...one.attributes].some(a => /^on/i.test(a.name))).length"
)


def test_nothing_runs_that_somebody_wrote(enter: Enter, village: Village) -> None:
    made = village.run(SAY, VECTORS)
    page = enter("leo")
    page.add_init_script("window.xss = () => { window.hit = true }")
    page.goto("/@zoe/")
    seen = 0
    while True:
        cards = page.locator("main article")
        seen = max(seen, cards.count())
        assert page.evaluate("window.hit") is None
        assert page.locator(f"main article :is({FOREIGN})").evaluate_all("all => all.map(one => one.outerHTML)") == []
        assert page.evaluate(HANDLERS) == 0
        older = page.locator("main [hx-get]").last
        if not older.count():
            break
        older.scroll_into_view_if_needed()
        expect(cards).not_to_have_count(cards.count())
    assert seen == len(VECTORS)
    for post in made[::12]:  # with what was said under them
        page.goto(f"/posts/{post}/")
        expect(page.locator("[data-comment]")).to_have_count(1)
        assert page.evaluate("window.hit") is None
        assert page.evaluate(HANDLERS) == 0
