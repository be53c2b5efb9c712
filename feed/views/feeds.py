"""RSS: what somebody says to everybody, for readers of feeds."""

import hashlib
import re
from datetime import datetime

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.html import escape, format_html
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models.people import User
from core import frame, text
from feed.models.posts import Post
from feed.queries import feeds as feed_queries
from feed.views import base

NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Rss(Rss201rev2Feed):
    """Says the same while nothing has changed, also when it is empty."""

    def latest_post_date(self) -> datetime:
        return self.feed["changed"]


@require_safe
def person(request: base.Request, handle: str) -> HttpResponse:
    """One person's public posts. Only the ETag makes it unchanged: a date would not tell of what is deleted."""
    who, posts = feed_queries.person_feed(request.user, handle)
    if who.handle != handle.lower():
        return redirect("feed:person_feed", who.handle)
    shown = [*posts, *filter(None, map(original, posts))]
    changed = max((post.edited_at or post.created_at for post in shown), default=who.created_at)
    body = rss(who, posts, changed)
    headers = {
        "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        "Last-Modified": http_date(changed.timestamp()),
        "Cache-Control": "no-cache",
    }
    answer = HttpResponse(body, content_type="application/rss+xml; charset=utf-8", headers=headers)
    return get_conditional_response(request, etag=headers["ETag"], response=answer) or answer


def rss(who: User, posts: list[Post], changed: datetime) -> bytes:
    """Words only: links to pictures end within the hour."""
    names = {"name": who.display_name, "site": frame.site().name}
    page = settings.SITE_URL + who.get_absolute_url()
    feed = Rss(
        title=said(_("%(name)s on %(site)s") % names),
        link=page,
        description=said(who.bio or _("Public posts by %(name)s") % names),
        feed_url=settings.SITE_URL + reverse("feed:person_feed", args=[who.handle]),
        changed=changed,
    )
    for post in posts:
        link = settings.SITE_URL + post.get_absolute_url()
        feed.add_item(
            title=said(post.warning or text.plain(post.html, 80) or headline(post, names)),
            link=link,
            unique_id=link,
            description=said(words(post).replace('href="/', f'href="{settings.SITE_URL}/')),
            pubdate=post.created_at,
        )
    return feed.writeString("utf-8").encode()


def original(post: Post) -> Post | None:
    """What a share shares, as far as everybody may see it, whoever asks."""
    return post.original if post.original is not None and post.original.is_public else None


def headline(post: Post, names: dict[str, str]) -> str:
    shared = original(post)
    if shared is None:
        return _("A picture by %(name)s") % names
    shown = {"name": shared.author.display_name, "words": shared.warning or text.plain(shared.html, 60)}
    return _("Shared from %(name)s: %(words)s") % shown


def words(post: Post) -> str:
    shared = original(post)
    if shared is None:
        return folded(post)
    link = format_html(
        '<p><a href="{}">{}</a></p>', settings.SITE_URL + shared.get_absolute_url(), shared.author.display_name
    )
    return f"{folded(post)}{link}<blockquote>{folded(shared)}</blockquote>"


def folded(post: Post) -> str:
    """Readers of feeds fold nothing: of what has a warning they get the warning."""
    return escape(post.warning) if post.warning else post.html


def said(words: str) -> str:
    """Without what XML cannot hold."""
    return NO_XML.sub("", words)
