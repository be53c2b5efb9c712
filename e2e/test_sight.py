"""Somebody blocks somebody while both have the same group open: lines close and open where they stand."""

import pytest
from playwright.sync_api import Page, expect

from e2e import axe
from e2e.conftest import Enter
from e2e.test_chat_line import begin, bubble, say
from e2e.test_first_life import FOLLOW
from e2e.test_groups import make, notice
from e2e.village import Village

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180, func_only=True)]
CLOSED = "A message of somebody who is closed to you."
TIE = """
import json, sys
from accounts.actions import relations
from accounts.models.people import User
deed, one, other = json.load(sys.stdin)
getattr(relations, deed)(actor=User.objects.get(handle=one), person=other)
"""


def stay(page: Page) -> None:
    """Whoever reloads loses this."""
    page.evaluate("() => (window.stayed = true)")


def stayed(page: Page) -> bool:
    return bool(page.evaluate("() => window.stayed === true"))


def test_lines_of_a_group_close_and_open_on_both_pages(enter: Enter, village: Village) -> None:
    for who in ("tam", "ida"):
        village.run(FOLLOW, [who, "nora"])
    nora, tam, ida = enter("nora"), enter("tam", width=390), enter("ida")
    address = make(nora, "Lantern makers", "Tâm Nguyễn", "Ida Berg")
    for page in (tam, ida):
        page.goto(address)
    say(nora, "Paper or glass?")
    expect(bubble(tam, "Paper or glass?")).to_be_visible()
    say(tam, "Paper!")
    expect(bubble(nora, "Paper!")).to_be_visible()
    expect(bubble(ida, "Paper!")).to_be_visible()
    for page in (nora, tam, ida):
        stay(page)
    village.run(TIE, ["block", "nora", "tam"])
    for page, theirs, mine in ((nora, "Paper!", "Paper or glass?"), (tam, "Paper or glass?", "Paper!")):
        expect(notice(page, CLOSED)).to_have_count(1)
        expect(bubble(page, theirs)).to_have_count(0)
        expect(bubble(page, mine)).to_be_visible()
    assert axe.violations(nora) == []
    say(nora, "Anybody?")
    expect(bubble(ida, "Anybody?")).to_be_visible()
    expect(notice(tam, CLOSED)).to_have_count(2)
    expect(bubble(ida, "Paper!")).to_be_visible()
    expect(notice(ida, CLOSED)).to_have_count(0)
    village.run(TIE, ["unblock", "nora", "tam"])
    for page, theirs in ((nora, ["Paper!"]), (tam, ["Paper or glass?", "Anybody?"])):
        for words in theirs:
            expect(bubble(page, words)).to_be_visible()
        expect(notice(page, CLOSED)).to_have_count(0)
    assert all(stayed(page) for page in (nora, tam, ida))


def test_a_conversation_of_two_closes_for_both_and_is_back_in_the_list(enter: Enter, village: Village) -> None:
    village.run(FOLLOW, ["ben", "nora"])
    nora, ben = enter("nora"), enter("ben", width=390)
    ben.goto(begin(nora, "ben"))
    say(nora, "Are you there?")
    expect(bubble(ben, "Are you there?")).to_be_visible()
    village.run(TIE, ["block", "ben", "nora"])
    for page, other in ((nora, "Ben"), (ben, "Nora")):
        page.wait_for_url("**/chat/")
        expect(page.get_by_label("Message", exact=True)).to_have_count(0)
        expect(page.locator("[data-conv]", has_text=other)).to_have_count(0)
    village.run(TIE, ["unblock", "ben", "nora"])
    for page, other in ((nora, "Ben"), (ben, "Nora")):
        row = page.locator("[data-conv]", has_text=other)
        expect(row).to_be_visible()
        row.click()
        expect(page.get_by_label("Message", exact=True)).to_be_visible()
        expect(bubble(page, "Are you there?")).to_be_visible()
