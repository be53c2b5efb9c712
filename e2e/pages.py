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
WIDTHS = {390: 844, 820: 1180, 1440: 1000}
SCHEMES = ("light", "dark")

Facts = dict[str, Any]
FACTS = """
import json
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db.models import Count
from accounts.actions import joining, logins
from accounts.models.lists import PeopleList
from accounts.models.mutes import Mute
from accounts.models.people import User
from accounts.models.relations import Block, FollowRequest
from chat.models import Conversation, Membership
from feed.models import Post
fresh = User.objects.filter(handle="newcomer").first() or joining.join(
    email="newcomer@willowbank.example", handle="newcomer", display_name="Nell Newcomer", password_hash="!")
linh, kofi = User.objects.get(handle="linh"), User.objects.get(handle="kofi")
sessions = {}
for user in (linh, fresh, User.objects.get(handle="ingrid")):
    store = SessionStore()
    store.update({SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: "accounts.adapters.AuthenticationBackend",
                  HASH_SESSION_KEY: user.get_session_auth_hash()})
    store.save()
    logins.start_device(actor=user, session_key=store.session_key, address="203.0.113.7",
                         client="Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
    sessions[user.handle] = store.session_key
open_posts = Post.objects.filter(audience="public", deleted_at=None, author__is_private=False)
open_posts = open_posts.annotate(shown=Count("pictures"))
several = open_posts.filter(shown__gt=1).order_by("-shown", "-comments_count").first()
mine = Membership.objects.filter(user=linh)
print(json.dumps({
    "sessions": sessions,
    "post": open_posts.exclude(author=linh).order_by("-comments_count", "pk").first().pk,
    "pictures": (several or open_posts.filter(shown=1).first()).pk,
    "own": Post.objects.filter(author=linh).order_by("-pk").first().pk,
    "other": Post.objects.filter(author=kofi, audience="members").order_by("-pk").first().pk,
    "long": mine.order_by("-conversation__last_seq").first().conversation_id,
    "unread": mine.filter(unread=True).order_by("-pk").first().conversation_id,
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
        page.get_by_role("main").get_by_role("button", name="Log in").click()


def _forgot(page: Page) -> None:
    page.locator("main input[type=email], main input[name=email]").first.fill(new_address())
    with page.expect_navigation():
        page.locator("main form button[type=submit], main form button:not([type])").first.click()


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
    Look("post-visitor", "/posts/{post}/", VISITOR, room="feed"),
    Look("profile-visitor", "/@kofi/", VISITOR, room="accounts"),
    Look("home", "/", room="feed"),
    Look("home-empty", "/", FRESH, room="feed"),
    Look("compose", "/compose/", room="feed"),
    Look("post", "/posts/{post}/", room="feed"),
    Look("post-pictures", "/posts/{pictures}/", room="feed"),
    Look("post-edit", "/posts/{own}/edit/", room="feed"),
    Look("profile-own", "/@linh/", room="accounts"),
    Look("profile-other", "/@rosa/", room="accounts"),
    Look("profile-fresh", "/@newcomer/", FRESH, room="accounts"),
    Look("profile-private", "/@{private}/", room="accounts"),
    Look("profile-private-visitor", "/@{private}/", VISITOR, room="accounts"),
    Look("followers-private", "/@{private}/followers/", room="accounts"),
    Look("people", "/people/", room="accounts"),
    Look("requests", "/people/requests/", room="accounts"),
    Look("requests-empty", "/people/requests/", FRESH, room="accounts"),
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
    Look("settings-devices", "/settings/devices/", room="accounts"),
    Look("settings-appearance", "/settings/appearance/", room="accounts"),
    Look("settings-language", "/settings/language/", room="accounts"),
    Look("settings-privacy", "/settings/privacy/", room="accounts"),
    Look("settings-blocked", "/settings/blocked/", room="accounts"),
    Look("settings-blocked-empty", "/settings/blocked/", FRESH, room="accounts"),
    Look("settings-muted", "/settings/muted/", room="accounts"),
    Look("settings-muted-empty", "/settings/muted/", FRESH, room="accounts"),
    Look("settings-muted-words", "/settings/muted/words/", room="accounts"),
    Look("settings-muted-conversations", "/settings/muted/conversations/", FRESH, room="accounts"),
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
