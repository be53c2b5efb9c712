"""Links in plain text. static/js/chat-text.js makes the same ones."""

import re

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

register = template.Library()

LINK = re.compile(r"""https?://[^\s<>"'`]+""", re.IGNORECASE)
TAIL = re.compile(r"[.,;:!?…)\]}]+$")


@register.filter
def linked(text: str) -> SafeString:
    """Escapes everything and makes web addresses links; what ends a sentence is no part of an address."""
    made, end = [], 0
    for found in LINK.finditer(text):
        url = TAIL.sub("", found[0])
        made.append(escape(text[end : found.start()]))
        made.append(format_html('<a href="{}" rel="nofollow noopener ugc" target="_blank">{}</a>', url, url))
        end = found.start() + len(url)
    made.append(escape(text[end:]))
    return mark_safe("".join(made))  # noqa: S308  every piece is escaped above


@register.simple_tag
def chat_strings() -> dict[str, str]:
    """What static/js/chat*.js says, in the reader's language."""
    return {
        "you": gettext("You"),
        "typing": gettext("{name} is typing"),
        "closed": gettext("A message of somebody who is closed to you."),
        "taken": gettext("A deleted member took this message along."),
        "not_sent": gettext("Not sent."),
        "remove": gettext("Remove"),
        "new_messages_one": gettext("1 new message"),
        "new_messages": gettext("{n} new messages"),
        "to_newest": gettext("To the newest message"),
        "unread": gettext("unread"),
    }
