"""Words for the pages of accounts; nothing here queries."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.forms.questions import QUESTIONS

register = template.Library()


@register.simple_tag
def asks(question: str, name: str = "", *, htmx: bool = False) -> SafeString:
    """Attributes of a form that asks before it is sent. Its button is `name="ask" value="{{ name }}"`: sent without a
    script, it leads to the page that asks the same (views.asking)."""
    words = QUESTIONS[question].about(name)
    return format_html(
        ' {}="{}" data-confirm-text="{}" data-confirm-yes="{}"{}',
        "hx-confirm" if htmx else "data-confirm",
        words["title"],
        words["text"],
        words["yes"],
        "" if words["is_grave"] else SafeString(" data-confirm-calm"),
    )
