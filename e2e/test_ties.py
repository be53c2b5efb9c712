"""Friends in two browsers, a mute and its undo, a list: as people meet them."""

import re

import pytest
from playwright.sync_api import expect

from e2e.conftest import Enter
from e2e.test_first_life import FOLLOW, card_of, write_post
from e2e.village import Village
from e2e.watch import until_online

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180, func_only=True)]


def test_becoming_friends_is_live(enter: Enter) -> None:
    nora, tam = enter("nora"), enter("tam", width=390)
    tam.goto("/")
    badge = tam.locator('.topbar [data-nav="people"] .count')
    expect(badge).to_have_count(0)
    until_online(tam)
    nora.goto("/@tam/")
    nora.get_by_role("main").get_by_role("button", name="Add friend").click()
    expect(nora.get_by_role("main").get_by_role("button", name="Friendship asked")).to_be_visible()
    expect(badge).to_contain_text("1")  # nobody has touched this page

    tam.goto("/people/requests/")
    tam.get_by_role("main").get_by_role("button", name="Accept Nora Lind").click()
    expect(tam.get_by_role("main").get_by_role("button", name=re.compile("^Friends"))).to_be_visible()
    expect(badge).to_have_count(0)
    nora.reload()
    expect(nora.get_by_role("main").get_by_role("button", name=re.compile("^Friends"))).to_be_visible()
    expect(nora.get_by_role("main").get_by_role("button", name=re.compile("^Following"))).to_be_visible()

    nora.goto("/people/close/")
    nora.get_by_role("button", name="Add to close friends").click()
    expect(nora.get_by_role("button", name="Close friend")).to_have_attribute("aria-pressed", "true")
    nora.goto("/")
    nora.get_by_label("Who can see it").select_option("close_friends")
    write_post(nora, "For those near.")
    tam.goto("/")
    expect(card_of(tam, "For those near.")).to_be_visible()


def test_muting_takes_posts_away_and_undo_brings_them_back(enter: Enter, village: Village) -> None:
    village.run(FOLLOW, ["ben", "malin"])
    malin, ben = enter("malin"), enter("ben")
    malin.goto("/")
    write_post(malin, "Beans, day one.")
    ben.goto("/")
    card = card_of(ben, "Beans, day one.")
    card.get_by_role("button", name="More about this post").click()
    card.get_by_role("button", name="Mute Malin Holm").click()
    expect(card).to_be_hidden()
    ben.get_by_role("button", name="Undo").click()
    expect(card).to_be_visible()

    ben.goto("/@malin/")
    ben.get_by_role("main").get_by_role("button", name="More").first.click()
    ben.get_by_role("link", name="Mute").click()
    ben.get_by_label("For one hour").check()
    ben.get_by_role("main").get_by_role("button", name="Mute").click()
    expect(ben.get_by_text("You muted Malin Holm")).to_be_visible()
    ben.goto("/")
    expect(ben.get_by_role("heading", name="Home")).to_be_attached()
    expect(card_of(ben, "Beans, day one.")).to_have_count(0)
    ben.goto("/settings/muted/")
    ben.get_by_role("button", name="Unmute Malin Holm").click()
    expect(ben.get_by_text("Malin Holm")).to_have_count(0)
    ben.goto("/")
    expect(card_of(ben, "Beans, day one.")).to_be_visible()


def test_a_list_shows_its_people_alone(enter: Enter) -> None:
    leo, pia = enter("leo"), enter("pia")
    leo.goto("/")
    write_post(leo, "Leo on a list.")
    pia.goto("/lists/")
    pia.get_by_label("Name of the list").fill("Ladders")
    pia.get_by_role("button", name="Make a list").click()
    pia.get_by_label("Add somebody by handle").fill("leo")
    pia.get_by_role("button", name="Add", exact=True).click()
    expect(pia.get_by_role("link", name="Leo Grün")).to_be_visible()
    pia.get_by_role("link", name="Posts", exact=True).click()
    expect(card_of(pia, "Leo on a list.")).to_be_visible()
