"""What the scripts of the composer say, in the reader's language."""

from django import template
from django.utils.translation import gettext, ngettext

register = template.Library()


@register.simple_tag
def composing_strings() -> dict[str, str]:
    return {
        "draft_saved": gettext("Saved"),
        "draft_here": gettext("Kept in this browser until the site answers."),
        "draft_apart": gettext("What you wrote here before is among your drafts."),
        "your_zone": gettext("In your time zone: %(zone)s.") % {"zone": "{zone}"},
        "picture_place": gettext("Picture %(n)s of %(all)s") % {"n": "{n}", "all": "{all}"},
        "suggestions_one": gettext("1 suggestion. Arrow keys choose."),
        "suggestions": ngettext("%(n)s suggestion. Arrow keys choose.", "%(n)s suggestions. Arrow keys choose.", 5)
        % {"n": "{n}"},
        "suggestions_label": gettext("Suggestions"),
    }
