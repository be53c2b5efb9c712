"""The living style page: every component in its states, for staff."""

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

from django import forms
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core.templatetags.ui import REACTIONS

COLOURS = [
    "paper",
    "surface",
    "sunken",
    "raised",
    "line",
    "edge",
    "ink-3",
    "ink-2",
    "ink",
    "accent",
    "accent-hover",
    "accent-ink",
    "accent-line",
    "accent-soft",
    "apricot",
    "apricot-soft",
    "danger",
    "danger-soft",
    "warn",
    "warn-soft",
    "ok",
    "info",
    "love",
    "online",
]
HUES = (("fern", _("Fern")), ("clay", _("Clay")), ("lagoon", _("Lagoon")), ("cobalt", _("Cobalt")), ("plum", _("Plum")))
TYPE = (
    ("38", _("Kindly.")),
    ("28", _("The name on a profile")),
    ("22", _("The river is free")),
    ("18", _("Repair café")),
    ("16", _("Thank you to everyone who folded")),
    ("15", _("Names, buttons, chat, lists")),
    ("13", _("@leilani · 2 h · 18 going")),
    ("12", _("Badges and tab labels")),
)
BUTTONS = (
    ("", _("Primary")),
    ("soft", _("Soft")),
    ("plain", _("Plain")),
    ("ghost", _("Ghost")),
    ("danger", _("Danger")),
)
DRAWINGS = [
    "empty-table",
    "empty-search",
    "empty-chat",
    "empty-mail",
    "empty-people",
    "empty-photos",
    "oops-lost",
    "oops-door",
    "oops-big",
    "oops-wait",
    "oops-spill",
]


@dataclass(frozen=True)
class Someone:
    """Somebody to draw, without a member behind them."""

    display_name: str
    avatar_url: str


class SampleForm(forms.Form):
    """One field of each kind, so that components/field.html is seen whole."""

    name = forms.CharField(label=_("Name"), max_length=40, help_text=_("How friends call you"))
    code = forms.CharField(label=_("Code"), min_length=6, error_messages={"min_length": _("The code has six digits.")})
    password = forms.CharField(label=_("Password"), widget=forms.PasswordInput)
    about = forms.CharField(label=_("About you"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    audience = forms.ChoiceField(label=_("Who may see it"), choices=[("a", _("Everybody")), ("f", _("Followers"))])
    way = forms.ChoiceField(
        label=_("Tell me by"), choices=[("m", _("E-mail")), ("p", _("Nothing"))], widget=forms.RadioSelect, initial="m"
    )
    quiet = forms.BooleanField(
        label=_("Quiet at night"), required=False, help_text=_("From ten to seven"), initial=True
    )


@lru_cache(maxsize=1)
def _icons() -> tuple[str, ...]:
    with open(str(finders.find("img/icons.svg")), encoding="utf-8") as sprite:
        return tuple(re.findall(r'id="i-([a-z]+)"', sprite.read()))


@never_cache
@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Not there for anybody but staff, like all that is hidden."""
    if not (request.user.is_authenticated and request.user.is_staff):
        raise Http404
    now = timezone.now()
    context = {
        "form": SampleForm({"name": "Night Bakers", "code": "4412", "audience": "a", "way": "m", "quiet": "on"}),
        "icons": _icons(),
        "colours": COLOURS,
        "hues": HUES,
        "sizes": TYPE,
        "buttons": BUTTONS,
        "reactions": REACTIONS,
        "drawings": [static(f"img/{name}.svg") for name in DRAWINGS],
        "people": [Someone(f"Pip {n}", static(f"img/avatars/none-{n}.svg")) for n in range(8)],
        "group": Someone("Three Pips", static("img/avatars/group-0.svg")),
        "times": [now - dt.timedelta(minutes=m) for m in (0, 5, 130, 3000, 60 * 24 * 40, 60 * 24 * 500)],
        "tabs": [
            {"label": _("Posts"), "url": "#posts", "current": True},
            {"label": _("Media"), "url": "#media"},
            {"label": _("People"), "url": "#people", "count": 1284},
        ],
    }
    return render(request, "core/styleguide.html", context)
