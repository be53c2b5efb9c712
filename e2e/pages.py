"""Every page there is, once: for pictures of them (shots.py) and for the test that looks at each (test_smoke.py).

They are looked at on a demo: `facts` says which posts and conversations it has, `sessions` logs people in.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

from e2e.village import Village

# Handles of the demo: who looks. "" is a visitor.
VISITOR, MEMBER, FRESH, ADMIN = "", "linh", "newcomer", "ingrid"
ARRIVED, UNPROVEN = "arrived", "unproven"  # by single sign-on, and not in yet
VISITOR, MEMBER, FRESH, ADMIN, LEAVER = "", "linh", "newcomer", "ingrid", "goer"
WIDTHS = {390: 844, 820: 1180, 1440: 1000}
SCHEMES = ("light", "dark")

Facts = dict[str, Any]
FACTS = """
import json, time
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db.models import Count
from accounts import arrivals, oidc
from accounts.actions import api_tokens, archives, bots, invitations, joining, life, logins, sso
from accounts.models.applications import Application
from accounts.models.api_tokens import ApiToken
from accounts.models.lists import PeopleList
from accounts.models.mutes import Mute
from accounts.models.people import User
from accounts.models.relations import Block, FollowRequest
from accounts.models.sso import IdentityProvider
from chat.models import Conversation, Membership
from feed.models.drafts import Draft
from feed.models.hidden import HiddenPost
from feed.models.saved import Collection
from feed.models.comments import Comment
from feed.models.polls import Poll
from feed.models.posts import Post
fresh = User.objects.filter(handle="newcomer").first() or joining.join(
    email="newcomer@willowbank.example", handle="newcomer", display_name="Nell Newcomer", password_hash="!")
ingrid = User.objects.get(handle="ingrid")
if not IdentityProvider.objects.exists():
    sso.add_provider(actor=ingrid, given={"key": "school", "name": "Willow School",
        "issuer": "https://login.willowbank.example", "client_id": "willowbank", "client_secret": "none"})
goer = User.objects.filter(handle="goer").first() or joining.join(
    email="goer@willowbank.example", handle="goer", display_name="Gus Goer", password_hash="!")
life.request_deletion_of(actor=None, member=goer)
goer.refresh_from_db()
ingrid = User.objects.get(handle="ingrid")
archives.build_export(export_id=archives.start_export_of(actor=None, member=ingrid).pk)
linh, kofi = User.objects.get(handle="linh"), User.objects.get(handle="kofi")
sessions = {}
for user in (linh, fresh, ingrid, goer):
    store = SessionStore()
    store.update({SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: "accounts.adapters.AuthenticationBackend",
                  HASH_SESSION_KEY: user.get_session_auth_hash(),
                  # Pages that ask whether it is you have been told, for as long as the tests may take.
                  AUTHENTICATION_METHODS_SESSION_KEY: [{"method": "password", "at": time.time() + 10**6}],
                  "account_authentication_methods_user": str(user.pk)})
    store.save()
    logins.start_device(actor=user, session_key=store.session_key, address="203.0.113.7",
                         client="Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
    sessions[user.handle] = store.session_key
def arrival(number, **more):
    return oidc.ShownIdentity(provider="school", issuer="https://login.willowbank.example", subject=str(number), **more)
sso.link(actor=linh, arrival=arrival(1, email="linh@school.example"))
for name, proven in (("arrived", True), ("unproven", False)):
    store = SessionStore()
    arrivals.keep(type("Request", (), {"session": store}), id_token="", next_url="", arrival=arrival(
        name, email="somebody@school.example", proven=proven, name="Somebody Else"))
    store.save()
    sessions[name] = store.session_key
ingrid = User.objects.get(handle="ingrid")
bot = User.objects.filter(is_bot=True).first() or bots.make_bot(
    actor=ingrid, handle="weather", display_name="Weather report")
if not ApiToken.objects.exists():
    api_tokens.make_token(actor=linh, name="Weather on the kitchen wall", may=["read"])
    api_tokens.make_token(actor=linh, name="Backup", may=["read", "chat:read", "account"], days=365)
    api_tokens.make_token(actor=ingrid, name="Server", may=["read", "write"], days=90, bot=bot.pk)
open_posts = Post.objects.filter(audience="public", deleted_at=None, author__is_private=False)
open_posts = open_posts.annotate(shown=Count("pictures"))
several = open_posts.filter(shown__gt=1).order_by("-shown", "-comments_count").first()
mine = Membership.objects.filter(user=linh)
bare = Post.objects.filter(is_share=True, author=linh, text="", deleted_at=None).first()
print(json.dumps({
    "sessions": sessions,
    "invitation": invitations.invite(actor=linh)[1].rstrip("/").rpartition("/")[2],
    "application": Application.objects.order_by("pk").first().pk,
    "bot": bot.pk,
    "post": open_posts.exclude(author=linh).order_by("-comments_count", "pk").first().pk,
    "pictures": (several or open_posts.filter(shown=1).first()).pk,
    "reply": Comment.objects.filter(post__in=open_posts.values("pk"), parent__isnull=False).order_by(
        "-reactions_count", "pk").first().pk,
    "comment": Comment.objects.filter(author=linh, deleted_at=None).order_by("pk").first().pk,
    "own": Post.objects.filter(author=linh, is_share=False).order_by("-pk").first().pk,
    "other": Post.objects.filter(author=kofi, audience="members").order_by("-pk").first().pk,
    "bare": bare.pk,
    "shared": bare.shared_id,
    "quote": Post.objects.filter(is_share=True, deleted_at=None).exclude(text="").order_by("pk").first().pk,
    "long": mine.order_by("-conversation__last_seq").first().conversation_id,
    "unread": mine.filter(unread=True).order_by("-pk").first().conversation_id,
    "draft": Draft.objects.filter(author=linh, publish_at__isnull=True).order_by("pk").first().pk,
    "collection": Collection.objects.filter(owner=linh).order_by("pk").first().pk,
    "hidden": HiddenPost.objects.filter(member=linh).order_by("pk").first().post_id,
    "edited": open_posts.filter(edited_at__isnull=False).order_by("pk").first().pk,
    "poll": Poll.objects.filter(post__in=open_posts.values("pk")).order_by("pk").first().pk,
    "list": PeopleList.objects.filter(owner=linh).order_by("pk").first().pk,
    "muted": Mute.objects.get(muter=linh).muted.handle,
    "private": FollowRequest.objects.get(asker=linh).asked.handle,
    "stranger": User.objects.exclude(pk__in=Membership.objects.filter(
        conversation__in=mine.values("conversation")).values("user")).exclude(
        pk__in=Block.objects.values("blocked")).order_by("pk").last().handle,
}))
"""


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
    Look("post-hidden", "/posts/{hidden}/", room="feed"),
    Look("home-for-you", "/?tab=for_you", room="feed"),
    Look("explore", "/explore/", room="feed"),
    Look("explore-visitor", "/explore/", VISITOR, room="feed"),
    Look("explore-posts", "/explore/posts/", room="feed"),
    Look("explore-hashtags", "/explore/hashtags/", room="feed"),
    Look("explore-people", "/explore/people/", room="feed"),
    Look("why", "/posts/{post}/why/", room="feed"),
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
    Look("chat-unread", "/chat/{unread}/", room="chat"),
    Look("chat-new", "/chat/with/{stranger}/", room="chat"),
    Look("chat-empty", "/chat/", FRESH, room="chat"),
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
