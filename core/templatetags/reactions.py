"""Reactions as the owner has chosen them, drawn."""

import dataclasses

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core import reactions
from core.reactions import Kind
from core.templatetags import ui

register = template.Library()


@register.simple_tag
def reaction_kinds() -> list[Kind]:
    """The owner's set; costs at most one query in some seconds, whatever the page."""
    return reactions.kinds()


@register.simple_tag
def reaction_of(kind: str | Kind, *, silent: bool = False) -> SafeString:
    """Any kind, drawn by us or as its emoji; named unless the thing around it says the word already."""
    one = _named(kind)
    if not one.emoji:
        return ui.reaction(one.kind, silent=silent)
    if silent:
        return format_html('<span class="rx own" aria-hidden="true">{}</span>', one.emoji)
    return format_html('<span class="rx own" role="img" aria-label="{}">{}</span>', one.name, one.emoji)


@register.simple_tag
def reaction_name(kind: str | Kind) -> str:
    return _named(kind).name


def _named(kind: str | Kind) -> Kind:
    if isinstance(kind, Kind):
        return kind
    return next((one for one in reactions.kinds() if one.kind == kind), None) or reactions.known(kind)


@register.simple_tag
def reaction_words() -> list[dict[str, str]]:
    """The set for static/js/reactions.js."""
    return [dataclasses.asdict(one) for one in reactions.kinds()]
