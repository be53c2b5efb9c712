"""Links in plain text, large emoji, stickers. static/js/chat-text.js makes the same links and finds the same emoji."""

import re

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from chat import rules
from chat.access import stickers as sticker_access
from chat.models.messages import Message
from chat.queries import gists

register = template.Library()

LONGEST_EMOJI = 100  # characters; three families with their skins are shorter
# One emoji: a flag, a key, or a picture with its skin and what is joined to it. Of those that are letters by themselves
# (a heart, a sun) the ones that are said to be pictures.
PICTURE = (
    "(?:[\u231a\u231b\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1\u26aa\u26ab"
    "\u26bd\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c\u274e"
    "\u2753-\u2755\u2757\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55\U0001f004\U0001f0cf\U0001f18e"
    "\U0001f191-\U0001f19a\U0001f201-\U0001f251\U0001f300-\U0001f3fa\U0001f400-\U0001f64f\U0001f680-\U0001f6ff"
    "\U0001f7e0-\U0001f7f0\U0001f900-\U0001f9ff\U0001fa70-\U0001faff][\ufe0f\U0001f3fb-\U0001f3ff]?"
    "|[\u00a9\u00ae\u203c-\u3299\U0001f170-\U0001f17f][\ufe0f\U0001f3fb-\U0001f3ff])"
)
EMOJI = (
    f"(?:[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3"
    f"|{PICTURE}(?:[\U000e0020-\U000e007e]+\U000e007f)?(?:\u200d{PICTURE})*)"
)
FEW_EMOJI = re.compile(f"{EMOJI}(?: ?{EMOJI}){{0,2}}")


@register.filter
def linked(text: str) -> SafeString:
    """Escapes everything and makes web addresses links; what ends a sentence is no part of an address."""
    made, end = [], 0
    for place, url in rules.links(text):
        made.append(escape(text[end:place]))
        made.append(format_html('<a href="{}" rel="nofollow noopener ugc" target="_blank">{}</a>', url, url))
        end = place + len(url)
    made.append(escape(text[end:]))
    return mark_safe("".join(made))  # noqa: S308  every piece is escaped above


@register.filter
def gist(message: Message | None) -> str:
    """A message in a line; nothing for none."""
    return gists.gist(message) if isinstance(message, Message) else ""


@register.filter
def look(row: Message) -> str:
    """Classes of its bubble: a sticker has none around it, and up to three emoji alone are large."""
    if row.sticker:
        return " bare"
    return " bare big" if len(row.text) < LONGEST_EMOJI and FEW_EMOJI.fullmatch(row.text) else ""


@register.simple_tag
def sticker(id: str) -> SafeString:
    shown = sticker_access.sticker(id)
    picture = '<img class="stk" src="{}" alt="{}" width="160" height="160">'
    return format_html(picture, shown.url, sticker_access.named(shown))


@register.simple_tag
def chat_strings() -> dict[str, str]:
    """What static/js/chat*.js says, in the reader's language."""
    return {
        "you": gettext("You"),
        "typing": gettext("{name} is typing"),
        "closed": gettext("A message of somebody who is closed to you."),
        "taken": gettext("A deleted member took this message along."),
        "remove": gettext("Remove"),
        "new_messages_one": gettext("1 new message"),
        "new_messages": gettext("{n} new messages"),
        "to_newest": gettext("To the newest message"),
        "unread": gettext("unread"),
        "carries": gettext("Sending files…"),
        "uploading": gettext("Uploading"),
        "preparing": gettext("Preparing"),
        "too_many_pictures": gettext("Ten files at most, please."),
        "uploads_failed": gettext("One file did not arrive. Try it again or take it away."),
        "mic_refused": gettext(
            "The browser keeps the microphone closed for this site. Allow it there, then try again."
        ),
        "mic_none": gettext("There is no microphone to be found."),
        "mic_busy": gettext("The microphone does not answer. Perhaps something else is using it."),
        "recording": gettext("Recording"),
        "recorded": gettext("Recorded: {time}. Listen, then send it."),
        "sticker": gettext("Sticker: %(name)s") % {"name": "{name}"},
        "online": gettext("online"),
        "away": gettext("away"),
        "last_seen": gettext("last seen {when}"),
        "ago": gettext("{time} ago"),
        "just_now": gettext("just now"),
        "vote_one": ngettext("%(n)s vote", "%(n)s votes", 1) % {"n": 1},
        "votes": ngettext("%(n)s vote", "%(n)s votes", 5) % {"n": "{n}"},
        "voter_one": ngettext("%(n)s person voted", "%(n)s people voted", 1) % {"n": 1},
        "voters": ngettext("%(n)s person voted", "%(n)s people voted", 5) % {"n": "{n}"},
    }
