"""Every page there is, once: for pictures of them (shots.py) and for the test that looks at each (test_smoke.py).

They are looked at on a demo: `facts` says which posts and conversations it has, `sessions` logs people in.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

from e2e.facts import FACTS
from e2e.village import Village

# Handles of the demo: who looks. "" is a visitor.
ARRIVED, UNPROVEN = "arrived", "unproven"  # by single sign-on, and not in yet
VISITOR, MEMBER, FRESH, ADMIN, LEAVER = "", "linh", "newcomer", "ingrid", "goer"
WIDTHS = {390: 844, 820: 1180, 1440: 1000}
SCHEMES = ("light", "dark")

Facts = dict[str, Any]


@dataclass(frozen=True)
class Look:
    """One page: its name, its address (filled from the facts), who looks, what it answers."""

    name: str
    path: str
    who: str = MEMBER
    status: int = 200
    then: Callable[[Page], None] | None = None  # what one does to get there from `path`
    room: str = ""
    ours: bool = True  # made by us, so that every rule of ours holds on it
    known: list[str] = field(default_factory=list)  # what the browser rightly complains about


def new_address() -> str:
    """One that has had no mail in the last half minute, however often the page is looked at."""
    return f"somebody.{secrets.token_hex(4)}@willowbank.example"


def _join(page: Page) -> None:
    page.get_by_label("E-mail").fill(new_address())
    page.get_by_label("Name", exact=True).fill("Somebody New")
    page.get_by_label("Handle").fill(f"somebody_{secrets.token_hex(4)}")
    page.get_by_label("Password", exact=True).fill("a quiet river of words")
    with page.expect_navigation():
        page.get_by_role("button", name="Send me the code").click()


def _wrong_login(page: Page) -> None:
    page.locator("input[name=login]").fill("linh@willowbank.example")
    page.get_by_label("Password", exact=True).fill("not the password")
    with page.expect_navigation():
        page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()


def _make_token(page: Page) -> None:
    page.get_by_label("Name", exact=True).fill("Photo frame")  # by linh, whose password the demo tells
    page.get_by_label("Read posts, comments and profiles").check()
    page.get_by_label("Your password", exact=True).fill("lanterns on the river")
    with page.expect_navigation():
        page.get_by_role("button", name="Make the token").click()


def _make_no_token(page: Page) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name="Make the token").click()


def _forgot(page: Page) -> None:
    page.locator("main input[type=email], main input[name=email]").first.fill(new_address())
    with page.expect_navigation():
        page.locator("main form button[type=submit], main form button:not([type])").first.click()


def _invite(page: Page) -> None:
    with page.expect_navigation():
        page.get_by_role("main").get_by_role("button", name="Invite", exact=True).click()


def _invite_nobody(page: Page) -> None:
    page.get_by_label("Send it to").fill("nobody")
    _invite(page)


def _move(page: Page) -> None:
    page.get_by_label("New address").fill(new_address())
    with page.expect_navigation():
        page.get_by_role("main").get_by_role("button", name="Send me the code").click()


def _block_unscripted(page: Page) -> None:
    """As the button sends it where no script has asked."""
    with page.expect_navigation():
        page.evaluate(
            """() => {
              const form = document.querySelector("form[action$='/block/']");
              form.append(Object.assign(document.createElement("input"), { name: "ask", value: "Kofi Mensah" }));
              form.submit();
            }"""
        )


def _report(page: Page) -> None:
    page.get_by_label("Something else").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Send the report").click()


def _report_nothing(page: Page) -> None:
    page.locator("[data-report-form]").evaluate("form => form.noValidate = true")
    with page.expect_navigation():
        page.get_by_role("button", name="Send the report").click()


def _unfold_docs(page: Page) -> None:
    page.locator(".opblock").first.wait_for()


PAGES = [
    Look("welcome", "/", VISITOR, room="feed"),
    Look("signup", "/signup/", VISITOR, room="accounts"),
    Look("code", "/signup/", VISITOR, then=_join, room="accounts"),
    Look("login", "/login/", VISITOR, room="accounts"),
    Look(
        "login-wrong",
        "/login/",
        VISITOR,
        then=_wrong_login,
        room="accounts",
        known=[r"answered 4\d\d", r"status of 4\d\d"],
    ),
    Look("reset", "/reset/", VISITOR, room="accounts"),
    Look("reset-code", "/reset/", VISITOR, then=_forgot, room="accounts"),
    Look("sso-join", "/accounts/sso/join/", ARRIVED, room="accounts"),
    Look("sso-join-unproven", "/accounts/sso/join/", UNPROVEN, room="accounts"),
    Look("sso-link", "/accounts/sso/link/", ARRIVED, room="accounts"),
    Look("sso-lost", "/accounts/sso/school/callback/", VISITOR, status=400, room="accounts"),
    Look("post-visitor", "/posts/{post}/", VISITOR, room="feed"),
    Look("profile-visitor", "/@kofi/", VISITOR, room="accounts"),
    Look("home", "/", room="feed"),
    Look("home-empty", "/", FRESH, room="feed"),
    Look("compose", "/compose/", room="feed"),
    Look("drafts", "/drafts/", room="feed"),
    Look("drafts-empty", "/drafts/", FRESH, room="feed"),
    Look("draft", "/drafts/{draft}/", room="feed"),
    Look("scheduled", "/scheduled/", room="feed"),
    Look("scheduled-empty", "/scheduled/", FRESH, room="feed"),
    Look("post", "/posts/{post}/", room="feed"),
    Look("post-pictures", "/posts/{pictures}/", room="feed"),
    Look("post-history", "/posts/{edited}/history/", room="feed"),
    Look("post-history-none", "/posts/{poll}/history/", room="feed"),
    Look("post-poll", "/posts/{poll}/", room="feed"),
    Look("post-edit", "/posts/{own}/edit/", room="feed"),
    Look("thread", "/comments/{reply}/thread/", room="feed"),
    Look("comment-edit", "/comments/{comment}/edit/", room="feed"),
    Look("reactors", "/posts/{post}/reactions/", room="feed"),
    Look("share", "/posts/{post}/share/", room="feed"),
    Look("share-again", "/posts/{shared}/share/", room="feed"),
    Look("shares", "/posts/{shared}/shares/", room="feed"),
    Look("share-bare", "/posts/{bare}/", room="feed"),
    Look("share-words", "/posts/{quote}/", room="feed"),
    Look("comment-reactors", "/comments/{reply}/reactions/", VISITOR, room="feed"),
    Look("profile-own", "/@linh/", room="accounts"),
    Look("profile-other", "/@rosa/", room="accounts"),
    Look("profile-fresh", "/@newcomer/", FRESH, room="accounts"),
    Look("profile-private", "/@{private}/", room="accounts"),
    Look("profile-private-visitor", "/@{private}/", VISITOR, room="accounts"),
    Look("followers-private", "/@{private}/followers/", room="accounts"),
    Look("people", "/people/", room="accounts"),
    Look("people-named", "/people/?q=li&sort=name", room="accounts"),
    Look("people-nobody", "/people/?q=nobody.at.all", room="accounts"),
    Look("profile-media", "/@kofi/media/", room="accounts"),
    Look("profile-media-empty", "/@newcomer/media/", FRESH, room="accounts"),
    Look("profile-about", "/@linh/about/", room="accounts"),
    Look("profile-about-visitor", "/@kofi/about/", VISITOR, room="accounts"),
    Look("profile-friends", "/@linh/friends/", room="accounts"),
    Look("welcome-picture", "/welcome/picture/", FRESH, room="accounts"),
    Look("welcome-people", "/welcome/people/", FRESH, room="accounts"),
    Look("welcome-privacy", "/welcome/privacy/", FRESH, room="accounts"),
    Look("settings-handle", "/settings/handle/", room="accounts"),
    Look("requests", "/people/requests/", room="accounts"),
    Look("requests-empty", "/people/requests/", FRESH, room="accounts"),
    Look("requests-sent", "/people/requests/sent/", room="accounts"),
    Look("requests-sent-empty", "/people/requests/sent/", FRESH, room="accounts"),
    Look("ask", "/@kofi/", then=_block_unscripted, room="accounts"),
    Look("friends", "/people/friends/", room="accounts"),
    Look("friends-empty", "/people/friends/", FRESH, room="accounts"),
    Look("close-friends", "/people/close/", room="accounts"),
    Look("close-friends-empty", "/people/close/", FRESH, room="accounts"),
    Look("friends-other", "/@rosa/friends/", room="accounts"),
    Look("lists", "/lists/", room="accounts"),
    Look("lists-empty", "/lists/", FRESH, room="accounts"),
    Look("list-edit", "/lists/{list}/edit/", room="accounts"),
    Look("list-choices", "/@rosa/lists/", room="accounts"),
    Look("list", "/lists/{list}/", room="feed"),
    Look("mute", "/@rosa/mute/", room="accounts"),
    Look("profile-muted", "/@{muted}/", room="accounts"),
    Look("followers", "/@linh/followers/", room="accounts"),
    Look("following", "/@linh/following/", room="accounts"),
    Look("following-empty", "/@newcomer/following/", FRESH, room="accounts"),
    Look("settings-profile", "/settings/", room="accounts"),
    Look("settings-account", "/settings/account/", room="accounts"),
    Look("settings-email", "/settings/account/email/", room="accounts"),
    Look("settings-email-code", "/settings/account/email/", then=_move, room="accounts"),
    Look("settings-security", "/settings/security/", room="accounts"),
    Look("site-second-factor", "/site/second-factor/", ADMIN, room="accounts"),
    Look("confirm", "/settings/security/confirm/", room="accounts"),
    Look("factor-app", "/settings/security/app/", room="accounts"),
    Look("passkey-add", "/settings/security/passkeys/add/", room="accounts"),
    Look("factor-reset", "/settings/security/reset/linh/", ADMIN, room="accounts"),
    Look("settings-devices", "/settings/devices/", room="accounts"),
    Look("settings-connected", "/settings/connected/", room="accounts"),
    Look("settings-connected-empty", "/settings/connected/", FRESH, room="accounts"),
    Look("site-providers", "/site/providers/", ADMIN, room="accounts"),
    Look("site-provider", "/site/providers/school/", ADMIN, room="accounts"),
    Look("site-provider-new", "/site/providers/new/", ADMIN, room="accounts"),
    Look("settings-tokens", "/settings/tokens/", room="accounts"),
    Look("settings-tokens-none", "/settings/tokens/", FRESH, room="accounts"),
    Look("settings-tokens-made", "/settings/tokens/", then=_make_token, room="accounts"),
    Look(
        "settings-tokens-wrong",
        "/settings/tokens/",
        then=_make_no_token,
        room="accounts",
        known=[r"answered 422", r"status of 422"],
    ),
    Look("site-bots", "/site/bots/", ADMIN, room="accounts"),
    Look("site-bot", "/site/bots/{bot}/", ADMIN, room="accounts"),
    Look("site-bot-tokens", "/site/bots/{bot}/tokens/", ADMIN, room="accounts"),
    Look("profile-bot", "/@weather/", room="accounts"),
    Look("settings-appearance", "/settings/appearance/", room="accounts"),
    Look("settings-language", "/settings/language/", room="accounts"),
    Look("settings-privacy", "/settings/privacy/", room="accounts"),
    Look("settings-blocked", "/settings/blocked/", room="accounts"),
    Look("settings-blocked-empty", "/settings/blocked/", FRESH, room="accounts"),
    Look("settings-invitations", "/settings/invitations/", room="accounts"),
    Look("settings-invitations-link", "/settings/invitations/", FRESH, then=_invite, room="accounts"),
    Look(
        "settings-invitations-wrong",
        "/settings/invitations/",
        then=_invite_nobody,
        room="accounts",
        known=[r"answered 4\d\d", r"status of 4\d\d"],
    ),
    Look("settings-invited", "/settings/invitations/people/", room="accounts"),
    Look("settings-invited-empty", "/settings/invitations/people/", FRESH, room="accounts"),
    Look("invited", "/join/{invitation}/", VISITOR, room="accounts"),
    Look("invitation-over", "/join/nothing/", VISITOR, status=404, room="accounts"),
    Look("request-waits", "/signup/waiting/", VISITOR, room="accounts"),
    Look("site-chat", "/site/chat/", ADMIN, room="chat"),
    Look("site-settings", "/site/settings/", ADMIN, room="accounts"),
    Look("site-applications", "/site/applications/", ADMIN, room="accounts"),
    Look("site-decline", "/site/applications/{application}/decline/", ADMIN, room="accounts"),
    Look("site-invitations", "/site/invitations/", ADMIN, room="accounts"),
    Look("site-invitations-of", "/site/invitations/@yusuf/", ADMIN, room="accounts"),
    Look("site-reactions", "/site/reactions/", ADMIN, room="feed"),
    Look("site-blocked", "/site/blocked/", ADMIN, room="accounts"),
    Look("settings-data", "/settings/data/", room="accounts"),
    Look("settings-data-made", "/settings/data/", ADMIN, room="accounts"),
    Look("deactivate", "/settings/data/deactivate/", room="accounts"),
    Look("delete", "/settings/data/delete/", room="accounts"),
    Look("leaving", "/leaving/", LEAVER, room="accounts"),
    Look("settings-muted", "/settings/muted/", room="accounts"),
    Look("settings-muted-empty", "/settings/muted/", FRESH, room="accounts"),
    Look("settings-muted-words", "/settings/muted/words/", room="accounts"),
    Look("settings-muted-conversations", "/settings/muted/conversations/", FRESH, room="accounts"),
    Look("settings-muted-posts", "/settings/muted/posts/", room="feed"),
    Look("settings-muted-posts-empty", "/settings/muted/posts/", FRESH, room="feed"),
    Look("settings-muted-shares", "/settings/muted/shares/", room="feed"),
    Look("settings-muted-shares-empty", "/settings/muted/shares/", FRESH, room="feed"),
    Look("post-hidden", "/posts/{hidden}/", room="feed"),
    Look("home-for-you", "/?tab=for_you", room="feed"),
    Look("explore", "/explore/", room="feed"),
    Look("explore-visitor", "/explore/", VISITOR, room="feed"),
    Look("explore-posts", "/explore/posts/", room="feed"),
    Look("explore-hashtags", "/explore/hashtags/", room="feed"),
    Look("explore-people", "/explore/people/", room="feed"),
    Look("why", "/posts/{post}/why/", room="feed"),
    Look("hashtag", "/tags/lanterns/", room="feed"),
    Look("hashtag-visitor", "/tags/lanterns/", VISITOR, room="feed"),
    Look("hashtag-nothing", "/tags/nobodysaidthis/", room="feed"),
    Look("hashtags-followed", "/tags/", room="feed"),
    Look("hashtags-followed-none", "/tags/", FRESH, room="feed"),
    Look("saved", "/saved/", room="feed"),
    Look("saved-empty", "/saved/", FRESH, room="feed"),
    Look("collection", "/saved/{collection}/", room="feed"),
    Look("collection-new", "/saved/new/", room="feed"),
    Look("collection-edit", "/saved/{collection}/edit/", room="feed"),
    Look("collection-choose", "/posts/{post}/collection/", room="feed"),
    Look("report-post", "/posts/{post}/report/", room="moderation"),
    Look("report-person", "/@rosa/report/", room="moderation"),
    Look("report-sent", "/@rosa/report/", then=_report, room="moderation"),
    Look(
        "report-wrong",
        "/@rosa/report/",
        then=_report_nothing,
        room="moderation",
        known=[r"answered 422", r"status of 422"],
    ),
    Look("reports", "/site/reports/", ADMIN, room="moderation"),
    Look("chat", "/chat/", room="chat"),
    Look("chat-conversation", "/chat/{long}/", room="chat"),
    Look("chat-marks", "/chat/{long}/{said}/marks/", room="chat"),
    Look("chat-unread", "/chat/{unread}/", room="chat"),
    Look("chat-new", "/chat/with/{stranger}/", room="chat"),
    Look("chat-empty", "/chat/", FRESH, room="chat"),
    Look("chat-group", "/chat/{talkers}/", room="chat"),
    Look("chat-group-details", "/chat/{group}/details/", room="chat"),
    Look("chat-group-members", "/chat/{talkers}/details/", room="chat"),
    Look("chat-carrying", "/chat/{sending}/", room="chat"),
    Look("chat-files", "/chat/{sending}/files/", room="chat"),
    Look("chat-voices", "/chat/{sending}/files/?kind=voice", room="chat"),
    Look("chat-files-empty", "/chat/{long}/files/?kind=voice", room="chat"),
    Look("chat-group-add", "/chat/{group}/add/", room="chat"),
    Look("chat-group-settings", "/chat/{group}/settings/", room="chat"),
    Look("chat-group-links", "/chat/{group}/links/", room="chat"),
    Look("chat-group-report", "/chat/{talkers}/report/", room="moderation"),
    Look("chat-poll", "/chat/{talkers}/poll/", room="chat"),
    Look("chat-message", "/chat/{reacted}/", room="chat"),
    Look("chat-reactors", "/chat/{reacted}/reactions/", room="chat"),
    Look("chat-voters", "/chat/{asked_in}/votes/", room="chat"),
    Look("chat-join", "/chat/join/{invite}/", room="chat"),
    Look("chat-choose", "/chat/new/", room="chat"),
    Look("chat-choose-empty", "/chat/new/", FRESH, room="chat"),
    Look("chat-stickers", "/chat/{long}/stickers/", room="chat"),
    Look("site-stickers", "/site/stickers/", ADMIN, room="chat"),
    Look("site-sticker-pack", "/site/stickers/pip/", ADMIN, room="chat"),
    Look("chat-requests", "/chat/requests/", room="chat"),
    Look("chat-requests-empty", "/chat/requests/", FRESH, room="chat"),
    Look("chat-request", "/chat/{asked}/", room="chat"),
    Look("chat-search", "/chat/search/?q=bread", room="chat"),
    Look("chat-search-here", "/chat/search/?conversation={talkers}&q=zzz", room="chat"),
    Look("settings-chat", "/settings/chat/", room="chat"),
    Look("403", "/posts/{other}/edit/", status=403, room="core"),
    Look("404", "/nowhere/at/all/", status=404, room="core"),
    Look("404-visitor", "/nowhere/at/all/", VISITOR, status=404, room="core"),
    Look("offline", "/offline/", VISITOR, room="core"),
    Look("styleguide", "/styleguide/", ADMIN, room="core"),
    Look("api-docs", "/api/v1/docs/", VISITOR, then=_unfold_docs, room="core", ours=False),
    Look("admin", "/admin/", ADMIN, room="core", ours=False),
    Look("admin-posts", "/admin/feed/post/", ADMIN, room="core", ours=False),
]


def facts(site: Village) -> Facts:
    """What the demo has to look at, and a session for everybody who looks."""
    return site.run(FACTS)


def cookies(site: Village, known: Facts, who: str) -> list[Any]:
    return [{"name": "session", "value": known["sessions"][who], "url": site.url}] if who else []


def expected(look: Look) -> list[str]:
    """What the browser may complain about on this page."""
    refused = [rf"answered {look.status}", rf"status of {look.status}"] if look.status >= 400 else []
    return [*look.known, *refused]


def visit(page: Page, look: Look, known: Facts) -> int:
    """Goes there and waits until what is in view has come; the status of the answer."""
    answer = page.goto(look.path.format(**known))
    if look.then:
        look.then(page)
    page.wait_for_load_state("load")
    page.evaluate(
        """() => Promise.race([
          new Promise(done => setTimeout(done, 3000)),
          Promise.all([document.fonts.ready, ...[...document.images]
            .filter(one => !one.complete && one.checkVisibility() && one.getBoundingClientRect().top < innerHeight)
            .map(one => new Promise(done => { one.onload = one.onerror = done; }))]),
        ]).then(() => new Promise(done => requestAnimationFrame(() => done())))"""
    )
    return answer.status if answer else 0


def overflow(page: Page) -> list[str]:
    """What sticks out to the side; empty when the page is as wide as the window."""
    return page.evaluate(
        """() => {
          const wide = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= wide) return [];
          return [...document.body.querySelectorAll('*')]
            .filter(one => one.getBoundingClientRect().right > wide + 1)
            .map(one => `${one.tagName.toLowerCase()}.${one.className?.baseVal ?? one.className}`).slice(0, 6);
        }"""
    )
